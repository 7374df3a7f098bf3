"""The virtual machine as the harness of the integration tests sees it: a sandbox without walls."""

import json
import pathlib
import re
import subprocess

from harness.daemon import built
from harness.namespaces import Namespaces, clean_environment, terminate
from harness.network import Sandbox
from harness.waiting import wait_until

NETWORKS = pathlib.Path("/run/systemd/network")
SYSFS = pathlib.Path("/sys/class/net")


class Machine:
    """Commands run in the machine itself, which has real udev, networkd and D-Bus."""

    run, ip, ifindex = Namespaces.run, Sandbox.ip, Sandbox.ifindex

    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        self.dir.chmod(0o755)
        self._processes, self._modules = [], []
        self._before = set(self.links())

    def popen(self, *command, env=None, inherit_env=False, **options):
        if not inherit_env:
            options["env"] = clean_environment(env)
        process = subprocess.Popen([str(part) for part in command], **options)
        self._processes.append(process)
        return process

    def serve(self, name, *command):
        """A program that runs until the test ends or stop() it; its log is the file returned."""
        log = self.dir / f"{name}.log"
        with open(log, "ab") as file:
            process = self.popen(*command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        return process, log

    def stop(self, process):
        terminate(process)

    def load(self, module, *parameters):
        self.run("modprobe", module, *parameters)
        self._modules.append(module)

    def unload(self, module):
        self.run("modprobe", "--remove", module)
        self._modules.remove(module)

    # Links, as others than netvaned know them

    def links(self):
        return [path.name for path in SYSFS.iterdir() if path.is_dir()]

    def kernel_says(self, link):
        """ip(8)'s view, with details."""
        return json.loads(self.ip(f"-json -details link show dev {link}"))[0]

    def kernel_links(self):
        return json.loads(self.ip("-json link show"))

    def kernel_addresses(self, link):
        return json.loads(self.ip(f"-json addr show dev {link}"))[0]["addr_info"]

    def wait_for_can_receiver(self, link):
        """Somebody listens for CAN frames on the link. (The first one has the file appear.)"""
        lists = pathlib.Path("/proc/net/can/rcvlist_all")
        text = lambda: lists.read_text() if lists.exists() else ""
        wait_until(lambda: re.search(rf"^ +{link} +\S+ +\S+ ", text(), re.M),
                   lambda: f"a receiver on {link}: {text()}")

    def networkd_says(self, link):
        """networkctl(1)'s view: Type, Driver, OperationalState, AdministrativeState ..."""
        done = self.run("networkctl", "--json=short", "status", link)
        return json.loads(done.stdout)

    def hardware_address(self, link):
        return (SYSFS / link / "address").read_text().strip()

    # systemd-networkd and udev

    def write_networks(self, networks):
        """More .network and .netdev files, {name: text}, in force when this returns."""
        NETWORKS.mkdir(parents=True, exist_ok=True)
        for name, text in networks.items():
            (NETWORKS / name).write_text(text)
        self.run("networkctl", "reload")

    def settle(self):
        """udev has worked off what the kernel told it so far."""
        self.run("udevadm", "settle", timeout=20.0)

    def udev_says(self, link):
        lines = self.run("udevadm", "info", "--query=property", f"/sys/class/net/{link}").stdout
        return dict(line.split("=", 1) for line in lines.splitlines())

    def follow(self, daemon):
        return Events(self, daemon)

    def clean(self):
        for process in self._processes:
            terminate(process)
        for module in reversed(self._modules):
            self.run("modprobe", "--remove", module)
        # A master's end may take others along.
        for link in set(self.links()) - self._before:
            self.run("ip", "link", "delete", link, check=False)
        left = set(self.links()) - self._before
        if NETWORKS.exists() and list(NETWORKS.iterdir()):
            for path in NETWORKS.iterdir():
                path.unlink()
            self.run("networkctl", "reload")
        assert not left, f"{left} cannot be removed"


class Events:
    """All events since the daemon's start, read from a running "netvane events"."""

    def __init__(self, machine, daemon):
        self._file = machine.dir / "events.json"
        with open(self._file, "wb") as file:
            machine.popen(built("netvane"), "--json", "events", "--since", "1h", "--follow",
                          env={"NETVANE_SOCKET": str(daemon.control)},
                          stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL)

    def all(self, topic=None, **payload):
        """Those of the topic whose payloads have these values, in order."""
        whole = self._file.read_bytes().rpartition(b"\n")[0]
        events = [json.loads(line) for line in whole.splitlines()]
        return [event for event in events if topic in (None, event["topic"])
                and payload.items() <= {**event["payload"]}.items()]

    def wait(self, topic, count=1, timeout=5.0, **payload):
        """Waits for so many of them and returns the last one's payload."""
        def enough():
            found = self.all(topic, **payload)
            return found if len(found) >= count else None
        def seen():
            return [(event["topic"], event["payload"].get("interface_name")) for event in self.all()]
        return wait_until(enough, lambda: f"{count} {topic} with {payload}, there were {seen()}",
                          timeout)[-1]["payload"]
