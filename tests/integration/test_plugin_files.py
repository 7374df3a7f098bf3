"""Plugin files that change while the daemon runs."""

import os
import shutil

import pytest

from harness.daemon import build_dir

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)


def built(name):
    return build_dir() / "tests/plugins" / f"{name}.so"


def put(source, target):
    """A new file in the place of the old one, as install(1) leaves it."""
    fresh = target.with_suffix(".new")
    shutil.copyfile(source, fresh)
    fresh.chmod(0o644)
    os.rename(fresh, target)


def states(daemon):
    return {row["name"]: row["state"] for row in daemon.netvane("show", "plugins",
                                                                json_output=True)}


def test_a_refused_plugin_that_was_mended_starts_at_the_next_reload(make_daemon):
    daemon = make_daemon(plugins=[built("d-free")], start=False)
    put(built("silent"), daemon.plugin_dir / "hello.so")
    daemon.start()
    assert states(daemon) == {"d-free": "running", "hello": "refused"}
    put(built("hello"), daemon.plugin_dir / "hello.so")
    daemon.netvane("reload")
    assert states(daemon) == {"d-free": "running", "hello": "running"}


def test_a_newer_file_of_a_running_plugin_waits_for_a_restart_and_says_so(make_daemon):
    daemon = make_daemon(plugins=[built("hello")])
    put(built("hello"), daemon.plugin_dir / "hello.so")
    daemon.netvane("reload")
    daemon.wait_log("warning: plugin .*/hello.so: its file is newer than what was opened; restart")
    assert states(daemon) == {"hello": "running"}


def test_a_plugin_whose_file_is_gone_is_stopped_by_a_reload(make_daemon):
    daemon = make_daemon(plugins=[built("hello"), built("d-free")])
    (daemon.plugin_dir / "d-free.so").unlink()
    daemon.netvane("reload")
    daemon.wait_log("^d-free: shutdown$")
    assert states(daemon) == {"d-free": "disabled", "hello": "running"}
    assert not daemon.netvane("show", "status", json_output=True)["degraded"]
    assert "error:" not in daemon.text()


def test_plugin_directories_change_at_the_next_start_only(make_daemon, tmp_path):
    daemon = make_daemon(plugins=[built("hello")], start=False)
    other = daemon.dir / "other"
    other.mkdir(mode=0o755)
    put(built("d-free"), other / "d-free.so")
    daemon.start()
    daemon.write_config(f"[Engine]\nPluginDirectory={other}\n")
    daemon.netvane("reload")
    assert states(daemon) == {"hello": "running"}
