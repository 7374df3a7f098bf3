"""Waiting for conditions with a deadline: never a sleep that hopes."""

import os
import time

POLL = 0.005
# Deadlines are for the machine at hand; in an emulated one everything takes some times longer.
PATIENCE = float(os.environ.get("NETVANE_PATIENCE", "1"))


class Timeout(AssertionError):
    """A condition did not come true in time."""


def wait_until(condition, what="condition", timeout=20.0):
    """Returns the first true value of condition(); fails with `what` after `timeout` seconds
    (times PATIENCE).

    `what` may be a function, called only on failure, so that it can show the last state.
    """
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            text = what() if callable(what) else what
            raise Timeout(f"after {timeout * PATIENCE:g} s still waiting for: {text}")
        time.sleep(POLL)


def stays_true(condition, seconds, what="condition"):
    """Fails as soon as condition() is false within `seconds`: for what must NOT happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"no longer true: {what}"
        time.sleep(POLL)
