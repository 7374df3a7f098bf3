"""Tunnels with a peer that breaks the rules: written by docs/cluster.md with other libraries."""

import socket
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from harness.daemon import build_dir
from harness.nats import NatsClient, NatsServer, nkey
from harness.tunnel import (ACCEPT, ACK, BYE, DATA, OPEN, PING, PONG, RESET, TunnelPeer,
                            frame_accept, frame_ack, frame_data, frame_datagram, frame_end,
                            frame_open, raw)
from harness.waiting import stays_true, wait_until

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)

NODES = build_dir() / "tests/plugins/nodes.so"
FORWARD = build_dir() / "examples/forward.so"


class Machine:
    def __init__(self, sandbox, make_daemon, request, more="", plugins=()):
        NatsServer(sandbox).start()
        self.client = NatsClient(sandbox)
        request.addfinalizer(self.client.close)
        self.key = Ed25519PrivateKey.generate()
        self.daemon = make_daemon(
            "[Plugin cluster]\nServers=nats://127.0.0.1:4222\nNodeName=b\nCluster=lab\n"
            f"[ClusterAllow peer]\nCallers={nkey('U', raw(self.key.public_key()))}\n"
            f"Actions=connect datagram\n{more}", plugins=["cluster", NODES, *plugins])
        self.daemon.wait_log("cluster: connected")
        self.nkey = self.shown()["nkey"]

    def shown(self):
        return self.daemon.netvane("show", "cluster", json_output=True)

    def peer(self, key=None):
        return TunnelPeer(self.client, "lab", self.nkey, key or self.key)

    def refused(self):
        return self.shown()["tunnel_packets_refused"]

    def tunnels(self):
        return self.daemon.netvane("show", "cluster", "tunnels", json_output=True)

    def wait_refused(self, count):
        wait_until(lambda: self.refused() == count,
                   lambda: f"{count} refused packets; there are {self.refused()}")



@pytest.fixture
def machine(sandbox, make_daemon, request):
    return Machine(sandbox, make_daemon, request)


def test_a_peer_by_the_book_is_understood(machine):
    peer = machine.peer().connect()
    peer.publish(peer.seal(frame_open(1, 9) + frame_data(1, 0, b"hello") + frame_end(1, 5)))
    peer.wait_frame(ACCEPT)
    data = peer.wait_frame(DATA)
    assert data[:22] == frame_data(1, 0, b"hello")
    peer.publish(peer.seal(frame_ack(1, 6, 1 << 20)))
    wait_until(lambda: machine.tunnels()[0]["connections"] == 0, "its end")
    peer.publish(peer.seal(frame_datagram(3, 10, b"ping")))
    machine.daemon.wait_log(f"datagram ping \\(4\\) from node:{peer.nkey}:3")
    assert machine.refused() == 0


def test_who_is_not_known_gets_no_answer(machine):
    stranger = machine.peer(Ed25519PrivateKey.generate())
    stranger.publish(stranger.hello())
    machine.wait_refused(1)
    assert stranger.packets(2) == [] and machine.tunnels() == []


def test_nobody_speaks_for_another(machine):
    """Eve knows all but the key: hello in another's name, and a signature of her own."""
    peer, eve = machine.peer(), Ed25519PrivateKey.generate()
    for proof in (lambda: peer.finish(eve), lambda: bytes([PING]), lambda: frame_open(1, 9),
                  lambda: b"\x01" + bytes(64)):
        peer.publish(peer.hello())
        peer.answered()
        before = machine.refused()
        peer.publish(peer.seal(proof() + frame_open(1, 9)))
        machine.wait_refused(before + 1)
        assert machine.tunnels() == []
    assert "accepted" not in machine.daemon.text()
    assert not [e for e in machine.daemon.netvane("show", "events", json_output=True)
                if e["topic"].startswith("cluster.tunnel.")], "nobody was there"


