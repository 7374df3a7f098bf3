#!/usr/bin/python3
"""Makes a virtual CAN interface without being root, and sends a frame over it to itself.

    vcan_hello.py [vcan0]

The daemon is asked in the protocol of HyCAN, over a plain socket; frames go through python-can
(package python3-can).
"""

import os
import socket
import struct
import sys

CREATE_VCAN, INTERFACE_UP, INTERFACE_DOWN = 1, 2, 3


def connect():
    """To the first daemon that answers and is root's or one's own: anybody may make a socket in /tmp."""
    paths = [os.environ.get("HYCAN_DAEMON_SOCKET")]
    failures = []
    for path in paths if paths[0] else ("/run/hycan_daemon.sock", "/tmp/hycan_daemon.sock"):
        daemon = socket.socket(socket.AF_UNIX)
        daemon.settimeout(5)
        try:
            daemon.connect(path)
            peer = daemon.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            uid = struct.unpack("iII", peer)[1]
            if uid in (0, os.geteuid()):
                return daemon
            failures.append(f"{path}: it belongs to uid {uid}")
        except OSError as error:
            failures.append(f"{path}: {error.strerror or error}")
        daemon.close()
    sys.exit(f"no CAN interface daemon ({'; '.join(failures)})")


def receive(daemon, size):
    data = b""
    while len(data) < size:
        more = daemon.recv(size - len(data))
        if not more:
            sys.exit("the daemon closed the connection")
        data += more
    return data


def ask(daemon, operation, name):
    daemon.sendall(struct.pack("BB", operation, len(name.encode())) + name.encode())
    success, code, length = struct.unpack("<BBH", receive(daemon, 4))
    message = receive(daemon, length).decode(errors="replace")
    if not success:
        sys.exit(f"{name}: {message} (code {code})")


def exchange_frame(name):
    import can

    with can.Bus(name, bustype="socketcan") as sender, can.Bus(name, bustype="socketcan") as receiver:
        sender.send(can.Message(arbitration_id=0x123, data=b"hello", is_extended_id=False))
        frame = receiver.recv(timeout=2)
    if frame is None:
        sys.exit(f"{name}: no frame came")
    print(f"{frame.arbitration_id:03x} [{frame.dlc}] {bytes(frame.data).decode()}")


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "vcan0"
    with connect() as daemon:
        ask(daemon, CREATE_VCAN, name)
        ask(daemon, INTERFACE_UP, name)
        exchange_frame(name)
        ask(daemon, INTERFACE_DOWN, name)


main()
