"""Webhooks in trouble: bad receivers, wrong certificates, full disks, secrets, missing libraries."""

import base64
import json
import pathlib
import re
import sqlite3
import subprocess

import pytest

from harness.waiting import wait_until
from harness.webhooks import *  # noqa: F403 - fixtures are found by their names

pytestmark = pytest.mark.sandbox(networkd=False, veths=1)


INWARDS = ["127.0.0.1", "[::1]", "localhost", "[::ffff:127.0.0.1]", "0x7f000001", "0"]


def test_addresses_that_lead_inwards_are_refused(make_webhook, receiver):
    daemon = make_webhook(*[section(f"e{i}", Url=f"http://{host}:8080/", AllowAddresses="192.0.2.1")
                            for i, host in enumerate(INWARDS)])
    for i, _ in enumerate(INWARDS):
        said = failing_test(daemon, f"e{i}")
        assert "is a loopback address" in said or "of this host" in said
    assert receiver.requests() == []


def test_connection_of_another_endpoint_does_not_lend_its_permission(make_webhook, receiver):
    daemon = make_webhook(section("other", AllowAddresses="192.0.2.1"))
    assert daemon.netvane("webhook", "test", "ops", json_output=True)["delivered"]
    assert "127.0.0.1 is a loopback address" in failing_test(daemon, "other")
    assert len(receiver.requests()) == 1


HEAD = 38  # bytes of the head of the answer that is cut off
BAD = {"silence": "imed out", "trickle": "imed out", "headers": "64 KiB of headers",
       "interim": "64 KiB of headers", "redirect": "status 302", "garbage": "",
       **{f"close-{byte}": "" for byte in range(HEAD)}}


def test_bad_receivers_are_failures_and_hold_nothing_up(make_webhook, receiver, make_receiver):
    good = make_receiver(8081)
    receiver.answer("path")
    daemon = make_webhook(*[section(name, Url=f"http://127.0.0.1:8080/{name}", Timeout="1s",
                                    MaxAttempts="100") for name in BAD],
                          Url="http://127.0.0.1:8081/", env={"NETVANE_TEST_WEBHOOK_SPEED": "10000"})
    daemon.netvane("feed", "3")
    good.wait(3)
    listed = lambda: [row for row in daemon.netvane("webhook", "list", json_output=True)
                      if row["endpoint"] in BAD]
    daemon.wait(lambda: all(row["failed"] for row in listed()), "a failure of each", 20)
    assert not any(row["delivered"] for row in listed())
    for name, words in BAD.items():
        assert words in show(daemon, name)["last_failure"]
    receiver.answer("200")
    daemon.wait(lambda: all(row["delivered"] == 3 for row in listed()), "all of each", 60)
    for name in BAD:
        came = [json.loads(request["body"])["data"]["number"] for request in receiver.requests()
                if request["path"] == f"/{name}" and request["answer"] == "200"]
        assert came == [0, 1, 2]


def test_whole_head_with_2xx_is_a_delivery_whatever_becomes_of_the_body(make_webhook, receiver):
    names = ["long", f"close-{HEAD}", f"close-{HEAD + 1}"]
    receiver.answer("path")
    daemon = make_webhook(*[section(name, Url=f"http://127.0.0.1:8080/{name}", Timeout="2s")
                            for name in names])
    daemon.netvane("feed", "1")
    for name in names:
        wait_show(daemon, name, delivered=1, failed=0)


def dated_certificate(directory, name, start, end):
    authority, (_, key) = directory / f"{name}.ca", certificate(directory, name)
    authority.mkdir()
    (authority / "index").touch()
    (authority / "serial").write_text("01\n")
    (authority / "conf").write_text(
        f"[ca]\ndefault_ca=x\n[x]\ndatabase={authority}/index\nserial={authority}/serial\n"
        f"new_certs_dir={authority}\ndefault_md=sha256\npolicy=p\nx509_extensions=e\n"
        "[p]\ncommonName=supplied\n[e]\nsubjectAltName=IP:127.0.0.1\n")
    request, cert = directory / f"{name}.csr", directory / f"{name}.pem"
    openssl("req", "-new", "-key", key, "-subj", "/CN=receiver", "-out", request)
    openssl("ca", "-batch", "-selfsign", "-config", authority / "conf", "-keyfile", key, "-in",
            request, "-notext", "-out", cert, "-startdate", start, "-enddate", end)
    return cert, key


