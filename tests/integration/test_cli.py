"""netvane(1): what people and their scripts rely on."""

import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import fcntl
import itertools
import select
import termios

import pytest

from harness.daemon import SANITIZERS, build_dir, built
from harness.waiting import wait_until

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

pytestmark = pytest.mark.sandbox(networkd=False)


def environment(daemon, **extra):
    return {**SANITIZERS, "NETVANE_SOCKET": str(daemon.control), **extra}


def test_tables_are_aligned_and_lists_stand_below_each_other(daemon):
    daemon.sandbox.ip("addr add 192.0.2.1/24 dev veth0")
    daemon.sandbox.ip("addr add 192.0.2.2/24 dev veth0")
    wait_until(lambda: len(link(daemon, "veth0").get("address", ())) >= 2, "two addresses")
    lines = daemon.netvane("sh", "int").stdout.splitlines()
    column = lines[0].index("Addresses")
    assert set(lines[1]) == {"-", " "}
    row = next(i for i, line in enumerate(lines) if line.startswith("veth0 "))
    assert lines[row][column:] == "192.0.2.1/24"
    assert lines[row + 1] == " " * column + "192.0.2.2/24"


def link(daemon, name):
    return daemon.netvane("show", "interfaces", name, json_output=True)


def test_exit_status_tells_what_happened(daemon):
    def status(*words):
        done = daemon.netvane(*words, check=False)
        assert (done.returncode == 0) == (done.stderr == "")
        return done.returncode

    assert status("show", "version") == 0
    assert status("show", "interfaces", "nosuch0") == 1
    assert status("show", "nonsense") == 2
    assert status("show") == 2
    assert status("show", "event") == 2
    assert status("show", "interfaces", os.fsdecode(b"\xff0")) == 2
    assert status("--socket", "/nonexistent/control", "show", "version") == 3


def test_no_daemon_is_one_sentence_with_what_to_do(daemon):
    done = daemon.netvane("--socket", "/nonexistent", "reload", check=False)
    assert done.stderr.count("\n") == 1
    assert "netvaned is not running" in done.stderr and "--socket" in done.stderr


def test_who_may_not_change_is_told_who_may(daemon):
    done = daemon.sandbox.run(*NOBODY, built("netvane"), "reload", check=False,
                              env=environment(daemon))
    assert done.returncode == 1
    assert "root and the control group" in done.stderr


def test_question_mark_shows_what_can_follow(daemon):
    out = daemon.netvane("show", "?").stdout
    assert "  interfaces     network interfaces, their states and addresses\n" in out
    out = daemon.netvane("show", "interfaces", "?").stdout
    assert re.search("^  veth0 +ether$", out, re.M) and "  <cr>" in out
    assert daemon.netvane("show", "--help").stdout == daemon.netvane("show", "?").stdout
    assert daemon.netvane("show", "inter?").stdout.split()[0] == "interfaces"


def test_bash_completes_from_the_daemon(daemon):
    script = (f"PATH={built('netvane').parent}:$PATH\n"
              f"source {SOURCE}/cli/completion/netvane.bash\n"
              "COMP_WORDS=(netvane show interfaces veth); COMP_CWORD=3\n"
              "_netvane; printf '%s\\n' \"${COMPREPLY[@]}\"")
    out = daemon.sandbox.run("bash", "-c", script, env=environment(daemon)).stdout
    assert out.split() == ["veth0", "veth1"]


