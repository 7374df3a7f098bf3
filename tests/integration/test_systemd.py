"""The sandbox with real systemd as PID 1."""

SERVICE = """[Service]
Type=notify
NotifyAccess=all
WatchdogSec=30
ExecStart=/bin/sh -c 'systemd-notify --ready --status=up; exec sleep 1000'
"""


def test_systemd_is_pid_1_and_networkd_runs(systemd_sandbox):
    done = systemd_sandbox.run("""
        cat /proc/1/comm
        systemctl is-active systemd-networkd.service dbus.service
        /lib/systemd/systemd-networkd-wait-online --interface=veth0 --timeout=20
        ip -4 -o addr show veth0
    """)
    assert done.stdout.startswith("systemd\nactive\nactive\n") and "10.99.0.1/24" in done.stdout


def test_a_notify_unit_of_the_tests_runs_and_is_journalled(systemd_sandbox):
    done = systemd_sandbox.run("""
        systemctl start own.service
        systemctl show -P StatusText own.service
        systemctl stop own.service
        journalctl --no-pager -u own.service -o cat
    """, units={"own.service": SERVICE})
    assert done.stdout.startswith("up\n") and "Started own.service" in done.stdout


def test_status_of_the_script_comes_back(systemd_sandbox):
    assert systemd_sandbox.run("exit 42", check=False).returncode == 42


def test_what_is_installed_inside_is_lost(systemd_sandbox):
    systemd_sandbox.run("touch /usr/lib/systemd/system/x.service /etc/x-netvane-test")
    systemd_sandbox.run("test ! -e /etc/x-netvane-test")