def certificates(directory):
    """Name: certificate and key, the CA file, and what is said; None: it is right."""
    right, other = certificate(directory, "right"), certificate(directory, "other")
    host = certificate(directory, "host", address="DNS:other.example")
    purpose = certificate(directory, "purpose", "-addext", "extendedKeyUsage=clientAuth")
    weak = certificate(directory, "weak", kind=("rsa", "rsa_keygen_bits:1024"))
    expired = dated_certificate(directory, "expired", "20200101000000Z", "20200102000000Z")
    future = dated_certificate(directory, "future", "20990101000000Z", "20990102000000Z")
    return {"right": (right, right[0], None), "untrusted": (right, other[0], "self-signed"),
            "system": (right, None, "self-signed"), "host": (host, host[0], "127.0.0.1"),
            "purpose": (purpose, purpose[0], "purpose"), "weak": (weak, weak[0], "too weak"),
            "expired": (expired, expired[0], "expired"),
            "future": (future, future[0], "not yet valid"), "plain": ((), right[0], "")}


def test_wrong_certificates_are_refused(make_webhook, make_receiver, sandbox):
    cases = certificates(sandbox.dir)
    receivers = {name: make_receiver(8440 + i, *cases[name][0]) for i, name in enumerate(cases)}
    daemon = make_webhook(*[section(name, Url=f"https://127.0.0.1:{receivers[name].address}/",
                                    CAFile=ca) for name, (_, ca, _) in cases.items()])
    for name, (_, _, words) in cases.items():
        if words is None:
            assert daemon.netvane("webhook", "test", name, json_output=True)["delivered"]
        else:
            assert words in failing_test(daemon, name), name
        assert len(receivers[name].requests()) == (words is None)


def test_second_daemon_on_one_directory_names_the_first(make_webhook):
    first = make_webhook()
    second = make_webhook(start=False)
    second.state_dir = first.state_dir
    second.start(ready=False)
    assert second.exit_status() != 0
    assert "in use by netvaned, process" in second.text()


def test_full_disk_accepts_nothing_and_loses_nothing(make_webhook, receiver, sandbox):
    daemon = make_webhook(start=False)
    fill = outbox_on_small_disk(daemon, sandbox)
    daemon.start()
    daemon.netvane("webhook", "pause", "ops")
    wait_show(daemon, state="paused")
    ballast = fill()
    daemon.netvane("feed", "2000", "each", "100")
    daemon.wait_log("cannot write .*outbox.sqlite: No space left")
    daemon.write_config("[Plugin webhook]\n" + section(Timeout="3s"))
    assert "cannot be written" in daemon.netvane("reload", check=False).stderr + daemon.text()
    ballast.unlink()
    daemon.wait_log("writing .*outbox.sqlite works again", timeout=20)
    daemon.netvane("webhook", "resume", "ops")
    receiver.wait(2000, timeout=60)
    assert receiver.numbers() == list(range(2000))


def test_damaged_outbox_is_set_aside_and_said(make_webhook, receiver):
    daemon = make_webhook()
    daemon.stop()
    (daemon.state_dir / "webhook/outbox.sqlite").write_bytes(b"nonsense" * 1000)
    daemon.start()
    daemon.wait_log("outbox.sqlite cannot be used: [^;]+; it is now")
    daemon.netvane("feed", "1")
    receiver.wait(1)


def test_outbox_of_a_later_version_outlives_one_that_is_damaged(make_webhook, receiver):
    daemon = make_webhook()
    daemon.netvane("webhook", "pause", "ops")
    daemon.netvane("feed", "3")
    wait_show(daemon, pending=3)
    daemon.stop()
    outbox = daemon.state_dir / "webhook/outbox.sqlite"
    with sqlite3.connect(outbox) as db:
        db.execute("PRAGMA user_version=99")
    daemon.start()
    daemon.wait_log(r"it was written by a later version; it is now .*\.later-")
    daemon.netvane("feed", "1")
    receiver.wait(1)
    daemon.stop()
    outbox.write_bytes(b"nonsense" * 1000)
    daemon.start()
    daemon.wait_log(r"it is now .*\.corrupt-")
    (kept,) = [path for path in outbox.parent.glob("*.later-*") if not path.name.endswith(("wal", "shm"))]
    with sqlite3.connect(kept) as db:
        assert db.execute("SELECT count(*) FROM message").fetchone() == (3,)