def test_what_is_forged_or_repeated_is_refused_and_counted(machine):
    peer = machine.peer().connect()
    good = peer.seal(frame_datagram(3, 10, b"once"))
    peer.publish(good)
    machine.daemon.wait_log("datagram once")
    peer.publish(good)                                               # again
    peer.publish(peer.seal(frame_datagram(3, 10, b"old"), number=0)) # under an old number
    changed = bytearray(peer.seal(frame_datagram(3, 10, b"changed")))
    changed[-1] ^= 1
    peer.publish(bytes(changed))
    peer.publish(peer.seal(frame_datagram(3, 10, b"far"), number=1 << 40))
    machine.wait_refused(4)
    peer.publish(b"\x09nonsense")
    peer.publish(b"")
    machine.wait_refused(6)
    peer.publish(good, sender=nkey("U", bytes(32)))                  # of nobody's session
    peer.publish(peer.seal(frame_datagram(3, 10, b"last")))
    machine.daemon.wait_log("datagram last")
    assert machine.daemon.text().count("datagram ") == 2


def test_an_old_hello_takes_nothing_from_who_is_there(machine):
    peer = machine.peer().connect()
    old = machine.peer()
    for _ in range(3):
        peer.publish(old.hello())
        old.answered()
    peer.publish(peer.seal(frame_open(1, 9)))
    peer.wait_frame(ACCEPT)
    assert sorted(t["state"] for t in machine.tunnels()) == ["answered"] * 3 + ["open"]


def test_hellos_in_anothers_name_do_not_end_its_own(machine):
    peer, eve = machine.peer(), machine.peer()
    peer.publish(peer.hello())
    peer.answered()
    for _ in range(3):
        eve.publish(eve.hello())
        eve.answered()
    peer.publish(peer.seal(peer.finish() + bytes([PING])))
    peer.wait_frame(PONG)
    assert "open" in [t["state"] for t in machine.tunnels()]


def test_a_flood_of_hellos_in_anothers_name_slows_its_own_and_no_more(machine):
    peer, eve = machine.peer(), machine.peer()
    wait_until(lambda: (eve.flood(100), machine.refused() > 0)[1], "some to be refused")
    peer.connect()
    assert "open" in [t["state"] for t in machine.tunnels()]


def test_hellos_are_taken_at_a_bounded_rate(machine):
    peer = machine.peer()
    wait_until(lambda: (peer.flood(100), machine.refused() > 0)[1], "some to be refused")
    assert 1 <= len(machine.tunnels()) <= 16, "half-open sessions of one machine"


def test_what_comes_before_a_lost_acceptance_is_waited_for_again(
        sandbox, make_daemon, request, tmp_path):
    key = Ed25519PrivateKey.generate()
    near = tmp_path / "near"
    machine = Machine(sandbox, make_daemon, request, f"[Forward test]\nListen=unix:{near}\n"
                      f"Connect=node:{nkey('U', raw(key.public_key()))}:7\n", [FORWARD])
    peer = machine.peer(key)
    peer.announce("peer")
    wait_until(lambda: "peer" in [n["name"] for n in machine.daemon.netvane(
        "show", "cluster", "nodes", json_output=True)], "it in the roster")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(str(near))
        kind, stream, port = struct.unpack(">BIH", peer.answer()[:7])
        assert (kind, stream, port) == (OPEN, 1, 7)  # the first of who began
        early = frame_data(1, 0, b"hello") + frame_end(1, 5)
        peer.publish(peer.seal(early))
        machine.wait_refused(2)
        peer.publish(peer.seal(frame_accept(1) + early))
        assert client.makefile("rb").read() == b"hello"
    assert not [f for f in peer.opened() if f[0] == RESET]


