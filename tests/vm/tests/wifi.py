"""Simulated radios, and the real hostapd, wpa_supplicant and iw on them."""

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
        return self.machine.hardware_address(link)

    def switch_off(self, link):
        """Ends the access point on it."""
        self.machine.stop(self._access_points.pop(link))

    def supplicant(self, link, ssid):
        """wpa_supplicant that joins the network; it does not wait until it has."""
        file, control = (self.machine.dir / f"wpa-{link}{end}" for end in (".conf", ""))
        file.write_text(SUPPLICANT.format(ssid=ssid.hex(), control=control, frequency=FREQUENCY))
        process, _ = self.machine.serve(f"wpa-{link}", "wpa_supplicant", "-i", link, "-c", file,
                                        "-D", "nl80211")
        return process

    def wpa(self, link, *command):
        """wpa_cli, to that wpa_supplicant."""
        done = self.machine.run("wpa_cli", "-p", self.machine.dir / f"wpa-{link}", "-i", link,
                                *command)
        assert "FAIL" not in done.stdout, f"{command}: {done.stdout}"

    def connect(self, link, ssid):
        """iw, which tells the kernel what to join and does not wait."""
        self.machine.ip(f"link set {link} up")
        self.machine.run("iw", "dev", link, "connect", ssid, str(FREQUENCY))

    def disconnect(self, link):
        self.machine.run("iw", "dev", link, "disconnect")

    def close(self):
        for link in list(self._access_points):
            self.switch_off(link)
