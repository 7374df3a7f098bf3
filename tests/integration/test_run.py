"""tools/run: what it checks before it builds, and that it spoils nothing. The build itself is a
stand-in for cmake that puts programs of this build in place and records how it was called."""

import os
import pathlib
import shutil

import pytest

from harness.daemon import built

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)

TREE = pathlib.Path(os.environ["NETVANE_SOURCE_DIR"])
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CMAKE = """#!/bin/sh
echo "$*" >>{calls}
case $1 in
--preset)
    mkdir -p {dir}/build {dir}/sbin
    echo "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" >{dir}/build/CMakeCache.txt
    ;;
--install) printf '#!/bin/sh\\necho the daemon with "$*"\\n' >{dir}/sbin/netvaned
    chmod 755 {dir}/sbin/netvaned ;;
esac
"""


class Place:
    """A directory for NETVANE_RUN_DIR and a cmake that only pretends."""

    def __init__(self, sandbox):
        self.sandbox, self.dir = sandbox, sandbox.dir / "place"
        self.calls, tools = sandbox.dir / "calls", sandbox.dir / "tools"
        tools.mkdir(mode=0o755)
        (tools / "cmake").write_text(CMAKE.format(calls=self.calls, dir=self.dir))
        (tools / "cmake").chmod(0o755)
        self.env = {"PATH": f"{tools}:{PATH}", "NETVANE_RUN_DIR": str(self.dir)}

    def run(self, *args, tree=TREE, **env):
        return self.sandbox.run(tree / "tools/run", *args, check=False, timeout=60,
                                env={**self.env, **env})

    def refused(self, *args, **env):
        """Its complaint; nothing was built and nobody was greeted."""
        done = self.run(*args, **env)
        assert done.returncode == 1 and done.stdout == "", done
        assert not self.calls.exists()
        assert len(done.stderr.splitlines()) == 1, done.stderr
        return done.stderr


@pytest.fixture
def place(sandbox):
    return Place(sandbox)


@pytest.fixture
def running(place, make_daemon):
    """A daemon where tools/run would have started it."""
    for name in ("bin", "run"):
        (place.dir / name).mkdir(mode=0o755, parents=True)
    (place.dir / ".netvane-run").touch()
    shutil.copy(built("netvane"), place.dir / "bin")
    daemon = make_daemon(start=False, plugins=[])
    daemon.runtime_dir = place.dir / "run"
    return daemon.start()


def test_directory_that_others_can_write_is_refused_before_the_build(place):
    place.dir.mkdir()
    place.dir.chmod(0o1777)
    text = place.refused(NETVANE_RUN_DIR=str(place.dir / "mine"))
    assert f"{place.dir} can be written by others" in text and "set NETVANE_RUN_DIR" in text
    place.dir.chmod(0o755)
    os.chown(place.dir, 54321, 54321)
    assert "belongs to another user" in place.refused()


def test_second_run_is_refused_before_it_greets(place, running):
    text = place.refused()
    assert f"netvaned runs in {place.dir} already" in text and "set NETVANE_RUN_DIR" in text


def test_nothing_is_removed_below_a_running_daemon(place, running):
    assert "runs in" in place.refused("--clean")
    assert (place.dir / "run/control").exists()
    running.stop()
    done = place.run("--clean")
    assert done.returncode == 0 and not place.dir.exists(), done


def test_foreign_directory_is_neither_used_nor_removed(place):
    place.dir.mkdir()
    (place.dir / "precious").touch()
    assert "is not ours" in place.refused()
    assert "was not made by tools/run" in place.refused("--clean")
    assert (place.dir / "precious").exists()


def test_without_a_home_it_says_what_to_set(place):
    command = ("env", "-u", "HOME", "-u", "NETVANE_RUN_DIR", "setpriv", "--reuid=54321",
               "--regid=54321", "--clear-groups", TREE / "tools/run")
    done = place.sandbox.run(*command, check=False)
    assert done.returncode == 1
    assert done.stderr == ("tools/run: there is no home directory; "
                           "set NETVANE_RUN_DIR to another directory\n")


def test_another_checkout_begins_the_build_anew(place, tmp_path):
    other = tmp_path / "checkout"
    shutil.copytree(TREE / "tools", other / "tools")
    shutil.copytree(TREE / "packaging", other / "packaging")
    assert place.run().returncode == 0
    assert place.run().returncode == 0
    assert "--fresh" not in place.calls.read_text()
    assert place.run(tree=other).returncode == 0
    assert place.calls.read_text().count("--fresh") == 1


def test_question_to_the_daemon_is_answered_without_a_greeting(place):
    done = place.run("--", "--help")
    assert done.returncode == 0, done
    assert done.stdout == f"the daemon with -c {place.dir}/netvane.conf --help\n"
    assert "Watching:" in place.run("--", "-v").stdout
