"""Many links at the start, and many changes at once."""

import re
import time

from harness.network import Sandbox
from harness.waiting import wait_until

from cable import link_message, socket_in
from figures import Figure, median
from programs import Ours, Theirs

LINKS = 1000
CHANGES = 10000
FIRST_MTU = 2000
AT_ONCE = 20  # messages in one send: as fast as the kernel takes them


def crowded_sandbox(directory, binds, networkd):
    directory.mkdir(mode=0o755)
    sandbox = Sandbox(directory, networkd=networkd, networks={}, veths=0, binds=binds)
    sandbox.ip_batch([f"link add many{i} type ifb" for i in range(LINKS)])
    if networkd:
        wait_until(lambda: sandbox.networkd_says(f"many{LINKS - 1}", "ADMIN_STATE") == "unmanaged",
                   "networkd to know them all", 60.0)
    return sandbox


def to_ready(program, runs):
    times = []
    for _ in range(runs):
        program.start()
        times.append((program.ready - program.launched()) / 1e6)
        program.stop()
    return median(times)


def thousand(directory, binds, runs):
    with crowded_sandbox(directory / "kernel", binds, networkd=False) as sandbox:
        alone = to_ready(Ours(sandbox), runs)
    with crowded_sandbox(directory / "networkd", binds, networkd=True) as sandbox:
        ours = to_ready(Ours(sandbox), runs)
        theirs = to_ready(Theirs(sandbox), runs)
    return [Figure(f"start with {LINKS} links, kernel alone", "ms", alone, limit=100),
            Figure(f"start with {LINKS} links and networkd", "ms", ours, theirs, limit=100)]


def storm(sandbox, index):
    """Sets 10,000 different MTUs in turn, without waiting for the kernel's answers."""
    socket = socket_in(f"/proc/{sandbox.pid}/ns/net")
    mtus = range(FIRST_MTU, FIRST_MTU + CHANGES)
    for first in range(0, CHANGES, AT_ONCE):
        socket.send(b"".join(link_message(index, mtu=mtu, acknowledge=False)
                             for mtu in mtus[first:first + AT_ONCE]))
    socket.close()


def reported(program):
    """The MTUs that the daemon printed events about, in order."""
    return [int(mtu) for mtu in re.findall(r"\blink\.mtu\s+burst0\s+(\d+) bytes", program.daemon.text())]


def one_burst(sandbox, program, index):
    """How many of the changes were lost or out of order, and the most memory so far."""
    program.daemon.log.write_bytes(b"")
    storm(sandbox, index)
    wait_until(lambda: (reported(program) or [0])[-1] == FIRST_MTU + CHANGES - 1,
               lambda: f"the last change; {len(reported(program))} were reported", 60.0)
    wanted, got = list(range(FIRST_MTU, FIRST_MTU + CHANGES)), reported(program)
    wrong = sum(a >= b for a, b in zip(got, got[1:]))
    return len(set(wanted) - set(got)) + wrong, program.peak_kib() / 1024


def burst(directory, binds, runs):
    with Sandbox(directory, networkd=False, veths=0, binds=binds) as sandbox:
        sandbox.ip("link add burst0 type ifb")
        index = sandbox.ifindex("burst0")
        program = Ours(sandbox, config="PrintEvents=yes", plugins=None)
        program.start()
        started = time.monotonic()
        results = [one_burst(sandbox, program, index) for _ in range(runs)]
        seconds = (time.monotonic() - started) / runs
        losses = program.daemon.text().count("engine.loss")
        program.stop()
    wrong = sum(result[0] for result in results)
    return [Figure(f"lost or out of order of {CHANGES * runs} changes", "number", wrong, limit=0),
            Figure("losses reported", "number", losses, limit=0),
            Figure(f"a burst of {CHANGES} changes", "s", seconds),
            Figure("most memory after the first burst", "MiB", results[0][1]),
            Figure("most memory after the last burst", "MiB", results[-1][1],
                   limit=round(results[0][1] * 1.1, 1))]
