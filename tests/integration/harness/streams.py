"""Clients of the event sockets: lines of JSON with deadlines."""

import json
import os
import select
import socket
import time


class Stream:
    """One connection. `request` is sent at once, as JSON; None: nothing is."""

    def __init__(self, path, request=None, timeout=30.0):
        self.timeout = timeout
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.rest = b""
        if request is not None:
            self.ask(request)

    def ask(self, request):
        text = request if isinstance(request, (str, bytes)) else json.dumps(request)
        self.socket.sendall((text.encode() if isinstance(text, str) else text) + b"\n")

    def raw_line(self, timeout=None):
        """The next line without its newline; None: the end."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while b"\n" not in self.rest:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                more = self.socket.recv(1 << 20)
            except ConnectionResetError:  # we had sent what it did not want to read
                more = b""
            if not more:
                assert not self.rest, f"half a line at the end: {self.rest!r}"
                return None
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return line

    def line(self, timeout=None):
        text = self.raw_line(timeout)
        return None if text is None else json.loads(text)

    def lines(self, count):
        return [self.line() for _ in range(count)]

    def until(self, condition, timeout=None):
        """All lines up to the first that the condition holds for, with that one."""
        deadline, seen = time.monotonic() + (timeout or self.timeout), []
        while True:
            line = self.line(max(0.001, deadline - time.monotonic()))
            assert line is not None, f"the end after {seen[-3:]}"
            seen.append(line)
            if condition(line):
                return seen

    def is_silent(self, seconds):
        """Nothing comes for so long. (For what must not happen.)"""
        return not self.rest and not select.select([self.socket], [], [], seconds)[0]

    def hello(self):
        line = self.line()
        assert "hello" in line, line
        return line["hello"]

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


class AsUser:
    """A function run in a child of another user, from a directory which that user may not reach by
    its path. result() is what it returned, through JSON."""

    def __init__(self, uid, function, directory="/", groups=()):
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                os.chdir(directory)
                os.setgroups(list(groups))
                os.setgid(uid)
                os.setuid(uid)
                os.write(writer, json.dumps(function()).encode())
                status = 0
            finally:
                os._exit(status)
        os.close(writer)
        self.reader = reader

    def result(self):
        with os.fdopen(self.reader) as file:
            text = file.read()
        assert os.waitpid(self.pid, 0)[1] == 0, "the child failed"
        return json.loads(text)
