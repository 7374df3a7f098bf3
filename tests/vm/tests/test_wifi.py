"""Wi-Fi, over simulated radios."""

import pytest

NETWORKS = {"plain": b"simnet", "spaces": b"My Home Net"}


def shown(daemon, link):
    return daemon.netvane("show", "interfaces", link, json_output=True)


@pytest.mark.parametrize("ssid", NETWORKS.values(), ids=NETWORKS.keys())
def test_a_network_joined_by_wpa_supplicant(radios, daemon, events, sandbox, ssid):
    access_point, station = radios(2)
    bssid = radios.access_point(access_point, ssid)

    radios.supplicant(station, ssid)

    connected = events.wait("wifi.connected", interface_name=station, timeout=10)
    assert connected["essid_hex"] == ssid.hex()
    assert connected["bssid"] == bssid
