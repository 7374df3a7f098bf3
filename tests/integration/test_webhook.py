"""Webhooks in a real daemon: signed, in order, at least once, whatever happens meanwhile."""

import errno
import json
import pathlib
import shutil
import sqlite3
import subprocess
import time

import pytest

from harness.waiting import stays_true
from harness.webhooks import *  # noqa: F403 - fixtures are found by their names

pytestmark = pytest.mark.sandbox(networkd=False, veths=1)


def test_events_come_in_order_with_their_delivery_as_effect(make_webhook, receiver):
    daemon = make_webhook()
    daemon.netvane("feed", "2000")
    receiver.wait(2000, timeout=60)
    assert receiver.numbers() == list(range(2000))
    state = wait_show(daemon, pending=0, delivered=2000)
    assert state["failed"] == state["dropped"] == 0
    told = daemon.netvane("show", "events", "topic", "webhook.delivered", "last", "1",
                          json_output=True)[0]
    assert told["cause"] == told["payload"]["event_id"]
    assert told["payload"]["status"] == 200


def test_hour_long_outage_delivers_everything_in_order(make_webhook, receiver):
    daemon = make_webhook(env={"NETVANE_TEST_WEBHOOK_SPEED": "3600"})
    receiver.stop()
    daemon.netvane("feed", "300")
    # 5 s, 5 min, 30 min have passed by that clock, and 2 h run
    daemon.wait(lambda: show(daemon)["attempts"] >= 4, "four attempts")
    receiver.start()
    receiver.wait(300, timeout=60)
    assert receiver.numbers() == list(range(300))
    assert show(daemon)["dropped"] == 0


def accepted(state, copy):
    """The highest number of each epoch in the outbox of a daemon that was killed."""
    shutil.copytree(state, copy, dirs_exist_ok=True)
    with sqlite3.connect(copy / "outbox.sqlite") as db:
        return dict(db.execute("SELECT json_extract(json, '$.epoch'), max(json_extract(json,"
                               " '$.payload.number')) FROM message GROUP BY 1"))


def kill(daemon):
    daemon.process.kill()
    daemon.process.wait()
    daemon.process = None


def test_killed_twenty_times_every_accepted_event_arrives_in_order(make_webhook, receiver, sandbox):
    daemon, least = make_webhook("[Plugin feed]\nPour=yes\n"), {}
    for round in range(20):
        receiver.wait(len(receiver.requests()) + 20, timeout=30)
        kill(daemon)
        for epoch, number in accepted(daemon.state_dir / "webhook",
                                      sandbox.dir / f"copy{round}").items():
            least[epoch] = max(least.get(epoch, 0), number)
        daemon.write_config("[Plugin webhook]\n" + section() +
                            ("[Plugin feed]\nPour=yes\n" if round < 19 else ""))
        daemon.start()
    wait_show(daemon, pending=0, timeout=120)
    expected, rewinds, last = {}, 0, (0, 0)
    for request in receiver.requests():
        epoch = request["headers"]["webhook-id"].split("-")[0]
        number = json.loads(request["body"])["data"]["number"]
        assert number <= expected.get(epoch, 0), "a hole"
        expected[epoch] = max(number + 1, expected.get(epoch, 0))
        place = (list(expected).index(epoch), number)
        rewinds += place < last
        last = place
    assert rewinds <= 20  # a killed daemon begins again once, with what it had no note of
    assert len(least) > 10  # some are killed before they have accepted anything
    for epoch, number in least.items():
        assert expected[epoch] > number


def test_client_errors_are_dead_letters_that_can_be_replayed(make_webhook, receiver):
    receiver.answer("400")
    daemon = make_webhook()
    daemon.netvane("feed", "2")
    wait_show(daemon, exhausted=2, pending=0)
    letters = daemon.wait(lambda: (found := daemon.netvane("webhook", "dead-letters", json_output=True))
                          and len(found) == 2 and found, "two dead letters")
    assert {letter["reason"] for letter in letters} == {"status 400"}
    assert {letter["topic"] for letter in letters} == {"feed.tick"}
    whole = daemon.netvane("webhook", "dead-letters", "show", str(letters[0]["number"]),
                           json_output=True)[0]
    assert whole["event"]["payload"]["number"] == 1
    receiver.answer("200")
    answer = daemon.netvane("webhook", "dead-letters", "replay", "all", json_output=True)
    assert answer == {"replayed": 2}
    wait_show(daemon, delivered=2, pending=0)
    assert receiver.numbers()[-2:] == [0, 1]
    assert daemon.netvane("webhook", "dead-letters", json_output=True) == []


