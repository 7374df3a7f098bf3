"""networkd-dispatcher 2.2.3 and the script runner side by side: the same changes, the same scripts.

What systemd-networkd signalled is the truth. The script runner has to follow it exactly;
networkd-dispatcher may have lost some of it. A script that both ran has to get the same from both,
but for what networkd-dispatcher reads too late, and for the old name of a renamed link.
"""

import collections
import json
import pathlib
import re
import time

import pytest

from harness.daemon import Daemon
from harness.network import DYNAMIC, STATIC
from harness.signals import link_path
from harness.waiting import wait_until

DISPATCHER = "/usr/bin/networkd-dispatcher"
STATES = {
    "AdministrativeState": ["configured", "configuring", "failed", "pending", "unmanaged",
                            "linger", "initialized"],
    "OperationalState": ["carrier", "degraded", "degraded-carrier", "dormant", "enslaved",
                         "missing", "no-carrier", "off", "routable"],
}
OURS_ONLY = {"NETVANE_EVENT_ID", "NETVANE_TOPIC", "NETVANE_EVENT", "NETVANE_EVENT_FILE"}
PRIVATE = {"NOTIFY_SOCKET"}  # networkd-dispatcher passes it on, the script runner must not
ADDRESSES = ["ADDR", "IP_ADDRS", "IP6_ADDRS"]
# networkctl is asked some 20 ms after the signal. What it tells then of these was not yet true, or
# not yet written by networkd, when the state was entered. It has to be true at a later moment.
READ_LATER = {"Address", "Gateway", "DNS", "Search Domains", "Online state", "Time Zone",
              "DHCP4 Client ID"}
QUIET = 0.4

BRIDGE = {
    "10-veth0.network": STATIC,
    "10-veth1.network": DYNAMIC,
    "20-br0.netdev": "[NetDev]\nName=br0\nKind=bridge\n",
    "20-br0.network": "[Match]\nName=br0\n[Network]\nAddress=10.97.0.1/24\nIPv6AcceptRA=no\n"
                      "LinkLocalAddressing=no\n",
    "30-veth2.network": "[Match]\nName=veth2\n[Network]\nBridge=br0\n",
}


def lies_between(before, value, after):
    """Is the list on its way from one moment to another?"""
    before, value, after = (set(texts or ()) for texts in (before, value, after))
    return value == after or before <= value <= after or after <= value <= before


class Truth:
    """What networkd said, as the scripts that had to run: [(ifindex, directory)]."""

    def __init__(self, sandbox, signals):
        self.signals = signals
        self.taken = 0
        self.known = {}
        for path in (sandbox.root / "run/systemd/netif/links").iterdir():
            values = dict(line.split("=", 1) for line in path.read_text().splitlines()
                          if "=" in line)
            self.known[int(path.name)] = {"AdministrativeState": values["ADMIN_STATE"],
                                          "OperationalState": values["OPER_STATE"]}

    @staticmethod
    def ifindex(path):
        digits = path.rsplit("/_", 1)[-1]
        return int(chr(int(digits[:2], 16)) + digits[2:])

    def take(self):
        """The runs that the signals since the last call ask for."""
        changes = [change for change in self.signals.changes() if "/link/" in change[0]]
        runs = [run for path, properties in changes[self.taken:]
                for run in self.runs_of(self.ifindex(path), properties)]
        self.taken = len(changes)
        return runs

    def runs_of(self, ifindex, properties):
        known = self.known.setdefault(ifindex, {})
        for name, words in STATES.items():  # administrative first
            state = properties.get(name)
            if state is None or state == known.get(name):
                continue
            known[name] = state
            assert state in words
            yield ifindex, f"{state}.d"
        if properties.get("AdministrativeState") == "linger":
            del self.known[ifindex]


