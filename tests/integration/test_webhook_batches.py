"""Webhooks with BatchSize=: several events a request, the same ones again however it went."""

import json
import sqlite3
import time

import pytest

from harness.waiting import wait_until
from harness.webhooks import *  # noqa: F403 - fixtures are found by their names

pytestmark = pytest.mark.sandbox(networkd=False, veths=1)

LONG = "30s"  # longer than a test takes: only full batches go


def bodies(requests):
    return [json.loads(request["body"]) for request in requests]


def numbers(requests):
    return [[event["data"]["number"] for event in body] for body in bodies(requests)]


def ids(requests):
    return [request["headers"]["webhook-id"] for request in requests]


def wait_numbers(receiver, wanted, timeout=30.0):
    """All events with these numbers have come, in this order, not counting what was answered badly."""
    def came():
        good = [request for request in receiver.requests() if request["answer"] == "200"]
        return sum(numbers(good), []) == wanted
    wait_until(came, lambda: f"{numbers(receiver.requests())}", timeout)


def test_batch_is_an_array_that_the_public_library_accepts(make_webhook, receiver, secret):
    daemon = make_webhook(Secret=secret, BatchSize="10", BatchDelay=LONG)
    daemon.netvane("feed", "100")
    requests = receiver.wait(10)
    assert numbers(requests) == [list(range(i, i + 10)) for i in range(0, 100, 10)]
    for request, (verified,) in zip(requests, verify_with_npm(requests, [SECRET])):
        assert verified == json.loads(request["body"])
        assert {event["type"] for event in verified} == {"feed.tick"}
        assert request["headers"]["content-type"] == "application/json"
    assert len(set(ids(requests))) == 10
    requests[0]["body"] = requests[0]["body"].replace('"number":9', '"number":8')
    assert verify_with_npm(requests[:1], [SECRET]) == [["No matching signature found"]]
    state = wait_show(daemon, delivered=100, requests=10, pending=0, batch_size=10)
    assert state["failed"] == 0


def test_each_event_of_a_batch_has_its_delivery_as_effect(make_webhook, receiver):
    daemon = make_webhook(BatchSize="3", BatchDelay=LONG)
    daemon.netvane("feed", "3")
    (request,) = receiver.wait(1)
    wait_show(daemon, delivered=3)
    told = daemon.netvane("show", "events", "topic", "webhook.delivered", json_output=True)
    assert {event["cause"] for event in told} == {event["id"] for event in bodies([request])[0]}
    assert {event["payload"]["batch"] for event in told} == set(ids([request]))


def test_first_waits_for_others_and_then_goes_alone(make_webhook, receiver):
    daemon = make_webhook(BatchSize="50", BatchDelay="1s")
    daemon.netvane("feed", "1")
    (request,) = receiver.wait(1)
    assert numbers([request]) == [[0]]
    ((event,),) = bodies([request])
    wait_show(daemon, delivered=1)
    published = daemon.netvane("show", "event", event["id"], json_output=True)[0]
    later = daemon.netvane("show", "events", "topic", "webhook.delivered", json_output=True)[0]
    assert later["monotonic_ns"] - published["monotonic_ns"] >= 0.99e9


def test_cloudevents_go_in_the_batched_mode_of_the_http_binding(make_webhook, receiver):
    daemon = make_webhook(Format="cloudevents", BatchSize="4", BatchDelay=LONG)
    daemon.netvane("feed", "4")
    (request,) = receiver.wait(1)
    media = request["headers"]["content-type"].split(";")[0]
    assert media == "application/cloudevents-batch+json"
    (batch,) = bodies([request])
    assert [event["data"]["number"] for event in batch] == [0, 1, 2, 3]
    for event in batch:
        assert event["specversion"] == "1.0" and event["type"] == "org.netvane.feed.tick"
        assert {"id", "source"} <= set(event)


