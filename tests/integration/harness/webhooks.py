"""What tests of webhooks need: receivers good and bad, a daemon with endpoints, the public library.

A test module that imports all of this has the fixtures.
"""

import base64
import json
import os
import pathlib
import subprocess

import pytest

from .daemon import built
from .waiting import wait_until

HERE = pathlib.Path(__file__).parents[1]
SOURCE = HERE.parents[1]
SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of secret, nice").decode()
ENDPOINT = {"Url": "http://127.0.0.1:8080/hook?token=hidden", "Topics": "feed.>",
            "AllowAddresses": "127.0.0.1"}


class Receiver:
    """receiver.py inside the sandbox."""

    def __init__(self, sandbox, directory, address, *tls):
        self.sandbox, self.dir, self.address, self.tls = sandbox, directory, str(address), tls
        self.dir.mkdir(exist_ok=True)
        self.read, self.found = 0, []
        self.answer("200")
        self.start()

    def start(self):
        self.process = self.sandbox.popen("/usr/bin/python3", HERE / "receiver.py", self.dir,
                                          self.address, *self.tls, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"

    def stop(self):
        self.process.kill()
        self.process.wait()

    def answer(self, text):
        temporary = self.dir / "answer.new"
        temporary.write_text(text)
        temporary.rename(self.dir / "answer")

    def requests(self):
        path = self.dir / "requests"
        if not path.exists():
            return []
        with open(path, "rb") as file:
            file.seek(self.read)
            whole, newline, _ = file.read().rpartition(b"\n")
        self.read += len(whole) + len(newline)
        self.found += [json.loads(line) for line in whole.split(b"\n") if line]
        return self.found

    def wait(self, count, timeout=20.0):
        def enough():
            found = self.requests()
            return found if len(found) >= count else None
        return wait_until(enough, lambda: f"{count} requests of {self.requests()}", timeout)

    def numbers(self):
        return [json.loads(request["body"])["data"]["number"] for request in self.requests()]


def section(name="ops", **options):
    lines = [f"{key}={value}" for key, value in {**ENDPOINT, **options}.items() if value]
    return "\n".join([f"[Webhook {name}]", *lines, ""])


def show(daemon, name="ops"):
    return daemon.netvane("show", "webhook", name, json_output=True)


def failing_test(daemon, name):
    """`webhook test` of an endpoint that does not take it: what it says."""
    done = daemon.netvane("webhook", "test", name, check=False)
    assert done.returncode == 1 and f"{name} has not taken the event: " in done.stderr, done
    return done.stderr


def wait_show(daemon, name="ops", timeout=20.0, **wanted):
    def as_wanted():
        now = show(daemon, name)
        return now if all(now.get(key) == value for key, value in wanted.items()) else None
    return daemon.wait(as_wanted, f"{wanted}", timeout)


def outbox_on_small_disk(daemon, sandbox):
    """Puts the outbox on a file system of 8 MiB; gives what fills that up, to be called."""
    place = daemon.state_dir / "webhook"
    place.mkdir(mode=0o700)
    sandbox.run("mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", place)
    ballast = sandbox.root / str(place).lstrip("/") / "ballast"

    def fill():
        with open(ballast, "wb") as file:
            try:
                while True:
                    os.write(file.fileno(), bytes(4096))
            except OSError:
                return ballast
    return fill


def verify_with_npm(requests, keys):
    """What the public library of Standard Webhooks says: the bodies it accepts."""
    script = """
        const {Webhook} = require("standardwebhooks");
        const {requests, keys} = JSON.parse(require("fs").readFileSync(0));
        console.log(JSON.stringify(requests.map(r => keys.map(k => {
            try { return new Webhook(k).verify(r.body, r.headers); }
            catch (error) { return String(error.message); }
        }))));
    """
    done = subprocess.run(["node", "-e", script], input=json.dumps(
        {"requests": requests, "keys": keys}), env={**os.environ, "NODE_PATH": str(
            SOURCE / "build/npm/node_modules")}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def certificate(directory, name, *options, kind=("ec", "ec_paramgen_curve:prime256v1"),
                address="IP:127.0.0.1"):
    key, cert = directory / f"{name}.key", directory / f"{name}.pem"
    openssl("req", "-x509", "-newkey", kind[0], "-pkeyopt", kind[1], "-nodes", "-keyout", key,
            "-out", cert, "-subj", "/CN=receiver", "-days", "2", "-addext",
            f"subjectAltName={address}", *options)
    return cert, key


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """plugin(name): NAME.c of this directory, built."""
    def build(name):
        target = tmp_path_factory.mktemp(name) / f"{name}.so"
        subprocess.run(["cc", "-std=gnu11", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-I",
                        SOURCE / "api", HERE / f"{name}.c", "-o", target], check=True)
        return target
    return build


@pytest.fixture(scope="module")
def feed(plugin):
    return plugin("feed")


@pytest.fixture
def make_receiver(sandbox):
    made = []

    def make(address=8080, *tls):
        made.append(Receiver(sandbox, sandbox.dir / f"receiver{len(made)}", address, *tls))
        return made[-1]
    yield make
    for receiver in made:
        receiver.stop()


@pytest.fixture
def receiver(make_receiver):
    return make_receiver()


@pytest.fixture
def secret(sandbox):
    path = sandbox.dir / "secret"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def make_webhook(make_daemon, feed):
    """make_webhook(Option=value...): a daemon with one endpoint, "ops"; Url=None: with none."""
    def make(*more, start=True, env=None, general="", program=None, more_plugins=(),
             **options):
        ops = section(**options) if options.get("Url", True) else ""
        return make_daemon("\n".join(["[Plugin webhook]", general, ops, *more]), start=start,
                           plugins=["webhook", feed, *more_plugins], program=program,
                           env=env or {"NETVANE_TEST_WEBHOOK_SPEED": "100"})
    return make
