"""The cluster's agent, with a real nats-server and dbus-daemon on this machine."""

import os
import pathlib
import time

from harness.daemon import Daemon, build_dir
from harness.nats import NatsServer
from harness.network import Sandbox
from harness.waiting import wait_until

from figures import Figure, median
from programs import helper

READS = 2000
SIGNALS = 40000
EVENTS = 40000
A_MILLISECOND = 40  # so many events are published without an outbox, which bounds nothing
POLICY = """<busconfig><policy context="default">
<allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
</policy></busconfig>"""
CONFIG = ("[Plugin cluster]\nServers=nats://127.0.0.1:4222\n"
          "Signals=type='signal',interface='org.example.Bench1'\n")


def sizes(process):
    """Resident and private dirty, in MiB."""
    rollup = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:]
    kib = {line.split(":")[0]: int(line.split()[1]) for line in rollup}
    return kib["Rss"] / 1024, kib["Private_Dirty"] / 1024


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(sandbox, kind, nkey, count):
    out = sandbox.run(helper("remote"), kind, nkey, count, timeout=60).stdout
    return [int(word) for word in out.split()]


def measured(sandbox, daemon, runs):
    daemon.wait_log("cluster: connected")
    nkey = daemon.netvane("show", "cluster", json_output=True)["nkey"]
    reads = [ask(sandbox, "latency", nkey, READS) for _ in range(runs)]
    rss, dirty = sizes(daemon.process)
    before = cpu_seconds(daemon.process)
    floods = [ask(sandbox, "signals", nkey, SIGNALS) for _ in range(3)]
    cpu = (cpu_seconds(daemon.process) - before) / (3 * SIGNALS)
    lost = 3 * SIGNALS - sum(come for come, _ in floods)
    return [
        Figure("a property read over NATS, beyond sd-bus", "us",
               median([remote - local for local, remote in reads]) / 1e3, limit=400),
        Figure("signals forwarded a second", "1/s",
               median([come / ns * 1e9 for come, ns in floods]), least=20000),
        Figure("signals lost", f"of {3 * SIGNALS}", lost, limit=0),
        Figure("processor time of a signal", "us", cpu * 1e6),
        Figure("agent after the reads, Rss", "MiB", rss, limit=14),
        Figure("agent after the reads, Private_Dirty", "MiB", dirty, limit=3),
    ]


def events_taken(daemon, *burst):
    """Events a second, until all are in the stream or out; and how many were lost."""
    began = time.monotonic()
    daemon.netvane("burst", *burst)

    told = None

    def shown():
        nonlocal told
        told = daemon.netvane("show", "cluster", json_output=True)
        return told["events"] + told["events_lost"] >= EVENTS
    wait_until(shown, lambda: f"{EVENTS} events: {told}", 120)
    return told["events"] / (time.monotonic() - began), told["events_lost"]


def with_events(sandbox, directory, name, more, burst, runs):
    """Each run with a daemon of its own."""
    rates, losses, dirty = [], 0, 0
    for run in range(runs):
        daemon = Daemon(sandbox, directory / f"{name}{run}",
                        f"{CONFIG}Events=burst.>\n{more}", plugins=["cluster"])
        daemon.copy_plugins([build_dir() / "bench/burst.so"])
        daemon.start().wait_log("cluster: connected")
        rate, lost = events_taken(daemon, *burst)
        rates.append(rate)
        losses += lost
        dirty = max(dirty, sizes(daemon.process)[1])
        daemon.stop()
    return median(rates), losses, dirty


def events(sandbox, directory, runs):
    core, core_lost, _ = with_events(sandbox, directory, "core", "",
                                     (EVENTS, A_MILLISECOND), runs)
    stream, lost, dirty = with_events(sandbox, directory, "stream",
                                      "EventStream=EVENTS\nEventStreamCreate=yes\n",
                                      (EVENTS,), runs)
    return [
        Figure(f"events a second published, of {A_MILLISECOND * 1000} offered", "1/s", core),
        Figure("of these lost", f"of {runs * EVENTS}", core_lost),
        Figure("events a second into JetStream through the outbox", "1/s", stream),
        Figure("of these lost", f"of {runs * EVENTS}", lost, limit=0),
        Figure("agent with an outbox after them, Private_Dirty", "MiB", dirty),
    ]


def cluster(directory, binds, runs):
    with Sandbox(directory, networkd=False, veths=0, binds=binds) as sandbox:
        sandbox.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/etc/dbus-1/system.d")
        (sandbox.root / "etc/dbus-1/system.d/all.conf").write_text(POLICY)
        NatsServer(sandbox, f"jetstream {{ store_dir: {directory}/jetstream }}").start()
        sandbox.bus.start()
        daemon = Daemon(sandbox, directory / "daemon", CONFIG, plugins=["cluster"]).start()
        idle = Daemon(sandbox, directory / "idle", "", plugins=["cluster"]).start()
        none = Daemon(sandbox, directory / "none", "", plugins=[]).start()
        results = measured(sandbox, daemon, runs)
        results.append(Figure("plugin without servers, Private_Dirty", "MiB",
                              sizes(idle.process)[1] - sizes(none.process)[1]))
        for one in (daemon, idle, none):
            one.stop()
        results += events(sandbox, directory, 3)
    return results
