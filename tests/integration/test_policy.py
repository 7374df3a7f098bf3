"""Policies: they deny and act, are explained, swapped live, kept, and refused whole."""

import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from harness.daemon import build_dir
from harness.waiting import stays_true, wait_until

ASKS = build_dir() / "tests/plugins/asks.so"
GUIDE = pathlib.Path(os.environ["NETVANE_SOURCE_DIR"], "docs/policy.md").read_text()
pytestmark = pytest.mark.sandbox(networkd=False, veths=1)

DENY = [{"type": "deny", "params": {"reason": "not now"}}]


def document(*rules, **members):
    return json.dumps({"version": 1, **members, "rules": list(rules)})


def rule(name, on, match="true", actions=DENY):
    return {"name": name, "on": on, "match": match, "actions": actions}


@pytest.fixture
def policy(make_daemon):
    """policy(text): a daemon with that document, the scripts plugin, and one that asks."""
    def make(text, extra="", start=True, config="", scripts=None):
        daemon = make_daemon(start=False, plugins=["policy", "scripts", ASKS])
        daemon.document = daemon.dir / "policy.json"
        lines = [config, "[Plugin policy]", f"Document={daemon.document}", extra]
        if scripts:
            lines += ["[Plugin scripts]", f"ScriptDirectory={scripts.dir}"]
        daemon.write_config("\n".join(lines) + "\n")
        if text is not None:
            write(daemon, text)
        if start:
            daemon.start()
        return daemon
    return make


def write(daemon, text):
    daemon.document.write_text(text)
    daemon.document.chmod(0o644)


def ask(daemon, action, *facts, origin="local"):
    return daemon.netvane("ask", "gate", origin, action, *facts, json_output=True)


def rows(daemon):
    return {row["rule"]: row for row in daemon.netvane("show", "policy", json_output=True)}


def status(daemon):
    return daemon.netvane("show", "policy", "status", json_output=True)


def events(daemon, topic):
    return daemon.netvane("show", "events", "topic", topic, json_output=True)


# ---- what it is for ----

def test_no_scripts_on_docker_interfaces_explained_and_swapped_live(policy, recorder, sandbox):
    recorder.add("link.added")
    docker = rule("docker", "script.run", "glob(interface_name, 'docker*')")
    daemon = policy(document(docker), scripts=recorder)
    sandbox.ip("link add docker0 type veth peer name other0")
    recorder.wait(IFACE="other0")
    denied, = events(daemon, "policy.denied")
    assert denied["payload"]["rule"] == "docker"
    assert denied["payload"]["interface_name"] == "docker0"
    assert not recorder.records(IFACE="docker0")
    assert rows(daemon)["docker"]["hits"] == 1

    # The event that it was for tells why, and so does the denial.
    explained = daemon.netvane("policy", "explain", denied["cause"], json_output=True)
    mine = [row for row in explained if row.get("rule") == "docker"]
    assert [(row["result"], row["because"], row["with"], row["verdict"]) for row in mine] == [
        ("matched", "glob(interface_name, 'docker*')", 'interface_name="docker0"', "deny")]
    assert any("deny by docker" in row.get("because", "") for row in explained)
    assert daemon.netvane("policy", "explain", denied["id"], json_output=True)[-1]["verdict"] == "deny"
    added = [event for event in events(daemon, "link.added")
             if event["payload"]["interface_name"] == "other0"]
    other = daemon.netvane("policy", "explain", added[0]["id"], json_output=True)
    assert [row["result"] for row in other if row.get("rule") == "docker"] == ["not matched"]

    # Live: the rules of the next document hold from the reload on.
    write(daemon, document(rule("others", "script.run", "glob(interface_name, 'other*')")))
    daemon.reload()
    daemon.wait(lambda: "others" in rows(daemon), "the new rules")
    sandbox.ip("link add docker1 type veth peer name other1")
    recorder.wait(IFACE="docker1")
    daemon.wait(lambda: len(events(daemon, "policy.denied")) == 2, "the second denial")
    recorder.stays(0, IFACE="other1")


def test_webhooks_are_limited_and_the_limit_outlives_the_swap(policy):
    limit = rule("webhooks", "webhook.deliver", actions=[
        {"type": "rate_limit", "params": {"count": 3, "per": "1h", "key": {"cel": "endpoint"}}}])
    daemon = policy(document(limit))
    answers = [ask(daemon, "webhook.deliver", "endpoint=ops")["allowed"] for _ in range(5)]
    assert answers == [1, 1, 1, 0, 0]
    assert ask(daemon, "webhook.deliver", "endpoint=audit")["allowed"] == 1
    write(daemon, document(limit, rule("more", "script.run", "false")))
    daemon.netvane("policy", "reload")
    denied = ask(daemon, "webhook.deliver", "endpoint=ops")
    assert denied["allowed"] == 0 and "more than 3" in denied["reason"]


