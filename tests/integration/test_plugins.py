"""Plugins in the running daemon: order, failures, and what becomes of those that misbehave."""

import os
import re
import signal
import socket
import subprocess

import pytest

from harness.daemon import build_dir

pytestmark = pytest.mark.sandbox(networkd=False, veths=0)
SAID = re.compile(r"^(\S+): (init|shutdown)$", re.M)


def test_plugins(*names):
    return [build_dir() / "tests/plugins" / f"{name}.so" for name in names]


test_plugins.__test__ = False


def states(daemon):
    return {plugin["name"]: plugin["state"]
            for plugin in daemon.netvane("show", "plugins", json_output=True)}


def said(daemon, what):
    return [name for name, word in SAID.findall(daemon.text()) if word == what]


# Order


def test_requirements_come_first_and_shutdown_is_the_reverse(make_daemon):
    daemon = make_daemon(plugins=test_plugins("a-last", "b-mid", "c-first", "d-free"))
    daemon.stop()
    assert said(daemon, "init") == ["c-first", "b-mid", "a-last", "d-free"]
    assert said(daemon, "shutdown") == ["d-free", "a-last", "b-mid", "c-first"]


def test_a_disabled_plugin_is_not_opened(make_daemon):
    # silent.so would be refused if it were opened.
    daemon = make_daemon("[Plugin silent]\nEnabled=no\n", plugins=test_plugins("silent", "hello"))
    daemon.wait_log("^hello: hello$")
    assert states(daemon) == {"hello": "running", "silent": "disabled"}
    assert "refused" not in daemon.text()


def test_init_and_shutdown_may_take_their_time(make_daemon):
    daemon = make_daemon(plugins=test_plugins("later"))
    daemon.wait_log("^later: init completes$")
    assert states(daemon)["later"] == "running"
    daemon.stop()
    assert "later: shutdown completes" in daemon.text()
    assert "later: shutdown has time" in daemon.text()
    assert "answers" not in daemon.text(), "done() is taken once, and refused the second time"


def test_done_may_come_from_a_callback_that_is_revoked_next(make_daemon):
    daemon = make_daemon(plugins=test_plugins("d-free", "done-in-output"))
    daemon.stop()
    assert said(daemon, "shutdown") == ["d-free"]


def test_a_plugin_that_was_stopped_may_start_again(make_daemon):
    daemon = make_daemon(plugins=test_plugins("options", "user-of-options"))
    daemon.netvane("plugin", "disable", "user-of-options")
    daemon.wait_log("^user-of-options: shutdown$")
    assert states(daemon) == {"options": "running", "user-of-options": "disabled"}
    daemon.netvane("plugin", "enable", "user-of-options")
    daemon.wait_log("^user-of-options: init$", count=2)
    assert states(daemon) == {"options": "running", "user-of-options": "running"}


def test_what_requires_a_restarted_plugin_is_restarted_around_it(make_daemon):
    daemon = make_daemon("[Plugin options]\nFixed=a\n",
                         plugins=test_plugins("options", "user-of-options"))
    daemon.write_config("[Plugin options]\nFixed=b\n")
    daemon.reload()
    daemon.wait_log("^user-of-options: init$", count=2)
    order = re.findall(r"^(\S+): (init|shutdown)\b", daemon.text(), re.M)
    assert order == [("options", "init"), ("user-of-options", "init"),
                     ("user-of-options", "shutdown"), ("options", "shutdown"),
                     ("options", "init"), ("user-of-options", "init")]


# Failures of init and shutdown


def test_a_failing_init_ends_the_start_and_what_ran_is_shut_down(make_daemon):
    daemon = make_daemon("[Plugin fails]\nInitError=5\n",
                         plugins=test_plugins("d-free", "fails", "hello"), start=False)
    daemon.start(ready=False)
    assert daemon.exit_status() == 1
    assert "fails: error: cannot start: Input/output error" in daemon.text()
    assert said(daemon, "shutdown") == ["d-free"], "what was not initialised is not shut down"
    assert "hello: hello" not in daemon.text()


def test_on_failure_disable_goes_on_without_it(make_daemon):
    daemon = make_daemon("[Plugin fails]\nInitError=5\nOnFailure=disable\n",
                         plugins=test_plugins("fails", "hello"))
    assert states(daemon) == {"fails": "failed", "hello": "running"}
    daemon.wait_log("degraded: plugin fails has failed")