class Pair:
    """Both programs in one sandbox, and what their scripts recorded."""

    def __init__(self, sandbox, make_daemon, make_recorder, record_signals, args=()):
        self.sandbox = sandbox
        self.theirs, self.ours = make_recorder("theirs"), make_recorder("ours")
        for recorder in (self.theirs, self.ours):
            recorder.add_all(state for states in STATES.values() for state in states)
        self.names = collections.defaultdict(set)  # by ifindex: all that a link ever had
        self.note_names()
        self.signals = record_signals("type='signal',sender='org.freedesktop.network1'")
        self.truth = Truth(sandbox, self.signals)
        self.dispatcher = Daemon(sandbox, sandbox.dir / "dispatcher", program=[DISPATCHER],
                                 options=False, plugins=[],
                                 args=["-v", "-S", self.theirs.dir, *args])
        self.dispatcher.start()
        self.netvaned = make_daemon(f"[Plugin scripts]\nScriptDirectory={self.ours.dir}\n",
                                    plugins=["scripts"], args=args)
        self.seen = {self.theirs: 0, self.ours: 0}
        self.compared = 0  # scripts that both ran
        if not args:
            self.forget_the_start()

    def forget_the_start(self):
        """What networkd said while the programs came up, one of them knew and another did not."""
        self.settle()
        self.truth.take()
        for recorder in self.seen:
            self.new_records(recorder)

    def note_names(self):
        for line in self.sandbox.ip("-o link show").splitlines():
            index, name = re.match(r"(\d+): ([^:@]+)", line).groups()
            self.names[int(index)].add(name)

    def is_at_rest(self):
        """Nobody runs or waits for a child; who has something to read and no processor runs, too."""
        programs = (self.sandbox.bus, self.sandbox.networkd, self.dispatcher, self.netvaned)
        tasks = [pathlib.Path(f"/proc/{each.process.pid}/task/{each.process.pid}")
                 for each in programs]
        return all((task / "stat").read_text().rpartition(")")[2].split()[0] == "S" and
                   not any(path.read_text() for path in task.parent.glob("*/children"))
                   for task in tasks)

    def settle(self):
        """Until nothing has happened for a while."""
        def size():
            return (len(self.signals.signals), len(self.theirs.records()),
                    len(self.ours.records()))
        last, since = size(), time.monotonic()
        while time.monotonic() - since < QUIET:
            time.sleep(0.02)
            if size() != last or not self.is_at_rest():
                last, since = size(), time.monotonic()

    def new_records(self, recorder):
        records = recorder.records()[self.seen[recorder]:]
        self.seen[recorder] += len(records)
        return records

    def step(self, action, truth=None):
        """Does it, waits until it is over, and compares. Returns what ran: [(ifindex, dir)]."""
        action()
        self.note_names()
        self.settle()
        self.note_names()
        truth = self.truth.take() if truth is None else truth
        ours, theirs = self.new_records(self.ours), self.new_records(self.theirs)
        later = self.read_now()
        for ifindex in {run[0] for run in truth}:
            expected = [run[1] for run in truth if run[0] == ifindex]
            mine = [r for r in ours if self.index_of(r) == ifindex]
            assert [r.directory for r in mine] == expected, self.story(ifindex, truth)
            his = [r for r in theirs if r["IFACE"] in self.names[ifindex]]
            self.compare(mine, his, later, self.story(ifindex, truth))
        assert len(ours) == len(truth), [(r.directory, r["IFACE"]) for r in ours]
        return truth

    def story(self, ifindex, truth):
        return (f"link {ifindex} {self.names[ifindex]}: networkd said {truth}\n"
                f"{self.netvaned.text()}")

    def index_of(self, record):
        if "NETVANE_EVENT" in record.env:
            return json.loads(record["NETVANE_EVENT"])["payload"]["interface_index"]
        return next(index for index, names in self.names.items() if record["IFACE"] in names)

    def read_now(self):
        """What networkctl shows at the end of the step, as networkd-dispatcher reads it."""
        names = [line.split()[1] for line in self.sandbox.run(
            "networkctl", "list", "--no-pager", "--no-legend").stdout.splitlines()]
        program = ("import importlib.machinery as m, importlib.util as u, json, sys\n"
                   f"l = m.SourceFileLoader('d', '{DISPATCHER}')\n"
                   "d = u.module_from_spec(u.spec_from_loader('d', l)); l.exec_module(d)\n"
                   "print(json.dumps({n: d.get_networkctl_status(n) for n in sys.argv[1:]}))\n")
        return json.loads(self.sandbox.run("/usr/bin/python3", "-c", program, *names).stdout)

    def compare(self, ours, theirs, later, story):
        """Each record of theirs with the next one of ours for that directory."""
        rest = list(ours)
        for his in theirs:
            while rest and rest[0].directory != his.directory:
                rest.pop(0)
            assert rest, f"only networkd-dispatcher ran {his.directory}; {story}"
            mine = rest.pop(0)
            self.compared += 1
            self.compare_records(mine, his, [r for r in rest], later.get(mine["IFACE"], {}))

    def compare_records(self, mine, his, rest, now):
        assert mine.name == his.name and mine.args == his.args and mine.cwd == his.cwd
        assert set(mine.env) - OURS_ONLY == set(his.env) - PRIVATE
        document, his_document = json.loads(mine["json"]), json.loads(his["json"])
        documents = [json.loads(record["json"]) for record in rest] + [now]
        assert mine["json"] == json.dumps(document, sort_keys=True)
        assert mine["IFACE"] == document["InterfaceName"]
        assert {mine["IFACE"], his["IFACE"]} <= self.names[self.index_of(mine)]
        if mine["IFACE"] != his["IFACE"]:  # renamed: networkctl knows nothing by the old name
            assert his_document.pop("InterfaceName") == his["IFACE"]
            document = {key: document[key] for key in his_document}
        for name in set(mine.env) - OURS_ONLY - {"IFACE", "json", *ADDRESSES}:
            assert mine[name] == his[name], f"{name} for {his.directory} on {his['IFACE']}"
        self.compare_documents(document, his_document, documents,
                               f"for {his.directory} on {his['IFACE']}")
        if mine["IFACE"] == his["IFACE"] and document.get("Address") == his_document.get("Address"):
            assert [mine[name] for name in ADDRESSES] == [his[name] for name in ADDRESSES]

    def compare_documents(self, mine, his, later, where):
        for key in sorted(set(mine) | set(his)):
            if mine.get(key) == his.get(key):
                assert type(mine[key]) is type(his[key])
                continue
            assert key in READ_LATER, f"{key} {where}: {mine.get(key)} but {his.get(key)}"
            assert any(lies_between(mine.get(key), his.get(key), document.get(key))
                       for document in later), \
                f"{key} {where}: {mine.get(key)}, but {his.get(key)} was never true"

    def close(self):
        self.dispatcher.kill()


