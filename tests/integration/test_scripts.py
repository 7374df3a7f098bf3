"""The script runner against real links: order, environment, trust, queues, timeouts, the end."""

import json
import pathlib
import re
import signal
import time

import pytest

from harness.waiting import stays_true, wait_until

VARIABLES = {"IFACE", "STATE", "ADDR", "IP_ADDRS", "IP6_ADDRS", "ESSID", "AdministrativeState",
             "OperationalState", "json"}
EVENT_VARIABLES = {"NETVANE_EVENT_ID", "NETVANE_TOPIC", "NETVANE_EVENT"}
OPERATIONAL = ["carrier", "degraded", "degraded-carrier", "dormant", "enslaved", "missing",
               "no-carrier", "off", "routable"]
ADMINISTRATIVE = ["configured", "configuring", "failed", "pending", "unmanaged", "linger",
                  "initialized"]


def config(*directories, **options):
    """netvane.conf with the script directories and options given."""
    path = ":".join(str(getattr(directory, "dir", directory)) for directory in directories)
    lines = [f"{name}={value}" for name, value in options.items()]
    return "\n".join(["[Plugin scripts]", f"ScriptDirectory={path}", *lines, ""])


def states(records, interface=None):
    return [record["STATE"] for record in records
            if interface is None or record["IFACE"] == interface]


@pytest.fixture
def run_scripts(make_daemon):
    """run_scripts(recorder..., Option=value): a daemon with the scripts plugin only."""
    def make(*directories, args=(), **options):
        return make_daemon(config(*directories, **options), plugins=["scripts"], args=args)
    return make


def test_cable_pulled_and_plugged_runs_scripts_in_the_order_of_the_signals(sandbox, run_scripts,
                                                                          recorder):
    recorder.add_all(OPERATIONAL + ADMINISTRATIVE)
    sandbox.wait_administrative("veth0", "configured")
    run_scripts(recorder)
    sandbox.unplug("veth0")
    recorder.wait(STATE="no-carrier", IFACE="veth0")
    sandbox.plug("veth0")
    recorder.wait(STATE="configured", IFACE="veth0")
    seen = states(recorder.records(), "veth0")
    assert seen[0] == "no-carrier"
    assert seen[-2:] == ["routable", "configured"]


def test_environment_is_that_of_the_contract(sandbox, run_scripts, recorder):
    recorder.add("routable")
    sandbox.wait_administrative("veth0", "configured")
    sandbox.unplug("veth0")
    sandbox.wait_operational("veth0", "no-carrier")
    run_scripts(recorder)
    sandbox.plug("veth0")
    record = recorder.wait(IFACE="veth0")[0]
    assert set(record.env) - {"PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
                              "NETVANE_BUILD_DIR", "NETVANE_SOURCE_DIR"} \
        == VARIABLES | EVENT_VARIABLES
    assert record["STATE"] == record["OperationalState"] == "routable"
    assert record["ADDR"] == record["IP_ADDRS"] == "10.99.0.1"
    assert record["IP6_ADDRS"] == "fd99::1"
    assert record["ESSID"] == ""
    assert record.args == ""
    document = json.loads(record["json"])
    assert record["json"] == json.dumps(document, sort_keys=True)
    assert document["Type"] == "ether"
    assert document["InterfaceName"] == "veth0"
    assert document["State"] == f"routable ({record['AdministrativeState']})"
    assert document["Address"] == ["10.99.0.1", "fd99::1"]
    assert document["MTU"] == ["1500 (min: 68, max: 65535)"]
    event = json.loads(record["NETVANE_EVENT"])
    assert event["id"] == record["NETVANE_EVENT_ID"]
    assert event["topic"] == record["NETVANE_TOPIC"] == "link.state"
    assert event["payload"]["interface_name"] == "veth0"


