"""Events into a stream of JetStream: over outages, kills and restarts, and when there is no room."""

import contextlib
import json
import random
import sqlite3

import pytest

from harness.daemon import build_dir
from harness.nats import NatsClient, NatsServer, nkey, public_key
from harness.waiting import wait_until

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)

STREAM = "EVENTS"
SUBJECTS = ["netvane.lab.event.>"]
BURST = build_dir() / "tests/plugins/burst.so"


class Machine:
    """A netvaned whose events go to a stream, the server, and a client that reads it."""

    def __init__(self, sandbox, make_daemon, request):
        self.sandbox, self._make_daemon, self._request = sandbox, make_daemon, request
        self.server = NatsServer(sandbox, f"jetstream {{ store_dir: {sandbox.dir}/jetstream }}")
        self.key = sandbox.dir / "host_key"
        sandbox.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key)
        self.nkey = nkey("U", public_key(f"{self.key}.pub"))
        self.daemon, self.login = None, {}

    def start(self, more="", events="burst.>"):
        self.daemon = self._make_daemon(
            f"[Plugin cluster]\nServers=nats://127.0.0.1:4222\nNodeName=web1\nCluster=lab\n"
            f"HostKeyFile={self.key}\nEvents={events}\nEventStream={STREAM}\n{more}\n",
            plugins=["cluster", BURST])
        return self

    def start_server(self, **stream):
        """With the stream, unless it is left to others; `stream` is how it is configured."""
        self.server.start()
        if stream.pop("make", True):
            self.streams("add", {"name": STREAM, "subjects": SUBJECTS, **stream})
        return self

    def client(self):
        client = NatsClient(self.sandbox, **self.login)
        self._request.addfinalizer(client.close)
        return client

    def streams(self, verb, *args):
        return self.client()("streams", verb=verb, args=args)

    def stored(self):
        return self.client()("stored", stream=STREAM)

    def numbers(self):
        """Of the events; a stream that takes all of netvane.> keeps the presence beside them."""
        return [json.loads(message["body"])["payload"]["n"] for message in self.stored()
                if message["subject"].startswith(f"netvane.lab.event.{self.nkey}.")]

    def show(self):
        return self.daemon.netvane("show", "cluster", json_output=True)

    def wait(self, timeout=20.0, **expected):
        wait_until(lambda: {name: self.show().get(name) for name in expected} == expected,
                   lambda: f"{expected}: {self.show()}", timeout)

    def topics(self):
        return [event["topic"] for event in self.daemon.netvane("show", "events", json_output=True)]

    def outbox(self):
        """The events that wait on the disk."""
        path = self.daemon.state_dir / "cluster/outbox.sqlite"
        with contextlib.closing(sqlite3.connect(path)) as file:
            return [json.loads(row[0]) for row in
                    file.execute("SELECT json FROM message ORDER BY key")]

    def die(self):
        """As a crash would; the harness then knows of no daemon."""
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.daemon.process = None


@pytest.fixture
def machine(sandbox, make_daemon, request):
    return Machine(sandbox, make_daemon, request)


def test_events_are_in_the_stream_once_and_in_order(machine):
    machine.start_server().start()
    machine.daemon.netvane("burst", "3000")
    machine.wait(events=3000, events_waiting=0)
    stored = machine.stored()
    bodies = [json.loads(message["body"]) for message in stored]
    assert [body["payload"]["n"] for body in bodies] == list(range(1, 3001))
    assert {message["subject"] for message in stored} == {
        f"netvane.lab.event.{machine.nkey}.burst.event"}
    assert [message["id"] for message in stored] == [body["id"] for body in bodies]
    wait_until(lambda: machine.outbox() == [], "the outbox to be empty")


def test_an_outage_of_the_server_loses_nothing(machine):
    machine.start_server().start()
    machine.daemon.netvane("burst", "3000", "10")
    wait_until(lambda: machine.show()["events"] > 300, "some of them to be stored")
    machine.server.kill()
    machine.wait(connected=False)
    def happened(count):
        shown = machine.show()
        return shown["events"] + shown["events_waiting"] == count
    wait_until(lambda: happened(3000), "all to have happened")
    machine.daemon.netvane("burst", "500")  # however many of the others were stored by then
    wait_until(lambda: happened(3500), "more of them")
    assert machine.show()["events"] <= 3000
    machine.server.start()
    machine.wait(events_waiting=0, events=3500)
    assert machine.numbers() == list(range(1, 3501))
    assert machine.show()["events_lost"] == 0


