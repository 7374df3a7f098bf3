"""netvane get, invoke and watch against agents of CBus's wire format, over a real nats-server."""

import json
import os
import pathlib
import signal
import subprocess

import pytest

from harness.cbus import CbusAgents, URL, new_nkey
from harness.daemon import SANITIZERS, built
from harness.namespaces import terminate
from harness.nats import NatsServer
from harness.waiting import wait_until

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)

# Those of CBus's README, in the order in which they are shown.
NKEYS = ["UAILZJS66U24VALTH2D6OWVD5JTS3IDFMKOICJSOX7CHNAF3AXFVWIFX",
         "UAMLBE4LIDYXH6FO5LW6CPLEBZJ23I2OT3TPZYIJPQY5HJ46X3BU7UJK",
         "UBQUIKYGFC7CH5XMF52P2NN4ESI4XTXGAKT3WTG3XGU3352DMHGZQAX7"]
SOURCE = pathlib.Path(os.environ["NETVANE_SOURCE_DIR"])
UNSIGNED = "Unverified: the reply is not signed\n"
MANAGER = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1")
UNIT = "/org/freedesktop/systemd1/unit/basic_2etarget"
VALUES = {f"{MANAGER[0]} {MANAGER[1]} GetDefaultTarget": ["default.target"],
          f"{MANAGER[0]} {MANAGER[1]} StartUnit": ["/org/freedesktop/systemd1/job/7"],
          f"{MANAGER[0]} {UNIT} ActiveState": "active"}


def netvane(sandbox, *words, env=None, **options):
    """No daemon runs, and none is asked."""
    env = {**SANITIZERS, "NETVANE_SOCKET": "/nonexistent/control", "HOME": str(sandbox.dir),
           "NATS_URL": URL, **(env or {})}
    return sandbox.run(built("netvane"), *words, env=env, timeout=30, **options)


@pytest.fixture
def nats(sandbox):
    server = NatsServer(sandbox)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make_agents(sandbox, nats):
    """make_agents({fault}, ...): a machine for each, with the NKeys of the README."""
    made = []

    def make(*faults):
        made.append(CbusAgents(sandbox, [{"nkey": nkey, "values": VALUES, **fault}
                                         for nkey, fault in zip(NKEYS, faults)]))
        return made[-1]

    yield make
    for agents in made:
        agents.stop()


def test_a_method_on_all_machines(sandbox, make_agents):
    agents = make_agents({}, {}, {})
    done = netvane(sandbox, "invoke", *MANAGER, "GetDefaultTarget")
    assert done.stdout == "\n".join(f'NKey: {nkey}\n{UNSIGNED}\n["default.target"]\n'
                                    for nkey in NKEYS)
    assert done.stderr == ""
    request = agents.requests()[0]
    assert request["body"] == "[]"
    assert request["subject"] == ("dbus.broadcast.org_freedesktop_systemd1.org.freedesktop"
                                  ".systemd1.method.GetDefaultTarget")
    assert json.loads(request["headers"]["Netvane-Call"]) == {
        "destination": MANAGER[0], "path": MANAGER[1], "member": "GetDefaultTarget"}


def test_a_property_on_a_list_of_machines(sandbox, make_agents):
    agents = make_agents({}, {}, {})
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "--nkeys",
                   f"{NKEYS[2]},{NKEYS[1]}")
    assert done.stdout == "\n".join(f'NKey: {nkey}\nSignature: s\n{UNSIGNED}\n"active"\n'
                                    for nkey in NKEYS[1:])
    assert sorted(request["subject"] for request in agents.requests()) == [
        f"dbus.agent.{nkey}.org_freedesktop_systemd1.org.freedesktop.systemd1.unit"
        ".basic_2etarget.prop.ActiveState" for nkey in NKEYS[1:]]


def test_json_and_arguments_in_two_notations(sandbox, make_agents):
    agents = make_agents({})
    for arguments in (["ss", "a.service", "replace"], ['"a.service"', '"replace"']):
        done = netvane(sandbox, "invoke", *MANAGER, "StartUnit", "-J", *arguments)
        assert json.loads(done.stdout) == {
            "destination": MANAGER[0], "path": MANAGER[1], "silent": [], "responses": [
                {"nkey": NKEYS[0], "verified": False, "error": None,
                 "value": ["/org/freedesktop/systemd1/job/7"]}]}
    assert [json.loads(request["body"]) for request in agents.requests()] == [
        ["a.service", "replace"]] * 2