def test_private_variables_of_the_daemon_are_kept_from_scripts(sandbox, make_daemon, recorder):
    recorder.add("no-carrier")
    sandbox.wait_operational("veth0", "routable")
    make_daemon(config(recorder), plugins=["scripts"], env={"OURS": "1", "INVOCATION_ID": "x"})
    sandbox.unplug("veth0")
    record = recorder.wait()[0]
    assert record["OURS"] == "1"
    assert not {"NOTIFY_SOCKET", "INVOCATION_ID", "WATCHDOG_USEC"} & set(record.env)


def test_scripts_run_by_name_and_an_earlier_directory_overrides(sandbox, run_scripts,
                                                                make_recorder):
    first, second = make_recorder("first"), make_recorder("second")
    second.file = first.file
    first.add("no-carrier", name="20-both")
    second.add("no-carrier", name="20-both")
    second.add("no-carrier", name="10-second")
    first.add("no-carrier", name="30-first")
    sandbox.wait_operational("veth0", "routable")
    run_scripts(first, second)
    sandbox.unplug("veth0")
    scripts = [record.script for record in first.wait(3)]
    assert scripts == [f"{second.dir}/no-carrier.d/10-second", f"{first.dir}/no-carrier.d/20-both",
                       f"{first.dir}/no-carrier.d/30-first"]
    first.stays(3)


def test_scripts_that_come_later_run_too(sandbox, run_scripts, recorder):
    sandbox.wait_operational("veth0", "routable")
    run_scripts(recorder)
    recorder.add("no-carrier")
    sandbox.unplug("veth0")
    recorder.wait(IFACE="veth0")


def test_what_others_could_change_is_refused_and_said_once(sandbox, run_scripts, recorder):
    recorder.add("no-carrier", name="10-fine", mode=0o750)
    recorder.add("no-carrier", name="20-group", mode=0o775)
    recorder.add("no-carrier", name="30-world", mode=0o757)
    recorder.add("no-carrier", name="40-plain", mode=0o644)
    recorder.add("no-carrier", name="50-fine", mode=0o555)
    (recorder.dir / "no-carrier.d/45-gone").symlink_to("/nowhere")
    sandbox.wait_operational("veth0", "routable")
    daemon = run_scripts(recorder)
    for round_number in (1, 2):
        sandbox.unplug("veth0")
        recorder.wait(2 * round_number)
        sandbox.plug("veth0")
        sandbox.wait_operational("veth0", "routable")
    assert {record.name for record in recorder.records()} == {"10-fine", "50-fine"}
    daemon.wait_log("45-gone")
    for name, reason in (("20-group", "writable by group root"),
                         ("30-world", "writable by everybody"), ("40-plain", "not executable"),
                         ("45-gone", "is a link that leads nowhere")):
        refusals = [line for line in daemon.text().splitlines() if "refusing to run it" in line
                    and name in line]
        assert len(refusals) == 1 and reason in refusals[0]


@pytest.mark.sandbox(networkd=False)
def test_script_without_its_interpreter_says_so(sandbox, run_scripts, recorder):
    recorder.add("unmanaged", name="10-bad", text="#!/usr/bin/nowhere\n")
    daemon = run_scripts(recorder, StartupTriggers="yes")
    daemon.wait_log(r"cannot start .*/10-bad for unmanaged.*: No such file or directory "
                    r"\(is there the program that its first line names\?\)$")


def test_directory_that_others_could_change_is_refused(sandbox, run_scripts, recorder):
    recorder.add("no-carrier")
    (recorder.dir / "no-carrier.d").chmod(0o1777)
    sandbox.wait_operational("veth0", "routable")
    daemon = run_scripts(recorder)
    sandbox.unplug("veth0")
    daemon.wait_log("no-carrier.d is writable by everybody.*refusing to run")
    recorder.stays(0)


