"""The socket broadcaster: HaloX's stream, requests, cursors, slow clients, who may see what."""

import json
import resource
import socket
import subprocess
import time

import pytest

from harness.daemon import build_dir
from harness.streams import AsUser, Stream
from harness.waiting import stays_true, wait_until

BURST = build_dir() / "tests/plugins/burst.so"
NOBODY = 65534
pytestmark = pytest.mark.sandbox(networkd=False, veths=1)


@pytest.fixture
def bus(make_daemon, sandbox):
    """bus(Option=value): a daemon with the broadcaster, and a plugin that publishes on command."""
    def make(engine="", start=True, plugins=("socketbus", BURST), **options):
        sandbox.ip("link set veth0 up")
        wait_until(lambda: sandbox.networkd.process or "fe80:" in sandbox.ip("addr show dev veth0"),
                   "what the kernel does with the carrier a moment later")
        lines = [f"{name}={value}" for name, value in options.items()]
        if "CompatListen" not in options:
            lines.append("CompatListen=compat.sock")
        daemon = make_daemon("\n".join(["[Engine]", engine, "[Plugin socketbus]", *lines, ""]),
                             plugins=list(plugins), start=start)
        daemon.events = daemon.runtime_dir / "events.sock"
        daemon.compat = daemon.runtime_dir / "compat.sock"
        return daemon
    return make


def publish(daemon, count, *every):
    daemon.netvane("burst", str(count), *map(str, every))


def seqs(lines):
    return [line["seq"] for line in lines if "seq" in line]


def live(daemon, request=None):
    """A stream that is past its hello."""
    stream = Stream(daemon.events, {} if request is None else request)
    stream.hello()
    return stream


def clients(daemon):
    return daemon.netvane("show", "socketbus", "clients", json_output=True)


def is_refused(path):
    with socket.socket(socket.AF_UNIX) as late:
        late.settimeout(10)
        late.connect(str(path))
        return late.recv(1) == b""


# ---- HaloX ----

def resume(line):
    """What stands in a line beside the members that HaloX has."""
    assert line["id"].endswith(f"-{line['seq']}")
    return {"seq": line["seq"], "id": line["id"]}


def test_client_of_the_old_socket_hears_of_a_link_from_its_birth_to_its_end(bus, sandbox):
    daemon = bus()
    with Stream(daemon.compat) as stream:
        wait_until(lambda: clients(daemon), "the client")
        sandbox.ip("link add wire0 type veth peer name wire1")
        sandbox.ip("link set wire1 up")
        sandbox.ip("link set wire0 up")
        sandbox.ip("addr add 192.0.2.7/24 dev wire0")
        index = sandbox.ifindex("wire0")
        up = stream.until(lambda line: line["type"] == "ip_address_added"
                          and line["interface_name"] == "wire0" and "." in line["address"][0])
        sandbox.ip("link del wire0")
        down = stream.until(lambda line: line["type"] == "interface_removed"
                            and line["interface_name"] == "wire0")
        mine = [line for line in up + down if line["interface_name"] == "wire0"]
        assert mine[0] == {"type": "interface_added", "timestamp": mine[0]["timestamp"],
                           "interface_name": "wire0", "interface_index": index,
                           "interface_type": "ether", **resume(mine[0])}
        assert up[-1] == {"type": "ip_address_added", "timestamp": up[-1]["timestamp"],
                          "interface_name": "wire0", "interface_index": index,
                          "interface_type": "ether", "address": ["192.0.2.7/24"],
                          **resume(up[-1])}
        assert down[-1] == {"type": "interface_removed", "timestamp": down[-1]["timestamp"],
                            "interface_name": "wire0", "interface_index": index,
                            **resume(down[-1])}
        assert [line for line in down if line["type"] == "ip_address_removed"
                and line["address"] == ["192.0.2.7/24"]]
        assert stream.is_silent(0.3) or not [
            line for line in stream.lines(1) if line["interface_name"] == "wire0"]


