"""From the start to the first script, from carrier loss to a script, and past a slow script."""

import time

from harness.network import Sandbox
from harness.signals import link_path

from cable import Cable
from figures import Figure, median
from programs import EVENTS_TOO, Ours, Signals, Theirs

STATIC = """[Match]
Name={name}
[Network]
Address=10.99.{number}.1/24
IPv6AcceptRA=no
LinkLocalAddressing=no
"""
QUIET = 0.15  # seconds in which all that belongs to the last change has passed


def networks(count):
    return {f"10-veth{i}.network": STATIC.format(name=f"veth{i}", number=i) for i in range(count)}


def settled_sandbox(directory, binds, veths=1):
    sandbox = Sandbox(directory, networks=networks(veths), veths=veths, binds=binds)
    for i in range(veths):
        sandbox.wait_administrative(f"veth{i}", "configured")
        sandbox.wait_operational(f"veth{i}", "routable")
    return sandbox


def first_trigger(program, runs):
    """Milliseconds from the program's start to its first script's, and to READY."""
    triggers, ready = [], []
    for _ in range(runs):
        program.start()
        triggers.append((program.stamps.wait(name="veth0")[0] - program.launched()) / 1e6)
        ready.append((program.ready - program.launched()) / 1e6)
        time.sleep(QUIET)
        program.stop()
    return median(triggers), median(ready)


def start(directory, binds, runs):
    with settled_sandbox(directory, binds) as sandbox:
        ours, ready = first_trigger(Ours(sandbox, states=["routable"], startup=True), runs)
        more, _ = first_trigger(Ours(sandbox, "more", states=["routable"], startup=True,
                                     plugins=EVENTS_TOO), runs)
        theirs, their_ready = first_trigger(Theirs(sandbox, states=["routable"], startup=True), runs)
    return [Figure("start to first script", "ms", ours, theirs, ratio=10),
            Figure("start to first script, with socketbus and journal", "ms", more, theirs),
            Figure("start to READY=1", "ms", ready, their_ready)]


class Turn:
    """Times from one kind of change of the cable, in milliseconds."""

    def __init__(self, up, state):
        self.up, self.state, self.from_cable, self.from_signal = up, state, [], []

    def measure(self, program, cable, signals, path):
        program.stamps.clear()
        time.sleep(QUIET)
        changed = cable.set(self.up)
        script = program.stamps.wait(state=self.state)[0]
        self.from_cable.append((script - changed) / 1e6)
        self.from_signal.append((script - signals.after(changed, path, self.state)) / 1e6)

    def medians(self):
        return median(self.from_cable), median(self.from_signal)


def reaction(program, sandbox, cable, signals, runs):
    """The medians of losing the carrier and of getting it back."""
    path = link_path(sandbox.ifindex("veth0"))
    lost, back = Turn(False, "no-carrier"), Turn(True, "routable")
    program.start()
    for _ in range(runs):
        lost.measure(program, cable, signals, path)
        back.measure(program, cable, signals, path)
        sandbox.wait_administrative("veth0", "configured")
    program.stop()
    return lost.medians(), back.medians()


def carrier(directory, binds, runs):
    states = ["no-carrier", "routable"]
    with settled_sandbox(directory, binds) as sandbox:
        cable, signals = Cable(sandbox), Signals(sandbox)
        lost, back = reaction(Ours(sandbox, states=states), sandbox, cable, signals, runs)
        _, more = reaction(Ours(sandbox, "more", states=states, plugins=EVENTS_TOO), sandbox, cable,
                           signals, runs)
        their_lost, their_back = reaction(Theirs(sandbox, states=states), sandbox, cable, signals,
                                          runs)
    return [Figure("carrier loss to script", "ms", lost[0], their_lost[0]),
            Figure("networkd's signal of it to script", "ms", lost[1], their_lost[1], limit=2),
            Figure("carrier's return to script", "ms", back[0], their_back[0]),
            Figure("networkd's signal of it to script", "ms", back[1], their_back[1], limit=2),
            Figure("... with socketbus and journal", "ms", more[1], limit=2)]


def delay_behind(program, sandbox, runs):
    """Milliseconds until a second interface's script runs while the first one's takes 500 ms."""
    first, second, delays = Cable(sandbox, 1000), Cable(sandbox, 1001), []
    program.start()
    for _ in range(runs):
        program.stamps.clear()
        time.sleep(QUIET)
        first.set(False)
        program.stamps.wait(name="veth0", state="no-carrier")
        lost = second.set(False)
        delays.append((program.stamps.wait(name="veth1", state="no-carrier")[0] - lost) / 1e6)
        for i, cable in enumerate((first, second)):
            cable.set(True)
            sandbox.wait_administrative(f"veth{i}", "configured")
            sandbox.wait_operational(f"veth{i}", "routable")
        time.sleep(0.5)
    program.stop()
    return median(delays)


def slow_script(directory, binds, runs):
    slow = {"SLOW_IFACE": "veth0"}
    with settled_sandbox(directory, binds, veths=2) as sandbox:
        ours = delay_behind(Ours(sandbox, states=["no-carrier"], env=slow), sandbox, runs)
        theirs = delay_behind(Theirs(sandbox, states=["no-carrier"], env=slow), sandbox, runs)
    return [Figure("carrier loss to script, another interface's being slow", "ms", ours, theirs)]
