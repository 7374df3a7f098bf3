"""Members of a network: three netvaned at one real nats-server, of which one has a policy."""

import json
import socket

import pytest

from harness.daemon import build_dir
from harness.waiting import stays_true, wait_until
from test_cluster_roster import Fleet as Roster

ASKS = build_dir() / "tests/plugins/asks.so"
NODES = build_dir() / "tests/plugins/nodes.so"
FORWARD = build_dir() / "examples/forward.so"
NET = 7
pytestmark = pytest.mark.sandbox(networkd=False, veths=0)


class Fleet(Roster):
    """web1 keeps a policy of network 7; web2 and db1 are in it."""

    def add(self, name, more="", plugins=()):
        daemon = super().add(name, f"Networks=1 {NET}\n{more}", plugins)
        daemon.wait_log("cluster: connected to", timeout=30)
        return daemon

    def keeper(self):
        return self.nodes["web1"]

    def load(self, *rules, **members):
        path = self.keeper().dir / "network.json"
        path.write_text(json.dumps({"version": 1, "default_verdict": "allow", **members,
                                    "rules": list(rules)}))
        path.chmod(0o644)
        self.keeper().netvane("policy", "load", str(path), "network", str(NET))

    def cycle(self):
        self.keeper().netvane("policy", "cycle", "network", str(NET))

    def rows(self):
        shown = self.keeper().netvane("show", "policy", "members", "network", str(NET),
                                      json_output=True)
        return {row["name"]: row for row in shown}

    def standings(self):
        return {name: row["standing"] for name, row in self.rows().items()}

    def wait_standings(self, **expected):
        wait_until(lambda: self.standings() == expected,
                   lambda: f"{expected}; there is {self.rows()}; {self.keeper().text()}")

    def members(self):
        return self.keeper().netvane("show", "policy", "status", json_output=True)[-1]["members"]

    def told(self, turn):
        return [event for event in self.keeper().netvane("show", "events", json_output=True)
                if event["topic"] == f"policy.member.{turn}"]

    def pass_port(self, name, *facts, action="connect"):
        """What the gate says to a connection from that machine; `name` may be an NKey."""
        key = self.nodes[name].nkey if name in self.nodes else name
        return self.keeper().netvane("ask", "gate", "remote", action, f"network_id={NET}",
                                     f"peer_nkey={key}", "port=80", *facts, json_output=True)


@pytest.fixture
def fleet(sandbox, make_daemon):
    made = Fleet(sandbox, make_daemon)
    made.add("web1", plugins=["policy", ASKS])
    made.add("web2", "Tags=role=web")
    made.add("db1", "Tags=role=store")
    for name in made.nodes:
        made.wait_states(name, web1="here", web2="here", db1="here")
    return made


def rule(name, on, actions, match="true"):
    return {"name": name, "on": on, "match": match, "actions": actions}


def do(kind, **params):
    return [{"type": kind, "params": params}]


LAB = rule("no-lab", "cycle",
           do("evict_where", match="has_tag(peer_tags, 'lab')", reason="it is of the lab"))