def test_a_plugin_that_cannot_start_at_a_reload_keeps_nobody_else_from_it(make_daemon):
    off = "Enabled=no\n"
    daemon = make_daemon(f"[Plugin fails]\n{off}[Plugin hello]\n{off}",
                         plugins=test_plugins("d-free", "fails", "hello"))
    daemon.write_config("[Plugin fails]\nInitError=5\n")
    done = daemon.netvane("reload", check=False)
    assert done.returncode == 1 and "fails: cannot start: Input/output error" in done.stderr
    assert states(daemon) == {"d-free": "running", "fails": "failed", "hello": "running"}


def test_what_lacks_a_requirement_is_not_said_to_be_restarted(make_daemon):
    daemon = make_daemon("[Plugin fails]\nInitError=5\nOnFailure=disable\n",
                         plugins=test_plugins("fails", "user-of-fails"))
    done = daemon.netvane("plugin", "restart", "user-of-fails", check=False)
    assert done.returncode == 1 and "it requires the plugin fails" in done.stderr, done
    failed = [event["payload"] for event in
              daemon.netvane("show", "events", "topic", "plugin.failed", json_output=True)
              if event["payload"]["plugin"] == "user-of-fails"]
    assert len(failed) == 2, "one of the start and one of the restart"
    assert failed[1]["reason"].endswith("which is not running")
    daemon.write_config("")
    daemon.reload()
    assert states(daemon) == {"fails": "running", "user-of-fails": "running"}


def test_not_on_this_system_is_one_quiet_line(make_daemon):
    daemon = make_daemon("[Plugin fails]\nInitError=95\n", plugins=test_plugins("fails", "hello"))
    assert states(daemon) == {"fails": "unavailable", "hello": "running"}
    lines = [line for line in daemon.text().splitlines() if line.startswith("fails:")]
    assert len(lines) == 1 and "flux capacitor" in lines[0] and "error" not in lines[0]
    assert "degraded" not in daemon.text()


def test_an_init_that_never_completes_fails_at_its_deadline(make_daemon):
    daemon = make_daemon("[Engine]\nStartTimeout=200ms\n[Plugin later]\nInitDelay=infinity\n"
                         "OnFailure=disable\n", plugins=test_plugins("later"))
    daemon.wait_log("later: error: cannot start: no answer within StartTimeout")
    assert states(daemon)["later"] == "failed"


def test_a_stop_in_the_middle_of_a_reload_does_not_end_in_readiness(make_daemon):
    daemon = make_daemon("[Plugin later]\nShutdownDelay=700ms\n", plugins=test_plugins("later"))
    daemon.write_config("[Plugin later]\nShutdownDelay=700ms\nInitDelay=1ms\n")
    daemon.signal(signal.SIGHUP)
    daemon.wait_log("later: shutdown has time")
    daemon.stop()
    assert daemon.notify.count("STOPPING", "1") == 1
    assert daemon.notify.count("READY") == 1 and daemon.notify.last("STATUS") == "Shutting down"


def test_errors_of_shutdowns_are_collected_and_all_are_shut_down(make_daemon):
    daemon = make_daemon("[Engine]\nShutdownTimeout=200ms\n[Plugin fails]\nShutdownError=5\n"
                         "[Plugin later]\nShutdownDelay=infinity\n",
                         plugins=test_plugins("a-last", "b-mid", "c-first", "fails", "later"))
    daemon.signal(signal.SIGTERM)
    assert daemon.exit_status() == 1
    text = daemon.text()
    assert "later: error: did not shut down cleanly: no answer within ShutdownTimeout" in text
    assert "fails: error: did not shut down cleanly: Input/output error" in text
    assert said(daemon, "shutdown") == ["fails", "a-last", "b-mid", "c-first"]


def test_shutdown_waits_for_work_under_way(make_daemon):
    daemon = make_daemon("[Engine]\nLogLevel=debug\n", plugins=test_plugins("d-free", "slow-work"))
    daemon.stop()
    assert re.findall(r"^slow-work: (.*)$|^d-free: (shutdown)$", daemon.text(), re.M)[-4:] == [
        ("shutdown", ""), ("work ends", ""), ("stopped", ""), ("", "shutdown")]


