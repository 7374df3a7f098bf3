"""Three machines, each with real systemd, D-Bus, sshd and netvaned of its own, at one nats-server that
knows them by their host keys: what an operator does with a fleet."""

import json
import os
import re
import subprocess

import pytest

from harness.cbus import new_nkey
from harness.daemon import SANITIZERS, build_dir, built, sanitizer_reports
from harness.machines import HOST_KEY, HUB, SERVER, Network, TimedLines
from harness.nats import PORT, NatsClient, NatsServer, jwts
from harness.waiting import wait_until
from test_cluster import permissions
from test_shell import Shell

TAGS = {"web1": "role=edge", "web2": "role=edge", "db1": "role=store"}
MANAGER = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1")
BASIC = f"{MANAGER[1]}/unit/basic_2etarget"
FAILING = f"{MANAGER[1]}/unit/failing_2eservice"
STATE = ("get", MANAGER[0], BASIC, "ActiveState")

CONFIG = """[Plugin cluster]
Servers={servers}
HostKeyFile=/{key}
Tags={tags}
PresenceInterval=1s
{more}
[ClusterAllow operator]
Callers={operator}
Destinations=org.freedesktop.systemd1
[ClusterAllow cbus]
Callers=anonymous
Members=GetDefaultTarget GetUnit
"""

# As docs/cluster.md has it.
OPERATOR = {"pub": {"allow": ["dbus.agent.>", "dbus.broadcast.>", "netvane.command.>", "$SRV.>"]},
            "sub": {"allow": ["_INBOX.>", "dbus.signals.>", "netvane.*.event.>"]}}
CBUS = {"user": "cbus", "pass": "c"}  # who brings CBus's own programs


def user(who, allowed):
    return (f"{{ {who}, permissions: {{ publish: {json.dumps(allowed['pub']['allow'])}, "
            f"subscribe: {json.dumps(allowed['sub']['allow'])} }} }}")


class Fleet:
    def __init__(self, directory):
        self.network = Network(directory, binds=[build_dir(), os.environ["NETVANE_SOURCE_DIR"]])
        self.hub, self.machines = self.network.hub, self.network.machines
        self.operator, seed = new_nkey(self.hub)
        self.key = self.hub.dir / "operator.nk"
        self.key.write_text(seed + "\n")
        self.key.chmod(0o600)
        for name in TAGS:
            self.network.add(name).write_config(self.config(name))
        self.server = NatsServer(self.hub, self.server_config())
        self.server.start()
        self._clients = []

    def config(self, name, servers=SERVER, more=""):
        return CONFIG.format(servers=servers, key=HOST_KEY, tags=TAGS[name], more=more,
                             operator=self.operator)

    def server_config(self):
        users = [user(f"nkey: {machine.nkey}", permissions(machine))
                 for machine in self.machines.values()]
        users += [user(f"nkey: {self.operator}", OPERATOR), user("user: cbus, password: c", OPERATOR)]
        return f"authorization {{ users: [ {', '.join(users)} ] }}"

    def __getitem__(self, name):
        return self.machines[name]

    def boot(self, *names):
        """All at once."""
        for name in names:
            self[name].boot()
        for name in names:
            self[name].wait_active("netvaned.service")
        wait_until(lambda: all(self.here(name) == set(TAGS) for name in names),
                   lambda: f"a whole roster, there is {[self.here(name) for name in names]}", 60)

    def here(self, name):
        """Who is there, as that machine has heard."""
        done = self[name].run("netvane", "--json", "show", "cluster", "nodes", check=False)
        return {node["name"] for node in json.loads(done.stdout or "[]") if node["state"] == "here"}

    # The operator

    def environment(self):
        return {**SANITIZERS, "NETVANE_SOCKET": "/nonexistent", "HOME": str(self.hub.dir),
                "NATS_URL": SERVER}

    def netvane(self, *words, at=None, key=True, **options):
        """By the operator, at the hub or on a machine."""
        who = ("--nkey-file", self.key) if key else ()
        program = "netvane" if at else built("netvane")
        return (at or self.hub).run(program, *words, *who, env=self.environment(), **options)

    def json(self, *words, **options):
        return json.loads(self.netvane("--json", *words, **options).stdout)

    def client(self, **options):
        """npm's "nats", as someone who knows CBus alone."""
        self._clients.append(NatsClient(self.hub, servers=f"{HUB}:{PORT}", **(options or CBUS)))
        return self._clients[-1]

    def close(self):
        for client in self._clients:
            client.close()
        self.server.stop()
        self.network.close()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    directory = tmp_path_factory.mktemp("machines")
    directory.chmod(0o755)
    made = Fleet(directory)
    try:
        made.boot(*TAGS)
        yield made
        for machine in made.machines.values():
            assert not sanitizer_reports(machine.text())
    finally:
        made.close()