def test_members_are_pruned_filled_again_and_evicted_by_tag(fleet):
    fleet.load(LAB, rule("one", "cycle", do("prune", target=1, by="newest"), "members > 1"),
               rule("again", "cycle", do("fill", target=1), "members < 1"))
    fleet.wait_standings(web2="member", db1="member")
    assert fleet.members() == 2
    assert [fleet.pass_port(name)["allowed"] for name in ("web2", "db1")] == [1, 1]

    fleet.cycle()
    wait_until(lambda: sorted(fleet.standings().values()) == ["member", "waiting"],
               lambda: f"{fleet.rows()}")
    stayed, pruned = sorted(fleet.standings(), key=lambda name: fleet.standings()[name])
    assert fleet.members() == 1
    denied = fleet.pass_port(pruned)
    assert (denied["allowed"], denied["rule"]) == (0, "membership")
    assert denied["reason"] == f"{pruned} waits for a place in network 7"
    fleet.cycle()
    assert fleet.standings() == {stayed: "member", pruned: "waiting"}

    # A place is free when the member leaves.
    fleet.nodes[stayed].stop()
    fleet.wait_standings(**{pruned: "waiting"})
    fleet.cycle()
    assert fleet.standings() == {pruned: "member"}
    assert fleet.told("joined")[-1]["payload"]["rule"] == "again"

    # It calls itself of the lab; the rule is named wherever it is asked why.
    fleet.nodes[pruned].netvane("cluster", "tags", "network", str(NET), "lab")
    wait_until(lambda: "lab" in fleet.rows()[pruned]["tags"], lambda: f"{fleet.rows()}")
    assert fleet.standings() == {pruned: "member"}
    fleet.cycle()
    row = fleet.rows()[pruned]
    assert (row["standing"], row["rule"], row["reason"]) == ("evicted", "no-lab", "it is of the lab")
    assert fleet.pass_port(pruned)["reason"] == \
        f"{pruned} was evicted by rule no-lab: it is of the lab, until it joins anew"
    event = fleet.told("evicted")[-1]
    assert {key: event["payload"][key] for key in ("peer_nkey", "rule", "action", "on", "network_id")} \
        == {"peer_nkey": fleet.nodes[pruned].nkey, "rule": "no-lab", "action": "evict_where",
            "on": "cycle", "network_id": NET}
    explained = fleet.keeper().netvane("policy", "explain", event["id"], json_output=True)
    assert [row["result"] for row in explained if row.get("rule") == "no-lab"] == ["matched"]
    assert explained[-1]["because"] == \
        "at that time: evicted by no-lab, evict_where: it is of the lab"


def test_evictions_outlive_restarts_and_end_when_the_machine_joins_anew(fleet):
    fleet.load(rule("out", "connect", do("evict", reason="scans"), "port == 23"),
               rule("for-long", "connect", do("evict", **{"for": "1h"}), "port == 24"))
    fleet.wait_standings(web2="member", db1="member")
    joined = fleet.rows()["db1"]["since"]
    fleet.keeper().netvane("ask", "gate", "remote", "connect", f"network_id={NET}",
                           f"peer_nkey={fleet.nodes['web2'].nkey}", "port=23")
    kept = fleet.keeper().state_dir / f"policy/members-{NET}.json"
    wait_until(lambda: kept.exists() and "scans" in kept.read_text(), "the eviction on the disk")
    fleet.keeper().kill()
    fleet.keeper().start()
    fleet.wait_standings(web2="evicted", db1="member")
    assert fleet.rows()["db1"]["since"] == joined
    assert fleet.pass_port("web2")["allowed"] == 0 and fleet.pass_port("db1")["allowed"] == 1
    fleet.keeper().stop()
    fleet.keeper().start()
    fleet.wait_standings(web2="evicted", db1="member")

    wait_until(lambda: fleet.rows()["web2"]["here"], lambda: f"{fleet.rows()}")

    # Whoever leaves and comes again is asked anew; but not before an hour is over.
    fleet.nodes["web2"].stop()
    fleet.wait_standings(db1="member")
    fleet.nodes["web2"].start()
    fleet.wait_standings(web2="member", db1="member")
    fleet.keeper().netvane("ask", "gate", "remote", "connect", f"network_id={NET}",
                           f"peer_nkey={fleet.nodes['web2'].nkey}", "port=24")
    fleet.nodes["web2"].stop()
    fleet.wait_states("web1", web1="here", web2="left", db1="here")
    fleet.nodes["web2"].start()
    fleet.wait_states("web1", web1="here", web2="here", db1="here")
    wait_until(lambda: fleet.rows()["web2"]["here"], lambda: f"{fleet.rows()}")
    assert fleet.standings() == {"web2": "evicted", "db1": "member"} and \
        "until" in fleet.rows()["web2"]
    fleet.keeper().netvane("policy", "readmit", "web2", "network", str(NET))
    fleet.wait_standings(web2="member", db1="member")

    # A time that is over ends it by itself.
    fleet.load(rule("shortly", "connect", do("evict", **{"for": "1s"}), "port == 25"))
    fleet.keeper().netvane("ask", "gate", "remote", "connect", f"network_id={NET}",
                           f"peer_nkey={fleet.nodes['web2'].nkey}", "port=25")
    wait_until(lambda: fleet.told("readmitted")[-1]["payload"]["reason"] == "its time is over",
               lambda: f"{fleet.rows()}")
    fleet.wait_standings(web2="member", db1="member")