def test_tags_by_event_decide_at_the_gate(policy):
    daemon = policy(document(
        rule("tag", "site.wifi", "has(essid)",
             [{"type": "tag", "params": {"add": [{"cel": "'ssid:' + string(essid)"}]}}]),
        rule("lab", "script.run", "!has_tag(local_tags, 'ssid:lab')"), optional=["essid"]))
    assert ask(daemon, "script.run", "script=/x")["allowed"] == 0
    daemon.netvane("ask", "publish", "site.wifi", "essid=lab")
    daemon.wait(lambda: status(daemon)[0]["local_tags"] == ["ssid:lab"], "the tag")
    assert ask(daemon, "script.run", "script=/x")["allowed"] == 1
    tagged, = events(daemon, "policy.tagged")
    assert tagged["payload"]["tags"] == ["ssid:lab"]


def test_rules_run_programs_change_links_and_publish(policy, sandbox):
    daemon = policy(None, start=False)
    script, proof = daemon.dir / "act", daemon.dir / "proof"
    script.write_text(f'#!/bin/sh\necho "$1 $NETVANE_RULE" > {proof}\n')
    script.chmod(0o755)
    write(daemon, document(
        rule("run", "link.added", "interface_name == 'act0'", [
            {"type": "run", "params": {"path": str(script), "arguments": [{"cel": "interface_name"}]}}]),
        rule("mtu", "link.added", "interface_name == 'act0'", [
            {"type": "link", "params": {"change": "mtu", "mtu": 1300}}]),
        rule("tell", "link.mtu", "mtu == 1300", [
            {"type": "publish", "params": {"topic": "site.mtu", "payload": {"is": {"cel": "mtu"}}}},
            {"type": "log", "params": {"level": "warning", "message": {"cel": "'now ' + string(mtu)"}}}])))
    daemon.start()
    sandbox.ip("link add act0 type veth peer name act1")
    daemon.wait(lambda: events(daemon, "policy.ran"), "the program")
    assert proof.read_text() == "act0 run\n"
    daemon.wait(lambda: events(daemon, "site.mtu"), "the event")
    assert events(daemon, "site.mtu")[0]["payload"] == {"is": 1300}
    daemon.wait_log("policy: warning: rule tell: now 1300")
    assert "mtu 1300" in sandbox.run("ip", "link", "show", "act0").stdout


def test_programs_that_rules_run_are_asked_about_with_the_interface(policy, sandbox):
    daemon = policy(None, start=False)
    script = daemon.dir / "act"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    write(daemon, document(
        rule("run", "link.added", "interface_name.startsWith('act')",
             [{"type": "run", "params": {"path": str(script)}}]),
        rule("docker", "script.run", "has(interface_name) && interface_name == 'act1'")))
    daemon.start()
    sandbox.ip("link add act0 type veth peer name act1")
    daemon.wait(lambda: events(daemon, "policy.ran"), "the program")
    denied, = daemon.wait(lambda: events(daemon, "policy.denied"), "the denial")
    assert denied["payload"]["interface_name"] == "act1" and denied["payload"]["access"] == "change"
    daemon.wait_log("rule run: script.run is denied by docker")
    assert len(events(daemon, "policy.ran")) == 1


def test_rules_that_answer_each_other_are_stopped(policy):
    echo = [{"type": "publish", "params": {"topic": "site.echo"}}]
    daemon = policy(document(rule("echo", "site.echo", actions=echo)))
    daemon.netvane("ask", "publish", "site.echo")
    daemon.wait_log("rule echo: site.echo is left out: rules answer each other")
    assert len(events(daemon, "site.echo")) == 9


def test_tags_and_programs_that_answer_themselves_are_stopped(policy):
    turn = lambda key: [{"type": "tag", "params": {key: ["t"]}}]
    daemon = policy(None, start=False)
    script = daemon.dir / "again"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    again = [{"type": "run", "params": {"path": str(script)}}]
    write(daemon, document(rule("start", "site.go", actions=turn("add")),
                           rule("on", "policy.tagged", "!has_tag(local_tags, 't')", turn("add")),
                           rule("off", "policy.tagged", "tags == ['t']", turn("remove")),
                           rule("run", "site.run", actions=again),
                           rule("again", "policy.ran", actions=again)))
    daemon.start()
    daemon.netvane("ask", "publish", "site.go")
    daemon.wait_log("rule (on|off): policy.tagged is left out")
    assert len(events(daemon, "policy.tagged")) == 8
    daemon.netvane("ask", "publish", "site.run")
    daemon.wait_log("rule again: run is left out")
    assert len(events(daemon, "policy.ran")) == 8


