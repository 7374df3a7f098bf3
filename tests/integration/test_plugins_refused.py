"""Plugin files that break a rule: each gets one clear error that names the file, the others go on,
the daemon is degraded, and --check fails."""

import os
import re

import pytest

from harness.daemon import build_dir
from harness.waiting import wait_until

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)


def built(*names):
    return [build_dir() / "tests/plugins" / f"{name}.so" for name in names]


def group_writable(directory):
    (directory / "d-free.so").chmod(0o664)
    return "d-free.so"


def foreign(directory):
    os.chown(directory / "d-free.so", 1234, 0)
    return "d-free.so"


def linked_twice(directory):
    os.link(directory / "d-free.so", directory / "e-twin.so")
    return "e-twin.so"


def not_an_object(directory):
    (directory / "junk.so").write_text("no ELF")
    return "junk.so"


def bad_name(directory):
    (directory / "d-free.so").rename(directory / "D_free.so")
    return "D_free.so"


FILES = {
    "silent": "registers nothing",
    "twice": "registers 2 plugins",
    "misnamed": 'calls itself "someone-else"',
    "other-major": r"built for plugin API 2, this is 1\.1",
    "newer-minor": r"needs plugin API 1\.2, this is 1\.1",
    "orphan": "requires the plugin not-there",
    "bad-options": "Twisted",
}
CHANGES = {
    group_writable: "writable by group",
    foreign: "belongs to|owned by",
    linked_twice: r"same file as .*/d-free\.so",
    not_an_object: "cannot be opened",
    bad_name: "its name",
}


def errors(daemon):
    return re.findall(r"^\S+: error: .*$", daemon.text(), re.M)


def check(daemon):
    """netvaned --check on the same files: its exit status, and what it says."""
    done = daemon.sandbox.run(*daemon.command("--check"), check=False, env=daemon.env)
    return done.returncode, done.stdout + done.stderr


def assert_refused(daemon, file, reason):
    wanted = re.compile(rf"{re.escape(file)}\b.*({reason})|({reason}).*{re.escape(file)}\b")
    status, text = check(daemon)
    assert status == 1 and wanted.search(text), text
    daemon.start()
    daemon.wait_log("^hello: hello$")
    mine = [line for line in errors(daemon) if wanted.search(line)]
    assert len(mine) == len(errors(daemon)) == 1, daemon.text()
    daemon.wait_log("engine: warning: degraded: .*refused")
    plugins = {each["name"]: each["state"]
               for each in daemon.netvane("show", "plugins", json_output=True)}
    assert plugins["hello"] == "running"
    assert plugins[file.removesuffix(".so")] == "refused"


@pytest.mark.parametrize("name", FILES)
def test_a_broken_plugin_is_refused(make_daemon, name):
    daemon = make_daemon(plugins=built("hello", name), start=False)
    assert_refused(daemon, f"{name}.so", FILES[name])


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_file_that_cannot_be_trusted_is_refused(make_daemon, change):
    daemon = make_daemon(plugins=built("hello", "d-free"), start=False)
    assert_refused(daemon, change(daemon.plugin_dir), CHANGES[change])


def test_requirements_in_a_circle_are_refused_with_the_circle(make_daemon):
    daemon = make_daemon(plugins=built("hello", "circle-a", "circle-b"), start=False)
    status, text = check(daemon)
    assert status == 1
    assert re.search(r"circle-a\.so is refused.*circle-a -> circle-b -> circle-a", text), text
    daemon.start()
    daemon.wait_log("^hello: hello$")
    assert len(errors(daemon)) == 2


def test_what_requires_a_refused_plugin_is_refused_too(make_daemon):
    daemon = make_daemon(plugins=built("hello", "orphan", "grandchild"))
    daemon.wait_log("grandchild.so is refused: it requires the plugin orphan, which is refused")
    daemon.wait_log("^hello: hello$")


def test_a_directory_that_others_can_write_to_makes_all_in_it_refused(make_daemon):
    daemon = make_daemon(plugins=built("hello"), start=False)
    daemon.plugin_dir.chmod(0o777)
    status, text = check(daemon)
    assert status == 1 and re.search(r"hello\.so is refused.*plugins.* is writable", text), text
    daemon.start()
    assert "hello: hello" not in daemon.text()
    daemon.plugin_dir.chmod(0o755)


def test_the_earlier_directory_wins(make_daemon, sandbox):
    daemon = make_daemon(plugins=built("hello"), start=False)
    other = daemon.dir / "other"
    other.mkdir(mode=0o755)
    (other / "hello.so").write_text("no ELF")
    (other / "hello.so").chmod(0o644)
    daemon.options, daemon.args = False, [
        "-c", daemon.config, "--state-dir", daemon.state_dir, "--runtime-dir", daemon.runtime_dir,
        "--plugin-dir", f"{daemon.plugin_dir}:{other}"]
    daemon.args = [str(arg) for arg in daemon.args]
    daemon.start()
    daemon.wait_log("^hello: hello$")
    assert not errors(daemon)


def test_all_in_order_passes_the_check(make_daemon):
    daemon = make_daemon(plugins=built("hello", "d-free"), start=False)
    status, text = check(daemon)
    assert status == 0 and "2 plugins are in order" in text
    daemon = make_daemon(plugins=built("hello"), start=False)
    status, text = check(daemon)
    assert status == 0 and " and 1 plugin are in order." in text