@pytest.fixture
def make_pair(sandbox, make_daemon, make_recorder, record_signals):
    made = []

    def make(**options):
        made.append(Pair(sandbox, make_daemon, make_recorder, record_signals, **options))
        return made[-1]

    yield make
    for pair in made:
        pair.close()
        assert pair.compared > 0


def directories(truth, ifindex):
    return [directory for index, directory in truth if index == ifindex]


def test_static_link_through_loss_of_carrier_down_and_up(sandbox, make_pair):
    sandbox.wait_administrative("veth0", "configured")
    pair = make_pair()
    assert "no-carrier.d" in directories(pair.step(lambda: sandbox.unplug("veth0")), 2)
    assert "routable.d" in directories(pair.step(lambda: sandbox.plug("veth0")), 2)
    assert "off.d" in directories(pair.step(lambda: sandbox.ip("link set veth0 down")), 2)
    assert "routable.d" in directories(pair.step(lambda: sandbox.ip("link set veth0 up")), 2)


def test_addresses_come_and_go(sandbox, make_pair):
    sandbox.wait_administrative("veth0", "configured")
    pair = make_pair()
    pair.step(lambda: sandbox.ip("addr add 192.0.2.1/24 dev veth0"))
    pair.step(lambda: sandbox.ip("addr del 192.0.2.1/24 dev veth0"))
    pair.step(lambda: sandbox.ip("addr del 10.99.0.1/24 dev veth0"))
    pair.step(lambda: sandbox.ip("addr del fd99::1/64 dev veth0"))


LLDP = r"""
import socket
def tlv(kind, value):
    return (kind << 9 | len(value)).to_bytes(2, "big") + value
def frame(source, port, name, description):
    return (bytes.fromhex("0180c200000e") + source + b"\x88\xcc" + tlv(1, b"\x04" + source) +
            tlv(2, port) + tlv(3, b"\x00\x78") + tlv(4, description) + tlv(5, name) +
            tlv(7, b"\x00\x10\x00\x10") + tlv(0, b""))
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("peer0", 0))
for i, neighbour in enumerate([
        (b"\x05Gi0/1", b"switch", b"to the hall (left)"),
        (b"\x03\x02\x00\x00\x00\x00\x01", b"t\xc3\xbcr\t'x'", b""),
        (b"\x04\x01\xc0\x00\x02\x01", b"four\x00\x00", b""),
        (b"\x07a\\b", b"", b"it's \x01"), (b"\x06odd", b"in\x00ner", b"")]):
    out.send(frame(bytes([2, 0, 0, 0, 1, i]), *neighbour))
"""


def test_neighbours_by_lldp(sandbox, make_pair):
    sandbox.wait_administrative("veth0", "configured")
    sandbox.run("ip", "netns", "exec", "peer", "/usr/bin/python3", "-c", LLDP)
    shown = lambda: sandbox.run("networkctl", "status", "--no-pager", "veth0").stdout
    wait_until(lambda: shown().count(" on port ") == 5, shown, 20)
    pair = make_pair()
    pair.step(lambda: sandbox.ip("addr del 10.99.0.1/24 dev veth0"))
    pair.step(lambda: sandbox.ip("addr del fd99::1/64 dev veth0"))
    seen = [json.loads(record["json"]).get("Connected To") for record in pair.ours.records()]
    assert any(texts and len(texts) == 5 for texts in seen), seen


