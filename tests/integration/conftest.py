"""Fixtures: a network sandbox, netvaned in it, recording scripts, a sandbox with systemd."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.daemon import Daemon
from harness.network import Sandbox
from harness.scripts import Recorder
from harness.signals import SignalRecorder
from harness.systemd import SystemdSandbox

SOURCE = pathlib.Path(os.environ.setdefault("NETVANE_SOURCE_DIR",
                                            str(pathlib.Path(__file__).resolve().parents[2])))
BUILD = pathlib.Path(os.environ.setdefault("NETVANE_BUILD_DIR", str(SOURCE / "build/dev")))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Lets a fixture's teardown know whether its test failed already."""
    report = (yield).get_result()
    if report.when == "call":
        item.failed = report.failed


def pytest_sessionfinish(session):
    """Nothing is skipped: what a test needs is installed by tools/test."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = 1


@pytest.fixture
def make_sandbox(tmp_path):
    """make_sandbox(networkd=, dhcp=, networks=, veths=, plugged=): as many as a test wants."""
    made = []

    def make(**options):
        directory = tmp_path / f"s{len(made)}"
        directory.mkdir()
        made.append(Sandbox(directory, binds=(tmp_path, SOURCE, BUILD), **options))
        return made[-1]

    tmp_path.chmod(0o755)
    yield make
    for sandbox in made:
        sandbox.close()


@pytest.fixture
def sandbox(request, make_sandbox):
    """One sandbox; @pytest.mark.sandbox(networkd=False, ...) gives its options."""
    marker = request.node.get_closest_marker("sandbox")
    return make_sandbox(**(marker.kwargs if marker else {}))


@pytest.fixture
def make_daemon(request, sandbox):
    """make_daemon(config=, plugins=, args=, env=, start=True): a netvaned in the sandbox."""
    made = []

    def make(config="", start=True, **options):
        made.append(Daemon(sandbox, sandbox.dir / f"d{len(made)}", config, **options))
        return made[-1].start() if start else made[-1]

    yield make
    failed = getattr(request.node, "failed", True)
    for daemon in reversed(made):
        daemon.kill() if failed else daemon.stop()
        if failed:
            print(f"---- {daemon.log}\n{daemon.text()}")


@pytest.fixture
def daemon(request, make_daemon):
    """A running netvaned; @pytest.mark.daemon(config=..., plugins=[...]) gives its options."""
    marker = request.node.get_closest_marker("daemon")
    return make_daemon(**(marker.kwargs if marker else {}))


@pytest.fixture
def make_recorder(sandbox):
    """make_recorder(): a directory for STATE.d/ scripts that record their environment."""
    made = []

    def make(name=None):
        made.append(Recorder(sandbox.dir / (name or f"scripts{len(made)}")))
        return made[-1]

    return make


@pytest.fixture
def recorder(make_recorder):
    return make_recorder()


@pytest.fixture
def record_signals(sandbox):
    """record_signals(rule): a SignalRecorder on the sandbox's system bus."""
    made = []

    def make(rule="type='signal'"):
        made.append(SignalRecorder(sandbox.bus_path, rule))
        return made[-1]

    yield make
    for recorder in made:
        recorder.close()


@pytest.fixture
def systemd_sandbox(tmp_path):
    """Real systemd as PID 1: .run(script, units=...) is the only thing to call."""
    tmp_path.chmod(0o755)
    return SystemdSandbox(tmp_path, binds=(SOURCE, BUILD))
