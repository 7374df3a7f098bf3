"""Namespaces held by a small PID 1, and processes started inside them from outside.

The processes are direct children of the test: their pids, exit statuses and signals are
what subprocess.Popen says. Closing (or dying) kills PID 1, and with it everything inside.
"""

import ctypes
import os
import pathlib
import select
import subprocess
import time

from .waiting import PATIENCE

CLONE_NEWPID = 0x20000000
UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--uts", "--ipc", "--mount-proc",
           "--propagation", "private", "--kill-child=KILL"]
ENTERED = {"net": "net", "mount": "mnt", "uts": "uts", "ipc": "ipc"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FROM_ABOVE = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "NETVANE_BUILD_DIR",
              "NETVANE_SOURCE_DIR")

_libc = ctypes.CDLL(None, use_errno=True)


def _join_pid_namespace(fd):
    if _libc.setns(fd, CLONE_NEWPID) < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"setns: {os.strerror(errno)}")


def clean_environment(extra=None):
    """What the programs under test see: nothing of the terminal that started the tests."""
    env = {"PATH": PATH, "LANG": "C.UTF-8"}
    env.update({name: os.environ[name] for name in FROM_ABOVE if name in os.environ})
    env.update(extra or {})
    return env


def outermost(paths):
    """The directories to bind, one a line, without those that lie in another of them."""
    paths = sorted({pathlib.Path(path).resolve() for path in paths})
    return "\n".join(str(path) for path in paths if not set(path.parents) & set(paths))


class Namespaces:
    """New net, mount, pid, uts and ipc namespaces, prepared by `init`, a script that says
    "ready" on its output and then stays until its input ends."""

    def __init__(self, init, log, env=None, timeout=30.0):
        self.log = pathlib.Path(log)
        with open(self.log, "wb") as errors:
            self._unshare = subprocess.Popen(
                UNSHARE + [str(part) for part in init], env=clean_environment(env), cwd="/",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        self._processes = []
        self._outer_pid_ns = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._pid_ns = -1
        try:
            self._wait_ready(timeout)
            self.pid = self._child_of_unshare()
            self._pid_ns = os.open(f"/proc/{self.pid}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        except BaseException:
            self.close()
            raise

    def _wait_ready(self, timeout):
        readable, _, _ = select.select([self._unshare.stdout], [], [], timeout)
        line = self._unshare.stdout.readline() if readable else b"(nothing)"
        if line != b"ready\n":
            raise RuntimeError(f"the sandbox said {line!r} instead of ready:\n"
                               + self.log.read_text(errors="replace"))

    def _child_of_unshare(self):
        pid = self._unshare.pid
        return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    @property
    def root(self):
        """The file system inside, seen from outside: root / "run/dbus" is its /run/dbus."""
        return pathlib.Path(f"/proc/{self.pid}/root")

    def popen(self, *command, env=None, inherit_env=False, **options):
        """Starts a command inside. Its Popen.pid is the process itself, as seen from outside."""
        enter = ["nsenter"] + [f"--{option}=/proc/{self.pid}/ns/{name}"
                               for option, name in ENTERED.items()]
        if not inherit_env:
            options["env"] = clean_environment(env)
        _join_pid_namespace(self._pid_ns)
        try:
            process = subprocess.Popen(enter + ["--"] + [str(part) for part in command], **options)
        finally:
            _join_pid_namespace(self._outer_pid_ns)
        self._processes = [other for other in self._processes if other.poll() is None] + [process]
        return process

    def run(self, *command, check=True, timeout=30.0, input=None, **options):
        """Runs a command inside to its end; returns it with text stdout and stderr."""
        options.setdefault("stdin", subprocess.PIPE if input is not None else subprocess.DEVNULL)
        process = self.popen(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, errors="surrogateescape", **options)
        try:
            out, err = process.communicate(input, timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{command} still ran after {timeout * PATIENCE:g} s:\n{out}{err}") from None
        if check and process.returncode != 0:
            raise AssertionError(f"{command} ended with {process.returncode}:\n{out}{err}")
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def close(self):
        """Kills everything inside and waits until it is gone."""
        if self._unshare is None:
            return
        self._unshare.stdin.close()
        self._reap(2.0)
        self._unshare.kill()  # if it is still there: --kill-child takes PID 1 along
        self._unshare.wait()
        self._unshare.stdout.close()
        for fd in (self._pid_ns, self._outer_pid_ns):
            if fd >= 0:
                os.close(fd)
        self._unshare = None

    def kill(self):
        """Kills PID 1, where that does not end with its input, and waits as close() does."""
        self._unshare.kill()
        self.close()

    def wait_end(self, timeout=30.0):
        """Waits until PID 1 has ended by itself."""
        self._reap(timeout * PATIENCE)
        assert self._unshare.poll() is not None, f"PID 1 still runs after {timeout:g} s"

    def _reap(self, timeout):
        """The kernel lets PID 1 go only when its namespace is empty: of our zombies, too."""
        deadline = time.monotonic() + timeout
        while self._unshare.poll() is None and time.monotonic() < deadline:
            for process in self._processes:
                process.poll()
            time.sleep(0.001)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def terminate(process, timeout=20.0):
    """SIGTERM, then SIGKILL after `timeout` (times PATIENCE). Returns (exit status, seconds it took)."""
    start = time.monotonic()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode, time.monotonic() - start
