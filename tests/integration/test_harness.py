"""The harness itself: what the other tests stand on."""

import pathlib
import subprocess

import pytest

from harness.daemon import Daemon, sanitizer_reports
from harness.namespaces import outermost
from harness.scripts import parse_records
from harness.signals import link_path
from harness.waiting import Timeout, wait_until

DISPATCHER = "/usr/bin/networkd-dispatcher"

# Notifies, and ends as the test says: what the daemon fixture has to cope with.
STAND_IN = """#!/usr/bin/python3
import os, signal, socket, sys
{at_start}
signal.signal(signal.SIGTERM, {on_term})
client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
client.sendto(b"READY=1\\nSTATUS=up", os.environ["NOTIFY_SOCKET"])
print("stand-in is up", flush=True)
while True:
    signal.pause()
"""
EXIT = "lambda *_: os._exit(0)"


@pytest.fixture
def stand_in(sandbox):
    def make(at_start="", on_term=EXIT):
        path = sandbox.dir / "stand-in"
        path.write_text(STAND_IN.format(at_start=at_start, on_term=on_term))
        path.chmod(0o755)
        return Daemon(sandbox, sandbox.dir / "d", program=[path], options=False, plugins=[])
    return make


def test_networkd_configures_a_static_link(sandbox):
    sandbox.wait_operational("veth0", "routable")
    sandbox.wait_administrative("veth0", "configured")
    assert "10.99.0.1/24" in sandbox.ip("-4 -o addr show veth0")


@pytest.mark.sandbox(dhcp=True)
def test_dhcp_and_router_advertisement_reach_the_second_link(sandbox):
    sandbox.wait_operational("veth1", "routable")
    wait_until(lambda: "10.98.0.1" in sandbox.ip("-4 -o addr show veth1"), "a lease")
    wait_until(lambda: "fd98::" in sandbox.ip("-6 -o addr show veth1"), "a prefix")


@pytest.mark.sandbox(networkd=False, veths=3)
def test_without_networkd_there_are_links_and_no_bus(sandbox):
    assert sandbox.ifindex("veth2") == 4
    assert not pathlib.Path(sandbox.bus_path).exists()


@pytest.mark.sandbox(networks={"20-off.network": "[Match]\nName=veth1\n[Link]\nUnmanaged=yes\n"})
def test_own_network_files_replace_the_usual_ones(sandbox):
    sandbox.wait_administrative("veth1", "unmanaged")
    sandbox.wait_administrative("veth0", "unmanaged")


def test_carrier_loss_is_signalled(sandbox, record_signals):
    sandbox.wait_operational("veth0", "routable")
    recorder = record_signals()
    sandbox.unplug("veth0")
    path = link_path(sandbox.ifindex("veth0"))
    recorder.wait_change(path, OperationalState="no-carrier")
    owner = sandbox.name_owner("org.freedesktop.network1")
    assert owner in {signal.sender for signal in recorder.signals if signal.path == path}


def test_networkd_stops_and_starts(sandbox):
    sandbox.wait_operational("veth0", "routable")
    before = sandbox.name_owner("org.freedesktop.network1")
    sandbox.networkd.stop()
    assert sandbox.name_owner("org.freedesktop.network1") is None
    sandbox.networkd.start()
    assert sandbox.name_owner("org.freedesktop.network1") not in (None, before)
    sandbox.wait_operational("veth0", "routable")


def test_networkd_finds_a_restarted_dbus_daemon_only_when_restarted_itself(sandbox):
    sandbox.bus.restart()
    assert sandbox.name_owner("org.freedesktop.network1") is None
    sandbox.networkd.restart()
    assert sandbox.name_owner("org.freedesktop.network1") is not None


def test_networkd_dispatcher_runs_a_recording_script(sandbox, recorder):
    recorder.add("no-carrier")
    sandbox.wait_operational("veth0", "routable")
    dispatcher = Daemon(sandbox, sandbox.dir / "nd", program=[DISPATCHER, "-S", recorder.dir],
                        options=False, plugins=[]).start()
    try:
        sandbox.unplug("veth0")
        record = recorder.wait(IFACE="veth0")[0]
    finally:
        dispatcher.kill()
    assert record.directory == "no-carrier.d" and record["STATE"] == "no-carrier"
    assert record["OperationalState"] == "no-carrier" and '"Type"' in record["json"]


