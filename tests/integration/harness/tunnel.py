"""A machine's end of a tunnel by the book of docs/cluster.md, in another language and with other
libraries: for what a well-behaved machine never does, and so that the book is right."""

import base64
import hashlib
import os
import struct
import time

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .nats import nkey
from .waiting import wait_until

HELLO, ANSWER, SEALED, UNKNOWN = 1, 2, 3, 4
OPEN, ACCEPT, DATA, END, ACK, RESET, DATAGRAM, PING, PONG, BYE = range(2, 12)


def raw(public_key):
    return public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def blake2b(data, key=b"", **more):
    return hashlib.blake2b(data, digest_size=32, key=key, **more).digest()


def derived(key, number, context):
    """libsodium's crypto_kdf."""
    return blake2b(b"", key, salt=struct.pack("<Q", number).ljust(16, b"\0"),
                   person=context.ljust(16, b"\0"))


def key_of_nkey(text):
    return base64.b32decode(text + "=" * (-len(text) % 8))[1:33]


class TunnelPeer:
    """Begins sessions with the machine `other`; `client` is a NatsClient that may publish."""

    def __init__(self, client, cluster, other, key=None):
        self.client, self.cluster, self.other = client, cluster, other
        self.key = key or Ed25519PrivateKey.generate()
        self.nkey = nkey("U", raw(self.key.public_key()))
        self.number = 0
        client("subscribe", subject=f"netvane.{cluster}.tunnel.{self.nkey}.*", binary=True)

    def publish(self, packet, sender=None):
        self.client("publish", base64=base64.b64encode(packet).decode(),
                    subject=f"netvane.{self.cluster}.tunnel.{self.other}.{sender or self.nkey}")

    def packets(self, kind):
        bodies = (base64.b64decode(m["body"]) for m in list(self.client.messages)
                  if m["subject"].endswith("." + self.other) and f".{self.nkey}." in m["subject"])
        return [body for body in bodies if body[0] == kind]

    def hello(self):
        self.ephemeral, self.session, self.number = X25519PrivateKey.generate(), os.urandom(8), 0
        self.said = bytes([HELLO, 1]) + self.session + b"peerlife" + raw(self.ephemeral.public_key())
        return self.said

    def answered(self):
        """Says hello until it is answered, and makes the keys; InvalidSignature: not its."""
        last = time.monotonic()

        def answered():
            nonlocal last
            if time.monotonic() - last > 0.3:
                self.publish(self.said)
                last = time.monotonic()
            return next((p for p in self.packets(ANSWER) if p[2:10] == self.session), None)

        answer = wait_until(answered, "an answer")
        self.remote = answer[10:18]
        parts = (b"netvane tunnel 1", self.cluster.encode(), self.nkey.encode(),
                 self.other.encode(), self.said, answer[:58])
        self.hash = blake2b(b"".join(struct.pack(">I", len(part)) + part for part in parts))
        Ed25519PublicKey.from_public_bytes(key_of_nkey(self.other)).verify(
            answer[58:], b"netvane:tunnel-answer:cluster\0" + self.hash)
        secret = self.ephemeral.exchange(X25519PublicKey.from_public_bytes(answer[26:58]))
        master = blake2b(self.hash, secret)
        self.sends, self.receives = (derived(master, n, b"nvtunnel") for n in (1, 2))
        return answer

    def finish(self, key=None):
        return b"\x01" + (key or self.key).sign(b"netvane:tunnel-finish:cluster\0" + self.hash)

    def seal(self, frames, number=None):
        if number is None:
            number, self.number = self.number, self.number + 1
        head = bytes([SEALED]) + self.remote + struct.pack(">Q", number)
        return head + ChaCha20Poly1305(self.sends).encrypt(bytes(4) + head[9:], frames, head)

    def opened(self):
        """The frames of all sealed packets that have come for this session."""
        return [ChaCha20Poly1305(self.receives).decrypt(bytes(4) + p[9:17], p[17:], p[:17])
                for p in self.packets(SEALED) if p[1:9] == self.session]

    def wait_frame(self, kind):
        return wait_until(lambda: next((f for f in self.opened() if f[0] == kind), None),
                          lambda: f"frame {kind}; there were {self.opened()}")

    def connect(self):
        self.publish(self.hello())
        self.answered()
        self.publish(self.seal(self.finish() + bytes([PING])))
        self.wait_frame(PONG)
        return self


def frame_open(stream, port, limit=1 << 20):
    return struct.pack(">BIHQ", OPEN, stream, port, limit)


def frame_data(stream, offset, data):
    return struct.pack(">BIQI", DATA, stream, offset, len(data)) + data


def frame_end(stream, offset):
    return struct.pack(">BIQ", END, stream, offset)


def frame_ack(stream, offset, limit, again=0):
    return struct.pack(">BIQQB", ACK, stream, offset, limit, again)


def frame_datagram(source, port, data):
    return struct.pack(">BHHI", DATAGRAM, source, port, len(data)) + data
