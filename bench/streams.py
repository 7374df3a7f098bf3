"""From an event to the line at clients of the event socket: how late, and how many a second."""

import json
import subprocess

from harness.daemon import Daemon, build_dir
from harness.network import Sandbox

from figures import Figure, median
from programs import helper

EVENTS = 10000
CLIENTS = 100
AGED = 2000


def started(directory, binds):
    sandbox = Sandbox(directory, networkd=False, veths=1, binds=binds)
    daemon = Daemon(sandbox, directory / "daemon", "[Plugin socketbus]\nCompatListen=\n",
                    plugins=["socketbus", build_dir() / "bench/burst.so"])
    return sandbox, daemon.start()


def read(daemon, clients, count, *burst, ages=False):
    """What bench-readers saw of `count` events."""
    command = [helper("readers"), daemon.runtime_dir / "events.sock", clients, count,
               '{"subscribe":["burst.>"]}', *(["ages"] if ages else [])]
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                          text=True) as readers:
        assert readers.stdout.readline() == "ready\n"
        daemon.netvane("burst", str(count), *map(str, burst), timeout=60)
        text = readers.stdout.readline()
        assert readers.wait() == 0
    return json.loads(text)


def streams(directory, binds, runs):
    sandbox, daemon = started(directory, binds)
    try:
        one = [read(daemon, 1, AGED, 1, ages=True) for _ in range(runs)]
        many = [read(daemon, CLIENTS, AGED, 1, ages=True) for _ in range(runs)]
        flood = [read(daemon, CLIENTS, EVENTS) for _ in range(runs)]
        daemon.stop()
    finally:
        sandbox.close()
    seconds = median([(each["last"] - each["first"]) / 1e9 for each in flood])
    age = lambda runs, what: median([each[what] / 1e3 for each in runs])
    return [
        Figure("event to line, 1 client", "us", age(one, "median")),
        Figure(f"event to line, {CLIENTS} clients, median", "us", age(many, "median")),
        Figure(f"event to line, {CLIENTS} clients, p99", "us", age(many, "p99")),
        Figure(f"{EVENTS} events to {CLIENTS} clients, in order", "s", seconds, limit=2),
    ]