def test_an_error_is_shown_and_counts(sandbox, make_agents):
    make_agents({}, {"error": ["no such unit", "404"]})
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", check=False)
    assert done.returncode == 1
    assert f"NKey: {NKEYS[1]}\n{UNSIGNED}\nError: no such unit (404)\n" in done.stdout
    assert '"active"' in done.stdout


def test_who_is_silent_is_named(sandbox, make_agents):
    make_agents({}, {"silent": True}, {"error": ["denied", "403"]})
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "--nkeys", ",".join(NKEYS),
                   "--timeout", "1s", check=False)
    assert done.returncode == 4  # wins over the error
    assert done.stderr == f"netvane: {NKEYS[1]} is silent: it does not answer\n"
    assert NKEYS[0] in done.stdout


def test_who_is_not_there_is_silent_at_once(sandbox, make_agents):
    """The server says that nobody listens: the deadline, an hour, is not waited for."""
    make_agents({})
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "--nkeys",
                   f"{NKEYS[0]},{NKEYS[2]}", "--timeout", "1h", "-J", check=False)
    assert done.returncode == 4
    assert json.loads(done.stdout)["silent"] == [NKEYS[2]]


def named(name, tags="", **fault):
    return {"metadata": {"node": name, "tags": tags}, **fault}


def test_a_named_machine_is_looked_for_until_the_timeout(sandbox, make_agents):
    make_agents(named("web2"), named("web1", pong_delay=2500))
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "--nodes", "web1", "--timeout", "20s")
    assert "Name: web1" in done.stdout


def test_who_says_that_it_is_there_and_no_more_is_silent(sandbox, make_agents):
    """Of all machines, too: discovery says who there is."""
    make_agents(named("web1"), named("web2", silent=True), {"silent": True})
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "--timeout", "2s", check=False)
    assert done.returncode == 4
    assert done.stderr == f"netvane: web2 ({NKEYS[1]}) is silent: it does not answer\n"
    assert done.stdout.count("NKey: ") == 1


def test_a_slow_machine_that_is_known_is_waited_for(sandbox, make_agents):
    """Longer than the stall time, which is for those that nobody knows."""
    make_agents(named("web1"), named("web2", delay=1500))
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState")
    assert done.stdout.count("NKey: ") == 2


def test_machines_are_chosen_by_name_and_tag(sandbox, make_agents):
    make_agents(named("web1", "role=edge,site=a"), named("web2", "role=edge"), named("db1"))

    def asked(nodes):
        done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "-J", "--nodes", nodes)
        return [answer["name"] for answer in json.loads(done.stdout)["responses"]]

    assert asked("db1") == ["db1"]
    assert asked("role=edge") == ["web1", "web2"]
    assert asked(f"{NKEYS[2]},site=a") == ["db1", "web1"]
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "--nodes", "web1")
    assert f"NKey: {NKEYS[0]}\nName: web1\nSignature: s\n" in done.stdout
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "--nodes", "web1,web7",
                   check=False)
    assert done.returncode == 4 and 'tag "web7"' in done.stderr


def test_no_machine_at_all(sandbox, nats):
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "--timeout", "1h", check=False)
    assert done.returncode == 4 and done.stdout == ""
    assert "no machine listens" in done.stderr


def test_a_machine_that_answers_twice_is_shown_once(sandbox, make_agents):
    make_agents({"times": 3}, {})
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState")
    assert done.stdout.count("NKey: ") == 2


def test_nobody_answers_for_another_machine_that_was_asked(sandbox, make_agents):
    make_agents({}, {"claims": NKEYS[0]})
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "--nkeys",
                   f"{NKEYS[0]},{NKEYS[1]}", "--timeout", "1s", check=False)
    assert done.returncode == 4
    assert f"{NKEYS[1]} is silent" in done.stderr
    assert done.stdout.count("NKey: ") == 1


