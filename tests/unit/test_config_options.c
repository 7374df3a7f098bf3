/* Typed options from files: values, lists, sections, refusals. */
#include "config-fixture.h"

#include <errno.h>
#include <stddef.h>

static void test_without_a_file_everything_has_its_default(void **state)
{
    LOAD l = load(*state);
    const struct vane_engine_settings *settings = vane_configuration_settings(l.configuration);
    const char *text;

    assert_fine(&l);
    assert_int_equal(settings->event_history, 4096);
    assert_int_equal(settings->log_level, VANE_LOG_INFO);
    assert_int_equal(settings->start_timeout, 90000000);
    assert_int_equal(settings->netlink_buffer_size, 32 << 20);
    assert_int_equal(settings->system_bus, VANE_AUTO);
    assert_true(settings->control_socket);
    assert_null(settings->identity_key_file);
    assert_true(vane_configuration_enabled(l.configuration, "scripts"));
    assert_true(vane_configuration_enabled(l.configuration, "unheard-of"));
    assert_list(&l, "scripts", "ScriptDirectory", "/etc/a|/etc/b");
    assert_int_equal(vane_configuration_get_string(l.configuration, "scripts", NULL, "User", &text),
                     -ENODATA);
}

static void test_values_are_read_by_their_type(void **state)
{
    put(*state, "netvane.conf",
        "[Plugin scripts]\nTimeout=1min 30s\nMaxParallel=64\nStartupTriggers=on\nTags=a, b  c\n"
        "[Plugin webhook]\nSpoolSize=64K\nSocketMode=0600\nOnFailure=disable\n"
        "[Webhook ops]\nUrl=http://x/?a=b\nMethod=PUT\n");
    LOAD l = load(*state);
    uint32_t truth;

    assert_fine(&l);
    assert_int_equal(number_of(&l, "scripts", "Timeout"), 90000000);
    assert_int_equal(number_of(&l, "scripts", "MaxParallel"), 64);
    assert_int_equal(number_of(&l, "webhook", "SpoolSize"), 65536);
    assert_int_equal(number_of(&l, "webhook", "SocketMode"), 0600);
    assert_list(&l, "scripts", "Tags", "a|b|c");
    assert_int_equal(
        vane_configuration_get_bool(l.configuration, "scripts", NULL, "StartupTriggers", &truth),
        0);
    assert_int_equal(truth, 1);
    assert_string_equal(string_of(&l, "webhook", "Webhook ops", "Url"), "http://x/?a=b");
    assert_string_equal(string_of(&l, "webhook", "Webhook ops", "Method"), "PUT");
    assert_int_equal(vane_configuration_on_failure(l.configuration, "webhook"),
                     VANE_ON_FAILURE_DISABLE);
    assert_int_equal(vane_configuration_on_failure(l.configuration, "scripts"),
                     VANE_ON_FAILURE_ABORT);
}

static void test_infinity_is_the_largest_number(void **state)
{
    put(*state, "netvane.conf", "[Plugin scripts]\nTimeout=infinity\n");
    LOAD l = load(*state);

    assert_fine(&l);
    assert_true(number_of(&l, "scripts", "Timeout") == INT64_MAX);
}

static void test_repeated_list_adds_and_empty_resets_it_to_nothing(void **state)
{
    put(*state, "netvane.conf",
        "[Plugin scripts]\nScriptDirectory=/1\nScriptDirectory=/2:/3\n"
        "Tags=a\nTags=\nTags=b\nTags=c\n");
    LOAD l = load(*state);

    assert_list(&l, "scripts", "ScriptDirectory", "/1|/2|/3");
    assert_list(&l, "scripts", "Tags", "b|c");

    put(*state, "netvane.conf", "[Plugin scripts]\nScriptDirectory=/1\nScriptDirectory=\n");
    LOAD m = load(*state);

    assert_list(&m, "scripts", "ScriptDirectory", "");
}

static void test_last_scalar_wins_and_empty_resets_it_to_the_default(void **state)
{
    put(*state, "netvane.conf",
        "[Plugin scripts]\nTimeout=5s\nTimeout=6s\nMaxParallel=3\nMaxParallel=\n");
    LOAD l = load(*state);

    assert_int_equal(number_of(&l, "scripts", "Timeout"), 6000000);
    assert_int_equal(number_of(&l, "scripts", "MaxParallel"), 8);
}

