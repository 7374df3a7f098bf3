"""netvaned.service under real systemd, installed from the build tree as an administrator does."""

import pathlib
import re

from harness.daemon import build_dir, sanitizer_reports

NETWORKD_DISPATCHER = pathlib.Path("/lib/systemd/system/networkd-dispatcher.service")

INSTALL = f"""
PATH=/usr/local/sbin:/usr/local/bin:$PATH
cmake --install {build_dir()} >/dev/null
systemd-sysusers 2>/dev/null
systemctl daemon-reload
state() {{ systemctl show -P "$2" "$1.service"; }}
wait_for() {{
    for try in $(seq 600); do ! eval "$1" || return 0; sleep 0.05; done
    echo "still waiting for: $1"
    systemctl status netvaned.service --no-pager --full
    return 1
}}
override() {{
    mkdir -p /run/systemd/system/$1.service.d
    cat >/run/systemd/system/$1.service.d/test.conf
    systemctl daemon-reload
}}
"""

# A script directory with one script that writes down what it was called for.
RECORD = """
mkdir -p {directory}/routable.d
printf '#!/bin/sh\\necho "$IFACE $STATE" >>/run/recorded\\n' >{directory}/routable.d/50-record
chmod 755 {directory}/routable.d/50-record
"""


def run(systemd_sandbox, script, **options):
    done = systemd_sandbox.run(INSTALL + script, **options)
    assert not sanitizer_reports(done.stdout)
    return done.stdout


def values(output):
    return dict(line.split("=", 1) for line in output.splitlines() if "=" in line)


def test_unit_files_are_sound(systemd_sandbox):
    out = run(systemd_sandbox, "systemd-analyze verify /usr/local/lib/systemd/system/*.service 2>&1")
    assert out == ""


def test_service_is_up_once_ready_and_its_places_have_the_right_modes(systemd_sandbox):
    out = values(run(systemd_sandbox, """
        systemctl start netvaned.service
        echo "active=$(systemctl is-active netvaned.service)"
        echo "status=$(state netvaned StatusText)"
        echo "socket=$(stat -c '%F %A' /run/netvane/control)"
        echo "runtime=$(stat -c '%a %U' /run/netvane)"
        echo "state=$(stat -c '%a %U' /var/lib/netvane)"
        echo "group=$(getent group netvane | cut -d: -f1)"
        echo "answer=$(netvane --json show interfaces | grep -c veth0)"
    """))
    assert out["active"] == "active" and "running" in out["status"]
    assert out["socket"] == "socket srw-rw-rw-"
    assert out["runtime"] == "755 root" and out["state"] == "700 root"
    assert out["group"] == "netvane" and out["answer"] != "0"


def test_service_stops_in_time_and_leaves_nothing_running(systemd_sandbox):
    out = values(run(systemd_sandbox, """
        systemctl start netvaned.service
        before=$EPOCHREALTIME
        systemctl stop netvaned.service
        echo "took=$(echo "$EPOCHREALTIME - $before" | awk '{print $1 - $3}')"
        echo "result=$(state netvaned Result)"
        echo "left=$(ls -A /run/netvane 2>/dev/null)"
    """))
    assert out["result"] == "success" and out["left"] == "" and float(out["took"]) < 20


def test_reload_takes_up_changes_and_refuses_mistakes(systemd_sandbox):
    out = run(systemd_sandbox, """
        systemctl start netvaned.service
        printf '[Plugin scripts]\\nMaxParallel=3\\n' >/usr/local/etc/netvane/netvane.conf.d/10.conf
        systemctl reload netvaned.service && echo reloaded
        netvane plugin options scripts | grep MaxParallel
        echo 'MaxParallel=none' >>/usr/local/etc/netvane/netvane.conf.d/10.conf
        systemctl reload netvaned.service || echo refused
        journalctl --no-pager -o cat -u netvaned.service | grep -o 10.conf:3
        systemctl is-active netvaned.service
        netvane plugin options scripts | grep MaxParallel
    """)
    assert re.search(r"reloaded\n.*MaxParallel.*\b3\b", out)
    assert re.search(r"refused\n(10.conf:3\n)+active\n.*MaxParallel.*\b3\b", out), out