def test_state_changes_carry_the_whole_link_as_halox_has_it(bus, sandbox):
    sandbox.ip("addr add 192.0.2.9/24 dev veth0")
    daemon = bus()
    with Stream(daemon.compat) as stream:
        wait_until(lambda: clients(daemon), "the client")
        sandbox.unplug("veth0")
        line = stream.until(lambda line: line["type"] == "interface_state_change"
                            and line["interface_name"] == "veth0")[-1]
    assert line["operational_state"] == "no-carrier"
    assert line["administrative_state"] == "unmanaged"
    assert line["interface_type"] == "ether"
    assert "192.0.2.9/24" in line["address"]
    assert line["data"] == {"Type": "ether", "OperationalState": "no-carrier",
                            "AdministrativeState": "unmanaged", "InterfaceName": "veth0",
                            "State": "no-carrier (unmanaged)", "Address": line["address"]}


@pytest.mark.sandbox(networkd=True, veths=1)
def test_a_link_that_networkd_lets_linger_is_removed_once_and_last(bus, sandbox):
    sandbox.wait_administrative("veth0", "configured")
    daemon = bus()
    with Stream(daemon.compat) as stream, live(daemon, {"subscribe": ["link.>"]}) as native:
        sandbox.ip("link del veth0")
        native.until(lambda line: line["topic"] == "link.state"
                     and line["payload"].get("administrative_state") == "linger")
        stream.until(lambda line: line["type"] == "interface_removed"
                     and line["interface_name"] == "veth0")
        sandbox.ip("link add later0 type veth peer name later1")
        after = stream.until(lambda line: line["type"] == "interface_added")
        assert not [line for line in after if line["interface_name"] == "veth0"]


def test_a_silent_client_gets_what_happened_while_it_was_silent(bus, sandbox):
    daemon = bus()
    with Stream(daemon.events) as stream:
        wait_until(lambda: clients(daemon), "the client")
        started = time.monotonic()
        sandbox.ip("link add early0 type veth peer name early1")
        first = stream.line()
        assert time.monotonic() - started < 10
        assert first["type"] == "interface_added"
        names = {line["interface_name"] for line in [first, *stream.lines(1)]}
        assert names == {"early0", "early1"}


def test_a_client_that_closes_its_half_keeps_receiving(bus, sandbox):
    daemon = bus()
    for path in (daemon.compat, daemon.events):
        with Stream(path) as stream:
            stream.half_close()
            wait_until(lambda: clients(daemon), "the client")
            sandbox.ip("link set veth0 down")
            stream.until(lambda line: line["type"] == "interface_state_change")
            sandbox.ip("link set veth0 up")
            stream.until(lambda line: line["type"] == "interface_state_change")


@pytest.mark.parametrize("command", [["nc", "-U"], ["socat", "-u"]])
@pytest.mark.parametrize("name", ["compat", "events"])
def test_tools_of_the_readme_print_the_events(bus, sandbox, command, name):
    daemon = bus()
    path = getattr(daemon, name)
    words = [*command, f"UNIX-CONNECT:{path}", "-"] if command[0] == "socat" else [*command, path]
    reader = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE)
    try:
        wait_until(lambda: clients(daemon), "the client")
        sandbox.ip("link set veth0 down")
        line = json.loads(reader.stdout.readline())
        assert line["interface_name"] == "veth0"
    finally:
        reader.kill()
        reader.wait()
        reader.stdout.close()


# As the program in HaloX's README: connect, scan line by line, decode. It can be killed at any
# moment: what it has handled is on the disk.
SCANNER = """
use IO::Socket::UNIX; use JSON::PP; $| = 1;
my ($path, $request) = @ARGV;
my $conn = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!";
print $conn "$request\\n" and $conn->flush if $request;
while (my $line = <$conn>) {
    my $event = decode_json($line);
    next if !$event->{type};
    print encode_json({map { $_ => $event->{$_} } qw(type interface_name id data)}), "\\n";
}
"""


