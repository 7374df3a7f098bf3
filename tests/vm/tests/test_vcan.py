"""The CAN interface daemon where there is CAN: what programs without privileges get, and do not get."""

import ast
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import resource
import socket
import struct
import subprocess
import termios
import threading
import time
import tty

import pytest

from harness.can import (BAD_REQUEST, BITRATE, CONFIGURE, CREATE, DELETE, DOWN, EXISTS, FLAGS, GET,
                         INDEX, KERNEL, KIND, LEASE, LEASE_LEFT, MESSAGE, MTU, NAME, NOT_CAN,
                         NOT_FOUND, NOT_PERMITTED, OK, OWNER, PEER, QUOTA, RENEW, SAMPLE_POINT,
                         SET_UP, STATE, UP, Client, attribute, classic, nvc1)
from harness.waiting import wait_until

NOBODY = 65534
CLONE_NEWNET = 0x40000000
N_SLCAN = 17  # linux/tty.h
CONFIG = "[Plugin vcan]\nListen=/run/can-test.sock\nLeaseGrace=2s\n"
FRAME = struct.pack("=IB3x8s", 0x123, 2, b"hi")
SOCKET = pathlib.Path("/run/can-test.sock")


@pytest.fixture
def vcan(make_daemon):
    return lambda config="": make_daemon(CONFIG + config, plugins=["vcan"])


@contextlib.contextmanager
def user(uid):
    """The test itself is somebody else meanwhile, for whatever connects."""
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def connect():
    with contextlib.ExitStack() as stack:
        def make(greeting=b"NVC1", uid=NOBODY):
            with user(uid):
                client = Client(SOCKET, greeting)
            client.socket.settimeout(60)
            stack.callback(client.close)
            return client
        yield make


@pytest.fixture
def daemon_events(sandbox):
    return sandbox.follow


def buses(link):
    """Two sockets on the same bus."""
    both = [socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) for _ in "ab"]
    for bus in both:
        bus.bind((link,))
        bus.settimeout(20)
    return both


def name(text):
    return attribute(NAME, text.encode())


def exists(link):
    return pathlib.Path("/sys/class/net", link).exists()


def is_up(sandbox, link):
    return "UP" in sandbox.kernel_says(link)["flags"]


# What an unprivileged program does, with the seed's protocol and nothing else

PROGRAM = r"""
import socket, struct, sys
daemon = socket.socket(socket.AF_UNIX)
daemon.connect(sys.argv[1])
def ask(operation, name):
    daemon.sendall(bytes([operation, len(name)]) + name)
    head = daemon.recv(4, socket.MSG_WAITALL)
    message = daemon.recv(struct.unpack("<H", head[2:])[0], socket.MSG_WAITALL)
    assert head[0] == 1 and head[1] == 0, message
ask(1, b"vcan0")
ask(2, b"vcan0")
send, receive = (socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) for _ in "ab")
send.bind(("vcan0",))
receive.bind(("vcan0",))
send.send(struct.pack("=IB3x8s", 0x123, 2, b"hi"))
print(receive.recv(16)[8:10].decode())
send.close()
receive.close()
print("up")
sys.stdout.flush()
sys.stdin.readline()
ask(3, b"vcan0")
ask(3, b"vcan0")
"""


