"""Fixtures for whatever is called `sandbox`: netvaned in it, recording scripts, recorded signals.

A conftest.py that imports all of this module gives its tests these, and what holds for all of them.
"""

import pytest

from .daemon import Daemon
from .scripts import Recorder
from .signals import SignalRecorder


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
