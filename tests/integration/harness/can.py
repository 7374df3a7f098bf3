"""A client of the CAN interface daemon, written from docs/vcan-protocol.md and nothing else."""

import socket
import struct

CREATE, UP, DOWN, DELETE, CONFIGURE, GET, LIST, RENEW, HELLO = range(1, 10)
OK, BAD_OPERATION, BAD_NAME, NOT_PERMITTED, NOT_CAN, NOT_FOUND, KERNEL, QUOTA, UNSUPPORTED, \
    BAD_REQUEST, EXISTS, STOPPING = range(12)
NAME, KIND, PEER, LEASE, SET_UP, MTU, BITRATE, SAMPLE_POINT = range(1, 9)
INDEX, FLAGS, STATE, TX_ERRORS, OWNER, LEASE_LEFT = 32, 33, 34, 35, 43, 44
MESSAGE, VERSION, SUPPORTED = 64, 65, 66


def classic(operation, name):
    return bytes([operation, len(name)]) + name


def attribute(kind, value):
    value = struct.pack("<I", value) if isinstance(value, int) else value
    return struct.pack("<HH", kind, len(value)) + value


def nvc1(operation, number, *attributes):
    body = b"".join(attributes)
    return struct.pack("<BBHI", operation, 0, len(body), number) + body


class Client:
    """A program at the socket, in the namespace of the test unless `sandbox` is given."""

    def __init__(self, path, greeting=b""):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self.buffer = b""
        if greeting:
            self.socket.sendall(greeting)

    def send(self, data):
        self.socket.sendall(data)

    def take(self, count):
        while len(self.buffer) < count:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError(f"closed after {self.buffer!r}")
            self.buffer += got
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def answer(self, order="<"):
        success, code, length = struct.unpack(f"{order}BBH", self.take(4))
        return success, code, self.take(length).decode()

    def answer2(self):
        operation, code, length, number = struct.unpack("<BBHI", self.take(8))
        body, attributes = self.take(length), {}
        while body:
            kind, size = struct.unpack_from("<HH", body)
            attributes[kind], body = body[4:4 + size], body[4 + size:]
        return operation, code, number, attributes

    def ask(self, data):
        self.send(data)
        return self.answer()

    def is_closed(self, timeout=10):
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()

    def request(self, operation, *attributes, number=1):
        """Of the second form: (code, attributes)."""
        self.send(nvc1(operation, number, *attributes))
        answered, code, echoed, attributes = self.answer2()
        assert (answered & 0x7f, echoed) == (operation, number)
        return code, attributes

    def interfaces(self):
        """LIST: {name: attributes}."""
        self.send(nvc1(LIST, 1))
        found = {}
        while True:
            operation, code, _, attributes = self.answer2()
            assert code == OK, attributes
            if not operation & 0x80:
                return found
            found[attributes[NAME].decode()] = attributes
