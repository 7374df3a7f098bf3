"""netvane without a command: the shell in a real terminal, typed at key by key."""

import fcntl
import itertools
import os
import re
import signal
import struct
import termios

import pexpect
import pytest
from pexpect import fdpexpect

from harness.daemon import SANITIZERS, build_dir, built, sanitizer_reports
from harness.waiting import wait_until

pytestmark = [pytest.mark.sandbox(networkd=False), pytest.mark.daemon(plugins=["scripts"])]

CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\r|\x07")
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
CTRL_C, CTRL_D, TAB, ENTER = "\x03", "\x04", "\t", "\r"


class Shell:
    """A netvane on a terminal of its own, and what one reads there."""

    def __init__(self, daemon, *arguments, rows=40, columns=120, prompt=None, wrapper=(), **environment):
        self.home = daemon.dir / "home"
        self.home.mkdir(exist_ok=True)
        self.ours, theirs = os.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        env = {**SANITIZERS, "NETVANE_SOCKET": str(daemon.control), "TERM": "xterm",
               "HOME": str(self.home), **environment}
        self.process = daemon.sandbox.popen("setsid", "--ctty", *wrapper, built("netvane"),
                                            *arguments,
                                            stdin=theirs, stdout=theirs, stderr=theirs, env=env)
        self.text = fdpexpect.fdspawn(self.ours, encoding="utf-8", timeout=30)
        self.prompt = r"(?:\x1b\[K)?" + (prompt or r"[\w-]+# ")

    def resize(self, rows, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def started(self):
        self.text.expect("connected to netvaned [^\n]*\n")
        self.text.expect(self.prompt)
        return self

    def type(self, keys):
        self.text.send(keys)

    def wait(self, pattern):
        """Reads up to the pattern; returns what was before, as a person sees it."""
        self.text.expect(pattern)
        return CONTROLS.sub("", self.text.before)

    def ask(self, line):
        """What a command shows."""
        self.type(line + ENTER)
        self.wait("\n")
        return self.wait(self.prompt)

    def help(self, line):
        """What '?' shows; the line stays, and is dropped."""
        self.type(line + "?")
        self.wait(r"\?[^\n]*\n")
        shown = self.wait(self.prompt)
        self.cancel()
        return shown

    def cancel(self):
        self.type(CTRL_C)
        self.wait(r"\^C")
        self.wait(self.prompt)

    def ended(self, timeout=30.0):
        """Its exit status; it must have left the terminal as it found it."""
        status = self.process.wait(timeout)
        after = termios.tcgetattr(self.theirs)
        os.close(self.theirs)
        rest = self.text.read()
        os.close(self.ours)
        assert after == self.before
        assert not sanitizer_reports(rest), rest
        return status


@pytest.fixture
def shell(daemon):
    return Shell(daemon).started()


def first_words(text):
    return [line.split()[0] for line in text.splitlines() if line.strip()]


def test_the_session_of_a_router_can_be_typed(shell, daemon):
    for address in ("192.0.2.1/24", "192.0.2.2/24"):
        daemon.sandbox.ip(f"addr add {address} dev veth0")
    link = lambda: daemon.netvane("show", "interfaces", "veth0", json_output=True)
    wait_until(lambda: len(link().get("address", [])) > 1, "veth0 with its addresses")
    assert re.search(r"^  exit +leave the shell$", shell.help(""), re.M)
    assert {"exit", "quit", "show", "shutdown"} <= set(first_words(shell.help("")))
    assert first_words(shell.help("sh")) == ["show", "shutdown"]
    assert first_words(shell.help("show")) == ["show"]
    assert {"interfaces", "processes", "version"} <= set(first_words(shell.help("show ")))
    assert "Version:" in shell.ask("show ver")
    assert re.search(r"^scripts +plugin +running$", shell.ask("sh proc"), re.M)
    assert first_words(shell.ask("sh proc"))[::2][:2] == ["Name", "netvaned"]
    header, ruler, *rows = shell.ask("sh int ").splitlines()
    assert header.split() == ["Name", "State", "MTU", "Addresses"] and set(ruler) == {"-", " "}
    column = header.index("Addresses")
    veth0 = next(i for i, row in enumerate(rows) if row.startswith("veth0 "))
    assert rows[veth0].split() == ["veth0", "off", "1500", "192.0.2.1/24"]
    assert rows[veth0 + 1].rstrip() == " " * column + "192.0.2.2/24"
    shell.type("exit" + ENTER)
    assert shell.ended() == 0


def test_mistakes_are_named_as_a_router_names_them(shell):
    assert shell.ask("nonsense").startswith('% Unknown command: "nonsense"')
    assert shell.ask("show intrefaces").strip().endswith('did you mean "interfaces"?')
    assert shell.ask("show").startswith("% Command incomplete: ")
    ambiguous = shell.ask("sh")
    assert ambiguous.startswith('% Ambiguous command: "sh"')
    assert "show" in ambiguous and "shutdown" in ambiguous
    assert shell.ask("e").startswith('% Ambiguous command: "e" could be events, exit')
    assert shell.ask("show 'x").startswith("% Unknown command: ")
    assert shell.ask("") == "" and shell.ask("   ") == ""


def test_help_works_in_the_middle_of_a_line_and_shows_values(shell):
    shown = shell.help("show interfaces ")
    assert re.search(r"^  veth0 +ether$", shown, re.M) and "  <cr>" in shown
    shell.type("sh xx" + "\x02" * 3)  # the cursor goes back behind "sh"
    shell.type("?")
    shell.wait(r"\?[^\n]*\n")
    assert first_words(shell.wait(shell.prompt)) == ["show", "shutdown"]
    shell.cancel()
    assert "nothing can stand here" in shell.help("show version x")
    assert shell.help("show nonsense ").startswith("% Unknown command")
    assert shell.help("sh ").startswith("% Ambiguous command")


def test_a_quoted_question_mark_is_a_letter(shell):
    assert "There is no interface a?" in shell.ask("show interfaces 'a?'")


def test_tab_completes_and_twice_lists(shell):
    shell.type("sho" + TAB + "inter" + TAB + "veth" + TAB)
    shell.wait("\x07")  # veth0, veth1: nothing more to fill in
    shell.type(TAB)
    listed = shell.wait(shell.prompt)
    assert re.search(r"veth0 +ether", listed) and re.search(r"veth1 +ether", listed)
    shell.type("0" + ENTER)
    shell.wait("\n")
    assert re.search(r"Interface name: +veth0", shell.wait(shell.prompt))


def test_filters_on_a_line(shell, daemon):
    links = daemon.netvane("show", "interfaces", json_output=True)
    assert shell.ask("show int | include ^veth0").split()[0] == "veth0"
    assert "veth0" not in shell.ask("show int|exclude veth0")
    assert shell.ask("show int | begin veth1").splitlines()[0].startswith("veth1")
    assert shell.ask("show int |count").strip() == str(len(links))
    assert shell.ask("show int | json").startswith("[{")
    assert shell.ask("show int | bogus").startswith("% Unknown command")
    assert first_words(shell.help("show int | ")) == ["include", "exclude", "begin", "section",
                                                       "count", "json", "no-more"]


def test_ctrl_c_cancels_the_line_or_the_command_but_not_the_shell(shell, daemon):
    shell.type("show nonsense")
    shell.cancel()
    assert "Version" in shell.ask("show version")
    shell.type("events" + ENTER)
    shell.wait("\n")
    mtus = itertools.count(1400)

    def shown():
        """Nobody sees a subscription begin: something happens until it is shown."""
        daemon.sandbox.ip(f"link set veth0 mtu {next(mtus)}")
        coloured = r"\x1b\[36mlink\.mtu\x1b\[0m"
        return shell.text.expect([pexpect.TIMEOUT, coloured], timeout=0.5) == 1

    wait_until(shown, "an event")
    shell.type(CTRL_C)
    shell.wait(shell.prompt)
    assert "Version" in shell.ask("show version")
    shell.type(CTRL_D)
    assert shell.ended() == 0


@pytest.mark.daemon(plugins=["scripts", build_dir() / "tests/plugins/slow-command.so"])
def test_ctrl_c_gives_up_a_command_that_is_not_answered(shell):
    shell.type("wait" + ENTER)
    shell.wait("\n")
    shell.resize(30, 100)
    shell.process.send_signal(signal.SIGWINCH)
    shell.type(CTRL_C)
    shell.wait(shell.prompt)
    assert "Version" in shell.ask("show version")


def test_the_end_of_the_daemon_is_asked_for_twice(shell, daemon):
    shell.type("shutdown" + ENTER)
    shell.wait(r"\[y/N\] ")
    shell.type("n" + ENTER)
    shell.wait(shell.prompt)
    assert daemon.process.poll() is None
    shell.type("shutd" + ENTER)
    shell.wait(r"\[y/N\] ")
    shell.type("y" + ENTER)
    assert "shutting down" in shell.wait(shell.prompt)
    assert daemon.exit_status() == 0
    assert "netvaned is not running" in shell.ask("show version")
    daemon.start()
    assert "Version" in shell.ask("show version")


def test_a_daemon_that_was_started_anew_is_found_again(shell, daemon):
    assert "Version" in shell.ask("show version")
    daemon.stop()
    daemon.start()
    answer = shell.ask("show version")
    assert "reconnected to netvaned" in answer and "Version:" in answer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_the_terminal_sane(shell, number):
    shell.type("show ver")
    shell.wait("show ver")
    shell.process.send_signal(number)
    assert shell.ended() == -number


def test_history_is_kept_in_the_state_directory(daemon):
    shell = Shell(daemon).started()
    shell.ask("show version | include API")
    shell.type("quit" + ENTER)
    assert shell.ended() == 0
    file = shell.home / ".local/state/netvane/history"
    assert file.read_text().splitlines() == ["show version | include API", "quit"]
    assert file.stat().st_mode & 0o777 == 0o600
    shell = Shell(daemon).started()
    shell.type("\x1b[A\x1b[A" + ENTER)
    shell.wait("Plugin API major")
    shell.wait(shell.prompt)
    shell.type(CTRL_D)
    assert shell.ended() == 0


def test_history_obeys_the_xdg_directory(daemon):
    shell = Shell(daemon, XDG_STATE_HOME=str(daemon.dir / "xdg")).started()
    shell.type("exit" + ENTER)
    assert shell.ended() == 0
    assert (daemon.dir / "xdg/netvane/history").read_text() == "exit\n"


def test_letters_beyond_ascii_are_edited_whole(daemon):
    shell = Shell(daemon, LC_ALL="C").started()
    shell.type("show interfaces ä€x\x7f\x7f" + ENTER)
    assert "There is no interface ä (" in shell.wait(shell.prompt)


def test_hostile_names_do_not_reach_the_terminal(daemon):
    daemon.sandbox.run("ip", "link", "add", "x\x1b[31mx", "type", "veth", "peer", "name", "x1")
    wait_until(lambda: "x1b[31m" in daemon.netvane("show", "interfaces").stdout, "the link")
    shell = Shell(daemon).started()
    for keys in ("show interfaces" + ENTER, "show interfaces ?", TAB + TAB, CTRL_C):
        shell.type(keys)
        shell.text.expect(shell.prompt)
        assert "\x1b[31m" not in shell.text.before
    assert "\x1b[31m" not in shell.ask("show interfaces 'x\x1b[31mx'")


def test_long_output_goes_through_a_pager_that_ctrl_c_does_not_take_along(daemon):
    shell = Shell(daemon, rows=6, NETVANE_PAGER="sed s/^/paged:/").started()
    assert "paged:" in shell.ask("show configuration")
    assert "paged:" not in shell.ask("show configuration | no-more")
    shell.resize(100, 120)
    assert "paged:" not in shell.ask("show configuration")


def test_who_is_not_root_gets_another_prompt(daemon):
    state = daemon.dir / "nobody"
    state.mkdir()
    state.chmod(0o777)
    shell = Shell(daemon, prompt=r"[\w-]+> ", wrapper=NOBODY, XDG_STATE_HOME=str(state)).started()
    assert "Version" in shell.ask("show version")
    assert "shutdown" not in shell.help("")
    shell.type("exit" + ENTER)
    assert shell.ended() == 0


def test_top_shows_what_changes_and_follows_the_terminals_size(daemon):
    screen = Shell(daemon, "top", rows=24, columns=100)
    screen.wait(r"netvaned [^\n]* links")
    screen.wait("veth0")
    screen.wait("scripts")
    wait_until(lambda: daemon.netvane("show", "status", json_output=True)["control_clients"] > 1,
               "top to be connected")
    daemon.sandbox.ip("link set veth0 mtu 1444")
    screen.wait(r"link\.mtu +veth0 +1444 bytes")
    screen.resize(30, 30)
    screen.process.send_signal(signal.SIGWINCH)

    def picture_fits():
        """One that was begun before may still be of the old size."""
        screen.text.expect(r"\x1b\[H")
        screen.text.expect(r"\x1b\[J")
        return max(map(len, CONTROLS.sub("", screen.text.before).splitlines())) <= 30

    wait_until(picture_fits, "a picture of the new size")
    daemon.stop()
    screen.wait("has gone; waiting")
    daemon.start()
    screen.wait("scripts")
    screen.type("q")
    assert screen.ended() == 0


def test_top_gives_the_terminal_back_to_the_shell_and_at_a_signal(daemon):
    shell = Shell(daemon).started()
    shell.type("top" + ENTER)
    shell.wait("veth0")
    shell.type(CTRL_C)
    shell.wait(shell.prompt)
    assert "Version" in shell.ask("show version")
    shell.type("exit" + ENTER)
    assert shell.ended() == 0
    screen = Shell(daemon, "top")
    screen.wait("veth0")
    screen.process.send_signal(signal.SIGTERM)
    assert screen.ended() == -signal.SIGTERM


# Without a terminal


def batch(daemon, *arguments, **options):
    return daemon.sandbox.run(built("netvane"), *arguments, check=False,
                              env={**SANITIZERS, "NETVANE_SOCKET": str(daemon.control)}, **options)


def test_lines_run_one_after_the_other_until_one_fails(daemon):
    done = batch(daemon, "-c", "show interfaces | count", "-c", "sh ver | inc Version")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 2
    done = batch(daemon, "-c", "show nonsense", "-c", "show version")
    assert done.returncode == 2 and done.stdout == ""
    assert batch(daemon, "-c", "show interfaces nosuch0").returncode == 1


def test_a_file_of_commands_is_run_and_a_mistake_is_found_in_it(daemon):
    file = daemon.dir / "commands"
    file.write_text("# a comment\n\n! another\nshow version | include Version\nsh\nshow version\n")
    done = batch(daemon, "-f", str(file))
    assert done.returncode == 2 and done.stdout.count("\n") == 1
    assert f"{file}:5: ambiguous command" in done.stderr
    piped = batch(daemon, input=file.read_text())
    assert (piped.returncode, piped.stdout) == (2, done.stdout)
    assert batch(daemon, "-f", "/nonexistent").returncode == 1


def test_top_needs_a_terminal(daemon):
    done = batch(daemon, "top")
    assert done.returncode == 1 and "needs a terminal" in done.stderr


def test_other_machines_are_asked_over_nats_and_by_commands(daemon):
    done = batch(daemon, "--node", "other", "show", "version")
    assert done.returncode == 1 and "cannot connect to NATS" in done.stderr
    done = batch(daemon, "--timeout", "1s", "show", "version")
    assert done.returncode == 2 and "on which machines?" in done.stderr
    done = batch(daemon, "--node", "other", "events")
    assert done.returncode == 2 and '"events" is for this machine alone' in done.stderr


def test_no_daemon_is_one_clear_line(daemon):
    shell = Shell(daemon, "--socket", "/nonexistent")
    shell.wait("netvaned is not running")
    assert shell.ended() == 3
