/* The commands of "configure" and "plugin", asked directly: what they take, and whom they refuse.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "engine/commands/builtin.h"
#include "engine/engine.h"

/* What the host was asked last. */
struct fixture {
    struct vane_engine engine;
    struct vane_builtin_host host;
    char *candidate;
    int64_t confirm;
    enum vane_plugin_action action;
    int error;
    char *text;
};

static int fake_check(void *user, const char *candidate, char **text)
{
    struct fixture *fixture = user;

    g_free(fixture->candidate);
    fixture->candidate = g_strdup(candidate ? candidate : "none");
    *text = g_strdup("");
    return 0;
}

static int fake_apply(void *user, int64_t confirm_usec, vane_builtin_done done, void *data)
{
    ((struct fixture *)user)->confirm = confirm_usec;
    done(data, 0, "applied");
    return 0;
}

static int fake_plugin(void *user, unsigned index, struct vane_plugin_status *status)
{
    *status = (struct vane_plugin_status){.name = "acme", .state = "running", .path = "/x"};
    return index == 0 ? 0 : -ENOENT;
}

static int fake_action(void *user, enum vane_plugin_action action, const char *name,
                       vane_builtin_done done, void *data)
{
    ((struct fixture *)user)->action = action;
    done(data, 0, "done");
    return 0;
}

static int setup(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);

    uv_loop_init(&fixture->engine.loop);
    fixture->engine.thread = uv_thread_self();
    fixture->host = (struct vane_builtin_host){.user = fixture,
                                               .plugin = fake_plugin,
                                               .plugin_action = fake_action,
                                               .configure_check = fake_check,
                                               .configure_apply = fake_apply};
    assert_int_equal(vane_command_registry_new(&fixture->engine, &fixture->engine.commands), 0);
    assert_int_equal(vane_builtin_add(&fixture->engine, &fixture->host), 0);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    vane_command_registry_free(fixture->engine.commands);
    uv_run(&fixture->engine.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->engine.loop), 0);
    g_free(fixture->candidate);
    g_free(fixture->text);
    g_free(fixture);
    return 0;
}

static void on_done(void *user, int error, const char *text, size_t length)
{
    struct fixture *fixture = user;

    fixture->error = error;
    g_free(fixture->text);
    fixture->text = g_strndup(text, length);
}

static int ask(struct fixture *fixture, int64_t uid, const char *line)
{
    const struct vane_asker asker = {.uid = uid, .privileged = true};
    g_auto(GStrv) words = g_strsplit(line, "_", -1);

    fixture->error = 1;
    assert_int_equal(vane_command_execute(fixture->engine.commands, (const char *const *)words,
                                          g_strv_length(words), &asker, on_done, fixture, NULL),
                     0);
    return fixture->error;
}

static void test_only_root_may_have_any_file_read(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ask(fixture, 1000, "configure_check"), 0);
    assert_string_equal(fixture->candidate, "none");
    assert_int_equal(ask(fixture, 1000, "configure_check_/etc/shadow"), -EACCES);
    assert_int_equal(ask(fixture, -1, "configure_check_/etc/shadow"), -EACCES);
    assert_string_equal(fixture->candidate, "none");
    assert_int_equal(ask(fixture, 0, "configure_check_/etc/new.conf"), 0);
    assert_string_equal(fixture->candidate, "/etc/new.conf");
    assert_int_equal(ask(fixture, 0, "configure_check_new.conf"), -EINVAL);
}

static void test_a_trial_takes_a_time_between_a_second_and_a_day(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ask(fixture, 0, "configure_apply"), 0);
    assert_int_equal(fixture->confirm, 0);
    assert_int_equal(ask(fixture, 0, "configure_apply_confirm_1min 30s"), 0);
    assert_int_equal(fixture->confirm, 90000000);
    assert_int_equal(ask(fixture, 0, "configure_apply_--confirm_60"), 0);
    assert_int_equal(fixture->confirm, 60000000);
    assert_int_equal(ask(fixture, 0, "configure_apply_confirm_999ms"), -EINVAL);
    assert_int_equal(ask(fixture, 0, "configure_apply_confirm_25h"), -EINVAL);
    assert_int_equal(ask(fixture, 0, "configure_apply_confirm_infinity"), -EINVAL);
    assert_int_equal(ask(fixture, 0, "configure_apply_confirm_soon"), -EINVAL);
    assert_non_null(strstr(fixture->text, "confirm soon: "));
    assert_int_equal(fixture->confirm, 60000000);
    assert_int_equal(ask(fixture, 0, "configure_apply_confirm"), VANE_COMMAND_INCOMPLETE);
}

static void test_only_persist_makes_it_last(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ask(fixture, 0, "plugin_enable_acme"), 0);
    assert_int_equal(fixture->action, VANE_PLUGIN_ENABLE);
    assert_int_equal(ask(fixture, 0, "plugin_disable_acme"), 0);
    assert_int_equal(fixture->action, VANE_PLUGIN_DISABLE);
    assert_int_equal(ask(fixture, 0, "plugin_enable_acme_persist"), 0);
    assert_int_equal(fixture->action, VANE_PLUGIN_ENABLE_PERSISTENT);
    assert_int_equal(ask(fixture, 0, "plugin_disable_acme_--persist"), 0);
    assert_int_equal(fixture->action, VANE_PLUGIN_DISABLE_PERSISTENT);
}

static void test_an_engine_without_the_part_says_so(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ask(fixture, 0, "configure_diff"), -EOPNOTSUPP);
    assert_int_equal(ask(fixture, 0, "configure_confirm"), -EOPNOTSUPP);
    assert_int_equal(ask(fixture, 0, "configure_rollback"), -EOPNOTSUPP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_root_may_have_any_file_read),
        TEST(test_a_trial_takes_a_time_between_a_second_and_a_day),
        TEST(test_only_persist_makes_it_last),
        TEST(test_an_engine_without_the_part_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
