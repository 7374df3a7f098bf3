"""Every command of the engine: one model behind table and JSON, and what the changing ones do."""

import json
import re

import pytest

from harness.daemon import build_dir
from harness.waiting import wait_until

pytestmark = [pytest.mark.sandbox(networkd=False), pytest.mark.daemon(plugins=["scripts"])]

# What follows "show", with an argument where one is needed. The first test holds it to the daemon.
SHOWN = {
    "configuration": ["", "running", "file", "diff"],
    "event": ["EVENT"],
    "events": ["", "last 5", "since 1h topic link.> interface veth0"],
    "gate": [""],
    "interfaces": ["", "detail", "counters", "veth0", "veth0 detail"],
    "log": ["", "last 3"],
    "loop": [""],
    "memory": [""],
    "plugins": [""],
    "ports": [""],
    "processes": [""],
    "scripts": [""],
    "services": [""],
    "status": [""],
    "version": [""],
}


def keywords(daemon, *words):
    done = daemon.netvane("--complete", "--", *words, "")
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def cells(value):
    """What the members of a result look like for people, one text a line of a cell."""
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return [text for each in value for text in cells(each)]
    if isinstance(value, dict):
        return [text for each in value.values() for text in cells(each)]
    return [] if value is None else [str(value)]


def shown_columns(text):
    head, rule, *rows = text.splitlines()
    starts = [match.start() for match in re.finditer("-+", rule)]
    ends = starts[1:] + [None]
    return [(head[a:b].strip(), [row[a:b].strip() for row in rows]) for a, b in zip(starts, ends)]


def assert_table(text, rows):
    """Each line of a cell stands in the data, and each row begins with its own first member."""
    everything = {text for row in rows for text in cells(row)}
    columns = shown_columns(text)
    names = [cell for cell in columns[0][1] if cell]
    assert len(names) == len(rows)
    for title, column in columns:
        if title not in ("Time", "Details"):  # shortened for people
            assert {cell for cell in column if cell} <= everything, title


def assert_members(text, row):
    for value in cells(row):
        assert value in text


def test_every_show_has_the_same_data_as_table_and_as_json(daemon):
    assert set(keywords(daemon, "show")) == set(SHOWN)
    daemon.sandbox.ip("link set veth0 mtu 1400")
    link_event = lambda: [event for event in daemon.netvane("show", "events", json_output=True)
                          if event["topic"] == "link.mtu"]
    wait_until(link_event, "the event")
    event = link_event()[0]["id"]
    for word, variants in SHOWN.items():
        for variant in variants:
            words = ["show", word, *variant.replace("EVENT", event).split()]
            text = daemon.netvane(*words).stdout
            data = daemon.netvane(*words, json_output=True)
            assert text.strip() or data == []
            if word in ("memory", "loop", "status", "log") or variant.endswith("detail"):
                continue  # it changes from one moment to the next, or is no table
            if isinstance(data, dict):
                assert_members(text, data)
            elif word == "event":
                assert all(event["id"] in text for event in data)
            else:
                assert_table(text, data)


def complete_lines(daemon, *words):
    """Every line of keywords below these words that is a command as it stands."""
    for keyword in keywords(daemon, *words):
        line = (*words, keyword)
        if "<cr>" in daemon.netvane(*line, "?", check=False).stdout:
            yield line
        elif not re.search("^  [A-Z(]", daemon.netvane(*line, "?").stdout, re.M):
            yield from complete_lines(daemon, *line)


@pytest.mark.daemon()
def test_every_show_of_every_plugin_answers_in_both_forms(daemon):
    lines = list(complete_lines(daemon, "show"))
    assert len(lines) >= len(SHOWN) - 1
    for line in lines:
        data = daemon.netvane(*line, json_output=True)
        assert daemon.netvane(*line).stdout.strip() or data == []


def test_what_follows_the_clock_has_its_members_in_both_forms(daemon):
    rows = daemon.netvane("show", "loop", json_output=True)
    titles = [title for title, _ in shown_columns(daemon.netvane("show", "loop").stdout)]
    assert [row["plugin"] for row in rows] == ["scripts"]
    assert rows[0]["calls"] > 0 and rows[0]["slowest"] and titles[:3] == ["Plugin", "Calls",
                                                                         "Time (us)"]
    memory = daemon.netvane("show", "memory", json_output=True)
    assert memory["resident_kib"] > 0 and memory["events_kept"] > 0
    assert "Resident kib:" in daemon.netvane("show", "memory").stdout
    assert "engine" in {line["subject"] for line in daemon.netvane("show", "log", json_output=True)}


def test_the_table_of_interfaces_is_that_of_a_router(daemon):
    daemon.sandbox.ip("addr add 192.0.2.1/24 dev veth0")
    daemon.sandbox.ip("addr add 192.0.2.2/24 dev veth0")
    link = lambda: daemon.netvane("show", "interfaces", "veth0", json_output=True)
    wait_until(lambda: len(link().get("address", ())) >= 2, "two addresses")
    lines = daemon.netvane("sh", "int").stdout.splitlines()
    assert lines[0].split() == ["Name", "State", "MTU", "Addresses"]
    assert re.search(r"^ +192\.0\.2\.2/24$", "\n".join(lines), re.M)