def follow(daemon, *arguments):
    return daemon.sandbox.popen(built("netvane"), *arguments, env=environment(daemon),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def subscribed(daemon, count=1):
    """Its Subscribe call is through once the client has been counted and answered."""
    wait_until(lambda: daemon.netvane("show", "status", json_output=True)["control_clients"] >
               count, "the follower to be connected")


def test_events_are_followed_until_the_daemon_goes(daemon):
    lines, texts = follow(daemon, "--json", "events", "link.mtu"), follow(daemon, "events")
    mtus = itertools.count(1280)

    def heard():
        """Nobody sees a subscription begin: something happens until both have heard of it."""
        daemon.sandbox.ip(f"link set veth0 mtu {next(mtus)}")
        return len(select.select([lines.stdout, texts.stdout], [], [], 0.1)[0]) == 2

    wait_until(heard, "both to follow")
    seen = [json.loads(lines.stdout.readline())["payload"]["mtu"]]
    for mtu in (1400, 1401, 1402):
        daemon.sandbox.ip(f"link set veth0 mtu {mtu}")
    while seen[-1] != 1402:
        seen.append(json.loads(lines.stdout.readline())["payload"]["mtu"])
    assert seen == [*range(seen[0], next(mtus)), 1400, 1401, 1402]
    assert "veth0" in texts.stdout.readline()
    daemon.stop()
    for process in (lines, texts):
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 3
        assert "has gone" in errors


@pytest.fixture
def flooded(make_daemon):
    """A daemon whose history is far shorter than what happens while somebody begins to follow."""
    burst = build_dir() / "tests/plugins/burst.so"
    return make_daemon("[Engine]\nEventHistory=64\n", plugins=["journal", burst])


def test_followers_of_the_past_miss_and_double_nothing_where_it_meets_the_present(flooded):
    flooded.netvane("burst", "3000")
    flooded.stop()
    flooded.start()
    flooded.netvane("burst", "6000", "4")  # 4 each millisecond: it goes on beyond the seam
    words = ("events", "--since", "1h", "--follow", "--json", "--topic", "burst.>")
    followers = [follow(flooded, *words) for _ in range(4)]
    for follower in followers:
        events = [json.loads(follower.stdout.readline()) for _ in range(9000)]
        assert [event["payload"]["n"] for event in events] == [*range(1, 3001), *range(1, 6001)]
        assert len({event["epoch"] for event in events}) == 2
    flooded.netvane("burst", "1")
    for follower in followers:
        assert json.loads(follower.stdout.readline())["payload"]["n"] == 6001
        follower.kill()
        assert follower.communicate()[1] == ""


def test_what_a_slow_follower_of_the_past_finds_in_the_journal_is_not_called_lost(flooded):
    """It does not read for so long that the daemon gives up on its live events."""
    flooded.netvane("burst", "3000")
    follower = follow(flooded, "events", "--since", "1h", "--follow", "--json", "burst.>")
    subscribed(flooded, 1)
    flooded.netvane("burst", "30000")
    lines = [json.loads(follower.stdout.readline()) for _ in range(1)]
    while lines[-1].get("payload", {}).get("n") != 33000:
        lines.append(json.loads(follower.stdout.readline()))
    follower.kill()
    follower.communicate()
    assert [line["payload"]["n"] for line in lines] == list(range(1, 33001))


def test_an_event_can_be_asked_for(daemon):
    daemon.sandbox.ip("link set veth0 mtu 1400")
    wait_until(lambda: link(daemon, "veth0")["mtu"] == 1400, "the new MTU")
    events = daemon.netvane("show", "events", "last", "100", json_output=True)
    event = next(event for event in events if event["topic"] == "link.mtu")
    assert daemon.netvane("show", "event", event["id"], json_output=True) == [event]
    assert event["id"] in daemon.netvane("show", "event", event["id"]).stdout
    assert daemon.netvane("show", "event", "1-1", check=False).returncode == 1


def test_hostile_names_do_not_reach_the_terminal(daemon):
    daemon.sandbox.run("ip", "link", "add", "x\x1b[31mx", "type", "veth", "peer", "name", "x1")
    wait_until(lambda: "x1b[31m" in daemon.netvane("show", "interfaces").stdout, "the link")
    for words in (("show", "interfaces"), ("show", "events"), ("show", "interfaces", "?")):
        assert "\x1b" not in daemon.netvane(*words).stdout


def test_reload_reports_what_is_wrong(daemon):
    assert daemon.netvane("reload").stdout != ""
    daemon.write_config("[Engine]\nNonsense=1\n")
    done = daemon.netvane("reload", check=False)
    assert done.returncode == 1
    assert "Nonsense" in done.stderr


def on_terminal(daemon, rows, *words, **extra):
    """What the command writes to a terminal of so many rows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
    process = daemon.sandbox.popen(built("netvane"), *words, stdin=subprocess.DEVNULL,
                                   stdout=theirs, env=environment(daemon, TERM="xterm", **extra))
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 65536):
            text += chunk
    except OSError:
        pass  # the other side is closed
    os.close(ours)
    assert process.wait(30) == 0
    return text.decode()


def test_long_output_is_paged_on_a_terminal(daemon):
    pager = {"NETVANE_PAGER": "sed s/^/paged:/"}
    assert on_terminal(daemon, 5, "show", "configuration", **pager).startswith("paged:")
    assert "paged:" not in on_terminal(daemon, 5, "--no-pager", "show", "configuration", **pager)
    assert "paged:" not in on_terminal(daemon, 50, "show", "version", **pager)
