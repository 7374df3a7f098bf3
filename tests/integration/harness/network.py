"""A network sandbox: cables, dbus-daemon, systemd-networkd, each started and stopped at will.

systemd-networkd 252 does not come back to a restarted dbus-daemon until it is restarted itself.
"""

import os
import pathlib
import socket
import subprocess

from .namespaces import Namespaces, outermost, terminate
from .waiting import wait_until

INIT = pathlib.Path(__file__).with_name("network-init")
NETWORKD = "/lib/systemd/systemd-networkd"
BUS_SOCKET = "run/dbus/system_bus_socket"
UNITS = "run/systemd/network"

# No router advertisements, no link-local address: else "configured" takes 12 s.
STATIC = """[Match]
Name=veth0
[Network]
Address=10.99.0.1/24
Address=fd99::1/64
Gateway=10.99.0.2
DNS=10.99.0.2
Domains=example.test
IPv6AcceptRA=no
LinkLocalAddressing=no
"""

DYNAMIC = """[Match]
Name=veth1
[Network]
DHCP=ipv4
IPv6AcceptRA=yes
"""

SERVER = """[Match]
Name=peer1
[Network]
Address=10.98.0.1/24
Address=fd98::1/64
IPv6SendRA=yes
DHCPServer=yes
IPv6AcceptRA=no
[DHCPServer]
PoolOffset=100
PoolSize=10
DNS=10.98.0.1
DefaultLeaseTimeSec=60
[IPv6SendRA]
DNS=fd98::1
[IPv6Prefix]
Prefix=fd98::/64
"""

DEFAULT_NETWORKS = {"10-veth0.network": STATIC, "10-veth1.network": DYNAMIC}


