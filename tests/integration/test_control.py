"""The control socket and the system bus, with the D-Bus clients that people have."""

import asyncio
import json
import io
import os
import pathlib
import shutil
import socket
import struct
import textwrap
import threading
from functools import partial

import pytest
from dbus_next import Message, MessageType
from dbus_next._private.unmarshaller import Unmarshaller
from dbus_next.aio import MessageBus
from dbus_next.errors import DBusError

from harness.daemon import SANITIZERS
from harness.waiting import stays_true, wait_until

NAME, PATH, INTERFACE = "org.netvane1", "/org/netvane1", "org.netvane1.Manager"
POLICY = pathlib.Path(__file__).resolve().parents[2] / "packaging/dbus/org.netvane1.conf"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

pytestmark = pytest.mark.sandbox(networkd=False)


def address(daemon):
    return f"unix:path={daemon.control}"


def run(coroutine, timeout=20.0):
    return asyncio.run(asyncio.wait_for(coroutine, timeout))


# Tools


def test_busctl_finds_its_way(daemon):
    def busctl(*words):
        return daemon.sandbox.run("busctl", f"--address={address(daemon)}", *words).stdout

    assert ".Execute" in busctl("introspect", NAME, PATH)
    assert PATH in busctl("tree", NAME)
    assert busctl("get-property", NAME, PATH, INTERFACE, "Degraded") == "b false\n"
    answer = busctl("--json=short", "call", NAME, PATH, INTERFACE, "Execute", "as", "2", "show",
                    "interfaces")
    names = [link["interface_name"] for link in json.loads(json.loads(answer)["data"][0])["result"]]
    assert "veth0" in names


def test_gdbus_finds_its_way(daemon):
    def gdbus(command, *words):
        return daemon.sandbox.run("gdbus", command, "--address", address(daemon), "--dest", NAME,
                                  "--object-path", PATH, *words).stdout

    assert "Subscribe(in  as patterns);" in gdbus("introspect")
    assert '"command":"show version"' in gdbus("call", "--method", f"{INTERFACE}.Execute",
                                               "['sh', 'ver']")


def test_a_python_client_gets_typed_answers_and_signals(daemon):
    async def story():
        bus = await MessageBus(bus_address=address(daemon)).connect()
        tree = await bus.introspect(NAME, PATH)
        manager = bus.get_proxy_object(NAME, PATH, tree).get_interface(INTERFACE)
        heard = asyncio.Queue()
        manager.on_event(lambda topic, event: heard.put_nowait((topic, json.loads(event))))
        await manager.call_subscribe(["link.mtu"])
        daemon.sandbox.ip("link set veth0 mtu 1400")
        topic, event = await heard.get()
        words = json.loads(await manager.call_complete(["show", "inter"], 1))
        with pytest.raises(DBusError) as error:
            await manager.call_execute(["show", "nonsense"])
        bus.disconnect()
        return topic, event, words, error.value.type

    topic, event, words, error = run(story())
    assert topic == event["topic"] == "link.mtu"
    assert event["payload"]["interface_name"] == "veth0" and event["payload"]["mtu"] == 1400
    assert [word["word"] for word in words] == ["interfaces"]
    assert error == "org.netvane1.Error.UnknownCommand"


# Those who mean no good


class Raw:
    """A client that speaks as little D-Bus as it must."""

    def __init__(self, daemon, authenticate=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10.0)
        self.socket.connect(str(daemon.control))
        self.serial, self.buffer = 0, b""
        if authenticate:
            self.socket.sendall(b"\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n")
            while self.buffer.count(b"\r\n") < 2:
                self.buffer += self.socket.recv(4096)
            self.buffer = self.buffer.split(b"\r\n", 2)[2]

    def call(self, member, signature="", body=()):
        self.serial += 1
        message = Message(destination=NAME, path=PATH, interface=INTERFACE, member=member,
                          signature=signature, body=list(body), serial=self.serial)
        self.socket.sendall(message._marshall(False))

    def read(self):
        """The next message, or None at the end."""
        while True:
            if len(self.buffer) >= 16:
                body, fields = struct.unpack("<4xI4xI", self.buffer[:16])
                size = 16 + (fields + 7) // 8 * 8 + body
                if len(self.buffer) >= size:
                    text, self.buffer = self.buffer[:size], self.buffer[size:]
                    return Unmarshaller(io.BytesIO(text)).unmarshall()
            more = self.socket.recv(65536)
            if not more:
                return None
            self.buffer += more

    def is_closed(self):
        try:
            return self.socket.recv(65536) == b""
        except ConnectionResetError:
            return True