def test_holes_are_asked_for_once_and_overlaps_taken_once(machine):
    peer = machine.peer().connect()
    peer.publish(peer.seal(frame_open(1, 9)))
    peer.wait_frame(ACCEPT)
    peer.publish(peer.seal(frame_data(1, 3, b"def")))
    peer.publish(peer.seal(frame_data(1, 6, b"ghi")))
    asked = lambda: [f for f in peer.opened() if f[0] == ACK and f[5:13] == bytes(8) and f[21] == 1]
    wait_until(asked, "to be asked for the beginning")
    peer.publish(peer.seal(frame_data(1, 0, b"abcd") + frame_data(1, 2, b"cdefghi")
                           + frame_end(1, 9)))
    echoed = lambda: b"".join(f[17:] for f in peer.opened() if f[0] == DATA)
    wait_until(lambda: b"".join(
        frame[17:17 + struct.unpack(">I", frame[13:17])[0]]
        for frame in (f for f in peer.opened() if f[0] == DATA)) == b"abcdefghi", echoed)
    assert len(asked()) == 1


def test_who_sends_beyond_the_limit_is_cut_off(machine):
    peer = machine.peer().connect()
    peer.publish(peer.seal(frame_open(1, 9)))
    limit = struct.unpack(">Q", peer.wait_frame(ACCEPT)[5:13])[0]
    peer.publish(peer.seal(frame_data(1, limit, b"x")))
    assert peer.wait_frame(RESET)[1:5] == struct.pack(">I", 1)
    machine.daemon.wait_log("echo closed -71")  # EPROTO
    machine.wait_refused(1)


def test_streams_are_numbered_by_the_rules_and_bounded(machine):
    peer = machine.peer().connect()
    peer.publish(peer.seal(frame_open(2, 9)))  # ours are odd
    machine.wait_refused(1)
    peer.publish(peer.seal(frame_open(5, 4711)))
    assert peer.wait_frame(RESET) == struct.pack(">BIH", RESET, 5, 1)
    peer.publish(peer.seal(frame_open(5, 9)))  # a second time
    wait_until(lambda: struct.pack(">BIH", RESET, 5, 0) in peer.opened(), "its refusal")
    assert "accepted" not in machine.daemon.text()
    peer.publish(peer.seal(frame_open(3, 9)))  # asked for before 5, perhaps, and lost
    peer.wait_frame(ACCEPT)
    peer.publish(peer.seal(frame_open(301, 4711) + frame_open(7, 9)))  # too long ago to tell
    wait_until(lambda: any(struct.pack(">BIH", RESET, 7, 0) in frames for frames in peer.opened()),
               "its refusal")


def test_a_session_that_is_said_to_be_unknown_is_asked_about_not_believed_lost(machine):
    peer = machine.peer().connect()
    peer.publish(peer.seal(frame_open(1, 9)))
    peer.wait_frame(ACCEPT)
    peer.publish(bytes([4]) + peer.session)  # anybody could
    peer.wait_frame(PING)
    peer.publish(peer.seal(bytes([PONG])))
    stays_true(lambda: len(machine.tunnels()) == 1, 4, "the session")
    peer.publish(bytes([4]) + peer.session)
    wait_until(lambda: machine.tunnels() == [], "the session to be given up")
    assert [f for f in peer.opened() if f[0] == BYE]


def said(peer):
    """How many bytes of frames there were."""
    return sum(len(frames) for frames in peer.opened())


def test_to_ask_for_everything_again_and_again_costs_little(machine):
    peer = machine.peer().connect()
    size = 60000
    peer.publish(peer.seal(frame_open(1, 9) + frame_data(1, 0, bytes(size))))
    wait_until(lambda: said(peer) > size, "the echo, which is never acknowledged")
    peer.publish(peer.seal(frame_ack(1, 0, 1 << 20, again=1) * 500 + frame_open(3, 4711)))
    wait_until(lambda: any(frames.endswith(struct.pack(">BIH", RESET, 3, 1))
                           for frames in peer.opened()), "the end of that")
    assert 2 * size < said(peer) < 10 * size
    wait_until(lambda: said(peer) > 3 * size, "the rest of it, a little later")