def scanner(path, output, request=None):
    words = ["perl", "-e", SCANNER, str(path)] + ([json.dumps(request)] if request else [])
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output)


def handled(path):
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True)
            if line.endswith("\n")]


@pytest.mark.parametrize("name", ["compat", "events"])
def test_a_scanner_of_lines_decodes_the_events(bus, sandbox, name):
    daemon = bus()
    output = daemon.dir / "scanned"
    with open(output, "wb") as file:
        reader = scanner(getattr(daemon, name), file)
    try:
        wait_until(lambda: clients(daemon), "the client")
        sandbox.ip("link set veth0 down")
        event = wait_until(lambda: handled(output), "a line")[0]
        assert event["interface_name"] == "veth0" and event["type"] == "interface_state_change"
        assert event["data"]["OperationalState"] == "off"
    finally:
        reader.kill()
        reader.wait()


def test_a_scanner_that_was_killed_goes_on_after_its_last_id(bus, sandbox):
    daemon = bus(plugins=("socketbus", "journal"), engine="EventHistory=64")
    output = daemon.dir / "scanned"
    wanted = {"subscribe": ["link.state", "link.added"], "since": 0}
    ended = lambda event: event["interface_name"] == "end0"
    enough = sandbox.dir / "enough"
    toggling = sandbox.popen("sh", "-c", f"until [ -e {enough} ]; do ip link set veth0 down; "
                             "ip link set veth0 up; done; ip link add end0 type veth peer end1")
    kills, done = 0, []
    with open(output, "ab") as file:
        while not any(map(ended, done)):
            request = {**wanted, "format": "halox", "since": done[-1]["id"] if done else 0}
            reader = scanner(daemon.events, file, request)
            wait_until(lambda: len(handled(output)) >= len(done) + 40
                       or any(map(ended, handled(output)[len(done):])), "more lines")
            reader.kill()
            reader.wait()
            kills, done = kills + 1, handled(output)
            if kills == 5:
                enough.touch()
    assert toggling.wait(20) == 0
    with live(daemon, wanted) as stream:
        whole = stream.until(lambda line: line.get("topic") == "link.added"
                             and ended(line["payload"]))
    assert [event["id"] for event in done][:len(whole)] == [event["id"] for event in whole]


# ---- requests ----

def test_hello_snapshot_and_live_events_fit_together(bus, sandbox):
    daemon = bus()
    with Stream(daemon.events, {"subscribe": ["link.>"], "snapshot": True}) as stream:
        hello = stream.hello()
        assert len(hello["epoch"]) == 16 and hello["version"]
        snapshot = stream.until(lambda line: "snapshot_end" in line)
        assert snapshot[-1]["snapshot_end"]["seq"] == hello["next_seq"] - 1
        names = [line["snapshot"]["interface_name"] for line in snapshot[:-1]]
        assert "lo" in names and "veth0" in names
        sandbox.ip("link set veth0 mtu 1400")
        event = stream.line()
        assert event["topic"] == "link.mtu" and event["seq"] >= hello["next_seq"]
        assert event["epoch"] == hello["epoch"]


def test_where_compares_members_with_globs(bus):
    daemon = bus()
    with live(daemon, {"where": {"interface_name": "ev*", "n": "?"}}) as stream:
        publish(daemon, 12)
        assert [line["payload"]["n"] for line in stream.lines(4)] == [2, 4, 6, 8]
        assert stream.is_silent(0.2)


def test_cloudevents_have_what_the_specification_asks_for(bus):
    daemon = bus()
    with live(daemon, {"format": "cloudevents", "subscribe": ["burst.*"]}) as stream:
        publish(daemon, 1)
        event = stream.line()
    assert event["specversion"] == "1.0"
    assert event["type"] == "org.netvane.burst.event"
    assert event["source"].startswith("/netvane/")
    assert event["id"].endswith(f"-{event['seq']}")
    assert event["subject"] == "odd"
    assert event["data"]["n"] == 1
    assert event["time"].endswith("Z")