def blocks(text):
    """{NKey: what stands for that machine}, in CBus's form."""
    found = re.split(r"^NKey: (\w+)\n", text, flags=re.M)
    assert found[0] == ""
    return {nkey: part.strip("\n") for nkey, part in zip(found[1::2], found[2::2])}


# ---- the three commands of CBus's README ----

def test_a_method_on_all_machines(fleet):
    words = ("invoke", *MANAGER, "GetDefaultTarget")
    target = fleet["web1"].run("systemctl", "get-default").stdout.strip()
    expected = {machine.nkey: [target] for machine in fleet.machines.values()}
    text = fleet.netvane(*words).stdout
    assert blocks(text) == {nkey: f'\n["{target}"]'.strip() for nkey in expected}
    assert text.startswith("NKey: U") and f'\n\n["{target}"]\n\nNKey: U' in text
    told = fleet.json(*words)
    assert (told["destination"], told["path"]) == MANAGER
    assert {answer["nkey"]: answer["value"] for answer in told["responses"]} == expected
    assert all(answer["verified"] and not answer["error"] for answer in told["responses"])


def test_a_property_on_all_machines(fleet):
    text = fleet.netvane(*STATE).stdout
    assert blocks(text) == {machine.nkey: 'Signature: s\n\n"active"'
                            for machine in fleet.machines.values()}


def test_a_property_on_a_list_of_machines(fleet):
    chosen = [fleet["db1"].nkey, fleet["web2"].nkey]
    text = fleet.netvane(*STATE, "--nkeys", ",".join(chosen)).stdout
    assert blocks(text) == dict.fromkeys(chosen, 'Signature: s\n\n"active"')
    # and where they differ, each says its own
    fleet["web1"].run("systemctl", "start", "failing.service", check=False)
    told = fleet.json("get", MANAGER[0], FAILING, "ActiveState", "--nodes", "role=edge")
    assert {answer["name"]: answer["value"] for answer in told["responses"]} == {
        "web1": "failed", "web2": "inactive"}
    fleet["web1"].run("systemctl", "reset-failed")


# ---- signals ----

def watch(fleet, at, *words):
    """A `netvane watch` of the operator's on a machine."""
    return TimedLines(at.popen("netvane", "watch", *words, "--nkey-file", fleet.key, text=True,
                               env=fleet.environment(), stdout=subprocess.PIPE,
                               stdin=subprocess.DEVNULL))


def test_a_unit_that_fails_is_seen_on_another_machine(fleet, capsys):
    failing = fleet["web1"]
    lines = watch(fleet, fleet["web2"], FAILING, "--json")
    lines.wait_first(failing.fail)
    failures = [failing.fail() for _ in range(5)]
    seen = [lines.wait(failing.nkey, '"ActiveState":"failed"', after=failed) for failed in failures]
    lines.close()
    failing.run("systemctl", "reset-failed")
    after = [(when - failed) / 1e6 for when, failed in zip(seen, failures)]
    with capsys.disabled():
        print(" a unit's failure was seen on another machine after",
              ", ".join(f"{ms:.1f} ms" for ms in after))
    assert max(after) < 20000  # how fast it has to be is measured in bench/fleet.py


def test_all_signals_reach_a_client_of_cbus(fleet):
    client = fleet.client()
    client("subscribe", subject="dbus.signals.>")
    for machine in fleet.machines.values():
        machine.fail()
    for machine in fleet.machines.values():
        said = client.wait_message(lambda m: m["headers"]["NKey"] == machine.nkey
                                   and m["headers"]["Path"] == FAILING
                                   and '"ActiveState":"failed"' in m["body"])
        sender = said["headers"]["Sender"]
        assert said["subject"] == (f"dbus.signals.{machine.nkey}.{re.sub('[:.]', '_', sender)}"
                                   + FAILING.replace("/", "."))
        assert {said["headers"]["Interface"], said["headers"]["Member"]} == {
            "org.freedesktop.DBus.Properties", "PropertiesChanged"}
        assert json.loads(said["body"])[0] == "org.freedesktop.systemd1.Unit"
        machine.run("systemctl", "reset-failed")


# ---- CBus's own clients ----