def test_a_user_creates_raises_talks_and_lowers(vcan, sandbox):
    for module in ("vxcan", "vcan", "can-raw", "can"):  # they come by themselves
        sandbox.run("modprobe", "--remove", "--quiet", module, check=False)
    vcan()
    as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    with subprocess.Popen([*as_nobody, "/usr/bin/python3", "-c", PROGRAM, str(SOCKET)], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout.readline() == "hi\n"
        assert program.stdout.readline() == "up\n"
        dump = sandbox.popen(*as_nobody, "candump", "-L", "-n", "1", "-T", "30000", "vcan0",
                             stdout=subprocess.PIPE, text=True)
        sandbox.wait_for_can_receiver("vcan0")
        sandbox.run(*as_nobody, "cansend", "vcan0", "123#deadbeef")
        assert "123#DEADBEEF" in dump.communicate(timeout=60)[0]
        program.stdin.write("\n")
        program.stdin.close()
        assert program.wait() == 0
    assert not is_up(sandbox, "vcan0")


def test_what_is_so_already_succeeds_whatever_others_do_meanwhile(vcan, connect, sandbox):
    vcan()
    client = connect(b"")
    for _ in range(5):
        assert client.ask(classic(CREATE, b"vcan0")) == (1, OK, "")
        assert client.ask(classic(UP, b"vcan0")) == (1, OK, "")
        assert client.ask(classic(UP, b"vcan0")) == (1, OK, "")
        assert is_up(sandbox, "vcan0")
        sandbox.ip("link set vcan0 down")
        assert client.ask(classic(UP, b"vcan0")) == (1, OK, "")
        assert is_up(sandbox, "vcan0")
        sandbox.ip("link delete vcan0")
        assert client.ask(classic(UP, b"vcan0"))[1] == NOT_FOUND


# What nobody gets


def test_nothing_but_can_is_touched_whatever_its_name(vcan, connect, sandbox, daemon_events):
    daemon = vcan()
    events = daemon_events(daemon)
    sandbox.ip("link add eth0 up type dummy")
    sandbox.ip("link add vcan9 up type dummy")
    client, root = connect(b""), connect(b"", uid=0)
    for operation in (CREATE, UP, 3):
        for link in (b"eth0", b"vcan9"):
            assert client.ask(classic(operation, link))[1] == NOT_CAN, (operation, link)
            assert root.ask(classic(operation, link))[1] == NOT_CAN, (operation, link)
    assert is_up(sandbox, "eth0") and is_up(sandbox, "vcan9")
    denied = events.wait("vcan.denied", interface_name="eth0", uid=NOBODY)
    assert denied["error"] == "not-can" and denied["program"]


def test_names_and_owners_bound_what_a_user_may(vcan, connect, sandbox):
    vcan("[Vcan more]\nUser=daemon\nCreateNames=arm*\n")
    sandbox.ip("link add vcan5 type vcan")
    client, other = connect(), connect(uid=1)
    assert client.request(CREATE, name("arm0"))[0] == NOT_PERMITTED
    assert client.request(CREATE, name("VCAN0"))[0] == NOT_PERMITTED, "case counts"
    assert other.request(CREATE, name("arm0"))[0] == OK
    assert client.request(DELETE, name("arm0"))[0] == NOT_PERMITTED
    assert client.request(DELETE, name("vcan5"))[0] == NOT_PERMITTED, "an operator made it"
    assert exists("vcan5") and exists("arm0")
    assert other.request(DELETE, name("arm0"))[0] == OK
    assert not exists("arm0")


def test_a_policy_sees_who_asks_for_what_and_may_refuse(make_daemon, connect, sandbox):
    rule = {"name": "mine", "on": "vcan.create",
            "match": "uid == 65534 && kind == 'vxcan' && peer_name == 'vxcan1' && own_namespace && "
                     "program.startsWith('python') && operation == 'create' && pid > 0",
            "actions": [{"type": "deny", "params": {"reason": "no pairs today"}}]}
    document = sandbox.dir / "policy.json"
    document.write_text(json.dumps({"version": 1, "rules": [rule]}))
    document.chmod(0o644)
    make_daemon(f"{CONFIG}[Plugin policy]\nDocument={document}\n", plugins=["policy", "vcan"])
    client, other = connect(), connect(uid=1)
    pair = (name("vxcan0"), attribute(KIND, b"vxcan"), attribute(PEER, b"vxcan1"))
    code, answer = client.request(CREATE, *pair)
    assert code == NOT_PERMITTED and b"no pairs today" in answer[MESSAGE]
    assert client.request(CREATE, name("vcan0"))[0] == OK
    assert other.request(CREATE, *pair)[0] == OK


def test_a_quota_is_counted_by_what_is_there(vcan, connect, sandbox):
    vcan("Quota=3\n")
    client, root = connect(), connect(uid=0)
    assert [client.request(CREATE, name(f"vcan{i}"))[0] for i in range(4)] == [OK] * 3 + [QUOTA]
    assert client.request(CREATE, name("vcan0"))[0] == OK, "what is there costs nothing"
    assert root.request(CREATE, name("vcan9"))[0] == OK
    sandbox.ip("link delete vcan1")
    assert client.request(CREATE, name("vcan7"))[0] == OK
    assert client.request(CREATE, name("vcan8"))[0] == QUOTA


# The second form


def test_an_interface_is_shown_as_the_kernel_has_it(vcan, connect, sandbox):
    daemon = vcan()
    client = connect()
    code, answer = client.request(CREATE, name("vcan7"), attribute(SET_UP, 1), attribute(MTU, 72))
    assert code == OK
    number = lambda kind: struct.unpack("<I", shown[kind])[0]
    shown = answer
    assert number(INDEX) == sandbox.ifindex("vcan7")
    code, shown = client.request(GET, name("vcan7"))
    assert code == OK and shown[KIND] == b"vcan" and number(FLAGS) & 1
    assert number(OWNER) == NOBODY and number(MTU) == 72 == sandbox.kernel_says("vcan7")["mtu"]
    assert LEASE_LEFT not in shown and STATE not in shown and BITRATE not in shown
    assert list(client.interfaces()) == ["vcan7"]
    row, = daemon.netvane("show", "can", json_output=True)
    assert row["interface_name"] == "vcan7" and row["owner"] == NOBODY and row["state"] == "up"


def test_a_pair_is_made_and_goes_together(vcan, connect, sandbox):
    vcan()
    client = connect()
    pair = (name("vxcan0"), attribute(KIND, b"vxcan"), attribute(PEER, b"vxcan1"))
    assert client.request(CREATE, *pair)[0] == OK
    assert client.request(CREATE, *pair)[0] == OK
    assert client.request(CREATE, name("vxcan0"))[0] == EXISTS
    assert client.request(UP, name("vxcan0"))[0] == client.request(UP, name("vxcan1"))[0] == OK
    assert sandbox.kernel_says("vxcan0")["linkinfo"]["info_kind"] == "vxcan"
    assert client.request(DELETE, name("vxcan1"))[0] == OK
    assert not exists("vxcan0") and not exists("vxcan1")
    assert client.request(CREATE, *pair, attribute(SET_UP, 1))[0] == OK
    assert is_up(sandbox, "vxcan0") and is_up(sandbox, "vxcan1")


def test_no_module_is_looked_for_by_the_name_of_an_interface(vcan, connect, sandbox):
    vcan()
    client = connect(b"")
    assert client.ask(classic(CREATE, b"vcan0"))[1] == OK, "the kind's own module is there then"
    log, modprobe = sandbox.dir / "modprobe.log", sandbox.dir / "modprobe"
    modprobe.write_text(f"#!/bin/sh\necho \"$@\" >>{log}\n")
    modprobe.chmod(0o755)
    setting = pathlib.Path("/proc/sys/kernel/modprobe")
    before = setting.read_text()
    setting.write_text(str(modprobe))
    try:
        assert client.ask(classic(UP, b"can7"))[1] == NOT_FOUND
        assert client.ask(classic(CREATE, b"vcan7"))[1] == OK
        sandbox.run("ip", "link", "add", "new0", "type", "warp", check=False)
    finally:
        setting.write_text(before)
    assert "netdev-" not in log.read_text() and "rtnl-link-warp" in log.read_text()


# Leases


def gone(link):
    wait_until(lambda: not exists(link), f"{link} to go", 20)


def test_a_lease_ends_with_its_connection_and_with_its_time(vcan, connect, daemon_events):
    daemon = vcan()
    events = daemon_events(daemon)
    client, short = connect(), connect()
    assert client.request(CREATE, name("vcan0"), attribute(LEASE, 0))[0] == OK
    assert client.request(CREATE, name("vcan1"))[0] == OK
    assert short.request(CREATE, name("vcan2"), attribute(LEASE, 1))[0] == OK
    assert exists("vcan0")
    client.close()
    gone("vcan0")
    gone("vcan2")
    assert exists("vcan1"), "no lease"
    events.wait("vcan.lease_expired", interface_name="vcan0", reason="connection")
    events.wait("vcan.lease_expired", interface_name="vcan2", reason="time")
    events.wait("vcan.deleted", interface_name="vcan0", reason="lease")


def test_a_lease_takes_away_nothing_but_what_was_made(vcan, connect, sandbox):
    vcan()
    client = connect()
    indices = []
    for link in ("vcan0", "vcan1", "vcan2"):
        assert client.request(CREATE, name(link), attribute(LEASE, 0))[0] == OK
        indices.append(sandbox.ifindex(link))
    sandbox.ip("link set vcan0 alias mine")
    sandbox.ip("link delete vcan1")
    sandbox.ip(f"link add vcan1 index {indices[1]} type vcan")
    client.close()
    gone("vcan2")
    assert exists("vcan0") and sandbox.ifindex("vcan1") == indices[1]


def test_a_lease_is_renewed_by_its_user_only(vcan, connect, sandbox):
    vcan()
    client, same, other = connect(), connect(), connect(uid=1)
    assert client.request(CREATE, name("vcan0"), attribute(LEASE, 0))[0] == OK
    assert other.request(RENEW, name("vcan0"), attribute(LEASE, 60))[0] == NOT_PERMITTED
    assert same.request(RENEW, name("vcan0"), attribute(LEASE, 60))[0] == OK
    client.close()
    left = struct.unpack("<I", same.request(GET, name("vcan0"))[1][LEASE_LEFT])[0]
    assert 30 < left <= 60
    assert not is_up(sandbox, "vcan0")
    assert same.request(CREATE, name("vcan0"), attribute(LEASE, 0), attribute(SET_UP, 1))[0] == OK
    assert is_up(sandbox, "vcan0")
    same.close()
    gone("vcan0")


def test_a_client_that_is_killed_leaves_nothing_leased(vcan, sandbox):
    vcan()
    program = """
import socket, struct, sys, time
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
client.sendall(b"NVC1")
for i in range(20):
    body = struct.pack("<HH", 1, 6) + b"vcan%02d" % i + struct.pack("<HHI", 4, 4, 0)
    client.sendall(struct.pack("<BBHI", 1, 0, len(body), i) + body)
client.recv(8)
print("made", flush=True)
time.sleep(60)
"""
    with sandbox.popen("/usr/bin/python3", "-c", program, str(SOCKET), stdout=subprocess.PIPE,
                       text=True) as victim:
        assert victim.stdout.readline() == "made\n"
        victim.kill()
    wait_until(lambda: not [link for link in sandbox.links() if link.startswith("vcan")],
               "all leases to end", 30)


# Namespaces


@pytest.fixture
def box(sandbox):
    sandbox.ip("netns add box")
    yield lambda *command: sandbox.run("ip", "netns", "exec", "box", *command)
    sandbox.ip("netns delete box", check=False)


IN_BOX = """
import os, sys
sys.path.insert(0, os.environ["NETVANE_SOURCE_DIR"] + "/tests/integration")
from harness.can import *
os.setgid(65534); os.setuid(65534)
client = Client(sys.argv[1], b"NVC1")
print(*(client.request(CREATE, attribute(NAME, b"vcan%d" % i), *([attribute(LEASE, 0)] if i else []))[0]
        for i in range(4)), sorted(client.interfaces()))
print(client.request(UP, attribute(NAME, b"vcan0"))[0],
      client.request(DOWN, attribute(NAME, b"eth0"))[0], flush=True)
"""


def test_a_container_gets_its_interfaces_inside(vcan, box, sandbox):
    vcan("Quota=3\n")
    sandbox.ip("-n box link add eth0 up type dummy")
    done = box("env", f"NETVANE_SOURCE_DIR={os.environ['NETVANE_SOURCE_DIR']}", "/usr/bin/python3",
               "-c", IN_BOX, str(SOCKET))
    assert done.stdout == f"0 0 0 {QUOTA} ['vcan0', 'vcan1', 'vcan2']\n0 {NOT_PERMITTED}\n"
    wait_until(lambda: "vcan1" not in box("ip", "link").stdout, "its leases to end", 20)
    inside = box("ip", "-o", "link").stdout
    assert "vcan0" in inside and "eth0" in inside and not exists("vcan0")


def test_a_namespace_may_vanish_with_its_leases(vcan, sandbox):
    daemon = vcan()
    for _ in range(3):
        sandbox.run("unshare", "--net", "env",
                    f"NETVANE_SOURCE_DIR={os.environ['NETVANE_SOURCE_DIR']}", "/usr/bin/python3",
                    "-c", IN_BOX, str(SOCKET), timeout=60)

    def held():
        for fd in os.scandir(f"/proc/{daemon.process.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):  # it is let go just now
                if os.readlink(fd.path).startswith("net:"):
                    return True
        return False

    wait_until(lambda: not held(), "no namespace to be held", 20)


# Whoever has a namespace may delete what is in it.
IN_OWN_BOX = """
import os, subprocess, sys
sys.path.insert(0, os.environ["NETVANE_SOURCE_DIR"] + "/tests/integration")
from harness.can import *
clients = [Client(sys.argv[1], b"NVC1") for _ in range(8)]
name = attribute(NAME, b"vcan0")
def create(client, *which):
    return client.request(CREATE, *which or [name], attribute(LEASE, 0))[0]
def delete(client):
    return client.request(DELETE, name)[0]
def everybody(operation, *more):
    for i, client in enumerate(clients):
        client.send(nvc1(operation, i, attribute(NAME, b"vcan%d" % i), *more))
    return [client.answer2()[1] for client in clients]
def delete_it_ourselves():
    subprocess.run(["ip", "link", "delete", "vcan0"], check=True)
print("ready", flush=True)
for line in sys.stdin:
    print(eval(line), flush=True)
"""


class OwnBox:
    """A program of a user without privileges, in namespaces that it made for itself."""

    def __init__(self, sandbox):
        self.process = sandbox.popen(
            "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "unshare", "-Urn",
            "/usr/bin/python3", "-c", IN_OWN_BOX, str(SOCKET), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
            env={"NETVANE_SOURCE_DIR": os.environ["NETVANE_SOURCE_DIR"]})
        assert self.process.stdout.readline() == "ready\n"

    def ask(self, expression):
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        return ast.literal_eval(self.process.stdout.readline())

    def leave(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0
        self.process.stdout.close()


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def test_leases_that_come_and_go_elsewhere_hold_nothing(vcan, sandbox):
    daemon = vcan("Quota=5\nRequestTimeout=10min\n")
    box = OwnBox(sandbox)
    assert box.ask("create(clients[0]), delete(clients[0])") == (OK, OK)
    before = descriptors(daemon)
    assert box.ask("{(create(clients[0]), delete(clients[0])) for _ in range(300)}") == {(OK, OK)}
    assert box.ask("{(create(clients[0]), delete_it_ourselves()) for _ in range(12)}") == {(OK, None)}
    assert descriptors(daemon) == before
    assert box.ask("[create(clients[0], attribute(NAME, b'vcan%d' % i)) for i in range(6)]") == \
        [OK] * 5 + [QUOTA]
    assert descriptors(daemon) == before, "many leases, one place"
    box.leave()
    wait_until(lambda: descriptors(daemon) < before, "the namespace to be let go", 20)


def test_leases_elsewhere_survive_a_lack_of_descriptors(vcan, sandbox, connect):
    daemon = vcan("RequestTimeout=10min\n")
    box, here = OwnBox(sandbox), connect()
    assert [here.request(CREATE, name(f"vcan{i}"), attribute(LEASE, 0))[0] for i in range(3)] == [OK] * 3
    limits = resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE)
    outcomes = set()
    for more in range(16):
        few = descriptors(daemon) + more
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (few, limits[1]))
        outcomes.update(box.ask("everybody(CREATE, attribute(LEASE, 0))"))
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, limits)
        box.ask("everybody(DELETE)")
    assert outcomes == {OK, KERNEL}, "some had enough"
    box.ask("[client.close() for client in clients[::-1]]")
    again = OwnBox(sandbox)
    assert again.ask("[(create(client), delete(client)) for client in clients]") == [(OK, OK)] * 8
    assert exists("vcan0") and exists("vcan2"), "of the same names and of our own namespace"
    here.close()
    gone("vcan2")
    box.leave()
    again.leave()


