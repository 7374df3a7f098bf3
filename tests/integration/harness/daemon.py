"""netvaned in a sandbox: started with a configuration, watched, ended, and held to its manners."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

from .namespaces import terminate
from .notify import NotifySocket
from .waiting import wait_until

STOP_SECONDS = 20.0  # on a busy machine; one that hangs is ended by its own watchdog, with an error
REPORT = re.compile(r"^.*(ERROR: (Address|Leak|Thread|Memory)Sanitizer|: runtime error: "
                    r"|AddressSanitizer:DEADLYSIGNAL|SUMMARY: \w+Sanitizer).*$", re.M)
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:abort_on_error=0:exitcode=86",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def build_dir():
    return pathlib.Path(os.environ["NETVANE_BUILD_DIR"])


def built(name):
    """A program of the build tree, wherever its room puts it."""
    for room in ("engine", "cli", "bin", "sbin", "."):
        path = build_dir() / room / name
        if path.is_file():
            return path
    raise FileNotFoundError(f"{name} is not built in {build_dir()}")


def sanitizer_reports(text):
    return [match.group(0).strip() for match in REPORT.finditer(text)]


class Daemon:
    """One netvaned. Everything it has lies in `dir`: netvane.conf, plugins, state, run, its log."""

    def __init__(self, sandbox, directory, config="", plugins=None, args=(), env=None,
                 program=None, options=True):
        self.sandbox, self.dir = sandbox, pathlib.Path(directory)
        self.config, self.log = self.dir / "netvane.conf", self.dir / "netvaned.log"
        self.plugin_dir, self.state_dir = self.dir / "plugins", self.dir / "state"
        self.runtime_dir = self.dir / "run"
        self.control = self.runtime_dir / "control"
        self.env = {**SANITIZERS, **(env or {})}
        self.program = [str(part) for part in (program or [built("netvaned")])]
        self.args, self.options = [str(arg) for arg in args], options
        self.process = self.notify = None
        for path in (self.dir, self.plugin_dir, self.state_dir, self.runtime_dir):
            path.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.write_config(config)
        self.copy_plugins(plugins)

    def write_config(self, text):
        self.config.write_text(text)
        self.config.chmod(0o644)

    def copy_plugins(self, names):
        """Copies of the built plugins, as root's: all of them, or those named. A path is taken
        as it is, so that test plugins can come along."""
        shipped = build_dir() / "plugins"
        if names is None:
            names = sorted(path.stem for path in shipped.glob("*.so"))
        for name in names:
            source = name if isinstance(name, pathlib.Path) else shipped / f"{name}.so"
            target = self.plugin_dir / source.name
            shutil.copyfile(source, target)
            target.chmod(0o644)

    def command(self, *extra):
        options = ["-c", str(self.config), "--plugin-dir", str(self.plugin_dir), "--state-dir",
                   str(self.state_dir), "--runtime-dir", str(self.runtime_dir)]
        return self.program + (options if self.options else []) + self.args + list(extra)

    # Life

    def start(self, ready=True, timeout=30.0):
        """Starts it and, unless told otherwise, waits for READY=1."""
        assert self.process is None, "netvaned runs already"
        if self.notify is None:
            self.notify = NotifySocket(self.dir / "notify")
        self.notify.poll().clear()  # what an earlier life said last may still be unread
        with open(self.log, "ab") as log:
            self.process = self.sandbox.popen(
                *self.command(), env={**self.env, "NOTIFY_SOCKET": self.notify.path}, cwd="/",
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if ready:
            self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=30.0):
        self.wait(lambda: self.notify.count("READY", "1"), "READY=1", timeout)

    def wait(self, condition, what, timeout=20.0):
        """wait_until, but fails at once, with the log, when the daemon ends."""
        def alive_and():
            value = condition()
            assert value or self.process.poll() is None, \
                f"netvaned ended with {self.process.returncode}, waiting for {what}:\n{self.text()}"
            return value
        return wait_until(alive_and, lambda: f"{what}; the log:\n{self.text()}", timeout)

    def wait_log(self, pattern, count=1, timeout=20.0):
        """Waits until the log has `count` matches of the regular expression; returns them."""
        found = re.compile(pattern, re.M)
        def enough():
            matches = list(found.finditer(self.text()))
            return matches if len(matches) >= count else None
        return self.wait(enough, f"/{pattern}/ in the log", timeout)

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self, timeout=20.0):
        """SIGHUP, until it is ready again."""
        before = self.notify.count("READY", "1")
        self.signal(signal.SIGHUP)
        self.wait(lambda: self.notify.count("READY", "1") > before, "READY=1 again", timeout)

    def exit_status(self, timeout=30.0):
        """Waits for an end that comes by itself; the process is then forgotten."""
        wait_until(lambda: self.process.poll() is not None,
                   lambda: f"netvaned to end; the log:\n{self.text()}", timeout)
        status, self.process = self.process.returncode, None
        return status

    def stop(self):
        """SIGTERM: it must exit 0 within STOP_SECONDS and leave no sanitizer report."""
        if self.process is not None:
            status, took = terminate(self.process, STOP_SECONDS)
            self.process = None
            assert status == 0, \
                f"netvaned ended with {status} {took:.1f} s after SIGTERM:\n{self.text()}"
        self.check_clean()

    def kill(self):
        """The end of a test that failed already: no questions asked."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def check_clean(self):
        reports = sanitizer_reports(self.text())
        assert not reports, f"{reports[0]}\n{self.text()}"

    # What it says

    def text(self):
        try:
            return self.log.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def netvane(self, *command, check=True, json_output=False, timeout=30.0, **options):
        """The CLI on this daemon's control socket; with json_output, its parsed answer."""
        extra = ("--json",) if json_output else ()
        env = {**SANITIZERS, "NETVANE_SOCKET": str(self.control), **options.pop("env", {})}
        done = self.sandbox.run(built("netvane"), *extra, *command, check=check, env=env,
                                timeout=timeout, **options)
        return json.loads(done.stdout) if json_output else done

    def rss_kib(self):
        """(resident, private dirty) in KiB, from smaps_rollup."""
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        value = lambda key: int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1))
        return value("Rss"), value("Private_Dirty")
