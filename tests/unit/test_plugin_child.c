/* Child processes: what they get, how their output comes, and how they end. */
#include "loop-fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct vane_child *child;
static struct vane_child_status last;

static void on_output(void *user, const char *line, size_t length, uint32_t error)
{
    g_autofree char *text = g_strdup_printf("%s%.*s", error ? "!" : "", (int)length, line);

    hear(text);
}

static void on_length(void *user, const char *line, size_t length, uint32_t error)
{
    g_autofree char *text = g_strdup_printf("%zu%c", length, line[length - 1]);

    hear(text);
}

static void on_exited(void *user, const struct vane_child_status *status)
{
    last = *status;
    hear("END");
}

static int start(struct fixture *f, struct vane_spawn spawn, const char *script)
{
    const char *const arguments[] = {"sh", "-c", script, NULL};

    spawn.size = sizeof(spawn);
    spawn.path = "/bin/sh";
    spawn.arguments = arguments;
    spawn.output = spawn.output ? spawn.output : on_output;
    spawn.exited = on_exited;
    return loop->spawn(&f->self, &spawn, &child);
}

static void run_script(struct fixture *f, struct vane_spawn spawn, const char *script,
                       const char *expected)
{
    assert_int_equal(start(f, spawn, script), 0);
    run_until_heard(f, expected);
}

static void test_output_comes_in_lines_before_the_end(void **state)
{
    struct fixture *f = *state;

    run_script(f, (struct vane_spawn){0}, "echo one; echo; printf two; exit 3", "one  two END");
    assert_int_equal(last.exit_status, 3);
    assert_int_equal(last.signal, 0);
    assert_int_equal(last.timed_out, 0);
    assert_true(last.duration_ns > 0);
    assert_null(f->self.ledger.newest);
}

static void test_standard_error_is_marked(void **state)
{
    run_script(*state, (struct vane_spawn){0}, "echo bad >&2", "!bad END");
}

static void test_long_lines_come_in_pieces(void **state)
{
    struct vane_spawn spawn = {.output = on_length};

    run_script(*state, spawn, "printf '%020000d\\nx\\n' 7", "81920 81920 36167 1x END");
}

static void test_a_child_leads_its_own_group_and_reads_nothing(void **state)
{
    run_script(*state, (struct vane_spawn){0},
               "set -- $(cat /proc/$$/stat); [ $5 = $$ ] && echo leads; cat; ls -x /proc/$$/fd",
               "leads 0  1  2 END");
}

/* (32 and 33 are the C library's own.) */
static void test_signals_are_as_a_shell_expects_them(void **state)
{
    sigset_t mask, before;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_BLOCK, &mask, &before);
    run_script(*state, (struct vane_spawn){0},
               "exec grep -c -E 'SigBlk:.0{16}$|SigIgn:.0{7}[01][08]0{7}$' /proc/self/status",
               "2 END");
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGPIPE, SIG_DFL);
}

static void test_the_environment_is_the_daemons_without_what_is_private(void **state)
{
    const char *const more[] = {"OURS=replaced", "MORE=added", NULL};
    struct vane_spawn spawn = {.environment = more};

    g_setenv("NOTIFY_SOCKET", "/run/x", TRUE);
    g_setenv("WATCHDOG_USEC", "1", TRUE);
    g_setenv("LISTEN_FDS", "1", TRUE);
    g_setenv("OURS", "inherited", TRUE);
    g_setenv("LISTENER", "kept", TRUE);
    run_script(*state, spawn, "echo $NOTIFY_SOCKET$WATCHDOG_USEC$LISTEN_FDS $OURS $MORE $LISTENER",
               "replaced added kept END");
    for (unsigned i = 0; i < 5; i++)
        g_unsetenv((const char *[]){"NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "OURS",
                                    "LISTENER"}[i]);
}

static void test_a_clean_environment_has_only_what_is_given(void **state)
{
    struct fixture *f = *state;
    const char *const only[] = {"A=1", NULL};
    const char *const arguments[] = {"env", NULL};
    struct vane_spawn spawn = {.size = sizeof(spawn),
                               .flags = VANE_SPAWN_CLEAN_ENVIRONMENT,
                               .path = "/usr/bin/env",
                               .arguments = arguments,
                               .environment = only,
                               .output = on_output,
                               .exited = on_exited};

    assert_int_equal(loop->spawn(&f->self, &spawn, NULL), 0);
    run_until_heard(f, "A=1 END");
}