def test_halox_can_be_asked_for(bus, sandbox):
    daemon = bus()
    with live(daemon, {"format": "halox", "where": {"interface_name": "veth0"}}) as stream:
        sandbox.ip("link set veth0 down")
        assert stream.line()["type"] == "interface_state_change"


def test_a_further_request_replaces_the_subscription_and_loses_nothing(bus):
    daemon = bus()
    with live(daemon, {"subscribe": ["burst.>"]}) as stream:
        publish(daemon, 300)
        stream.ask({"subscribe": ["other.>"]})
        seen = stream.until(lambda line: "hello" in line)
        assert [line["payload"]["n"] for line in seen[:-1]] == list(range(1, 301))
        publish(daemon, 5)
        assert stream.is_silent(0.2)
        stream.ask({"subscribe": ["burst.>"]})
        stream.hello()
        publish(daemon, 1)
        assert stream.line()["payload"]["n"] == 306


@pytest.mark.parametrize("request_line,member", [
    ("nonsense", ""),
    ("[1]", ""),
    ('{"subscribe":["link"', ""),
    ({"subscribe": "link.>"}, "subscribe"),
    ({"subscribe": ["link..x"]}, "subscribe"),
    ({"subscribe": [7]}, "subscribe"),
    ({"where": ["a"]}, "where"),
    ({"where": {"interface_name": ["a"]}}, "where.interface_name"),
    ({"since": {}}, "since"),
    ({"since": "yesterday"}, "since"),
    ({"since": -1}, "since"),
    ({"since": 1 << 40}, "since"),
    ({"since": "0123456789abcdef-5"}, "since"),
    ({"format": "xml"}, "format"),
    ({"snapshot": 1}, "snapshot"),
    ({"strict": "yes"}, "strict"),
    ({"subscribed": []}, "subscribed"),
])
def test_a_bad_request_gets_one_error_and_the_connection_stays(bus, request_line, member):
    daemon = bus()
    with Stream(daemon.events, request_line) as stream:
        error = stream.line()["error"]
        assert error["member"] == member and error["message"]
        assert stream.is_silent(0.3)
        stream.ask({"subscribe": ["burst.>"]})
        stream.hello()
        publish(daemon, 1)
        assert stream.line()["topic"] == "burst.event"


def test_a_bad_request_leaves_the_stream_as_it_was(bus):
    daemon = bus()
    with live(daemon) as stream:
        stream.ask({"format": "xml"})
        assert stream.line()["error"]["member"] == "format"
        publish(daemon, 1)
        assert stream.line()["topic"] == "burst.event"


def test_many_requests_at_once_are_answered_in_order(bus):
    daemon = bus()
    with Stream(daemon.events) as stream:
        good, bad = json.dumps({"subscribe": ["none.>"]}), "bad"
        stream.ask("\n".join([good, bad] * 200))
        for _ in range(200):
            stream.hello()
            assert "error" in stream.line()


def test_a_request_without_a_newline_counts_when_nothing_follows(bus):
    daemon = bus()
    with Stream(daemon.events) as stream:
        stream.socket.sendall(b'{"subscribe":["burst.>"]}')
        stream.half_close()
        stream.hello()
        publish(daemon, 1)
        assert stream.line()["topic"] == "burst.event"


# ---- cursors ----

def test_since_replays_what_came_after_and_goes_on_live(bus):
    daemon = bus()
    publish(daemon, 50)
    with live(daemon, {"subscribe": ["burst.>"], "since": 0}) as stream:
        first = stream.lines(50)
        publish(daemon, 50)
        both = first + stream.lines(50)
        assert [line["payload"]["n"] for line in both] == list(range(1, 101))
    cursor = both[69]
    for since in (cursor["seq"], str(cursor["seq"]), cursor["id"]):
        with live(daemon, {"subscribe": ["burst.>"], "since": since}) as stream:
            assert [line["payload"]["n"] for line in stream.lines(30)] == list(range(71, 101))
            assert stream.is_silent(0.1)