def test_a_client_of_cbus_gets_right_answers(fleet):
    client = fleet.client()
    path = "org_freedesktop_systemd1.org.freedesktop.systemd1"
    answers = client("gather", subject=f"dbus.broadcast.{path}.unit.basic_2etarget.prop.ActiveState",
                     count=3)
    assert {answer["headers"]["NKey"]: (answer["headers"]["Signature"], answer["body"])
            for answer in answers} == {machine.nkey: ("s", '"active"')
                                       for machine in fleet.machines.values()}
    for machine in fleet.machines.values():
        version = machine.run("systemctl", "show", "-P", "Version").stdout.strip()
        assert client.value(f"dbus.agent.{machine.nkey}.{path}.prop.Version") == version
        assert client.value(f"dbus.agent.{machine.nkey}.{path}.method.GetUnit",
                            '["basic.target"]') == [BASIC]
    assert client.error(f"dbus.agent.{fleet['db1'].nkey}.{path}.method.StopUnit",
                        '["failing.service", "replace"]')[0] == "403"


def test_discovery_shows_the_fleet(fleet):
    found = fleet.client()("services", verb="ping", count=3)
    assert {one["id"]: one["metadata"]["node"] for one in found} == {
        machine.nkey: name for name, machine in fleet.machines.items()}


# ---- who one is ----

def test_the_server_holds_a_machine_to_its_own_subjects(fleet):
    """Its own agent's key lets nobody ask, or listen to, other machines from there; nor does it
    take the timeout to find that out."""
    def as_machine(*words):
        done = fleet.netvane(*words, "--nkey-file", f"/{HOST_KEY}", at=fleet["web1"], key=False,
                             check=False)
        assert done.returncode == 1 and done.stdout == ""
        return done.stderr

    hour = ("--timeout", "1h")
    assert 'Subscription to "_INBOX.' in as_machine(*STATE, *hour)
    assert "no finding out whose names" in as_machine(*STATE, "--nodes", "web2", *hour)
    assert 'Subscription to "dbus.signals.' in as_machine("watch")


def test_who_is_not_let_in_is_told_what_to_do(fleet):
    done = fleet.netvane(*STATE, key=False, check=False)
    assert done.returncode == 1 and "Authorization Violation (--creds, --nkey-file or" in done.stderr
    stranger, seed = new_nkey(fleet.hub)
    key = fleet.hub.dir / "stranger.nk"
    key.write_text(seed)
    key.chmod(0o600)
    done = fleet.netvane(*STATE, "--nkey-file", key, key=False, check=False)
    assert done.returncode == 1 and f"does not let the key {stranger} in" in done.stderr


def test_jwts_log_machines_and_operator_in(fleet):
    """The account's server stands beside the other; each machine goes over, and comes back."""
    wanted = [{"nkey": machine.nkey, **permissions(machine)} for machine in fleet.machines.values()]
    made = jwts(fleet.hub, *wanted, {"new": True, **OPERATOR})
    creds = fleet.hub.dir / "operator.creds"
    creds.write_text(made["creds"][0])
    creds.chmod(0o600)
    server = NatsServer(fleet.hub, name="nats-jwt")
    server.config.write_text(f"port: {PORT + 1}\n{made['config']}\n")
    server.start()
    other = f"nats://{HUB}:{PORT + 1}"
    for name, machine in fleet.machines.items():
        jwt = machine.dir / "machine.jwt"
        jwt.write_text(made["users"][machine.nkey])
        machine.write_config(fleet.config(name, other, f"JwtFile={jwt}"))
        machine.run("systemctl", "reload", "netvaned.service")
    as_operator = ("--server", other, "--creds", creds)
    wait_until(lambda: len(fleet.json(*STATE, *as_operator, key=False, check=False)["responses"]) == 3,
               "three answers")
    context = fleet.hub.dir / ".config/nats/context/jwt.json"
    context.parent.mkdir(parents=True)
    context.write_text(json.dumps({"url": other, "creds": str(creds)}))
    # the context that is named is meant, whatever NATS_URL says
    answers = fleet.json(*STATE, "--context", "jwt", key=False)["responses"]
    assert {answer["nkey"] for answer in answers if answer["verified"]} == {
        machine.nkey for machine in fleet.machines.values()}
    for name, machine in fleet.machines.items():
        machine.write_config(fleet.config(name))
        machine.run("systemctl", "reload", "netvaned.service")
    server.stop()
    wait_until(lambda: all(fleet.here(name) == set(TAGS) for name in TAGS), "all to be back")