def test_work_that_never_ends_does_not_keep_the_daemon(make_daemon):
    daemon = make_daemon("[Engine]\nShutdownTimeout=200ms\n[Plugin slow-work]\nHold=1h\n",
                         plugins=test_plugins("d-free", "slow-work"))
    daemon.signal(signal.SIGTERM)
    assert daemon.exit_status() == 1
    assert "slow-work: error: did not shut down cleanly" in daemon.text()
    assert said(daemon, "shutdown") == ["slow-work", "d-free"]


# Plugins that misbehave while they run


def test_who_holds_the_loop_is_named(make_daemon):
    daemon = make_daemon("[Engine]\nStallWarning=100ms\n[Plugin stall]\nHold=600ms\n",
                         plugins=test_plugins("stall"))
    daemon.wait_log(r"^stall: warning: holds the loop for \d+ ms in its timer callback")


def test_who_hangs_in_shutdown_is_named_and_the_process_ends(make_daemon):
    daemon = make_daemon("[Engine]\nShutdownTimeout=300ms\n", plugins=test_plugins("hang"))
    daemon.signal(signal.SIGTERM)
    assert daemon.exit_status() != 0
    assert re.search(r"^hang: error: blocks in its shutdown callback", daemon.text(), re.M)


def test_a_crash_names_the_plugin_and_the_third_brings_quarantine(make_daemon):
    daemon = make_daemon(plugins=test_plugins("crash", "hello"), start=False,
                         env={"ASAN_OPTIONS": "handle_segv=0"})
    for _ in range(3):
        assert daemon.start(ready=False).exit_status() == -signal.SIGSEGV
    assert daemon.text().count("crash: error: crashed with signal 11 in its event callback\n") == 3
    daemon.start()
    assert states(daemon) == {"crash": "quarantined", "hello": "running"}
    daemon.wait_log("crash is in quarantine")

    daemon.netvane("plugin", "reset", "crash")
    assert daemon.exit_status() == -signal.SIGSEGV
    assert daemon.start(ready=False).exit_status() == -signal.SIGSEGV


def test_leftovers_are_revoked_and_named(make_daemon):
    daemon = make_daemon(plugins=test_plugins("leak"))
    daemon.wait(lambda: (daemon.runtime_dir / "leak").exists(), "the port")
    child = int(subprocess.run(["pgrep", "-P", str(daemon.process.pid), "-x", "sleep"],
                               capture_output=True, text=True).stdout)
    daemon.stop()
    line = re.search(r"^leak: warning: left (\d+) resources behind at shutdown \((.*)\); revoked$",
                     daemon.text(), re.M)
    assert int(line[1]) == 5
    assert sorted(line[2].split(", ")) == ["child process", "port", "subscription", "timer",
                                           "watch"]
    assert not os.path.exists(f"/proc/{child}")
    assert not (daemon.runtime_dir / "leak").exists()


# What each table does for a plugin


def test_calls_from_other_threads_are_refused_and_posts_taken(make_daemon):
    daemon = make_daemon(plugins=test_plugins("threads"))
    daemon.wait_log("^threads: 5 refusals, post runs on the loop$")
    daemon.wait_log("^threads: work runs elsewhere, ends on the loop$")


def test_publishing_in_a_callback_queues(make_daemon):
    daemon = make_daemon(plugins=test_plugins("recursion"))
    daemon.wait_log("^recursion: 5 events, depth 1$")


def test_replay_is_followed_by_what_is_live(make_daemon):
    daemon = make_daemon(plugins=test_plugins("replay"))
    daemon.wait_log("^replay: 4 events without holes$")


def test_a_full_queue_loses_the_oldest_or_ends_a_strict_subscription(make_daemon):
    daemon = make_daemon(plugins=test_plugins("strict"))
    daemon.wait_log("^strict: strict ends with ENOBUFS$")
    daemon.wait_log("^strict: lossy receives$", count=2)
    assert re.findall(r"^strict: (lossy .*|strict .*)$", daemon.text(), re.M) == [
        "lossy loses 3", "lossy receives", "lossy receives", "strict ends with ENOBUFS"]


def test_a_port_serves_clients(make_daemon):
    daemon = make_daemon(plugins=test_plugins("echo"))
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(daemon.runtime_dir / "echo"))
        client.sendall(b"ping")
        assert client.recv(16) == b"ping"


def test_a_service_comes_and_goes(make_daemon):
    daemon = make_daemon(plugins=test_plugins("consumer", "provider"))
    daemon.wait_log("^consumer: the adder is gone$")
    assert "consumer: 2 and 3 are 5" in daemon.text()


