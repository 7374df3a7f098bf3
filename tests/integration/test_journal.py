"""The journal in a real daemon: restarts, kills, bursts, queries, limits, and disks that fail."""

import json
import os
import pathlib
import random
import re
import sqlite3
import subprocess
import time

import pytest

from harness.daemon import built
from harness.waiting import stays_true, wait_until

HERE = pathlib.Path(__file__).parent
SOURCE = HERE.parents[1]


pytestmark = pytest.mark.sandbox(networkd=False, veths=1)


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    """The test plugin that publishes events, built from its source."""
    target = tmp_path_factory.mktemp("feed") / "feed.so"
    subprocess.run(["cc", "-std=gnu11", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-I",
                    SOURCE / "api", HERE / "feed.c", "-o", target], check=True)
    return target


@pytest.fixture
def make_journal(make_daemon, feed):
    """make_journal(Option=value...): a daemon with the journal, and the plugin that feeds it."""
    def make(feed_options="", state_dir=None, start=True, **options):
        lines = [f"{name}={value}" for name, value in options.items()]
        config = "\n".join(["[Plugin journal]", *lines, "[Plugin feed]", feed_options, ""])
        daemon = make_daemon(config, plugins=["journal", feed], start=False)
        if state_dir:
            daemon.state_dir = state_dir
        return daemon.start() if start else daemon
    return make


def path_of(daemon):
    return daemon.state_dir / "journal" / "events.sqlite"


def status(daemon):
    return daemon.netvane("show", "journal", json_output=True)


def wait_status(daemon, what, timeout=30.0, **wanted):
    def as_wanted():
        now = status(daemon)
        return now if all(now.get(key) == value for key, value in wanted.items()) else None
    return daemon.wait(as_wanted, f"{what}: {wanted}", timeout)


def events(daemon, *conditions, last=1000):
    return daemon.netvane("show", "journal", "events", *conditions, "last", str(last),
                          json_output=True)


def query_all(daemon, *conditions, limit=1000):
    """All pages of a query."""
    found, row = [], 0
    while True:
        page = daemon.netvane("journal", "query", "after", str(row), *conditions, "limit",
                              str(limit), json_output=True)
        found += page["events"]
        row = page["last_row"]
        if not page["more"]:
            return found


def numbers(found):
    return [event["payload"]["number"] for event in found if event["topic"] == "feed.tick"]


