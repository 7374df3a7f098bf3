/* What a reload changes and keeps, and what people are shown. */
#include "config-fixture.h"

#include <errno.h>

/* The changes from one configuration to the next, as text: "scripts webhook!" (! is a restart). */
static char *changes_between(const struct load *old, const struct load *new)
{
    g_autoptr(GPtrArray) changes =
        vane_configuration_changed_plugins(old->configuration, new->configuration);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < changes->len; i++) {
        const struct vane_plugin_change *change = changes->pdata[i];

        g_string_append_printf(text, "%s%s%s%s%s", text->len ? " " : "", change->plugin,
                               change->was_enabled ? "" : " up", change->is_enabled ? "" : " down",
                               change->restart ? "!" : "");
    }
    return g_string_free(text, FALSE);
}

static void assert_changes(struct files *files, const char *before, const char *after,
                           const char *expected)
{
    g_autofree char *changes = NULL;

    put(files, "netvane.conf", before);
    LOAD old = load(files);
    put(files, "netvane.conf", after);
    LOAD new = load(files);
    assert_fine(&old);
    assert_fine(&new);
    changes = changes_between(&old, &new);
    assert_string_equal(changes, expected);
}

static void test_only_plugins_with_other_effective_values_have_changed(void **state)
{
    struct files *f = *state;

    assert_changes(f, "", "", "");
    assert_changes(f, "", "[Plugin scripts]\nTimeout=5s\n", "scripts");
    assert_changes(f, "", "[Plugin scripts]\nStartupTriggers=yes\n", "scripts!");
    assert_changes(f, "[Webhook a]\nUrl=1\n", "[Webhook a]\nUrl=2\n", "webhook");
    assert_changes(f, "[Webhook a]\nUrl=1\n", "[Webhook b]\nUrl=1\n", "webhook");
    assert_changes(f, "[Webhook a]\n", "", "webhook");
    assert_changes(f, "", "[Plugin scripts]\nEnabled=no\n", "scripts down");
    assert_changes(f, "[Plugin scripts]\nEnabled=no\n", "", "scripts up");
    assert_changes(f, "[Plugin scripts]\nEnabled=no\n", "[Plugin scripts]\nEnabled=no\nTimeout=1\n",
                   "");
}

static void test_other_spellings_of_a_value_are_no_change(void **state)
{
    struct files *f = *state;

    assert_changes(f, "[Plugin scripts]\nTimeout=90s\n", "[Plugin scripts]\nTimeout=1min 30s\n",
                   "");
    assert_changes(f, "[Plugin scripts]\nStartupTriggers=no\n",
                   "[Plugin scripts]\nStartupTriggers=off\n", "");
    assert_changes(f, "[Plugin scripts]\nTags=a b\n", "[Plugin scripts]\nTags=a,b\n", "");
    assert_changes(f, "", "[Plugin scripts]\nTimeout=90\nEnabled=yes\nOnFailure=disable\n", "");
    assert_changes(f, "[Plugin scripts]\nTags=\n", "", "scripts");
}

static void test_values_of_unchanged_plugins_stay_where_they_are(void **state)
{
    const char *before, *after, *old_url, *new_url;

    put(*state, "netvane.conf", "[Plugin scripts]\nUser=me\n[Webhook a]\nUrl=1\n");
    LOAD old = load(*state);
    before = string_of(&old, "scripts", NULL, "User");
    old_url = string_of(&old, "webhook", "Webhook a", "Url");
    put(*state, "netvane.conf", "# moved\n[Plugin scripts]\nUser=me\n[Webhook a]\nUrl=2\n");
    LOAD new = load(*state);

    vane_configuration_succeed(new.configuration, old.configuration, new.problems);
    after = string_of(&new, "scripts", NULL, "User");
    new_url = string_of(&new, "webhook", "Webhook a", "Url");

    assert_ptr_equal(before, after);
    assert_string_equal(old_url, "1");
    assert_string_equal(new_url, "2");
    assert_int_equal(new.problems->warnings, 0);
}

/* The host takes up OnFailure= by itself; the plugin is not asked, so its pointers must live on. */
static void test_changed_onfailure_leaves_the_values_where_they_are(void **state)
{
    put(*state, "netvane.conf", "[Plugin scripts]\nUser=me\nOnFailure=abort\n");
    LOAD old = load(*state);
    const char *before = string_of(&old, "scripts", NULL, "User");

    put(*state, "netvane.conf", "[Plugin scripts]\nUser=me\nOnFailure=disable\n");
    LOAD new = load(*state);
    vane_configuration_succeed(new.configuration, old.configuration, new.problems);

    assert_ptr_equal(string_of(&new, "scripts", NULL, "User"), before);
    assert_int_equal(vane_configuration_on_failure(new.configuration, "scripts"),
                     VANE_ON_FAILURE_DISABLE);
}

static void test_failed_reload_keeps_the_old_values(void **state)
{
    put(*state, "netvane.conf", "[Plugin scripts]\nTimeout=5s\n");
    LOAD old = load(*state);
    put(*state, "netvane.conf", "[Plugin scripts]\nTimeout=6s\n");
    LOAD new = load(*state);

    vane_configuration_keep_plugin(new.configuration, old.configuration, "scripts");
    assert_int_equal(number_of(&new, "scripts", "Timeout"), 5000000);
}

