"""The two programs that are compared, each started in a sandbox with a directory of scripts."""

import pathlib
import re
import select
import shutil
import subprocess
import time

from harness.daemon import Daemon, build_dir
from harness.namespaces import terminate
from harness.notify import NotifySocket
from harness.waiting import wait_until

PEER = pathlib.Path("/usr/bin/networkd-dispatcher")
LIKE_THE_PEER = ["scripts"]  # what does the peer's work
EVENTS_TOO = ["journal", "scripts", "socketbus"]


def helper(name):
    return build_dir() / "bench" / f"bench-{name}"


def ready_time(notify, process, timeout=60.0):
    """Waits for READY=1; when it came."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and process.poll() is None:
        select.select([notify._socket], [], [], 0.1)
        now = time.monotonic_ns()
        if notify.count("READY", "1"):
            return now
    raise AssertionError(f"no READY=1 from {process.args}")


class Stamps:
    """The lines of a file that scripts append to: (nanoseconds, interface, state)."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def read(self):
        try:
            lines = self.path.read_text().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        fields = [line.split() for line in lines if line.endswith("\n")]
        return [(int(time), name, state) for time, name, state in fields]

    def wait(self, count=1, timeout=30.0, **where):
        """Waits for `count` lines with this `name` and `state`; returns their times."""
        def found():
            times = [time for time, name, state in self.read()
                     if where.get("name", name) == name and where.get("state", state) == state]
            return times if len(times) >= count else None
        return wait_until(found, lambda: f"{count} stamps {where} in {self.read()}", timeout)

    def clear(self):
        self.path.unlink(missing_ok=True)


class Program:
    """`states` get a script each. start() and stop() may alternate."""

    def __init__(self, sandbox, name, states, startup=False, env=None):
        self.sandbox, self.startup = sandbox, startup
        self.dir = sandbox.dir / name
        self.dir.mkdir(mode=0o755)
        self.scripts, self.launched_file = self.dir / "scripts", self.dir / "launched"
        self.stamps = Stamps(self.dir / "stamps")
        self.env = {"STAMP_FILE": str(self.stamps.path), **(env or {})}
        for state in states:
            script = self.scripts / f"{state}.d" / "10-stamp"
            script.parent.mkdir(mode=0o755, parents=True)
            shutil.copyfile(helper("stamp"), script)
            script.chmod(0o755)

    def launched(self):
        """When the program itself was started."""
        return int(self.launched_file.read_text())

    def memory_kib(self):
        """(resident, private dirty) in KiB."""
        text = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        value = lambda key: int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1))
        return value("Rss"), value("Private_Dirty")

    def peak_kib(self):
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^VmHWM:\s+(\d+)", text, re.M).group(1))

    def wakeups(self):
        """How often one of its threads was given a processor so far."""
        tasks = pathlib.Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[2]) for task in tasks)


class Ours(Program):
    """netvaned with these plugins; None: with all."""

    def __init__(self, sandbox, name="ours", states=(), startup=False, env=None, wrap=(),
                 config="", plugins=LIKE_THE_PEER):
        super().__init__(sandbox, name, states, startup, env)
        program = [*wrap, helper("launch"), self.launched_file, build_dir() / "engine/netvaned"]
        text = (f"[Engine]\n{config}\n[Plugin scripts]\nScriptDirectory={self.scripts}\n"
                f"StartupTriggers={'yes' if startup else 'no'}\n")
        self.daemon = Daemon(sandbox, self.dir / "daemon", text, plugins, env=self.env,
                             program=program)

    @property
    def pid(self):
        return self.daemon.process.pid

    def start(self):
        self.stamps.clear()
        self.daemon.start(ready=False)
        self.ready = ready_time(self.daemon.notify, self.daemon.process)

    def stop(self):
        self.daemon.stop()


class Theirs(Program):
    def __init__(self, sandbox, name="theirs", states=(), startup=False, env=None, wrap=()):
        super().__init__(sandbox, name, states, startup, env)
        self.scripts.mkdir(mode=0o755, exist_ok=True)
        self.notify, self.process, self.wrap = NotifySocket(self.dir / "notify"), None, wrap
        self.env["NOTIFY_SOCKET"] = self.notify.path

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        self.stamps.clear()
        self.notify.messages.clear()
        command = [*self.wrap, helper("launch"), self.launched_file, PEER, "-S", self.scripts]
        with open(self.dir / "log", "ab") as log:
            self.process = self.sandbox.popen(*command, *(["-T"] if self.startup else []),
                                              env=self.env, cwd="/", stdin=subprocess.DEVNULL,
                                              stdout=log, stderr=log)
        self.ready = ready_time(self.notify, self.process)

    def stop(self):
        terminate(self.process)
        self.process = None


class Signals:
    """What systemd-networkd signals, with the time of arrival at a client on the bus."""

    def __init__(self, sandbox):
        self.file = sandbox.dir / "signals"
        with open(self.file, "wb") as out:
            self.process = sandbox.popen(helper("signals"), stdin=subprocess.DEVNULL, stdout=out)
        wait_until(lambda: self.file.read_text().startswith("ready\n"), "a match on the bus")

    def after(self, time, path, state):
        """When the first signal of that state came after `time`."""
        def found():
            lines = [line.split() for line in self.file.read_text().splitlines()[1:]]
            return [int(t) for t, p, s in lines if int(t) >= time and p == path and s == state]
        return wait_until(found, f"a signal that {path} is {state}")[0]
