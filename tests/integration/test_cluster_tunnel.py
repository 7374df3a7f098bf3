"""Ports between machines: two netvaned at one real nats-server, and plugins that listen and dial."""

import hashlib
import os
import pathlib
import socket
import threading

import pytest

from harness.daemon import build_dir
from harness.nats import NatsServer, nkey, public_key
from harness.waiting import stays_true, wait_until

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)

FORWARD = build_dir() / "examples/forward.so"
NODES = build_dir() / "tests/plugins/nodes.so"
MIB = 1 << 20
SIZE = int(os.environ.get("NETVANE_TUNNEL_MIB", "96"))  # of the stream that restarts must not break
ALLOW = "[ClusterAllow all]\nCallers={}\nActions=connect datagram\n"


class Pair:
    """Machines a and b. Each allows the other what `allow` says; by default all ports."""

    def __init__(self, sandbox, make_daemon, directory):
        self.sandbox, self._make_daemon, self.dir = sandbox, make_daemon, directory
        self.server = NatsServer(sandbox)
        self.server.start()
        self.nkeys = {name: self._make_key(name) for name in ("a", "b")}
        self.a = self.b = None

    def _make_key(self, name):
        key = self.sandbox.dir / f"{name}.key"
        self.sandbox.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        return nkey("U", public_key(f"{key}.pub"))

    def start(self, name, more="", plugins=(FORWARD, NODES), allow=ALLOW, cluster=""):
        other = self.nkeys["b" if name == "a" else "a"]
        daemon = self._make_daemon(
            f"[Plugin cluster]\nServers=nats://127.0.0.1:4222\nNodeName={name}\n"
            f"HostKeyFile={self.sandbox.dir / name}.key\nPresenceInterval=1s\n{cluster}\n"
            + allow.format(other) + more, plugins=["cluster", *plugins])
        setattr(self, name, daemon)
        return daemon

    def both(self, a="", b="", **options):
        self.start("a", a, **options)
        self.start("b", b, **options)
        self.know()
        return self

    def know(self):
        for daemon in (self.a, self.b):
            wait_until(lambda d=daemon: {n["name"]: n["state"] for n in d.netvane(
                "show", "cluster", "nodes", json_output=True)} == {"a": "here", "b": "here"},
                "both machines")

    def forward(self, tmp, **options):
        """A Unix socket at a leads to a server of ours at b's side; the two paths."""
        near, far = tmp / "near", tmp / "far"
        self.both(f"[Forward test]\nListen=unix:{near}\nConnect=node:b:7\n",
                  f"[Forward test]\nListen=node:7\nConnect=unix:{far}\n", **options)
        return near, far

    def tunnels(self, daemon=None):
        return (daemon or self.a).netvane("show", "cluster", "tunnels", json_output=True)

    def result(self, *words, daemon=None):
        return (daemon or self.a).netvane(*words, json_output=True)["result"]


@pytest.fixture
def pair(sandbox, make_daemon, tmp_path):
    return Pair(sandbox, make_daemon, tmp_path)


class Far:
    """A server at a Unix socket: what each peer sent, and what it is sent back."""

    def __init__(self, path, serve):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen()
        self.errors = []
        threading.Thread(target=self._run, args=(serve,), daemon=True).start()

    def _run(self, serve):
        while True:
            try:
                peer = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(serve, peer), daemon=True).start()

    def _serve(self, serve, peer):
        with peer:
            try:
                serve(peer)
            except OSError as error:
                self.errors.append(error)

    def close(self):
        self.socket.close()


def connect(path):
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(120)
    peer.connect(str(path))
    return peer


def read_all(peer, size=MIB):
    digest, count = hashlib.sha256(), 0
    while data := peer.recv(size):
        digest.update(data)
        count += len(data)
    return digest.hexdigest(), count


def stream_of(mib, seed=b"x"):
    """That many MiB that are not alike, one after the other."""
    for number in range(mib):
        yield hashlib.shake_128(seed + number.to_bytes(4, "big")).digest(MIB)


