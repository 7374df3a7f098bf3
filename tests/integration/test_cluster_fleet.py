"""netvane against three agents of its own, over a real nats-server: what is proven, who is silent, and
commands of the shell on other machines."""

import json
import pathlib
import re

import pytest

from harness.cbus import URL, new_nkey
from harness.daemon import SANITIZERS, built
from harness.namespaces import terminate
from harness.nats import NatsServer, nkey, public_key
from harness.network import Service
from harness.waiting import wait_until
from test_shell import Shell

LAMP = pathlib.Path(__file__).with_name("harness") / "lamp-service.py"
POLICY = """<busconfig><policy context="default">
<allow own="*"/><allow send_destination="*" eavesdrop="false"/><allow receive_sender="*"/>
</policy></busconfig>"""
TAGS = {"web1": "role=edge", "web2": "role=edge", "db1": "role=store"}
LEVEL = ["get", "org.example.Lamp", "/org/example/Lamp", "Level"]

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)


class Fleet:
    """Three machines that share a bus; each has a key and a name of its own."""

    def __init__(self, sandbox, make_daemon):
        self.sandbox, self._make_daemon = sandbox, make_daemon
        sandbox.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/etc/dbus-1/system.d")
        (sandbox.root / "etc/dbus-1/system.d/all.conf").write_text(POLICY)
        self.server = NatsServer(sandbox)
        self.server.start()
        sandbox.bus.start()
        self.lamp = Service(sandbox, "lamp", ["/usr/bin/python3", LAMP],
                            lambda: sandbox.name_owner("org.example.Lamp"))
        self.lamp.start()
        self.daemons, self.nkeys = {}, {}

    def add(self, name, config=""):
        key = self.sandbox.dir / f"key-{name}"
        self.sandbox.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        self.nkeys[name] = nkey("U", public_key(f"{key}.pub"))
        self.daemons[name] = self._make_daemon(
            f"[Plugin cluster]\nServers={URL}\nNodeName={name}\nTags={TAGS[name]}\n"
            f"HostKeyFile={key}\nEvents=link.*\nPresenceInterval=1s\n{config}", plugins=["cluster"])
        self.daemons[name].wait_log("cluster: connected to", timeout=30)

    def netvane(self, *words, **options):
        env = {**SANITIZERS, "NETVANE_SOCKET": "/nonexistent", "HOME": str(self.sandbox.dir),
               "NATS_URL": URL}
        return self.sandbox.run(built("netvane"), *words, env=env, timeout=30, **options)

    def json(self, *words, **options):
        return json.loads(self.netvane("--json", *words, **options).stdout)


@pytest.fixture
def fleet(sandbox, make_daemon):
    made = Fleet(sandbox, make_daemon)
    for name in TAGS:
        made.add(name)
    yield made
    made.lamp.stop()
    made.server.stop()


@pytest.fixture
def operator(sandbox):
    """An NKey and the file with its seed."""
    public, seed = new_nkey(sandbox)
    path = sandbox.dir / "operator.nk"
    path.write_text(seed + "\n")
    path.chmod(0o600)
    return public, path


def test_replies_are_proven_with_and_without_a_key(fleet, operator):
    for options in ([], ["--nkey-file", operator[1]]):
        answers = fleet.json(*LEVEL, *options)
        assert {answer["nkey"]: (answer["verified"], answer["value"], answer["signature"])
                for answer in answers["responses"]} == {
            key: (True, 1, "u") for key in fleet.nkeys.values()}
    text = fleet.netvane(*LEVEL, "--nodes", "web1").stdout
    assert text == f"NKey: {fleet.nkeys['web1']}\nName: web1\nSignature: u\n\n1\n"


def test_a_machine_that_stopped_is_silent(fleet):
    fleet.daemons["web2"].stop()
    done = fleet.netvane(*LEVEL, "--nkeys", ",".join(fleet.nkeys.values()), check=False)
    assert done.returncode == 4
    assert done.stderr.startswith(f"netvane: {fleet.nkeys['web2']} is silent")
    assert done.stdout.count("NKey: ") == 2


def test_variants_come_with_their_signatures_on_request(fleet, operator):
    parts = ["get", *LEVEL[1:3], "Parts", "--nodes", "db1", "--nkey-file", operator[1]]
    assert fleet.json(*parts)["responses"][0]["value"]["path"] == "/a"
    answer = fleet.json(*parts, "--variants")["responses"][0]
    assert answer["value"]["path"] == {"signature": "o", "value": "/a"} and answer["verified"]


def states(fleet):
    """What db1 has heard of the others."""
    rows = fleet.json("--nodes", "db1", "show", "cluster", "nodes")["responses"][0]["value"]
    return {row["name"]: row["state"] for row in rows}


def test_a_question_to_all_ends_when_all_have_answered(fleet):
    """The stall time would be six minutes."""
    wait_until(lambda: set(states(fleet).values()) == {"here"} and len(states(fleet)) == 3, "three")
    answers = fleet.json(*LEVEL, "--timeout", "1h")
    assert len(answers["responses"]) == 3 and answers["silent"] == []


@pytest.mark.parametrize("end,state,reason", [
    ("stop", "left", "it has left the cluster"),
    ("kill", "silent", "the others do not hear of it, either")])