def replicas(machine, ports):
    """A cluster of servers, each with a JetStream of its own, and the stream on all of them."""
    routes = ", ".join(f"nats://127.0.0.1:{port + 2000}" for port in ports)
    servers = {f"n{port}": NatsServer(machine.sandbox, name=f"n{port}", port=port, config=(
        f"server_name: n{port}\njetstream {{ store_dir: {machine.sandbox.dir}/n{port} }}\n"
        f"cluster {{ name: lab, listen: 127.0.0.1:{port + 2000}, routes: [{routes}] }}"))
        for port in ports}
    for server in servers.values():
        server.start()
    machine.login = {"servers": [f"127.0.0.1:{port}" for port in ports]}

    wait_until(lambda: any("metadata leader" in server.text() for server in servers.values()),
               "a leader to be chosen", 60)

    def is_made():
        try:
            return machine.streams("add", {"name": STREAM, "subjects": SUBJECTS, "num_replicas": 3})
        except AssertionError:  # they have not chosen a leader yet
            return None

    wait_until(is_made, "the stream to be made", 60)
    return servers


def test_the_leader_of_a_replicated_stream_is_killed_and_nothing_is_lost(machine):
    ports = (4222, 4223, 4224)
    servers = replicas(machine, ports)
    machine.start("Servers=" + " ".join(f"nats://127.0.0.1:{port}" for port in ports[1:]))
    leader = machine.streams("info", STREAM)["cluster"]["leader"]
    machine.daemon.netvane("burst", "3000", "1")
    wait_until(lambda: machine.show()["events"] > 300, "some of them to be stored")
    servers.pop(leader).kill()
    machine.wait(events=3000, events_waiting=0, events_lost=0, timeout=120)
    stored = [json.loads(body)["payload"]["n"] for body in machine.client()("fetched", stream=STREAM)]
    assert sorted(stored) == list(range(1, 3001))
    assert machine.streams("info", STREAM)["cluster"]["leader"] in servers
    for server in servers.values():
        server.stop()


def test_what_happened_while_there_was_no_server_is_told_by_the_next_life(machine):
    machine.start()
    machine.daemon.netvane("burst", "2000")
    machine.wait(events_waiting=2000)
    machine.daemon.stop()
    assert len(machine.outbox()) == 2000
    machine.start_server()
    machine.daemon.start()
    machine.wait(events_waiting=0, events=2000)
    assert machine.numbers() == list(range(1, 2001))


def test_a_daemon_that_is_killed_again_and_again_loses_nothing_it_had_accepted(machine):
    machine.start_server().start()
    chance, accepted, left = random.Random(4711), set(), []
    for life in range(10):
        machine.daemon.netvane("burst", "9000", "20", "5")  # together fewer than the outbox holds
        goal = len(left) + chance.randint(1, 800)  # of its own, behind what was left to it
        wait_until(lambda: machine.show()["events"] >= goal, "some of them to be stored")
        machine.die()
        left = machine.outbox()
        accepted |= {event["id"] for event in left}
        machine.daemon.start()
    machine.wait(events_waiting=0)
    lives = {}
    for message in machine.stored():
        event = json.loads(message["body"])
        lives.setdefault(event["epoch"], []).append(event["payload"]["n"])
        accepted.discard(event["id"])
    assert not accepted
    assert len(lives) == 10
    for numbers in lives.values():  # none missing before the last, none twice, in order
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_full_stream_is_said_and_waited_for(machine):
    machine.start_server(max_msgs=500, discard="new").start()
    machine.daemon.netvane("burst", "1000")
    machine.wait(events=500, events_waiting=500)
    wait_until(lambda: "maximum messages exceeded" in machine.show().get(
        "event_stream_problem", ""), lambda: f"the reason: {machine.show()}")
    machine.daemon.wait_log("events for the stream EVENTS wait in the outbox: JetStream refuses "
                            "them: maximum messages exceeded")
    assert machine.numbers() == list(range(1, 501))

    machine.streams("purge", STREAM)
    machine.wait(events=1000, events_waiting=0, event_stream_problem=None, timeout=60)
    assert machine.numbers() == list(range(501, 1001))
    assert [topic for topic in machine.topics() if "outbox" in topic] == [
        "cluster.outbox.stalled", "cluster.outbox.resumed"]


