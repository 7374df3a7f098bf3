"""A real nats-server in a sandbox."""

import os
import pathlib

from .network import Service

PORT = 4222


def modules():
    """Where tools/deps --tests has put what tests/npm names."""
    return pathlib.Path(os.environ["NETVANE_SOURCE_DIR"]) / "build/npm/node_modules"


class NatsServer(Service):
    """`config` is what nats-server.conf says besides the port."""

    def __init__(self, sandbox, config="", name="nats-server"):
        self.config = sandbox.dir / f"{name}.conf"
        self.config.write_text(f"port: {PORT}\n{config}\n")
        super().__init__(sandbox, name, ["nats-server", "-c", self.config],
                         lambda: "Server is ready" in self.text())

    def start(self):
        self.log.write_text("")
        super().start()