def test_join_is_denied_until_it_says_something_else_or_the_rules_do(fleet):
    fleet.load(rule("webs-only", "join", do("deny", reason="only webs"),
                    "!has_tag(peer_tags, 'role=web')"))
    fleet.wait_standings(web2="member", db1="refused")
    assert fleet.pass_port("db1")["reason"] == \
        "rule webs-only has denied db1 to join network 7: only webs"
    event = fleet.told("refused")[-1]
    explained = fleet.keeper().netvane("policy", "explain", event["id"], json_output=True)
    assert [(row["result"], row["verdict"]) for row in explained
            if row.get("rule") == "webs-only"] == [("matched", "deny")]
    fleet.nodes["db1"].netvane("cluster", "tags", "network", str(NET), "role=web")
    fleet.wait_standings(web2="member", db1="member")

    # Another document asks everybody again, and whom it denies is out.
    fleet.load(rule("no-webs", "join", do("deny"), "peer_name == 'web2'"))
    fleet.wait_standings(web2="refused", db1="member")
    fleet.load()
    fleet.wait_standings(web2="member", db1="member")


def test_cycles_come_by_themselves_and_ask_for_each_member(fleet):
    fleet.load(rule("each", "cycle", do("publish", topic="site.each", payload={
                   "name": {"cel": "peer_name"}, "members": {"cel": "members"},
                   "cycle": {"cel": "cycle_num"}})),
               rule("once", "cycle", do("publish", topic="site.once")), config={"cycle": "1s"})
    fleet.wait_standings(web2="member", db1="member")

    def events(topic):
        return fleet.keeper().netvane("show", "events", "topic", topic, json_output=True)

    wait_until(lambda: len(events("site.once")) >= 2, "two cycles")
    last = events("site.each")[-2:]
    assert {event["payload"]["name"] for event in last} == {"web2", "db1"}
    assert {event["payload"]["members"] for event in last} == {2}
    assert len({event["payload"]["cycle"] for event in last}) == 1


def test_who_leaves_is_told_and_frees_a_place(fleet):
    fleet.load(rule("bye", "leave", do("publish", topic="site.bye", payload={
                   "name": {"cel": "peer_name"}, "left": {"cel": "members"}})),
               rule("next", "leave", do("fill", count=1)), config={"max_peers": 1})
    wait_until(lambda: sorted(fleet.standings().values()) == ["member", "waiting"],
               lambda: f"{fleet.rows()}")
    first, second = sorted(fleet.standings(), key=lambda name: fleet.standings()[name])
    fleet.nodes[first].stop()
    fleet.wait_standings(**{second: "member"})
    bye, = fleet.keeper().netvane("show", "events", "topic", "site.bye", json_output=True)
    assert bye["payload"] == {"name": first, "left": 0}
    assert fleet.told("left")[-1]["payload"]["reason"] == "left"