def pump(peer, mib, between=lambda number: None):
    digest = hashlib.sha256()
    for number, block in enumerate(stream_of(mib)):
        digest.update(block)
        peer.sendall(block)
        between(number)
    return digest.hexdigest()


def answer_with_digest(peer):
    digest, count = read_all(peer)
    peer.sendall(f"{digest} {count}".encode())


def test_a_stream_goes_there_ends_and_is_answered(pair, tmp_path):
    near, far = pair.forward(tmp_path)
    server = Far(far, answer_with_digest)
    with connect(near) as peer:
        sent = pump(peer, 16)
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(200).decode() == f"{sent} {16 * MIB}"
        assert peer.recv(1) == b""
    server.close()
    wait_until(lambda: pair.tunnels()[0]["connections"] == 0, "its end")
    (tunnel,) = pair.tunnels()
    assert (tunnel["name"], tunnel["state"], tunnel["begun"]) == ("b", "open", "here")
    assert tunnel["bytes_sent"] == 16 * MIB and tunnel["packets_refused"] == 0
    assert pair.tunnels(pair.b)[0]["begun"] == "there"


def test_a_server_that_takes_little_gets_small_packets(pair, tmp_path):
    pair.server.config.write_text("port: 4222\nmax_payload: 4096\n")
    pair.server.kill()
    pair.server.start()
    near, far = pair.forward(tmp_path)
    server = Far(far, answer_with_digest)
    with connect(near) as peer:
        sent = pump(peer, 2)
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(200).decode() == f"{sent} {2 * MIB}"
    server.close()
    assert pair.result("nodes", "send", "node:b:10", "long", "4096") == -90  # EMSGSIZE
    assert pair.result("nodes", "send", "node:b:10", "long", "3000") == 0
    pair.b.wait_log(r"datagram long.* \(3000\)")


