"""The CAN interface daemon's socket on a kernel without CAN: both forms, limits, bad clients. What
needs interfaces is in tests/vm."""

import array
import contextlib
import grp
import os
import select
import socket
import stat
import struct
import subprocess
import time

import pytest

from harness.can import (BAD_NAME, BAD_OPERATION, BAD_REQUEST, CREATE, DOWN, HELLO, LIST, MESSAGE,
                         NAME, STOPPING, SUPPORTED, UNSUPPORTED, UP, VERSION, Client, attribute,
                         classic, nvc1)

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)


@pytest.fixture
def vcan(make_daemon):
    def make(config="", **options):
        daemon = make_daemon(f"[Plugin vcan]\nListen=can.sock\n{config}", plugins=["vcan"],
                             **options)
        return daemon, daemon.runtime_dir / "can.sock"
    return make


@pytest.fixture
def connect():
    with contextlib.ExitStack() as stack:
        def make(path, greeting=b""):
            client = Client(path, greeting)
            stack.callback(client.close)
            return client
        yield make


def test_a_kernel_without_can_is_told_once_and_to_every_client(vcan, connect):
    daemon, path = vcan()
    client = connect(path)
    success, code, message = client.ask(classic(CREATE, b"vcan0"))
    assert (success, code) == (0, UNSUPPORTED) and "AF_CAN" in message
    assert client.ask(classic(UP, b"vcan0"))[1] == UNSUPPORTED, "the connection is kept"
    assert len([line for line in daemon.text().splitlines() if "AF_CAN" in line]) == 1


def test_bad_requests_are_refused_and_the_connection_kept(vcan, connect):
    _, path = vcan()
    client = connect(path)
    for request, code in ((classic(0, b"vcan0"), BAD_OPERATION), (classic(4, b"vcan0"), BAD_OPERATION),
                          (classic(255, b""), BAD_OPERATION), (classic(CREATE, b""), BAD_NAME),
                          (classic(CREATE, b"sixteen-bytes-xx"), BAD_NAME),
                          (classic(CREATE, b"x" * 255), BAD_NAME),
                          (classic(UP, b"a/b"), BAD_NAME), (classic(UP, b"a b"), BAD_NAME),
                          (classic(UP, b"."), BAD_NAME), (classic(UP, b".."), BAD_NAME),
                          (classic(UP, b"vcan%d"), BAD_NAME), (classic(UP, b"\xff\xfe"), BAD_NAME),
                          (classic(UP, b"vc\0n"), BAD_NAME)):
        success, got, message = client.ask(request)
        assert (success, got) == (0, code) and message, request


def test_requests_may_come_in_any_split_and_in_a_row(vcan, connect):
    _, path = vcan()
    requests = classic(UP, b"") + classic(9, b"abc") + classic(UP, b"vcan0") + classic(DOWN, b"..")
    expected = [BAD_NAME, BAD_OPERATION, UNSUPPORTED, BAD_NAME]
    for size in (1, 2, 3, 5, len(requests)):
        client = connect(path)
        for at in range(0, len(requests), size):
            client.send(requests[at:at + size])
        assert [client.answer()[1] for _ in expected] == expected, size


def test_what_begins_with_almost_the_magic_is_classic(vcan, connect):
    _, path = vcan()
    client = connect(path)
    client.send(b"N")
    client.send(b"\x02ab")
    assert client.answer()[1] == BAD_OPERATION


def test_the_length_of_a_message_may_be_big_endian(vcan, connect):
    _, path = vcan("ByteOrder=big\n")
    client = connect(path)
    client.send(classic(UP, b"") * 2)
    assert client.answer(">")[1] == BAD_NAME and client.answer(">")[1] == BAD_NAME


def test_the_second_form_says_hello_and_refuses_in_its_own_words(vcan, connect):
    _, path = vcan()
    client = connect(path, b"NVC1")
    client.send(nvc1(HELLO, 7) + nvc1(99, 8) + nvc1(UP, 9) + nvc1(LIST, 10) +
                nvc1(UP, 11, attribute(NAME, b"a/b")) +
                nvc1(CREATE, 12, attribute(NAME, b"vcan0"), attribute(200, b"")))
    operation, code, number, attributes = client.answer2()
    assert (operation, code, number) == (HELLO, 0, 7)
    assert attributes[VERSION] and attributes[SUPPORTED] == bytes(4) and attributes[MESSAGE]
    assert [client.answer2()[1:3] for _ in range(5)] == [
        (BAD_OPERATION, 8), (BAD_REQUEST, 9), (UNSUPPORTED, 10), (BAD_NAME, 11),
        (BAD_REQUEST, 12)]


def test_a_request_that_is_too_long_is_answered_and_ends_the_connection(vcan, connect):
    _, path = vcan()
    client = connect(path, b"NVC1")
    client.send(struct.pack("<BBHI", LIST, 0, 1025, 5) + b"x" * 100)
    assert client.answer2()[1:3] == (BAD_REQUEST, 5)
    assert client.is_closed()


def test_a_client_that_ends_its_side_gets_all_answers(vcan, connect):
    _, path = vcan()
    client = connect(path)
    client.send(classic(UP, b"") * 100 + b"\x01")
    client.socket.shutdown(socket.SHUT_WR)
    assert [client.answer()[1] for _ in range(100)] == [BAD_NAME] * 100
    assert client.is_closed()


def test_silence_and_half_requests_end_connections(vcan, connect):
    _, path = vcan("RequestTimeout=3s\n")
    began = time.monotonic()
    silent, half, done = connect(path), connect(path), connect(path)
    half.ask(classic(UP, b""))
    done.ask(classic(UP, b""))
    half.send(b"\x01\x05vc")
    assert silent.is_closed() and half.is_closed()
    assert time.monotonic() - began >= 3
    assert done.ask(classic(UP, b""))[1] == BAD_NAME, "between requests silence is allowed"