def test_a_gatekeeper_decides(make_daemon):
    daemon = make_daemon(plugins=test_plugins("gatekeeper"))
    daemon.wait_log("^gatekeeper: remote test.other: ")
    assert re.findall(r"^gatekeeper: (\w+) (\S+): (\d) by ([\w-]+)", daemon.text(), re.M) == [
        ("local", "test.forbidden", "1", "no-gatekeeper"),
        ("local", "test.forbidden", "0", "no-test"),
        ("local", "test.other", "1", "default"),
        ("remote", "test.other", "0", "default")]


def test_links_are_read_and_created(make_daemon, sandbox):
    daemon = make_daemon(plugins=test_plugins("links"))
    daemon.wait_log("^links: create: ", count=2)
    assert "links: ready 1" in daemon.text()
    assert f"links: link lo {sandbox.ifindex('lo')}" in daemon.text()
    assert re.search(r"^links: create: 0 *$", daemon.text(), re.M), "the bridge"
    assert re.search(r"^links: create: -17 ", daemon.text(), re.M), "a second lo: EEXIST"
    assert sandbox.ifindex("br-test") > 0


def test_a_link_is_asked_for_and_changed_only_while_it_is_what_it_was(make_daemon, sandbox):
    daemon = make_daemon(plugins=test_plugins("links"))
    daemon.wait_log("^links: afterwards: ")
    lines = [line for line in daemon.text().splitlines() if line.startswith("links: ")]
    assert "links: by name: 0 1 a mark" in lines and "links: by index: 0 1 a mark" in lines
    count = len(sandbox.ip("-o link").splitlines())
    assert f"links: all: 0 {count + 1} " in lines, "all that are there now, and the one that was"
    assert "links: delete another: -116" in lines, "ESTALE"
    assert "links: delete it: 0" in lines
    assert "links: afterwards: -19 0 " in lines, "ENODEV"


def test_a_plugin_may_be_written_in_cxx(make_daemon):
    daemon = make_daemon(plugins=test_plugins("cxx-life"))
    daemon.wait_log("^cxx-life: hears hello$")


def test_golden_plugins_find_every_table_working(make_daemon):
    golden = sorted(path.stem for path in (build_dir() / "tests/plugins").glob("golden-*.so"))
    assert golden
    daemon = make_daemon(plugins=test_plugins(*golden))
    for name in golden:
        daemon.wait_log(f"^{name}: every table works$")
    daemon.stop()
    assert "left " not in daemon.text()


# Options


def test_options_are_checked_and_read(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=some text\nCount=7\nWait=1min\nWords=a b, c\n"
                         "[Part one]\nSize=2M\n[Part two]\n", plugins=test_plugins("options"),
                         args=["-F"])
    daemon.wait_log("^options: init: some text 7 60000000 3 words fast 1$")
    daemon.wait_log("^options: section Part one has 2097152$")
    daemon.wait_log("^options: section Part two has 1024$")
    daemon.wait_log("^options: wrong questions are refused$")


def test_a_reload_is_taken_up_or_refused(make_daemon):
    daemon = make_daemon("[Plugin options]\nText=first\n", plugins=test_plugins("options"))
    daemon.wait_log("^options: init: first 3 2000000 -1 words fast 0$")
    daemon.write_config("[Plugin options]\nText=second\n")
    daemon.reload()
    daemon.wait_log("^options: reload: second ")
    daemon.write_config("[Plugin options]\nText=refuse me\n")
    daemon.reload()
    daemon.wait_log("^options: error: cannot take up its new configuration")
    daemon.write_config("[Plugin options]\nCount=99\nNumber=1\n")
    daemon.reload()
    daemon.wait_log(r"^engine: error: not reloaded: \S*netvane\.conf:2:7: Count=99: ")
    daemon.wait_log(r"^engine: error: not reloaded: \S*netvane\.conf:3:1: .*Number=")
    assert "shutdown" not in "".join(line for line in daemon.text().splitlines()
                                     if line.startswith("options:"))


def test_an_option_may_ask_for_a_restart(make_daemon):
    daemon = make_daemon("[Plugin options]\nFixed=a\n", plugins=test_plugins("options"))
    daemon.write_config("[Plugin options]\nFixed=b\n")
    daemon.reload()
    daemon.wait_log("^options: init: ", count=2)
    assert said(daemon, "shutdown") == ["options"]