def stored(path):
    """Every record in the file, by id, as the bytes that they are; and the file's own check."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {f"{epoch}-{seq}": text for epoch, seq, text in db.execute(
            "SELECT epoch.name, seq, json FROM event JOIN epoch ON number = event.epoch"
            " ORDER BY row")}


def test_events_survive_a_restart_and_stay_in_order(make_journal):
    daemon = make_journal()
    daemon.netvane("feed", "5")
    before = events(daemon)
    daemon.stop()
    daemon.start()
    daemon.netvane("feed", "3")
    after = query_all(daemon)
    assert numbers(after) == [0, 1, 2, 3, 4, 0, 1, 2]
    assert [event["id"] for event in after][:len(before)] == [event["id"] for event in before]
    rows = [event["row"] for event in after]
    assert rows == sorted(set(rows))
    epochs = {event["epoch"] for event in after}
    assert len(epochs) == 2


def test_what_was_published_before_the_plugin_began_is_kept(make_journal):
    daemon = make_journal()
    daemon.netvane("feed", "3")
    daemon.stop()
    seqs = sorted(int(key.split("-")[1]) for key in stored(path_of(daemon)))
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) >= 5


def test_what_scripts_come_to_at_the_shutdown_is_kept(sandbox, make_daemon, recorder):
    recorder.add("link.added", then="exec sleep 500")
    daemon = make_daemon(f"[Plugin scripts]\nScriptDirectory={recorder.dir}\n",
                         plugins=["journal", "scripts"])
    sandbox.ip("link add late0 type veth peer name late1")
    recorder.wait(IFACE="late0")
    epoch = daemon.netvane("show", "status", json_output=True)["epoch"]
    daemon.stop()
    daemon.start()
    last = [event for event in events(daemon) if event["epoch"] == epoch]
    assert [event["payload"]["signal"] for event in last
            if event["topic"] == "script.finished" and
            event["payload"]["interface_name"] == "late0"] == [15]
    assert last[-1]["topic"] == "plugin.stopped" and last[-1]["payload"]["plugin"] == "scripts"


def test_burst_of_ten_thousand_is_kept_whole(make_journal):
    daemon = make_journal()
    daemon.netvane("feed", "10000")
    found = numbers(query_all(daemon, "topic", "feed.>"))
    assert found == list(range(10000))
    assert status(daemon)["lost"] == 0


def test_query_sees_what_was_published_before_it(make_journal):
    daemon = make_journal(CommitInterval="60s")
    for count in range(1, 6):
        daemon.netvane("feed", "1")
        assert numbers(events(daemon)) == list(range(count))


def test_queries_give_what_a_filter_of_all_events_gives(make_journal):
    daemon = make_journal()
    daemon.netvane("feed", "3000")
    daemon.netvane("feed", "story")
    everything = query_all(daemon)
    half = everything[1500]["time"]
    ids = lambda found: [event["id"] for event in found]
    name = lambda event: event["payload"].get("interface_name")
    assert ids(query_all(daemon, "since", half)) == \
        ids(event for event in everything if event["time"] >= half)
    assert ids(query_all(daemon, "until", half, limit=7)[:50]) == ids(everything[:50])
    assert ids(query_all(daemon, "until", half)) == \
        ids(event for event in everything if event["time"] < half)
    assert ids(query_all(daemon, "interface", "feed2")) == \
        ids(event for event in everything if name(event) == "feed2")
    assert ids(query_all(daemon, "topic", "feed.*.child")) == []
    assert ids(query_all(daemon, "topic", "feed.child")) == \
        ids(event for event in everything if event["topic"] == "feed.child")
    assert ids(query_all(daemon, "topic", "*.added", "interface", "veth0")) == \
        ids(event for event in everything
            if event["topic"].endswith(".added") and name(event) == "veth0")
    assert ids(events(daemon, "topic", "feed.>", last=7)) == ids(everything[-7:])
    assert ids(events(daemon, "since", "1h", "until", "1h")) == []


def test_story_has_causes_and_effects_with_depths(make_journal):
    daemon = make_journal()
    root = daemon.netvane("feed", "story", json_output=True)["id"]
    daemon.stop()
    daemon.start()
    whole = daemon.netvane("show", "journal", "event", root, json_output=True)
    assert [event["depth"] for event in whole] == [0] + [1, 2, 2] * 3
    child = whole[1]["id"]
    part = daemon.netvane("show", "journal", "event", child, json_output=True)
    assert [(event["depth"], event["topic"]) for event in part] == \
        [(-1, "feed.root"), (0, "feed.child"), (1, "feed.grandchild"), (1, "feed.grandchild")]
    assert part[2]["cause"] == child
    unknown = daemon.netvane("show", "journal", "event", root.replace("-", "-99999"), check=False)
    assert unknown.returncode == 1
    assert "does not hold" in unknown.stderr


def test_unprivileged_askers_see_what_the_kernel_would_show(sandbox, make_journal):
    daemon = make_journal()
    root = daemon.netvane("feed", "story", json_output=True)["id"]
    sandbox.ip("link add d0 type veth peer name d1")
    daemon.wait(lambda: events(daemon, "topic", "link.added"), "link.added")
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", built("netvane"),
              "--json"]
    ask = lambda *words: sandbox.run(*nobody, *words, check=False,
                                     env={"NETVANE_SOCKET": str(daemon.control)})
    for words in (["show", "journal", "events"], ["show", "journal", "events", "topic", ">"]):
        seen = json.loads(ask(*words).stdout)
        assert {event["topic"].split(".")[0] for event in seen} <= {"link", "address", "route"}
        assert seen
    assert ask("show", "journal", "event", root).returncode == 1
    assert ask("journal", "prune", "all").returncode == 1
    assert len(events(daemon, "topic", "feed.root")) == 1


def test_topics_choose_what_is_kept(sandbox, make_journal):
    daemon = make_journal(Topics="feed.> link.* !feed.grandchild")
    daemon.netvane("feed", "story")
    sandbox.ip("link add d0 type veth peer name d1")
    daemon.wait(lambda: events(daemon, "topic", "link.added"), "link.added")
    topics = {event["topic"] for event in query_all(daemon)}
    assert topics == {"feed.root", "feed.child", "link.added"}


# Kill


def time_of(line):
    return json.loads(line)["monotonic_ns"] / 1e9


def check_epochs(published, kept):
    """What is kept is exactly what was published, but for an end of each epoch."""
    by_epoch = {}
    for event_id in published:
        by_epoch.setdefault(event_id.split("-")[0], []).append(event_id)
    for ids in by_epoch.values():
        there = [event_id in kept for event_id in ids]
        count = sum(there)
        assert there == [True] * count + [False] * (len(ids) - count)
        if count < len(ids):
            lost = time_of(published[ids[-1]]) - time_of(published[ids[count]])
            assert lost <= 3, f"the last {lost} s are lost, and not just the last batch"
    for event_id, text in kept.items():
        if event_id in published:
            assert text == published[event_id]


def test_killed_at_any_moment_it_loses_only_the_last_batch(make_journal, tmp_path):
    """Twenty times; the test plugin writes down each event before the journal gets it."""
    chance = random.Random(7)
    record = tmp_path / "published"
    daemon = make_journal(feed_options=f"Record={record}\nPour=yes\n")
    for _ in range(20):
        size = record.stat().st_size if record.exists() else 0
        wanted = size + chance.randrange(1, 6_000_000)
        daemon.wait(lambda: record.stat().st_size > wanted, "more events", 20)
        daemon.kill()
        daemon.start()
    daemon.stop()
    published = {json.loads(line)["id"]: line for line in record.read_text().splitlines()}
    kept = stored(path_of(daemon))
    check_epochs(published, kept)
    assert len({event_id.split("-")[0] for event_id in kept}) > 10
    assert "damaged" not in daemon.text()


# Files and disks that fail


def damage(path, offset, data):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(data)


def test_corrupt_file_is_set_aside_and_said_once(make_journal):
    daemon = make_journal()
    daemon.netvane("feed", "100")
    daemon.stop()
    damage(path_of(daemon), 0, os.urandom(4096))
    daemon.start()
    daemon.netvane("feed", "3")
    assert numbers(query_all(daemon)) == [0, 1, 2]
    assert len(daemon.wait_log("cannot be used: .*a new one was begun")) == 1
    assert len(list(path_of(daemon).parent.glob("events.sqlite.corrupt-*"))) == 1
    assert events(daemon, "topic", "journal.damaged")[0]["payload"]["set_aside"]
    daemon.stop()
    assert "events.sqlite.corrupt-" not in str(stored(path_of(daemon)).keys())


def test_damage_inside_is_found_after_an_unclean_end(make_journal):
    daemon = make_journal()
    daemon.netvane("feed", "5000")
    daemon.stop()
    daemon.start()
    daemon.wait(lambda: status(daemon)["state"] == "working", "the journal to open")
    daemon.kill()
    size = path_of(daemon).stat().st_size
    for page in range(2, size // 4096, 3):
        damage(path_of(daemon), page * 4096, bytes(64))
    daemon.start()
    daemon.wait_log("cannot be used: .*a new one was begun", timeout=30)
    daemon.netvane("feed", "3")
    assert numbers(query_all(daemon, "topic", "feed.>")) == [0, 1, 2]


def test_record_whose_text_was_changed_on_disk_is_not_served(make_journal):
    daemon = make_journal()
    daemon.netvane("feed", "30")
    daemon.stop()
    data = path_of(daemon).read_bytes()
    damage(path_of(daemon), data.index(b'"number":17,') + 9, b"71")
    daemon.start()
    assert numbers(query_all(daemon)) == [number for number in range(30) if number != 17]
    assert len(daemon.wait_log("records that are not what was written")) == 1
    wait_status(daemon, "the damage to be counted", damaged=1)


def test_file_of_a_later_version_is_set_aside(make_journal):
    daemon = make_journal()
    daemon.stop()
    with sqlite3.connect(path_of(daemon)) as db:
        db.execute("PRAGMA user_version=99")
    daemon.start()
    daemon.wait_log("later version")
    daemon.netvane("feed", "2")
    assert numbers(query_all(daemon)) == [0, 1]


def test_file_that_is_removed_is_begun_anew(make_journal):
    daemon = make_journal()
    daemon.netvane("feed", "2")
    assert numbers(events(daemon)) == [0, 1]
    for path in path_of(daemon).parent.glob("events.sqlite*"):
        path.unlink()
    daemon.netvane("feed", "2")
    assert numbers(events(daemon)) == [2, 3]
    daemon.stop()
    assert len(stored(path_of(daemon))) >= 2


@pytest.fixture
def small_disk(sandbox):
    """A file system of 6 MB in the sandbox, to be filled, emptied, or made read-only."""
    path = sandbox.dir / "disk"
    path.mkdir()
    sandbox.run("mount", "-t", "tmpfs", "-o", "size=6m,mode=755", "tmpfs", path)
    return path


def fill_up(sandbox, path):
    sandbox.run("dd", "if=/dev/zero", f"of={path}/filler", "bs=4k", check=False)


def test_full_disk_is_said_once_and_nothing_is_lost_when_there_is_room_again(
        sandbox, make_journal, small_disk):
    daemon = make_journal(state_dir=small_disk)
    daemon.netvane("feed", "10")
    wait_status(daemon, "the first to be written", pending=0)
    fill_up(sandbox, small_disk)
    daemon.netvane("feed", "3000")
    wait_status(daemon, "the full disk to be seen", state="failing")
    assert status(daemon)["pending"] > 0
    assert "full" in status(daemon)["last_error"]
    sandbox.run("rm", small_disk / "filler")
    daemon.wait_log("writing .* works again", timeout=20)
    assert numbers(query_all(daemon, "topic", "feed.>")) == list(range(3010))
    assert len(daemon.wait_log("cannot write .*events.sqlite")) == 1
    assert status(daemon)["lost"] == 0
    topics = [event["topic"] for event in query_all(daemon, "topic", "journal.>")]
    assert topics == ["journal.failed", "journal.recovered"]


def test_what_no_longer_fits_into_memory_is_lost_and_told_exactly(
        sandbox, make_journal, small_disk):
    daemon = make_journal(state_dir=small_disk, MaxEvents=100)
    wait_status(daemon, "the file", state="working", pending=0)
    fill_up(sandbox, small_disk)
    daemon.netvane("feed", "100000", "each", "1000", timeout=60)
    taken = lambda now: now["pending"] + now["lost"] > 100000  # these, and journal.failed
    lost = daemon.wait(lambda: taken(now := status(daemon)) and now["lost"], "a loss", 30)
    assert lost > 30000
    sandbox.run("rm", small_disk / "filler")
    daemon.wait_log(f"{lost} events between .* are lost to the journal", timeout=70)
    told = wait_until(lambda: events(daemon, "topic", "journal.loss"), "journal.loss")
    assert [event["payload"]["count"] for event in told] == [lost]
    first, last = told[0]["payload"]["first_seq"], told[0]["payload"]["last_seq"]
    assert last - first + 1 == lost


def test_read_only_disk_is_said_once_until_it_can_be_written(sandbox, make_journal, small_disk):
    sandbox.run("mount", "-o", "remount,ro", small_disk)
    daemon = make_journal(state_dir=small_disk)
    daemon.netvane("feed", "10")
    wait_status(daemon, "the failure", state="failing")
    sandbox.run("mount", "-o", "remount,rw", small_disk)
    daemon.wait_log("writing .* works again", timeout=20)
    assert numbers(query_all(daemon)) == list(range(10))
    assert len(daemon.wait_log("cannot write")) == 1


@pytest.mark.parametrize("from_the_start", [False, True])
def test_locked_file_is_waited_for(make_journal, from_the_start):
    daemon = make_journal()
    daemon.netvane("feed", "1")
    if from_the_start:
        daemon.stop()
    holder = sqlite3.connect(path_of(daemon), isolation_level=None)
    if from_the_start:
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    if from_the_start:
        daemon.start()
    daemon.netvane("feed", "1500")
    wait_status(daemon, "the lock to be seen", state="failing")
    assert "lock" in status(daemon)["last_error"]
    holder.execute("ROLLBACK")
    holder.close()
    daemon.wait_log("writing .* works again", timeout=20)
    assert len(numbers(query_all(daemon, "topic", "feed.>"))) == 1501
    assert len(daemon.wait_log("cannot write .* holds a lock")) == 1


# Limits


def test_number_of_events_is_limited_and_the_newest_stay(make_journal):
    daemon = make_journal(MaxEvents=200)
    daemon.netvane("feed", "5000")
    wait_status(daemon, "the limit", events=200, pending=0)
    assert numbers(query_all(daemon))[-200:] == list(range(4800, 5000))


def test_size_is_limited(make_journal):
    daemon = make_journal(MaxSize="8M")
    daemon.netvane("feed", "40000", "each", "2000", timeout=60)
    wait_status(daemon, "all to be written", pending=0, timeout=120)
    sizes = {path.name: path.stat().st_size for path in path_of(daemon).parent.iterdir()}
    assert sum(sizes.values()) <= 8 << 20, sizes
    found = numbers(query_all(daemon, "topic", "feed.>"))
    assert found == list(range(40000 - len(found), 40000))
    assert len(found) > 2000


def test_old_events_go_while_nothing_happens(make_journal):
    daemon = make_journal(MaxAge="1s")
    daemon.netvane("feed", "10")
    wait_status(daemon, "everything to be too old", events=0)


def test_limits_can_be_changed_while_it_runs(make_journal):
    daemon = make_journal()
    daemon.netvane("feed", "500")
    assert len(events(daemon)) >= 500
    daemon.write_config("[Plugin journal]\nMaxEvents=50\n[Plugin feed]\n")
    daemon.reload()
    wait_status(daemon, "the new limit", events=50)


def test_bad_pattern_is_refused_and_the_old_ones_stay(make_journal):
    daemon = make_journal(Topics="feed.>")
    daemon.write_config("[Plugin journal]\nTopics=Feed..x\n[Plugin feed]\n")
    daemon.netvane("reload", check=False)
    daemon.wait_log("Topics=Feed..x is no topic pattern")
    assert status(daemon)["topics"] == "feed.>"


def test_prune_removes_and_gives_the_space_back(make_journal):
    daemon = make_journal()
    daemon.netvane("feed", "5000")
    row = query_all(daemon)[-1]["row"]
    size = status(daemon)["size"]
    removed = daemon.netvane("journal", "prune", "all", json_output=True)["removed"]
    assert removed >= 5000
    assert status(daemon)["size"] < size / 10
    assert path_of(daemon).stat().st_size < size / 10
    daemon.netvane("feed", "1")
    assert query_all(daemon)[-1]["row"] > row


# Cost


def switches(daemon):
    """How often the daemon's threads went to sleep."""
    tasks = pathlib.Path(f"/proc/{daemon.process.pid}/task")
    return {task.name: re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                                 (task / "status").read_text(), re.M).group(1)
            for task in tasks.iterdir()}


@pytest.mark.sandbox(networkd=True, veths=1)
def test_idle_daemon_does_not_wake_up(sandbox, make_journal):
    sandbox.wait_administrative("veth0", "configured")
    daemon = make_journal()
    daemon.netvane("feed", "1")
    wait_status(daemon, "it to be written", pending=0)
    before = wait_until(lambda: (now := switches(daemon), time.sleep(0.3))
                        and switches(daemon) == now and now, "quiet")
    stays_true(lambda: switches(daemon) == before, 3, f"what were {before}")
