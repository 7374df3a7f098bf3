"""The cluster's agent, in CBus's own words: npm's "nats" asks, a real nats-server carries, a real
dbus-daemon and its services answer."""

import base64
import json
import os
import pathlib
import random
import re
import time

import pytest

from harness.nats import NatsClient, NatsServer, jwts, nkey, public_key
from harness.network import Service
from harness.waiting import wait_until

LAMP = pathlib.Path(__file__).with_name("harness") / "lamp-service.py"
POLICY = """<busconfig><policy context="default">
<allow own="*"/><allow send_destination="*" eavesdrop="false"/><allow receive_sender="*"/>
</policy></busconfig>"""

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)


class Cluster:
    """One machine in a sandbox with a NATS server beside it."""

    def __init__(self, sandbox, make_daemon, request):
        self.sandbox, self.make_daemon, self._request = sandbox, make_daemon, request
        sandbox.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/etc/dbus-1/system.d")
        (sandbox.root / "etc/dbus-1/system.d/all.conf").write_text(POLICY)
        self.key = sandbox.dir / "host_key"
        sandbox.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key)
        self.nkey = nkey("U", public_key(f"{self.key}.pub"))
        self.lamp = Service(sandbox, "lamp", ["/usr/bin/python3", LAMP],
                            lambda: sandbox.name_owner("org.example.Lamp"))
        self.server = self.daemon = self.client = None

    def start(self, config="", server="", client=None, allow=True):
        self.start_server(server, client)
        self.start_daemon(self.config(config, allow))
        return self

    def start_server(self, config="", client=None):
        self.server = NatsServer(self.sandbox, config)
        self.server.start()
        self.sandbox.bus.start()
        self.lamp.start()
        self.client = self.connect(**(client or {}))

    def start_daemon(self, config):
        self.daemon = self.make_daemon(config, plugins=["cluster"])
        self.wait_connected()
        return self

    def config(self, more="", allow=False):
        granted = ("[ClusterAllow all]\nCallers=anonymous\nDestinations=org.example.*\n"
                   if allow else "")
        return (f"[Plugin cluster]\nServers=nats://127.0.0.1:4222\nNodeName=web1\n"
                f"HostKeyFile={self.key}\n{more}\n{granted}")

    def connect(self, **options):
        client = NatsClient(self.sandbox, **options)
        self._request.addfinalizer(client.close)
        return client

    def wait_connected(self, count=1):
        self.daemon.wait_log(f"cluster: connected to nats://127.0.0.1:4222 as {self.nkey}",
                             count=count, timeout=30)

    def show(self):
        return self.daemon.netvane("show", "cluster", json_output=True)

    def subject(self, kind, member, destination="org_example_Lamp", path="org.example.Lamp"):
        return f"dbus.agent.{self.nkey}.{destination}{'.' + path if path else ''}.{kind}.{member}"

    def get(self, member, **options):
        return self.client.value(self.subject("prop", member), **options)

    def call(self, member, *arguments, **headers):
        return self.client.value(self.subject("method", member), json.dumps(arguments), **headers)

    def refusal(self, kind, member, body="", **headers):
        return self.client.error(self.subject(kind, member), body, **headers)


@pytest.fixture
def cluster(sandbox, make_daemon, request):
    return Cluster(sandbox, make_daemon, request)


