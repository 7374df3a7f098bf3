"""The Debian packages: built, installed under real systemd, used, purged."""

import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ["NETVANE_SOURCE_DIR"])

# Package managers have work of their own; of what they leave, only names with "netvane" matter, and
# only where packages put things: the rest of the machine may be busy with its own.
PREPARE = """
export DEBIAN_FRONTEND=noninteractive
rm -f /usr/sbin/policy-rc.d
netvanes() { find /etc /run /usr /var -xdev -ignore_readdir_race -name '*netvane*' | sort; }
"""

PLUGIN = """
#include <netvane/plugin.h>
static int init(struct vane_self *self, const struct vane_host *host) { return 0; }
static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD("outsider", "1.0"),
    .description = "Comes from outside the tree", .licence = "MIT", .init = init,
};
VANE_PLUGIN(plugin)
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The directory with the built packages, {name: file}."""
    directory = tmp_path_factory.mktemp("package")
    done = subprocess.run([SOURCE / "tools/package", directory], capture_output=True, text=True,
                          timeout=1700)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return {path.name.split("_")[0]: path for path in directory.glob("*.deb")}


@pytest.fixture
def install(systemd_sandbox, packages):
    """install(script, *names, before=): runs the script after the packages were installed."""
    def run(script, *names, before=""):
        for name in names:
            target = systemd_sandbox.dir / f"{name}.deb"
            target.write_bytes(packages[name].read_bytes())
        files = " ".join(f"{systemd_sandbox.dir}/{name}.deb" for name in names)
        return systemd_sandbox.run(PREPARE + before + f"dpkg -i {files} >/run/dpkg.log 2>&1 || "
                                   "{ cat /run/dpkg.log; exit 1; }\n" + script).stdout
    return run


def test_an_installed_package_runs_and_answers(install):
    out = install("""
        systemctl is-active netvaned.service
        systemctl is-enabled netvaned.service
        systemctl is-active hycan-daemon.service || :
        systemctl is-enabled hycan-daemon.service || :
        netvane show version
        netvane show plugins
        getent group netvane >/dev/null && echo group
        netvaned --check
        dpkg -V netvane
        busctl --system status org.netvane1 >/dev/null && echo on the bus
    """, "netvane")
    assert out.startswith("active\nenabled\ninactive\ndisabled\n")
    assert "1.0.0" in out and "running" in out and "group\n" in out and "in order" in out
    assert "on the bus" in out


def test_purging_leaves_nothing(install):
    out = install(f"""
        [ -e /var/lib/netvane ]
        dpkg --purge netvane >/run/dpkg.log 2>&1 || {{ cat /run/dpkg.log; exit 1; }}
        netvanes >/run/after
        diff /run/before /run/after && echo nothing
        pgrep netvaned || echo ended
    """, "netvane", before="netvanes >/run/before\n")
    assert out == "nothing\nended\n"


def test_removing_keeps_the_configuration(install):
    out = install("""
        echo '# mine' >/etc/netvane/netvane.conf.d/mine.conf
        dpkg --remove netvane >/run/dpkg.log 2>&1
        ls /etc/netvane
        systemctl is-active netvaned.service || :
    """, "netvane")
    assert out.split() == ["netvane.conf", "netvane.conf.d", "inactive"]


def test_a_new_version_restarts_the_daemon(install, systemd_sandbox):
    out = install(f"""
        first=$(systemctl show -P MainPID netvaned.service)
        dpkg -i {systemd_sandbox.dir}/netvane.deb >/run/dpkg.log 2>&1
        systemctl is-active netvaned.service
        [ "$(systemctl show -P MainPID netvaned.service)" != "$first" ] && echo restarted
    """, "netvane")
    assert out == "active\nrestarted\n"


def test_a_new_version_restarts_the_can_daemon_where_it_runs_and_removing_ends_it(install,
                                                                                 systemd_sandbox):
    out = install(f"""
        systemctl disable --now netvaned.service 2>/dev/null
        systemctl start hycan-daemon.service
        first=$(systemctl show -P MainPID hycan-daemon.service)
        dpkg -i {systemd_sandbox.dir}/netvane.deb >/run/dpkg.log 2>&1
        systemctl is-active hycan-daemon.service
        [ "$(systemctl show -P MainPID hycan-daemon.service)" != "$first" ] && echo restarted
        dpkg --remove netvane >/run/dpkg.log 2>&1
        systemctl is-active hycan-daemon.service || :
    """, "netvane")
    assert out == "active\nrestarted\ninactive\n"


def test_it_stands_beside_networkd_dispatchers_package(packages):
    """No file of ours is a file of theirs."""
    listing = lambda *command: subprocess.run(command, capture_output=True, text=True,
                                              check=True).stdout
    ours = {line.split()[5].lstrip(".") for line in
            listing("dpkg", "-c", packages["netvane"]).splitlines() if not line.startswith("d")}
    theirs = set(listing("dpkg", "-L", "networkd-dispatcher").splitlines())
    assert "/usr/sbin/netvaned" in ours and "/usr/bin/networkd-dispatcher" in theirs
    assert not ours & theirs


def test_a_plugin_is_built_with_the_development_package_alone(install, systemd_sandbox):
    (systemd_sandbox.dir / "outsider.c").write_text(PLUGIN)
    out = install(f"""
        directory=$(pkg-config --variable=plugindir netvane)
        cc -shared -fPIC $(pkg-config --cflags netvane) {systemd_sandbox.dir}/outsider.c \
            -o "$directory/outsider.so"
        systemctl restart netvaned.service
        netvane show plugins
    """, "netvane", "netvane-dev")
    assert "outsider" in out and "outside the tree" in out
