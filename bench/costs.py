"""What the daemon costs: memory, programs that it runs, wake-ups when nothing happens."""

import os
import re
import subprocess
import time

from harness.waiting import wait_until

from cable import Cable
from figures import Figure, median
from programs import EVENTS_TOO, Ours, Theirs, helper
from reactions import QUIET, settled_sandbox

IDLE_SECONDS = 10
CHANGES = 10


def settled_memory(program, runs):
    resident, dirty = [], []
    os.sync()  # pages of files just copied count as dirty until they are written
    for _ in range(runs):
        program.start()
        program.stamps.wait(name="veth0")
        time.sleep(QUIET)
        sizes = program.memory_kib()
        resident.append(sizes[0] / 1024)
        dirty.append(sizes[1] / 1024)
        program.stop()
    return median(resident), median(dirty)


def memory(directory, binds, runs):
    with settled_sandbox(directory, binds) as sandbox:
        ours = settled_memory(Ours(sandbox, states=["routable"], startup=True), runs)
        more = settled_memory(Ours(sandbox, "more", states=["routable"], startup=True,
                                   plugins=EVENTS_TOO), runs)
        unused = settled_memory(Ours(sandbox, "unused", states=["routable"], startup=True,
                                     plugins=["scripts", "webhook"]), runs)
        theirs = settled_memory(Theirs(sandbox, states=["routable"], startup=True), runs)
    return [Figure("resident", "MiB", ours[0], theirs[0], limit=6),
            Figure("private dirty", "MiB", ours[1], theirs[1], limit=1.5),
            Figure("resident, with socketbus and journal", "MiB", more[0], limit=9),
            Figure("private dirty, with socketbus and journal", "MiB", more[1]),
            Figure("resident, more with webhook unused", "MiB", unused[0] - ours[0], limit=1),
            Figure("private dirty, more with webhook unused", "MiB", unused[1] - ours[1],
                   limit=0.3)]


def executed(make, sandbox, name):
    """How many programs beside the scripts were run for ten changes of state."""
    trace = sandbox.dir / f"{name}.trace"
    program = make(sandbox, name, states=["no-carrier", "routable"],
                   wrap=["strace", "-D", "-f", "-q", "-e", "trace=execve,execveat", "-o", trace])
    cable = Cable(sandbox)
    program.start()
    before = len(trace.read_text().splitlines())
    for change in range(CHANGES):
        up = change % 2 == 1
        cable.set(up)
        program.stamps.wait(change // 2 + 1, state="routable" if up else "no-carrier")
    program.stop()
    ended = re.compile(rf"^{trace.read_text().split()[0]} +\+\+\+ (exited|killed)", re.M)
    wait_until(lambda: ended.search(trace.read_text()), "the end of the trace")
    calls = [line for line in trace.read_text().splitlines()[before:]
             if re.search(r"execve(at)?\(", line) and line.endswith("= 0")]
    return sum("10-stamp" not in call for call in calls)


def programs(directory, binds, runs):
    with settled_sandbox(directory, binds) as sandbox:
        ours = executed(Ours, sandbox, "ours-traced")
        theirs = executed(Theirs, sandbox, "theirs-traced")
    return [Figure(f"programs beside the script, {CHANGES} changes", "number", ours, theirs, limit=0)]


def idle_wakeups(program):
    program.start()
    time.sleep(2)
    before = program.wakeups()
    time.sleep(IDLE_SECONDS)
    count = program.wakeups() - before
    program.stop()
    return count


def idle(directory, binds, runs):
    with settled_sandbox(directory, binds) as sandbox:
        ours = idle_wakeups(Ours(sandbox, plugins=None))
        theirs = idle_wakeups(Theirs(sandbox))
    return [Figure(f"wake-ups in {IDLE_SECONDS} idle seconds", "number", ours, theirs, limit=0)]


def bus(directory, binds, runs):
    done = subprocess.run([helper("publish")], check=True, capture_output=True, text=True)
    times = {name: float(ns) / 1000 for name, ns in
             (line.split() for line in done.stdout.splitlines())}
    return [Figure("publish to callback, a link's snapshot", "us", times["snapshot-single"], limit=1),
            Figure("publish to callback, six fields copied", "us", times["fields-single"], limit=1),
            Figure("publish to callback, in bursts", "us", times["snapshot"], limit=1)]
