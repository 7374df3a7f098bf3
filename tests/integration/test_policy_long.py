"""Policies that are long: they are read while the daemon goes on, and end well when it does not."""

import errno
import json
import signal
import subprocess

import pytest

from harness.daemon import build_dir
from harness.waiting import wait_until

LOADS = build_dir() / "tests/plugins/loads.so"
EARLY = build_dir() / "tests/plugins/early.so"
RULES = 6000
pytestmark = pytest.mark.sandbox(networkd=False, veths=1)


@pytest.fixture
def daemon(make_daemon):
    return make_daemon(plugins=["policy", LOADS])


def load(daemon, *words):
    return daemon.netvane("load", *words, json_output=True)


def networks(daemon):
    return [each["network_id"] for each in daemon.netvane("show", "policy", "status",
                                                          json_output=True)]


def long_document(daemon):
    path = daemon.dir / "long.json"
    path.write_text(json.dumps({"version": 1, "rules": [
        {"name": f"r{i}", "on": "script.run", "match": f"interface_name == 'eth{i}'",
         "actions": [{"type": "deny"}]} for i in range(RULES)]}))
    path.chmod(0o644)
    return path


def test_the_loop_goes_on_while_a_long_document_is_read(daemon):
    done = load(daemon, "good", str(RULES))
    assert done["error"] == 0 and done["runs"] == 1 and done["problems"] == 0
    assert done["turns"] > 20
    assert networks(daemon) == [7]


def test_each_mistake_of_a_long_document_is_told_to_whoever_loads_it(daemon):
    done = load(daemon, "bad", str(RULES))
    assert done["error"] == -errno.EINVAL and done["runs"] == 0 and done["problems"] == RULES
    assert done["turns"] > 20
    assert daemon.netvane("show", "policy", json_output=True) == []


def test_a_document_that_is_stopped_on_its_way_does_not_come_into_force(daemon):
    assert load(daemon, "dropped")["error"] == -errno.ECANCELED
    wait_until(lambda: daemon.netvane("show", "policy", json_output=True), "that of network 8")
    assert networks(daemon) == [8]
    kept = daemon.state_dir / "policy"
    assert [path.name for path in kept.glob("network-*")] == ["network-8.json"]


def test_a_command_is_answered_when_its_document_is_in_force(daemon):
    long, short = long_document(daemon), daemon.dir / "short.json"
    short.write_text('{"version":1,"rules":[]}')
    short.chmod(0o644)
    first = daemon.sandbox.popen(
        str(build_dir() / "cli/netvane"), "--socket", str(daemon.control), "policy", "load",
        str(long), "network", "7", stdout=subprocess.DEVNULL)
    daemon.netvane("policy", "load", str(short), "network", "9")
    assert first.wait(timeout=30) == 0
    assert networks(daemon) == [7, 9]
    daemon.netvane("policy", "load", str(short), "network", "7")
    assert daemon.netvane("show", "policy", json_output=True) == []


def test_a_stop_does_not_wait_for_documents_and_keeps_what_was(daemon):
    long = long_document(daemon)
    daemon.netvane("policy", "load", str(long), "network", "7")
    kept = daemon.state_dir / "policy/network-7.json"
    text = kept.read_text()
    for network in range(7, 17):
        daemon.sandbox.popen(
            str(build_dir() / "cli/netvane"), "--socket", str(daemon.control), "policy", "load",
            str(long), "network", str(network), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
    wait_until(lambda: len(networks(daemon)) > 1, "a second network")
    daemon.signal(signal.SIGTERM)
    assert daemon.exit_status() == 0
    assert kept.read_text() == text
    daemon.start()
    assert 7 in networks(daemon)


def test_nothing_is_allowed_while_the_rules_are_being_read(make_daemon):
    daemon = make_daemon(plugins=[EARLY, "policy"], start=False)
    document = json.loads(long_document(daemon).read_text())
    path = daemon.dir / "denies.json"
    path.write_text(json.dumps({**document, "default_verdict": "deny"}))
    path.chmod(0o644)
    daemon.write_config(f"[Plugin policy]\nDocument={path}\n")
    daemon.start()
    wait_until(lambda: daemon.netvane("early", json_output=True)["default"] > 0, "the rules")
    answers = daemon.netvane("early", json_output=True)
    assert answers["allowed"] == 0
    assert answers["starting"] > 10
    assert answers["starting"] + answers["default"] == answers["turns"]