def test_actions_on_members_say_that_there_are_none(policy):
    daemon = policy(document(rule("out", "site.x", actions=[{"type": "evict"}])))
    daemon.netvane("ask", "publish", "site.x")
    daemon.wait_log("rule out: evict: network 0 is this machine, which has no members")


def test_dry_run_denies_nothing_and_tells(policy):
    daemon = policy(document(rule("no", "script.run")), extra="DryRun=yes")
    assert ask(daemon, "script.run", "script=/x")["allowed"] == 1
    told, = events(daemon, "policy.would_deny")
    assert told["payload"]["rule"] == "no"
    assert not events(daemon, "policy.denied")
    assert status(daemon)[0]["would_deny"] == 1


def test_cycles_run_only_for_rules_about_them(policy):
    daemon = policy(document(rule("beat", "cycle", actions=[
        {"type": "publish", "params": {"topic": "site.beat", "payload": {"n": {"cel": "cycle_num"}}}}]),
        config={"cycle": "1s"}))
    daemon.wait(lambda: len(events(daemon, "site.beat")) >= 2, "two beats")
    assert [event["payload"]["n"] for event in events(daemon, "site.beat")][:2] == [1, 2]
    daemon.netvane("policy", "unload")
    count = len(events(daemon, "site.beat"))
    stays_true(lambda: len(events(daemon, "site.beat")) == count, 1.5, "no further beat")


# ---- defaults ----

def test_defaults_and_failing_closed(policy):
    daemon = policy(document(rule("bad", "site.open", "level > 3", [{"type": "log"}]),
                             optional=["level"]))
    assert ask(daemon, "site.open", "level=5")["allowed"] == 1
    closed = ask(daemon, "site.open")
    assert closed["allowed"] == 0 and closed["rule"] == "bad"
    assert ask(daemon, "site.open", "level=5", origin="remote")["allowed"] == 0
    write(daemon, document(rule("bad", "site.open", "level > 3", [{"type": "log"}]),
                           optional=["level"], fail_closed=False, default_verdict="allow"))
    daemon.netvane("policy", "reload")
    assert ask(daemon, "site.open")["allowed"] == 1
    assert ask(daemon, "site.open", origin="remote")["allowed"] == 1
    assert rows(daemon)["bad"]["errors"] == 3
    bad, = daemon.netvane("show", "policy", "rule", "bad", json_output=True)
    assert bad["match"] == "level > 3" and bad["actions"] == ["log"]
    assert bad["last_error"] == "level is absent" and bad["last_error_time"]


def test_the_service_does_what_daemonapi_asks_for(policy):
    daemon = policy(document())
    assert daemon.netvane("ask", "service", json_output=True) == {
        "before": 0, "after": 1, "problems": 4, "found": 1, "cycles": 1}
    assert [each["network_id"] for each in status(daemon)] == [0, 7]
    daemon.stop()
    daemon.start()
    assert [each["network_id"] for each in status(daemon)] == [0, 7]
    daemon.netvane("policy", "unload", "network", "7")
    daemon.stop()
    daemon.start()
    assert [each["network_id"] for each in status(daemon)] == [0]


# ---- documents that are not as they should be ----

def test_a_bad_document_is_refused_whole_and_the_old_stays_even_over_a_restart(policy):
    daemon = policy(document(rule("no", "script.run")))
    write(daemon, document(rule("typo", "script.run", "scrip == ''"), {"name": "x"}))
    daemon.reload()
    daemon.wait_log(r"policy.json:1:\d+: rule typo: match, at 1:1: unknown name \"scrip\"")
    daemon.wait_log("rule x: \"on\" is missing")
    daemon.wait_log("policy.json is refused whole")
    assert set(rows(daemon)) == {"no"}
    assert events(daemon, "policy.refused")
    done = daemon.netvane("policy", "load", str(daemon.document), check=False)
    assert done.returncode == 1 and "unknown name" in done.stderr
    daemon.stop()
    daemon.start()
    daemon.wait_log("the last good policy of this machine, kept from before, is in force")
    assert ask(daemon, "script.run", "script=/x")["allowed"] == 0