static void test_engine_options_for_a_new_daemon_are_told_and_kept(void **state)
{
    put(*state, "netvane.conf", "[Engine]\nStateDirectory=/s\nLogLevel=debug\nIdentityKeyFile=\n");
    LOAD old = load(*state);
    put(*state, "netvane.conf",
        "[Engine]\nStateDirectory=/t\nLogLevel=error\nIdentityKeyFile=/k\nEventHistory=99\n");
    LOAD new = load(*state);
    const struct vane_engine_settings *settings = vane_configuration_settings(new.configuration);

    vane_configuration_succeed(new.configuration, old.configuration, new.problems);

    assert_warned(&new, "netvane.conf:2:16: StateDirectory= takes effect when the daemon is");
    assert_warned(&new, "netvane.conf:4:17: IdentityKeyFile=");
    assert_warned(&new, "netvane.conf:5:14: EventHistory=");
    assert_int_equal(new.problems->warnings, 3);
    assert_string_equal(settings->state_directory, "/s");
    assert_null(settings->identity_key_file);
    assert_int_equal(settings->event_history, 4096);
    assert_int_equal(settings->log_level, VANE_LOG_ERROR);
}

static void test_a_reload_after_another_keeps_what_the_first_kept(void **state)
{
    put(*state, "netvane.conf", "[Engine]\nStateDirectory=/s\n[Plugin scripts]\nUser=me\n");
    LOAD first = load(*state);
    const char *user = string_of(&first, "scripts", NULL, "User");

    put(*state, "netvane.conf", "[Engine]\nStateDirectory=/t\n[Plugin scripts]\nUser=me\n");
    LOAD second = load(*state);
    vane_configuration_succeed(second.configuration, first.configuration, second.problems);
    LOAD third = load(*state);
    vane_configuration_succeed(third.configuration, second.configuration, third.problems);

    assert_ptr_equal(string_of(&third, "scripts", NULL, "User"), user);
    assert_string_equal(vane_configuration_settings(third.configuration)->state_directory, "/s");
    assert_int_equal(third.problems->warnings, 1);
}

static char *rows_of(const struct load *load, const char *plugin)
{
    struct vane_json json;

    vane_json_init(&json, 0);
    assert_int_equal(vane_configuration_render_options(load->configuration, plugin, &json), 0);
    return vane_json_steal(&json, NULL);
}

static void test_options_are_shown_with_value_and_origin(void **state)
{
    put(*state, "netvane.conf",
        "[Plugin scripts]\nTimeout=5s\n[Webhook ops]\nToken=hunter2\nUrl=u\n");
    LOAD l = load_as(*state, "netvaned", "-T");
    g_autofree char *scripts_rows = rows_of(&l, "scripts"), *webhook_rows = rows_of(&l, "webhook");

    assert_non_null(strstr(scripts_rows,
                           "{\"name\":\"Timeout\",\"section\":\"Plugin scripts\",\"type\":"
                           "\"time\",\"default\":\"90s\",\"value\":\"5s\",\"set_at\":\""));
    assert_non_null(strstr(scripts_rows, "netvane.conf:2\",\"minimum\":\"1 s\",\"maximum\":"
                                         "\"infinity\""));
    assert_non_null(strstr(scripts_rows, "\"value\":\"yes\",\"set_at\":\"command line\""));
    assert_non_null(strstr(scripts_rows, "\"name\":\"Enabled\""));
    assert_non_null(strstr(webhook_rows, "\"name\":\"Token\",\"section\":\"Webhook ops\",\"type\":"
                                         "\"text\",\"value\":\"(hidden)\""));
    assert_null(strstr(webhook_rows, "hunter2"));
}

static void test_options_of_sections_without_instance_are_shown(void **state)
{
    struct vane_json json = {0};
    LOAD l = load(*state);
    g_autofree char *rows = rows_of(&l, "webhook");

    assert_non_null(strstr(rows, "\"name\":\"Method\",\"section\":\"Webhook NAME\",\"type\":"
                                 "\"choice\",\"default\":\"POST\",\"choices\":\"GET POST PUT\""));
    assert_int_equal(vane_configuration_render_options(l.configuration, "ospf", &json), -ENOENT);
}

static void test_moved_lines_are_shown_where_they_now_stand(void **state)
{
    put(*state, "netvane.conf", "[Plugin scripts]\nTimeout=5s\n");
    LOAD old = load(*state);
    put(*state, "netvane.conf", "\n\n[Plugin scripts]\nTimeout=5s\n");
    LOAD new = load(*state);
    g_autofree char *rows = NULL;

    vane_configuration_succeed(new.configuration, old.configuration, new.problems);
    rows = rows_of(&new, "scripts");
    assert_non_null(strstr(rows, "netvane.conf:4\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_plugins_with_other_effective_values_have_changed),
        TEST(test_other_spellings_of_a_value_are_no_change),
        TEST(test_values_of_unchanged_plugins_stay_where_they_are),
        TEST(test_changed_onfailure_leaves_the_values_where_they_are),
        TEST(test_failed_reload_keeps_the_old_values),
        TEST(test_engine_options_for_a_new_daemon_are_told_and_kept),
        TEST(test_a_reload_after_another_keeps_what_the_first_kept),
        TEST(test_options_are_shown_with_value_and_origin),
        TEST(test_options_of_sections_without_instance_are_shown),
        TEST(test_moved_lines_are_shown_where_they_now_stand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
