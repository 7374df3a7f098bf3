"""Simulated radios, and the real hostapd, wpa_supplicant and iw on them."""

import os
from pathlib import Path

from harness.waiting import wait_until

MODULE = "mac80211_hwsim"
CHANNEL, FREQUENCY = 1, 2412

HOSTAPD = """interface={link}
driver=nl80211
ssid2={ssid}
hw_mode=g
channel={channel}
"""

SUPPLICANT = """ctrl_interface={control}
network={{
    ssid={ssid}
    key_mgmt=NONE
    scan_freq={frequency}
}}
"""


class Radios:
    """wlan0, wlan1 ..., none of which has done anything yet."""

    def __init__(self, machine):
        self.machine = machine
        self._access_points = {}
        self._bssids, self._stations = {}, []

    def __call__(self, count):
        self.machine.load(MODULE, f"radios={count}")
        names = [f"wlan{i}" for i in range(count)]
        wait_until(lambda: set(names) <= set(self.machine.links()), f"{names} to be there")
        self.machine.settle()
        return names

    def access_point(self, link, ssid):
        """An open network of that name (bytes) on wlanN; returns its BSSID."""
        file = self.machine.dir / f"hostapd-{link}.conf"
        file.write_text(HOSTAPD.format(link=link, ssid=ssid.hex(), channel=CHANNEL))
        process, log = self.machine.serve(f"hostapd-{link}", "hostapd", file)
        wait_until(lambda: "AP-ENABLED" in log.read_text(errors="replace"),
                   lambda: f"hostapd: {log.read_text(errors='replace')}")
        self._access_points[link] = process
        self._bssids[ssid] = self.machine.hardware_address(link)
        return self._bssids[ssid]

    def switch_off(self, link):
        """Ends the access point on it."""
        self.machine.stop(self._access_points.pop(link))

    def supplicant(self, link, ssid):
        """wpa_supplicant that joins the network; it does not wait until it has."""
        file, control = (self.machine.dir / f"wpa-{link}{end}" for end in (".conf", ""))
        file.write_text(SUPPLICANT.format(ssid=ssid.hex(), control=control, frequency=FREQUENCY))
        process, _ = self.machine.serve(f"wpa-{link}", "wpa_supplicant", "-i", link, "-c", file,
                                        "-D", "nl80211")
        self._stations.append(process)

    def wpa(self, link, *command):
        """wpa_cli, to that wpa_supplicant."""
        done = self.machine.run("wpa_cli", "-p", self.machine.dir / f"wpa-{link}", "-i", link,
                                *command)
        assert "FAIL" not in done.stdout, f"{command}: {done.stdout}"

    def connect(self, link, ssid):
        """iw, which tells the kernel what to join and does not wait. The kernel itself looks for
        the network only once, so it is made to see it before. (iw waits for ever when it misses
        that its scan is over.)"""
        self.machine.ip(f"link set {link} up")
        wait_until(lambda: self._bssids[ssid] in self.machine.run(
            "timeout", "10", "iw", "dev", link, "scan", "freq", str(FREQUENCY), check=False).stdout,
            f"{link} to see {ssid}")
        self.machine.run("iw", "dev", link, "connect", os.fsdecode(ssid), str(FREQUENCY))

    def wait_connected(self, link, bssid):
        """Until iw says that the link is associated with it; None: with none."""
        def is_so():
            said = self.machine.run("iw", "dev", link, "link").stdout
            return f"Connected to {bssid} " in said if bssid else "Not connected" in said
        wait_until(is_so, f"{link} at {bssid}")

    def disconnect(self, link):
        self.machine.run("iw", "dev", link, "disconnect")

    def remove(self):
        """All of them, with every module that radios need."""
        self.close()
        self.machine.unload(MODULE)
        self.machine.run("modprobe", "--remove", "mac80211", "cfg80211", check=False)
        wait_until(lambda: not Path("/sys/module/cfg80211").exists(), "cfg80211 to go")

    def close(self):
        while self._stations:
            self.machine.stop(self._stations.pop())
        for link in list(self._access_points):
            self.switch_off(link)
