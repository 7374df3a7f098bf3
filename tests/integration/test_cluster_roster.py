"""Who is in the cluster: three netvaned at one real nats-server, come and gone in every way."""

import json
import re

import pytest

from harness.daemon import build_dir
from harness.nats import NatsClient, NatsServer, nkey, public_key
from harness.waiting import stays_true, wait_until

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)

INTERVAL = 1.0  # seconds; silence is told after three


class Fleet:
    def __init__(self, sandbox, make_daemon):
        self.sandbox, self._make_daemon = sandbox, make_daemon
        self.server = NatsServer(sandbox)
        self.server.start()
        self.nodes = {}

    def add(self, name, more="", plugins=(), key_of=None):
        key = self.sandbox.dir / f"{key_of or name}.key"
        if not key_of:
            self.sandbox.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        daemon = self._make_daemon(
            f"[Plugin cluster]\nServers=nats://127.0.0.1:4222\nNodeName={name}\nCluster=lab\n"
            f"HostKeyFile={key}\nPresenceInterval={INTERVAL}s\n{more}\n",
            plugins=["cluster", *plugins])
        daemon.nkey = nkey("U", public_key(f"{key}.pub"))
        self.nodes[name] = daemon
        return daemon

    def states(self, seen_by):
        nodes = self.nodes[seen_by].netvane("show", "cluster", "nodes", json_output=True)
        return {node["name"]: node["state"] for node in nodes}

    def wait_states(self, seen_by, **expected):
        wait_until(lambda: self.states(seen_by) == expected,
                   lambda: f"{expected}; {seen_by} sees {self.states(seen_by)}")

    def told(self, by, topic):
        """(name, reason) of the events of that topic."""
        return [(event["payload"]["name"], event["payload"].get("reason"))
                for event in self.nodes[by].netvane("show", "events", json_output=True)
                if event["topic"] == topic]


@pytest.fixture
def fleet(sandbox, make_daemon):
    return Fleet(sandbox, make_daemon)


@pytest.fixture
def three(fleet):
    for name in ("web1", "web2", "db1"):
        fleet.add(name, "Tags=role=web" if "web" in name else "")
    for name in fleet.nodes:
        fleet.wait_states(name, web1="here", web2="here", db1="here")
    return fleet


def test_all_see_all_and_how_they_go(three):
    shown = three.nodes["db1"].netvane("show", "cluster", "nodes", json_output=True)
    assert {node["name"]: (node["nkey"], node["tags"], node["networks"]) for node in shown} == {
        name: (daemon.nkey, ["role=web"] if "web" in name else [], [1])
        for name, daemon in three.nodes.items()}

    three.nodes["web2"].stop()
    three.wait_states("web1", web1="here", web2="left", db1="here")
    three.nodes["db1"].kill()
    three.wait_states("web1", web1="here", web2="left", db1="silent")
    assert three.told("web1", "cluster.node.left") == [("web2", "left"), ("db1", "silent")]
    assert sorted(three.told("web1", "cluster.node.joined")) == [
        ("db1", None), ("web1", None), ("web2", None)]


def test_who_comes_back_is_here(three):
    three.nodes["web2"].stop()
    three.wait_states("web1", web1="here", web2="left", db1="here")
    three.nodes["web2"].process = None
    three.nodes["web2"].start()
    three.wait_states("web1", web1="here", web2="here", db1="here")


def test_an_outage_of_the_server_is_nobodys_silence(three):
    three.server.kill()
    wait_until(lambda: not three.nodes["web1"].netvane("show", "cluster",
                                                       json_output=True)["connected"], "the outage")
    stays_true(lambda: set(three.states("web1").values()) == {"here"}, 3.5 * INTERVAL,
               "all of them here")
    three.server.start()
    wait_until(lambda: three.nodes["web1"].netvane("show", "cluster",
                                                   json_output=True)["connected"], "the server")
    stays_true(lambda: set(three.states("web1").values()) == {"here"}, INTERVAL,
               "all of them here")
    assert three.told("web1", "cluster.node.left") == []


def test_plugins_know_the_members_of_a_network(fleet):
    members = build_dir() / "tests/plugins/members.so"
    first = fleet.add("web1", "Networks=7", plugins=[members])
    first.wait_log("absent -2 bad -22")
    fleet.add("web2", "Networks=1 7", plugins=[members])
    fleet.add("db1")
    fleet.wait_states("web1", web1="here", web2="here", db1="here")
    first.wait_log("member web1 state 0 local 1 tag core")
    first.wait_log("member web2 state 0 local 0")
    fleet.nodes["web2"].stop()
    first.wait_log("member web2 state 2 local 0 tag core")
    assert "member db1" not in first.text()


def shown(daemon):
    return daemon.netvane("show", "cluster", json_output=True)


def test_two_machines_with_one_key_say_so(fleet):
    """As a copied disk has it; and it is over when one of them goes."""
    original = fleet.add("web1")
    original.wait_log("cluster: connected")
    copy = fleet.add("copy", key_of="web1")
    for daemon, other in ((original, "copy"), (copy, "web1")):
        daemon.wait_log(f"another machine, which calls itself {other}, has the key of this one, "
                        f"{original.nkey}.*{fleet.sandbox.dir}/web1.key made there")
        assert shown(daemon)["key_also_of"] == other
    wait_until(lambda: shown(original)["nodes_here"] == 1, lambda: shown(original))
    assert fleet.states("web1") == {"web1": "here"}
    assert fleet.told("web1", "cluster.node.twin") == [("copy", None)]
    copy.stop()
    original.wait_log("copy, which had the key of this machine, is not heard any more")
    assert "key_also_of" not in shown(original)


