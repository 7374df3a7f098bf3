"""netvane against three agents of its own, over a real nats-server: what is proven, who is silent, and
commands of the shell on other machines."""

import json
import pathlib

import pytest

from harness.cbus import URL, new_nkey
from harness.daemon import SANITIZERS, built
from harness.nats import NatsServer, nkey, public_key
from harness.network import Service

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
            f"HostKeyFile={key}\n{config}", plugins=["cluster"])
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


def test_a_machine_that_stopped_and_one_that_hangs_are_silent(fleet):
    fleet.daemons["web2"].stop()
    done = fleet.netvane(*LEVEL, "--nkeys", ",".join(fleet.nkeys.values()), check=False)
    assert done.returncode == 4
    assert done.stderr.startswith(f"netvane: {fleet.nkeys['web2']} is silent")
    assert done.stdout.count("NKey: ") == 2


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

def test_a_table_of_many_machines_has_a_column_of_machines(fleet):
    text = fleet.netvane("--nodes", "role=edge", "show", "interfaces").stdout.splitlines()
    assert text[0].split() == ["Node", "Name", "State", "MTU", "Addresses"]
    assert {line.split()[0] for line in text[2:] if not line.startswith(" ")} == {"web1", "web2"}
    count = fleet.netvane("--nodes", "all", "show", "interfaces", "|", "include", " lo ",
                          "|", "count").stdout
    assert count == "3\n"


def test_what_is_no_table_stands_under_each_machine(fleet):
    text = fleet.netvane("--node", "db1", "sh", "clu").stdout
    assert text.startswith("db1:\n") and fleet.nkeys["db1"] in text
    answer = fleet.json("--nkeys", fleet.nkeys["web1"], "show", "cluster")["responses"][0]
    assert answer["value"]["node"] == "web1" and answer["verified"] is True


def test_a_change_is_denied_until_it_is_granted(fleet, operator):
    reload = ["--nodes", "all", "--nkey-file", operator[1], "reload"]
    done = fleet.netvane(*reload, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("is denied: other machines may not change anything") == 3
    done = fleet.netvane("--nodes", "db1", "show", "log", check=False)
    assert done.returncode == 1 and "db1: " in done.stderr  # for root only
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
    assert done.returncode == 4 and '"nobody" says that it is there' in done.stderr
