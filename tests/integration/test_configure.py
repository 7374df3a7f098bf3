"""The configuration of a running daemon: saved files, checks, trials, and what restarts."""

import os
import re
import signal
import socket

import pytest

from harness.daemon import build_dir, built
from harness.waiting import stays_true, wait_until

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
WATCH = "[Engine]\nWatchConfiguration=yes\n"
SAID = re.compile(r"^(\S+): (init|reload|shutdown)\b", re.M)


def plugins(*names):
    return [build_dir() / "tests/plugins" / f"{name}.so" for name in names]


def states(daemon):
    return {plugin["name"]: plugin["state"]
            for plugin in daemon.netvane("show", "plugins", json_output=True)}


def said(daemon):
    return SAID.findall(daemon.text())


def drop_in(daemon, name, text):
    directory = daemon.config.with_name(daemon.config.name + ".d")
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(text)
    return directory / name


def reloads(daemon):
    return daemon.text().count("engine: configuration reloaded")


def value(daemon, option, plugin="options"):
    rows = daemon.netvane("plugin", "options", plugin, json_output=True)
    return next(row.get("value") for row in rows if row["name"] == option)


def wait_reload(daemon, pattern, count=1):
    """Waits for the log line and, behind it, the end of that reload; and takes the daemon's notes off
    its hands as systemd would."""
    daemon.wait_log(pattern + r"(?:.|\n)*?^engine: configuration reloaded", count)
    daemon.notify.poll()


class Client:
    """A connection to a test plugin's server, and what it answers now."""

    def __init__(self, daemon, name):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(daemon.runtime_dir / name))

    def ask(self):
        self.socket.sendall(b"?")
        return self.socket.recv(64).decode()

    def is_closed(self):
        try:
            return self.socket.recv(64) == b""
        except ConnectionResetError:
            return True


# What restarts


