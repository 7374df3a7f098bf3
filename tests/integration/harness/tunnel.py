"""A machine's end of a tunnel by the book of docs/cluster.md, in another language and with other
libraries: for what a well-behaved machine never does, and so that the book is right."""

import base64
import hashlib
import json
import os
import struct
import time

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


def parted(*parts):
    """Each behind its length."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


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

    def flood(self, count):
        """Hellos that nobody can go on with, as fast as they go."""
        subject = f"netvane.{self.cluster}.tunnel.{self.other}.{self.nkey}"
        for _ in range(count):
            hello = bytes([HELLO, 1]) + os.urandom(8) + b"peerlife" + os.urandom(32)
            self.client.begin("publish", base64=base64.b64encode(hello).decode(), subject=subject)
        for _ in range(count):
            self.client.end()

    def packets(self, kind):
        bodies = (base64.b64decode(m["body"]) for m in list(self.client.messages)
                  if m["subject"].endswith("." + self.other) and f".{self.nkey}." in m["subject"])
        return [body for body in bodies if body[0] == kind]

    def announce(self, name):
        """Says in the roster that it is there."""
        subject = f"netvane.{self.cluster}.presence.{self.nkey}"
        body = json.dumps({"name": name, "version": "1", "tags": [], "networks": [],
                           "interval_ms": 600000, "leaving": False})
        when, nonce = str(int(time.time() * 1000)), os.urandom(16).hex()
        parts = [subject, "", when, nonce, "", "", "", "", body]
        text = b"netvane:presence:cluster\0" + parted(*(part.encode() for part in parts))
        self.client("publish", subject=subject, body=body, headers={
            "Netvane-Key": self.nkey, "Netvane-Time": when, "Netvane-Nonce": nonce,
            "Netvane-Signature": self.key.sign(text).hex()})

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
        self.hash = self.transcript(self.nkey, self.other, answer[:58])
        Ed25519PublicKey.from_public_bytes(key_of_nkey(self.other)).verify(
            answer[58:], b"netvane:tunnel-answer:cluster\0" + self.hash)
        self.sends, self.receives = self.derive(answer[26:58])
        return answer

    def transcript(self, initiator, responder, answer):
        return blake2b(parted(b"netvane tunnel 1", self.cluster.encode(), initiator.encode(),
                              responder.encode(), self.said, answer))

    def derive(self, key):
        """The keys of who began and of who answered."""
        master = blake2b(self.hash, self.ephemeral.exchange(X25519PublicKey.from_public_bytes(key)))
        return [derived(master, number, b"nvtunnel") for number in (1, 2)]

    def answer(self):
        """Answers the machine, which begins, and waits for its proof and what came with it."""
        self.said = wait_until(lambda: next(iter(self.packets(HELLO)), None), "a hello")
        self.ephemeral, self.session, self.number = X25519PrivateKey.generate(), os.urandom(8), 0
        self.remote = self.said[2:10]
        answer = bytes([ANSWER, 1]) + self.remote + self.session + b"peerlife" + raw(
            self.ephemeral.public_key())
        self.hash = self.transcript(self.other, self.nkey, answer)
        self.receives, self.sends = self.derive(self.said[18:50])
        self.publish(answer + self.key.sign(b"netvane:tunnel-answer:cluster\0" + self.hash))
        first = self.wait_frame(1)
        Ed25519PublicKey.from_public_bytes(key_of_nkey(self.other)).verify(
            first[1:65], b"netvane:tunnel-finish:cluster\0" + self.hash)
        return first[65:]

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


def frame_accept(stream, limit=1 << 20):
    return struct.pack(">BIQ", ACCEPT, stream, limit)


def frame_data(stream, offset, data):
    return struct.pack(">BIQI", DATA, stream, offset, len(data)) + data


def frame_end(stream, offset):
    return struct.pack(">BIQ", END, stream, offset)


def frame_ack(stream, offset, limit, again=0):
    return struct.pack(">BIQQB", ACK, stream, offset, limit, again)


def frame_datagram(source, port, data):
    return struct.pack(">BHHI", DATAGRAM, source, port, len(data)) + data