def still_serves(daemon):
    return daemon.netvane("show", "version").returncode == 0


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 4096,
                                     b"\0" + b"A" * 100000])
def test_garbage_is_closed_with_a_line(daemon, garbage):
    client = Raw(daemon, authenticate=False)
    client.socket.sendall(garbage)
    assert client.is_closed()
    daemon.wait_log("control: warning: closed a client of uid 0")
    assert still_serves(daemon)


def test_oversize_message_is_closed_at_its_header(daemon):
    client = Raw(daemon)
    client.socket.sendall(b"l\1\0\1" + struct.pack("<III", 64 << 20, 1, 8))
    assert client.is_closed()
    daemon.wait_log("its message is over 1024 KiB")
    assert still_serves(daemon)


def test_who_does_not_authenticate_is_closed_after_5_s(daemon):
    client = Raw(daemon, authenticate=False)
    client.socket.sendall(b"\0AUTH")
    assert client.is_closed()
    daemon.wait_log("did not authenticate within 5000 ms")


def test_somebody_else_s_uid_is_rejected(daemon):
    client = Raw(daemon, authenticate=False)
    client.socket.sendall(b"\0AUTH EXTERNAL " + b"65534".hex().encode() + b"\r\n")
    assert client.socket.recv(100) == b"REJECTED EXTERNAL\r\n"
    client.socket.sendall(b"AUTH ANONYMOUS\r\n")
    assert client.socket.recv(100) == b"REJECTED EXTERNAL\r\n"


def many_events(daemon, count):
    lines = "".join(f"link set veth0 mtu {1400 + i % 2}\n" for i in range(count))
    daemon.sandbox.run("ip", "-batch", "-", input=lines, timeout=60.0)
    daemon.sandbox.ip("link set veth1 mtu 1399")


