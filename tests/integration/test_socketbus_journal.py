"""Cursors that reach behind the bus's history, into the journal: this run, earlier ones, spans."""

import pytest

from harness.daemon import build_dir
from harness.streams import Stream

BURST = build_dir() / "tests/plugins/burst.so"
pytestmark = pytest.mark.sandbox(networkd=False, veths=0)


@pytest.fixture
def daemon(make_daemon):
    made = make_daemon("[Engine]\nEventHistory=64\n[Plugin socketbus]\nCompatListen=\n",
                       plugins=["socketbus", "journal", BURST])
    made.events = made.runtime_dir / "events.sock"
    return made


def publish(daemon, count):
    daemon.netvane("burst", str(count))


def numbers(lines):
    assert not [line for line in lines if "payload" not in line], lines
    return [line["payload"]["n"] for line in lines]


def ask(daemon, **request):
    stream = Stream(daemon.events, {"subscribe": ["burst.>"], **request})
    stream.hello()
    return stream


def test_a_seq_that_the_bus_has_forgotten_is_replayed_from_the_journal(daemon):
    publish(daemon, 1000)
    with ask(daemon, since=0) as stream:
        publish(daemon, 500)
        assert numbers(stream.lines(1500)) == list(range(1, 1501))


def test_an_id_of_an_earlier_run_is_replayed_from_there_on(daemon):
    publish(daemon, 100)
    with ask(daemon, since=0) as stream:
        cursor = stream.lines(70)[-1]["id"]
    daemon.stop()
    daemon.start()
    publish(daemon, 200)
    with ask(daemon, since=cursor) as stream:
        lines = stream.lines(230)
        assert numbers(lines) == list(range(71, 101)) + list(range(1, 201))
        publish(daemon, 5)
        assert numbers(stream.lines(5)) == list(range(201, 206))
    with ask(daemon, since=cursor, where={"n": "7?"}, format="cloudevents") as stream:
        assert [line["data"]["n"] for line in stream.lines(19)] == \
            list(range(71, 80)) + list(range(70, 80))
    with ask(daemon, since="1h") as stream:
        assert numbers(stream.lines(305)) == list(range(1, 101)) + list(range(1, 206))


def test_unknown_epochs_and_seqs_to_come_are_errors(daemon):
    publish(daemon, 10)
    with ask(daemon, since=0) as stream:
        epoch = stream.lines(10)[-1]["epoch"]
    daemon.stop()
    daemon.start()
    for since in ("0123456789abcdef-5", f"{epoch}-999999", 1 << 40):
        with Stream(daemon.events, {"since": since}) as stream:
            assert stream.line()["error"]["member"] == "since"
            stream.ask({})
            stream.hello()