def test_pilot_has_no_batches_and_that_is_said(make_webhook):
    daemon = make_webhook(start=False, Format="pilot", BatchSize="10")
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
    assert "[Webhook ops] has BatchSize=10, but in the format pilot each event is sent alone" in \
        daemon.text()


def test_bytes_bound_a_batch_as_well(make_webhook, receiver):
    daemon = make_webhook(BatchSize="500", BatchBytes="2K", BatchDelay="1s")
    daemon.netvane("feed", "20")
    wait_numbers(receiver, list(range(20)))
    sizes = [len(request["body"]) for request in receiver.requests()]
    assert max(sizes) <= 2048 and len(sizes) < 20


def test_batch_stays_the_same_over_retries_whatever_comes_meanwhile(make_webhook, receiver):
    receiver.answer("503")
    daemon = make_webhook(BatchSize="10", BatchDelay="10ms")
    daemon.netvane("feed", "3")
    receiver.wait(1)
    daemon.netvane("feed", "20")
    receiver.wait(2)
    failed = daemon.netvane("show", "events", "topic", "webhook.failed", json_output=True)[0]
    assert failed["payload"]["events"] == len(bodies(receiver.requests())[0])
    receiver.answer("200")
    wait_numbers(receiver, list(range(23)))
    requests = receiver.requests()
    first = [request for request in requests if ids([request]) == ids(requests[:1])]
    assert len(first) >= 2 and len({request["body"] for request in first}) == 1
    assert failed["payload"]["batch"] == ids(requests)[0]


def kill(daemon):
    daemon.process.kill()
    daemon.process.wait()
    daemon.process = None


def test_killed_daemon_sends_the_same_batch_again(make_webhook, receiver):
    receiver.answer("silence")
    daemon = make_webhook(BatchSize="10", BatchDelay="10ms")
    daemon.netvane("feed", "7")
    (before,) = receiver.wait(1)
    daemon.netvane("feed", "8")
    wait_show(daemon, accepted=15)
    kill(daemon)
    receiver.answer("200")
    daemon.start()
    wait_show(daemon, pending=0, timeout=30)
    after = [request for request in receiver.requests() if request["answer"] == "200"]
    assert ids(after)[0] == ids([before])[0] and after[0]["body"] == before["body"]
    assert sum(numbers(after), []) == list(range(15))


def test_killed_in_the_middle_of_a_stream_every_accepted_event_arrives(make_webhook, receiver):
    pour = "[Plugin feed]\nPour=yes\n"
    options = {"BatchSize": "25", "BatchDelay": "20ms"}
    daemon = make_webhook(pour, **options)
    for turn in range(6):
        receiver.wait(len(receiver.requests()) + 10, timeout=30)
        kill(daemon)
        daemon.write_config("[Plugin webhook]\n" + section(**options) + (pour if turn < 5 else ""))
        daemon.start()
    wait_show(daemon, pending=0, timeout=60)
    expected, composition = {}, {}
    for request in receiver.requests():
        batch = bodies([request])[0]
        same = composition.setdefault(ids([request])[0], request["body"])
        assert same == request["body"], "one webhook-id, two bodies"
        for event in batch:
            epoch, number = event["id"].split("-")[0], event["data"]["number"]
            assert number <= expected.get(epoch, 0), "a hole"
            expected[epoch] = max(number + 1, expected.get(epoch, 0))
    assert len(expected) == 6


def test_refused_batch_is_dead_letters_each_on_its_own(make_webhook, receiver):
    receiver.answer("400")
    daemon = make_webhook(BatchSize="5", BatchDelay=LONG)
    daemon.netvane("feed", "5")
    wait_show(daemon, exhausted=5, failed=1, pending=0)
    letters = daemon.wait(lambda: (found := daemon.netvane("webhook", "dead-letters", json_output=True))
                          and len(found) == 5 and found, "five dead letters")
    assert {letter["reason"] for letter in letters} == {"status 400"}
    assert len(daemon.wait_log("and 4 more of its batch are dead letters")) == 1
    told = daemon.netvane("show", "events", "topic", "webhook.exhausted", json_output=True)
    assert {event["payload"]["event_id"] for event in told} == {row["event_id"] for row in letters}
    receiver.answer("200")
    oldest = min(letter["number"] for letter in letters)
    daemon.netvane("webhook", "dead-letters", "delete", str(oldest))
    daemon.netvane("webhook", "dead-letters", "replay", "all")
    daemon.netvane("feed", "1")
    wait_numbers(receiver, [1, 2, 3, 4, 5])