def test_machines_that_the_server_forbids_to_ask_are_not_waited_for(sandbox):
    one = NKEYS[0]
    server = NatsServer(sandbox, "no_auth_user: a\nauthorization { users: [{ user: o, password: o, permissions: { "
                        f"publish: [\"dbus.agent.{one}.>\"], subscribe: [\"_INBOX.>\"] }} }}, "
                        "{ user: a, password: a }] }")
    server.start()
    agents = CbusAgents(sandbox, [{"nkey": one, "values": VALUES}])
    get = ["get", MANAGER[0], UNIT, "ActiveState", "--timeout", "1h",
           "--server", URL.replace("//", "//o:o@")]
    done = netvane(sandbox, *get, "--nkeys", f"{one},{NKEYS[1]}", check=False)
    assert done.returncode == 4 and f"NKey: {one}\n" in done.stdout
    assert f'Publish to "dbus.agent.{NKEYS[1]}.' in done.stderr
    assert f"{NKEYS[1]} is silent" in done.stderr
    done = netvane(sandbox, *get, check=False)
    assert done.returncode == 1 and done.stdout == "" and "is silent" not in done.stderr
    agents.stop()
    server.stop()


def test_a_reply_that_is_no_json_is_an_error(sandbox, make_agents):
    make_agents({"raw": "\x1b[2J"})
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", check=False)
    assert done.returncode == 1 and "Error: the reply is not JSON" in done.stdout


def test_filters_work(sandbox, make_agents):
    make_agents({}, {}, {})
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "|", "count")
    assert done.stdout == "3\n"
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "|", "include", "NKey")
    assert done.stdout == "".join(f"NKey: {nkey}\n" for nkey in NKEYS)


# ---- who says so ----

@pytest.fixture
def machine_key(sandbox):
    """An NKey and its seed."""
    return new_nkey(sandbox)


def doubts(sandbox):
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", check=False)
    return [line for line in done.stdout.splitlines() if line.startswith("Unverified")]


def test_a_signed_reply_is_as_cbus_prints_it(sandbox, make_agents, machine_key):
    nkey, seed = machine_key
    make_agents({"nkey": nkey, "seed": seed})
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState")
    assert done.stdout == f'NKey: {nkey}\nSignature: s\n\n"active"\n'
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", "-J")
    assert json.loads(done.stdout)["responses"][0]["verified"] is True


def test_a_signature_in_anothers_name_proves_nothing(sandbox, make_agents, machine_key):
    other, seed = machine_key
    make_agents({"seed": seed})
    assert doubts(sandbox) == [f"Unverified: it is signed by another machine, {other}"]


def test_a_signature_for_another_request_proves_nothing(sandbox, make_agents, machine_key):
    nkey, seed = machine_key
    make_agents({"nkey": nkey, "seed": seed, "nonce": "00" * 16})
    assert doubts(sandbox) == ["Unverified: what is signed answers another request"]


def test_a_forger_who_is_faster_does_not_have_the_last_word(sandbox, make_agents, machine_key):
    nkey, seed = machine_key
    forger = {"nkey": nkey, "values": {f"{MANAGER[0]} {UNIT} ActiveState": "forged"}}
    make_agents(forger, {"nkey": nkey, "seed": seed, "delay": 100})
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState")
    assert done.stdout == f'NKey: {nkey}\nSignature: s\n\n"active"\n'


# ---- connecting ----

def test_arguments_larger_than_the_server_takes_are_refused(sandbox, nats):
    done = netvane(sandbox, "invoke", *MANAGER, "StartUnit", "s", "x" * 120000, env={
        "NATS_URL": URL}, check=False)
    assert done.returncode == 4, done.stderr  # it fits: nobody listens
    nats.stop()
    small = NatsServer(sandbox, "max_payload: 1000")
    small.start()
    done = netvane(sandbox, "invoke", *MANAGER, "StartUnit", "s", "x" * 1000, check=False)
    assert done.returncode == 1 and "max_payload" in done.stderr
    small.stop()


def test_the_shell_asks_too(sandbox, make_agents):
    make_agents({}, {})
    lines = f"get {MANAGER[0]} {UNIT} ActiveState --no-pager | count\nget a.b / x.y\n"
    done = netvane(sandbox, "-f", "-", input=lines, check=False)
    assert done.stdout == "2\n" and done.returncode == 2
    assert '"x.y" is no property of D-Bus' in done.stderr


def test_bash_completes_options_and_contexts(sandbox):
    contexts = sandbox.dir / "nats/context"
    contexts.mkdir(parents=True)
    (contexts / "ours.json").write_text("{}")
    script = (f"source {SOURCE}/cli/completion/netvane.bash\n"
              "complete_words() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _netvane; "
              "echo \"${COMPREPLY[*]}\"; }\n"
              f"complete_words {built('netvane')} get --no\n"
              f"complete_words {built('netvane')} get --context o\n")
    env = {**SANITIZERS, "XDG_CONFIG_HOME": str(sandbox.dir), "NETVANE_SOCKET": "/nonexistent"}
    done = sandbox.run("bash", "-c", script, env=env)
    assert done.stdout == "--nodes --no-pager\nours\n"


