"""Many machines at once: questions to up to 200 simulated agents, and how soon a unit's failure on a
real machine is seen on another."""

import json
import subprocess

from harness.cbus import URL
from harness.daemon import built
from harness.machines import HOST_KEY, SERVER, Network, TimedLines
from harness.nats import NatsServer
from harness.network import Sandbox

from figures import Figure, median
from programs import helper

SIZES = (1, 10, 50, 200)
ASKED = 100  # times
UNIT = "/org/freedesktop/systemd1/unit/"
GET = ("get", "org.freedesktop.systemd1", f"{UNIT}basic_2etarget", "ActiveState")
SUBJECT = ("dbus.broadcast.org_freedesktop_systemd1.org.freedesktop.systemd1.unit.basic_2etarget"
           ".prop.ActiveState")


def milliseconds(sandbox, *command):
    """Median and 99th percentile of what the program prints."""
    out = sandbox.run(*command, env={"NATS_URL": URL}, timeout=300).stdout
    times = sorted(int(line) / 1e6 for line in out.split())
    return median(times), times[len(times) * 99 // 100]


class Agents:
    def __init__(self, sandbox, count):
        self.process = sandbox.popen(helper("agents"), count, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def check(sandbox, count):
    """What is measured is an answer of all, and proven."""
    done = sandbox.run(built("netvane"), "--json", *GET, env={"NATS_URL": URL})
    answers = json.loads(done.stdout)["responses"]
    assert len(answers) == count and all(answer["verified"] for answer in answers)


def broadcast(sandbox, count):
    with Agents(sandbox, count):
        check(sandbox, count)
        ours = milliseconds(sandbox, helper("lasts"), ASKED, built("netvane"), *GET)
        bare = milliseconds(sandbox, helper("lasts"), ASKED, helper("gather"), SUBJECT, count, 1)
        alone = milliseconds(sandbox, helper("gather"), SUBJECT, count, ASKED)
    machines = f"{count} machine{'s' if count > 1 else ''}"
    limit = 150 if count == max(SIZES) else None
    return [
        Figure(f"netvane get of {machines}, beside bare libnats", "ms", ours[0], bare[0], limit),
        Figure("... the slowest of 100", "ms", ours[1], bare[1]),
        Figure("... the exchange alone", "ms", None, alone[0]),
    ]


def broadcasts(directory, binds):
    directory.mkdir(mode=0o755)
    with Sandbox(directory, networkd=False, veths=0, binds=binds) as sandbox:
        NatsServer(sandbox).start()
        return [figure for count in SIZES for figure in broadcast(sandbox, count)]


CONFIG = f"[Plugin cluster]\nServers={SERVER}\nHostKeyFile=/{HOST_KEY}\n"


def failures_seen(network, runs):
    """ms from each failure of a unit on "a" to its line from a `netvane watch` on "b"."""
    failing, other = network.machines["a"], network.machines["b"]
    lines = TimedLines(other.popen(
        "netvane", "watch", f"{UNIT}failing_2eservice", "--json", env={"NATS_URL": SERVER},
        text=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL))
    lines.wait_first(failing.fail)
    seen = []
    for _ in range(runs):
        failed = failing.fail()
        when = lines.wait(failing.nkey, '"ActiveState":"failed"', after=failed)
        seen.append((when - failed) / 1e6)
    lines.close()
    return seen


def failures(directory, binds, runs):
    network = Network(directory, binds)
    try:
        NatsServer(network.hub).start()
        for name in ("a", "b", "c"):
            network.add(name).write_config(CONFIG)
            network.machines[name].boot()
        for machine in network.machines.values():
            machine.wait_active("netvaned.service")
        seen = sorted(failures_seen(network, 5 * runs))
    finally:
        network.close()
    return [Figure("a unit's failure, seen on another machine", "ms", median(seen), limit=50),
            Figure(f"... the slowest of {len(seen)}", "ms", seen[-1])]


def fleet(directory, binds, runs):
    return broadcasts(directory / "agents", binds) + failures(directory / "machines", binds, runs)
