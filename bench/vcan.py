"""The CAN interface daemon: its protocol alone, by requests that change nothing in the kernel; and
what it does in one that has CAN, in a virtual machine, where only ratios count."""

import json
import os
import pathlib
import subprocess

from harness.daemon import Daemon, build_dir
from harness.network import Sandbox

from figures import Figure, median
from programs import helper

NO_NAME, UNSUPPORTED = "a/b", "vcan0"  # this kernel has no CAN
REQUESTS = 20000
PIPELINED = 400000


def ask(sandbox, kind, *arguments, cpu=None):
    pinned = ["taskset", "-c", str(cpu)] if cpu is not None else []
    out = sandbox.run(*pinned, helper("ask"), kind, *arguments, timeout=120).stdout
    return [float(word) for word in out.split()]


def pin(process, cpus):
    subprocess.run(["taskset", "-a", "-p", "-c", cpus, str(process.pid)], check=True,
                   capture_output=True)


def measured(sandbox, daemon, path, echo_path, runs):
    """Runs of ours and of the echo server alternate, so that both see the same machine."""
    everywhere = ",".join(map(str, sorted(os.sched_getaffinity(0))))
    pin(daemon.process, "0")
    pinned = {name: [ask(sandbox, "latency", path, name, REQUESTS, cpu=0) for _ in range(runs)]
              for name in (NO_NAME, UNSUPPORTED)}
    pin(daemon.process, everywhere)
    free = [[ask(sandbox, "latency", where, NO_NAME, REQUESTS)[0] for where in (path, echo_path)]
            for _ in range(runs)]
    rates = [ask(sandbox, "pipeline", path, NO_NAME, PIPELINED, 8)[0] for _ in range(runs)]
    return pinned, free, rates


def figures(pinned, free, rates, held):
    micros = lambda runs, column: median([run[column] for run in runs]) / 1e3
    return [
        Figure("CAN request without a name, one CPU, median", "us", micros(pinned[NO_NAME], 0), limit=12),
        Figure("CAN request without a name, one CPU, p99", "us", micros(pinned[NO_NAME], 1), limit=60),
        Figure("CAN request not supported here, one CPU, median", "us",
               micros(pinned[UNSUPPORTED], 0), limit=12),
        Figure("CAN request not supported here, one CPU, p99", "us", micros(pinned[UNSUPPORTED], 1),
               limit=60),
        Figure("CAN request, any CPU, median", "us", micros(free, 0)),
        Figure("a bare libuv echo, any CPU, median", "us", micros(free, 1)),
        Figure("CAN request / echo, any CPU", "x", median([ours / echo for ours, echo in free]),
               limit=1.3),
        Figure("CAN requests in a row, 8 connections, each", "us", 1e6 / median(rates), limit=10),
        Figure("CAN requests: the loop is held, each", "us", held / 1e3),
    ]


def vcan(directory, binds, runs):
    sandbox = Sandbox(directory, networkd=False, veths=0, binds=binds)
    try:
        daemon = Daemon(sandbox, directory / "daemon", "[Plugin vcan]\nListen=can.sock\n",
                        plugins=["vcan"]).start()
        echo_path = directory / "echo.sock"
        echo = sandbox.popen(helper("echo"), echo_path, stdout=subprocess.PIPE, text=True)
        assert echo.stdout.readline() == "ready\n"
        path = daemon.runtime_dir / "can.sock"
        results = measured(sandbox, daemon, path, echo_path, runs)
        held = daemon.netvane("show", "can", "counters", json_output=True)["loop_ns_per_request"]
        daemon.stop()
    finally:
        sandbox.close()
    return figures(*results, held)


SOURCE = pathlib.Path(__file__).resolve().parents[1]


def vcan_kernel(directory, binds, runs):
    done = subprocess.run([SOURCE / "tests/vm/run", "unshare", "--net", SOURCE / "bench/vcan-inside",
                           str(runs)], capture_output=True, text=True, timeout=1000,
                          env={**os.environ, "NETVANE_BUILD_DIR": str(build_dir())})
    assert done.returncode == 0, done.stdout + done.stderr
    rounds = json.loads(done.stdout)
    ratio = lambda ours, theirs: median([row[ours] / row[theirs] for row in rounds])
    return [
        Figure("vcans created / ip -batch, in the machine", "x", ratio(0, 2), limit=1),
        Figure("vcans raised / ip -batch, in the machine", "x", ratio(1, 3)),
    ]