def test_scripts_and_plugins_lie_below_directories_of_root_alone(sandbox, recorder):
    script = recorder.add("routable")
    for path in (script, *script.parents):
        owner, mode = sandbox.run("stat", "-c", "%u %a", path).stdout.split()
        assert owner == "0" and int(mode, 8) & 0o022 == 0, f"{path}: {owner} {mode}"


def test_records_hold_any_value_and_whole_records_only(sandbox, recorder):
    script = recorder.add("routable", then="exit 3")
    value = "two\nlines \udcff=x"
    done = sandbox.run(script, "an argument", check=False, env={"json": value, "EMPTY": ""})
    assert done.returncode == 3
    record = recorder.wait(json=value)[0]
    assert record["EMPTY"] == "" and record.args == "an argument" and record.name == "10-record"
    assert parse_records(recorder.file.read_bytes()[:-1]) == []


def test_scripts_that_run_at_once_do_not_mix_their_records(sandbox, recorder):
    script = recorder.add("routable")
    sandbox.run("bash", "-c", "for i in $(seq 40); do"
                f" N=$i BIG=$(printf %9000s) {script} & done; wait")
    assert sorted(int(record["N"]) for record in recorder.wait(40)) == list(range(1, 41))


def test_daemon_is_ready_when_it_says_so_and_ends_on_term(stand_in):
    daemon = stand_in().start()
    assert daemon.notify.last("STATUS") == "up"
    daemon.wait_log("^stand-in is up$")
    daemon.stop()


def test_daemon_that_ends_before_ready_fails_at_once_with_its_log(stand_in):
    with pytest.raises(AssertionError, match=r"ended with 7.*\n.*no luck"):
        stand_in(at_start="print('no luck', flush=True); os._exit(7)").start(timeout=60)


def test_daemon_that_ignores_term_fails(stand_in, monkeypatch):
    monkeypatch.setattr("harness.daemon.STOP_SECONDS", 0.2)
    daemon = stand_in(on_term="signal.SIG_IGN").start()
    with pytest.raises(AssertionError, match="ended with -9"):
        daemon.stop()


def test_daemon_with_a_sanitizer_report_fails(stand_in):
    report = "x.c:3:5: runtime error: signed integer overflow"
    daemon = stand_in(at_start=f"print({report!r}, flush=True)").start()
    with pytest.raises(AssertionError, match="signed integer overflow"):
        daemon.stop()


@pytest.mark.sandbox(networkd=False)
def test_leak_sanitizer_works_inside(sandbox):
    source = sandbox.dir / "leak.c"
    source.write_text("#include <stdlib.h>\nint main(void) { malloc(7); return 0; }\n")
    subprocess.run(["cc", "-O0", "-fsanitize=address", source, "-o", sandbox.dir / "leak"],
                   check=True)
    done = sandbox.run(sandbox.dir / "leak", check=False,
                       env={"ASAN_OPTIONS": "detect_leaks=1:exitcode=86"})
    assert done.returncode == 86 and sanitizer_reports(done.stderr), done.stderr


def test_everything_inside_dies_with_the_sandbox(make_sandbox):
    sandbox = make_sandbox(networkd=False)
    inside = sandbox.popen("sleep", "1000")
    orphan = sandbox.run("sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!").stdout.strip()
    sandbox.run("test", "-d", f"/proc/{orphan}")
    init = sandbox.pid
    sandbox.close()
    assert inside.wait(1.0) == -9
    assert not pathlib.Path(f"/proc/{init}").exists()


def test_machine_outside_is_untouched(sandbox):
    assert not pathlib.Path("/run/netns/peer").exists()
    outside = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True)
    assert "veth0" not in outside.stdout


def test_a_wait_names_what_it_waited_for():
    with pytest.raises(Timeout, match="godot"):
        wait_until(lambda: False, "godot", 0.02)


def test_binds_do_not_hide_each_other():
    assert outermost(["/tmp/a/b", "/tmp/a", "/tmp/ab"]) == "/tmp/a\n/tmp/ab"