def test_unmatched_link_comes_is_renamed_and_goes(sandbox, make_pair):
    sandbox.wait_administrative("veth0", "configured")
    pair = make_pair()
    truth = pair.step(lambda: sandbox.ip("link add new0 index 50 type bridge"))
    assert "off.d" in directories(truth, 50)
    pair.step(lambda: sandbox.ip("link set new0 name other0"))
    pair.step(lambda: sandbox.ip("link set other0 up"))
    pair.step(lambda: sandbox.ip("addr add 192.0.2.1/24 dev other0"))
    truth = pair.step(lambda: sandbox.ip("link del other0"))
    assert directories(truth, 50)[-1] == "linger.d"


@pytest.mark.sandbox(veths=3, networks=BRIDGE)
def test_bridge_and_its_member(sandbox, make_pair):
    sandbox.wait_administrative("br0", "configured")
    sandbox.wait_operational("veth2", "enslaved")
    pair = make_pair()

    def unplug():
        sandbox.unplug("veth2")
        sandbox.wait_operational("br0", "no-carrier")

    def plug():
        sandbox.plug("veth2")
        sandbox.wait_operational("br0", "routable")
    pair.step(unplug)
    truth = pair.step(plug)
    assert "enslaved.d" in directories(truth, sandbox.ifindex("veth2"))
    assert "routable.d" in directories(truth, sandbox.ifindex("br0"))


def wait_settled(sandbox, link):
    """Configured, and networkd has had nothing to say of it for a while: DHCP and RA each make it
    configure the link once more."""
    path = sandbox.root / "run/systemd/netif/links" / str(sandbox.ifindex(link))
    wait_until(lambda: sandbox.networkd_says(link, "ADMIN_STATE") == "configured"
               and time.time() - path.stat().st_mtime > 3, f"{link} settled", 30)


@pytest.mark.sandbox(dhcp=True)
def test_dynamic_link_is_configured_again(sandbox, make_pair):
    sandbox.wait_administrative("veth1", "configured")
    wait_until(lambda: "fd98::" in sandbox.ip("-6 addr show veth1"), "a prefix")
    wait_settled(sandbox, "veth1")
    pair = make_pair()
    pair.step(lambda: sandbox.unplug("veth1"))

    def plug():
        sandbox.plug("veth1")
        sandbox.wait_administrative("veth1", "configured")
        wait_until(lambda: "fd98::" in sandbox.ip("-6 addr show veth1"), "a prefix", 20)
    assert "routable.d" in directories(pair.step(plug), sandbox.ifindex("veth1"))


def test_dormant_link(sandbox, make_pair):
    sandbox.wait_administrative("veth0", "configured")
    pair = make_pair()
    pair.step(lambda: sandbox.ip("link set veth0 mode dormant"))
    pair.step(lambda: sandbox.unplug("veth0"))
    assert "dormant.d" in directories(pair.step(lambda: sandbox.plug("veth0")), 2)


KINDS = ["link add br0 index 40 type bridge forward_delay 237 ageing_time 30050",
         "link property add dev br0 altname zeta", "link property add dev br0 altname alpha",
         "link add br1 index 41 type bridge", "link set br1 up",
         "link add mac0 index 42 link veth0 type macvlan mode bridge",
         "link add ifb0 index 43 type ifb", "link set ifb0 up mtu 1400",
         "addr add 10.1.1.1/24 dev ifb0", "addr add 169.254.3.4/16 scope link dev ifb0",
         "addr add 9.1.1.1/24 scope host dev ifb0", "addr add 10.0.0.1/24 dev ifb0",
         "addr add 2001:db8::4/64 dev ifb0 preferred_lft 0", "addr add 2001:db8::5/64 dev ifb0",
         "route add default via 10.1.1.77 dev ifb0 metric 50",
         "route add default via 10.1.1.7 dev ifb0 metric 100",
         "route add default via 10.1.1.8 dev ifb0 metric 10"]


def test_every_kind_of_link_is_described_alike_at_the_start(sandbox, make_pair):
    sandbox.ip("tuntap add tap0 mode tap")
    sandbox.ip_batch([*KINDS, "link set tap0 master br0"])
    for link in ("lo", "br0", "br1", "mac0", "ifb0", "tap0"):
        sandbox.wait_administrative(link, "unmanaged")
    sandbox.wait_administrative("veth0", "configured")
    sandbox.wait_operational("br1", "degraded")
    sandbox.wait_operational("ifb0", "routable")
    sandbox.wait_operational("veth1", "degraded", timeout=20)
    pair = make_pair(args=["-T"])
    truth = [(index, f"{known[name]}.d") for index, known in sorted(pair.truth.known.items())
             for name in STATES]
    pair.step(lambda: None, truth=truth)
    assert pair.compared == len(truth) == 2 * 8
