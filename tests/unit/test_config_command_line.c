/* The command line, read with and without the plugins' tables, and profiles. */
#include "config-fixture.h"

#include <errno.h>

static const char NETVANED[] = "/usr/sbin/netvaned";

static void test_engine_options_are_taken(void **state)
{
    struct files *files = *state;
    g_autofree char *arguments = g_strdup_printf(
        "-c %s/other.conf --state-dir=/s --runtime-dir /r --plugin-dir /p:/q --check", files->root);

    put(files, "other.conf", "[Engine]\nStateDirectory=/file\n");
    LOAD l = load_as(files, NETVANED, arguments);
    const struct vane_engine_settings *settings = vane_configuration_settings(l.configuration);

    assert_fine(&l);
    assert_string_equal(settings->state_directory, "/s");
    assert_string_equal(settings->runtime_directory, "/r");
    assert_string_equal(settings->plugin_directories[0], "/p");
    assert_string_equal(settings->plugin_directories[1], "/q");
    assert_null(settings->plugin_directories[2]);
    assert_int_equal(vane_configuration_action(l.configuration), VANE_ACTION_CHECK);
    assert_true(g_str_has_suffix(vane_configuration_file(l.configuration), "/other.conf"));
}

/* The first reading must know where plugins are, whatever unknown options stand around. */
static void test_engine_options_are_known_before_the_plugins(void **state)
{
    struct files *files = *state;
    char *argv[] = {(char *)"netvaned", (char *)"-TS",          (char *)"/x",
                    (char *)"-S",       (char *)"--plugin-dir", (char *)"/p",
                    (char *)"--foo",    (char *)"bar",          (char *)"-v"};
    struct vane_configuration_sources sources = {G_N_ELEMENTS(argv), argv, files->main,
                                                 files->root};
    struct vane_problems *problems = vane_problems_new();
    struct vane_configuration *configuration = vane_configuration_load(&sources, problems);
    const struct vane_engine_settings *settings = vane_configuration_settings(configuration);

    assert_int_equal(problems->errors, 0);
    assert_string_equal(settings->plugin_directories[0], "/p");
    assert_int_equal(settings->log_level, VANE_LOG_DEBUG);
    vane_configuration_unref(configuration);
    vane_problems_free(problems);
}

static void assert_script_option(struct files *files, const char *arguments,
                                 const char *directories, uint32_t triggers, uint32_t level)
{
    LOAD l = load_as(files, NETVANED, arguments);
    uint32_t truth = 99;

    assert_fine(&l);
    assert_list(&l, "scripts", "ScriptDirectory", directories);
    vane_configuration_get_bool(l.configuration, "scripts", NULL, "StartupTriggers", &truth);
    assert_int_equal(truth, triggers);
    assert_int_equal(vane_configuration_settings(l.configuration)->log_level, level);
}

static void test_plugin_options_have_all_usual_spellings(void **state)
{
    assert_script_option(*state, "-S /x -T", "/x", 1, VANE_LOG_INFO);
    assert_script_option(*state, "-TS/x", "/x", 1, VANE_LOG_INFO);
    assert_script_option(*state, "-vTS /x:/y", "/x|/y", 1, VANE_LOG_DEBUG);
    assert_script_option(*state, "-Tqv --script-dir=/x", "/x", 1, VANE_LOG_INFO);
    assert_script_option(*state, "--script-dir /x -qq", "/x", 0, VANE_LOG_ERROR);
    assert_script_option(*state, "-S /x -S /y --", "/y", 0, VANE_LOG_INFO);
    assert_script_option(*state, "-Tvvvvv", "/etc/a|/etc/b", 1, VANE_LOG_DEBUG);
    assert_script_option(*state, "-qqqqq", "/etc/a|/etc/b", 0, 2);
}

static void test_command_line_replaces_what_files_say(void **state)
{
    put(*state, "netvane.conf", "[Plugin scripts]\nScriptDirectory=/1:/2\n");
    assert_script_option(*state, "-S /x", "/x", 0, VANE_LOG_INFO);
}

static void test_relative_paths_start_from_the_working_directory(void **state)
{
    g_autofree char *here = g_get_current_dir();
    g_autofree char *both = g_strdup_printf("%s/x|%s/y", here, here);

    assert_script_option(*state, "-S x:./y", both, 0, VANE_LOG_INFO);
}

static void assert_refused(struct files *files, const char *arguments, const char *why)
{
    LOAD l = load_as(files, NETVANED, arguments);

    assert_int_equal(l.result, -EINVAL);
    assert_int_equal(l.problems->errors, 1);
    assert_string_equal(l.text, why);
}