def test_both_directions_at_once_by_many(pair, tmp_path):
    near, far = pair.forward(tmp_path)

    def both_ways(peer):
        other = threading.Thread(target=pump, args=(peer, 4))
        other.start()
        digest, count = read_all(peer)
        other.join()
        peer.sendall(f"{digest} {count}".encode().ljust(100))

    server = Far(far, both_ways)
    wanted = hashlib.sha256(b"".join(stream_of(4))).hexdigest()
    outcomes = []

    def one():
        with connect(near) as peer:
            sender = threading.Thread(
                target=lambda: (pump(peer, 4), peer.shutdown(socket.SHUT_WR)))
            sender.start()
            digest, left = hashlib.sha256(), 4 * MIB
            while left:
                data = peer.recv(min(left, MIB))
                assert data, f"cut off with {left} bytes to come"
                digest.update(data)
                left -= len(data)
            sender.join()
            outcomes.append((digest.hexdigest(), peer.recv(200).decode().strip()))

    threads = [threading.Thread(target=one) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.close()
    assert outcomes == [(wanted, f"{wanted} {4 * MIB}")] * 5
    assert len(pair.tunnels()) == 1, "one session carries all"


def test_a_connection_is_a_descriptor_to_whoever_wants_one(pair, tmp_path):
    near = tmp_path / "near"
    pair.both(f"[Forward test]\nListen=unix:{near}\nConnect=node:{pair.nkeys['b']}:9\n")
    with connect(near) as peer:
        got = []
        reader = threading.Thread(target=lambda: got.append(read_all(peer)))
        reader.start()
        sent = pump(peer, 4)
        peer.shutdown(socket.SHUT_WR)
        reader.join()
    assert got == [(sent, 4 * MIB)]
    pair.b.wait_log(f"accepted from node:{pair.nkeys['a']}:0 at node:9")
    pair.b.wait_log("echo closed 0")
    pair.b.wait_log("echo is over")


def test_a_machine_reaches_its_own_ports(pair):
    pair.both()
    for name in ("node:9", "node:a:9", f"node:{pair.nkeys['a']}:9"):
        assert pair.result("nodes", "dial", name, "5000") == 0
    pair.a.wait_log("dialled 0", 3)
    assert pair.result("nodes", "send", "node:10", "ping self") == 0
    pair.a.wait_log(f"datagram ping self .* from node:{pair.nkeys['a']}:10")
    pair.a.wait_log(f"datagram pong .* from node:{pair.nkeys['a']}:10")
    assert pair.tunnels() == []


def test_what_is_not_there_is_refused_clearly(pair):
    pair.both()
    dial = lambda where: pair.result("nodes", "dial", where, "20000")
    assert dial("node:nobody:9") == -113  # EHOSTUNREACH
    pair.a.wait_log("cannot dial node:nobody:9: no machine of this name is known in the cluster")
    assert dial("node:b:4711") == 0
    pair.a.wait_log("dialled -111")  # ECONNREFUSED
    pair.b.stop()
    wait_until(lambda: dial("node:b:9") == -113, "the machine to have left")


def test_a_dial_ends_at_its_deadline_or_when_it_is_given_up(pair):
    pair.both()
    pair.b.signal(19)  # SIGSTOP: it is there, and never answers
    try:
        assert pair.result("nodes", "dial", "node:b:9", "300") == 0
        pair.a.wait_log("dialled -110")  # ETIMEDOUT
        assert pair.result("nodes", "dial", "node:b:9", "60000") == 0
        assert pair.tunnels()[0]["state"] == "calling"
        assert pair.result("nodes", "cancel") == 0
        pair.a.wait_log("dialled -125")  # ECANCELED
        wait_until(lambda: pair.tunnels() == [], "nobody to be called any more")
    finally:
        pair.b.signal(18)
    assert pair.result("nodes", "dial", "node:b:9", "20000") == 0
    pair.a.wait_log("dialled 0")


def test_all_who_dial_before_there_is_a_session_get_through(pair, tmp_path):
    near, far = pair.forward(tmp_path)
    server = Far(far, answer_with_digest)
    pair.b.signal(19)  # SIGSTOP: it answers no greeting
    try:
        peers = [connect(near) for _ in range(20)]
        wait_until(lambda: [(t["state"], t["connections"]) for t in pair.tunnels()] == [("calling", 20)],
                   pair.tunnels)
    finally:
        pair.b.signal(18)
    for number, peer in enumerate(peers):
        with peer:
            said = str(number).encode()
            peer.sendall(said)
            peer.shutdown(socket.SHUT_WR)
            assert peer.recv(200).decode() == f"{hashlib.sha256(said).hexdigest()} {len(said)}"
    server.close()


def test_datagrams_come_whole_once_and_are_answered(pair):
    pair.both()
    assert pair.result("nodes", "send", "node:b:10", "ping") == 0  # waits for the session
    pair.b.wait_log(f"datagram ping \\(4\\) from node:{pair.nkeys['a']}:10")
    pair.a.wait_log(f"datagram pong \\(4\\) from node:{pair.nkeys['b']}:10")
    assert pair.result("nodes", "send", "node:b:10", "long", "60000") == 0
    pair.b.wait_log(r"datagram long.* \(60000\)")
    assert pair.result("nodes", "send", "node:b:10", "longer", "70000") == -90  # EMSGSIZE
    assert pair.result("nodes", "send", "node:nobody:10", "x") == -113
    pair.server.kill()
    wait_until(lambda: pair.result("nodes", "send", "node:b:10", "x") == -100, "ENETDOWN")


def test_the_tunnel_with_a_peer_can_be_dropped(pair, tmp_path):
    near, far = pair.forward(tmp_path)
    server = Far(far, lambda peer: read_all(peer))
    assert pair.result("nodes", "remove", "b") == 0  # there is none
    assert pair.result("nodes", "remove", "nobody") == -113
    for drop in (lambda: pair.result("nodes", "remove", "b"),
                 lambda: pair.b.netvane("cluster", "tunnel", "drop", pair.nkeys["a"],
                                        json_output=True)["dropped"]):
        with connect(near) as peer:
            peer.sendall(b"x")
            wait_until(lambda: [t["connections"] for t in pair.tunnels(pair.b)] == [1], "it")
            before = len(pair.a.text()), len(pair.b.text())
            assert drop() == 1
            assert peer.recv(1) == b""
        for daemon, length in zip((pair.a, pair.b), before):
            daemon.wait(lambda d=daemon, n=length: "cut off: Software caused connection abort"
                        in d.text()[n:], "the reason at both ends")
        assert pair.tunnels() == []
    server.close()


@pytest.mark.parametrize("callback", ["accepted", "connected", "datagram", "closed"])
def test_whoever_carries_a_connection_may_be_restarted_from_inside_it(pair, callback):
    """The tunnel, or the plugin itself, at whose callback the tunnel is just then."""
    pair.both()
    there = pair.a if callback == "connected" else pair.b
    for who in ("cluster", "nodes"):
        ran = len(there.text())
        assert pair.result("nodes", "inside", callback, f"plugin restart {who}", daemon=there) == 0
        if callback == "datagram":
            assert pair.result("nodes", "send", "node:b:10", "ping") == 0
        else:
            assert pair.result("nodes", "dial", "node:b:9", "20000") == 0
        wait_until(lambda: f"inside {callback}: plugin restart {who}" in there.text()[ran:], "it")
        wait_until(lambda: [p["state"] for p in there.netvane("show", "plugins", json_output=True)]
                   == ["running"] * 3, "all to run again")
        pair.know()
        heard = len(pair.a.text())
        wait_until(lambda: pair.result("nodes", "dial", "node:b:9", "20000") == 0
                   and "dialled 0" in pair.a.text()[heard:], "the next one to get through")


def test_a_tunnel_may_be_dropped_from_inside_what_it_carries(pair):
    pair.both()
    assert pair.result("nodes", "inside", "accepted", "cluster tunnel drop a", daemon=pair.b) == 0
    assert pair.result("nodes", "dial", "node:b:9", "20000") == 0
    pair.a.wait_log("dialled -103")  # ECONNABORTED
    pair.b.wait_log("executed: 0 .*\"dropped\":1")
    assert pair.result("nodes", "dial", "node:b:9", "20000") == 0
    pair.a.wait_log("dialled 0")


def test_a_connection_that_is_given_up_as_it_comes_is_refused(pair):
    pair.both()
    assert pair.result("nodes", "inside", "accepted", "give up", daemon=pair.b) == 0
    assert pair.result("nodes", "dial", "node:b:9", "20000") == 0
    pair.b.wait_log("gave up 0 0")
    pair.a.wait_log("dialled -104")  # ECONNRESET
    assert pair.tunnels(pair.b)[0]["connections"] == 0
    assert pair.result("nodes", "dial", "node:a:9", "20000") == 0  # to itself, as ever
    pair.a.wait_log("dialled 0")


def test_events_tell_that_a_tunnel_comes_and_why_it_goes(pair):
    pair.both(cluster="TunnelTimeout=5s")

    def told(daemon):
        events = [(e["topic"].removeprefix("cluster.tunnel."), e["payload"]) for e in daemon.netvane(
            "show", "events", json_output=True) if e["topic"].startswith("cluster.tunnel.")]
        return [(what, said["name"], said["begun"], said.get("reason")) for what, said in events]

    def wait_told(daemon, *expected):
        wait_until(lambda: told(daemon) == list(expected), lambda: f"{expected}; {told(daemon)}")

    def connect_to_b():
        dialled = len(pair.a.text())
        assert pair.result("nodes", "dial", "node:b:9", "20000") == 0
        wait_until(lambda: "dialled 0" in pair.a.text()[dialled:], "the connection")

    connect_to_b()
    first = [("up", "b", "here", None)], [("up", "a", "there", None)]
    wait_told(pair.a, *first[0])
    wait_told(pair.b, *first[1])
    pair.b.netvane("cluster", "tunnel", "drop", "a")
    second = ([*first[0], ("down", "b", "here", "dropped")],
              [*first[1], ("down", "a", "there", "dropped")])
    wait_told(pair.a, *second[0])
    wait_told(pair.b, *second[1])
    connect_to_b()
    pair.b.netvane("plugin", "restart", "cluster")
    third = [*second[0], *first[0], ("down", "b", "here", "ended")]
    wait_told(pair.a, *third)
    wait_told(pair.b, *second[1], *first[1], ("down", "a", "there", "stopping"))
    pair.know()
    connect_to_b()
    pair.server.kill()
    wait_told(pair.a, *third, *first[0], ("down", "b", "here", "no server"))


def test_nobody_may_connect_unless_the_configuration_or_a_policy_says_so(pair):
    pair.start("a")
    pair.start("b", allow="[ClusterAllow other]\nCallers={}\nActions=connect\nPorts=5000-5010\n")
    pair.know()
    assert pair.result("nodes", "dial", "node:b:9", "20000") == 0
    pair.a.wait_log("dialled -13")  # EACCES
    pair.result("nodes", "send", "node:b:10", "secret")
    denied = wait_until(lambda: [e["payload"] for e in pair.b.netvane(
        "show", "events", json_output=True) if e["topic"] == "policy.denied"][1:], "the denials")
    assert denied[0]["action"] == "datagram" and denied[0]["asker"] == "nodes"
    assert "secret" not in pair.b.text()


def test_a_policy_sees_who_comes(pair):
    pair.start("a", cluster="Tags=role=edge", allow="")
    document = pair.dir / "policy.json"
    document.write_text('{"version": 1, "rules": ['
                        '{"name": "edge", "on": "connect", "match": "port == 9 && direction == \'in\''
                        ' && \'role=edge\' in peer_tags && peer_id != 0 && network_id == 0'
                        f' && node == \'{pair.nkeys["a"]}\'",'
                        ' "actions": [{"type": "allow"}]}]}')
    document.chmod(0o600)
    pair.b = pair._make_daemon(
        "[Plugin cluster]\nServers=nats://127.0.0.1:4222\nNodeName=b\nPresenceInterval=1s\n"
        f"Networks=\nHostKeyFile={pair.sandbox.dir}/b.key\n[Plugin policy]\nDocument={document}\n",
        plugins=["cluster", "policy", NODES])
    pair.know()
    assert pair.result("nodes", "dial", "node:b:9", "20000") == 0
    pair.a.wait_log("dialled 0")
    pair.b.wait_log("accepted from node")
    assert pair.result("nodes", "send", "node:b:10", "secret") == 0
    wait_until(lambda: [e for e in pair.b.netvane("show", "events", json_output=True)
                        if e["topic"] == "policy.denied"], "the datagram to be denied")
    assert "secret" not in pair.b.text()


def resident(daemon):
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) >> 10


