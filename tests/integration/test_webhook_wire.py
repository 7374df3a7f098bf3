"""What receivers of webhooks see: signatures, formats, HTTP/2, connections, and when they see it."""

import base64
import json
import re
import subprocess

import pytest

from harness.waiting import wait_until
from harness.webhooks import *  # noqa: F403 - fixtures are found by their names

pytestmark = pytest.mark.sandbox(networkd=False, veths=1)


def test_public_library_accepts_what_we_sign(make_webhook, receiver, secret):
    daemon = make_webhook(Secret=secret)
    daemon.netvane("feed", "3")
    requests = receiver.wait(3)
    for request, (verified,) in zip(requests, verify_with_npm(requests, [SECRET])):
        assert verified == json.loads(request["body"])
        assert request["headers"]["webhook-id"] == verified["id"]
        assert request["headers"]["content-type"] == "application/json"
    requests[0]["body"] = requests[0]["body"].replace("feed.tick", "feed.tock")
    assert verify_with_npm(requests[:1], [SECRET]) == [["No matching signature found"]]
    assert receiver.numbers() == [0, 1, 2]


def test_both_secrets_verify_while_they_are_exchanged(make_webhook, receiver, secret, sandbox):
    other = sandbox.dir / "other"
    key = "whsec_" + base64.b64encode(b"another secret of thirty-two byt").decode()
    other.write_text(key)
    other.chmod(0o600)
    daemon = make_webhook(Secret=f"{other} {secret}")
    daemon.netvane("feed", "1")
    (answers,) = verify_with_npm(receiver.wait(1), [SECRET, key])
    assert answers[0] == answers[1] == json.loads(receiver.requests()[0]["body"])


def test_secret_that_was_written_over_is_taken_by_a_reload(make_webhook, receiver, secret):
    daemon = make_webhook(Secret=secret)
    other = "whsec_" + base64.b64encode(b"another thirty-two bytes, secret").decode()
    secret.write_text(other)
    assert "reloaded" in daemon.netvane("reload").stdout
    daemon.wait_log("endpoint ops: its files of secrets or headers have changed")
    daemon.netvane("feed", "1")
    (verified,) = verify_with_npm(receiver.wait(1), [SECRET, other])
    assert isinstance(verified[0], str) and verified[1]["type"] == "feed.tick"
    secret.write_text("nonsense")
    daemon.netvane("reload")
    daemon.wait_log("it does not begin with whsec_")
    daemon.netvane("feed", "1")
    assert verify_with_npm(receiver.wait(2)[1:], [other])[0][0]["type"] == "feed.tick"


def test_own_key_signs_when_there_is_no_secret(make_webhook, receiver):
    daemon = make_webhook()
    daemon.netvane("feed", "1")
    (request,) = receiver.wait(1)
    (key,) = daemon.netvane("webhook", "keys", json_output=True)
    script = """
        const crypto = require("crypto"), {headers, body, key} = JSON.parse(process.argv[1]);
        const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"),
                                   Buffer.from(key.slice(5), "base64")]);
        const text = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
        const signature = Buffer.from(headers["webhook-signature"].split(",")[1], "base64");
        console.log(crypto.verify(null, Buffer.from(text), {key: der, format: "der", type: "spki"},
                                  signature));
    """
    assert request["headers"]["webhook-signature"].startswith("v1a,")
    done = subprocess.run(["node", "-e", script, json.dumps({**request, "key": key["public_key"]})],
                          capture_output=True, text=True, check=True)
    assert done.stdout == "true\n"


def test_unix_socket_and_cloudevents(make_webhook, make_receiver, sandbox):
    path = sandbox.dir / "app.sock"
    receiver = make_receiver(path)
    daemon = make_webhook(Url=f"unix:{path}:/in", Format="cloudevents", AllowAddresses=None)
    daemon.netvane("feed", "1")
    (request,) = receiver.wait(1)
    assert request["path"] == "/in"
    assert request["headers"]["content-type"].startswith("application/cloudevents+json")
    assert json.loads(request["body"])["type"] == "org.netvane.feed.tick"