def test_a_client_of_cbus_gets_right_answers(cluster):
    cluster.start()
    answer = cluster.client.request(cluster.subject("prop", "Level"))
    assert (answer["body"], answer["headers"]) == ("1", {"NKey": cluster.nkey, "Signature": "u"})

    answer = cluster.client.request(cluster.subject("method", "Split"), '["word"]')
    assert (json.loads(answer["body"]), answer["headers"]) == (["w", "ord"], {"NKey": cluster.nkey})

    # to all machines; and the root path, which adds no token
    everywhere = "dbus.broadcast.org_example_Lamp.org.example.Lamp.prop.Level"
    assert [a["headers"]["NKey"] for a in cluster.client("gather", subject=everywhere, count=1)] == \
        [cluster.nkey]
    assert cluster.client.value(cluster.subject("prop", "Name", path="")) == "other"

    assert '"t":18446744073709551615' in \
        f'"t":{cluster.client.request(cluster.subject("prop", "Serial"))["body"]}'
    assert base64.b64decode(cluster.get("Bytes")) == b"\x00\xff"
    assert cluster.get("Parts") == {"path": "/a", "colour": [1, -2, ["x"]]}
    assert cluster.client.value(cluster.subject("prop", "Parts"), Netvane_Variants="yes") == {
        "path": {"signature": "o", "value": "/a"},
        "colour": {"signature": "(iias)", "value": [1, -2, ["x"]]}}
    assert cluster.call("Add", 2, -3) == [-1]
    assert cluster.call("Type", {"signature": "a{su}", "value": {"x": 1}}) == ["a{su}"]


def test_what_a_subject_cannot_say_a_header_does(cluster):
    cluster.start()
    assert cluster.refusal("prop", "Name")[0] == "400"  # two interfaces have it
    which = {"destination": "org.example.Lamp", "path": "/org/example/Lamp", "member": "Name"}
    for interface, expected in (("Lamp1", "lamp"), ("Other1", "other")):
        header = json.dumps({**which, "interface": f"org.example.{interface}"})
        assert cluster.get("Name", Netvane_Call=header) == expected
    assert cluster.refusal("prop", "Name", Netvane_Call="{}")[0] == "400"


def test_errors_say_what_is_wrong(cluster):
    cluster.start()
    for kind, member, body, code, words in (
            ("method", "Add", "[1]", "400", "right"),
            ("method", "Add", '["x", 1]', "400", "left"),
            ("method", "Add", "[1", "400", "not JSON"),
            ("method", "Add", "", "400", "left"),
            ("method", "Nothing", "[]", "404", "no method Nothing"),
            ("prop", "Nothing", "", "404", "no property Nothing"),
            ("method", "Fail", "[]", "500", "org.example.Error.Broken: the bulb is broken")):
        found, text = cluster.refusal(kind, member, body)
        assert found == code and words in text, (kind, member, text)
    absent = cluster.subject("prop", "Level", destination="org_example_Absent")
    assert cluster.client.error(absent)[0] == "404"
    assert cluster.client.error(f"dbus.agent.{cluster.nkey}.x.prop")[0] == "400"


def test_only_what_is_granted_is_done(cluster):
    cluster.start(allow=False)
    assert cluster.get("Level") == 1
    code, text = cluster.refusal("method", "Add", "[1, 2]")
    assert code == "403" and "dbus.invoke" in text
    assert text.endswith("(asked by somebody who has not signed)")
    forged = cluster.refusal("method", "Add", "[1, 2]", NKey=cluster.nkey)
    assert forged[0] == "403"
    assert cluster.refusal("method", "Add", "[1, 2]", Netvane_Key=cluster.nkey)[0] == "401"
    assert cluster.get("Calls") == 0
    assert cluster.show()["bad_signatures"] == 1