def test_pings_of_one_packet_are_answered_once(machine):
    peer = machine.peer().connect()
    peer.publish(peer.seal(b"".join(frame_open(1 + 2 * i, 9) for i in range(10))))
    wait_until(lambda: machine.tunnels()[0]["connections"] == 10, "the streams")
    before = said(peer)
    peer.publish(peer.seal(bytes([PING]) * 2000 + frame_open(21, 4711)))
    wait_until(lambda: any(struct.pack(">BIH", RESET, 21, 1) in frames
                           for frames in peer.opened()), "the end of that")
    assert said(peer) - before < 1000


def test_a_machine_that_begins_anew_has_one_session(machine):
    peer = machine.peer().connect()
    peer.publish(peer.seal(frame_open(1, 9)))
    peer.wait_frame(ACCEPT)
    for _ in range(3):
        peer.connect()
    wait_until(lambda: [t["state"] for t in machine.tunnels()] == ["open"], machine.tunnels)
    machine.daemon.wait_log("echo closed -104")  # ECONNRESET
    peer.publish(peer.seal(frame_datagram(3, 10, b"here")))
    machine.daemon.wait_log("datagram here")


def test_who_never_takes_what_a_closed_stream_has_is_given_up(sandbox, make_daemon, request):
    """Stream 1 gets no room, 3 is never acknowledged, 5 is still open here."""
    machine = Machine(sandbox, make_daemon, request, "[Plugin cluster]\nTunnelCloseTimeout=2s\n")
    peer = machine.peer().connect()
    peer.publish(peer.seal(frame_open(1, 9, limit=0) + frame_data(1, 0, b"hello") + frame_end(1, 5)
                           + frame_open(3, 9) + frame_data(3, 0, b"hello") + frame_end(3, 5)
                           + frame_open(5, 9, limit=0) + frame_data(5, 0, b"hello")))
    shown = lambda: [(t["connections"], t["closing"]) for t in machine.tunnels()]
    wait_until(lambda: shown() == [(3, 2)], shown)
    wait_until(lambda: [t["given_up"] for t in machine.tunnels()] == [2], machine.tunnels)
    assert shown() == [(1, 0)]
    said = b"".join(peer.opened())
    assert [n for n in (1, 3, 5) if struct.pack(">BIH", RESET, n, 0) in said] == [1, 3]


def test_dials_are_asked_about_at_a_bounded_rate(machine):
    peer = machine.peer().connect()
    peer.publish(peer.seal(b"".join(frame_open(1 + 2 * i, 4711) for i in range(4000))))
    refused = lambda reason: sum(frames.count(struct.pack(">H", reason) + bytes([RESET])) +
                                 frames.endswith(struct.pack(">H", reason))
                                 for frames in peer.opened() if frames[0] == RESET)
    wait_until(lambda: refused(1) + refused(3) >= 4000, lambda: (refused(1), refused(3)))
    assert refused(1) >= 1024 and refused(3) > 900


def test_a_machine_leaves_streams_for_the_others(sandbox, make_daemon, request, tmp_path):
    with socket.socket(socket.AF_UNIX) as far:
        far.bind(str(tmp_path / "far"))
        far.listen(1024)
        machine = Machine(sandbox, make_daemon, request,
                          f"[Forward test]\nListen=node:7\nConnect=unix:{tmp_path}/far\n", [FORWARD])
        peer = machine.peer().connect()
        peer.publish(peer.seal(b"".join(frame_open(1 + 2 * i, 7) for i in range(300))))
        busy = [struct.pack(">BIH", RESET, 1 + 2 * i, 3) for i in range(256, 300)]
        wait_until(lambda: b"".join(busy) in b"".join(peer.opened()), "the refusals")
        assert machine.tunnels()[0]["connections"] == 256