def test_a_machine_that_has_gone_is_named_when_all_are_asked(fleet, end, state, reason):
    wait_until(lambda: len(states(fleet)) == 3, "three")
    getattr(fleet.daemons["web2"], end)()
    wait_until(lambda: states(fleet)["web2"] == state, lambda: f"{states(fleet)}")
    done = fleet.netvane(*LEVEL, "--timeout", "1h", check=False)
    assert done.returncode == 4 and done.stdout.count("NKey: ") == 2
    assert done.stderr == f"netvane: web2 ({fleet.nkeys['web2']}) is silent: {reason}\n"
    done = fleet.netvane(*LEVEL, "--nodes", "web2,db1", "--timeout", "1h", check=False)
    assert done.returncode == 4 and done.stdout.count("NKey: ") == 1 and reason in done.stderr


def test_events_of_another_machine_are_followed(fleet, sandbox):
    log = sandbox.dir / "watch"
    env = {**SANITIZERS, "HOME": str(sandbox.dir), "NATS_URL": URL}
    with open(log, "wb") as out:
        process = sandbox.popen(built("netvane"), "watch", "--events", "link.*", "--nodes", "web1",
                                "--json", env=env, stdout=out, stderr=out)

    def heard():
        sandbox.ip("link add seen0 type veth peer name seen1")
        sandbox.ip("link del seen0")
        return "link.added" in log.read_text()

    wait_until(heard, log.read_text)
    told = json.loads(log.read_text().splitlines()[0])
    assert (told["nkey"], told["name"]) == (fleet.nkeys["web1"], "web1")
    terminate(process)


def test_methods_are_denied_until_they_are_granted(fleet, operator):
    add = ["invoke", "org.example.Lamp", "/org/example/Lamp", "Add", "ii", "2", "-3",
           "--nkey-file", operator[1]]
    done = fleet.netvane(*add, check=False)
    assert done.returncode == 1 and done.stdout.count("(403)") == 3
    daemon = fleet.daemons["db1"]
    daemon.write_config(daemon.config.read_text() +
                        f"[ClusterAllow ops]\nCallers={operator[0]}\nMembers=Add\n")
    daemon.reload()
    answers = {answer["nkey"]: answer["value"] for answer in
               fleet.json(*add, check=False)["responses"]}
    assert answers[fleet.nkeys["db1"]] == [-1] and answers[fleet.nkeys["web1"]] is None


# ---- commands of the shell ----

def test_top_names_the_machine_that_has_gone(fleet):
    screen = Shell(fleet.daemons["web1"], "top", rows=40, columns=100)
    screen.wait("3 here")
    fleet.daemons["web2"].stop()
    screen.wait("2 here +left: web2")
    screen.type("q")
    assert screen.ended() == 0


def test_a_machine_tells_of_itself_how_long_it_has_heard_the_others(fleet):
    def row():
        rows = fleet.json("--nodes", "db1", "show", "cluster", "nodes")["responses"][0]["value"]
        own = [row for row in rows if "listening_ms" in row]
        assert [row["name"] for row in own] == ["db1"]
        return own[0]
    before = row()["listening_ms"]
    wait_until(lambda: row()["listening_ms"] > before + 1500, "time to pass")
    fleet.server.kill()
    fleet.server.start()
    fleet.daemons["db1"].wait_log("not connected(.|\n)*cluster: connected to", timeout=30)
    assert row()["listening_ms"] < before + 1500, "it begins anew"


def test_a_table_of_many_machines_has_a_column_of_machines(fleet):
    wait_until(lambda: len(states(fleet)) == 3, "all to be known")
    text = fleet.netvane("--nodes", "role=edge", "show", "interfaces").stdout.splitlines()
    assert text[0].split() == ["Node", "Name", "State", "MTU", "Addresses"]
    assert {line.split()[0] for line in text[2:] if not line.startswith(" ")} == {"web1", "web2"}
    count = fleet.netvane("--nodes", "all", "show", "interfaces", "|", "include", " lo ",
                          "|", "count").stdout
    assert count == "3\n"


def test_what_is_no_table_stands_under_each_machine(fleet):
    text = fleet.netvane("--node", "db1", "sh", "clu").stdout
    assert text.startswith("db1:\n")
    assert re.search(f"^NKey: +{fleet.nkeys['db1']}$", text, re.M)
    answer = fleet.json("--nkeys", fleet.nkeys["web1"], "show", "cluster")["responses"][0]
    assert answer["value"]["node"] == "web1" and answer["verified"] is True


def test_a_change_is_denied_until_it_is_granted(fleet, operator):
    reload = ["--nodes", "all", "--nkey-file", operator[1], "reload"]
    done = fleet.netvane(*reload, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("is denied: other machines may not do this") == 3
    done = fleet.netvane("--nodes", "db1", "show", "log", check=False)
    assert done.returncode == 1  # for root only
    assert 'db1: "show log" is denied: other machines may not do this' in done.stderr
    daemon = fleet.daemons["db1"]
    daemon.write_config(daemon.config.read_text() + "[ClusterAllow ops]\n"
                        f"Callers={operator[0]}\nActions=command.execute\nMembers=reload show\n")
    daemon.reload()
    daemon.wait_log("cluster: connected to", count=2, timeout=30)
    done = fleet.netvane(*reload, check=False)
    assert done.stdout.startswith("db1:\n") and done.stderr.count("is denied") == 2
    assert fleet.netvane("--nodes", "db1", "--nkey-file", operator[1], "show", "log").stdout
    # The grant is for that key, not for whoever asks.
    assert fleet.netvane("--nodes", "db1", "reload", check=False).returncode == 1


def test_what_is_no_command_is_an_error(fleet):
    done = fleet.netvane("--nodes", "web1", "sho", "nothing", check=False)
    assert done.returncode == 1 and "web1: unknown command" in done.stderr
    done = fleet.netvane("--nodes", "web1,nobody", "show", "version", check=False)
    assert done.returncode == 4 and 'tag "nobody"' in done.stderr
