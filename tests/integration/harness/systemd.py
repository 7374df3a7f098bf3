"""Real systemd as PID 1 of throw-away namespaces: for packages, unit files, the watchdog."""

import os
import pathlib
import subprocess

from .namespaces import UNSHARE, clean_environment, outermost

INIT = pathlib.Path(__file__).with_name("systemd-init")

STATIC = """[Match]
Name=veth0
[Network]
Address=10.99.0.1/24
IPv6AcceptRA=no
LinkLocalAddressing=no
"""

# Its processes are dead, but the kernel may still hold the cgroups for a moment.
REMOVE_CGROUP = """
mount -n -t cgroup2 none /mnt
for try in $(seq 1000); do
    [ -d "/mnt/$0" ] || exit 0
    find "/mnt/$0" -depth -type d -exec rmdir {} + 2>/dev/null
    sleep 0.01
done
exit 1
"""


def remove_cgroup(name):
    subprocess.run(["unshare", "--mount", "--propagation", "private", "bash", "-c", REMOVE_CGROUP,
                    name], check=True, timeout=60)


class SystemdSandbox:
    """`dir` is writable inside at its own path; all else that is written there is lost."""

    def __init__(self, directory, binds=()):
        self.dir, self._binds = pathlib.Path(directory), binds
        self.console = self.dir / "console.log"
        self._runs = 0

    def run(self, script, units=None, networks=None, journal=True, check=True, timeout=60.0):
        """Boots, runs the bash script as test.service when multi-user.target is up, returns its
        exit status and output (stdout and stderr together, as .stdout).

        `units` are files for /etc/systemd/system, {name: text}; `networks` for networkd.
        systemctl, journalctl and dpkg -i work inside as on any machine.
        """
        self._runs += 1
        self._write(script, units or {}, {"10-veth0.network": STATIC} if networks is None
                    else networks)
        cgroup = f"netvane-test-{os.getpid()}-{self._runs}"
        try:
            status = self._boot(cgroup, journal, timeout)
        finally:
            remove_cgroup(cgroup)
        output = (self.dir / "out").read_text(errors="replace")
        if check and status != 0:
            raise AssertionError(f"the script ended with {status}:\n{output}\n---- console\n"
                                 + self.console.read_text(errors="replace"))
        return subprocess.CompletedProcess(script, status, output, "")

    def _write(self, script, units, networks):
        (self.dir / "script").write_text("set -euo pipefail\n" + script)
        (self.dir / "out").write_text("")
        for name, files in (("units", units), ("networks", networks)):
            directory = self.dir / name
            directory.mkdir(exist_ok=True)
            for old in directory.iterdir():
                old.unlink()
            for file, text in files.items():
                (directory / file).write_text(text)

    def _boot(self, cgroup, journal, timeout):
        env = clean_environment({
            "SANDBOX_DIR": str(self.dir), "SANDBOX_CGROUP": cgroup,
            "SANDBOX_BINDS": outermost((self.dir, *self._binds)),
            "SANDBOX_JOURNAL": "1" if journal else "0",
            "SANDBOX_HOST_NETNS": os.readlink("/proc/self/ns/net")})
        command = ["setpriv", "--pdeathsig", "KILL", *UNSHARE, str(INIT)]
        with open(self.console, "wb") as console:
            process = subprocess.Popen(command, env=env, cwd="/", stdin=subprocess.DEVNULL,
                                       stdout=console, stderr=console)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"no end after {timeout:g} s:\n"
                                 + self.console.read_text(errors="replace")) from None
        finally:
            process.kill()  # --kill-child takes systemd, and so everything, along
            process.wait()