static void test_instances_of_a_section_are_listed_in_order_with_own_values(void **state)
{
    put(*state, "netvane.conf",
        "[Webhook ops]\nUrl=1\n[Webhook audit]\n[Webhook ops]\nMethod=GET\n");
    LOAD l = load(*state);
    const char *const *labels, *const *again;
    uint32_t count;

    assert_fine(&l);
    assert_int_equal(
        vane_configuration_get_sections(l.configuration, "webhook", "Webhook", &labels, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(labels[0], "Webhook ops");
    assert_string_equal(labels[1], "Webhook audit");
    assert_string_equal(string_of(&l, "webhook", "Webhook ops", "Method"), "GET");
    assert_string_equal(string_of(&l, "webhook", "Webhook audit", "Method"), "POST");
    vane_configuration_get_sections(l.configuration, "webhook", "Webhook", &again, &count);
    assert_ptr_equal(labels, again);
}

static void test_getters_tell_unknown_unset_and_wrong_type_apart(void **state)
{
    LOAD l = load(*state);
    const char *text;
    int64_t number;
    const char *const *list;
    uint32_t count;

    assert_int_equal(vane_configuration_get_string(l.configuration, "scripts", NULL, "Nope", &text),
                     -ENOENT);
    assert_int_equal(
        vane_configuration_get_string(l.configuration, "scripts", NULL, "OnFailure", &text),
        -ENOENT);
    assert_int_equal(
        vane_configuration_get_string(l.configuration, "webhook", "Webhook x", "Url", &text),
        -ENOENT);
    assert_int_equal(vane_configuration_get_string(l.configuration, "webhook", NULL, "Url", &text),
                     -ENOENT);
    assert_int_equal(
        vane_configuration_get_string(l.configuration, "scripts", NULL, "Timeout", &text), -EINVAL);
    assert_int_equal(
        vane_configuration_get_int64(l.configuration, "scripts", NULL, "User", &number), -EINVAL);
    assert_int_equal(
        vane_configuration_get_list(l.configuration, "scripts", NULL, "Tags", &list, &count),
        -ENODATA);
    assert_int_equal(
        vane_configuration_get_sections(l.configuration, "scripts", "Webhook", &list, &count),
        -ENOENT);
}

static void test_bad_values_are_all_told_with_their_places(void **state)
{
    put(*state, "netvane.conf",
        "[Engine]\nEventHistory=15\nLogLevel=infos\nStateDirectory=var\n"
        "[Plugin scripts]\nTimeout=ninety\nTimeout=10ms\nMaxParallel=65\nEnabled=maybe\n"
        "ScriptDirectory=/a:b\n"
        "[Plugin webhook]\nSpoolSize=9999999T\nSocketMode=0999\n"
        "[Webhook ops]\nMethod=PUST\n");
    LOAD l = load(*state);

    assert_int_equal(l.result, -EINVAL);
    assert_int_equal(l.problems->errors, 11);
    assert_told(&l, "netvane.conf:2:14: EventHistory=15: must be from 16 to 1048576");
    assert_told(&l, "netvane.conf:3:10: LogLevel=infos: expected one of error, warning, notice, "
                    "info, debug; did you mean info?");
    assert_told(&l, "netvane.conf:4:16: StateDirectory=var: expected a path that begins with /");
    assert_told(&l, "netvane.conf:6:9: Timeout=ninety: expected a time span, as 90s");
    assert_told(&l, "netvane.conf:7:9: Timeout=10ms: must be from 1 s to infinity");
    assert_told(&l, "netvane.conf:8:13: MaxParallel=65: must be from 1 to 64");
    assert_told(&l, "netvane.conf:9:9: Enabled=maybe: expected yes or no");
    assert_told(&l, "netvane.conf:10:17: ScriptDirectory=/a:b: expected paths that begin with /");
    assert_told(&l, "netvane.conf:12:11: SpoolSize=9999999T: is out of range");
    assert_told(&l, "netvane.conf:13:12: SocketMode=0999: expected a file mode in octal");
    assert_told(&l, "netvane.conf:15:8: Method=PUST: expected one of GET, POST, PUT; did you mean");
}

static void test_a_secret_is_not_in_its_error(void **state)
{
    static const struct vane_option options[] = {
        {.name = "Pin", .type = VANE_OPTION_INTEGER, .flags = VANE_OPTION_SECRET}};
    static const struct vane_plugin plugin = {VANE_PLUGIN_HEAD("vault", "1"),
                                              VANE_PLUGIN_OPTIONS(options)};
    struct files *files = *state;
    char *argv[] = {(char *)"netvaned", NULL};
    struct vane_configuration_sources sources = {1, argv, files->main, files->root};
    LOAD l = {.problems = vane_problems_new()};

    put(files, "netvane.conf", "[Plugin vault]\nPin=hunter2\n");
    l.configuration = vane_configuration_load(&sources, l.problems);
    vane_configuration_add_plugin(l.configuration, "vault", &plugin, l.problems);
    assert_int_equal(vane_configuration_finish(l.configuration, l.problems), -EINVAL);
    l.text = vane_problems_text(l.problems);
    assert_told(&l, "netvane.conf:2:5: Pin=(hidden): expected a whole number");
    assert_null(strstr(l.text, "hunter2"));
}

static void test_unknown_names_are_refused_with_the_nearest(void **state)
{
    put(*state, "netvane.conf",
        "[Engin]\nX=1\n[Plugin scripts]\nTimeuot=5s\nXyzzy=1\n[Webhok ops]\n[Webhook ops]\nUlr=1\n"
        "[Webhook]\n[Engine x]\n[Profile]\n[Plugin]\n[Plugin Bad_Name]\n");
    LOAD l = load(*state);

    assert_told(&l, "netvane.conf:1:1: there is no section [Engin]; did you mean [Engine]?");
    assert_told(&l, "netvane.conf:4:1: [Plugin scripts] has no option Timeuot=; did you mean "
                    "Timeout=?");
    assert_told(&l, "netvane.conf:5:1: [Plugin scripts] has no option Xyzzy=\n");
    assert_told(&l, "netvane.conf:6:1: there is no section [Webhok]; did you mean [Webhook NAME]?");
    assert_told(&l, "netvane.conf:8:1: [Webhook ops] has no option Ulr=; did you mean Url=?");
    assert_told(&l, "netvane.conf:9:1: [Webhook] needs a name");
    assert_told(&l, "netvane.conf:10:1: [Engine] has no name");
    assert_told(&l, "netvane.conf:11:1: [Profile] may only stand in the profile of a program");
    assert_told(&l, "netvane.conf:12:1: [Plugin] needs the name of a plugin");
    assert_told(&l, "netvane.conf:13:1: [Plugin] needs the name of a plugin");
}

static void test_plugin_that_is_not_installed_is_a_warning(void **state)
{
    put(*state, "netvane.conf",
        "[Plugin ospf]\nArea=0\n[Plugin script]\nTimeout=1\n[Area backbone]\nX=1\n");
    LOAD l = load(*state);

    assert_fine(&l);
    assert_warned(&l, "netvane.conf:1:1: the plugin ospf is not installed");
    assert_warned(&l, "netvane.conf:3:1: the plugin script is not installed; did you mean "
                      "scripts?");
    assert_warned(&l, "netvane.conf:5:1: [Area backbone] belongs to no enabled plugin");
}

static void test_section_of_nobody_is_refused_when_all_plugins_are_known(void **state)
{
    put(*state, "netvane.conf", "[Area backbone]\nX=1\n");
    LOAD l = load(*state);

    assert_told(&l, "netvane.conf:1:1: there is no section [Area backbone]");
}

static void test_disabled_plugin_keeps_its_sections_unchecked(void **state)
{
    put(*state, "netvane.conf",
        "[Plugin webhook]\nEnabled=no\nWhatever=1\n[Webhook ops]\nWhatever=2\n");
    LOAD l = load(*state);

    assert_fine(&l);
    assert_false(vane_configuration_enabled(l.configuration, "webhook"));
}

/* What a plugin built with older or newer headers brings: options that are shorter or longer. */
static void test_option_tables_of_other_sizes_are_stepped_by_their_size(void **state)
{
    struct longer {
        struct vane_option option;
        char more[16];
    };
    const size_t short_size = offsetof(struct vane_option, flags);
    static const struct longer longer[] = {
        {.option = {.name = "One", .type = VANE_OPTION_INTEGER, .default_value = "1"},
         .more = "xxxxxxxxxxxxxxx"},
        {.option = {.name = "Two", .type = VANE_OPTION_INTEGER, .default_value = "2"}},
    };
    g_autofree char *shorter = g_malloc(2 * short_size);
    struct vane_plugin old = {.size = sizeof(old), .name = "old", .option_count = 2};
    struct vane_plugin new = old;
    struct files *files = *state;
    char *argv[] = {(char *)"netvaned", NULL};
    struct vane_configuration_sources sources = {1, argv, files->main, files->root};
    LOAD l = {.problems = vane_problems_new()};

    for (int i = 0; i < 2; i++)
        memcpy(shorter + i * short_size, &longer[i].option, short_size);
    old.options = (const void *)shorter;
    old.option_size = (uint32_t)short_size;
    new.options = &longer[0].option;
    new.option_size = sizeof(longer[0]);
    l.configuration = vane_configuration_load(&sources, l.problems);
    assert_int_equal(vane_configuration_add_plugin(l.configuration, "old", &old, l.problems), 0);
    assert_int_equal(vane_configuration_add_plugin(l.configuration, "new", &new, l.problems), 0);
    assert_int_equal(vane_configuration_finish(l.configuration, l.problems), 0);
    assert_int_equal(number_of(&l, "old", "Two"), 2);
    assert_int_equal(number_of(&l, "new", "Two"), 2);
}

static void assert_table_refused(struct files *files, const struct vane_option *option,
                                 const char *why)
{
    struct vane_plugin plugin = {.size = sizeof(plugin),
                                 .name = "odd",
                                 .options = option,
                                 .option_count = 1,
                                 .option_size = sizeof(*option)};
    char *argv[] = {(char *)"netvaned", NULL};
    struct vane_configuration_sources sources = {1, argv, files->main, files->root};
    struct vane_problems *refusal = vane_problems_new();
    LOAD l = load_sources(&sources);

    assert_int_equal(vane_configuration_add_plugin(l.configuration, "odd", &plugin, refusal),
                     -EINVAL);
    g_free(l.text);
    l.text = vane_problems_text(refusal);
    vane_problems_free(refusal);
    assert_told(&l, why);
    assert_int_equal(vane_configuration_finish(l.configuration, l.problems), 0);
}

static void test_unsound_option_table_refuses_the_plugin_alone(void **state)
{
    assert_table_refused(*state, &(struct vane_option){.name = "A b", .type = 1}, "its name");
    assert_table_refused(*state, &(struct vane_option){.name = NULL, .type = 1}, "its name");
    assert_table_refused(*state, &(struct vane_option){.name = "A", .type = 99}, "its type");
    assert_table_refused(*state, &(struct vane_option){.name = "Enabled", .type = 1}, "twice");
    assert_table_refused(*state, &(struct vane_option){.name = "A", .type = 1, .section = "Engine"},
                         "its section");
    assert_table_refused(
        *state, &(struct vane_option){.name = "A", .type = 3, .default_value = "x"}, "its default");
    assert_table_refused(*state, &(struct vane_option){.name = "A", .type = VANE_OPTION_CHOICE},
                         "no choices");
    assert_table_refused(*state,
                         &(struct vane_option){.name = "A", .type = 1, .section = "Webhook"},
                         "which the plugin webhook has");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_file_everything_has_its_default),
        TEST(test_values_are_read_by_their_type),
        TEST(test_infinity_is_the_largest_number),
        TEST(test_repeated_list_adds_and_empty_resets_it_to_nothing),
        TEST(test_last_scalar_wins_and_empty_resets_it_to_the_default),
        TEST(test_instances_of_a_section_are_listed_in_order_with_own_values),
        TEST(test_getters_tell_unknown_unset_and_wrong_type_apart),
        TEST(test_bad_values_are_all_told_with_their_places),
        TEST(test_a_secret_is_not_in_its_error),
        TEST(test_unknown_names_are_refused_with_the_nearest),
        TEST(test_plugin_that_is_not_installed_is_a_warning),
        TEST(test_section_of_nobody_is_refused_when_all_plugins_are_known),
        TEST(test_disabled_plugin_keeps_its_sections_unchecked),
        TEST(test_option_tables_of_other_sizes_are_stepped_by_their_size),
        TEST(test_unsound_option_table_refuses_the_plugin_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
