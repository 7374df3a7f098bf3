"""libnetvane-can as a program meets it: installed, found, linked, and without a daemon."""

import contextlib
import os
import pathlib
import re
import socket
import struct
import subprocess
import threading

import pytest

from harness.daemon import build_dir

SOURCE = pathlib.Path(os.environ["NETVANE_SOURCE_DIR"])
EXAMPLES = SOURCE / "examples/can"
CACHE = (build_dir() / "CMakeCache.txt").read_text()
# A program that links an instrumented library has to be instrumented, too.
SANITIZE = re.search(r"^NETVANE_SANITIZE:\w+=(.*)$", CACHE, re.M)[1]
FLAGS = f"-fsanitize={SANITIZE}" if SANITIZE else ""

CONSUMER = """
#include <netvane-can.h>
#include <stdio.h>
int main(void)
{
    struct vane_can *can;
    int r = vane_can_open(&can, NULL);

    printf("%s %d\\n", vane_can_version(), r);
    vane_can_close(can);
    return 0;
}
"""
PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C CXX)
find_package(NetvaneCan 1.0 REQUIRED)
add_executable(shared consumer.c)
target_link_libraries(shared NetvaneCan::netvane-can)
add_executable(static consumer.c)
target_link_libraries(static NetvaneCan::netvane-can-static)
add_executable(cxx consumer.cc)
target_link_libraries(cxx NetvaneCan::netvane-can)
"""


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """What the library's packages have, under a directory that is not where it was built for."""
    root = tmp_path_factory.mktemp("destination")
    subprocess.run(["cmake", "--install", build_dir(), "--component", "can"], check=True,
                   capture_output=True, env={**os.environ, "DESTDIR": str(root)})
    return next(root.rglob("include")).parent


@pytest.fixture
def shell(tmp_path, prefix):
    """shell(command): in an empty directory, with the installed library to be found, its output."""
    libraries = next(prefix.rglob("libnetvane-can.so")).parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(libraries / "pkgconfig"), "CFLAGS": FLAGS,
                   "CXXFLAGS": FLAGS, "CMAKE_PREFIX_PATH": str(prefix),
                   "LD_LIBRARY_PATH": str(libraries), "EXAMPLES": str(EXAMPLES),
                   "HYCAN_DAEMON_SOCKET": str(tmp_path / "can.sock")}

    def run(command, status=0):
        done = subprocess.run(["sh", "-euc", command], cwd=tmp_path, env=environment, text=True,
                              capture_output=True, timeout=120)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    (tmp_path / "consumer.c").write_text(CONSUMER)
    (tmp_path / "consumer.cc").write_text(CONSUMER)
    (tmp_path / "CMakeLists.txt").write_text(PROJECT)
    return run


def test_a_program_finds_it_with_pkg_config(shell):
    out = shell("cc $CFLAGS consumer.c -o shared $(pkg-config --cflags --libs netvane-can)\n./shared\n"
                "readelf -d shared | grep -o 'libnetvane-can.so.*]'")
    assert out == "1.0.0 -2\nlibnetvane-can.so.0]\n"


def test_a_program_takes_the_archive_with_pkg_config(shell):
    out = shell("libs=$(pkg-config --static --libs netvane-can)\n"
                "cc $CFLAGS $(pkg-config --cflags netvane-can) consumer.c -o static "
                "$(echo $libs | sed 's/-lnetvane-can/-l:libnetvane-can.a/')\n./static\n"
                "readelf -d static | grep -c libnetvane || :")
    assert out == "1.0.0 -2\n0\n"


def test_a_program_finds_it_with_cmake(shell):
    out = shell("cmake -B b . >log && cmake --build b >>log || { cat log; exit 1; }\n"
                "b/shared && b/static && b/cxx")
    assert out == "1.0.0 -2\n" * 3


def test_the_archive_takes_no_name_from_a_program(prefix):
    """All it defines begins with vane_."""
    archive, = prefix.rglob("libnetvane-can.a")
    lines = subprocess.run(["nm", "-A", "--defined-only", "--extern-only", archive], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    names = {line.split()[-1] for line in lines}
    assert {name for name in names if not re.match(r"vane_|__odr_asan|_?_?asan_|\.", name)} == set()


# ---- the examples ----

BUILD = "cc $CFLAGS -Wall -Werror $EXAMPLES/vcan-hello.c -o hello " \
        "$(pkg-config --cflags --libs netvane-can)\n"


def test_the_c_example_is_built_as_it_says_and_tells_that_nobody_is_there(shell, tmp_path):
    out = shell(BUILD + "./hello", status=1)
    assert out.startswith(f"no CAN interface daemon ({tmp_path}/can.sock: No such file or directory)")


def test_the_python_example_tells_that_nobody_is_there(shell, tmp_path):
    out = shell("/usr/bin/python3 $EXAMPLES/vcan_hello.py", status=1)
    assert out == f"no CAN interface daemon ({tmp_path}/can.sock: No such file or directory)\n"


@pytest.fixture
def hycan(tmp_path):
    """A daemon that knows HyCAN's protocol only and refuses to lower; the requests that it had."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "can.sock"))
    listener.listen()
    requests = []

    def serve(stream):
        while head := stream.read(2):
            name = stream.read(head[1])
            if head[0] in (1, 2, 3):
                requests.append((head[0], name.decode()))
            words = {1: b"", 2: b"too dangerous"}.get(head[0], b"no such operation")
            stream.write(struct.pack("<BBH", not words, 7 if words else 0, len(words)) + words)

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(BrokenPipeError), connection, \
                    connection.makefile("rwb", buffering=0) as stream:
                serve(stream)

    thread = threading.Thread(target=accept)
    thread.start()
    yield requests
    listener.shutdown(socket.SHUT_RDWR)
    thread.join(20)
    listener.close()


def test_the_c_example_says_what_a_daemon_of_hycans_refused(shell, hycan):
    """It has a lease, which such a daemon cannot give."""
    out = shell(BUILD + "./hello vcan5", status=1)
    assert "cannot create vcan5: the daemon at" in out and "only the classic protocol" in out
    assert hycan == []


def test_the_python_example_speaks_hycans_protocol(shell, hycan):
    out = shell("/usr/bin/python3 $EXAMPLES/vcan_hello.py vcan5", status=1)
    assert out == "vcan5: too dangerous (code 7)\n"
    assert hycan == [(1, "vcan5"), (2, "vcan5")]


def test_python_can_has_what_the_example_takes_from_it():
    done = subprocess.run(["/usr/bin/python3", "-c",
                           "import can; can.Bus('vcan-none', bustype='socketcan')"],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "OSError" in done.stderr, done.stderr