def test_letters_that_there_are_not_are_an_error(make_webhook):
    daemon = make_webhook()
    no_number = "that is no number of a dead letter"
    for what in ("show", "replay", "delete"):
        for number, said in (("7", "there is no dead letter 7"), ("x", no_number), ("0", no_number),
                             ("99999999999999999999", no_number)):
            done = daemon.netvane("webhook", "dead-letters", what, number, check=False)
            assert done.returncode == 1 and said in done.stderr, done


def test_exhausted_attempts_are_dead_letters(make_webhook, receiver):
    receiver.answer("500")
    daemon = make_webhook(MaxAttempts="2")
    daemon.netvane("feed", "1")
    wait_show(daemon, exhausted=1, failed=2, pending=0)
    told = daemon.netvane("show", "events", "topic", "webhook.exhausted", json_output=True)[0]
    assert told["payload"]["attempts"] == 2
    assert told["payload"]["reason"] == "status 500"
    assert told["cause"] == told["payload"]["event_id"]


def test_letters_of_an_endpoint_that_is_gone_are_shown_and_not_replayed(make_webhook, receiver):
    receiver.answer("404")
    daemon = make_webhook()
    daemon.netvane("feed", "1")
    wait_show(daemon, dead_letters=1)
    daemon.write_config("[Plugin webhook]\n" + section("other"))
    daemon.netvane("reload")
    (letter,) = daemon.netvane("webhook", "dead-letters", json_output=True)
    assert letter["endpoint"] == "ops"
    for which in ("1", "all"):
        done = daemon.netvane("webhook", "dead-letters", "replay", which, check=False)
        assert done.returncode == 1 and "is not configured any more" in done.stderr
    assert daemon.netvane("webhook", "dead-letters", "delete", "1", json_output=True) == {"deleted": 1}


def test_dead_letters_are_counted_over_restarts(make_webhook, receiver):
    receiver.answer("404")
    daemon = make_webhook()
    daemon.netvane("feed", "3")
    wait_show(daemon, dead_letters=3, exhausted=3)
    daemon.stop()
    daemon.start()
    assert show(daemon)["dead_letters"] == 3 and show(daemon)["exhausted"] == 0
    daemon.netvane("webhook", "dead-letters", "delete", "1")
    wait_show(daemon, dead_letters=2)
    receiver.answer("200")
    daemon.netvane("webhook", "dead-letters", "replay", "2")
    wait_show(daemon, dead_letters=1, delivered=1)
    assert [row["dead_letters"] for row in daemon.netvane("webhook", "list", json_output=True)] == [1]


def test_what_waits_has_its_age_and_the_log_says_when_it_goes_on(make_webhook, receiver):
    receiver.answer("503 Retry-After: 0")
    daemon = make_webhook(MaxAttempts="100")
    daemon.netvane("feed", "5")
    state = wait_show(daemon, state="retrying", pending=5)
    assert state["oldest"] <= state["next_attempt"]
    daemon.wait_log(r"attempt 2 of 100 .*: status 503; the next one is in 3\d\d s \(5 in the queue\)")
    receiver.answer("200")
    daemon.netvane("webhook", "resume", "ops")
    wait_show(daemon, delivered=5)
    assert "oldest" not in show(daemon)
    daemon.wait_log(r"endpoint ops works again: attempt \d+ .* was taken \(4 in the queue\)")


def test_gone_disables_until_resumed(make_webhook, receiver):
    receiver.answer("410")
    daemon = make_webhook()
    daemon.netvane("feed", "2")
    wait_show(daemon, state="disabled", pending=2)
    daemon.stop()
    daemon.start()
    assert wait_show(daemon, pending=2)["state"] == "disabled"
    receiver.answer("200")
    stays_true(lambda: len(receiver.requests()) == 1, 0.3, "one request")
    daemon.netvane("webhook", "resume", "ops")
    wait_show(daemon, state="working", pending=0)


def test_429_waits_as_asked_and_is_no_failed_attempt(make_webhook, receiver):
    receiver.answer("429 Retry-After: 100")
    daemon = make_webhook(MaxAttempts="1")
    daemon.netvane("feed", "1")
    first = receiver.wait(1)[0]
    receiver.wait(2)
    receiver.answer("200")
    wait_show(daemon, delivered=1, exhausted=0)
    assert receiver.requests()[1]["time"] - first["time"] >= 0.99  # 100 s at a hundredfold speed


