"""A real nats-server in a sandbox, and a client of npm's "nats" beside it."""

import base64
import binascii
import json
import os
import pathlib
import queue
import struct
import subprocess
import threading

from .network import Service
from .namespaces import terminate
from .waiting import PATIENCE, wait_until

PORT = 4222
CLIENT = pathlib.Path(__file__).with_name("nats-client.js")


def modules():
    """Where tools/deps --tests has put what tests/npm names."""
    return pathlib.Path(os.environ["NETVANE_SOURCE_DIR"]) / "build/npm/node_modules"


def nkey(kind, key):
    """A public key (kind "U") in the spelling of NKeys."""
    body = bytes(["ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(kind) << 3]) + key
    return base64.b32encode(body + struct.pack("<H", binascii.crc_hqx(body, 0))).decode().rstrip("=")


def public_key(path):
    """The 32 bytes of an OpenSSH public key file."""
    return base64.b64decode(pathlib.Path(path).read_text().split()[1])[-32:]


def jwts(sandbox, *users):
    """JWTs of an operator, an account and these users: {"nkey", "pub", "sub"} or {"new": True}."""
    made = sandbox.run("node", CLIENT.with_name("nats-jwt.js"), json.dumps(users),
                       env={"NPM_MODULES": str(modules())})
    return json.loads(made.stdout)


class NatsServer(Service):
    """`config` is what nats-server.conf says besides the port."""

    def __init__(self, sandbox, config="", name="nats-server", port=PORT):
        self.config = sandbox.dir / f"{name}.conf"
        self.config.write_text(f"port: {port}\n{config}\n")
        super().__init__(sandbox, name, ["nats-server", "-c", self.config],
                         lambda: "Server is ready" in self.text())

    def start(self):
        self.log.write_text("")
        super().start()


class NatsClient:
    """Calls run one after the other; messages of subscriptions gather in `messages`."""

    def __init__(self, sandbox, **options):
        options.setdefault("servers", f"127.0.0.1:{PORT}")
        self.process = sandbox.popen("node", CLIENT, json.dumps(options), text=True,
                                     env={"NPM_MODULES": str(modules())}, cwd="/",
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.messages, self._answers, self._last = [], queue.Queue(), 0
        threading.Thread(target=self._read, daemon=True).start()
        first = self._answers.get(timeout=20 * PATIENCE)
        assert first.get("connected"), first

    def _read(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if "message" in told:
                self.messages.append(told["message"])
            else:
                self._answers.put(told)

    def begin(self, operation, **command):
        """Asks without waiting for the answer; end() gives it."""
        self._last += 1
        self.process.stdin.write(json.dumps({"op": operation, "id_": self._last, **command}) + "\n")
        self.process.stdin.flush()

    def end(self, timeout=60):
        answer = self._answers.get(timeout=timeout * PATIENCE)
        assert "error" not in answer, answer
        return answer["result"]

    def __call__(self, operation, **command):
        self.begin(operation, **command)
        return self.end()

    def request(self, subject, body="", **headers):
        return self("request", subject=subject, body=body,
                    headers={name.replace("_", "-"): value for name, value in headers.items()})

    def value(self, subject, body="", **headers):
        """The JSON of an answer that is no error."""
        answer = self.request(subject, body, **headers)
        assert "Nats-Service-Error" not in answer["headers"], answer
        return json.loads(answer["body"])

    def error(self, subject, body="", **headers):
        """Code and text of an answer that is one."""
        answer = self.request(subject, body, **headers)["headers"]
        return answer["Nats-Service-Error-Code"], answer["Nats-Service-Error"]

    def wait_message(self, match, what="a message", timeout=20.0):
        return wait_until(lambda: next((m for m in list(self.messages) if match(m)), None),
                          lambda: f"{what}; there were {self.messages}", timeout)

    def close(self):
        self.process.stdin.close()
        terminate(self.process)