def test_keyscan_tells_nkeys_without_logging_in(fleet):
    addresses = {machine.address: machine.nkey for machine in fleet.machines.values()}
    for machine in fleet.machines.values():
        machine.wait_active("sshd.service")

    def scan(*words):
        return fleet.netvane("keyscan", *words, key=False, check=False)

    wait_until(lambda: scan(*addresses).returncode == 0, "sshd to answer on all")
    assert scan(*addresses).stdout == "".join(f"{host} {nkey}\n" for host, nkey in addresses.items())
    first = next(iter(addresses))
    assert scan(first).stdout == f"{addresses[first]}\n"
    told = json.loads(scan("--json", first, HUB).stdout)
    assert told[0] == {"Hostname": first, "NKey": addresses[first], "Err": None}
    assert not told[1]["NKey"] and told[1]["Err"]
    assert fleet["web1"].run("netvane", "nkey").stdout.strip() == fleet["web1"].nkey


# ---- the shell of other machines ----

def test_one_table_of_some_machines(fleet):
    lines = fleet.netvane("--nodes", "role=edge", "show", "interfaces").stdout.splitlines()
    assert lines[0].split()[:2] == ["Node", "Name"]
    addresses = {line.split()[0]: line for line in lines if " veth0 " in line}
    assert set(addresses) == {"web1", "web2"}
    for name, line in addresses.items():
        assert "routable" in line and fleet[name].address in line


class Terminal:
    """What Shell wants to know of the machine that it is on."""

    control = "/run/netvane/control"

    def __init__(self, machine):
        self.sandbox, self.dir = machine, machine.dir


def test_top_shows_the_cluster_live(fleet):
    screen = Shell(Terminal(fleet["web1"]), "top", rows=40, columns=100)
    screen.wait("3 here")
    fleet["db1"].run("systemctl", "stop", "netvaned.service")
    screen.wait("2 here +left: db1")
    fleet["db1"].run("systemctl", "start", "netvaned.service")
    screen.wait("3 here")
    screen.type("q")
    assert screen.ended() == 0


# As a package manager does: each file by a new one of that name.
UPGRADE = """for file in /usr/local/sbin/netvaned /usr/local/lib/netvane/plugins/*.so; do
    cp "$file" "$file.new" && mv "$file.new" "$file"; done"""


def test_a_daemon_is_upgraded_and_the_fleet_takes_note(fleet):
    machine = fleet["db1"]
    machine.run("sh", "-ec", UPGRADE)
    before = machine.run("systemctl", "show", "-P", "MainPID", "netvaned.service").stdout
    fleet.netvane("invoke", *MANAGER, "RestartUnit", "ss", "netvaned.service", "replace", "--nodes",
                  "db1", check=False)  # it may have no time to answer
    wait_until(lambda: machine.run("systemctl", "show", "-P", "MainPID",
                                   "netvaned.service").stdout not in (before, "0\n"), "another")
    wait_until(lambda: fleet.here("web1") == fleet.here("db1") == set(TAGS), "all to be there")
    assert len(fleet.json(*STATE)["responses"]) == 3
    topics = [(event["topic"], event["payload"]["name"]) for event in json.loads(
        fleet["web1"].run("netvane", "--json", "show", "events", "topic", "cluster.node.*").stdout)]
    assert topics[-2:] == [("cluster.node.left", "db1"), ("cluster.node.joined", "db1")]


@pytest.mark.parametrize("end, state, reason", [
    ("kill", "silent", "the others do not hear of it, either"),
    ("power_off", "left", "it has left the cluster")])
def test_a_machine_that_stopped_is_named(fleet, end, state, reason):
    getattr(fleet["web2"], end)()
    done = fleet.netvane(*STATE, "--timeout", "1s", check=False)  # before all have noticed, too
    assert done.returncode == 4 and f"web2 ({fleet['web2'].nkey}) is silent: " in done.stderr

    def rows():
        """As both others have it."""
        answers = fleet.json("--nodes", "web1,db1", "show", "cluster", "nodes")["responses"]
        return [node for answer in answers for node in answer["value"] if node["name"] == "web2"]

    wait_until(lambda: [row["state"] for row in rows()] == [state] * 2, lambda: f"{state}: {rows()}")
    assert all(row["since"] for row in rows())
    done = fleet.netvane(*STATE, "--timeout", "1h", check=False)
    assert done.returncode == 4 and len(blocks(done.stdout)) == 2
    assert done.stderr == f"netvane: web2 ({fleet['web2'].nkey}) is silent: {reason}\n"
    done = fleet.netvane("--json", *STATE, check=False)
    assert done.returncode == 4 and json.loads(done.stdout)["silent"] == [fleet["web2"].nkey]
    text = fleet.netvane("--node", "db1", "show", "cluster", "nodes").stdout
    assert re.search(rf"^(?:\S+ +)?web2 .*{state}", text, re.M), text
    fleet.boot("web2")
    assert len(fleet.json(*STATE)["responses"]) == 3
