"""The cluster's agent, with a real nats-server and dbus-daemon on this machine."""

import os
import pathlib

from harness.daemon import Daemon
from harness.nats import NatsServer
from harness.network import Sandbox

from figures import Figure, median
from programs import helper

READS = 2000
SIGNALS = 40000
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


def cluster(directory, binds, runs):
    with Sandbox(directory, networkd=False, veths=0, binds=binds) as sandbox:
        sandbox.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/etc/dbus-1/system.d")
        (sandbox.root / "etc/dbus-1/system.d/all.conf").write_text(POLICY)
        NatsServer(sandbox).start()
        sandbox.bus.start()
        daemon = Daemon(sandbox, directory / "daemon", CONFIG, plugins=["cluster"]).start()
        idle = Daemon(sandbox, directory / "idle", "", plugins=["cluster"]).start()
        none = Daemon(sandbox, directory / "none", "", plugins=[]).start()
        results = measured(sandbox, daemon, runs)
        results.append(Figure("plugin without servers, Private_Dirty", "MiB",
                              sizes(idle.process)[1] - sizes(none.process)[1]))
        for one in (daemon, idle, none):
            one.stop()
    return results