class Service:
    """One background process of the sandbox, with a log of its own."""

    def __init__(self, sandbox, name, command, ready, env=None):
        self.name, self.command, self.env = name, command, env
        self.log = sandbox.dir / f"{name}.log"
        self.process = None
        self._sandbox, self._ready = sandbox, ready

    def start(self):
        assert self.process is None, f"{self.name} runs already"
        with open(self.log, "ab") as log:
            self.process = self._sandbox.popen(*self.command, env=self.env, cwd="/",
                                               stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._is_ready, lambda: f"{self.name} to be ready:\n{self.text()}", 15.0)

    def _is_ready(self):
        status = self.process.poll()
        assert status is None, f"{self.name} ended with {status}:\n{self.text()}"
        return self._ready()

    def stop(self):
        if self.process is not None:
            terminate(self.process)
            self.process = None

    def kill(self):
        """As a crash would."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def restart(self):
        self.stop()
        self.start()

    def text(self):
        return self.log.read_text(errors="replace")


class Sandbox(Namespaces):
    """`dir` is a directory of the test's, at the same path inside and outside."""

    def __init__(self, directory, networkd=True, dhcp=False, networks=None, veths=2, plugged=True,
                 binds=()):
        self.dir = pathlib.Path(directory)
        self.dir.chmod(0o755)
        super().__init__([INIT], self.dir / "sandbox.log", env={
            "SANDBOX_HOST_NETNS": os.readlink("/proc/self/ns/net"),
            "SANDBOX_BINDS": outermost((self.dir, *binds)),
            "SANDBOX_VETHS": str(veths)})
        log_to_stderr = {"SYSTEMD_LOG_TARGET": "console", "SYSTEMD_LOG_TIME": "1",
                         "SYSTEMD_LOG_LEVEL": os.environ.get("NETVANE_NETWORKD_LOG", "info")}
        self.bus = Service(self, "dbus-daemon",
                           ["dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog"],
                           self._bus_answers)
        self.networkd = Service(self, "networkd", [NETWORKD], self._networkd_owns_name,
                                log_to_stderr)
        self.server = Service(self, "peer-networkd", self._server_command(), self._server_serves,
                              log_to_stderr)
        try:
            self._start(networkd, dhcp, DEFAULT_NETWORKS if networks is None else networks)
            if plugged:
                for i in range(veths):
                    self.plug(f"veth{i}")
        except BaseException:
            self.close()
            raise

    def _start(self, networkd, dhcp, networks):
        if networkd:
            self.write_networks(networks)
            self.bus.start()
        if dhcp:  # before the client: else its first DISCOVER is lost, and 2 to 5 s with it
            self.ip("link set veth1 up")
            self.server.start()
        if networkd:
            self.networkd.start()

    def write_networks(self, networks):
        """Replaces the .network and .netdev files: {name: text}."""
        directory = self.root / UNITS
        for old in directory.iterdir():
            old.unlink()
        for name, text in networks.items():
            (directory / name).write_text(text)

    # Cables

    def ip(self, arguments, check=True):
        """ip(8) inside; `arguments` is one string, split at spaces."""
        return self.run("ip", *arguments.split(), check=check).stdout

    def ip_batch(self, lines, timeout=60.0):
        """Many ip(8) commands in one process, the fastest way to make a burst."""
        self.run("ip", "-batch", "-", input="".join(line + "\n" for line in lines),
                 timeout=timeout)

    def peer_ip(self, arguments):
        """ip(8) at the other end of the cables."""
        return self.ip(f"-n peer {arguments}")

    def _static_addresses(self, link):
        return [line for line in self.ip(f"addr show dev {link}").splitlines()
                if "scope global" in line and "dynamic" not in line]

    def _has_carrier(self, link):
        return "LOWER_UP" in self.ip(f"link show dev {link}")

    def add_group(self, name, number):
        """In a copy of /etc/group that only the sandbox sees."""
        groups = self.dir / "group"
        others = [line for line in pathlib.Path("/etc/group").read_text().splitlines()
                  if not line.startswith(f"{name}:")]
        groups.write_text("\n".join([*others, f"{name}:x:{number}:", ""]))
        self.run("mount", "--bind", groups, "/etc/group")

    def plug(self, link):
        """networkd 252 forgets to bring a static address back whose removal it has under way."""
        wait_until(lambda: not self._static_addresses(link) or self._has_carrier(link),
                   f"{link} without static addresses")
        self.peer_ip(f"link set {link.replace('veth', 'peer')} up")

    def unplug(self, link):
        self.peer_ip(f"link set {link.replace('veth', 'peer')} down")

    def ifindex(self, link):
        return int(self.ip(f"-o link show dev {link}").split(":", 1)[0])

    # systemd-networkd, by the state files it writes before it signals

    def networkd_says(self, link, key="OPER_STATE"):
        """A value of networkd's state file of the link; None if there is none."""
        path = self.root / "run/systemd/netif/links" / str(self.ifindex(link))
        try:
            lines = path.read_text().splitlines()
        except FileNotFoundError:
            return None
        return dict(line.split("=", 1) for line in lines if "=" in line).get(key)

    def wait_operational(self, link, state, timeout=30.0):
        wait_until(lambda: self.networkd_says(link) == state,
                   lambda: f"{link} {state}, it is {self.networkd_says(link)}", timeout)

    def wait_administrative(self, link, state, timeout=30.0):
        wait_until(lambda: self.networkd_says(link, "ADMIN_STATE") == state,
                   lambda: f"{link} {state}, it is {self.networkd_says(link, 'ADMIN_STATE')}",
                   timeout)

    # D-Bus

    @property
    def bus_path(self):
        """The system bus's socket, for a client outside."""
        return str(self.root / BUS_SOCKET)

    def _bus_answers(self):
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(self.bus_path) == 0

    def name_owner(self, name):
        """The unique name that owns `name`, or None. (A call to the name would activate it.)"""
        answer = self.run("busctl", "--system", "call", "org.freedesktop.DBus",
                          "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner", "s",
                          name, check=False)
        return answer.stdout.split('"')[1] if answer.returncode == 0 else None

    def _networkd_owns_name(self):
        return self.name_owner("org.freedesktop.network1") is not None

    # The other end's DHCP server and router

    def _server_command(self):
        unit = self.dir / "10-peer1.network"
        unit.write_text(SERVER)
        unit.chmod(0o644)
        script = (f"mount -n -t tmpfs -o mode=0755 tmpfs /run; mount -n -o remount,bind,ro /sys; "
                  f"mkdir -p /{UNITS}; cp {unit} /{UNITS}; exec {NETWORKD}")
        return ["ip", "netns", "exec", "peer", "unshare", "--mount", "--propagation", "private",
                "sh", "-ec", script]

    def _server_serves(self):
        index = 1001
        path = pathlib.Path(f"/proc/{self.server.process.pid}/root/run/systemd/netif/links/{index}")
        try:
            return "ADMIN_STATE=configured" in path.read_text()
        except FileNotFoundError:
            return False

    def close(self):
        super().close()
        for service in (getattr(self, name, None) for name in ("bus", "networkd", "server")):
            if service is not None and service.process is not None:
                service.process.wait()
                service.process = None