def test_a_span_replays_what_is_younger(bus):
    daemon = bus()
    publish(daemon, 3)
    published = time.monotonic()
    with live(daemon, {"subscribe": ["burst.>"], "since": "5m"}) as stream:
        assert len(stream.lines(3)) == 3
    wait_until(lambda: time.monotonic() - published > 3, "the events to age")
    publish(daemon, 1)
    with live(daemon, {"subscribe": ["burst.>"], "since": "3s"}) as stream:
        assert stream.line()["payload"]["n"] == 4


def test_a_killed_client_resumes_where_it_was_while_events_flow(bus):
    daemon = bus()
    publish(daemon, 4000, 2)
    got, since = [], 0
    while len(got) < 4000:
        with live(daemon, {"subscribe": ["burst.>"], "since": since}) as stream:
            lines = stream.lines(min(700, 4000 - len(got)))
            assert not [line for line in lines if "gap" in line]
            got += [line["payload"]["n"] for line in lines]
            since = lines[-1]["seq"]
    assert got == list(range(1, 4001))


def test_snapshot_replay_and_live_neither_miss_nor_double_while_events_flow(bus):
    daemon = bus()
    publish(daemon, 3000, 2)
    for _ in range(10):
        with live(daemon, {"subscribe": [">"], "since": 0, "snapshot": True}) as stream:
            stream.until(lambda line: "snapshot_end" in line)
            numbers = seqs(stream.lines(500))
            assert numbers == list(range(1, 501))
    with live(daemon, {"snapshot": True}) as stream:
        end = stream.until(lambda line: "snapshot_end" in line)[-1]["snapshot_end"]["seq"]
        publish(daemon, 100)
        numbers = seqs(stream.lines(100))
        assert numbers == list(range(end + 1, end + 101))


def test_a_cursor_that_is_too_old_gets_the_gap_and_then_the_oldest_kept(bus):
    daemon = bus(engine="EventHistory=64")
    publish(daemon, 200)
    with Stream(daemon.events, {"since": 10}) as stream:
        newest = stream.hello()["next_seq"] - 1
        assert stream.line() == {"gap": {"from": 11, "to": newest - 64}}
        assert seqs(stream.lines(64)) == list(range(newest - 63, newest + 1))
    with Stream(daemon.events, {"since": 10, "strict": True}) as stream:
        stream.hello()
        assert stream.line()["error"]["member"] == "strict"
        assert stream.line() is None


# ---- slow clients ----

def check_gaps(lines, last):
    """Every seq once and in order: sent, or in a gap. Returns how many lie in gaps."""
    at, lost = None, 0
    for line in lines:
        first, end = ((line["gap"]["from"], line["gap"]["to"]) if "gap" in line
                      else (line["seq"], line["seq"]))
        assert at is None or first == at + 1, (at, line)
        assert end >= first
        lost += end - first + 1 if "gap" in line else 0
        at = end
    assert at == last
    return lost


def test_a_slow_client_loses_the_oldest_and_is_told_the_exact_gap(bus):
    daemon = bus(QueueLength=500)
    with live(daemon) as slow, live(daemon) as quick:
        for _ in range(10):
            publish(daemon, 500)
            got = quick.lines(500)
            assert not [line for line in got if "gap" in line]
        client = max(clients(daemon), key=lambda each: each["dropped"])
        assert client["dropped"] > 0 and client["queued"] == 500 and client["lag_ms"] >= 0
        last = got[-1]["seq"]
        lines = slow.until(lambda line: line.get("seq") == last)
        lost = check_gaps(lines, last)
        assert lost == client["dropped"]
        assert len([line for line in lines if "gap" in line]) == 1
        publish(daemon, 3)
        assert seqs(slow.lines(3)) == [last + 1, last + 2, last + 3]