def test_who_signs_is_known(cluster):
    subject = cluster.subject("method", "Add")
    cluster.start_server()
    named, tagged, stranger = (cluster.client("newkey") for _ in range(3))
    cluster.start_daemon(cluster.config(
        f"MemberTags={tagged['nkey']}=ops\n[ClusterAllow operators]\nCallers={named['nkey']}\n"
        "Tags=ops\nMembers=A*\n"))

    def ask(key, **more):
        return cluster.client("signed", key=key["seed"], subject=subject, body="[1, 2]", **more)

    for key in (named, tagged):
        [answer] = ask(key)
        assert (answer["body"], answer["verified"]) == ("[3]", True)
    [answer] = ask(stranger)
    assert answer["headers"]["Nats-Service-Error-Code"] == "403" and answer["verified"]
    calls = cluster.get("Calls")

    # the same once more, late, or changed on the way
    codes = [a["headers"].get("Nats-Service-Error-Code") for a in ask(named, again=True)]
    assert sorted(codes, key=str) == ["401", None]  # the refusal may come first
    assert not any(answer["verified"] for answer in ask(named, time=1))
    [answer] = ask(named, time=int(time.time() * 1000) + 7200000)
    assert re.search(r"7\d\d\d s ahead of the clock of this machine, and 30 s are allowed",
                     answer["headers"]["Nats-Service-Error"])
    for change in ({"Method-Flag": "1"}, {"Netvane-Key": tagged["nkey"]}, {"Netvane-Nonce": "0" * 32},
                   {"Netvane-Signature": "00"}):
        [answer] = ask(named, change=change)
        assert answer["headers"]["Nats-Service-Error-Code"] == "401", change
    assert cluster.get("Calls") == calls + 1


def test_what_was_signed_before_a_restart_is_not_taken_again(cluster):
    cluster.start_server()
    key = cluster.client("newkey")
    cluster.start_daemon(cluster.config(f"[ClusterAllow ops]\nCallers={key['nkey']}\n"))
    message = {"key": key["seed"], "subject": cluster.subject("method", "Add"), "body": "[1, 2]",
               "time": int(time.time() * 1000), "nonce": "0123456789abcdef" * 2}
    [answer] = cluster.client("signed", **message)
    assert answer["body"] == "[3]"
    cluster.daemon.stop()
    cluster.daemon.start()
    cluster.wait_connected(2)
    [answer] = cluster.client("signed", **message)
    assert answer["headers"]["Nats-Service-Error-Code"] == "401"
    assert "signed before this agent started; ask again" in answer["headers"]["Nats-Service-Error"]
    [answer] = cluster.client("signed", key=key["seed"], subject=message["subject"], body="[1, 2]")
    assert answer["body"] == "[3]"


def test_a_stranger_who_floods_shuts_out_nobody(cluster):
    """More than are remembered of strangers: they are anonymous then, which reading does not mind."""
    cluster.start_server()
    operator, stranger = (cluster.client("newkey") for _ in range(2))
    cluster.start_daemon(cluster.config(f"[ClusterAllow ops]\nCallers={operator['nkey']}\n"))
    level, add = cluster.subject("prop", "Level"), cluster.subject("method", "Add")
    assert cluster.client("flood", key=stranger["seed"], subject=level, count=1030,
                          ahead=25000) == {"": 1030}
    [answer] = cluster.client("signed", key=stranger["seed"], subject=add, body="[1, 2]")
    assert answer["headers"]["Nats-Service-Error-Code"] == "403" and answer["verified"]
    [answer] = cluster.client("signed", key=operator["seed"], subject=add, body="[1, 2]")
    assert (answer["body"], answer["verified"]) == ("[3]", True)


def test_a_service_that_never_answers_holds_up_nobody_else(cluster):
    cluster.start("CallTimeout=1s")
    for _ in range(3):  # more than one client of a bus may wait for
        codes = cluster.client("burst", subject=cluster.subject("method", "Never"), count=60,
                               body="[]")
        assert set(codes) <= {"503", "504"} and sum(codes.values()) == 60, codes
    # the lane of that name is full, and says so; others are served
    assert cluster.refusal("method", "Add", "[1, 2]")[0] == "503"
    bus = f"dbus.agent.{cluster.nkey}.org_freedesktop_DBus.org.freedesktop.DBus.prop.Features"
    assert isinstance(cluster.client.value(bus), list)
    cluster.lamp.restart()
    wait_until(lambda: "Nats-Service-Error" not in
               cluster.client.request(cluster.subject("method", "Add"), "[1, 2]")["headers"],
               "the new service to be asked")


