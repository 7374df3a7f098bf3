"""What the daemon publishes is what docs/events.md promises: topics, fields and their types."""

import pathlib
import re
import signal

import pytest

from harness.waiting import wait_until

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "events.md"
TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "list of strings": list,
}
ROW = re.compile(r"^\| `([a-z_0-9]+)` \| ([a-z ]+) \|")
SAME_AS = re.compile(r"Fields as of `([a-z.]+)`")
# Fields that stand at the head of a section hold for all topics of it.
SECTIONS = {"## Links": ("link.", "wifi.")}


def promised():
    """{topic: {field: type}} of the document."""
    topics, shared, same, section, topic = {}, {}, {}, None, None
    for line in DOCUMENT.read_text().splitlines():
        if line.startswith("## "):
            section, topic = line, None
        elif line.startswith("### "):
            topic = line[4:]
            topics[topic] = {}
        elif section and (row := ROW.match(line)):
            target = topics[topic] if topic else shared.setdefault(section, {})
            target[row[1]] = TYPES[row[2]]
        elif topic and (match := SAME_AS.search(line)):
            same[topic] = match[1]
    for topic, origin in same.items():
        topics[topic] |= topics[origin]
    for section, prefixes in SECTIONS.items():
        for topic, fields in topics.items():
            if topic.startswith(prefixes):
                fields |= shared[section]
    return topics


def complaints(event, topics):
    fields = topics.get(event["topic"])
    if fields is None:
        yield f"{event['topic']} is not documented"
        return
    for name, value in event["payload"].items():
        if name not in fields:
            yield f"{event['topic']} has {name}, which is not documented"
        elif not isinstance(value, fields[name]) or (fields[name] is int and value is True):
            yield f"{event['topic']}: {name} is {value!r}"


def make_things_happen(sandbox):
    sandbox.ip("link add nv0 type veth peer name nv1")
    sandbox.ip("link set nv1 up")
    sandbox.ip("link set nv0 up mtu 1400")
    sandbox.ip("addr add 192.0.2.1/24 dev nv0")
    sandbox.ip("addr add 2001:db8::1/64 dev nv0 nodad")
    sandbox.ip("route add default via 192.0.2.2 dev nv0 metric 7")
    sandbox.ip("link add nvbr type bridge")
    sandbox.ip("link set nv1 master nvbr")
    sandbox.ip("link set nv0 down")
    sandbox.ip("link set nv0 name nv2")
    sandbox.ip("link del nv2")


def test_every_event_keeps_the_promises_of_the_document(sandbox, make_daemon, recorder):
    recorder.add("link.removed")
    daemon = make_daemon(
        f"[Engine]\nNetworkd=no\n[Plugin scripts]\nScriptDirectory={recorder.dir}\n",
        plugins=["scripts"],
    )
    make_things_happen(sandbox)
    recorder.wait(IFACE="nv2")
    daemon.reload()
    events = []

    def all_there():
        shown = daemon.netvane("show", "events", "last", "1000", json_output=True)
        events[:] = [row.get("event", row) for row in shown]
        return any(event["topic"] == "script.finished" for event in events)

    wait_until(all_there, "the script's end among the events")
    topics = promised()
    assert [text for event in events for text in complaints(event, topics)] == []
    seen = {event["topic"] for event in events}
    assert seen >= {
        "engine.ready", "plugin.started", "config.reloaded", "link.added", "link.removed",
        "link.renamed", "link.state", "link.carrier", "link.mtu", "link.master", "address.added",
        "address.removed", "route.added", "route.removed", "script.started", "script.finished",
    }
    assert [event["seq"] for event in sorted(events, key=lambda event: event["seq"])] == list(
        range(1, len(events) + 1)
    )


@pytest.mark.sandbox(networkd=False)
def test_a_burst_that_overruns_the_buffer_is_told_and_what_follows_is_seen(sandbox, make_daemon):
    def mtu():
        return daemon.netvane("show", "interfaces", "veth0", json_output=True)["mtu"]

    daemon = make_daemon("[Engine]\nNetlinkBufferSize=4K\n")
    for target in (1400, 1410):
        daemon.signal(signal.SIGSTOP)
        sandbox.ip_batch(f"link set veth0 mtu {1300 + i}" for i in range(100))
        sandbox.ip(f"link set veth0 mtu {target}")
        daemon.signal(signal.SIGCONT)
        wait_until(lambda: mtu() == target, "the MTU after the loss")
        sandbox.ip(f"link set veth0 mtu {target + 1}")
        wait_until(lambda: mtu() == target + 1, "the next MTU")
    assert "netlink messages were lost" in daemon.text()