def test_the_mistakes_are_in_the_answer_of_a_reload(policy):
    daemon = policy(document(rule("no", "script.run")))
    write(daemon, document(rule("typo", "script.run", "scrip == ''"), {"name": "x"}))
    done = daemon.netvane("policy", "reload", check=False)
    assert done.returncode == 1
    assert 'unknown name "scrip"' in done.stderr and 'rule x: "on" is missing' in done.stderr


def test_what_a_command_put_in_place_of_the_document_does_not_come_back(policy):
    daemon = policy(document(rule("written", "script.run")))
    other = daemon.dir / "other.json"
    other.write_text(document(rule("loaded", "script.run")))
    other.chmod(0o644)
    daemon.netvane("policy", "load", str(other))
    assert set(rows(daemon)) == {"loaded"}
    daemon.reload()
    daemon.wait(lambda: set(rows(daemon)) == {"written"}, "the document")
    daemon.stop()
    daemon.write_config("")
    daemon.start()
    assert rows(daemon) == {}


def test_a_full_disk_keeps_no_document_of_the_operator_out_of_force(policy, sandbox):
    daemon = policy(document(rule("old", "script.run")), start=False)
    (daemon.state_dir / "policy").mkdir(mode=0o700, parents=True)
    sandbox.run("mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs",
                str(daemon.state_dir / "policy"))
    daemon.start()
    big = [rule(f"r{i}", "script.run", f"script == '{'x' * 400}{i}'") for i in range(300)]
    write(daemon, document(*big))
    daemon.netvane("policy", "reload")
    daemon.wait_log("the policy of network 0 cannot be kept as .*document.json: No space left")
    assert len(rows(daemon)) == 300
    path = daemon.dir / "big.json"
    path.write_text(document(*big))
    path.chmod(0o644)
    done = daemon.netvane("policy", "load", str(path), "network", "7", check=False)
    assert done.returncode == 1 and "No space left" in done.stderr
    assert [each["network_id"] for each in status(daemon)] == [0]


def test_without_a_policy_the_gate_is_free_for_another(make_daemon):
    gatekeeper = build_dir() / "tests/plugins/gatekeeper.so"
    daemon = make_daemon(plugins=["policy", ASKS, gatekeeper])
    assert ask(daemon, "test.forbidden")["rule"] == "no-test"
    loaded = daemon.dir / "policy.json"
    loaded.write_text(document(rule("no", "script.run")))
    loaded.chmod(0o644)
    done = daemon.netvane("policy", "load", str(loaded), check=False)
    assert done.returncode == 1 and "another plugin keeps the gate" in done.stderr
    daemon.wait_log("cannot become the gatekeeper: plugin gatekeeper is it")
    assert rows(daemon) == {}


def test_a_start_without_any_policy_to_go_by_fails(policy):
    daemon = policy("{", start=False)
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
    assert "gives no policy, and none was kept" in daemon.text()


def test_a_document_that_others_can_write_is_not_read(policy):
    daemon = policy(document(rule("no", "script.run")), start=False)
    daemon.document.chmod(0o666)
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
    assert "policy.json" in daemon.text() and "is not read" in daemon.text()


def test_ten_thousand_rules(policy):
    rules = [rule(f"r{i}", "script.run", f"interface_name == 'eth{i}'") for i in range(10000)]
    daemon = policy(document(*rules), start=False)
    daemon.start(ready=False)
    daemon.wait_ready(timeout=60)
    denied = ask(daemon, "script.run", "script=/x", "interface_name=eth9999")
    assert denied["rule"] == "r9999"
    assert ask(daemon, "script.run", "script=/x", "interface_name=lo")["allowed"] == 1
    shown = daemon.netvane("show", "policy", json_output=True)
    assert len(shown) == 2001 and shown[-1]["rule"].startswith("(8000 more")
    one, = daemon.netvane("show", "policy", "rule", "r9999", json_output=True)
    assert one["hits"] == 1
    assert daemon.netvane("show", "policy", "rule", "r10000", check=False).returncode == 1