def test_namespaces_may_be_switched_off(vcan, box):
    vcan("ClientNamespaces=no\n")
    done = box("env", f"NETVANE_SOURCE_DIR={os.environ['NETVANE_SOURCE_DIR']}", "/usr/bin/python3",
               "-c", IN_BOX.replace("sorted(client.interfaces())", ""), str(SOCKET))
    assert done.stdout == "8 8 8 8\n8 8\n"


# The daemon's own life


def test_frames_flow_while_the_daemon_restarts(vcan, connect, sandbox):
    daemon = vcan()
    client = connect(b"")
    assert client.ask(classic(CREATE, b"vcan0"))[1] == client.ask(classic(UP, b"vcan0"))[1] == OK
    leased = connect()
    for link in ("vcan1", "vcan2"):
        assert leased.request(CREATE, name(link), attribute(LEASE, 0))[0] == OK
    pair = (name("vxcan0"), attribute(KIND, b"vxcan"), attribute(PEER, b"vxcan1"), attribute(LEASE, 0))
    assert leased.request(CREATE, *pair)[0] == OK
    index = sandbox.ifindex("vcan0")
    _, receive = buses("vcan0")
    generator = sandbox.popen("cangen", "vcan0", "-g", "5", "-I", "55", "-D", "i", "-L", "8")
    daemon.stop()
    assert len([receive.recv(16) for _ in range(50)]) == 50, "while it is away"
    daemon.start(timeout=60)
    again = connect()
    assert again.request(RENEW, name("vcan1"), attribute(LEASE, 0))[0] == OK
    assert again.request(RENEW, name("vxcan1"), attribute(LEASE, 0))[0] == NOT_PERMITTED, "its peer"
    assert again.request(RENEW, name("vxcan0"), attribute(LEASE, 0))[0] == OK
    gone("vcan2")
    assert again.request(CREATE, *pair)[0] == OK, "it is a pair still, and there"
    counters = [struct.unpack_from("<Q", receive.recv(16), 8)[0] for _ in range(200)]
    assert counters == list(range(counters[0], counters[0] + 200)), "no frame was lost"
    assert sandbox.ifindex("vcan0") == index and exists("vcan1")
    generator.terminate()
    generator.wait()
    again.close()
    gone("vcan1")
    gone("vxcan0")