def test_ten_thousand_requests_at_once(cluster):
    cluster.start("MaxRequests=500")
    codes = cluster.client("burst", subject=cluster.subject("prop", "Level"), count=10000)
    assert set(codes) <= {"", "503"} and sum(codes.values()) == 10000, codes
    assert codes[""] >= 500
    assert cluster.show()["requests_under_way"] == 0
    assert cluster.get("Level") == 1


def test_what_is_too_long_is_an_error(cluster):
    cluster.start(server="max_payload: 8192")
    assert cluster.call("Long", 100) == ["x" * 100]
    assert cluster.refusal("method", "Long", "[100000]")[0] == "413"
    assert cluster.refusal("method", "Long", "[8180]")[0] == "413"
    assert cluster.show()["connections"] == 1


def test_discovery_shows_the_machine(cluster):
    cluster.start("Tags=role=edge site-a")
    cluster.get("Level")
    [found] = cluster.client("services", verb="ping", count=1)
    assert (found["name"], found["id"], found["type"]) == \
        ("netvane", cluster.nkey, "io.nats.micro.v1.ping_response")
    assert found["metadata"] == {"node": "web1", "cluster": "default", "tags": "role=edge,site-a"}
    [info] = cluster.client("services", verb="info", count=1, name="netvane")
    assert info["endpoints"][0]["subject"] == f"dbus.agent.{cluster.nkey}.>"
    [stats] = cluster.client("services", verb="stats", count=1, name="netvane", id=cluster.nkey)
    numbers = {endpoint["name"]: endpoint["num_requests"] for endpoint in stats["endpoints"]}
    assert numbers == {"prop": 1, "method": 0}


def test_signals_that_match_are_forwarded(cluster):
    cluster.start("Signals=type='signal',interface='org.example.Lamp1' "
                  "type='signal',path_namespace='/org/example'")
    cluster.client("subscribe", subject="dbus.signals.>")
    sender = cluster.sandbox.name_owner("org.example.Lamp")
    cluster.call("Blink", 100)
    cluster.client.wait_message(lambda m: m["body"] == "[99]")
    blinks = [m for m in cluster.client.messages if m["headers"]["Member"] == "Blinked"]
    assert [m["body"] for m in blinks] == [f"[{n}]" for n in range(100)]
    token = sender.replace(":", "_").replace(".", "_")
    assert blinks[0]["subject"] == f"dbus.signals.{cluster.nkey}.{token}.org.example.Lamp"
    assert blinks[0]["headers"] == {
        "NKey": cluster.nkey, "Sender": sender, "Interface": "org.example.Lamp1",
        "Member": "Blinked", "Path": "/org/example/Lamp"}

    # a signal to our agent alone could come from anybody, whatever it says
    names = cluster.sandbox.run("busctl", "--system", "--json=short", "list").stdout
    for name in (entry["name"] for entry in json.loads(names) if entry["name"].startswith(":")):
        cluster.sandbox.run("dbus-send", "--system", f"--dest={name}", "--type=signal",
                            "/org/example/Lamp", "org.example.Lamp1.Blinked", "uint32:4711",
                            check=False)
    cluster.call("Blink", 1)
    cluster.client.wait_message(lambda m: m["body"] == "[0]" and m is not blinks[0])
    assert not [m for m in cluster.client.messages if m["body"] == "[4711]"]


def test_a_lost_server_is_found_again(cluster):
    cluster.start()
    for count in (2, 3):
        cluster.server.kill()
        wait_until(lambda: not cluster.show()["connected"], "the loss to be seen")
        cluster.server.start()
        cluster.wait_connected(count)
        assert cluster.connect().value(cluster.subject("prop", "Level")) == 1
    topics = [event["topic"] for event in cluster.daemon.netvane("show", "events",
                                                                 json_output=True)]
    assert topics.count("cluster.connected") == 3
    assert topics.count("cluster.disconnected") == 2