def test_no_server_is_one_sentence(sandbox):
    done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("netvane: cannot connect to NATS on nats://127.0.0.1:4222: ")
    assert done.stderr.count("\n") == 1


def test_users_and_passwords_of_a_context(sandbox):
    server = NatsServer(sandbox, "authorization { user: operator, password: \"it's\" }")
    server.start()
    contexts = sandbox.dir / "config/nats/context"
    contexts.mkdir(parents=True)
    (contexts / "ours.json").write_text(json.dumps(
        {"url": URL, "user": "operator", "password": "it's", "creds": "", "nsc": ""}))
    env = {"XDG_CONFIG_HOME": str(sandbox.dir / "config"), "NATS_URL": ""}
    words = ["get", MANAGER[0], UNIT, "ActiveState"]
    assert "cannot connect" in netvane(sandbox, *words, env=env, check=False).stderr
    done = netvane(sandbox, *words, "--context", "ours", env=env, check=False)
    assert "no machine listens" in done.stderr
    (contexts.parent / "context.txt").write_text("ours\n")
    assert "no machine listens" in netvane(sandbox, *words, env=env, check=False).stderr
    # Whoever names a server is not given the secrets of another.
    done = netvane(sandbox, *words, "--server", URL, env=env, check=False)
    assert "cannot connect" in done.stderr
    server.stop()


def test_an_operator_is_known_by_his_nkey(sandbox):
    key = sandbox.dir / "operator"
    sandbox.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    nkey = netvane(sandbox, "nkey", "--public-key-file", f"{key}.pub").stdout.strip()
    server = NatsServer(sandbox, f"authorization {{ users: [{{ nkey: {nkey} }}] }}")
    server.start()
    words = ["get", MANAGER[0], UNIT, "ActiveState"]
    done = netvane(sandbox, *words, "--nkey-file", key, check=False)
    assert "no machine listens" in done.stderr
    key.chmod(0o644)
    done = netvane(sandbox, *words, "--nkey-file", key, check=False)
    assert done.returncode == 1 and f"{key} holds a key and is open to others" in done.stderr
    assert netvane(sandbox, *words, check=False).returncode == 1
    server.stop()


# As docs/cluster.md has it for an operator; agents need no name here.
PERMISSIONS = """no_auth_user: agent
authorization { users: [{ user: agent, password: a }, { user: operator, password: o, permissions: {
  publish: ["dbus.agent.>", "dbus.broadcast.>", "netvane.command.>", "$SRV.>"],
  subscribe: ["_INBOX.>", "dbus.signals.>", "netvane.*.event.>"] } }] }
"""


def test_the_documented_permissions_are_enough(sandbox, watch):
    server = NatsServer(sandbox, PERMISSIONS)
    server.start()
    agents = CbusAgents(sandbox, [{"nkey": NKEYS[0], "values": VALUES, **named("web1")}])
    operator = ["--server", URL.replace("//", "//operator:o@")]
    for words in (["--nodes", "web1"], []):
        done = netvane(sandbox, "get", MANAGER[0], UNIT, "ActiveState", *operator, *words)
        assert done.stdout.count("NKey: ") == 1 and done.stderr == ""
    follow(agents, watch(*operator))
    assert "web1" in hear_event(agents, watch("--events", "link.*", *operator))
    agents.stop()
    server.stop()


# ---- watch ----

@pytest.fixture
def watch(sandbox):
    """watch(WORD...): a netvane that follows, with .wait(text)."""
    made = []

    class Watch:
        def __init__(self, *words):
            self.log = sandbox.dir / f"watch{len(made)}"
            env = {**SANITIZERS, "HOME": str(sandbox.dir), "NATS_URL": URL}
            with open(self.log, "wb") as log:
                self.process = sandbox.popen(built("netvane"), "watch", *words, env=env,
                                             stdout=log, stderr=subprocess.STDOUT,
                                             stdin=subprocess.DEVNULL)

        def lines(self):
            return self.log.read_text().splitlines()

    def make(*words):
        made.append(Watch(*words))
        return made[-1]

    yield make
    for one in made:
        terminate(one.process)