def test_batch_that_is_too_large_goes_in_halves_in_order(make_webhook, receiver):
    receiver.answer("most-2500")
    daemon = make_webhook(BatchSize="32", BatchDelay=LONG)
    daemon.netvane("feed", "64")
    wait_numbers(receiver, list(range(64)))
    state = wait_show(daemon, delivered=64, pending=0)
    assert state["exhausted"] == 0 and state["state"] == "working"
    requests = receiver.requests()
    assert [len(body) for body in bodies(requests)][:4] == [32, 16, 8, 4]
    assert len(set(ids(requests))) == len(requests)  # other events, another id


def test_event_that_is_too_large_alone_is_a_dead_letter(make_webhook, receiver):
    receiver.answer("most-100")
    daemon = make_webhook(BatchSize="4", BatchDelay=LONG)
    daemon.netvane("feed", "4")
    wait_show(daemon, exhausted=4, pending=0)


def test_gone_disables_with_the_batch_kept(make_webhook, receiver):
    receiver.answer("410")
    daemon = make_webhook(BatchSize="4", BatchDelay=LONG)
    daemon.netvane("feed", "4")
    wait_show(daemon, state="disabled", pending=4)
    receiver.answer("200")
    daemon.stop()
    daemon.start()
    daemon.netvane("webhook", "resume", "ops")
    wait_show(daemon, pending=0, delivered=4)
    assert len(set(ids(receiver.requests()))) == 1


def test_gate_decides_for_each_event_of_a_batch(make_daemon, feed, receiver):
    daemon = make_daemon(start=False, plugins=["webhook", "policy", feed])
    document = daemon.dir / "policy.json"
    document.write_text(json.dumps({"version": 1, "rules": [
        {"name": "twelve", "on": "webhook.deliver", "actions": [
            {"type": "rate_limit", "params": {"count": 12, "per": "1h"}}]}]}))
    document.chmod(0o644)
    daemon.write_config(section(BatchSize="10", BatchDelay=LONG) +
                        f"[Plugin policy]\nDocument={document}\n")
    daemon.start()
    daemon.netvane("feed", "20")
    wait_show(daemon, pending=0, delivered=12, exhausted=8)
    assert numbers(receiver.requests()) == [list(range(10)), [10, 11]]
    denied = daemon.netvane("show", "events", "topic", "policy.denied", json_output=True)
    assert len(denied) == 8  # each was asked for once


def test_backlog_larger_than_the_window_goes_in_full_batches(make_webhook, receiver):
    daemon = make_webhook(BatchSize="500", BatchBytes="512K", BatchDelay=LONG)
    daemon.netvane("webhook", "pause", "ops")
    daemon.netvane("feed", "3000", "each", "100")
    wait_show(daemon, pending=3000)
    daemon.netvane("webhook", "resume", "ops")
    wait_show(daemon, pending=0, delivered=3000, timeout=60)
    assert numbers(receiver.requests()) == [list(range(i, i + 500)) for i in range(0, 3000, 500)]