def test_the_other_server_is_taken_when_one_dies(cluster):
    """Two that know nothing of each other, and both ways."""
    servers = {f"nats://127.0.0.1:{port}": NatsServer(cluster.sandbox, name=f"nats-{port}", port=port)
               for port in (4222, 4223)}
    for server in servers.values():
        server.start()
    cluster.sandbox.bus.start()
    cluster.lamp.start()
    cluster.daemon = cluster.make_daemon(
        cluster.config().replace("Servers=", "Servers=nats://127.0.0.1:4223 "), plugins=["cluster"])
    cluster.daemon.wait_log("cluster: connected to")
    for lives in (2, 3):
        used = cluster.show()["server"]
        [other] = set(servers) - {used}
        servers[used].kill()
        cluster.daemon.wait_log(f"cluster: connected to {other} as {cluster.nkey}",
                                count=lives - 1)
        assert cluster.connect(servers=other).value(cluster.subject("prop", "Level")) == 1
        assert cluster.show()["connections"] == lives
        servers[used].start()
    topics = [event["topic"] for event in cluster.daemon.netvane("show", "events",
                                                                 json_output=True)
              if event["topic"] in ("cluster.connected", "cluster.disconnected")]
    assert topics == ["cluster.connected", "cluster.disconnected"] * 2 + ["cluster.connected"]
    for server in servers.values():
        server.stop()


@pytest.mark.parametrize("wanted", ("no", "yes"))
def test_a_server_that_was_announced_is_tried_where_that_is_wanted(cluster, wanted):
    def member(number, other):  # nothing else than loopback is in the sandbox to be announced
        return (f"client_advertise: 127.0.0.1:{4221 + number}\n"
                f"cluster {{ name: c, listen: 127.0.0.1:{6221 + number}, "
                f"routes: [nats://127.0.0.1:{6221 + other}] }}")
    second = NatsServer(cluster.sandbox, member(2, 1), "second", port=4223)
    second.start()
    cluster.start(f"DiscoverServers={wanted}", server=member(1, 2))
    wait_until(lambda: [url for url in cluster.connect()("info").get("connect_urls", ())
                        if url.endswith(":4223")], "the other server to be announced")
    cluster.server.kill()
    if wanted == "yes":
        cluster.daemon.wait_log("cluster: connected to nats://.*:4223 as")
        assert cluster.connect(servers="127.0.0.1:4223").value(
            cluster.subject("prop", "Level")) == 1
    else:
        wait_until(lambda: "no server listens" in cluster.show().get("problem", ""),
                   "the loss to be seen")
        cluster.server.start()
        cluster.wait_connected(2)
    assert (":4223" in cluster.daemon.text()) == (wanted == "yes")
    second.stop()


def test_a_lost_bus_is_found_again(cluster):
    cluster.start()
    assert cluster.get("Level") == 1
    cluster.client.begin("request", subject=cluster.subject("method", "Never"), body="[]")
    wait_until(lambda: cluster.show()["requests_under_way"] == 1, "the call to be at the bus")
    cluster.sandbox.bus.stop()
    assert cluster.client.end()["headers"]["Nats-Service-Error-Code"] in ("500", "502")
    assert cluster.refusal("prop", "Level")[0] == "502"
    cluster.lamp.stop()
    cluster.sandbox.bus.start()
    cluster.lamp.start()
    wait_until(lambda: cluster.show()["system_bus"], "the bus to be found")
    assert cluster.get("Level") == 1