def test_killed_while_documents_are_written_one_of_them_is_whole(policy):
    big = [rule(f"r{i}", "script.run", f"script == '{'x' * 400}{i}'") for i in range(300)]
    first, second = document(*big), document(*big, rule("last", "script.run", "false"))
    daemon = policy(document())
    files = [daemon.dir / "a.json", daemon.dir / "b.json"]
    for path, text in zip(files, (first, second)):
        path.write_text(text)
        path.chmod(0o644)
    kept = daemon.state_dir / "policy/network-7.json"
    daemon.netvane("policy", "load", str(files[0]), "network", "7")
    for turn in range(5):
        loads = daemon.sandbox.popen(
            "sh", "-c", f"while {build_dir()}/cli/netvane --socket {daemon.control} policy load "
            f"{files[0]} network 7 && {build_dir()}/cli/netvane --socket {daemon.control} policy "
            f"load {files[1]} network 7; do :; done", stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        before = kept.stat().st_ino
        wait_until(lambda: kept.stat().st_ino != before, "a document to be replaced")
        daemon.signal(signal.SIGKILL)
        daemon.exit_status()
        loads.wait(timeout=30)
        assert kept.read_text() in (first, second)
        daemon.start()
        assert [each["network_id"] for each in status(daemon)] == [0, 7]


def test_the_words_of_the_client_are_completed_with_those_of_the_daemon(policy):
    daemon = policy(document(rule("evening", "script.run")))
    complete = lambda *words: [line.split("\t")[0] for line in
                               daemon.netvane("--complete", "--", *words).stdout.splitlines()]
    assert complete("policy", "") == ["check", "cycle", "eval", "evict", "explain", "load", "readmit",
                                      "reload", "test", "unload"]
    assert complete("policy", "test", "x.json", "--") == ["--event"]
    assert complete("show", "policy", "rule", "ev") == ["evening"]


# ---- without a daemon ----

BLOCK = re.compile(r"^```json (rule|yes|no)=(\S+)\n(.*?)^```$", re.M | re.S)
RULES = {name: text for kind, name, text in BLOCK.findall(GUIDE) if kind == "rule"}
TRIES = [(kind, name, text) for kind, name, text in BLOCK.findall(GUIDE) if kind != "rule"]


def netvane(*words, text=None):
    return subprocess.run([build_dir() / "cli/netvane", "--socket", "/nowhere", "--json", *words],
                          text=True, input=text, capture_output=True)


def test_the_rules_of_the_guide_are_worked_out():
    assert len(RULES) >= 29
    assert {name for _, name, _ in TRIES} == set(RULES)
    whole = netvane("policy", "check", "-", text=document(*map(json.loads, RULES.values())))
    assert whole.returncode == 0, whole.stdout


@pytest.mark.parametrize("kind,name,text", TRIES, ids=[f"{k}-{n}" for k, n, _ in TRIES])
def test_each_rule_of_the_guide_says_what_the_guide_says(kind, name, text, tmp_path):
    path = tmp_path / "policy.json"
    more = [json.loads(RULES["went"])] if name == "flapping" else []
    path.write_text(document(json.loads(RULES[name]), *more))
    done = netvane("policy", "test", str(path), "--event", text)
    assert done.returncode == 0, done.stderr
    result, = [row["result"] for row in json.loads(done.stdout) if row["rule"] == name]
    assert result == {"yes": "matched", "no": "not matched"}[kind]


def test_the_first_document_of_the_guide_is_sound():
    text = re.search(r"^```json\n(.*?)^```$", GUIDE, re.M | re.S).group(1)
    assert netvane("policy", "check", "-", text=text).returncode == 0


def test_check_takes_what_a_shell_makes_of_a_command_and_no_stream_without_end(tmp_path):
    text = re.search(r"^```json\n(.*?)^```$", GUIDE, re.M | re.S).group(1)
    (tmp_path / "p").write_text(text)
    ask = lambda source: subprocess.run(
        ["bash", "-c", f'"$1" policy check {source}', "bash", build_dir() / "cli/netvane"],
        capture_output=True, text=True, cwd=tmp_path, timeout=20)
    assert ask("<(cat p)").returncode == 0
    assert ask("<(cat p; echo x)").returncode == 1
    assert "File too large" in ask("<(yes)").stderr and "File too large" in ask("- < <(yes)").stderr
    assert "Is a directory" in ask(".").stderr


def test_check_prints_every_mistake_and_exits_1():
    done = subprocess.run([build_dir() / "cli/netvane", "policy", "check", "-"], text=True,
                          capture_output=True, input=document({"name": "a"}, rule("b", "script.rum")))
    assert done.returncode == 1
    assert '-:1:' in done.stdout and 'rule a: "on" is missing' in done.stdout
    assert 'nothing is called "script.rum"; did you mean "script.run"?' in done.stdout
    assert netvane("policy", "check", "/nowhere/x").returncode == 1
    assert netvane("policy", "check").returncode == 2
    assert netvane("policy", "test", "x").returncode == 2
