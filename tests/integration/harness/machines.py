"""Machines of a cluster: real systemd, each with a network, D-Bus, host name, SSH host key and
installed netvaned of its own, at a bridge where a NATS server can listen."""

import os
import pathlib
import queue
import shutil
import subprocess
import threading
import time

from .daemon import build_dir
from .namespaces import Namespaces, outermost, terminate
from .nats import PORT, nkey, public_key
from .network import Sandbox
from .systemd import INIT, remove_cgroup
from .waiting import PATIENCE, wait_until

HUB = "10.99.0.1"
SERVER = f"nats://{HUB}:{PORT}"
HOST_KEY = "etc/ssh/ssh_host_ed25519_key"
CONFIG = "usr/local/etc/netvane/netvane.conf.d"

NETWORK = """[Match]
Name=veth0
[Network]
Address={address}/24
IPv6AcceptRA=no
LinkLocalAddressing=no
"""

UNITS = {
    "failing.service": "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/bin/sh -c 'exit 3'\n",
    "sshd.service": "[Service]\nRuntimeDirectory=sshd\nExecStart=/usr/sbin/sshd -D -e -f /dev/null "
                    f"-h /{HOST_KEY}\n",
}

# As an administrator installs it, and `systemctl enable` leaves it.
LINKS = {
    "etc/systemd/system/multi-user.target.wants/netvaned.service":
        "/usr/local/lib/systemd/system/netvaned.service",
    "etc/systemd/system/multi-user.target.wants/sshd.service": "../sshd.service",
    "etc/systemd/system/default.target": "/usr/lib/systemd/system/multi-user.target",
}


class Machine:
    """`dir` is the same inside and outside; all else that is written inside is lost when it goes off."""

    def __init__(self, network, name, number):
        self.network, self.name, self.address = network, name, f"10.99.0.{10 + number}"
        self.dir = network.dir / name
        self._cable, self._cgroup = f"to-{name}", f"netvane-test-{os.getpid()}-{name}"
        self._inside = None
        for directory in ("units", "networks", "files"):
            (self.dir / directory).mkdir(parents=True)
        for unit, text in UNITS.items():
            (self.dir / "units" / unit).write_text(text)
        (self.dir / "networks/10-veth0.network").write_text(NETWORK.format(address=self.address))
        self.file("etc/hostname").write_text(f"{name}\n")
        self.file("etc/machine-id").write_text(f"{number:032x}\n")
        for link, target in LINKS.items():
            self.file(link).symlink_to(target)
        key = self.file(HOST_KEY)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key],
                       check=True)
        self.nkey = nkey("U", public_key(f"{key}.pub"))

    def file(self, path):
        """Where to write what will be there when it boots."""
        file = self.dir / "files" / path
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        return file

    def write_config(self, text, name="10-cluster"):
        """A drop-in, for the next boot and, with `systemctl reload`, for now."""
        path = f"{CONFIG}/{name}.conf"
        self.file(path).write_text(text)
        if self._inside:
            shutil.copyfile(self.file(path), self._inside.root / path)

    # Life

    def boot(self):
        """Returns while it still boots."""
        self._inside = Namespaces([INIT], self.dir / "console.log", env={
            "SANDBOX_DIR": str(self.dir), "SANDBOX_CGROUP": self._cgroup,
            "SANDBOX_UNIT": "multi-user.target", "SANDBOX_LOCAL": str(self.network.local),
            "SANDBOX_BINDS": outermost(self.network.binds), "SANDBOX_JOURNAL": "1",
            "SANDBOX_HOST_NETNS": os.readlink("/proc/self/ns/net")})
        self.network.lay_cable(self._cable, self._inside.pid)

    def wait_active(self, unit, timeout=60.0):
        wait_until(lambda: self.run("systemctl", "is-active", unit, check=False).stdout ==
                   "active\n", lambda: f"{unit} on {self.name}:\n{self.text()}", timeout)

    def kill(self):
        """As when its power fails."""
        inside, self._inside = self._inside, None
        if inside:
            inside.kill()
            remove_cgroup(self._cgroup)

    def power_off(self):
        """In good order."""
        self.run("systemctl", "poweroff", check=False)
        self._inside.wait_end(60.0)
        self.kill()

    # Inside

    def run(self, *command, **options):
        return self._inside.run(*command, **options)

    def popen(self, *command, **options):
        return self._inside.popen(*command, **options)

    def fail(self):
        """Has failing.service fail. When systemd noted it, in ns of the monotonic clock, which all
        machines share."""
        self.run("systemctl", "start", "failing.service", check=False)
        noted = self.run("systemctl", "show", "-P", "InactiveEnterTimestampMonotonic",
                         "failing.service").stdout
        return int(noted) * 1000

    def text(self):
        """What there is to read when something went wrong."""
        journal = self.run("journalctl", "--no-pager", check=False).stdout if self._inside else ""
        return (self.dir / "console.log").read_text(errors="replace") + journal


class TimedLines:
    """What a process prints on its pipe, each line with the time of its arrival."""

    def __init__(self, process):
        self.process, self._lines = process, queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put((time.monotonic_ns(), line))

    def wait(self, *texts, after=0, timeout=60):
        """When the next line came that has all of them, and not before `after`."""
        while True:
            when, line = self._lines.get(timeout=timeout * PATIENCE)
            if when >= after and all(text in line for text in texts):
                return when

    def wait_first(self, provoke):
        """Nobody sees a subscription begin: provokes until something is heard."""
        def heard():
            provoke()
            return not self._lines.empty()

        wait_until(heard, "the first line")

    def close(self):
        terminate(self.process)
        self.process.stdout.close()


class Network:
    """`hub` is the sandbox with the bridge, for servers and the operator."""

    def __init__(self, directory, binds=()):
        self.dir = pathlib.Path(directory)
        self.binds = (self.dir, *binds)
        self.local = self.dir / "installed/usr/local"
        self.machines = {}
        for path in (self.dir, self.dir / "hub"):
            path.mkdir(mode=0o755, exist_ok=True)
        subprocess.run(["cmake", "--install", build_dir()], check=True, capture_output=True,
                       env={**os.environ, "DESTDIR": str(self.dir / "installed")})
        self.hub = Sandbox(self.dir / "hub", networkd=False, veths=0, binds=self.binds)
        self.hub.ip_batch(["link add bridge0 type bridge", "link set bridge0 up",
                           f"addr add {HUB}/24 dev bridge0"])

    def add(self, name):
        self.machines[name] = Machine(self, name, len(self.machines) + 1)
        policy = pathlib.Path(os.environ["NETVANE_SOURCE_DIR"]) / "packaging/dbus/org.netvane1.conf"
        shutil.copyfile(policy, self.machines[name].file("etc/dbus-1/system.d/org.netvane1.conf"))
        return self.machines[name]

    def lay_cable(self, name, pid):
        """From the bridge to veth0 of the namespaces of that process."""
        subprocess.run(["nsenter", f"--net=/proc/{self.hub.pid}/ns/net", "ip", "-batch", "-"],
                       check=True, text=True, timeout=30 * PATIENCE, input=(
                           f"link add {name} type veth peer name veth0 index 2 netns {pid}\n"
                           f"link set {name} master bridge0 up\n"))

    def close(self):
        for machine in self.machines.values():
            machine.kill()
        self.hub.close()
