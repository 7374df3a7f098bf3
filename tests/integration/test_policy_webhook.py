"""Rules and webhooks together: limited, explained, swapped live, and sent because of a rule."""

import json

import pytest

from harness.webhooks import *  # noqa: F403 - fixtures are found by their names

pytestmark = pytest.mark.sandbox(networkd=False, veths=1)


def limit(count):
    return {"name": "webhooks", "on": "webhook.deliver", "actions": [
        {"type": "rate_limit", "params": {"count": count, "per": "1min", "key": {"cel": "endpoint"}}}]}


@pytest.fixture
def make_both(make_daemon, feed):
    """make_both(rule..., OPTION=...): a daemon with that policy and the endpoint "ops" for feed.>."""
    def make(*rules, **options):
        daemon = make_daemon(start=False, plugins=["webhook", "policy", feed])
        daemon.document = daemon.dir / "policy.json"
        write(daemon, *rules)
        daemon.write_config(f"{section(**options)}[Plugin policy]\nDocument={daemon.document}\n")
        return daemon.start()
    return make


def write(daemon, *rules):
    daemon.document.write_text(json.dumps({"version": 1, "rules": list(rules)}))
    daemon.document.chmod(0o644)


def denials(daemon):
    return daemon.netvane("show", "events", "topic", "policy.denied", json_output=True)


def test_webhooks_per_minute_are_limited_explained_and_the_limit_swapped_live(make_both, receiver):
    daemon = make_both(limit(3))
    daemon.netvane("feed", "5")
    receiver.wait(3)
    wait_show(daemon, pending=0, delivered=3, exhausted=2)
    assert receiver.numbers() == [0, 1, 2]
    first, second = denials(daemon)
    assert [first["payload"][key] for key in ("rule", "endpoint", "topic", "url")] == [
        "webhooks", "ops", "feed.tick", "http://127.0.0.1:8080"]

    explained = daemon.netvane("policy", "explain", second["cause"], json_output=True)
    rule, = [row for row in explained if row["rule"] == "webhooks"]
    assert (rule["subject"], rule["result"], rule["verdict"]) == ("webhook.deliver", "matched", "deny")
    assert any("more than 3 in 60000 ms" in row.get("because", "") for row in explained)
    assert any("at that time: deny by webhooks" in row.get("because", "") for row in explained)

    write(daemon, limit(100))
    daemon.netvane("policy", "reload")
    daemon.netvane("feed", "2")
    receiver.wait(5)
    daemon.netvane("webhook", "dead-letters", "replay", "all")
    receiver.wait(7)
    wait_show(daemon, pending=0, delivered=7, exhausted=2)
    assert len(denials(daemon)) == 2


def test_a_denied_webhook_is_not_itself_sent_as_one(make_both, receiver):
    """An endpoint for every event would otherwise go on for ever after the first denial."""
    rule = {"name": "none", "on": "webhook.deliver", "actions": [{"type": "deny"}],
            "match": "topic.startsWith('feed.') || topic == 'policy.denied'"}
    daemon = make_both(rule, Topics=">")
    daemon.netvane("feed", "3")
    wait_until(lambda: len(denials(daemon)) >= 3, "three denials")
    daemon.sandbox.ip("link set lo mtu 1400")  # behind them; what they led to would be before it
    wait_until(lambda: any(json.loads(each["body"])["type"] == "link.mtu"
                           for each in receiver.requests()), "what came behind")
    assert [each["payload"]["topic"] for each in denials(daemon)] == ["feed.tick"] * 3


def test_a_url_that_is_set_passes_the_gate_for_what_has_been_tried(make_daemon, feed, receiver):
    document = {"version": 1, "rules": [{"name": "elsewhere", "on": "webhook.deliver",
                                         "match": "url.endsWith(':8081')", "actions": [{"type": "deny"}]}]}
    daemon = make_daemon(start=False, plugins=["webhook", "policy", feed])
    path = daemon.dir / "policy.json"
    path.write_text(json.dumps(document))
    path.chmod(0o644)
    daemon.write_config("[Webhook default]\nAllowAddresses=127.0.0.1\nTopics=feed.>\n"
                        f"[Plugin policy]\nDocument={path}\n")
    daemon.start()
    receiver.answer("500")
    daemon.netvane("webhook", "set-url", "http://127.0.0.1:8080/")
    daemon.netvane("feed", "1")
    receiver.wait(1)
    daemon.netvane("webhook", "set-url", "http://127.0.0.1:8081/")
    denied = wait_until(lambda: denials(daemon), "the denial")
    assert denied[0]["payload"]["url"] == "http://127.0.0.1:8081"


def test_a_rule_calls_the_endpoint_that_it_names(make_both, receiver):
    def call(name):
        return {"name": f"call-{name}", "on": "link.mtu", "match": "interface_name == 'lo'", "actions": [
            {"type": "webhook", "params": {"endpoint": name, "payload": {"is": {"cel": "mtu"}}}}]}
    daemon = make_both(call("ops"), call("nobody"))
    daemon.sandbox.ip("link set lo mtu 1400")
    request, = receiver.wait(1)
    body = json.loads(request["body"])
    assert body["type"] == "policy.webhook"
    assert body["data"] == {"is": 1400, "rule": "call-ops", "endpoint": "ops"}
    daemon.wait_log("names the endpoint nobody, which there is not")