def test_idle_connections_end_where_that_is_wanted(vcan, connect):
    _, path = vcan("IdleTimeout=1s\n")
    client = connect(path)
    client.ask(classic(UP, b""))
    assert client.is_closed()


def test_a_thousand_connections_are_served_and_the_next_is_refused(vcan, connect):
    daemon, path = vcan("MaxClients=1000\n")
    clients = [connect(path) for _ in range(1000)]
    for client in clients:
        client.send(classic(UP, b""))
    assert all(client.answer()[1] == BAD_NAME for client in clients)
    assert connect(path).is_closed()
    clients[0].close()
    daemon.wait(lambda: daemon.netvane("show", "can", "counters", json_output=True)
                ["clients"] == 999, "one to go")
    assert connect(path).ask(classic(UP, b""))[1] == BAD_NAME


def as_nobody(directory, script):
    """What a program prints that may not go through the directories above its own."""
    return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                           "/usr/bin/python3", "-c", script], capture_output=True, text=True,
                          timeout=30, cwd=directory, check=True).stdout


def test_one_user_does_not_take_all_places(vcan, connect):
    _, path = vcan("MaxClientsPerUser=5\n")
    script = """
import socket
kept = []
for _ in range(8):
    client = socket.socket(socket.AF_UNIX)
    client.connect("can.sock")
    kept.append(client)
served = 0
for client in kept:
    try:
        client.sendall(b"\\x02\\x00")
        served += client.recv(4) != b""
    except OSError:
        pass
print(served)
"""
    assert as_nobody(path.parent, script) == "5\n"
    assert connect(path).ask(classic(UP, b""))[1] == BAD_NAME, "there is room for others"


def test_descriptors_that_come_along_are_closed(vcan, connect):
    daemon, path = vcan()
    client = connect(path)
    client.ask(classic(UP, b""))
    count = lambda: len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
    before = count()
    with open("/dev/null") as null:
        rights = array.array("i", [null.fileno()] * 50)
        for _ in range(20):
            client.socket.sendmsg([classic(UP, b"")],
                                  [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            assert client.answer()[1] == BAD_NAME
    assert count() == before


def test_a_client_that_does_not_read_is_not_read_from(vcan, connect):
    daemon, path = vcan()
    client = connect(path)
    client.socket.setblocking(False)
    sent = 0
    piece = classic(UP, b"") * 8192
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        _, writable, _ = select.select([], [client.socket], [], 1)
        if not writable:
            break
        sent += client.socket.send(piece)
    else:
        raise AssertionError("it reads for ever")
    assert connect(path).ask(classic(UP, b""))[1] == BAD_NAME, "others are served"
    assert sent < 8 << 20
    client.socket.setblocking(True)
    client.socket.settimeout(10)
    assert all(client.answer()[1] == BAD_NAME for _ in range(sent // 2)), "nothing is lost"


def test_a_socket_of_somebody_else_is_left_alone(make_daemon):
    daemon = make_daemon("", plugins=["vcan"], start=False)
    path = daemon.runtime_dir / "can.sock"
    other = socket.socket(socket.AF_UNIX)
    other.bind(str(path))
    other.listen()
    inode = path.stat().st_ino
    daemon.write_config("[Plugin vcan]\nListen=can.sock\n")
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
    assert path.stat().st_ino == inode
    assert "can.sock cannot be listened on" in daemon.text()
    other.close()


def test_the_socket_is_for_whom_it_is_configured(vcan):
    _, path = vcan("SocketMode=0660\nSocketGroup=games\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert path.stat().st_gid == grp.getgrnam("games").gr_gid


def test_requests_during_the_shutdown_do_not_hold_it_up(vcan, connect):
    daemon, path = vcan()
    clients = [connect(path) for _ in range(20)]
    for client in clients:
        client.send(classic(UP, b"vcan0") * 200 + b"\x01")
    daemon.stop()
    for client in clients:
        codes = []
        with contextlib.suppress(EOFError, ConnectionResetError):
            while True:
                codes.append(client.answer()[1])
        assert set(codes) <= {UNSUPPORTED, STOPPING}
    assert not path.exists()


def test_users_of_a_section_may_do_more(vcan):
    daemon, _ = vcan("[Vcan robots]\nUser=nobody\nCreateNames=robot*\nQuota=3\n")
    assert daemon.netvane("show", "can", json_output=True) == []


def test_a_section_for_nobody_is_refused(make_daemon):
    daemon = make_daemon("[Plugin vcan]\nListen=can.sock\n[Vcan x]\nQuota=3\n", plugins=["vcan"],
                         start=False)
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
    assert "names neither User= nor Group=" in daemon.text()


def test_commands_say_why_they_cannot(vcan):
    daemon, _ = vcan()
    done = daemon.netvane("can", "create", "vcan0", check=False)
    assert done.returncode == 1 and "AF_CAN" in done.stderr
    done = daemon.netvane("can", "create", "a/b", check=False)
    assert done.returncode == 1 and "has one of" in done.stderr
    done = daemon.netvane("show", "can", "lo", "detail", check=False)
    assert done.returncode == 1 and "not a CAN interface" in done.stderr


def test_a_reload_keeps_clients_and_opens_what_is_new(vcan, connect):
    daemon, path = vcan()
    client = connect(path)
    client.ask(classic(UP, b""))
    daemon.write_config("[Plugin vcan]\nListen=can.sock other.sock\n")
    daemon.reload()
    assert client.ask(classic(UP, b""))[1] == BAD_NAME
    assert connect(daemon.runtime_dir / "other.sock").ask(classic(UP, b""))[1] == BAD_NAME