def test_commands_do_it_too(vcan, sandbox):
    daemon = vcan()
    daemon.netvane("can", "create", "bus0")
    daemon.netvane("can", "up", "bus0")
    send, receive = buses("bus0")
    send.send(FRAME)
    assert receive.recv(16) == FRAME
    daemon.netvane("can", "down", "bus0")
    assert not is_up(sandbox, "bus0")
    daemon.netvane("can", "create", "vxcan0", "peer", "vxcan1")
    assert [row["kind"] for row in daemon.netvane("show", "can", json_output=True)] == \
        ["vcan", "vxcan", "vxcan"]
    assert daemon.netvane("show", "can", "bus0", "detail", json_output=True)["mtu"] == 72
    done = daemon.netvane("can", "bitrate", "bus0", "500000", check=False)
    assert done.returncode == 1 and "virtual" in done.stderr
    for link in ("bus0", "vxcan0"):
        daemon.netvane("can", "delete", link)
    assert daemon.netvane("show", "can", json_output=True) == []


@pytest.fixture
def quiet():
    """The test and what it starts, in a network namespace whose links neither udev nor networkd
    sees: they are slower than what is measured."""
    libc = ctypes.CDLL(None, use_errno=True)
    machine = os.open("/proc/self/ns/net", os.O_RDONLY)
    assert libc.unshare(CLONE_NEWNET) == 0
    yield
    assert libc.setns(machine, CLONE_NEWNET) == 0
    os.close(machine)