def test_circuit_opens_after_five_failures_and_closes_again(make_webhook, receiver):
    receiver.answer("400")
    daemon = make_webhook(env={"NETVANE_TEST_WEBHOOK_SPEED": "5"})  # open for 6 s
    daemon.netvane("feed", "8")
    state = wait_show(daemon, state="open", exhausted=5)
    assert state["pending"] == 3 and state["circuit_skips"] == 1
    receiver.answer("200")
    wait_show(daemon, state="working", delivered=3)
    topics = [event["topic"] for event in daemon.netvane("show", "events", "topic",
                                                         "webhook.circuit.>", json_output=True)]
    assert sorted(topics) == ["webhook.circuit.closed", "webhook.circuit.opened"]


def test_paused_endpoint_keeps_events_over_a_restart(make_webhook, receiver):
    daemon = make_webhook()
    daemon.netvane("webhook", "pause", "ops")
    daemon.netvane("feed", "5")
    wait_show(daemon, state="paused", pending=5)
    daemon.stop()
    assert receiver.requests() == []
    daemon.start()
    wait_show(daemon, state="paused", pending=5)
    daemon.netvane("webhook", "resume", "ops")
    receiver.wait(5)
    assert receiver.numbers() == list(range(5))


def test_backlog_larger_than_the_window_is_read_from_the_disk(make_webhook, receiver):
    daemon = make_webhook()
    daemon.netvane("webhook", "pause", "ops")
    daemon.netvane("feed", "3000", "each", "100")
    wait_show(daemon, pending=3000)
    daemon.netvane("webhook", "resume", "ops")
    receiver.wait(3000, timeout=60)
    assert receiver.numbers() == list(range(3000))


def test_number_of_events_is_limited_and_the_newest_stay(make_webhook, receiver):
    daemon = make_webhook(MaxEvents="10")
    daemon.netvane("webhook", "pause", "ops")
    start = time.monotonic()
    daemon.netvane("feed", "100")
    wait_show(daemon, pending=10, dropped=90)
    told = lambda: [event["payload"]["count"] for event in daemon.netvane(
        "show", "events", "topic", "webhook.dropped", json_output=True)]
    daemon.wait(lambda: sum(told()) == 90, "90 events of which it is said that they were dropped")
    for _ in range(5):
        daemon.netvane("feed", "1")  # each makes one go
    daemon.wait(lambda: sum(told()) == 95, "5 more")
    assert len(told()) <= 2 + (time.monotonic() - start) / 5
    daemon.netvane("webhook", "resume", "ops")
    receiver.wait(10)
    assert receiver.numbers() == list(range(95, 105))


def test_size_of_the_outbox_is_limited_and_the_newest_stay(make_webhook, receiver):
    daemon = make_webhook(general="MaxSize=1M")
    daemon.netvane("webhook", "pause", "ops")
    daemon.netvane("feed", "4000", "each", "50")
    kept = daemon.wait(lambda: (now := show(daemon))["dropped"] + now["pending"] == 4000
                       and now["outbox_size"] <= 1 << 20 and now["pending"], "the size limit", 20)
    told = daemon.netvane("show", "events", "topic", "webhook.dropped", json_output=True)
    assert {event["payload"]["reason"] for event in told} == {"size"} and 0 < kept < 4000
    daemon.netvane("webhook", "resume", "ops")
    wait_show(daemon, pending=0)
    numbers = receiver.numbers()
    assert numbers == list(range(4000 - len(numbers), 4000))


def test_old_events_are_not_delivered_any_more(make_webhook, receiver):
    daemon = make_webhook(MaxAge="3s")
    daemon.netvane("webhook", "pause", "ops")
    daemon.netvane("feed", "3")
    wait_show(daemon, pending=3)
    def resumed():
        daemon.netvane("webhook", "pause", "ops")  # looks at the age, too
        return show(daemon)["dropped"] == 3
    daemon.wait(resumed, "the age limit")
    daemon.netvane("webhook", "resume", "ops")
    daemon.netvane("feed", "1")
    receiver.wait(1)
    assert receiver.numbers() == [3]