def test_bytes_bound_the_queue_too(bus):
    daemon = bus(QueueSize="64K")
    with live(daemon) as slow, live(daemon) as quick:
        for _ in range(20):
            publish(daemon, 50)
            quick.lines(50)
        publish(daemon, 1)
        last = quick.line()["seq"]
        assert check_gaps(slow.until(lambda line: line.get("seq") == last), last) > 0


def test_a_strict_client_gets_one_last_error_and_is_closed(bus):
    daemon = bus(QueueLength=100)
    with live(daemon, {"strict": True}) as slow, live(daemon) as quick:
        for _ in range(60):
            publish(daemon, 50)
            quick.lines(50)
        lines = []
        while (line := slow.line()) is not None:
            lines.append(line)
        numbers = seqs(lines[:-1])
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert lines[-1]["error"]["member"] == "strict"
        assert str(numbers[-1] + 1) in lines[-1]["error"]["message"]
        assert not [line for line in lines if "gap" in line]


def test_all_queues_together_are_bounded(bus):
    daemon = bus(QueueMemory="1M")
    with live(daemon) as slow, live(daemon, {"where": {"n": "*"}}) as other, live(daemon) as quick:
        for _ in range(40):
            publish(daemon, 100)
            quick.lines(100)
        counters = daemon.netvane("show", "socketbus", "counters", json_output=True)
        assert counters["queue_memory"] <= 1 << 20
        publish(daemon, 1)
        last = quick.line()["seq"]
        assert check_gaps(slow.until(lambda line: line.get("seq") == last), last) > 0
        other.until(lambda line: line.get("seq") == last)


def test_a_line_without_end_is_cut_off_with_an_error(bus):
    daemon = bus()
    with Stream(daemon.events) as stream:
        sent = 0
        try:
            while sent < 100 << 20:
                sent += stream.socket.send(b"x" * 65536)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 4 << 20
        assert "65536" in stream.line()["error"]["message"]
        assert stream.line() is None


# ---- who may see what ----

def test_others_than_root_and_the_group_get_public_topics_only(bus, sandbox):
    daemon = bus()
    assert daemon.events.stat().st_mode & 0o777 == 0o666

    def listen():
        with Stream("events.sock", {"subscribe": [">"]}) as stream:
            stream.hello()
            return [line["topic"] for line in stream.lines(2)]

    child = AsUser(NOBODY, listen, daemon.runtime_dir)
    wait_until(lambda: [each for each in clients(daemon) if each["subscription"]], "its request")
    assert [each["uid"] for each in clients(daemon)] == [NOBODY]
    publish(daemon, 3)
    sandbox.ip("link set veth0 mtu 1300")
    sandbox.ip("link set veth0 mtu 1400")
    assert child.result() == ["link.mtu", "link.mtu"]


def test_members_of_the_group_see_everything(bus, sandbox):
    sandbox.add_group("netvane", 4242)
    daemon = bus()

    def listen():
        with Stream("events.sock", {"subscribe": [">"]}) as stream:
            stream.hello()
            return stream.line()["topic"]

    child = AsUser(NOBODY, listen, daemon.runtime_dir, groups=[4242])
    wait_until(lambda: [each for each in clients(daemon) if each["subscription"]], "its request")
    publish(daemon, 1)
    assert child.result() == "burst.event"


def test_limits_hold_per_user_and_per_socket(bus):
    daemon = bus(MaxClients=5, MaxClientsPerUser=2)

    def connect():
        streams = [Stream("events.sock", "{}") for _ in range(2)]
        for stream in streams:
            stream.hello()
        return is_refused("events.sock")

    assert AsUser(NOBODY, connect, daemon.runtime_dir).result()
    wait_until(lambda: not clients(daemon), "their ends")
    streams = [live(daemon) for _ in range(5)]
    assert is_refused(daemon.events)
    doors = daemon.netvane("show", "socketbus", json_output=True)
    assert [door["refused"] for door in doors if door["address"].endswith("events.sock")] == [2]
    for stream in streams:
        stream.close()


