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


def reload_behind_others(daemon, config):
    """A reload that is under way for as long as the documents before it are being read."""
    long = long_document(daemon)
    for network in range(7, 11):
        daemon.sandbox.popen(
            str(build_dir() / "cli/netvane"), "--socket", str(daemon.control), "policy", "load",
            str(long), "network", str(network), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
    wait_until(lambda: networks(daemon)[1:], "the first of them")
    daemon.write_config(config)
    before = daemon.notify.count("RELOADING", "1")
    daemon.signal(signal.SIGHUP)
    daemon.wait(lambda: daemon.notify.count("RELOADING", "1") > before, "the reload")


def document(daemon, name, rules):
    path = daemon.dir / name
    path.write_text(json.dumps({"version": 1, "rules": [
        {"name": f"r{i}", "on": "script.run", "match": "true", "actions": [{"type": "deny"}]}
        for i in range(rules)]}))
    path.chmod(0o644)
    return path


def rules_of(daemon):
    """How many rules are in force for the machine itself."""
    return sum(row["rules"] for row in daemon.netvane("show", "policy", "status", json_output=True)
               if row["network_id"] == 0)


@pytest.fixture
def with_document(make_daemon):
    """with_document(plugins...): a daemon whose Document= has one rule, and one with two."""
    def make(*more, engine=""):
        daemon = make_daemon(plugins=["policy", *more], start=False)
        daemon.one, daemon.two = document(daemon, "one.json", 1), document(daemon, "two.json", 2)
        daemon.config_of = lambda path: f"{engine}[Plugin policy]\nDocument={path}\n"
        daemon.write_config(daemon.config_of(daemon.one))
        return daemon.start()
    return make


def test_what_is_stopped_while_a_reload_reads_it_is_read_again(with_document):
    daemon = with_document()
    before = daemon.notify.count("READY", "1")
    reload_behind_others(daemon, daemon.config_of(daemon.two))
    daemon.netvane("policy", "unload", check=False)  # as it may have come too late
    daemon.wait(lambda: daemon.notify.count("READY", "1") > before, "the end of the reload")
    wait_until(lambda: rules_of(daemon) == 2, "what is configured")
    daemon.netvane("policy", "reload")


def test_a_stop_ends_a_reload_that_reads(with_document):
    daemon = with_document("webhook")
    reload_behind_others(daemon, daemon.config_of(daemon.two))
    daemon.signal(signal.SIGTERM)
    assert daemon.exit_status() == 0


def test_a_reload_that_takes_too_long_leaves_the_old_document(with_document):
    daemon = with_document(engine="[Engine]\nReloadTimeout=100ms\n")
    reload_behind_others(daemon, daemon.config_of(daemon.two))
    daemon.wait_log("no answer within ReloadTimeout; its old one stays")
    wait_until(lambda: networks(daemon)[-1] == 10, "the others to be through")
    wait_until(lambda: rules_of(daemon) == 1, "the old one")
    assert str(daemon.one) in daemon.netvane("policy", "reload").stdout


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
