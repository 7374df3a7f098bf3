"""Webhooks and a wall clock that is set: nothing is lost for its age, and nobody waits for years."""

import json
import shutil
import struct

import pytest

from harness.daemon import SANITIZERS
from harness.webhooks import *  # noqa: F403 - fixtures are found by their names

pytestmark = pytest.mark.sandbox(networkd=False, veths=1)

YEARS = 40 * 365 * 86400


class Clock:
    """The daemon's wall clock, as far off as it is told."""

    def __init__(self, directory, library):
        self.path = directory / "wallclock"
        self.path.write_bytes(bytes(8))
        preload = shutil.copy(library, directory)  # where the sandbox has it
        self.env = {"LD_PRELOAD": str(preload), "WALLCLOCK": str(self.path),
                    "NETVANE_TEST_WEBHOOK_SPEED": "100",
                    "ASAN_OPTIONS": SANITIZERS["ASAN_OPTIONS"] + ":verify_asan_link_order=0"}

    def set(self, seconds):
        with open(self.path, "r+b") as file:
            file.write(struct.pack("q", seconds))


@pytest.fixture
def clock(sandbox, plugin):
    return Clock(sandbox.dir, plugin("wallclock"))


def test_events_of_a_board_without_a_clock_outlive_its_being_set(make_webhook, receiver, clock):
    clock.set(-YEARS)
    receiver.answer("500")
    daemon = make_webhook(env=clock.env, MaxAttempts="100")
    daemon.netvane("feed", "1500")  # more than fit into the window
    wait_show(daemon, pending=1500, state="retrying")
    clock.set(0)
    daemon.netvane("feed", "1")
    daemon.wait_log(f"the clock was set by {YEARS} s")
    wait_show(daemon, pending=1501, dropped=0)
    daemon.stop()
    daemon.start()  # what is on the disk was moved, too
    receiver.answer("200")
    daemon.netvane("webhook", "resume", "ops")
    wait_show(daemon, pending=0, dropped=0, delivered=1501)
    numbers = [json.loads(request["body"])["data"]["number"] for request in receiver.requests()
               if request["answer"] == "200"]
    assert numbers == list(range(1501))


def test_clock_that_is_set_back_delays_nothing(make_webhook, receiver, clock):
    clock.set(YEARS)
    receiver.answer("500")
    daemon = make_webhook(env={**clock.env, "NETVANE_TEST_WEBHOOK_SPEED": "1"})
    daemon.netvane("feed", "1")
    wait_show(daemon, state="retrying")
    receiver.answer("200")
    assert show(daemon)["next_attempt"] > "2060"
    clock.set(0)
    wait_show(daemon, delivered=1)


def test_attempt_that_another_clock_has_set_for_later_is_made_now(make_webhook, receiver, clock):
    clock.set(YEARS)
    receiver.answer("500")
    daemon = make_webhook(env={**clock.env, "NETVANE_TEST_WEBHOOK_SPEED": "1"})
    daemon.netvane("feed", "1")
    wait_show(daemon, state="retrying")
    assert show(daemon)["next_attempt"] > "2060"
    daemon.stop()
    clock.set(0)
    receiver.answer("200")
    daemon.start()
    wait_show(daemon, delivered=1)


def test_clock_that_is_set_while_an_attempt_is_under_way_delays_nothing(make_webhook, receiver,
                                                                        clock):
    clock.set(-YEARS)
    receiver.answer("silence")
    daemon = make_webhook(env={**clock.env, "NETVANE_TEST_WEBHOOK_SPEED": "1"}, Timeout="3s")
    daemon.netvane("feed", "1")
    receiver.wait(1)
    clock.set(0)
    receiver.answer("200")
    wait_show(daemon, delivered=1)
    assert show(daemon)["failed"] == 1