def test_without_the_stream_they_wait_until_it_is_made(machine):
    machine.start_server(make=False).start("PresenceInterval=1s")
    machine.daemon.netvane("burst", "50")
    machine.daemon.wait_log("no stream takes the subject of events: .*EventStreamCreate=yes")
    machine.streams("add", {"name": "OTHER", "subjects": SUBJECTS})  # which is not ours
    machine.daemon.wait_log("expected stream does not match", timeout=60)
    assert machine.streams("info", "OTHER")["state"]["messages"] == 0
    machine.streams("delete", "OTHER")
    machine.streams("add", {"name": STREAM, "subjects": ["netvane.>"]})
    machine.wait(events=50, events_waiting=0, timeout=60)
    wait_until(lambda: len(machine.stored()) > 50, "what else netvane.> takes: the presence")
    assert machine.numbers() == list(range(1, 51))


def test_the_stream_is_made_within_its_bounds(machine):
    machine.start_server(make=False).start("EventStreamCreate=yes\nEventStreamMaxAge=1h\n"
                                           "EventStreamMaxSize=16M")
    machine.daemon.netvane("burst", "50")
    machine.wait(events=50, events_waiting=0)
    config = machine.streams("info", STREAM)["config"]
    assert {name: config[name] for name in ("subjects", "max_age", "max_bytes", "discard",
                                            "retention", "storage")} == {
        "subjects": SUBJECTS, "max_age": 3600 * 10 ** 9, "max_bytes": 16 << 20, "discard": "old",
        "retention": "limits", "storage": "file"}


def test_a_stream_of_others_is_used_when_it_takes_the_events(machine):
    machine.start_server(subjects=["netvane.*.event.*.burst.>"], max_age=10 ** 12).start(
        "EventStreamCreate=yes")
    machine.daemon.netvane("burst", "50")
    machine.wait(events=50, events_waiting=0)
    assert machine.streams("info", STREAM)["config"]["max_age"] == 10 ** 12


def test_a_stream_that_takes_something_else_is_an_error(machine):
    machine.start_server(subjects=["orders.>"]).start("EventStreamCreate=yes")
    machine.daemon.wait_log(r'the stream EVENTS takes "orders\.>", which is not all of '
                            rf"netvane\.lab\.event\.{machine.nkey}\.burst\.>")
    machine.streams("update", STREAM, {"subjects": ["orders.>", *SUBJECTS]})
    machine.daemon.netvane("burst", "50")
    machine.wait(events=50, events_waiting=0, timeout=60)


HEAR = ["dbus.agent.{}.>", "dbus.broadcast.>", "netvane.command.{}", "$SRV.>",
        "netvane.lab.presence.*", "netvane.lab.who", "netvane.lab.tunnel.{}.*"]
SAY = ["dbus.signals.{}.>", "_INBOX.>", "netvane.lab.presence.{}", "netvane.lab.who",
       "netvane.lab.event.{}.>", "netvane.lab.tunnel.*.{}"]
HEAR_STREAM = ["_INBOX.{}.>"]
SAY_STREAM = ["$JS.API.STREAM.INFO.EVENTS", "$JS.API.STREAM.CREATE.EVENTS"]


def permit(machine, hear, say):
    """Configures the server so that the machine may do no more than this."""
    allowed = json.dumps({"subscribe": [one.format(machine.nkey) for one in hear],
                          "publish": [one.format(machine.nkey) for one in say]})
    text = machine.server.config.read_text().split("authorization")[0]
    machine.server.config.write_text(
        f"{text}authorization {{ users: [ {{ nkey: {machine.nkey}, permissions: {allowed} }},\n"
        "{ user: operator, password: secret } ] }\n")
    machine.login = {"user": "operator", "pass": "secret"}


def test_permissions_that_are_added_are_taken_up(machine):
    permit(machine, HEAR, SAY)
    machine.start_server(make=False).start("EventStreamCreate=yes")
    machine.daemon.netvane("burst", "50")
    machine.daemon.wait_log("JetStream does not answer: .*subscribe to _INBOX")
    permit(machine, HEAR + HEAR_STREAM, SAY + SAY_STREAM)
    machine.server.reload()
    machine.wait(events=50, events_waiting=0, event_stream_problem=None, connections=1, timeout=60)


def test_the_documented_permissions_are_enough(machine):
    permit(machine, HEAR + HEAR_STREAM, SAY + SAY_STREAM)
    machine.start_server(make=False).start("EventStreamCreate=yes")
    machine.daemon.netvane("burst", "50")
    machine.wait(events=50, events_waiting=0)
    assert machine.numbers() == list(range(1, 51))
    assert "ermission" not in machine.daemon.text()