def say_signal(agents, nkey=NKEYS[0], path=UNIT):
    head = {"NKey": nkey, "Sender": ":1.1", "Path": path, "Interface": "a.b", "Member": "Changed"}
    agents.say(f"dbus.signals.{nkey}._1_1{path.replace('/', '.')}", head, '["a",{"b":1}]')


def follow(agents, watching, **signal):
    """Signals until the first one arrives, as nobody sees a subscription begin."""
    def heard():
        say_signal(agents, **signal)
        return watching.lines()

    return wait_until(heard, lambda: f"a signal, so far {watching.lines()}")


def test_signals_are_followed(sandbox, make_agents, watch):
    agents = make_agents({})
    line = follow(agents, watch())[0]
    assert line[8:] == f' {NKEYS[0]} {UNIT} a.b.Changed ["a",{{"b":1}}]'
    line = json.loads(follow(agents, watch("-J"))[0])
    assert line == {"nkey": NKEYS[0], "sender": ":1.1", "path": UNIT, "interface": "a.b",
                    "member": "Changed", "body": ["a", {"b": 1}]}


EVENT = {"seq": 7, "epoch": "0123456789abcdef", "id": "0123456789abcdef-7",
         "time": "2026-01-31T12:00:00.000000001Z", "monotonic_ns": 1, "topic": "link.state",
         "payload": {"interface_name": "eth0", "interface_index": 2,
                     "operational_state": "routable"}}


def hear_event(agents, watching):
    """The first event with the machine's name: until that has told it, there is its NKey."""
    def heard():
        agents.say(f"netvane.default.event.{NKEYS[0]}.link.state", {}, json.dumps(EVENT))
        agents.say(f"netvane.default.event.{NKEYS[0]}.route.added", {}, "{}")
        return [line for line in watching.lines() if "web1" in line]

    return wait_until(heard, "an event")[0]


def test_events_of_machines_are_followed(sandbox, make_agents, watch):
    agents = make_agents(named("web1"))
    line = hear_event(agents, watch("--events"))
    assert line.startswith("web1 ") and "link.state" in line and "eth0" in line
    following = watch("--events", "link.*", "|", "json")
    assert json.loads(hear_event(agents, following)) == {"nkey": NKEYS[0], "name": "web1", "event": EVENT}
    assert not any("route.added" in line for line in following.lines())


def test_patterns_and_machines_are_held_to(sandbox, make_agents, watch):
    agents = make_agents({})
    units = watch("/org/freedesktop/systemd1/unit/*", "--nkeys", NKEYS[1], "-J")
    follow(agents, units, nkey=NKEYS[1])
    follow(agents, watch(), nkey=NKEYS[0])
    follow(agents, watch(), nkey=NKEYS[1], path="/org/freedesktop/systemd1")
    last = "/org/freedesktop/systemd1/unit/last"
    wait_until(lambda: follow(agents, units, nkey=NKEYS[1], path=last)
               and any(last in line for line in units.lines()), "the last")
    assert {(json.loads(line)["nkey"], json.loads(line)["path"]) for line in units.lines()} == {
        (NKEYS[1], UNIT), (NKEYS[1], last)}


def test_a_lost_connection_is_told_and_made_again(sandbox, nats, make_agents, watch):
    agents = make_agents({})
    watching = watch()
    follow(agents, watching)
    nats.restart()
    wait_until(lambda: any("again; signals of the time between are missing" in line
                           for line in watching.lines()), watching.lines)


def test_the_end_is_quiet(sandbox, make_agents, watch):
    watching = watch()
    follow(make_agents({}), watching)
    watching.process.send_signal(signal.SIGINT)
    assert watching.process.wait(10) in (0, -signal.SIGINT)


def test_it_ends_when_nobody_reads(sandbox, make_agents, watch):
    agents = make_agents({})
    env = {**SANITIZERS, "HOME": str(sandbox.dir), "NATS_URL": URL}
    process = sandbox.popen(built("netvane"), "watch", env=env, stdout=subprocess.PIPE)
    process.stdout.close()

    def has_ended():
        say_signal(agents)
        return process.poll() is not None

    wait_until(has_ended, "the end")


@pytest.mark.parametrize("words", [["a b"], ["/a//b"], [">.a"], ["--nonsense"], ["a", "b"]])
def test_what_is_no_pattern_is_refused(sandbox, words):
    assert netvane(sandbox, "watch", *words, check=False).returncode == 2