def test_links_are_created_changed_and_deleted(daemon):
    link = lambda: daemon.netvane("show", "interfaces", "br7", json_output=True)
    daemon.netvane("link", "create", "br7", "kind", "bridge", "up")
    wait_until(lambda: daemon.netvane("show", "interfaces", "br7", check=False).returncode == 0,
               "the bridge")
    daemon.netvane("link", "mtu", "br7", "1300")
    wait_until(lambda: link()["mtu"] == 1300, "the MTU")
    daemon.netvane("link", "down", "br7")
    wait_until(lambda: "up" not in link()["flags"], "it to be down")
    daemon.netvane("link", "up", "br7")
    wait_until(lambda: "up" in link()["flags"], "it to be up")
    daemon.netvane("link", "delete", "br7")
    wait_until(lambda: daemon.netvane("show", "interfaces", "br7", check=False).returncode == 1,
               "the bridge to be gone")


def test_the_kernels_own_words_come_with_a_refusal(daemon):
    refused = daemon.netvane("link", "create", "x0", "kind", "nosuchkind", check=False)
    assert refused.returncode == 1
    assert "Unknown device type" in refused.stderr
    assert daemon.netvane("link", "create", "veth0", "kind", "bridge", check=False).returncode == 1
    assert daemon.netvane("link", "up", "nosuch0", check=False).returncode == 1


def test_counters_are_cleared(daemon):
    calls = lambda: daemon.netvane("show", "loop", json_output=True)[0]["calls"]
    for mtu in range(1400, 1410):
        daemon.sandbox.ip(f"link set veth0 mtu {mtu}")
    wait_until(lambda: calls() >= 10, "the plugin to be called")
    daemon.netvane("clear", "counters")
    assert calls() < 10


def test_a_plugin_is_disabled_until_the_end_or_for_good(daemon):
    state = lambda: daemon.netvane("show", "plugins", json_output=True)[0]["state"]
    daemon.netvane("plugin", "disable", "scripts")
    assert state() == "disabled"
    daemon.reload()
    assert state() == "disabled"
    daemon.stop()
    daemon.start()
    assert state() == "running"
    daemon.netvane("plugin", "disable", "scripts", "--persist")
    daemon.stop()
    daemon.start()
    assert state() == "disabled"
    daemon.netvane("plugin", "enable", "scripts")
    assert state() == "running"


def test_a_plugin_is_restarted(daemon):
    events = lambda: [event["topic"] for event in daemon.netvane("show", "events",
                                                                 json_output=True)]
    daemon.netvane("plugin", "restart", "scripts")
    assert events().count("plugin.stopped") == 1 and events().count("plugin.started") == 2
    assert "config.reloaded" not in events()
    assert daemon.netvane("plugin", "restart", "nosuch", check=False).returncode == 1


def test_debug_lets_one_plugin_say_what_the_level_would_drop(make_daemon):
    daemon = make_daemon("[Engine]\nLogLevel=error\n",
                         plugins=[build_dir() / "tests/plugins" / f"{name}.so"
                                  for name in ("consumer", "options")])
    said = lambda: {line["subject"] for line in daemon.netvane("show", "log", json_output=True)}
    assert said() == set()
    daemon.netvane("debug", "options", "on")
    for name in ("consumer", "options"):
        daemon.netvane("plugin", "restart", name)
    assert said() == {"options"}
    daemon.netvane("debug", "options", "off")
    before = daemon.netvane("show", "log").stdout
    daemon.netvane("plugin", "restart", "options")
    assert daemon.netvane("show", "log").stdout == before
    assert daemon.netvane("debug", "nosuch", "on", check=False).returncode == 1


def test_the_files_are_compared_with_what_is_in_force(daemon):
    assert daemon.netvane("show", "configuration", "diff", json_output=True) == []
    daemon.write_config(daemon.config.read_text() + "\n[Engine]\nEventHistory=99\n")
    difference, = daemon.netvane("show", "configuration", "diff", json_output=True)
    assert (difference["option"], difference["new"]) == ("EventHistory", "99")
    daemon.write_config("[Engine]\nNonsense=1\n")
    done = daemon.netvane("show", "configuration", "diff", check=False)
    assert done.returncode == 1 and "Nonsense" in done.stderr


def test_events_of_the_past_are_read(daemon):
    for mtu in (1400, 1401):
        daemon.sandbox.ip(f"link set veth0 mtu {mtu}")
    read = lambda *more: [json.loads(line) for line in daemon.netvane(
        "events", "--since", "1h", "--topic", "link.mtu", "--json", *more).stdout.splitlines()]
    wait_until(lambda: len(read()) >= 2, "the events")
    assert [event["payload"]["mtu"] for event in read()] == [1400, 1401]
    assert len(read("--interface", "veth0")) == 2 and read("--interface", "lo") == []
    cloud = daemon.netvane("events", "--since=1h", "--topic", "link.mtu", "--cloudevents").stdout
    assert {json.loads(line)["specversion"] for line in cloud.splitlines()} == {"1.0"}
    assert daemon.netvane("events", "--since", "nonsense", check=False).returncode == 1
    assert daemon.netvane("events", "--bogus", check=False).returncode == 2


@pytest.mark.daemon(plugins=["scripts", "journal"])
def test_with_a_journal_the_past_goes_back_beyond_the_daemons_start(daemon):
    daemon.sandbox.ip("link set veth0 mtu 1400")
    event = lambda: [event for event in daemon.netvane("show", "events", json_output=True)
                     if event["topic"] == "link.mtu"]
    wait_until(event, "the event")
    old = event()[0]["id"]
    daemon.stop()
    daemon.start()
    lines = daemon.netvane("events", "--since", "1h", "--json").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert old in [event["id"] for event in events]
    assert len({event["epoch"] for event in events}) == 2
    assert len({event["id"] for event in events}) == len(events)
    assert old in daemon.netvane("show", "event", old).stdout
    assert "is not kept" in daemon.netvane("show", "event", "0123456789abcdef-9",
                                           check=False).stderr