def test_what_membership_gives(fleet):
    fleet.load(rule("trust", "cycle", do("fill_trust", count=1, by="score",
                                         score="peer_name == 'db1' ? 1 : 0")),
               rule("secret", "connect", do("deny", reason="for trusted ones"),
                    "port == 99 && !peer_trusted"))
    fleet.wait_standings(web2="member", db1="member")
    for action in ("connect", "dial", "datagram"):
        assert fleet.pass_port("db1", action=action)["allowed"] == 1
        stranger = fleet.pass_port("U" + "A" * 55, action=action)
        assert (stranger["allowed"], stranger["rule"]) == (0, "membership")
    assert fleet.pass_port("web1")["allowed"] == 1  # this machine itself

    # Trust is the rules' own mark.
    fleet.cycle()
    assert {name: row["trusted"] for name, row in fleet.rows().items()} == {
        "web2": False, "db1": True}
    ask = lambda name: fleet.keeper().netvane(
        "ask", "gate", "remote", "connect", f"network_id={NET}", "port=99",
        f"peer_nkey={fleet.nodes[name].nkey}", json_output=True)
    assert (ask("db1")["allowed"], ask("web2")["reason"]) == (1, "for trusted ones")

    # Who is out of one network does not come in through another; who is not in it may.
    through = lambda key: fleet.keeper().netvane(
        "ask", "gate", "remote", "connect", "network_id=1", "port=80", f"node={key}",
        json_output=True)
    assert through(fleet.nodes["web2"].nkey)["allowed"] == 1
    fleet.keeper().netvane("policy", "evict", "web2", "network", str(NET))
    assert through(fleet.nodes["web2"].nkey)["rule"] == "membership"
    assert through("U" + "A" * 55)["rule"] != "membership"
    fleet.keeper().netvane("policy", "readmit", "web2", "network", str(NET))
    fleet.wait_standings(web2="member", db1="member")

    # Rules about other requests may ask who is a member.
    path = fleet.keeper().dir / "own.json"
    path.write_text(json.dumps({"version": 1, "default_verdict": "deny", "rules": [
        rule("members", "dbus.invoke", do("allow"), f"{NET} in peer_networks"),
        rule("door", "connect", do("allow"), "port == 80"),
        rule("rest", "command.execute", do("allow"), "origin == 'local'")]}))
    path.chmod(0o644)
    fleet.keeper().netvane("policy", "load", str(path))
    invoke = lambda name: fleet.keeper().netvane(
        "ask", "gate", "remote", "dbus.invoke", f"node={fleet.nodes[name].nkey}", "member=X",
        json_output=True)["allowed"]
    assert (invoke("db1"), invoke("web2")) == (1, 1)
    assert fleet.pass_port("db1")["allowed"] == 1
    assert (ask("db1")["allowed"], ask("db1")["rule"]) == (0, "default")  # the machine's own
    fleet.keeper().netvane("policy", "evict", "web2", "network", str(NET))
    assert (invoke("db1"), invoke("web2")) == (1, 0)


def test_the_service_knows_the_members_and_forces_cycles(fleet):
    fleet.load(rule("twice", "cycle", do("evict", reason="second cycle"),
                    "cycle_num == 2 && peer_name == 'db1'"))
    fleet.wait_standings(web2="member", db1="member")
    identity = fleet.rows()["db1"]["peer_id"]
    service = lambda peer: fleet.keeper().netvane("ask", "runner", str(peer), json_output=True)
    first = service(identity)
    assert (first["member"], first["passes"], len(first["peers"])) == (1, 1, 2)
    second = service(identity)  # has_member() is asked before the cycle
    assert (second["member"], second["passes"]) == (1, 0)
    assert [peer["name"] for peer in second["peers"]] == ["web2"]
    assert (service(identity)["member"], service(12345)["passes"]) == (0, 0)


def test_a_dry_run_puts_nobody_out(fleet):
    keeper = fleet.keeper()
    keeper.write_config(keeper.config.read_text() + "[Plugin policy]\nDryRun=yes\n")
    keeper.reload()
    fleet.load(rule("no", "join", do("deny"), "peer_name == 'db1'"),
               rule("out", "cycle", do("evict_where", match="true")))
    fleet.wait_standings(web2="member", db1="member")
    fleet.cycle()
    assert fleet.standings() == {"web2": "member", "db1": "member"}
    told = keeper.netvane("show", "events", "topic", "policy.would_deny", json_output=True)
    assert [(event["payload"]["action"], event["payload"]["rule"]) for event in told] == [
        ("join", "no")]
    keeper.write_config(keeper.config.read_text().replace("DryRun=yes", "DryRun=no"))
    keeper.reload()
    fleet.wait_standings(web2="member", db1="refused")


