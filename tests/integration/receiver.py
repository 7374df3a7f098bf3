"""
A receiver of webhooks for tests, one thread a connection: it writes down what it gets and
answers as it was told, well or badly. Steered by files, so that it can run inside a sandbox:

    receiver.py DIRECTORY (PORT | /path/of/socket) [CERTIFICATE KEY]

Each request becomes one JSON line in DIRECTORY/requests. DIRECTORY/answer says how to answer:
"200", "500", "429 Retry-After: 1", "silence", "trickle", "headers", "interim", "redirect", "long" (a
body without end), "close-N" (after N bytes of the answer), "garbage", "most-N" (413 for bodies of
more than N bytes, else 200); "path": what the path says.
"""

import json
import pathlib
import socket
import ssl
import sys
import threading
import time

place, address = pathlib.Path(sys.argv[1]), sys.argv[2]
lock = threading.Lock()
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def read_request(stream):
    line = stream.readline()
    if not line:
        return None
    headers = {}
    while (field := stream.readline()) not in (b"\r\n", b""):
        name, _, value = field.decode().partition(":")
        headers[name.strip().lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return line.decode().split(), headers, body.decode()


def note(connection, request, answer):
    (method, path, _), headers, body = request
    record = {"method": method, "path": path, "headers": headers, "body": body, "answer": answer,
              "time": time.time(), "connection": connection.fileno()}
    with lock, open(place / "requests", "a") as file:
        file.write(json.dumps(record) + "\n")


def forever(connection, piece, pause):
    while True:
        connection.sendall(piece)
        time.sleep(pause)


def respond(connection, answer):
    """True: the connection may be used again."""
    word, _, header = answer.partition(" ")
    if word.isdigit():
        extra = f"{header}\r\n" if header else ""
        connection.sendall(f"HTTP/1.1 {word} X\r\n{extra}Content-Length: 0\r\n\r\n".encode())
        return True
    if word == "silence":
        time.sleep(3600)
    elif word == "trickle":
        for byte in GOOD:
            connection.sendall(bytes([byte]))
            time.sleep(1)
    elif word == "headers":
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        forever(connection, b"X-Padding: " + b"x" * 1000 + b"\r\n", 0)
    elif word == "interim":
        forever(connection, b"HTTP/1.1 100 Continue\r\n\r\n", 0)
    elif word == "long":
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        forever(connection, b"y" * 10000, 0)
    elif word == "redirect":
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere\r\n"
                           b"Content-Length: 0\r\n\r\n")
        return True
    elif word.startswith("close-"):
        connection.sendall(GOOD[:int(word[6:])])
    elif word == "garbage":
        connection.sendall(b"\x00\x01SSH-2.0-nonsense\r\n\r\n")
    return False


def serve(connection):
    try:
        if len(sys.argv) > 3:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_ciphers("DEFAULT@SECLEVEL=0")  # weak certificates, too
            context.load_cert_chain(sys.argv[3], sys.argv[4])
            connection = context.wrap_socket(connection, server_side=True)
        stream = connection.makefile("rb")
        while request := read_request(stream):
            answer = (place / "answer").read_text().strip()
            answer = request[0][1].strip("/") if answer == "path" else answer
            if answer.startswith("most-"):
                answer = "413" if len(request[2].encode()) > int(answer[5:]) else "200"
            note(connection, request, answer)
            if not respond(connection, answer):
                break
        connection.shutdown(socket.SHUT_RDWR)
    except (OSError, ValueError):  # gone, or no HTTP
        pass
    finally:
        connection.close()


if address.startswith("/"):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
else:
    listener = socket.socket(socket.AF_INET6)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(("::", int(address)))
listener.listen(64)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