def test_a_slow_reader_slows_its_sender_and_nobody_else(pair, tmp_path):
    pair.server.config.write_text("port: 4222\nhttp_port: 8222\n")
    pair.server.kill()
    pair.server.start()
    near, far = pair.forward(tmp_path)
    go, sent = threading.Event(), []

    def wait_and_read(peer):
        peer.recv(1)
        go.wait()
        digest, count = read_all(peer)
        peer.sendall(f"{digest} {count + 1}".encode())

    server = Far(far, wait_and_read)
    before = resident(pair.a), resident(pair.b)
    with connect(near) as peer:
        sender = threading.Thread(target=lambda: (
            sent.append(pump(peer, 48)), peer.shutdown(socket.SHUT_WR)))
        sender.start()
        progress = lambda: [t["bytes_sent"] for t in pair.tunnels()]
        wait_until(lambda: progress() and progress()[0] > MIB, "the first bytes")
        stays_true(lambda: progress()[0] < 8 * MIB, 1.0, "a sender that waits")
        assert pair.result("nodes", "dial", "node:b:9", "20000") == 0  # others get through
        pair.a.wait_log("dialled 0")
        grown = resident(pair.a) - before[0], resident(pair.b) - before[1]
        go.set()
        assert peer.recv(200).decode().split()[1] == str(48 * MIB)
        sender.join()
    server.close()
    assert max(grown) < 24, "a window, twice two queues, and what the allocator keeps"
    varz = pair.sandbox.run("/usr/bin/python3", "-c", "import urllib.request as u;"
                            "print(u.urlopen('http://127.0.0.1:8222/varz').read().decode())").stdout
    assert '"slow_consumers": 0' in varz