@pytest.mark.daemon(plugins=[], env={"ASAN_OPTIONS": SANITIZERS["ASAN_OPTIONS"] +
                                     ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"})
def test_who_does_not_read_costs_little_and_is_told_what_is_lost(daemon):
    client = Raw(daemon)
    client.call("Subscribe", "as", [["link.mtu"]])
    assert client.read().message_type == MessageType.METHOD_RETURN
    many_events(daemon, 6000)
    before, _ = daemon.rss_kib()
    many_events(daemon, 10000)
    after, _ = daemon.rss_kib()
    assert after - before < 10 * 1024
    events, gaps, position, last = 0, 0, None, 0
    daemon.sandbox.ip("link set veth1 mtu 1398")
    while last != 1398:
        message = client.read()
        if message.member == "Lost":
            first, end = message.body
            gaps += 1
        else:
            event = json.loads(message.body[1])
            first = end = event["seq"]
            last = event["payload"]["mtu"]
            events += 1
        assert position is None or first == position + 1
        position = end
    assert gaps > 0 and events < 16000


@pytest.mark.daemon(plugins=[], env={"ASAN_OPTIONS": SANITIZERS["ASAN_OPTIONS"] +
                                     ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"})
def test_long_answers_are_cut_at_a_bound_and_say_so(daemon):
    many_events(daemon, 4000)
    wait_until(lambda: daemon.netvane("show", "interfaces", "veth1", json_output=True)["mtu"] == 1399,
               "the last of them")
    words = ("show", "events", "topic", "link.mtu", "last", "10000")
    answered = daemon.netvane("--json", *words)
    shown, kept = len(json.loads(answered.stdout)), 4001
    assert len(answered.stdout) <= 513 << 10 and 500 < shown < kept
    assert f"{kept - shown} older events do not fit" in answered.stderr
    newest, = daemon.netvane("show", "events", "last", "1", json_output=True)
    assert json.loads(answered.stdout)[-1] == newest
    before, _ = daemon.rss_kib()
    clients = [Raw(daemon) for _ in range(60)]
    for client in clients:
        for _ in range(4):  # more than one answer would wait, if it were taken
            client.call("Execute", "as", [list(words)])
    assert daemon.netvane("show", "version").returncode == 0
    after, _ = daemon.rss_kib()
    assert after - before < 60 * 2 * 1024


def test_a_hundred_clients_at_once(daemon):
    clients = [Raw(daemon) for _ in range(100)]
    for client in clients:
        client.call("Execute", "as", [["show", "version"]])
    assert all(client.read().message_type == MessageType.METHOD_RETURN for client in clients)


CONNECT_70 = textwrap.dedent("""
    import socket, sys
    sockets = []
    for i in range(70):
        one = socket.socket(socket.AF_UNIX)
        one.connect(sys.argv[1])
        one.sendall(b"\\0AUTH EXTERNAL\\r\\n")
        sockets.append(one)
    def answered(one):
        try:
            return one.recv(100) == b"DATA\\r\\n"
        except ConnectionResetError:
            return False
    print(sum(answered(one) for one in sockets))
""")


def test_one_user_cannot_take_all_places(daemon):
    done = daemon.sandbox.run(*NOBODY, "/usr/bin/python3", "-c", CONNECT_70, daemon.control)
    assert done.stdout == "64\n"
    daemon.wait_log("refused uid 65534: it has 64 clients already")
    assert still_serves(daemon)


# Who may do what


def as_nobody(daemon, *words, prefix=NOBODY, system=False):
    where = [] if system else [f"--address={address(daemon)}"]
    return daemon.sandbox.run(*prefix, "busctl", *where, "call", NAME, PATH, INTERFACE, *words,
                              check=False)


def test_everybody_reads_and_root_changes(daemon):
    assert as_nobody(daemon, "Execute", "as", "2", "show", "interfaces").returncode == 0
    for words in (("2", "show", "configuration"), ("1", "reload"), ("1", "shutdown")):
        denied = as_nobody(daemon, "Execute", "as", *words)
        assert denied.returncode != 0 and "is for root and the control group" in denied.stderr
    denied = as_nobody(daemon, "Subscribe", "as", "1", "script.>")
    assert "only link, address, route and wifi events" in denied.stderr
    assert as_nobody(daemon, "Subscribe", "as", "1", ">").returncode == 0


@pytest.mark.daemon(config="[Engine]\nControlGroup=games\n")
def test_the_control_group_changes_too(daemon):
    member = ["setpriv", "--reuid=65534", "--regid=65534", "--groups=60"]
    assert as_nobody(daemon, "Execute", "as", "1", "reload", prefix=member).returncode == 0
    assert as_nobody(daemon, "Execute", "as", "1", "reload").returncode != 0


@pytest.mark.daemon(config="[Engine]\nControlGroup=latecomers\n")
def test_a_control_group_that_is_made_later_is_found(daemon):
    member = ["setpriv", "--reuid=65534", "--regid=65534", "--groups=4343"]
    reload = lambda: as_nobody(daemon, "Execute", "as", "1", "reload", prefix=member).returncode
    assert reload() != 0
    daemon.sandbox.add_group("latecomers", 4343)
    wait_until(lambda: reload() == 0, "the group to be found")


def test_a_directory_that_others_may_change_is_not_used(make_daemon):
    daemon = make_daemon(start=False)
    os.chown(daemon.state_dir, 65534, 0)
    assert daemon.start(ready=False).exit_status() != 0
    daemon.wait_log(r"cannot use directory \S*/state: it belongs to somebody else")
    os.chown(daemon.state_dir, 0, 0)
    daemon.runtime_dir.chmod(0o777)
    assert daemon.start(ready=False).exit_status() != 0
    daemon.wait_log(r"cannot use directory \S*/run: everybody may replace what is in it")


# The system bus


@pytest.fixture
def on_bus(sandbox, make_daemon):
    sandbox.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/etc/dbus-1/system.d")
    shutil.copyfile(POLICY, sandbox.root / "etc/dbus-1/system.d/org.netvane1.conf")
    sandbox.bus.start()
    daemon = make_daemon()
    wait_for_name(daemon, 1)
    return daemon


def wait_for_name(daemon, count):
    daemon.wait_log("control: on the system bus as org.netvane1", count=count)


def test_the_system_bus_has_the_same_object(on_bus):
    answer = as_nobody(on_bus, "Execute", "as", "2", "show", "version", prefix=[], system=True)
    assert "show version" in answer.stdout
    assert as_nobody(on_bus, "Execute", "as", "2", "show", "version", system=True).returncode == 0
    denied = as_nobody(on_bus, "Execute", "as", "1", "reload", system=True)
    assert "is for root and the control group" in denied.stderr


def test_everybody_finds_the_object_on_the_system_bus_and_nothing_beside_it(on_bus):
    tree = on_bus.sandbox.run(*NOBODY, "busctl", "tree", NAME).stdout
    assert PATH in tree
    refused = on_bus.sandbox.run(*NOBODY, "busctl", "call", NAME, "/a" * 1000, INTERFACE, "Execute",
                                 "as", "0", check=False)
    assert "rejected" in refused.stderr.lower() or "Access denied" in refused.stderr


def test_the_name_comes_back_with_the_system_bus(on_bus):
    on_bus.sandbox.bus.restart()
    wait_for_name(on_bus, 2)
    assert as_nobody(on_bus, "Execute", "as", "2", "show", "version", system=True).returncode == 0


class Bus:
    """A socket in the place of a bus, on which each connection is given to `serve`."""

    def __init__(self, directory, serve):
        self.path, self.count, self._serve = directory / "bus", 0, serve
        self.env = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.path}"}
        self._listener = socket.socket(socket.AF_UNIX)

    def start(self):
        self._listener.bind(str(self.path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.count += 1
            self._serve(connection)

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def test_a_bus_that_hangs_up_is_tried_again_ever_more_rarely(make_daemon, tmp_path):
    bus = Bus(tmp_path, socket.socket.close)
    bus.start()
    daemon = make_daemon(plugins=[], env=bus.env)
    # Two parts of the daemon connect: at once, six times more with growing delays, then seldom.
    wait_until(lambda: bus.count >= 10, "both to try again")
    stays_true(lambda: bus.count <= 14, 1.5, "no more than seven tries of each")
    assert "does not give us the name" not in daemon.text()
    bus.stop()


def test_a_bus_that_takes_its_time_is_not_connected_to_twice(make_daemon, tmp_path):
    connections = []
    bus = Bus(tmp_path, connections.append)
    make_daemon(plugins=[], env=bus.env)
    bus.start()
    wait_until(lambda: bus.count == 2, "both parts of the daemon to connect")
    (tmp_path / "pid").write_text("1")
    stays_true(lambda: bus.count == 2, 0.5, "one connection of each")
    bus.stop()


def note(members, message):
    members.append(message.member)


def test_signals_on_the_system_bus_go_to_who_subscribed(on_bus):
    async def story():
        subscriber, other = [await MessageBus(bus_address=f"unix:path={on_bus.sandbox.bus_path}")
                             .connect() for _ in range(2)]
        heard = {subscriber: [], other: []}
        for bus in heard:
            bus.add_message_handler(partial(note, heard[bus]))
        await subscriber.call(Message(destination=NAME, path=PATH, interface=INTERFACE,
                                      member="Subscribe", signature="as", body=[["link.mtu"]]))
        on_bus.sandbox.ip("link set veth0 mtu 1400")
        while "Event" not in heard[subscriber]:
            await asyncio.sleep(0.005)
        reply = await other.call(Message(destination=NAME, path=PATH, interface=INTERFACE,
                                         member="Execute", signature="as",
                                         body=[["show", "version"]]))
        assert reply.message_type == MessageType.METHOD_RETURN
        return heard[other]

    assert "Event" not in run(story())
