"""Rules over what only real radios tell."""

import json
import pathlib

import pytest

RULES = [
    {"name": "tag", "on": "wifi.connected", "match": "has(essid)",
     "actions": [{"type": "tag", "params": {"add": [{"cel": "'ssid:' + essid"}]}}]},
    {"name": "untag", "on": "wifi.disconnected", "match": "has(essid)",
     "actions": [{"type": "tag", "params": {"remove": [{"cel": "'ssid:' + essid"}]}}]},
    {"name": "at-home", "on": "link.change", "match": "!has_tag(local_tags, 'ssid:My Home Net')",
     "actions": [{"type": "deny", "params": {"reason": "only at home"}}]},
]


@pytest.fixture
def policy():
    """A document where only root can write."""
    path = pathlib.Path("/etc/policy-of-a-test.json")
    path.write_text(json.dumps({"version": 1, "rules": RULES}))
    path.chmod(0o644)
    yield path
    path.unlink()


def test_this_machine_is_tagged_by_its_wifi_and_rules_go_by_it(radios, make_daemon, sandbox, policy):
    access_point, station = radios(2)
    radios.access_point(access_point, b"My Home Net")
    daemon = make_daemon(f"[Plugin policy]\nDocument={policy}\n", plugins=["policy"])
    events = sandbox.follow(daemon)

    def tags():
        return daemon.netvane("show", "policy", "status", json_output=True)[0]["local_tags"]

    def change():
        return daemon.netvane("link", "mtu", access_point, "1400", check=False)

    assert tags() == [] and "only at home" in change().stderr
    radios.supplicant(station, b"My Home Net")
    events.wait("policy.tagged", rule="tag", timeout=10)
    assert tags() == ["ssid:My Home Net"] and change().returncode == 0

    radios.wpa(station, "disconnect")
    events.wait("policy.tagged", rule="untag", timeout=10)
    assert tags() == [] and "only at home" in change().stderr
    connected = events.wait("wifi.connected", interface_name=station)
    assert connected["essid"] == "My Home Net"
