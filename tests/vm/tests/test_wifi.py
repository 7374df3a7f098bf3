"""Wi-Fi over simulated radios: what hostapd, wpa_supplicant and iw do is what netvaned says."""

import os
import signal
import socket

import pytest

from harness.waiting import wait_until

HOME = b"My Home Net"
NETWORKS = {
    "spaces": HOME, "quotes": """Zürich "☕" \\ $(x)'""".encode(), "bytes": b"\xff\xfe\0raw\n",
}

STATIC = """[Match]
Name=wlan1
[Network]
Address=10.97.0.1/24
IPv6AcceptRA=no
LinkLocalAddressing=no
"""


def shown(daemon, link):
    return daemon.netvane("show", "interfaces", link, json_output=True)


def text_of(ssid):
    return ssid.decode("utf-8", "replace").replace("\0", "\ufffd")


def is_network(link, ssid, bssid):
    assert (link["essid"], link["essid_hex"], link["bssid"]) == (text_of(ssid), ssid.hex(), bssid)


def is_no_network(link):
    assert not {"essid", "essid_hex", "bssid"} & set(link)


@pytest.mark.parametrize("ssid", NETWORKS.values(), ids=NETWORKS.keys())
def test_a_network_joined_by_wpa_supplicant(radios, daemon, events, ssid):
    access_point, station = radios(2)
    bssid = radios.access_point(access_point, ssid)

    radios.supplicant(station, ssid)
    is_network(events.wait("wifi.connected", interface_name=station, timeout=10), ssid, bssid)
    is_network(shown(daemon, station), ssid, bssid)

    radios.wpa(station, "disconnect")
    is_network(events.wait("wifi.disconnected", interface_name=station), ssid, bssid)
    is_no_network(shown(daemon, station))
    assert len(events.all("wifi.connected")) == len(events.all("wifi.disconnected")) == 1


def test_a_network_that_was_there_first(radios, make_daemon):
    access_point, station = radios(2)
    bssid = radios.access_point(access_point, HOME)
    radios.connect(station, HOME)
    radios.wait_connected(station, bssid)

    daemon = make_daemon(plugins=[])

    is_network(shown(daemon, station), HOME, bssid)


def test_roaming_to_another_access_point(radios, daemon, events):
    first, second, station = radios(3)
    bssids = {radios.access_point(link, HOME) for link in (first, second)}
    radios.supplicant(station, HOME)
    before = events.wait("wifi.connected", interface_name=station, timeout=10)["bssid"]
    (other,) = bssids - {before}

    radios.wpa(station, "roam", other)

    events.wait("wifi.connected", interface_name=station, bssid=other, timeout=10)
    radios.wait_connected(station, other)
    is_network(shown(daemon, station), HOME, other)


def test_scripts_get_the_name_of_the_network(radios, sandbox, make_daemon, recorder):
    sandbox.write_networks({"10-wlan1.network": STATIC})
    recorder.add_all(["carrier", "routable", "wifi.connected", "wifi.disconnected"])
    daemon = make_daemon(f"[Plugin scripts]\nScriptDirectory={recorder.dir}\n", plugins=["scripts"])
    access_point, station = radios(2)
    radios.access_point(access_point, HOME)

    radios.supplicant(station, HOME)

    seen = lambda: {record.directory: record.env.get("ESSID")
                    for record in recorder.records(IFACE=station)}
    joined = dict.fromkeys(("carrier.d", "routable.d", "wifi.connected.d"), text_of(HOME))
    wait_until(lambda: seen() == joined, lambda: f"scripts with ESSID, there are {seen()}", 10)

    radios.wpa(station, "disconnect")
    wait_until(lambda: seen() == {**joined, "wifi.disconnected.d": text_of(HOME)},
               lambda: f"a script at the end, there are {seen()}")


def test_radios_that_go_and_come_again_with_all_their_modules(radios, daemon, events):
    for count in (1, 2):
        access_point, station = radios(2)
        bssid = radios.access_point(access_point, HOME)
        radios.supplicant(station, HOME)
        events.wait("wifi.connected", count=count, interface_name=station, timeout=10)
        is_network(shown(daemon, station), HOME, bssid)
        if count == 1:
            radios.remove()
            events.wait("link.removed", interface_name=station)


def nl80211_socket(daemon):
    """The daemon's own socket (pidfd_getfd(2)), to be made small from here."""
    with open("/proc/net/netlink") as file:
        inodes = {fields[9] for fields in map(str.split, file) if fields[1] == "16"}
    directory = f"/proc/{daemon.process.pid}/fd"
    for fd in os.listdir(directory):
        target = os.readlink(f"{directory}/{fd}")
        if target.startswith("socket:[") and target[8:-1] in inodes:
            return socket.socket(fileno=pidfd_getfd(daemon.process.pid, int(fd)))
    raise AssertionError("the daemon has no generic netlink socket")


def pidfd_getfd(pid, fd):
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    taken = libc.syscall(438, pidfd, fd, 0)
    assert taken >= 0, os.strerror(ctypes.get_errno())
    os.close(pidfd)
    return taken


def test_after_lost_messages_everything_is_looked_up_anew(radios, daemon, events):
    first, second, station = radios(3)
    bssid = radios.access_point(first, HOME), radios.access_point(second, b"Another")
    radios.connect(station, HOME)
    events.wait("wifi.connected", interface_name=station, bssid=bssid[0], timeout=10)

    with nl80211_socket(daemon) as theirs:
        before = theirs.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        daemon.signal(signal.SIGSTOP)
        for ssid, at in ((None, None), (HOME, 0), (None, None), (b"Another", 1)):
            radios.connect(station, ssid) if ssid else radios.disconnect(station)
            radios.wait_connected(station, bssid[at] if ssid else None)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, before)
        daemon.signal(signal.SIGCONT)

    daemon.wait_log("nl80211 messages were lost")
    events.wait("wifi.connected", interface_name=station, bssid=bssid[1])
    is_network(shown(daemon, station), b"Another", bssid[1])

    radios.disconnect(station)  # it hears still
    events.wait("wifi.disconnected", interface_name=station, bssid=bssid[1])