def test_an_outbox_that_is_damaged_at_work_costs_what_only_it_had(make_webhook, receiver):
    daemon = make_webhook()
    daemon.netvane("feed", "2")
    receiver.wait(2)
    wait_show(daemon, delivered=2)
    daemon.netvane("webhook", "pause", "ops")
    daemon.netvane("feed", "3")
    wait_show(daemon, pending=3)

    for file in (daemon.state_dir / "webhook").glob("outbox.sqlite*"):
        with open(file, "r+b") as opened:
            opened.write(b"nonsense" * (file.stat().st_size // 8))
    daemon.netvane("feed", "3")
    daemon.wait_log("outbox.sqlite cannot be used: [^;]+; it is now")
    daemon.netvane("feed", "3")
    wait_show(daemon, pending=9)
    daemon.netvane("webhook", "resume", "ops")

    receiver.wait(11)
    wait_show(daemon, delivered=11, pending=0)
    assert receiver.numbers() == list(range(11))


def dumped(pid):
    """The memory that would be in a core dump, piece by piece."""
    smaps = pathlib.Path(f"/proc/{pid}/smaps").read_text()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for entry in re.split(r"(?m)^(?=[0-9a-f]+-)", smaps)[1:]:
            start, end, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", entry).groups()
            if "w" in mode and " dd" not in entry and "Rss:                   0 kB" not in entry:
                memory.seek(int(start, 16))
                yield memory.read(min(int(end, 16) - int(start, 16), 64 << 20))


def test_secrets_appear_nowhere(make_webhook, receiver, secret):
    daemon = make_webhook(Secret=secret)
    daemon.netvane("feed", "1")
    receiver.wait(1)
    said = daemon.text() + daemon.netvane("show", "configuration").stdout
    said += daemon.netvane("show", "webhook", "ops").stdout
    said += daemon.netvane("show", "events", "last", "1000").stdout
    assert SECRET[6:] not in said
    key = base64.b64decode(SECRET[6:])
    pieces = list(dumped(daemon.process.pid))
    assert any(b"token=hidden" in piece for piece in pieces)  # what is not guarded would be seen
    assert not any(SECRET[6:].encode() in piece or key in piece for piece in pieces)


def test_credentials_in_headers_are_refused_and_not_repeated(make_webhook, receiver):
    daemon = make_webhook(start=False, Headers="X-Env: prod | Authorization: Bearer deepsecret")
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
    assert "Headers= has Authorization, which is as good as a password" in daemon.text()
    assert "HeadersFile=" in daemon.text() and "deepsecret" not in daemon.text()
    assert "X-Env" not in daemon.text()


@pytest.fixture
def headers_file(sandbox):
    path = sandbox.dir / "headers"
    path.write_text("Authorization: Bearer filesecret\n\nX-Token: another-secret\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("tls", [False, True])
def test_headers_of_a_file_are_sent_and_in_no_core_dump(make_webhook, make_receiver, sandbox,
                                                        headers_file, tls):
    cert, key = certificate(sandbox.dir, "receiver")
    receiver = make_receiver(8443, cert, key) if tls else make_receiver(8080)
    options = {"Url": "https://127.0.0.1:8443/", "CAFile": cert} if tls else {}
    daemon = make_webhook(HeadersFile=headers_file, Headers="X-Plain: known", **options)
    daemon.netvane("feed", "20")
    for request in receiver.wait(20):
        assert request["headers"]["authorization"] == "Bearer filesecret"
        assert request["headers"]["x-token"] == "another-secret"
        assert request["headers"]["x-plain"] == "known"
    wait_show(daemon, delivered=20)
    said = daemon.text() + daemon.netvane("show", "configuration").stdout
    pieces = list(dumped(daemon.process.pid))
    assert any(b"X-Plain: known" in piece for piece in pieces)  # that one stands in the configuration
    for word in ("filesecret", "another-secret"):
        assert word not in said
        assert not any(word.encode() in piece for piece in pieces)


BOTH = """
    const http2 = require("http2"), fs = require("fs"), [cert, key] = process.argv.slice(1);
    const options = {cert: fs.readFileSync(cert), key: fs.readFileSync(key), allowHTTP1: true};
    http2.createSecureServer(options, (request, response) => {
        request.resume();
        request.on("end", () => {
            console.log(request.url, request.httpVersion, request.headers.authorization);
            response.end();
        });
    }).listen(8443, "127.0.0.1", () => console.log("ready"));
"""


def test_headers_of_a_file_do_not_go_over_the_connection_of_others(make_webhook, sandbox,
                                                                  headers_file):
    cert, key = certificate(sandbox.dir, "receiver")
    output = open(sandbox.dir / "node.out", "w+")
    node = sandbox.popen("node", "-e", BOTH, cert, key, stdout=output)
    lines = lambda: (sandbox.dir / "node.out").read_text().split("\n")[:-1]
    try:
        wait_until(lambda: lines() == ["ready"], lambda: f"node: {lines()}", 20)
        to = lambda path: {"Url": f"https://127.0.0.1:8443/{path}", "CAFile": cert}
        daemon = make_webhook(section("guarded", HeadersFile=headers_file, **to("guarded")),
                              **to("open"))
        for _ in range(5):
            daemon.netvane("webhook", "test", "ops")
            daemon.netvane("webhook", "test", "guarded")
        daemon.netvane("feed", "5")
        wait_show(daemon, "guarded", delivered=5, failed=0)
        wait_show(daemon, delivered=5, failed=0)
        pieces = list(dumped(daemon.process.pid))
    finally:
        node.kill()
        node.wait()
    assert set(lines()[1:]) == {"/open 2.0 undefined", "/guarded 1.1 Bearer filesecret"}
    assert not any(b"filesecret" in piece for piece in pieces)


def test_headers_file_that_others_read_is_refused(make_webhook, headers_file):
    headers_file.chmod(0o640)
    daemon = make_webhook(start=False, HeadersFile=headers_file)
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
    assert f"HeadersFile=: {headers_file} can be read or written by others" in daemon.text()


def test_open_secret_files_stop_the_start_and_leave_a_reload(make_webhook, receiver, secret):
    daemon = make_webhook(Secret=secret)
    secret.chmod(0o644)
    daemon.write_config("[Plugin webhook]\n" + section(Secret=secret, Timeout="5s"))
    daemon.signal(1)
    daemon.wait_log("chmod 600")
    daemon.netvane("feed", "1")
    assert verify_with_npm(receiver.wait(1), [SECRET])[0][0]["type"] == "feed.tick"
    daemon.stop()
    daemon.start(ready=False)
    assert daemon.exit_status() != 0


def test_bad_conditions_stop_the_start(make_webhook):
    daemon = make_webhook(start=False, Where="number >")
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
    assert "Where= is no condition: column" in daemon.text()


DEFAULT = "[Webhook default]\nTopics=feed.>\nAllowAddresses=127.0.0.1\n"


def loaded(daemon, library):
    return library in pathlib.Path(f"/proc/{daemon.process.pid}/maps").read_text()


def test_nothing_is_loaded_or_written_before_there_is_an_endpoint(make_webhook, receiver):
    daemon = make_webhook(DEFAULT, Url=None)
    daemon.netvane("feed", "2")
    assert daemon.netvane("webhook", "list", json_output=True) == []
    assert daemon.netvane("webhook", "dead-letters", json_output=True) == []
    answer = daemon.netvane("webhook", "dead-letters", "replay", "all", json_output=True)
    assert answer == {"replayed": 0}
    place = daemon.state_dir / "webhook"
    assert not loaded(daemon, "libcurl") and [path.name for path in place.iterdir()] == ["lock"]
    daemon.netvane("webhook", "set-url", "http://127.0.0.1:8080/")
    daemon.netvane("feed", "1")
    assert json.loads(receiver.wait(1)[0]["body"])["data"]["number"] == 2
    assert loaded(daemon, "libcurl") and (place / "outbox.sqlite").exists()
    daemon.stop()
    daemon.start()
    daemon.netvane("feed", "1")
    assert len(receiver.wait(2)) == 2


def test_first_endpoint_of_a_reload_gets_what_comes_from_then_on(make_webhook, receiver):
    daemon = make_webhook(Url=None)
    daemon.netvane("feed", "2")
    daemon.write_config("[Plugin webhook]\n" + section())
    daemon.reload()
    daemon.netvane("feed", "1")
    receiver.wait(1)
    assert receiver.numbers() == [2]


def test_without_libcurl_only_endpoints_are_missing(make_webhook, sandbox):
    library = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True,
                             check=True).stdout.split("libcurl.so.4 ")[1].split("=> ")[1].split()[0]
    sandbox.run("mount", "--bind", "/dev/null", library)
    daemon = make_webhook(DEFAULT, Url=None)
    done = daemon.netvane("webhook", "set-url", "http://127.0.0.1:8080/", check=False)
    assert done.returncode == 1 and "install libcurl4" in done.stderr
    daemon.write_config("[Plugin webhook]\n" + section())
    daemon.signal(1)
    daemon.wait_log(r"\[Webhook ops\] Url= cannot be used: libcurl is needed .*install libcurl4")
    daemon.stop()
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
