"""The sandboxes: with a network, with systemd. What runs in them: harness/fixtures.py."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.fixtures import *  # noqa: F403 - fixtures are found by their names
from harness.network import Sandbox
from harness.systemd import SystemdSandbox

SOURCE = pathlib.Path(os.environ.setdefault("NETVANE_SOURCE_DIR",
                                            str(pathlib.Path(__file__).resolve().parents[2])))
BUILD = pathlib.Path(os.environ.setdefault("NETVANE_BUILD_DIR", str(SOURCE / "build/dev")))


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
def systemd_sandbox(tmp_path):
    """Real systemd as PID 1: .run(script, units=...) is the only thing to call."""
    tmp_path.chmod(0o755)
    return SystemdSandbox(tmp_path, binds=(SOURCE, BUILD))
