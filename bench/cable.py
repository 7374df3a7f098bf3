"""Plugging and unplugging from this process, so that the moment of it is known: one rtnetlink
message on a socket in the namespace of the cable's other end."""

import ctypes
import os
import socket
import struct
import time

NLMSG_DONE, NLMSG_ERROR, RTM_NEWLINK = 3, 2, 16
NLM_F_REQUEST, NLM_F_ACK = 1, 4
IFF_UP = 1
IFLA_MTU = 4

_libc = ctypes.CDLL(None, use_errno=True)


def _join(fd):
    if _libc.setns(fd, 0x40000000) < 0:
        raise OSError(ctypes.get_errno(), "setns")


def socket_in(namespace):
    """A routing socket in the network namespace that the file `namespace` stands for."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    other = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _join(other)
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    finally:
        _join(own)
        os.close(own)
        os.close(other)


def link_message(index, flags=0, change=0, mtu=None, acknowledge=True):
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, index, flags, change)
    if mtu is not None:
        body += struct.pack("=HHI", 8, IFLA_MTU, mtu)
    wanted = NLM_F_REQUEST | (NLM_F_ACK if acknowledge else 0)
    return struct.pack("=IHHII", 16 + len(body), RTM_NEWLINK, wanted, 1, 0) + body


class Cable:
    """The other end of a sandbox's veth0."""

    def __init__(self, sandbox, index=1000):
        self._socket, self._index = socket_in(sandbox.root / "run/netns/peer"), index

    def set(self, up):
        """Returns the time just before."""
        started = time.monotonic_ns()
        self._socket.send(link_message(self._index, IFF_UP if up else 0, IFF_UP))
        error = struct.unpack_from("=i", self._socket.recv(4096), 16)[0]
        if error:
            raise OSError(-error, os.strerror(-error))
        return started
