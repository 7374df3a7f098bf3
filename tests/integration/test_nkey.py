"""netvane nkey and keyscan: NKeys of machines out of their SSH host keys, with a real sshd."""

import base64
import binascii
import json
import struct

import pytest

from harness.daemon import SANITIZERS, built
from harness.waiting import wait_until

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)


def nkey_of(line):
    """By the books of NATS: kind, key, CRC-16/XMODEM, base32."""
    body = bytes([20 << 3]) + base64.b64decode(line.split()[1])[-32:]
    return base64.b32encode(body + struct.pack("<H", binascii.crc_hqx(body, 0))).decode()


def netvane(sandbox, *words, **options):
    """No daemon runs, and none is asked."""
    env = {**SANITIZERS, "NETVANE_SOCKET": "/nonexistent/control"}
    return sandbox.run(built("netvane"), *words, env=env, **options)


@pytest.fixture
def host_key(sandbox):
    path = sandbox.dir / "ssh_host_ed25519_key"
    sandbox.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path)
    return path


@pytest.fixture
def sshd(sandbox, host_key):
    """An sshd on 127.0.0.1:2222."""
    sandbox.run("mkdir", "-p", "/run/sshd")
    log = sandbox.dir / "sshd.log"
    process = sandbox.popen("/usr/sbin/sshd", "-D", "-f", "/dev/null", "-h", host_key, "-p", "2222",
                            "-o", "ListenAddress=127.0.0.1", "-E", log)
    wait_until(lambda: log.exists() and "listening" in log.read_text(), "sshd to listen")
    yield host_key.with_suffix(".pub").read_text()
    process.terminate()
    process.wait()


def test_nkey_of_a_file_and_of_a_line(sandbox, host_key):
    public = host_key.with_suffix(".pub")
    expected = nkey_of(public.read_text())
    assert netvane(sandbox, "nkey", "--public-key-file", public).stdout == f"{expected}\n"
    assert netvane(sandbox, "nkey", f"--public-key={public.read_text()}").stdout == f"{expected}\n"
    done = netvane(sandbox, "--json", "nkey", "--public-key-file", public)
    assert json.loads(done.stdout) == {"NKey": expected}


def test_nkey_says_what_is_wrong(sandbox, host_key):
    private = netvane(sandbox, "nkey", "--public-key-file", host_key, check=False)
    assert private.returncode == 1 and "is a private key" in private.stderr
    missing = netvane(sandbox, "nkey", "--public-key-file", "/nonexistent", check=False)
    assert missing.returncode == 1 and "/nonexistent: No such file" in missing.stderr
    assert netvane(sandbox, "nkey", "--public-kee", "x", check=False).returncode == 2


def test_keyscan_prints_one_alone_and_several_with_their_hosts(sandbox, sshd):
    expected = nkey_of(sshd)
    one = netvane(sandbox, "keyscan", "--port", "2222", "127.0.0.1")
    assert one.stdout == f"{expected}\n"
    several = netvane(sandbox, "keyscan", "--port", "2222", "127.0.0.1", "--stdin",
                      input="localhost\n\n")
    assert several.stdout == f"127.0.0.1 {expected}\nlocalhost {expected}\n"
    done = netvane(sandbox, "keyscan", "--json", "--port=2222", "127.0.0.1")
    assert json.loads(done.stdout) == [{"Hostname": "127.0.0.1", "NKey": expected, "Err": None}]


def test_keyscan_names_who_did_not_answer(sandbox, sshd):
    done = netvane(sandbox, "keyscan", "--port", "2222", "127.0.0.1", "127.0.0.2", check=False)
    assert done.returncode == 1
    assert done.stdout == f"127.0.0.1 {nkey_of(sshd)}\n"
    assert "127.0.0.2: no answer" in done.stderr
    done = netvane(sandbox, "keyscan", "--json", "--port", "2222", "127.0.0.2", check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout) == [{"Hostname": "127.0.0.2", "NKey": "",
                                        "Err": "no answer, or no Ed25519 host key"}]


@pytest.mark.parametrize("words", [[], ["--port", "0", "h"], ["--nonsense"], ["a b"], ["a,b"]])
def test_keyscan_refuses_what_is_no_host(sandbox, words):
    assert netvane(sandbox, "keyscan", *words, check=False).returncode == 2