static void test_the_working_directory_is_as_asked(void **state)
{
    struct vane_spawn spawn = {.directory = "/usr"};

    run_script(*state, spawn, "pwd", "/usr END");
}

static void test_what_cannot_run_is_an_error_at_once(void **state)
{
    struct fixture *f = *state;
    struct vane_spawn spawn = {.size = sizeof(spawn), .path = "/nowhere/nothing"};

    assert_int_equal(loop->spawn(&f->self, &spawn, &child), -ENOENT);
    spawn.path = "/etc/passwd";
    assert_int_equal(loop->spawn(&f->self, &spawn, &child), -EACCES);
    spawn.path = "relative";
    assert_int_equal(loop->spawn(&f->self, &spawn, &child), -EINVAL);
    spawn = (struct vane_spawn){.size = 8, .path = "/bin/true"};
    assert_int_equal(loop->spawn(&f->self, &spawn, &child), -EINVAL);
    assert_null(f->self.ledger.newest);
}

static void test_a_timeout_ends_the_child_with_a_word(void **state)
{
    struct vane_spawn spawn = {.timeout_ms = 2000, .kill_delay_ms = 5000};

    run_script(
        *state, spawn,
        "exec 2>/dev/null; trap 'echo term; exit 9' TERM; echo up; while :; do sleep 0.01; done",
        "up term END");
    assert_int_equal(last.exit_status, 9);
    assert_int_equal(last.timed_out, 1);
}

static void test_who_ignores_the_word_is_killed(void **state)
{
    struct vane_spawn spawn = {.timeout_ms = 2000, .kill_delay_ms = 50};

    run_script(*state, spawn, "trap '' TERM; echo up; while :; do sleep 0.01; done", "up END");
    assert_int_equal(last.exit_status, -1);
    assert_int_equal(last.signal, SIGKILL);
    assert_int_equal(last.timed_out, 1);
}

static int process_runs(int pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) && !strstr(text, ") Z ");
}

/* The group's leader obeys SIGTERM, another member does not: it is killed all the same. */
static void test_a_timeout_ends_the_whole_group(void **state)
{
    struct fixture *f = *state;
    struct vane_spawn spawn = {.timeout_ms = 2000, .kill_delay_ms = 50};
    uint64_t deadline = vane_monotonic_ns() + 30000000000u;
    int other;

    assert_int_equal(
        start(f, spawn, "(trap '' TERM; while :; do sleep 0.01; done) & echo $!; wait"), 0);
    while (!strstr(f->heard->str, "END"))
        uv_run(&f->engine.loop, UV_RUN_ONCE);
    assert_int_equal(last.timed_out, 1);
    other = atoi(f->heard->str);
    assert_true(other > 1);
    while (process_runs(other) && vane_monotonic_ns() < deadline)
        uv_run(&f->engine.loop, UV_RUN_NOWAIT);
    assert_false(process_runs(other));
}

static void test_a_background_process_that_keeps_the_output_open_does_not_delay_the_end(
    void **state)
{
    struct fixture *f = *state;
    uint64_t started = vane_monotonic_ns();

    run_script(f, (struct vane_spawn){0}, "sleep 10 & printf up", "up END");
    assert_true(vane_monotonic_ns() - started < 8000000000u);
    assert_non_null(f->self.ledger.newest); /* its output is still read ... */
    assert_int_equal(revoke_all(f), 0);     /* ... which is nobody's fault */
    assert_null(f->self.ledger.newest);
    vane_poster_admit(&f->self);
}

static void test_a_signal_goes_to_the_group(void **state)
{
    struct fixture *f = *state;
    int64_t pid;

    assert_int_equal(start(f, (struct vane_spawn){0}, "echo up; sleep 1000; echo no"), 0);
    run_until_heard(f, "up");
    assert_int_equal(loop->child_pid(&f->self, child, &pid), 0);
    assert_true(process_runs((int)pid));
    assert_int_equal(loop->child_kill(&f->self, child, SIGKILL), 0);
    run_until_heard(f, "up END");
    assert_int_equal(last.signal, SIGKILL);
    assert_int_equal(last.timed_out, 0);
}