def test_sleeping_script_delays_its_own_interface_only(sandbox, run_scripts, recorder):
    recorder.add("no-carrier", then='[ "$IFACE" != veth0 ] || sleep 60')
    recorder.add("routable")
    for link in ("veth0", "veth1"):
        sandbox.ip(f"link set {link} up")
    sandbox.wait_operational("veth0", "routable")
    run_scripts(recorder)
    sandbox.unplug("veth0")
    recorder.wait(IFACE="veth0")
    sandbox.plug("veth0")
    sandbox.wait_operational("veth0", "routable")
    sandbox.unplug("veth1")
    recorder.wait(IFACE="veth1", STATE="no-carrier")
    assert states(recorder.records(), "veth0") == ["no-carrier"]


@pytest.mark.sandbox(networkd=False, veths=1)
def test_no_more_than_max_parallel_scripts_run(sandbox, run_scripts, recorder):
    hold = sandbox.dir / "hold"
    hold.touch()
    recorder.add("off", then=f"while [ -e {hold} ]; do sleep 0.01; done")
    run_scripts(recorder, MaxParallel=2)
    for i in range(4):
        sandbox.ip(f"link add br{i} type bridge")
    recorder.wait(2)
    recorder.stays(2)
    hold.unlink()
    recorder.wait(4)


