"""Fixtures of the virtual machine. README.md beside this directory tells what there is."""

import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[2] / "integration")]

from harness.fixtures import *  # noqa: F403 - fixtures are found by their names
from machine import Machine
from wifi import Radios


def pytest_configure():
    """On a machine that is somebody's, these tests would take its links down."""
    if not os.path.exists("/run/vm"):
        pytest.exit("these tests run in a virtual machine: tests/vm/run --tests", 2)


@pytest.fixture
def sandbox(tmp_path):
    """The whole machine, for netvaned and its helpers to run in. Links that a test makes, and
    modules that it loads with .load(), are gone at its end."""
    machine = Machine(tmp_path)
    yield machine
    machine.clean()


@pytest.fixture
def events(daemon):
    """What the daemon publishes, from its start on."""
    return daemon.sandbox.follow(daemon)


@pytest.fixture
def radios(sandbox):
    """Wi-Fi: radios(2) loads as many simulated radios; access points and stations use them."""
    radios = Radios(sandbox)
    yield radios
    radios.close()
