"""Deliveries a second over HTTP with the outbox on, to a receiver in C on loopback."""

import base64
import collections
import os
import shutil
import signal
import sqlite3
import subprocess
import time

from figures import Figure, median
from harness.daemon import Daemon, build_dir
from harness.network import Sandbox

PORT = 8080
SOURCE_FEED = "tests/integration/feed.c"
KILLS = 20
ENDPOINTS = 16
BATCH = 100
UNNOTED = 2048  # deliveries that the outbox may have no note of


class Receiver:
    def __init__(self, sandbox, place):
        self.output = place / "received"
        self.output.unlink(missing_ok=True)
        self.process = sandbox.popen(build_dir() / "bench/bench-receive", PORT, self.output,
                                     stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def count(self):
        self.process.send_signal(signal.SIGUSR1)
        return int(self.process.stdout.readline())

    def lines(self):
        self.count()
        return [line.split() for line in self.output.read_text().split("\n") if line]

    def stop(self):
        self.process.kill()
        self.process.wait()


def config(endpoints, secret=None, pour=False, more=""):
    """Each event goes to every endpoint; without a secret it is signed with the own key."""
    sections = [f"[Webhook e{i}]\nUrl=http://127.0.0.1:{PORT}/e{i}\nTopics=feed.tick\n"
                f"AllowAddresses=127.0.0.1\nMaxEvents=10000000\n{more}" +
                (f"Secret={secret}\n" if secret else "") for i in range(endpoints)]
    return "\n".join([*sections, "[Plugin feed]", f"Pour={'yes' if pour else 'no'}", ""])


def feed(place, source):
    target = place / "feed.so"
    subprocess.run(["cc", "-std=gnu11", "-O2", "-shared", "-fPIC", "-I", source / "api",
                    source / SOURCE_FEED, "-o", target], check=True)
    return target


def rate(sandbox, place, name, plugins, endpoints, events, secret=None, more=""):
    receiver = Receiver(sandbox, place)
    daemon = Daemon(sandbox, place / name, config(endpoints, secret, more=more),
                    plugins=plugins).start()
    wanted = events * endpoints
    start = time.monotonic()
    asked = sandbox.popen(build_dir() / "cli/netvane", "feed", str(events), "each", "50",
                          env={"NETVANE_SOCKET": str(daemon.control)}, stdout=subprocess.DEVNULL)
    while receiver.count() < wanted:
        time.sleep(0.005)
        assert time.monotonic() < start + 60, f"{receiver.count()} of {wanted} came"
    seconds = time.monotonic() - start
    asked.wait()
    order = collections.defaultdict(list)
    for identity, path, _ in receiver.lines():
        order[path].append(int(identity.split("-")[1]))
    assert all(seqs == sorted(set(seqs)) for seqs in order.values()), "not in order"
    daemon.stop()
    receiver.stop()
    return wanted / seconds


def accepted(daemon, copy):
    """The highest number of each endpoint and epoch in the outbox of a daemon that was killed."""
    shutil.copytree(daemon.state_dir / "webhook", copy, dirs_exist_ok=True)
    with sqlite3.connect(copy / "outbox.sqlite") as db:
        return {(f"/{name}", epoch): number for name, epoch, number in db.execute(
            "SELECT name, json_extract(json, '$.epoch'), max(json_extract(json, '$.payload.number'))"
            " FROM message JOIN endpoint ON number = key >> 40 GROUP BY 1, 2")}


def drain(daemon):
    deadline = time.monotonic() + 300
    while any(row["pending"] for row in daemon.netvane("webhook", "list", json_output=True)):
        assert time.monotonic() < deadline, "it does not get empty"
        time.sleep(0.05)


def repeated(receiver):
    lines = receiver.lines()
    return len(lines) - len({(identity, path) for identity, path, _ in lines})


def kills(sandbox, place, plugins, secret):
    """How many accepted events never came, and how many came twice after one kill at most."""
    receiver = Receiver(sandbox, place)
    daemon = Daemon(sandbox, place / "kills", config(ENDPOINTS, secret, pour=True), plugins=plugins)
    least, twice = {}, [0]
    for turn in range(KILLS):
        daemon.start()
        time.sleep(0.3)
        daemon.kill()
        least.update(accepted(daemon, place / f"copy{turn}"))
        twice.append(repeated(receiver))
    daemon.write_config(config(ENDPOINTS, secret))
    daemon.start()
    drain(daemon)
    twice.append(repeated(receiver))
    came = collections.defaultdict(list)
    for identity, path, number in receiver.lines():
        came[(path, identity.split("-")[0])].append(int(number))
    daemon.stop()
    receiver.stop()
    lost = sum(max(max(numbers), least.get(key, 0)) + 1 - len(set(numbers))
               for key, numbers in came.items())
    lost += sum(number + 1 for key, number in least.items() if key not in came)
    return lost, max(after - before for before, after in zip(twice, twice[1:]))


def webhook(place, binds, runs):
    source = binds[1]
    plugins = ["webhook", feed(place, source)]
    secret = place / "secret"
    secret.write_text("whsec_" + base64.b64encode(os.urandom(32)).decode())
    secret.chmod(0o600)
    directory = place / "s"
    directory.mkdir()
    sandbox = Sandbox(directory, binds=binds, networkd=False, veths=1)
    try:
        many = median([rate(sandbox, place, f"many{i}", plugins, ENDPOINTS, 4000, secret)
                       for i in range(3)])
        own_key = median([rate(sandbox, place, f"key{i}", plugins, ENDPOINTS, 4000) for i in range(3)])
        one = median([rate(sandbox, place, f"one{i}", plugins, 1, 20000, secret) for i in range(3)])
        batched = median([rate(sandbox, place, f"batch{i}", plugins, ENDPOINTS, 4000, secret,
                               f"BatchSize={BATCH}\n") for i in range(3)])
        lost, twice = kills(sandbox, place, plugins, secret)
    finally:
        sandbox.close()
    return [Figure("webhook: deliveries to 16 endpoints", "1/s", many, least=20000),
            Figure("webhook: the same, signed with Ed25519", "1/s", own_key),
            Figure("webhook: deliveries to one endpoint", "1/s", one, least=5000),
            Figure(f"webhook: deliveries in batches of {BATCH}", "1/s", batched),
            Figure("webhook: accepted and lost in 20 kills", "events", lost, limit=0),
            Figure("webhook: delivered twice, one kill", "events", twice,
                   limit=ENDPOINTS + UNNOTED)]