def alive(sandbox, marker):
    return marker in sandbox.run("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout


@pytest.mark.sandbox(networkd=False)
def test_timeout_ends_the_whole_process_group(sandbox, run_scripts, recorder):
    recorder.add("no-carrier", then="sleep 4711 & sleep 4712")
    sandbox.ip("link set veth0 up")
    daemon = run_scripts(recorder, Timeout="3s")
    sandbox.unplug("veth0")
    recorder.wait(IFACE="veth0")
    daemon.wait_log("10-record was ended after its timeout of 3.000 s on veth0")
    wait_until(lambda: not alive(sandbox, "sleep 471"), "the group to be gone")


@pytest.mark.sandbox(networkd=False)
def test_output_without_end_does_not_fill_the_log(sandbox, run_scripts, recorder):
    """Neither what the script itself prints, nor what it leaves behind."""
    recorder.add("no-carrier", then="(yes background | head -n 30000) & yes flood | head -n 50000")
    sandbox.ip("link set veth0 up")
    daemon = run_scripts(recorder)
    sandbox.unplug("veth0")
    events = lambda: [event["topic"] for event in
                      daemon.netvane("show", "events", json_output=True)]
    wait_until(lambda: "script.finished" in events(), "the end of the script")
    told = lambda: [int(count) for count in
                    re.findall(r"(\d+) lines of its output were suppressed", daemon.text())]
    # Two write into one pipe: their lines may mix, as "backgrouflood", but none is lost by that.
    # One is told of in two halves when the script ends in the middle of it.
    passed = lambda: len(re.findall(r"10-record: [a-z]*$", daemon.text(), re.M))
    wait_until(lambda: sum(told()) + passed() in (80000, 80001), "all lines to be told of")
    assert passed() <= 3000 and len(told()) <= 3


@pytest.mark.sandbox(networkd=False)
def test_output_and_failure_come_to_the_log_with_the_script_name(sandbox, run_scripts, recorder):
    recorder.add("no-carrier", then="echo to standard output; echo to standard error >&2; exit 7")
    sandbox.ip("link set veth0 up")
    daemon = run_scripts(recorder)
    sandbox.unplug("veth0")
    daemon.wait_log("no-carrier.d/10-record: to standard output")
    daemon.wait_log("no-carrier.d/10-record: to standard error")
    daemon.wait_log("10-record failed with exit status 7 for no-carrier on veth0")


def test_startup_triggers_run_link_by_link_administrative_first(sandbox, run_scripts, recorder):
    recorder.add_all(OPERATIONAL + ADMINISTRATIVE)
    sandbox.wait_administrative("veth0", "configured")
    run_scripts(recorder, args=["-T"], MaxParallel=1)
    recorder.wait(2, IFACE="veth0")
    recorder.wait(2, IFACE="lo")
    records = recorder.records()
    assert states(records, "lo") == ["unmanaged", "carrier"]
    assert states(records, "veth0")[:2] == ["configured", "routable"]
    assert "NETVANE_EVENT_ID" not in records[0].env


def test_script_directory_letter_overrides_the_file(sandbox, make_daemon, make_recorder):
    file, letter = make_recorder("file"), make_recorder("letter")
    file.add("no-carrier")
    letter.add("no-carrier")
    sandbox.wait_operational("veth0", "routable")
    make_daemon(config(file), plugins=["scripts"], args=["-S", letter.dir])
    sandbox.unplug("veth0")
    letter.wait()
    file.stays(0)


@pytest.mark.sandbox(networkd=False)
def test_addresses_run_their_scripts_with_the_address_in_question(sandbox, run_scripts, recorder):
    recorder.add_all(["ip-added", "ip-removed", "address.added"])
    sandbox.ip("link set veth0 up")
    run_scripts(recorder)
    sandbox.ip("addr add 192.0.2.7/24 dev veth0")
    sandbox.ip("addr add 192.0.2.8/24 dev veth0")
    sandbox.ip("addr del 192.0.2.8/24 dev veth0")
    wait = recorder.wait(ADDR="192.0.2.8", STATE="ip-removed")[0]
    assert [(r["STATE"], r["ADDR"]) for r in recorder.records() if r["ADDR"][:3] == "192"] == [
        ("ip-added", "192.0.2.7"), ("address.added", "192.0.2.7"), ("ip-added", "192.0.2.8"),
        ("address.added", "192.0.2.8"), ("ip-removed", "192.0.2.8")]
    assert wait["IFACE"] == "veth0"
    assert wait["NETVANE_TOPIC"] == "address.removed"
    assert "192.0.2.7" in wait["IP_ADDRS"].split()


@pytest.mark.sandbox(networkd=False)
def test_renamed_link_is_known_by_its_new_name(sandbox, run_scripts, recorder):
    recorder.add_all(["link.renamed", "routable"])
    run_scripts(recorder)
    sandbox.ip("link set veth0 name lan0")
    record = recorder.wait(STATE="link.renamed")[0]
    assert record["IFACE"] == "lan0"
    sandbox.ip("addr add 192.0.2.7/24 dev lan0")
    sandbox.ip("link set lan0 up")
    assert recorder.wait(STATE="routable")[0]["IFACE"] == "lan0"


@pytest.mark.sandbox(networkd=False)
def test_hostile_interface_name_is_only_a_value(sandbox, run_scripts, recorder):
    recorder.add_all(["off", "linger"])
    run_scripts(recorder)
    name = "$(id)`x`;'\"\\"
    sandbox.run("ip", "link", "add", name, "type", "bridge")
    sandbox.run("ip", "link", "del", name)
    record = recorder.wait(STATE="linger")[0]
    assert record["IFACE"] == name
    assert json.loads(record["json"])["InterfaceName"] == name


@pytest.mark.sandbox(networkd=False, veths=1)
def test_link_made_and_deleted_at_once_gets_both_runs(sandbox, run_scripts, recorder):
    recorder.add_all(["off", "linger"])
    run_scripts(recorder)
    sandbox.ip_batch(["link add short0 type bridge", "link del short0"])
    recorder.wait(STATE="linger", IFACE="short0")
    assert states(recorder.records(), "short0") == ["off", "linger"]


@pytest.mark.sandbox(networkd=False)
def test_coalescing_runs_the_last_state_only(sandbox, run_scripts, recorder):
    hold = sandbox.dir / "hold"
    hold.touch()
    wait = f"while [ -e {hold} ]; do sleep 0.01; done"
    recorder.add_all(["off", "no-carrier", "routable", "carrier", "degraded"], then=wait)
    sandbox.ip("addr add 192.0.2.7/24 dev veth0")
    sandbox.ip("link set veth0 up")
    daemon = run_scripts(recorder, Coalesce="yes")
    sandbox.ip("link set veth0 down")
    recorder.wait(STATE="off")
    for _ in range(3):
        sandbox.ip("link set veth0 up")
        sandbox.ip("link set veth0 down")
    sandbox.ip("link set veth0 up")
    wait_until(lambda: daemon.netvane("show", "interfaces", "veth0", json_output=True)[
        "operational_state"] == "routable", "the carrier, which the kernel tells of later")
    stays_true(lambda: len(recorder.records(IFACE="veth0")) == 1, 0.2)
    hold.unlink()
    recorder.wait(2, IFACE="veth0")
    recorder.stays(2, IFACE="veth0")


@pytest.mark.sandbox(networkd=False)
def test_debounce_waits_for_quiet(sandbox, run_scripts, recorder):
    recorder.add_all(["off", "no-carrier", "routable", "carrier", "degraded"])
    sandbox.ip("addr add 192.0.2.7/24 dev veth0")
    sandbox.ip("link set veth0 up")
    # Far longer than a busy machine, and the kernel's once a second for carriers, leave between changes.
    run_scripts(recorder, Coalesce="yes", Debounce="3s")
    for _ in range(5):
        sandbox.ip("link set veth0 down")
        last = time.time()
        sandbox.ip("link set veth0 up")
    record = recorder.wait(IFACE="veth0", timeout=30)[0]
    assert record.time - last >= 3
    assert record["STATE"] != "off"
    recorder.stays(1, IFACE="veth0")


@pytest.mark.sandbox(networkd=False)
def test_large_event_comes_as_a_file_that_goes_with_the_script(sandbox, run_scripts, recorder):
    copy = sandbox.dir / "copy"
    recorder.add("no-carrier", then=f'cp "$NETVANE_EVENT_FILE" {copy}; '
                                    f'stat -c %a "$NETVANE_EVENT_FILE" >{copy}.mode')
    sandbox.ip("link set veth0 up")
    sandbox.ip_batch([f"addr add 10.{i >> 8}.{i & 255}.1/32 dev veth0" for i in range(9000)])
    daemon = run_scripts(recorder)
    sandbox.unplug("veth0")
    record = recorder.wait(IFACE="veth0", timeout=30)[0]
    assert "NETVANE_EVENT" not in record.env
    path = pathlib.Path(record["NETVANE_EVENT_FILE"])
    wait_until(lambda: not path.exists(), "the file to be gone")
    event = json.loads(copy.read_text())
    assert event["id"] == record["NETVANE_EVENT_ID"]
    assert len(event["payload"]["address"]) >= 9000
    assert len(event["json"]["Address"]) >= 9000
    assert pathlib.Path(f"{copy}.mode").read_text() == "600\n"
    assert len(record["IP_ADDRS"]) <= 100 * 1024
    daemon.stop()


@pytest.mark.sandbox(networkd=False)
def test_reload_takes_new_directories_and_keeps_what_waits(sandbox, run_scripts, make_recorder):
    old, new = make_recorder("old"), make_recorder("new")
    hold = sandbox.dir / "hold"
    hold.touch()
    old.add("off", then=f"while [ -e {hold} ]; do sleep 0.01; done")
    old.add("no-carrier")
    new.add("no-carrier")
    sandbox.ip("link set veth0 up")
    daemon = run_scripts(old)
    sandbox.ip("link set veth0 down")
    old.wait(STATE="off")
    sandbox.unplug("veth0")
    sandbox.ip("link set veth0 up")
    daemon.write_config(config(new))
    daemon.reload()
    hold.unlink()
    new.wait(STATE="no-carrier", IFACE="veth0")
    old.stays(0, STATE="no-carrier")


@pytest.mark.sandbox(networkd=False)
def test_shutdown_ends_what_runs_and_starts_nothing_more(sandbox, run_scripts, recorder):
    recorder.add("no-carrier", name="10-sleeps", then="exec sleep 4713")
    recorder.add("no-carrier", name="20-never")
    sandbox.ip("link set veth0 up")
    daemon = run_scripts(recorder)
    sandbox.unplug("veth0")
    recorder.wait()
    daemon.stop()
    assert not alive(sandbox, "sleep 4713")
    assert [record.name for record in recorder.records()] == ["10-sleeps"]


@pytest.mark.sandbox(networkd=False)
def test_script_that_ignores_term_is_killed_at_the_end(sandbox, run_scripts, recorder):
    recorder.add("no-carrier", then="trap '' TERM; while :; do sleep 0.05; done")
    sandbox.ip("link set veth0 up")
    daemon = run_scripts(recorder)
    sandbox.unplug("veth0")
    recorder.wait()
    daemon.signal(signal.SIGTERM)
    assert daemon.exit_status() == 0


@pytest.mark.sandbox(networkd=False)
def test_show_scripts_tells_what_would_run_and_why_not(sandbox, run_scripts, make_recorder):
    first, second = make_recorder("first"), make_recorder("second")
    first.add("routable", name="10-mine")
    second.add("routable", name="10-mine")
    second.add("routable", name="20-open", mode=0o777)
    second.add("routeable", name="10-no")
    second.add("script.started", name="10-no")
    (first.dir / "routable.d/30-gone").symlink_to("/nowhere")
    (first.dir / "routable.d/40-more").mkdir()
    daemon = run_scripts(first, second)
    rows = daemon.netvane("show", "scripts", json_output=True)
    rows = rows.get("result", rows) if isinstance(rows, dict) else rows
    assert [(row["script"], row["runs"]) for row in rows] == [
        (f"{first.dir}/routable.d/10-mine", True), (f"{second.dir}/routable.d/10-mine", False),
        (f"{second.dir}/routable.d/20-open", False), (f"{first.dir}/routable.d/30-gone", False),
        (f"{first.dir}/routable.d/40-more", False), (f"{second.dir}/routeable.d/10-no", False),
        (f"{second.dir}/script.started.d/10-no", False)]
    for row, reason in zip(rows[1:], ("overridden", "writable by", "leads nowhere", "a directory",
                                      "did you mean routable?", "run no scripts")):
        assert reason in row["reason"]


@pytest.mark.sandbox(networkd=False)
def test_show_scripts_queue_tells_what_runs_and_what_waits(sandbox, run_scripts, recorder):
    recorder.add("off", then="sleep 60")
    recorder.add("no-carrier")
    sandbox.ip("link set veth0 up")
    sandbox.unplug("veth0")
    daemon = run_scripts(recorder)
    sandbox.ip("link set veth0 down")
    record = recorder.wait(STATE="off")[0]
    sandbox.ip("link set veth0 up")

    def queue():
        rows = daemon.netvane("show", "scripts", "queue", json_output=True)
        rows = rows.get("result", rows) if isinstance(rows, dict) else rows
        return [row for row in rows if row["interface_name"] == "veth0" and row["waiting"]]
    row = wait_until(queue, "something to wait")[0]
    assert row["running"] == record.script
    assert row["pid"] == record.pid or row["pid"] > 0
    assert row["waiting_states"] == ["no-carrier"]


@pytest.mark.sandbox(networkd=False)
def test_events_tell_of_each_script_with_its_cause(sandbox, run_scripts, recorder):
    recorder.add("no-carrier", then="exit 3")
    sandbox.ip("link set veth0 up")
    daemon = run_scripts(recorder)
    sandbox.unplug("veth0")
    record = recorder.wait(IFACE="veth0")[0]
    daemon.wait_log("failed with exit status 3")
    text = daemon.netvane("show", "event", record["NETVANE_EVENT_ID"]).stdout
    assert "script.started" in text and "script.finished" in text