class Crowd:
    """Many interfaces at a time: requests in a row, and answers read meanwhile."""

    def __init__(self, client, count):
        self.client, self.links = client, [f"vcan{i}" for i in range(count)]

    def ask(self, operation):
        for at in range(0, len(self.links), 50):
            piece = self.links[at:at + 50]
            self.client.send(b"".join(nvc1(operation, i, name(link))
                                      for i, link in enumerate(piece)))
            assert [self.client.answer2()[1:3] for _ in piece] == [(OK, i) for i in range(len(piece))]


def test_five_hundred_come_and_go_without_a_leak(quiet, vcan, connect, sandbox):
    daemon = vcan()
    client = connect(uid=0)

    def come_and_go(count):
        crowd = Crowd(client, count)
        crowd.ask(CREATE)
        crowd.ask(UP)
        assert len([link for link in sandbox.kernel_links() if "UP" in link["flags"]]) == count
        crowd.ask(DELETE)
        assert [link["ifname"] for link in sandbox.kernel_links()] == ["lo"]
        return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))

    assert come_and_go(50) == come_and_go(500), "descriptors; of memory LeakSanitizer tells"


# A controller: slcan, whose "hardware" is the other end of a terminal


class Adapter:
    """The far end of the line: takes what it is sent, as the driver waits for that."""

    def __init__(self):
        self.line, self.terminal = os.openpty()
        self.told = b""
        tty.setraw(self.terminal)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        with contextlib.suppress(OSError):  # the terminal's end
            while more := os.read(self.line, 100):
                self.told += more

    def attach(self):
        fcntl.ioctl(self.terminal, termios.TIOCSETD, struct.pack("i", N_SLCAN))

    def say(self, text):
        os.write(self.line, text)

    def detach(self):
        os.close(self.terminal)
        self.reader.join()
        os.close(self.line)