def test_the_watchdog_is_served_and_catches_a_loop_that_stands(systemd_sandbox):
    out = run(systemd_sandbox, """
        printf '[Service]\\nWatchdogSec=2s\\nTimeoutAbortSec=500ms\\n' | override netvaned
        systemctl start netvaned.service
        first=$(state netvaned MainPID)
        before=$(state netvaned WatchdogTimestampMonotonic)
        wait_for '[ $(state netvaned WatchdogTimestampMonotonic) -gt $((before + 2000000)) ]'
        [ "$(state netvaned MainPID)" = "$first" ] && echo served
        kill -STOP "$first"
        wait_for '[ "$(state netvaned NRestarts)" = 1 ]'
        wait_for 'systemctl is-active -q netvaned.service'
        echo restarted
    """)
    assert out.split() == ["served", "restarted"]


def test_a_crash_is_followed_by_a_new_start(systemd_sandbox):
    out = run(systemd_sandbox, """
        systemctl start netvaned.service
        kill -SEGV "$(state netvaned MainPID)"
        wait_for '[ "$(state netvaned NRestarts)" = 1 ]'
        wait_for 'systemctl is-active -q netvaned.service'
        netvane show plugins | grep scripts
    """)
    assert "running" in out


def test_a_plugin_that_keeps_crashing_is_left_out(systemd_sandbox):
    out = run(systemd_sandbox, f"""
        install -m 644 {build_dir()}/tests/plugins/crash.so /usr/local/lib/netvane/plugins/
        systemctl start netvaned.service
        wait_for '[ "$(state netvaned NRestarts)" = 3 ]'
        wait_for 'systemctl is-active -q netvaned.service'
        state netvaned StatusText
        netvane show plugins
        netvane plugin reset crash && echo reset
    """)
    assert "degraded" in out and re.search(r"crash .*quarantine", out) and "reset" in out


def test_what_a_script_left_behind_ends_with_the_service(systemd_sandbox):
    out = run(systemd_sandbox, """
        mkdir -p /usr/local/etc/netvane/scripts/routable.d
        printf '#!/bin/sh\\nsetsid sleep 1000 &\\ntouch /run/started\\n' \
            >/usr/local/etc/netvane/scripts/routable.d/50-stay
        chmod 755 /usr/local/etc/netvane/scripts/routable.d/50-stay
        printf '[Plugin scripts]\\nStartupTriggers=yes\\n' \
            >/usr/local/etc/netvane/netvane.conf.d/10.conf
        /lib/systemd/systemd-networkd-wait-online --interface=veth0 --timeout=20
        systemctl start netvaned.service
        wait_for '[ -e /run/started ]'
        systemctl stop netvaned.service
        state netvaned Result
        ps -eo args | grep '[s]leep 1000' || echo none
    """)
    assert out.split() == ["success", "none"]


def test_without_scripts_the_daemon_works_confined(systemd_sandbox):
    # The leak checker of the tests stops its own threads with ptrace(2), which is not allowed here.
    out = run(systemd_sandbox, """
        { cat /usr/local/share/doc/netvane/examples/no-scripts.conf
          echo Environment=ASAN_OPTIONS=detect_leaks=0; } | override netvaned
        printf '[Plugin scripts]\\nEnabled=no\\n' >/usr/local/etc/netvane/netvane.conf.d/10.conf
        systemctl start netvaned.service
        systemctl is-active netvaned.service
        ip link add late0 type veth peer name late1
        wait_for 'netvane --json show interfaces | grep -q late0'
        systemctl stop netvaned.service
        state netvaned Result
        journalctl --no-pager -o cat -u netvaned.service | grep -iE 'error|denied|permitted' || :
    """)
    assert out.split() == ["active", "success"]


def test_networkd_dispatchers_own_unit_runs_with_only_its_path_changed(systemd_sandbox):
    unit = NETWORKD_DISPATCHER.read_text().replace(
        "/usr/bin/networkd-dispatcher", "/usr/local/libexec/netvane/networkd-dispatcher")
    out = run(systemd_sandbox, RECORD.format(directory="/etc/networkd-dispatcher") + """
        cat /etc/default/networkd-dispatcher | grep -o -- --run-startup-triggers
        /lib/systemd/systemd-networkd-wait-online --interface=veth0 --timeout=20
        systemctl start networkd-dispatcher.service
        wait_for 'grep -qs veth0 /run/recorded'
        systemctl is-active networkd-dispatcher.service
        sort -u /run/recorded
        [ -e /run/netvane/control ] || echo private
        systemctl stop networkd-dispatcher.service
        state networkd-dispatcher Result
    """, units={"networkd-dispatcher.service": unit})
    assert out.split("\n")[:5] == ["--run-startup-triggers", "active", "veth0 routable", "private",
                                   "success"]