def test_full_disk_holds_no_batch_back(make_webhook, receiver, sandbox):
    daemon = make_webhook(start=False, BatchSize="50", BatchDelay="100ms")
    fill = outbox_on_small_disk(daemon, sandbox)
    daemon.start()
    daemon.netvane("webhook", "pause", "ops")
    daemon.netvane("feed", "300")
    wait_show(daemon, pending=300)
    ballast = fill()
    daemon.netvane("feed", "2000", "each", "100")
    daemon.wait_log("cannot write .*outbox.sqlite: No space left")
    daemon.netvane("webhook", "resume", "ops")
    wait_until(lambda: sum(numbers(receiver.requests()), [])[:300] == list(range(300)),
               lambda: f"{numbers(receiver.requests())}", 30)
    ballast.unlink()
    wait_numbers(receiver, list(range(2300)), timeout=60)


def test_reload_without_batches_sends_each_alone_from_then_on(make_webhook, receiver):
    receiver.answer("503")
    daemon = make_webhook(BatchSize="5", BatchDelay=LONG)
    daemon.netvane("feed", "5")
    receiver.wait(1)
    daemon.write_config("[Plugin webhook]\n" + section())
    daemon.reload()
    receiver.answer("200")
    daemon.netvane("webhook", "resume", "ops")
    wait_show(daemon, pending=0)
    alone = [json.loads(request["body"]) for request in receiver.requests()[-5:]]
    assert [event["data"]["number"] for event in alone] == list(range(5))
    kept = sqlite3.connect(daemon.state_dir / "webhook/outbox.sqlite")
    daemon.wait(lambda: kept.execute("SELECT count(*) FROM cut").fetchone() == (0,), "no cuts", 20)
    kept.close()


def test_test_command_sends_what_receivers_of_batches_expect(make_webhook, receiver):
    daemon = make_webhook(BatchSize="5")
    assert daemon.netvane("webhook", "test", "ops", json_output=True)["delivered"]
    ((event,),) = bodies(receiver.wait(1))
    assert event["type"] == "webhook.test"


# The tables as they were before there were batches.
VERSION_1 = """
    PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;
    CREATE TABLE endpoint(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, state INTEGER NOT NULL,
        attempts INTEGER NOT NULL, due INTEGER NOT NULL, reason TEXT, url TEXT);
    CREATE TABLE message(key INTEGER PRIMARY KEY, time INTEGER NOT NULL, json TEXT NOT NULL);
    CREATE TABLE dead(number INTEGER PRIMARY KEY AUTOINCREMENT, endpoint INTEGER NOT NULL,
        time INTEGER NOT NULL, died INTEGER NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL,
        json TEXT NOT NULL);
    INSERT INTO endpoint VALUES(1, 'default', 0, 0, 0, NULL, NULL), (2, 'ops', 0, 3, 0, 'status 500', NULL);
    PRAGMA application_id=0x4e565742; PRAGMA user_version=1;
"""


@pytest.mark.parametrize("options, wanted", [({}, [0, 1, 2, 3]),
                                             ({"BatchSize": "4"}, [[0, 1, 2, 3]])])
def test_outbox_of_before_is_taken_over(make_webhook, receiver, options, wanted):
    daemon = make_webhook(start=False, **options)
    place = daemon.state_dir / "webhook"
    place.mkdir(mode=0o700)
    now = time.time_ns()
    with sqlite3.connect(place / "outbox.sqlite") as db:
        db.executescript(VERSION_1)
        for i in range(4):
            event = {"seq": i + 1, "epoch": "00112233445566ff", "id": f"00112233445566ff-{i + 1}",
                     "time": "2026-01-31T12:00:00.000000001Z", "monotonic_ns": 1, "topic": "feed.tick",
                     "payload": {"number": i}}
            db.execute("INSERT INTO message VALUES(?, ?, ?)",
                       ((2 << 40) + 7 + i, now, json.dumps(event, separators=(",", ":"))))
    db.close()
    daemon.start()
    wait_show(daemon, delivered=4, pending=0)
    bodies_of = [json.loads(request["body"]) for request in receiver.requests()]
    came = [[event["data"]["number"] for event in body] if options else body["data"]["number"]
            for body in bodies_of]
    assert came == wanted
    assert "cannot be used" not in daemon.text()
