"""A real NOTIFY_SOCKET that the test listens on, as systemd does."""

import socket


class NotifySocket:
    def __init__(self, path):
        self.path = str(path)
        self.messages = []  # each datagram as a dict, in order
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(self.path)

    def poll(self):
        """Takes what has arrived; returns all messages so far."""
        while True:
            try:
                text = self._socket.recv(65536).decode(errors="replace")
            except BlockingIOError:
                return self.messages
            self.messages.append(dict(line.split("=", 1) for line in text.splitlines()
                                      if "=" in line))

    def count(self, key, value=None):
        """How many messages carried the key (with the value)."""
        return sum(key in message and value in (None, message[key]) for message in self.poll())

    def last(self, key):
        """The latest value of the key, or None."""
        return next((message[key] for message in reversed(self.poll()) if key in message), None)

    def close(self):
        self._socket.close()