def test_who_reloads_is_told_of_warnings_and_of_what_stays_in_force(make_daemon):
    daemon = make_daemon(plugins=[])
    daemon.write_config("[Engine]\nEventHistory=99\n")
    told = daemon.netvane("reload").stdout
    assert re.search(r"is reloaded, with warnings: .*:2:14: EventHistory= takes effect when", told)
    daemon.write_config("bad\n")
    refused = daemon.netvane("reload", check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("netvane: not reloaded, the old configuration stays in force:")


def test_only_what_changed_restarts_and_the_others_keep_their_connections(make_daemon):
    daemon = make_daemon(WATCH + "[Plugin serves]\nWord=old\n[Plugin serves-on]\nWord=old\n",
                         plugins=plugins("echo", "serves", "serves-on", "user-of-serves"))
    echo, serves, serves_on = (Client(daemon, name) for name in ("echo", "serves", "serves-on"))
    assert (echo.ask(), serves.ask(), serves_on.ask()) == ("?", "old", "old")
    daemon.write_config(WATCH + "[Plugin serves]\nWord=new\n[Plugin serves-on]\nWord=new\n")
    daemon.wait_log("configuration reloaded$")

    assert serves.is_closed(), "it has no reload()"
    assert "behind at shutdown" not in daemon.text(), "it has given its port back"
    assert Client(daemon, "serves").ask() == "new"
    assert serves_on.ask() == "new", "with reload() the connection stays, and the option is new"
    assert echo.ask() == "?", "nobody touched it"
    assert said(daemon) == [
        ("serves", "init"), ("serves-on", "init"), ("user-of-serves", "init"),
        ("user-of-serves", "shutdown"), ("serves", "shutdown"),
        ("serves", "init"), ("serves-on", "reload"), ("user-of-serves", "init")]


def test_what_requires_a_disabled_plugin_stops_with_it_and_starts_with_it(make_daemon):
    daemon = make_daemon(plugins=plugins("serves", "user-of-serves"))
    daemon.write_config("[Plugin serves]\nEnabled=no\n")
    daemon.reload()
    assert said(daemon)[2:] == [("user-of-serves", "shutdown"), ("serves", "shutdown")]
    assert states(daemon) == {"serves": "disabled", "user-of-serves": "refused"}
    daemon.write_config("")
    daemon.reload()
    assert said(daemon)[4:] == [("serves", "init"), ("user-of-serves", "init")]
    assert states(daemon) == {"serves": "running", "user-of-serves": "running"}


# WatchConfiguration=


def test_saved_files_of_every_kind_are_taken_up(make_daemon):
    daemon = make_daemon(WATCH, plugins=plugins("options"))

    daemon.write_config(WATCH + "[Plugin options]\nText=main\n")
    wait_reload(daemon, "^options: reload: main ")

    added = drop_in(daemon, "50-a.conf", "[Plugin options]\nText=added\n")
    wait_reload(daemon, "^options: reload: added ")

    added.write_text("[Plugin options]\nText=changed\n")
    wait_reload(daemon, "^options: reload: changed ")

    saved = added.with_name(".50-a.conf.swp")
    saved.write_text("[Plugin options]\nText=renamed\n")
    os.rename(saved, added)
    wait_reload(daemon, "^options: reload: renamed ")

    added.unlink()
    wait_reload(daemon, "^options: reload: main ", count=2)

    added.parent.rmdir()
    drop_in(daemon, "60-b.conf", "[Plugin options]\nText=again\n")
    wait_reload(daemon, "^options: reload: again ")


def test_a_directory_and_a_file_that_appear_later_are_found(make_daemon):
    daemon = make_daemon(plugins=plugins("options"), start=False)
    daemon.config.unlink()
    daemon.config = daemon.dir / "etc" / "netvane" / "netvane.conf"
    link = daemon.dir / "links"
    link.mkdir()
    (link / "netvane.conf").write_text(WATCH)
    daemon.config.parent.mkdir(parents=True)
    daemon.config.symlink_to(link / "netvane.conf")
    daemon.start()

    (link / "netvane.conf").write_text(WATCH + "[Plugin options]\nText=behind the link\n")
    wait_reload(daemon, "^options: reload: behind the link ")

    daemon.config.rename(daemon.dir / "aside")
    daemon.config.parent.rmdir()
    daemon.wait_log("netvane.conf: cannot be read: No such file")
    daemon.config.parent.mkdir()
    daemon.config.write_text(WATCH + "[Plugin options]\nText=anew\n")
    wait_reload(daemon, "^options: reload: anew ")


def test_changes_close_together_are_one(make_daemon):
    daemon = make_daemon(WATCH, plugins=plugins("options"))
    daemon.signal(signal.SIGSTOP)  # else a busy machine may take its time between two of them
    for number in range(50):
        drop_in(daemon, f"{number}.conf", f"[Plugin options]\nText=number {number}\n")
    daemon.write_config(WATCH + "[Plugin options]\nCount=5\n")
    daemon.signal(signal.SIGCONT)
    wait_reload(daemon, r"^options: reload: number 9 5 ")
    stays_true(lambda: reloads(daemon) == 1, 0.5, "one reload")


def test_an_error_is_said_once_with_its_place_and_the_old_stays_in_force(make_daemon):
    daemon = make_daemon(WATCH + "[Plugin options]\nText=good\n", plugins=plugins("options"))
    daemon.write_config(WATCH + "[Plugin options]\nText=bad\nCount=99\nSize=3\n")
    daemon.wait_log("the changed configuration is not taken up; the old one stays in force$")
    daemon.wait_log(r"^config: error: \S+netvane\.conf:5:7: Count=99: ")
    daemon.wait_log(r"^config: error: \S+netvane\.conf:6:1: .*Size=")
    os.utime(daemon.config)
    stays_true(lambda: daemon.text().count("is not taken up") == 1, 0.6, "said once")
    assert value(daemon, "Text") == "good"
    refused, = [event for event in daemon.netvane("show", "events", json_output=True)
                if event["topic"] == "config.refused"]
    errors = refused["payload"]["errors"].splitlines()
    assert len(errors) == 2 and "netvane.conf:5:7: Count=99: " in errors[0]
    status = daemon.netvane("show", "status", json_output=True)
    assert refused["time"].startswith(status["configuration_refused"][:-2])
    assert status["configuration_errors"] == refused["payload"]["errors"]
    of_others = daemon.sandbox.run(*NOBODY, built("netvane"), "--json", "show", "status",
                                   env={"NETVANE_SOCKET": str(daemon.control)}).stdout
    assert "configuration_refused" in of_others and "Count" not in of_others
    daemon.write_config(WATCH + "[Plugin options]\nText=mended\n")
    wait_reload(daemon, "^options: reload: mended ")
    assert "configuration_refused" not in daemon.netvane("show", "status", json_output=True)


def test_what_is_no_change_of_the_files_is_none(make_daemon):
    daemon = make_daemon(WATCH, plugins=plugins("options"))
    os.utime(daemon.config)
    drop_in(daemon, ".hidden.conf", "[Plugin options]\nText=hidden\n")
    drop_in(daemon, "note.txt", "[Plugin options]\nText=note\n")
    daemon.netvane("plugin", "disable", "options", "persist")
    assert reloads(daemon) == 1
    stays_true(lambda: reloads(daemon) == 1, 0.6, "not reloaded for its own drop-in")


def test_watching_is_off_unless_asked_for_and_can_be_switched(make_daemon):
    daemon = make_daemon(plugins=plugins("options"))
    daemon.write_config("[Plugin options]\nText=unseen\n")
    stays_true(lambda: reloads(daemon) == 0, 0.6, "not watched")

    daemon.write_config(WATCH + "[Plugin options]\nText=by hand\n")
    daemon.reload()
    daemon.write_config(WATCH + "[Plugin options]\nText=by itself\n")
    wait_reload(daemon, "^options: reload: by itself ")

    daemon.write_config("[Plugin options]\nText=last\n")
    wait_reload(daemon, "^options: reload: last ")
    daemon.write_config("[Plugin options]\nText=unseen\n")
    stays_true(lambda: reloads(daemon) == 3, 0.6, "not watched any more")


def test_a_watching_daemon_does_not_wake_up_for_nothing(make_daemon):
    def switches():
        with open(f"/proc/{daemon.process.pid}/status") as status:
            return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read(), re.M)[1])

    daemon = make_daemon(WATCH, plugins=plugins("options"))
    daemon.write_config(WATCH + "[Plugin options]\nText=new\n")
    wait_reload(daemon, "^options: reload: new ")
    seen = [switches()]

    def is_at_rest():
        seen.append(switches())
        return len(seen) > 200 and seen[-1] == seen[-200]

    wait_until(is_at_rest, "a second without a wake-up", timeout=30)