def test_webhook_id_is_stable_over_retries(make_webhook, receiver):
    receiver.answer("503")
    daemon = make_webhook()
    daemon.netvane("feed", "1")
    receiver.wait(2)
    receiver.answer("200")
    wait_show(daemon, delivered=1)
    assert len({request["headers"]["webhook-id"] for request in receiver.requests()}) == 1


def test_pilot_format_has_the_hash_of_its_body(make_webhook, receiver, sandbox):
    (sandbox.dir / "plain").write_text("a plain old secret")
    (sandbox.dir / "plain").chmod(0o600)
    daemon = make_webhook(Secret=sandbox.dir / "plain", Format="pilot")
    daemon.netvane("feed", "1")
    (request,) = receiver.wait(1)
    done = subprocess.run(["openssl", "dgst", "-sha256", "-hmac", "a plain old secret"],
                          input=request["body"], capture_output=True, text=True, check=True)
    assert request["headers"]["x-pilot-signature-256"] == "sha256=" + done.stdout.split()[-1]


def test_connection_is_used_again(make_webhook, receiver):
    daemon = make_webhook()
    for count in range(1, 4):
        daemon.netvane("feed", "5")
        receiver.wait(5 * count)
    assert len({request["connection"] for request in receiver.requests()}) == 1


HTTP2 = """
    const http2 = require("http2"), fs = require("fs"), [cert, key] = process.argv.slice(1);
    const server = http2.createSecureServer({cert: fs.readFileSync(cert), key: fs.readFileSync(key)});
    let sessions = 0;
    server.on("session", () => sessions++);
    server.on("stream", (stream, headers) => {
        let body = "";
        stream.on("data", piece => body += piece);
        stream.on("end", () => {
            console.log(JSON.stringify({number: JSON.parse(body).data.number, sessions}));
            stream.respond({":status": 204});
            stream.end();
        });
    });
    server.listen(8443, "127.0.0.1", () => console.log("ready"));
"""


def test_http_2_in_one_session(make_webhook, sandbox):
    cert, key = certificate(sandbox.dir, "receiver")
    output = open(sandbox.dir / "node.out", "w+")
    node = sandbox.popen("node", "-e", HTTP2, cert, key, stdout=output)
    lines = lambda: (sandbox.dir / "node.out").read_text().split("\n")[:-1]
    try:
        wait_until(lambda: lines() == ["ready"], lambda: f"node: {lines()}", 20)
        daemon = make_webhook(Url="https://127.0.0.1:8443/", CAFile=cert)
        daemon.netvane("feed", "20")
        wait_show(daemon, delivered=20, failed=0)
    finally:
        node.kill()
        node.wait()
    assert [json.loads(line) for line in lines()[1:]] == [{"number": number, "sessions": 1}
                                                          for number in range(20)]


def whole_calls(lines):
    """What strace wrote, as (number of the line in which it ended, call): two threads at once tear them."""
    torn = {}
    for number, line in enumerate(lines):
        thread, _, call = line.partition(" ")
        call = call.lstrip()
        if call.endswith("<unfinished ...>"):
            torn[thread] = call.removesuffix("<unfinished ...>")
            continue
        if call.startswith("<... "):
            call = torn.pop(thread) + call.split(" resumed>", 1)[1]
        yield number, call


def test_event_is_on_the_disk_before_it_is_sent(make_webhook, receiver, sandbox):
    trace = sandbox.dir / "trace"
    daemon = make_webhook(program=["strace", "-D", "-f", "-y", "-q", "-s", "4096", "-o", trace, "-e",
                                   "trace=pwrite64,fdatasync,sendto", built("netvaned")],
                          env={"ASAN_OPTIONS": "detect_leaks=0:exitcode=86"})  # not while traced
    daemon.netvane("feed", "1")
    wait_show(daemon, delivered=1)
    lines = trace.read_text().split("\n")
    calls = list(whole_calls(lines))
    written = max(i for i, call in calls if re.search(r"^pwrite64\(.*-wal>.*feed.tick", call))
    synced = min(i for i, call in calls
                 if i > written and re.search(r"^fdatasync\(.*-wal>\) += 0", call))
    sent = min(i for i, line in enumerate(lines) if "POST /hook" in line)
    assert written < synced < sent