def test_servers_that_die_at_random_cost_only_their_own_time(cluster):
    """A request in between gets an answer, or none from a connection that is just lost; and how the
    machine's connection came and went is in the stream, told once and in order."""
    cluster.start("Events=cluster.connected cluster.disconnected\nEventStream=EVENTS\n"
                  "EventStreamCreate=yes",
                  server=f"jetstream {{ store_dir: {cluster.sandbox.dir}/jetstream }}")
    chance, lives = random.Random(4711), 1
    until = time.monotonic() + float(os.environ.get("NETVANE_CHAOS_SECONDS", "20"))
    while time.monotonic() < until:
        nats, bus = chance.choice([(True, False), (False, True), (True, True)])
        if not nats:
            cluster.connect().begin("request", subject=cluster.subject("prop", "Level"))
        if nats:
            cluster.server.kill()
            lives += 1
        if bus:
            cluster.sandbox.bus.kill()
            cluster.lamp.stop()
        wait_until(lambda: not (cluster.show()["connected"] and cluster.show()["system_bus"]),
                   "the loss to be seen")
        if nats:
            cluster.server.start()
        if bus:
            cluster.sandbox.bus.start()
            cluster.lamp.start()
        wait_until(lambda: cluster.show()["connected"] and cluster.show()["system_bus"],
                   "both to be found again", 60)
    assert cluster.connect().value(cluster.subject("prop", "Level")) == 1
    assert cluster.show()["requests_under_way"] == 0
    wait_until(lambda: cluster.show()["events"] >= 2 * lives - 1, cluster.show, 60)
    told = [json.loads(message["body"]) for message in
            cluster.connect()("stored", stream="EVENTS")]
    assert [event["topic"] for event in told] == [
        "cluster.disconnected" if number % 2 else "cluster.connected"
        for number in range(2 * lives - 1)]
    assert len({event["id"] for event in told}) == len(told)


def operator():
    return {"user": "operator", "pass": "secret"}


def permissions(cluster):
    """As docs/cluster.md has them: a machine hears what is for it, and says who it is."""
    own = cluster.nkey
    return {"sub": {"allow": [f"dbus.agent.{own}.>", "dbus.broadcast.>", f"netvane.command.{own}", "$SRV.>",
                              "netvane.default.presence.*", "netvane.default.who",
                              f"netvane.default.tunnel.{own}.*"]},
            "pub": {"allow": [f"dbus.signals.{own}.>", "_INBOX.>", f"netvane.default.presence.{own}",
                              "netvane.default.who", f"netvane.default.event.{own}.>",
                              f"netvane.default.tunnel.*.{own}"]}}


def users(cluster, machine):
    allowed = permissions(cluster)
    return f"""authorization {{ users: [
      {{ {machine}, permissions: {{ subscribe: {json.dumps(allowed["sub"]["allow"])},
                                    publish: {json.dumps(allowed["pub"]["allow"])} }} }},
      {{ user: operator, password: secret }} ] }}"""


def test_the_host_key_logs_in(cluster):
    cluster.start(server=users(cluster, f"nkey: {cluster.nkey}"), client=operator())
    assert cluster.get("Level") == 1
    cluster.client("subscribe", subject="netvane.default.>")
    cluster.client("publish", subject="netvane.default.who")
    cluster.client.wait_message(lambda m: m["subject"] == f"netvane.default.presence.{cluster.nkey}")
    assert "refuses" not in cluster.daemon.text()


def test_another_configuration_is_taken_up_without_a_false_alarm(cluster):
    cluster.start()
    cluster.daemon.write_config(cluster.config("Tags=role=edge"))
    cluster.daemon.reload()
    cluster.wait_connected(count=2)
    for alarm in ("not connected", "left 1 resource behind"):
        assert alarm not in cluster.daemon.text()
    topics = [event["topic"] for event in cluster.daemon.netvane("show", "events",
                                                                 json_output=True)]
    assert topics.count("cluster.connected") == 2
    assert "cluster.disconnected" not in topics


def test_commands_are_not_counted_as_methods(cluster):
    cluster.start()
    cluster.call("Add", 2, 3)
    for _ in range(3):
        cluster.client.value(f"netvane.command.{cluster.nkey}", '["show", "version"]')
    shown = cluster.show()
    assert (shown["methods_called"], shown["commands"]) == (1, 3)