@pytest.fixture
def adapter(sandbox):
    """The hardware behind can0: what it says comes from the bus."""
    sandbox.run("modprobe", "slcan")
    before = set(sandbox.links())
    adapter = Adapter()
    adapter.attach()
    link, = set(sandbox.links()) - before
    sandbox.ip(f"link set {link} name can0")
    yield adapter
    adapter.detach()
    gone("can0")


def test_a_controller_tells_its_state_and_takes_a_bit_rate(vcan, adapter, connect, sandbox,
                                                           daemon_events):
    daemon = vcan("StateInterval=100ms\n")
    events = daemon_events(daemon)
    client = connect()
    assert client.request(DELETE, name("can0"))[0] == NOT_PERMITTED, "it is hardware"
    alone = client.request(CONFIGURE, name("can0"), attribute(SAMPLE_POINT, 875))
    assert alone[0] == BAD_REQUEST, "the rate has to come along"
    assert client.request(CONFIGURE, name("can0"), attribute(BITRATE, 500000))[0] == OK
    assert client.request(UP, name("can0")) == (OK, {})
    assert adapter.told == b"C\rS6\rO\r", "500 kbit/s, open"
    assert client.request(CONFIGURE, name("can0"), attribute(BITRATE, 125000))[0] == KERNEL, "it is up"
    events.wait("can.state", interface_name="can0", can_state="error-active", timeout=20)
    adapter.say(b"sp128005\r")
    event = events.wait("can.state", interface_name="can0", can_state="error-passive", timeout=20)
    assert event["previous_state"] == "error-active"
    kernel = sandbox.kernel_says("can0")["linkinfo"]["info_data"]
    code, shown = client.request(GET, name("can0"))
    number = lambda kind: struct.unpack("<I", shown[kind])[0]
    assert code == OK and number(STATE) == 2 and kernel["state"] == "ERROR-PASSIVE"
    assert number(BITRATE) == 500000 == kernel["bittiming_bitrate"]
    assert shown[KIND] == b"can"
    adapter.say(b"sb256000\r")
    event = events.wait("can.state", interface_name="can0", can_state="bus-off", timeout=20)
    assert event["can_bus_offs"] == 1
    daemon.netvane("can", "down", "can0")
    daemon.netvane("can", "bitrate", "can0", "125000")
    kernel = sandbox.kernel_says("can0")["linkinfo"]["info_data"]
    assert kernel["bittiming_bitrate"] == 125000