# ---- options ----

def test_clients_beyond_the_soft_limit_of_descriptors_which_scripts_get_back(
        bus, sandbox, recorder):
    limits = sandbox.dir / "limits"
    recorder.add("link.added", then=f"echo $(ulimit -Sn) $(ulimit -Hn) >{limits}-$IFACE.new; "
                                    f"mv {limits}-$IFACE.new {limits}-$IFACE")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    daemon = bus(start=False, plugins=("socketbus", "scripts"),
                 CompatListen=f"compat.sock\n[Plugin scripts]\nScriptDirectory={recorder.dir}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        daemon.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    streams = [live(daemon) for _ in range(400)]
    sandbox.ip("link add late0 type veth peer name late1")
    told = limits.with_name("limits-late0")
    wait_until(told.exists, "the script")
    assert told.read_text() == f"256 {before[1]}\n"
    for stream in streams:
        stream.until(lambda line: line["topic"] == "link.added")
        stream.close()


def test_several_sockets_of_each_kind_and_none(bus, sandbox):
    daemon = bus(Listen="a.sock b.sock", CompatListen="")
    for name in ("a.sock", "b.sock"):
        with Stream(daemon.runtime_dir / name, "{}") as stream:
            stream.hello()
    assert not daemon.compat.exists()


def test_reload_keeps_the_clients_of_sockets_that_stay(bus):
    daemon = bus(Listen="a.sock b.sock")
    a, b = (Stream(daemon.runtime_dir / name, "{}") for name in ("a.sock", "b.sock"))
    with a, b:
        a.hello()
        b.hello()
        daemon.write_config(daemon.config.read_text().replace("a.sock b.sock", "a.sock c.sock")
                            + "QueueLength=100\n")
        daemon.reload()
        assert b.line() is None
        assert a.line()["topic"] == "config.reloaded"
        with Stream(daemon.runtime_dir / "c.sock", "{}") as stream:
            stream.hello()


def test_a_taken_compat_socket_is_a_warning_and_a_taken_socket_an_error(bus, sandbox):
    daemon = bus(start=False, CompatListen="/run/taken.sock")
    with socket.socket(socket.AF_UNIX) as holder:
        holder.bind(str(sandbox.root / "run/taken.sock"))
        holder.listen()
        daemon.start()
        daemon.wait_log("CompatListen=.*taken.sock cannot be listened on")
        live(daemon).close()
        daemon.stop()
        daemon.write_config("[Plugin socketbus]\nCompatListen=\nListen=/run/taken.sock\n")
        daemon.start(ready=False)
        assert daemon.exit_status() != 0


def test_a_client_is_shown_with_its_process(bus, sandbox):
    daemon = bus()
    reader = sandbox.popen("nc", "-U", str(daemon.compat), stdin=subprocess.PIPE,
                           stdout=subprocess.DEVNULL)
    found = wait_until(lambda: clients(daemon), "the client")
    assert found[0]["program"] == "nc" and found[0]["uid"] == 0 and found[0]["pid"] > 1
    reader.kill()
    reader.wait()


def test_table_of_clients_shows_each_once(bus):
    daemon = bus()
    with live(daemon, {"subscribe": ["burst.>"], "where": {"n": "1*"}}), Stream(daemon.compat):
        found = wait_until(lambda: len(clients(daemon)) == 2 and clients(daemon), "both")
        assert {each["subscription"] for each in found} == {"burst.> n=1*", ">"}
        assert {each["format"] for each in found} == {"native", "halox"}
        text = daemon.netvane("show", "socketbus", "clients").stdout
        assert "burst.> n=1*" in text