def test_the_documented_override_turns_networkd_dispatcher_into_ours(systemd_sandbox):
    out = run(systemd_sandbox, RECORD.format(directory="/etc/networkd-dispatcher") + """
        override networkd-dispatcher </usr/local/share/doc/netvane/examples/networkd-dispatcher.conf
        systemctl start networkd-dispatcher.service
        readlink /proc/$(state networkd-dispatcher MainPID)/exe
    """, units={"networkd-dispatcher.service": NETWORKD_DISPATCHER.read_text()})
    assert out == "/usr/local/sbin/netvaned\n"


def test_scripts_do_not_run_twice_beside_networkd_dispatcher(systemd_sandbox):
    out = run(systemd_sandbox, RECORD.format(directory="/etc/networkd-dispatcher") + """
        systemctl start networkd-dispatcher.service
        systemctl start netvaned.service
        systemctl is-active netvaned.service networkd-dispatcher.service || :
    """, units={"networkd-dispatcher.service": NETWORKD_DISPATCHER.read_text()})
    assert out.split() == ["active", "inactive"]


ASK_CAN = """ask() { python3 - "$1" <<'END'
import socket, struct, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
client.sendall(bytes([2, 0]))
head = client.recv(4, socket.MSG_WAITALL)
print(head[0], head[1], client.recv(struct.unpack("<H", head[2:])[0], socket.MSG_WAITALL).decode())
END
}
"""


def test_the_can_daemon_alone_runs_confined_at_its_usual_place(systemd_sandbox):
    # The leak checker of the tests stops its own threads with ptrace(2), which is not allowed here.
    out = run(systemd_sandbox, ASK_CAN + """
        printf '[Service]\\nEnvironment=ASAN_OPTIONS=detect_leaks=0\\nMemoryDenyWriteExecute=no\\n' |
            override hycan-daemon
        systemctl start hycan-daemon.service
        systemctl is-active hycan-daemon.service
        ask /run/hycan_daemon.sock
        stat -c %A /run/hycan_daemon.sock
        capsh --decode=$(awk '/^CapBnd/ {print $2}' /proc/$(state hycan-daemon MainPID)/status) \
            2>/dev/null | cut -d= -f2 || awk '/^CapBnd/ {print $2}' /proc/$(state hycan-daemon MainPID)/status
        systemctl stop hycan-daemon.service
        state hycan-daemon Result
        test -e /run/hycan_daemon.sock || echo gone
        journalctl --no-pager -o cat -u hycan-daemon.service | grep -iE 'error|denied|permitted' || :
    """)
    lines = out.splitlines()
    assert lines[:3] == ["active", "0 2 the name is empty", "srw-rw-rw-"]
    assert lines[3] in ("cap_chown,cap_net_admin,cap_sys_admin", "0000000000201001")
    assert lines[4:] == ["success", "gone"]


def test_started_by_hand_it_listens_where_it_is_told_or_at_both_places(systemd_sandbox):
    out = run(systemd_sandbox, ASK_CAN + """
        daemon=/usr/local/libexec/netvane/hycan_daemon
        cd /run
        $daemon here.sock & pid=$!
        wait_for '[ -S /run/here.sock ]'
        ask /run/here.sock; ls /run/hycan_daemon.sock /tmp/hycan_daemon.sock 2>/dev/null || echo only
        kill $pid; wait $pid; echo "ended $?"
        $daemon & pid=$!
        wait_for '[ -S /tmp/hycan_daemon.sock ]'
        ask /run/hycan_daemon.sock; ask /tmp/hycan_daemon.sock
        kill $pid; wait $pid; echo "ended $?"
    """)
    lines = [line for line in out.splitlines() if line.startswith(("0 2", "only", "ended"))]
    assert lines == ["0 2 the name is empty", "only", "ended 0", "0 2 the name is empty",
                     "0 2 the name is empty", "ended 0"]