def test_set_url_is_hot_and_kept_over_restarts(make_webhook, receiver, make_receiver):
    other = make_receiver(8081)
    daemon = make_webhook("[Webhook default]\nTopics=feed.>\nAllowAddresses=127.0.0.1 ::1\n")
    daemon.netvane("webhook", "set-url", "http://[::1]:8081/pilot")
    daemon.netvane("feed", "1")
    body = json.loads(other.wait(1)[0]["body"])
    assert set(body) == {"event_id", "event", "node_id", "timestamp", "data"}
    assert body["event"] == "feed.tick"
    daemon.stop()
    daemon.start()
    wait_show(daemon, "default", pending=0)
    daemon.netvane("feed", "1")
    other.wait(2)
    daemon.netvane("webhook", "set-url")
    assert [row["endpoint"] for row in daemon.netvane("webhook", "list", json_output=True)] == ["ops"]
    done = daemon.netvane("webhook", "set-url", "unix:/run/docker.sock", check=False)
    assert done.returncode == 1 and "Unix sockets are for" in done.stderr


def test_where_chooses_by_the_fields_of_an_event(make_webhook, receiver):
    daemon = make_webhook(Where='topic == "feed.tick" && number >= 3 && interface_name in '
                                '["feed1", "feed0"]')
    daemon.netvane("feed", "10")
    wait_show(daemon, delivered=4, pending=0, where_errors=0)
    assert receiver.numbers() == [4, 5, 8, 9]


def test_event_without_the_field_is_not_sent_and_counted(make_webhook, receiver):
    daemon = make_webhook(Where="mtu > 1000")
    daemon.netvane("feed", "3")
    wait_show(daemon, where_errors=3, accepted=0)
    assert len(daemon.wait_log("Where= cannot be told")) == 1


def test_test_command_says_what_became_of_it(make_webhook, receiver):
    daemon = make_webhook()
    answer = daemon.netvane("webhook", "test", "ops", json_output=True)
    assert answer["delivered"] is True and answer["answer"] == "status 200"
    receiver.answer("404")
    assert ": status 404, after " in failing_test(daemon, "ops")
    receiver.stop()
    assert "Connection refused" in failing_test(daemon, "ops")


def test_reload_adds_and_removes_endpoints_and_keeps_queues(make_webhook, receiver, make_receiver):
    other = make_receiver(8081)
    receiver.answer("503")
    daemon = make_webhook(env={"NETVANE_TEST_WEBHOOK_SPEED": "1"})
    daemon.netvane("feed", "3")
    wait_show(daemon, pending=3, attempts=1)
    daemon.write_config("[Plugin webhook]\n" + section("new", Url="http://127.0.0.1:8081/"))
    daemon.reload()
    daemon.netvane("feed", "1")
    other.wait(1)
    receiver.answer("200")
    daemon.write_config("[Plugin webhook]\n" + section())
    daemon.reload()
    daemon.netvane("webhook", "resume", "ops")
    wait_show(daemon, pending=0)
    assert receiver.numbers()[-3:] == [0, 1, 2]


def test_idle_daemon_with_a_webhook_does_not_wake_up(make_webhook, receiver):
    daemon = make_webhook("[Engine]\nSystemBus=no\nNetworkd=no\n")  # looking for a bus wakes it
    daemon.netvane("feed", "10")
    wait_show(daemon, pending=0, delivered=10)
    def switches():
        total = 0
        for task in pathlib.Path(f"/proc/{daemon.process.pid}/task").iterdir():
            for line in (task / "status").read_text().split("\n"):
                if line.startswith("voluntary_ctxt"):
                    total += int(line.split()[1])
        return total
    time.sleep(1.5)  # what the last command left behind
    before = switches()
    time.sleep(3)
    assert switches() - before <= 1


def test_other_plugins_set_the_url_and_read_the_counters(make_webhook, receiver, plugin):
    daemon = make_webhook("[Webhook default]\nTopics=feed.>\nAllowAddresses=127.0.0.1\n", Url=None,
                          more_plugins=[plugin("caller")])
    assert daemon.netvane("caller", "http:// nonsense", json_output=True)["result"] == -errno.EINVAL
    answer = daemon.netvane("caller", "http://127.0.0.1:8080/", json_output=True)
    assert answer == {"result": 0, "endpoints": 1, "accepted": 0, "delivered": 0, "failed": 0}
    daemon.netvane("feed", "3")
    receiver.wait(3)
    wait_show(daemon, "default", delivered=3)
    answer = daemon.netvane("caller", json_output=True)
    assert answer == {"result": 0, "endpoints": 0, "accepted": 3, "delivered": 3, "failed": 0}