def test_a_stream_survives_restarts_of_the_server_whole(pair, tmp_path):
    near, far = pair.forward(tmp_path)
    server = Far(far, answer_with_digest)

    def restart(number):
        if number in (SIZE // 5, SIZE // 2):
            pair.server.kill()
            pair.server.start()

    with connect(near) as peer:
        sent = pump(peer, SIZE, restart)
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(200).decode() == f"{sent} {SIZE * MIB}"
    server.close()
    assert pair.a.netvane("show", "cluster", json_output=True)["connections"] >= 2


def test_an_outage_that_is_too_long_ends_connections_with_the_reason(pair, tmp_path):
    near, far = pair.forward(tmp_path, cluster="TunnelTimeout=2s")
    server = Far(far, lambda peer: read_all(peer))
    with connect(near) as peer:
        peer.sendall(b"x")
        wait_until(lambda: [t["connections"] for t in pair.tunnels(pair.b)] == [1], "it")
        wait_until(lambda: pair.tunnels()[0]["bytes_under_way"] == 0, "the byte to arrive")
        pair.server.kill()
        wait_until(lambda: not pair.a.netvane("show", "cluster", json_output=True)["connected"],
                   "the outage")
        pair.a.wait_log("the listening side was cut off: Network is down|"
                        "the connecting side was cut off: Network is down", timeout=40)
        assert peer.recv(1) == b""
    server.close()


def test_a_machine_that_dies_is_noticed_and_comes_back(pair, tmp_path):
    near, far = pair.forward(tmp_path, cluster="TunnelTimeout=30s")
    server = Far(far, lambda peer: read_all(peer))
    with connect(near) as peer:
        peer.sendall(b"x")
        wait_until(lambda: [t["connections"] for t in pair.tunnels(pair.b)] == [1], "it")
        pair.b.kill()
        pair.b.start()
        peer.sendall(b"to whom it may concern")
        pair.a.wait_log("the connecting side was cut off: Connection (timed out|reset)")
    with connect(near) as peer:
        peer.sendall(b"again")
        wait_until(lambda: [t["connections"] for t in pair.tunnels(pair.b)] == [1], "a new one")
    server.close()


def test_the_plugin_goes_and_comes_and_ports_stay_bound(pair, tmp_path):
    near, far = pair.forward(tmp_path)
    server = Far(far, answer_with_digest)
    with connect(near) as peer:
        peer.sendall(b"x")
        wait_until(lambda: [t["connections"] for t in pair.tunnels(pair.b)] == [1], "it")
        pair.a.write_config(pair.a.config.read_text().replace("NodeName=a", "NodeName=a\nTags=new"))
        pair.b.write_config(pair.b.config.read_text().replace("NodeName=b", "NodeName=b\nTags=new"))
        pair.a.reload()
        assert peer.recv(1) == b""
        pair.a.wait_log("the connecting side was cut off: Network is down")
        pair.b.wait_log("the listening side was cut off: Connection reset by peer")
    pair.b.reload()
    pair.know()
    with connect(near) as peer:
        peer.sendall(b"hello")
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(200).decode() == f"{hashlib.sha256(b'hello').hexdigest()} 5"
    server.close()
