"""docs/plugin-guide.md does what it says: every block of it is built outside of the tree with the
installed headers, and run."""

import os
import pathlib
import re
import subprocess

import pytest

from harness.daemon import build_dir

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)

GUIDE = pathlib.Path(os.environ["NETVANE_SOURCE_DIR"], "docs/plugin-guide.md").read_text()
BLOCK = re.compile(r"^```(\w+) (\w+)(?:=(\S+))?\n(.*?)^```$", re.M | re.S)
BLOCKS = {(language, kind, name): text for language, kind, name, text in BLOCK.findall(GUIDE)}
EXAMPLES = [name for language, kind, name in BLOCKS if kind == "table"]


def test_every_block_has_a_test():
    fences = re.findall(r"^```(.*)$", GUIDE, re.M)
    assert len(fences) == 2 * len(BLOCKS), "a block without a word on what it is, or two of a name"
    runs = {name for _, kind, name in BLOCKS if kind == "run"}
    assert runs == {"build", "cmake", "link", "command", "cxx"}
    logged = {name for language, _, name in BLOCKS if language == "log"}
    assert logged == {"hello", "second", "plus", "pulse", *EXAMPLES} - {"commands"}


@pytest.fixture(scope="module")
def sdk(tmp_path_factory):
    """What the package netvane-dev installs, in a directory outside of the tree."""
    prefix = tmp_path_factory.mktemp("sdk")
    subprocess.run(["cmake", "--install", build_dir(), "--component", "sdk", "--prefix", prefix],
                   check=True, capture_output=True)
    return prefix


@pytest.fixture
def workshop(tmp_path, sdk):
    """A directory with the guide's files, and a shell that has the SDK."""
    class Workshop:
        path = tmp_path / "workshop"

        def shell(self, command):
            pc = next(sdk.rglob("netvane.pc")).parent
            done = subprocess.run(["sh", "-euc", command], cwd=self.path, text=True,
                                  capture_output=True, timeout=60, env={
                                      **os.environ, "PKG_CONFIG_PATH": str(pc),
                                      "CMAKE_PREFIX_PATH": str(sdk)})
            assert done.returncode == 0, done.stdout + done.stderr
            assert "warning" not in done.stderr, done.stderr
            return done.stdout

        def compile(self, name):
            self.shell("cc -Wall -Wextra -Wno-unused-parameter -shared -fPIC "
                       f"$(pkg-config --cflags netvane) {name}.c -o {name}.so")
            return self.path / f"{name}.so"

    made = Workshop()
    made.path.mkdir()
    for (_, kind, name), text in BLOCKS.items():
        if kind == "file":
            (made.path / name).write_text(text)
    return made


def assert_logs(daemon, name):
    for line in BLOCKS["log", "plugin", name].splitlines():
        daemon.wait_log(f"^{re.escape(line)}$")


def test_hello_from_nothing_to_shutdown(workshop, make_daemon, sandbox):
    workshop.shell(BLOCKS["sh", "run", "build"])
    workshop.compile("second")
    workshop.shell(BLOCKS["sh", "run", "cxx"])
    files = [workshop.path / f"{name}.so" for name in ("hello", "second", "plus")]
    daemon = make_daemon(BLOCKS["ini", "file", "netvane.conf"] + "[Engine]\nLogLevel=debug\n",
                         plugins=files)
    sandbox.run("sh", "-euc", BLOCKS["sh", "run", "link"])
    for name in ("hello", "second", "plus"):
        assert_logs(daemon, name)
    shown = {each["name"]: each for each in daemon.netvane("show", "plugins", json_output=True)}
    assert shown["hello"]["state"] == "running"
    options = daemon.netvane("plugin", "options", "hello", json_output=True)
    assert "What is said to a new link" in str(options)
    daemon.stop()
    assert re.findall(r"^(\w+): stopped$", daemon.text(), re.M) == ["second", "plus", "hello"]
    assert "left " not in daemon.text()


def test_pulse_lives_through_a_reload_and_leaves_nothing(workshop, make_daemon):
    configuration = BLOCKS["ini", "example", "pulse"]
    daemon = make_daemon(configuration.replace("250ms", "100ms"),
                         plugins=[workshop.compile("pulse")])
    daemon.wait_log("^pulse: beats every 100 ms$")
    daemon.write_config(configuration)
    daemon.reload()
    assert_logs(daemon, "pulse")
    daemon.wait(lambda: daemon.netvane("show", "pulse", json_output=True)["alive"], "a beat")
    daemon.stop()
    assert "left " not in daemon.text()


def test_directories_in_a_list_replace_the_default(make_daemon):
    configuration = BLOCKS["ini", "example", "directories"]
    daemon = make_daemon(configuration, start=False, plugins=[])
    daemon.options, daemon.args = False, [
        "-c", str(daemon.config), "--state-dir", str(daemon.state_dir), "--runtime-dir",
        str(daemon.runtime_dir)]
    daemon.start()
    rows = daemon.netvane("show", "configuration", json_output=True)
    value, = (row["value"] for row in rows if row["name"] == "PluginDirectory")
    assert value == configuration.split("=")[1].split("\n")[0]


def test_hello_with_cmake(workshop, make_daemon, sandbox):
    workshop.shell(BLOCKS["sh", "run", "cmake"])
    daemon = make_daemon(plugins=[workshop.path / "build/hello.so"])
    sandbox.run("sh", "-euc", BLOCKS["sh", "run", "link"])
    daemon.wait_log("^hello: hello, v0$")
    symbols = workshop.shell("nm -D --defined-only build/hello.so")
    assert not symbols.split(), "a plugin shows nothing to others"


def test_pkg_config_knows_where_plugins_go(workshop, sdk):
    directory = workshop.shell("pkg-config --variable=plugindir netvane").strip()
    assert os.path.normpath(directory).startswith(str(sdk))
    assert directory.endswith("/netvane/plugins")
    assert workshop.shell("pkg-config --modversion netvane").startswith("1.")


def test_an_example_for_every_table(workshop, make_daemon):
    skeleton = BLOCKS["c", "skeleton", ""]
    files = []
    for name in EXAMPLES:
        text = skeleton.replace("/* the example */\n", BLOCKS["c", "table", name])
        (workshop.path / f"{name}.c").write_text(text.replace('"example"', f'"{name}"'))
        files.append(workshop.compile(name))
    daemon = make_daemon(plugins=files)
    for name in EXAMPLES:
        if name != "commands":
            assert_logs(daemon, name)
    command = BLOCKS["sh", "run", "command"].split()[1:]
    assert daemon.netvane(*command, json_output=True) == [{"task": "cleaning", "status": 0}]
    tables = set(re.findall(r"host->(\w+)->", "".join(BLOCKS.values())))
    assert tables == {"log", "config", "loop", "bus", "links", "ports", "gate", "commands",
                      "services", "identity"}