static void test_revocation_ends_the_group_and_is_silent(void **state)
{
    struct fixture *f = *state;
    int64_t pid;

    assert_int_equal(start(f, (struct vane_spawn){.timeout_ms = 60000}, "echo up; sleep 1000"), 0);
    run_until_heard(f, "up");
    loop->child_pid(&f->self, child, &pid);
    assert_int_equal(revoke_all(f), 1);
    assert_false(process_runs((int)pid));
    run_for(f, 5);
    assert_string_equal(f->heard->str, "up");
}

static void test_many_children_leave_no_descriptor_behind(void **state)
{
    struct fixture *f = *state;
    GDir *before, *after;
    unsigned counts[2] = {0, 0};

    run_script(f, (struct vane_spawn){0}, "exit 0", "END");
    run_for(f, 2);
    before = g_dir_open("/proc/self/fd", 0, NULL);
    while (g_dir_read_name(before))
        counts[0]++;
    g_dir_close(before);
    for (unsigned i = 0; i < 20; i++) {
        g_string_truncate(f->heard, 0);
        run_script(f, (struct vane_spawn){0}, "exit 0", "END");
    }
    run_for(f, 2);
    after = g_dir_open("/proc/self/fd", 0, NULL);
    while (g_dir_read_name(after))
        counts[1]++;
    g_dir_close(after);
    assert_int_equal(counts[0], counts[1]);
}

/* ---- lines ---- */

static void on_piece(void *user, const char *text, size_t length)
{
    g_string_append_printf(user, "[%.*s]", (int)length, text);
}

static void on_size(void *user, const char *text, size_t length)
{
    g_string_append_printf(user, "[%zu]", length);
}

static void feed(struct vane_line_splitter *lines, GString *result, const char *bytes)
{
    vane_line_feed(lines, bytes, strlen(bytes), on_piece, result);
}

static void test_lines_are_the_same_however_they_arrive(void **state)
{
    static const char text[] = "one\n\ntwo words\nlast";
    g_autoptr(GString) whole = g_string_new(NULL), single = g_string_new(NULL);
    struct vane_line_splitter a = {0}, b = {0};

    feed(&a, whole, text);
    vane_line_finish(&a, on_piece, whole);
    for (size_t i = 0; i < strlen(text); i++)
        vane_line_feed(&b, text + i, 1, on_piece, single);
    vane_line_finish(&b, on_piece, single);
    assert_string_equal(whole->str, "[one][][two words][last]");
    assert_string_equal(single->str, whole->str);
}

static void assert_pieces(size_t length, const char *expected)
{
    g_autoptr(GString) result = g_string_new(NULL);
    g_autofree char *line = g_strnfill(length, 'x');
    struct vane_line_splitter lines = {0};

    vane_line_feed(&lines, line, length, on_size, result);
    vane_line_feed(&lines, "\n\n", 2, on_size, result);
    vane_line_finish(&lines, on_size, result);
    assert_string_equal(result->str, expected);
}

static void test_a_line_of_exactly_the_limit_ends_without_an_empty_one(void **state)
{
    assert_pieces(VANE_LINE_MAX - 1, "[8191][0]");
    assert_pieces(VANE_LINE_MAX, "[8192][0]");
    assert_pieces(VANE_LINE_MAX + 1, "[8192][1][0]");
    assert_pieces(2 * VANE_LINE_MAX, "[8192][8192][0]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_output_comes_in_lines_before_the_end),
        TEST(test_standard_error_is_marked),
        TEST(test_long_lines_come_in_pieces),
        TEST(test_a_child_leads_its_own_group_and_reads_nothing),
        TEST(test_signals_are_as_a_shell_expects_them),
        TEST(test_the_environment_is_the_daemons_without_what_is_private),
        TEST(test_a_clean_environment_has_only_what_is_given),
        TEST(test_the_working_directory_is_as_asked),
        TEST(test_what_cannot_run_is_an_error_at_once),
        TEST(test_a_timeout_ends_the_child_with_a_word),
        TEST(test_who_ignores_the_word_is_killed),
        TEST(test_a_timeout_ends_the_whole_group),
        TEST(test_a_background_process_that_keeps_the_output_open_does_not_delay_the_end),
        TEST(test_a_signal_goes_to_the_group),
        TEST(test_revocation_ends_the_group_and_is_silent),
        TEST(test_many_children_leave_no_descriptor_behind),
        cmocka_unit_test(test_lines_are_the_same_however_they_arrive),
        cmocka_unit_test(test_a_line_of_exactly_the_limit_ends_without_an_empty_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