def test_who_went_while_the_daemon_was_away_has_left(fleet):
    keeper = fleet.keeper()
    keeper.write_config(keeper.config.read_text() + "[Plugin policy]\nMemberGrace=2s\n")
    keeper.reload()
    fleet.load(rule("bye", "leave", do("publish", topic="site.bye",
                                       payload={"name": {"cel": "peer_name"}})))
    fleet.wait_standings(web2="member", db1="member")
    keeper.stop()
    fleet.nodes["web2"].stop()
    keeper.start()
    fleet.wait_standings(db1="member")
    left, = fleet.told("left")
    assert (left["payload"]["peer_name"], left["payload"]["reason"]) == ("web2", "unheard")
    bye, = keeper.netvane("show", "events", "topic", "site.bye", json_output=True)
    assert bye["payload"] == {"name": "web2"}


def test_an_outage_costs_nobody_his_membership(fleet):
    fleet.load()
    fleet.wait_standings(web2="member", db1="member")
    fleet.server.kill()
    wait_until(lambda: not fleet.keeper().netvane("show", "cluster", json_output=True)["connected"],
               "the outage")
    stays_true(lambda: fleet.members() == 2, 1, "both are members")
    fleet.server.start()
    wait_until(lambda: fleet.keeper().netvane("show", "cluster", json_output=True)["connected"],
               "the server")
    fleet.wait_standings(web2="member", db1="member")
    assert not fleet.told("left")


def test_who_is_away_can_be_evicted_and_is_forgotten(fleet):
    fleet.load()
    fleet.wait_standings(web2="member", db1="member")
    fleet.keeper().netvane("policy", "evict", "web2", "network", str(NET), "for", "1h")
    fleet.nodes["web2"].stop()
    wait_until(lambda: not fleet.rows()["web2"]["here"], lambda: f"{fleet.rows()}")
    said = fleet.keeper().netvane("policy", "evict", "web2", "network", str(NET), json_output=True)
    assert said["result"] == "web2 is evicted"
    fleet.wait_standings(db1="member")


def test_who_is_put_out_loses_the_connections_that_stand(sandbox, make_daemon, tmp_path):
    fleet, near = Fleet(sandbox, make_daemon), tmp_path / "near"
    keeper = fleet.add("web1", plugins=["policy", NODES])
    fleet.add("web2", f"[Forward test]\nListen=unix:{near}\nConnect=node:web1:9\n", [FORWARD])
    for name in fleet.nodes:
        fleet.wait_states(name, web1="here", web2="here")
    evict = lambda: keeper.netvane("policy", "evict", "web2", "network", str(NET))
    prune = lambda: (fleet.load(rule("one", "cycle", do("prune", count=1))), fleet.cycle())
    refuse = lambda: fleet.load(rule("no", "join", do("deny")))
    for count, (put_out, standing) in enumerate(
            [(refuse, "refused"), (evict, "evicted"), (prune, "waiting")], 1):
        if count == 3:
            keeper.netvane("policy", "readmit", "web2", "network", str(NET))
        fleet.load()
        fleet.wait_standings(web2="member")
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(60)
            peer.connect(str(near))
            peer.sendall(b"hello")
            assert peer.recv(5) == b"hello"
            put_out()
            assert peer.recv(1) == b""
        fleet.wait_standings(web2=standing)
        keeper.wait_log("echo closed -103", count)  # ECONNABORTED
        fleet.nodes["web2"].wait_log("cut off: Software caused connection abort", count)
        with socket.socket(socket.AF_UNIX) as peer:  # and there is no other
            peer.settimeout(60)
            peer.connect(str(near))
            assert peer.recv(1) == b""


def test_without_a_cluster_there_are_no_members_and_the_actions_say_so(make_daemon):
    daemon = make_daemon(plugins=["policy", ASKS])
    path = daemon.dir / "network.json"
    path.write_text(json.dumps({"version": 1, "rules": [rule("p", "cycle", do("prune", count=1))]}))
    path.chmod(0o644)
    daemon.netvane("policy", "load", str(path), "network", "7")
    daemon.netvane("policy", "cycle", "network", "7")
    daemon.wait_log("rule p: prune: nobody is known in network 7, as there is no cluster")
    daemon.netvane("policy", "load", str(path))
    daemon.netvane("policy", "cycle")
    daemon.wait_log("rule p: prune: network 0 is this machine, which has no members")