def test_its_own_restarts_are_no_other_machine(fleet):
    daemon = fleet.add("web1")
    for _ in range(3):
        fleet.wait_states("web1", web1="here")
        daemon.kill()
        daemon.start()
    fleet.wait_states("web1", web1="here")
    assert "has the key of this one" not in daemon.text()


def test_whose_clock_is_off_is_named(fleet, request):
    daemon = fleet.add("web1")
    client = NatsClient(fleet.sandbox)
    request.addfinalizer(client.close)
    client("announce", cluster="lab", count=1, ahead=7200000)
    daemon.wait_log(r"the clock of ghost0 \(U\w+\) is 7\d\d\d s ahead of that of this machine.*"
                    "are the clocks right")
    [apart] = shown(daemon)["clock_differs_from"]
    assert apart.startswith("ghost0 (U")
    assert "ghost0" not in fleet.states("web1")


def test_tags_that_were_set_outlive_the_daemon_until_they_are_taken_back(fleet):
    daemon = fleet.add("web1", "Networks=1 7")
    kept = daemon.state_dir / "cluster/presence.json"

    def tags():
        return {network["id"]: network["tags"] for network in
                daemon.netvane("show", "cluster", json_output=True)["networks"]}

    def is_kept(*words):
        return words == tuple(json.loads(kept.read_text())["networks"][1]["tags"])

    assert tags() == {1: [], 7: []}
    daemon.netvane("cluster", "tags", "network", "7", "core", "a b")
    wait_until(lambda: kept.exists() and is_kept("core", "a", "b"), "the tags to be kept")
    daemon.kill()
    daemon.start()
    assert tags() == {1: [], 7: ["core", "a", "b"]}
    daemon.netvane("cluster", "tags", "network", "7")
    wait_until(lambda: is_kept(), "none to be kept")
    daemon.stop()
    kept.write_text('{"name": ')
    daemon.start()
    daemon.wait_log("presence.json, which says what .* cannot be read: it is damaged")
    assert tags() == {1: [], 7: []}
    daemon.netvane("cluster", "tags", "network", "7", "core")
    wait_until(lambda: kept.read_text()[-1] == "}" and is_kept("core"), "a new file")


def test_invented_machines_keep_no_real_one_out(fleet, request):
    fleet.add("db1")
    web1 = fleet.add("web1", f"MemberTags={fleet.nodes['db1'].nkey}=database")
    fleet.wait_states("web1", web1="here", db1="here")
    client = NatsClient(fleet.sandbox)
    request.addfinalizer(client.close)
    client("announce", cluster="lab", count=4100)
    web1.wait_log("more than 4096 machines say that they are in the cluster", timeout=60)
    fleet.add("web2")
    wait_until(lambda: fleet.states("web1").get("web2") == "here", "the real one to be seen")
    states = fleet.states("web1")
    assert len(states) == 4096
    assert (states["web1"], states["db1"], "ghost0" in states) == ("here", "here", False)
    assert len(re.findall("more than 4096 machines", web1.text())) == 1


def test_nobody_announces_another(fleet, request):
    fleet.add("web1")
    fleet.wait_states("web1", web1="here")
    client = NatsClient(fleet.sandbox)
    request.addfinalizer(client.close)
    client("subscribe", subject="netvane.lab.presence.*")
    client("publish", subject="netvane.lab.who")
    said = client.wait_message(lambda m: "presence" in m["subject"])
    assert json.loads(said["body"])["name"] == "web1"

    def bad():
        return fleet.nodes["web1"].netvane("show", "cluster", json_output=True)["bad_signatures"]

    goodbye = said["body"].replace('"leaving":false', '"leaving":true')
    other = nkey("U", bytes(32))
    for count, (subject, body) in enumerate(((said["subject"], goodbye),
                                             (f"netvane.lab.presence.{other}", said["body"])), 1):
        assert body != said["body"] or subject != said["subject"]
        client("publish", subject=subject, body=body, headers=said["headers"])
        wait_until(lambda: bad() == count, "the forgery to be refused")
    client("publish", subject=said["subject"], body=said["body"], headers=said["headers"])
    client("publish", subject=said["subject"], body="{}")
    wait_until(lambda: bad() == 3, "the last one to be refused")
    assert fleet.states("web1") == {"web1": "here"}


def test_events_go_to_the_cluster(fleet, request):
    client = NatsClient(fleet.sandbox)
    request.addfinalizer(client.close)
    client("subscribe", subject="netvane.lab.event.>")
    daemon = fleet.add("web1", "Events=link.> !link.mtu")
    fleet.wait_states("web1", web1="here")
    fleet.sandbox.ip("link add d0 type veth peer name d1")
    fleet.sandbox.ip("link set d0 mtu 1400")
    fleet.sandbox.ip("link del d0")
    client.wait_message(lambda m: m["subject"].endswith("link.removed"))
    subjects = [message["subject"] for message in client.messages]
    assert f"netvane.lab.event.{daemon.nkey}.link.added" in subjects
    assert not [subject for subject in subjects if "mtu" in subject or "cluster" in subject]
    events = [json.loads(message["body"]) for message in client.messages]
    assert ("link.added", "d0") in [(e["topic"], e["payload"]["interface_name"]) for e in events]