static void test_mistakes_are_told_once_each(void **state)
{
    assert_refused(*state, "--plugin-dri=/x",
                   "command line: unknown option --plugin-dri; did you mean --plugin-dir?");
    assert_refused(*state, "--scrpt-dir=/x",
                   "command line: unknown option --scrpt-dir; did you mean --script-dir?");
    assert_refused(*state, "-vX", "command line: unknown option -X");
    assert_refused(*state, "-c", "command line: -c needs an argument");
    assert_refused(*state, "--state-dir --check", "command line: --state-dir needs an argument");
    assert_refused(*state, "-S -T", "command line: -S needs an argument");
    assert_refused(*state, "--check=yes", "command line: --check takes no argument");
    assert_refused(*state, "-T stray",
                   "command line: unexpected word stray: only options are taken");
    assert_refused(*state, "-- -v", "command line: unexpected word -v: only options are taken");
    assert_refused(
        *state, "--state-dir=", "command line: --state-dir : expected a path that begins with /");
    assert_refused(*state, "-Tc/dev/null",
                   "command line: -c must not stand behind a plugin's letter; write it apart");
}

static void test_value_on_the_command_line_is_checked_as_in_a_file(void **state)
{
    static const struct vane_option options[] = {{.name = "Port",
                                                  .type = VANE_OPTION_INTEGER,
                                                  .minimum = 1,
                                                  .maximum = 65535,
                                                  .letter = 'p'}};
    static const struct vane_plugin plugin = {VANE_PLUGIN_HEAD("server", "1"),
                                              VANE_PLUGIN_OPTIONS(options)};
    struct files *files = *state;
    char *argv[] = {(char *)"netvaned", (char *)"-p0"};
    struct vane_configuration_sources sources = {2, argv, files->main, files->root};
    LOAD l = {.problems = vane_problems_new()};

    l.configuration = vane_configuration_load(&sources, l.problems);
    vane_configuration_add_plugin(l.configuration, "server", &plugin, l.problems);
    assert_int_equal(vane_configuration_finish(l.configuration, l.problems), -EINVAL);
    l.text = vane_problems_text(l.problems);
    assert_string_equal(l.text, "command line: -p 0: must be from 1 to 65535");
}

static void test_letter_that_two_declare_is_refused_with_both_names(void **state)
{
    static const struct vane_option options[] = {
        {.name = "Size", .type = VANE_OPTION_SIZE, .letter = 'S'},
        {.name = "Level", .type = VANE_OPTION_SIZE, .long_option = "verbose"}};
    static const struct vane_plugin plugin = {VANE_PLUGIN_HEAD("sizes", "1"),
                                              VANE_PLUGIN_OPTIONS(options)};
    struct files *files = *state;
    char *argv[] = {(char *)"netvaned"};
    struct vane_configuration_sources sources = {1, argv, files->main, files->root};
    LOAD l = {.problems = vane_problems_new()};

    l.configuration = vane_configuration_load(&sources, l.problems);
    vane_configuration_add_plugin(l.configuration, "scripts", &scripts, l.problems);
    vane_configuration_add_plugin(l.configuration, "sizes", &plugin, l.problems);
    assert_int_equal(vane_configuration_finish(l.configuration, l.problems), -EINVAL);
    l.text = vane_problems_text(l.problems);
    assert_string_equal(l.text, "the plugin sizes declares the command-line option -S, which the "
                                "plugin scripts has\n"
                                "the plugin sizes declares the command-line option --verbose, "
                                "which the engine has");
}

static void test_help_lists_engine_and_plugins(void **state)
{
    LOAD l = load_as(*state, NETVANED, "-Th");
    g_autofree char *help = vane_configuration_help(l.configuration);

    assert_int_equal(vane_configuration_action(l.configuration), VANE_ACTION_HELP);
    assert_non_null(strstr(help, "Usage: netvaned "));
    assert_non_null(strstr(help, "  -c, --config=FILE "));
    assert_non_null(strstr(help, "      --plugin-dir=DIRS "));
    assert_non_null(strstr(help, "      --print-events "));
    assert_non_null(strstr(help, "\nOptions of the plugin scripts:\n  -S, --script-dir=DIRS "));
    assert_non_null(strstr(help, "\n  -T "));
    assert_null(strstr(help, "Options of the plugin webhook"));
}

static void put_profile(struct files *files)
{
    /* The one that is shipped: this file is TREE/tests/unit/NAME.c. */
    g_autofree char *here = g_path_get_dirname(__FILE__);
    g_autofree char *path =
        g_build_filename(here, "../../packaging/profiles/networkd-dispatcher.conf", NULL);
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    put(files, "networkd-dispatcher.conf", text);
}

static void test_profile_replaces_the_configuration(void **state)
{
    put_profile(*state);
    put(*state, "netvane.conf", "[Engine]\nControlSocket=yes\nLogLevel=debug\nbroken\n");
    LOAD l = load_as(*state, "/usr/bin/networkd-dispatcher", "--run-startup-triggers");
    const struct vane_engine_settings *settings = vane_configuration_settings(l.configuration);
    uint32_t truth = 0;

    assert_fine(&l);
    assert_string_equal(vane_configuration_program(l.configuration), "networkd-dispatcher");
    assert_false(settings->control_socket);
    assert_int_equal(settings->system_bus, VANE_NO);
    assert_true(vane_configuration_enabled(l.configuration, "scripts"));
    assert_false(vane_configuration_enabled(l.configuration, "webhook"));
    assert_list(&l, "scripts", "ScriptDirectory",
                "/etc/networkd-dispatcher|/usr/lib/networkd-dispatcher");
    vane_configuration_get_bool(l.configuration, "scripts", NULL, "StartupTriggers", &truth);
    assert_int_equal(truth, 1);
}