# check and diff


def test_check_tells_every_error_and_changes_nothing(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=good\n", plugins=plugins("options"))
    assert daemon.netvane("configure", "check").stdout == "the configuration is in order\n"
    daemon.write_config("[Plugin options]\nText=bad\nCount=99\nColour=red\n")
    drop_in(daemon, "90.conf", "[Engine]\nLogLevel=loud\n")
    done = daemon.netvane("configure", "check", check=False)
    assert done.returncode == 1 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 3 and all(line.removeprefix("netvane: ").startswith("/") for line in lines)
    assert re.search(r"/netvane\.conf:3:7: Count=99: ", done.stderr)
    assert re.search(r"/netvane\.conf:4:1: .*Colour", done.stderr)
    assert re.search(r"/90\.conf:2:10: LogLevel=loud: ", done.stderr)
    assert value(daemon, "Text") == "good"


def test_check_takes_a_candidate_in_the_place_of_the_main_file(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=good\n", plugins=plugins("options"))
    candidate = daemon.dir / "candidate"
    candidate.write_text("[Plugin options]\nText=fine\n")
    drop_in(daemon, "10.conf", "[Part one]\nSize=1M\n")
    daemon.netvane("configure", "check", str(candidate))
    candidate.write_text("[Plugin options]\nCount=none\n")
    done = daemon.netvane("configure", "check", str(candidate), check=False)
    assert done.returncode == 1 and "/candidate:2:7: Count=none" in done.stderr
    assert daemon.netvane("configure", "check", "candidate", check=False).returncode == 1
    assert daemon.netvane("configure", "check", "/no/such", check=False).returncode == 1


def test_diff_shows_options_and_what_becomes_of_the_plugins(make_daemon):
    daemon = make_daemon(
        "[Plugin options]\nText=old\n[Plugin serves]\nSecret=hunter2\n[Plugin hello]\nEnabled=no\n"
        "[Part gone]\nSize=5\n",
        plugins=plugins("d-free", "hello", "options", "serves", "user-of-serves"))
    assert daemon.netvane("configure", "diff", json_output=True) == []
    daemon.write_config(
        "[Engine]\nLogLevel=debug\nEventHistory=99\n[Plugin options]\nText=new\n"
        "[Plugin serves]\nSecret=hunter3\n[Plugin d-free]\nEnabled=no\n[Part here]\nSize=6\n")
    rows = daemon.netvane("configure", "diff", json_output=True)
    told = [(row["of"], row.get("section"), row.get("option"), row.get("old"), row.get("new"),
             row["action"]) for row in rows]
    assert told == [
        ("engine", "Engine", "EventHistory", "4096", "99", "at the next start"),
        ("engine", "Engine", "LogLevel", "info", "debug", "at once"),
        ("d-free", "Plugin d-free", "Enabled", "yes", "no", "stop"),
        ("hello", "Plugin hello", "Enabled", "no", "yes", "start"),
        ("options", "Plugin options", "Text", "old", "new", "reload"),
        ("options", "Part here", "Size", None, "6", "reload"),
        ("options", "Part gone", "Size", "5", None, "reload"),
        ("serves", "Plugin serves", "Secret", "(hidden)", "(hidden)", "restart"),
        ("user-of-serves", None, None, None, None, "restart")]
    assert rows[4]["set_at"].endswith("netvane.conf:5")
    assert daemon.netvane("show", "configuration", "diff", json_output=True) == rows
    assert states(daemon)["hello"] == "disabled", "it was opened, not started"

    daemon.netvane("configure", "apply")
    assert [(row["of"], row["option"]) for row in
            daemon.netvane("configure", "diff", json_output=True)] == [("engine", "EventHistory")]
    assert states(daemon) == {"d-free": "disabled", "hello": "running", "options": "running",
                              "serves": "running", "user-of-serves": "running"}


def test_diff_of_a_broken_file_is_its_errors(make_daemon):
    daemon = make_daemon(plugins=plugins("options"))
    daemon.write_config("[Plugin options]\nCount=99\n")
    done = daemon.netvane("configure", "diff", check=False)
    assert done.returncode == 1 and "netvane.conf:2:7: Count=99" in done.stderr


# apply, confirm, rollback


def pending(daemon):
    return daemon.netvane("show", "status", json_output=True).get("rolled_back_in_seconds")


def test_what_is_not_confirmed_is_rolled_back(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=old\nFixed=a\n",
                         plugins=plugins("options", "user-of-options"))
    daemon.write_config("[Plugin options]\nText=new\nFixed=b\n")
    answer = daemon.netvane("configure", "apply", "--confirm", "5s").stdout
    assert "rolled back in 5 s unless" in answer
    assert value(daemon, "Text") == "new"
    daemon.wait_log("^config: not confirmed in time, so rolled back")
    assert (value(daemon, "Text"), value(daemon, "Fixed")) == ("old", "a")
    assert re.findall(r"^options: init: (\w+)", daemon.text(), re.M) == ["old", "new", "old"]
    assert pending(daemon) is None
    late = daemon.netvane("configure", "confirm", check=False)
    assert late.returncode == 1 and "rolled back" in late.stderr
    assert daemon.netvane("configure", "diff", json_output=True), "the files stay as they are"


def test_what_is_confirmed_stays(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=old\n", plugins=plugins("options"))
    daemon.write_config("[Plugin options]\nText=new\n")
    daemon.netvane("configure", "apply", "confirm", "6s")
    assert 0 < pending(daemon) <= 6
    assert re.fullmatch(r"rolled back in [1-6] s unless confirmed",
                        daemon.netvane("configure", "diff", json_output=True)[0]["action"])
    daemon.netvane("configure", "confirm")
    assert pending(daemon) is None
    stays_true(lambda: reloads(daemon) == 1, 6.5, "not rolled back")
    assert value(daemon, "Text") == "new"


def test_rollback_goes_back_at_once_over_all_that_came_since_the_trial_began(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=first\n", plugins=plugins("options"))
    assert daemon.netvane("configure", "rollback", check=False).returncode == 1
    daemon.write_config("[Plugin options]\nText=second\n")
    daemon.netvane("configure", "apply", "confirm", "1h")
    daemon.write_config("[Plugin options]\nText=third\n")
    daemon.reload()
    assert value(daemon, "Text") == "third" and pending(daemon)
    daemon.write_config("[Plugin options]\nText=fourth\n")
    assert "still to be confirmed" in daemon.netvane("configure", "apply").stdout
    daemon.netvane("configure", "apply", "confirm", "30s")
    assert 0 < pending(daemon) <= 30, "the time begins anew"
    daemon.netvane("configure", "rollback")
    assert value(daemon, "Text") == "first" and pending(daemon) is None
    daemon.netvane("reload")
    assert value(daemon, "Text") == "fourth", "a reload reads the files again"


def test_a_daemon_that_ends_during_a_trial_starts_with_the_files(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=old\n", plugins=plugins("options"))
    daemon.write_config("[Plugin options]\nText=new\n")
    daemon.netvane("configure", "apply", "confirm", "1h")
    daemon.stop()
    daemon.start()
    assert value(daemon, "Text") == "new" and pending(daemon) is None


def test_a_plain_apply_can_be_taken_back(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=first\n", plugins=plugins("options"))
    daemon.write_config("[Plugin options]\nText=second\n")
    daemon.netvane("configure", "apply")
    assert value(daemon, "Text") == "second" and pending(daemon) is None
    daemon.netvane("configure", "rollback")
    assert value(daemon, "Text") == "first"


def test_a_refused_apply_changes_nothing_and_waits_for_nothing(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=old\n", plugins=plugins("options"))
    daemon.write_config("[Plugin options]\nCount=99\n")
    done = daemon.netvane("configure", "apply", "confirm", "60s", check=False)
    assert done.returncode == 1
    assert re.search(r"nothing is changed:\n.*netvane\.conf:2:7: Count=99", done.stderr)
    assert pending(daemon) is None and value(daemon, "Text") == "old"
    bad = daemon.netvane("configure", "apply", "confirm", "soon", check=False)
    assert bad.returncode == 1 and "confirm soon" in bad.stderr


def test_an_apply_that_a_plugin_does_not_take_up_is_still_rolled_back(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=old\n[Plugin fails]\nOnFailure=disable\n",
                         plugins=plugins("options", "fails"))
    daemon.write_config("[Plugin options]\nText=new\n"
                        "[Plugin fails]\nOnFailure=abort\nInitError=5\n")
    done = daemon.netvane("configure", "apply", "confirm", "1s", check=False)
    assert done.returncode == 1 and "fails: cannot start" in done.stderr
    daemon.wait_log("^config: not confirmed in time, so rolled back")
    assert value(daemon, "Text") == "old"
    assert states(daemon) == {"options": "running", "fails": "running"}


# plugin enable, disable


def test_a_plugin_is_disabled_until_the_next_start_and_a_reload_keeps_it_so(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=old\n", plugins=plugins("options", "d-free"))
    daemon.write_config("[Plugin options]\nText=new\n")
    answer = daemon.netvane("plugin", "disable", "d-free").stdout
    assert "until netvaned is started anew" in answer and "persist" in answer
    assert states(daemon)["d-free"] == "disabled"
    assert value(daemon, "Text") == "old", "the files were not read"
    assert not daemon.config.with_name("netvane.conf.d").exists()
    daemon.reload()
    assert states(daemon)["d-free"] == "disabled" and value(daemon, "Text") == "new"
    daemon.stop()
    daemon.start()
    assert states(daemon)["d-free"] == "running"


def test_a_plugin_is_disabled_for_good_if_asked(make_daemon):
    daemon = make_daemon(plugins=plugins("d-free"))
    daemon.netvane("plugin", "disable", "d-free", "--persist")
    assert states(daemon)["d-free"] == "disabled"
    daemon.netvane("plugin", "enable", "d-free")
    assert states(daemon)["d-free"] == "running"
    daemon.stop()
    daemon.start()
    assert states(daemon)["d-free"] == "disabled"
    daemon.netvane("plugin", "enable", "d-free", "persist")
    daemon.stop()
    daemon.start()
    assert states(daemon)["d-free"] == "running"


def test_what_cannot_be_enabled_stays_as_it_was(make_daemon):
    daemon = make_daemon("[Plugin options]\nEnabled=no\nCount=99\n", plugins=plugins("options"))
    done = daemon.netvane("plugin", "enable", "options", check=False)
    assert done.returncode == 1 and "netvane.conf:3:7: Count=99" in done.stderr
    daemon.write_config("[Plugin options]\nEnabled=no\n")
    daemon.reload()
    assert states(daemon)["options"] == "disabled", "what failed is not remembered"
