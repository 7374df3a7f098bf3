"""Streams between two machines over NATS, beside NATS alone, on this machine."""

from harness.daemon import Daemon, build_dir
from harness.nats import NatsServer, nkey, public_key
from harness.network import Sandbox
from harness.waiting import wait_until

from cluster import cpu_seconds, sizes
from figures import Figure, median
from programs import helper

MIB = 256
WHOLE = 1024  # the stream that the server is restarted under
CONFIG = """[Plugin cluster]
Servers=nats://127.0.0.1:4222
NodeName={name}
HostKeyFile={key}
PresenceInterval=1s
[ClusterAllow other]
Callers={other}
Actions=connect
[Forward bench]
Listen={listen}
Connect={connect}
"""


def machines(sandbox, directory):
    near, far = directory / "near", directory / "far"
    keys = {}
    for name in ("a", "b"):
        sandbox.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", sandbox.dir / f"{name}.key")
        keys[name] = nkey("U", public_key(f"{sandbox.dir / name}.key.pub"))
    started = []
    for name, other, listen, connect in (("a", "b", f"unix:{near}", "node:b:7"),
                                         ("b", "a", "node:7", f"unix:{far}")):
        config = CONFIG.format(name=name, key=sandbox.dir / f"{name}.key", other=keys[other],
                               listen=listen, connect=connect)
        started.append(Daemon(sandbox, directory / name, config, plugins=[
            "cluster", build_dir() / "examples/forward.so"]).start())
    wait_until(lambda: all({n["state"] for n in daemon.netvane(
        "show", "cluster", "nodes", json_output=True)} == {"here"} and len(daemon.netvane(
            "show", "cluster", "nodes", json_output=True)) == 2 for daemon in started), "both")
    return near, far, started


def rate(sandbox, *words):
    return float(sandbox.run(helper("bandwidth"), *words, timeout=600).stdout)


def restarted_under(sandbox, server, near, far):
    """A stream of WHOLE MiB while the server is killed and started twice; its rate."""
    running = sandbox.popen(helper("bandwidth"), "unix", near, far, WHOLE, text=True, stdout=-1)
    for _ in range(2):
        try:
            running.wait(1)
        except Exception:  # it runs still, which is what is wanted
            server.kill()
            server.start()
    out = running.communicate(timeout=600)[0]
    assert running.returncode == 0, "the stream broke"
    return float(out)


def tunnel(directory, binds, runs):
    with Sandbox(directory, networkd=False, veths=0, binds=binds) as sandbox:
        server = NatsServer(sandbox)
        server.start()
        near, far, daemons = machines(sandbox, directory)
        rate(sandbox, "unix", near, far, 16)
        before = [cpu_seconds(daemon.process) for daemon in daemons]
        ours = [rate(sandbox, "unix", near, far, MIB) for _ in range(min(runs, 5))]
        cpu = [(cpu_seconds(daemon.process) - start) / (len(ours) * MIB) * 1e3
               for daemon, start in zip(daemons, before)]
        alone = [rate(sandbox, "nats", MIB) for _ in range(min(runs, 5))]
        whole = restarted_under(sandbox, server, near, far)
        results = [
            Figure("a stream between machines, both ends here", "MiB/s", median(ours)),
            Figure("NATS alone, messages of 64 KiB", "MiB/s", median(alone)),
            Figure("... times as fast as the stream", "", median(alone) / median(ours)),
            Figure("processor time of a MiB, sender", "ms", cpu[0]),
            Figure("processor time of a MiB, receiver", "ms", cpu[1]),
            Figure("1 GiB, the server killed twice meanwhile", "MiB/s", whole),
            Figure("sender after that, Rss", "MiB", sizes(daemons[0].process)[0]),
            Figure("receiver after that, Rss", "MiB", sizes(daemons[1].process)[0]),
        ]
        for daemon in daemons:
            daemon.stop()
    return results