def test_the_oldest_go_when_too_many_wait(machine):
    machine.start("EventOutboxMaxEvents=200", events=">")  # all, to see that there is no circle
    machine.daemon.netvane("burst", "1000")
    machine.daemon.wait_log("more than EventOutboxMaxEvents= wait, and the oldest go")
    wait_until(lambda: len(machine.outbox()) == 200, "the bound to be kept")
    machine.start_server()
    machine.wait(events_waiting=0, connected=True)
    stored = [json.loads(message["body"]) for message in machine.stored()]
    kept = [event["payload"]["n"] for event in stored if event["topic"] == "burst.event"]
    assert kept and kept == list(range(1001 - len(kept), 1001))
    assert not [event for event in stored if event["topic"].startswith("cluster.outbox.")]
    assert machine.show()["events_lost"] >= 1000 - len(kept)
    def told():
        return [event["payload"] for event in machine.daemon.netvane(
            "show", "events", json_output=True) if event["topic"] == "cluster.outbox.dropped"]
    wait_until(lambda: sum(one["count"] for one in told()) >= 1000 - len(kept), told, 40)
    assert {(one["reason"], one["stream"]) for one in told()} == {("count", STREAM)}


def test_the_oldest_go_when_the_outbox_is_too_large(machine):
    machine.start("EventOutboxMaxSize=1M")
    machine.daemon.netvane("burst", "20000", "100")
    machine.daemon.wait_log("the outbox is larger than EventOutboxMaxSize=")
    wait_until(lambda: machine.show()["event_outbox_bytes"] <= 1 << 20, "the bound to be kept")
    machine.start_server()
    def all_went():
        shown = machine.show()
        return shown["events"] + shown["events_lost"] == 20000
    wait_until(all_went, machine.show)
    numbers = machine.numbers()
    assert numbers == list(range(20001 - len(numbers), 20001))
    assert machine.show()["events_lost"] == 20000 - len(numbers)


def test_what_waits_for_too_long_goes(machine):
    machine.start("EventOutboxMaxAge=2s")
    machine.daemon.netvane("burst", "100")
    machine.daemon.wait_log("they have waited for longer than EventOutboxMaxAge=")
    machine.wait(events_waiting=0, events_lost=100)


def test_what_the_stream_never_takes_is_dropped_and_the_rest_goes_on(machine):
    machine.start_server(max_msg_size=300).start()  # smaller than each of them
    machine.daemon.netvane("burst", "10")
    machine.daemon.wait_log("larger than the server .* or the stream takes")
    machine.wait(events_waiting=0, events_lost=10)
    machine.streams("update", STREAM, {"max_msg_size": -1})
    machine.daemon.netvane("burst", "10")
    machine.wait(events_waiting=0, events=10)
    assert machine.numbers() == list(range(11, 21))


def test_a_damaged_outbox_is_set_aside(machine):
    machine.start()
    machine.daemon.netvane("burst", "10")
    machine.wait(events_waiting=10)
    machine.daemon.stop()
    (machine.daemon.state_dir / "cluster/outbox.sqlite").write_bytes(b"nonsense" * 1000)
    machine.start_server()
    machine.daemon.start()
    machine.daemon.wait_log("outbox.sqlite cannot be used: .* a new one was begun")
    machine.daemon.netvane("burst", "10")
    machine.wait(events_waiting=0, events=10)


def test_a_full_disk_is_said_and_got_over(machine):
    place = machine.sandbox.dir / "d0/state/cluster"
    place.mkdir(parents=True, mode=0o700)
    machine.sandbox.run("mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", place)
    machine.start()
    machine.daemon.netvane("burst", "8000", "20")  # more than it holds; they wait in memory then
    machine.daemon.wait_log("cannot write .*outbox.sqlite: No space left")
    assert "No space left" in machine.show()["event_outbox_problem"]
    machine.start_server()
    machine.daemon.wait_log("writing .*outbox.sqlite works again")
    machine.wait(events_waiting=0, events=8000, event_outbox_problem=None, timeout=60)
    assert machine.numbers() == list(range(1, 8001))


def test_another_configuration_loses_nothing(machine):
    machine.start_server().start()
    machine.daemon.netvane("burst", "3000", "4")
    for most in (5000, 6000):
        text = machine.daemon.config.read_text()
        machine.daemon.write_config(f"{text}EventOutboxMaxEvents={most}\n")
        machine.daemon.reload()
    wait_until(lambda: machine.streams("info", STREAM)["state"]["messages"] >= 3000, "all of them")
    assert machine.numbers() == list(range(1, 3001))


def test_what_waits_goes_while_the_daemon_stops(machine):
    machine.start_server().start(events="burst.> plugin.>")
    machine.daemon.netvane("burst", "500")
    machine.daemon.stop()
    wait_until(lambda: len(machine.stored()) >= 500, "the events of the end")
    assert machine.outbox() == []
