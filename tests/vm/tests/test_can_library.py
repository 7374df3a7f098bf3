"""CAN interfaces for a user who is nobody: through libnetvane-can, and through HyCAN's protocol and
python-can. Both are the examples that are installed."""

import os
import pathlib
import shutil
import tempfile

import pytest

from harness.daemon import build_dir
from harness.waiting import wait_until

EXAMPLES = pathlib.Path(os.environ["NETVANE_SOURCE_DIR"], "examples/can")
NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "env", "ASAN_OPTIONS=")
NOT_PERMITTED, NOT_CAN = 3, 4


@pytest.fixture
def workshop():
    """A directory with the examples that anybody may enter."""
    directory = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
    directory.chmod(0o755)
    shutil.copy(build_dir() / "examples/vcan-hello", directory)
    shutil.copy(build_dir() / "client/libnetvane-can.so.0", directory)
    shutil.copy(EXAMPLES / "vcan_hello.py", directory)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def as_nobody(make_daemon, sandbox, workshop):
    """as_nobody(program, *arguments): what it prints, with the daemon at its usual place."""
    make_daemon("[Plugin vcan]\nListen=/run/hycan_daemon.sock\n", plugins=["vcan"])

    def run(*command, status=0):
        done = sandbox.run(*NOBODY, f"LD_LIBRARY_PATH={workshop}", *command, check=False, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr
    return run


def test_a_program_with_the_library_has_a_vcan_as_long_as_it_runs(as_nobody, workshop, sandbox):
    assert as_nobody(workshop / "vcan-hello", "vcan0") == "123 [5] hello\n"
    wait_until(lambda: "vcan0" not in sandbox.links(), "the lease to end with the program")
    for name in ("lo", "eth7"):
        assert as_nobody(workshop / "vcan-hello", name, status=1).startswith(f"cannot create {name}: ")


def test_a_program_with_python_can_makes_talks_and_lowers(as_nobody, workshop, sandbox):
    hello = ("/usr/bin/python3", workshop / "vcan_hello.py")
    assert as_nobody(*hello, "vcan2") == "123 [5] hello\n"
    assert "UP" not in sandbox.kernel_says("vcan2")["flags"], "it lowered it at the end"
    for name, code in (("lo", NOT_CAN), ("eth7", NOT_PERMITTED)):
        refusal = as_nobody(*hello, name, status=1)
        assert refusal.startswith(f"{name}: ") and f"(code {code})" in refusal
