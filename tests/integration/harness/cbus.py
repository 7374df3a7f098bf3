"""Machines that speak CBus's wire format, by another hand: cbus-agent.js, with the client of npm's
`nats`."""

import json
import pathlib
import subprocess

from .nats import PORT, modules
from .waiting import wait_until

AGENT = pathlib.Path(__file__).with_name("cbus-agent.js")
URL = f"nats://127.0.0.1:{PORT}"


def new_nkey(sandbox):
    """A user's NKey and its seed."""
    script = """const key = require("nats").nkeys.createUser();
                console.log(key.getPublicKey(), new TextDecoder().decode(key.getSeed()));"""
    return sandbox.run("node", "-e", script, env={"NODE_PATH": str(modules())}).stdout.split()


class CbusAgents:
    """Machines of CBus: `machines` is a list of objects with "nkey", and "values": what each call,
    as "destination /path member", is answered with. cbus-agent.js says what else there is."""

    def __init__(self, sandbox, machines, url=URL):
        self.log = sandbox.dir / "cbus-agent.log"
        with open(self.log, "wb") as log:
            self.process = sandbox.popen("node", AGENT, url, json.dumps(machines),
                                         env={"NODE_PATH": str(modules())}, stdout=log, stderr=log,
                                         stdin=subprocess.PIPE)
        wait_until(self._is_ready, lambda: f"the agents to be ready:\n{self.text()}")

    def text(self):
        return self.log.read_text(errors="replace")

    def _is_ready(self):
        assert self.process.poll() is None, self.text()
        return "ready\n" in self.text()

    def requests(self):
        """What came: objects with "subject", "body" and "headers"."""
        return [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]

    def say(self, subject, headers, body):
        """Has a message published."""
        line = json.dumps({"subject": subject, "headers": headers, "body": body})
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