def test_a_key_that_the_server_does_not_know_is_tried_until_it_does(cluster):
    other = nkey("U", bytes(32))
    server = NatsServer(cluster.sandbox, users(cluster, f"nkey: {other}"))
    server.start()
    cluster.daemon = cluster.make_daemon(cluster.config(), plugins=["cluster"])
    cluster.daemon.wait_log("not connected to nats://127.0.0.1:4222: .*uthorization")
    wait_until(lambda: server.text().count("authentication error") >= 4, "some attempts")
    server.stop()
    known = NatsServer(cluster.sandbox, users(cluster, f"nkey: {cluster.nkey}"))
    known.start()
    cluster.wait_connected()


def test_a_jwt_logs_the_host_key_in(cluster):
    made = jwts(cluster.sandbox, {"nkey": cluster.nkey, **permissions(cluster)}, {"new": True})
    jwt, creds = cluster.sandbox.dir / "machine.jwt", cluster.sandbox.dir / "operator.creds"
    jwt.write_text(made["users"][cluster.nkey])
    creds.write_text(made["creds"][0])
    cluster.start(f"JwtFile={jwt}", server=made["config"], client={"creds": str(creds)})
    assert cluster.get("Level") == 1


def test_credentials_log_in_and_the_host_key_still_names(cluster):
    made = jwts(cluster.sandbox, {"new": True})
    creds = cluster.sandbox.dir / "machine.creds"
    creds.write_text(made["creds"][0])
    creds.chmod(0o600)
    cluster.start(f"CredentialsFile={creds}", server=made["config"], client={"creds": str(creds)})
    assert cluster.get("Level") == 1


@pytest.mark.parametrize("server, config, client", [
    ("authorization { token: s3cret }", "Token=s3cret", {"token": "s3cret"}),
    ("authorization { user: ann, password: s3cret }", "User=ann\nPassword=s3cret",
     {"user": "ann", "pass": "s3cret"})])
def test_token_and_password_log_in(cluster, server, config, client):
    cluster.start(config, server=server, client=client)
    assert cluster.get("Level") == 1
    assert "s3cret" not in cluster.daemon.text()


def test_a_key_that_others_can_read_is_refused(cluster):
    cluster.key.chmod(0o640)
    daemon = cluster.make_daemon(cluster.config(), plugins=["cluster"], start=False)
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
    assert "0640" in daemon.text() and "chmod 0600" in daemon.text()


@pytest.mark.parametrize("number", ("0", "65536", "one"))
def test_a_network_that_is_no_number_is_refused(cluster, number):
    daemon = cluster.make_daemon(cluster.config(f"Networks={number}"), plugins=["cluster"],
                                 start=False)
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
    assert f"Networks={number} is no number from 1 to 65535" in daemon.text()


@pytest.mark.parametrize("name", ("all", "web1,web2", "web\t1"))
def test_a_name_that_nobody_could_ask_for_is_refused(cluster, name):
    config = cluster.config().replace("NodeName=web1", f"NodeName={name}")
    daemon = cluster.make_daemon(config, plugins=["cluster"], start=False)
    daemon.start(ready=False)
    assert daemon.exit_status() != 0
    assert "with which nobody could ask for this machine" in daemon.text()


def test_without_servers_it_costs_nothing(cluster, make_daemon):
    daemon = make_daemon("", plugins=["cluster"])
    assert "Servers=" in daemon.netvane("show", "cluster", json_output=True)["problem"]
    maps = pathlib.Path(f"/proc/{daemon.process.pid}/maps").read_text()
    assert "libnats" not in maps and "libssl" not in maps
    threads = pathlib.Path(f"/proc/{daemon.process.pid}/task")
    assert len(list(threads.iterdir())) == len(list(pathlib.Path(
        f"/proc/{make_daemon('', plugins=[]).process.pid}/task").iterdir()))