static void assert_profile_level(struct files *files, const char *arguments, uint32_t level)
{
    LOAD l = load_as(files, "networkd-dispatcher", arguments);

    assert_fine(&l);
    assert_int_equal(vane_configuration_settings(l.configuration)->log_level, level);
}

static void test_profile_has_the_levels_and_spellings_of_its_program(void **state)
{
    put_profile(*state);
    assert_profile_level(*state, "", VANE_LOG_NOTICE);
    assert_profile_level(*state, "-v", VANE_LOG_INFO);
    assert_profile_level(*state, "--verbose -v", VANE_LOG_DEBUG);
    assert_profile_level(*state, "--quiet", VANE_LOG_WARNING);
    assert_profile_level(*state, "-qq", VANE_LOG_ERROR);
    assert_profile_level(*state, "-TvS /x --script-dir /y", VANE_LOG_INFO);
}

static void test_file_on_the_command_line_is_read_on_top_of_the_profile(void **state)
{
    struct files *files = *state;
    g_autofree char *arguments = g_strdup_printf("-c%s/more.conf", files->root);

    put_profile(files);
    put(files, "more.conf", "[Engine]\nLogLevel=debug\n");
    LOAD l = load_as(files, "networkd-dispatcher", arguments);

    assert_fine(&l);
    assert_int_equal(vane_configuration_settings(l.configuration)->log_level, VANE_LOG_DEBUG);
    assert_false(vane_configuration_settings(l.configuration)->control_socket);
}

static void test_local_files_are_read_on_top_of_the_profile(void **state)
{
    put_profile(*state);
    put(*state, "networkd-dispatcher.conf.d/a.conf", "[Plugin scripts]\nUser=shipped\n");
    put(*state, "local/networkd-dispatcher.conf.d/a.conf",
        "[Profile]\nPlugins=webhook\n[Plugin scripts]\nUser=local\n");
    LOAD l = load_as(*state, "networkd-dispatcher", "");

    assert_fine(&l);
    assert_string_equal(string_of(&l, "scripts", NULL, "User"), "local");
    assert_true(vane_configuration_enabled(l.configuration, "webhook"));
    assert_false(vane_configuration_settings(l.configuration)->control_socket);
}

static void test_a_profile_may_take_one_path_without_an_option(void **state)
{
    g_autofree char *here = g_get_current_dir();
    g_autofree char *expected = g_build_filename(here, "dir/x.sock", NULL);

    put(*state, "prog.conf", "[Profile]\nArgument=script-dir\n");
    LOAD alone = load_as(*state, "prog", "dir/x.sock");
    LOAD behind = load_as(*state, "prog", "-v -- /abs/x");
    LOAD two = load_as(*state, "prog", "/a /b");

    assert_fine(&alone);
    assert_list(&alone, "scripts", "ScriptDirectory", expected);
    assert_fine(&behind);
    assert_list(&behind, "scripts", "ScriptDirectory", "/abs/x");
    assert_told(&two, "unexpected word /b: only options are taken, and one path");
}

static void test_bad_spelling_in_a_profile_is_told_where_it_stands(void **state)
{
    put(*state, "prog.conf", "[Profile]\nLongOptions=fine:v broken\n");
    LOAD l = load_as(*state, "prog", "");

    assert_int_equal(l.problems->errors, 1);
    assert_told(&l, "prog.conf:2:13: LongOptions=broken: expected WORD:LETTER");
}

static void test_unknown_program_name_is_netvaned(void **state)
{
    put(*state, "netvane.conf", "[Engine]\nLogLevel=debug\n");
    LOAD l = load_as(*state, "/opt/bin/../else", "");

    assert_fine(&l);
    assert_string_equal(vane_configuration_program(l.configuration), "netvaned");
    assert_int_equal(vane_configuration_settings(l.configuration)->log_level, VANE_LOG_DEBUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_engine_options_are_taken),
        TEST(test_engine_options_are_known_before_the_plugins),
        TEST(test_plugin_options_have_all_usual_spellings),
        TEST(test_command_line_replaces_what_files_say),
        TEST(test_relative_paths_start_from_the_working_directory),
        TEST(test_mistakes_are_told_once_each),
        TEST(test_value_on_the_command_line_is_checked_as_in_a_file),
        TEST(test_letter_that_two_declare_is_refused_with_both_names),
        TEST(test_help_lists_engine_and_plugins),
        TEST(test_profile_replaces_the_configuration),
        TEST(test_profile_has_the_levels_and_spellings_of_its_program),
        TEST(test_file_on_the_command_line_is_read_on_top_of_the_profile),
        TEST(test_local_files_are_read_on_top_of_the_profile),
        TEST(test_a_profile_may_take_one_path_without_an_option),
        TEST(test_bad_spelling_in_a_profile_is_told_where_it_stands),
        TEST(test_unknown_program_name_is_netvaned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
