/* A configuration once more: from memory, with what was said at run time, and what differs. */
#include "config-fixture.h"

#include <errno.h>
#include <unistd.h>

static struct vane_configuration_sources sources_of(struct files *files, int argc, char **argv)
{
    return (struct vane_configuration_sources){
        .argc = argc,
        .argv = argv,
        .default_file = files->main,
        .profile_directory = files->root,
        .local_profile_directory = files->root,
    };
}

/* Phase two for a configuration that is there already. */
static struct load finish(struct vane_configuration *configuration, struct vane_problems *problems)
{
    struct load load = {.problems = problems, .configuration = configuration};

    add_if_enabled(&load, &scripts);
    add_if_enabled(&load, &webhook);
    load.result = vane_configuration_finish(load.configuration, load.problems);
    load.text = vane_problems_text(load.problems);
    return load;
}

static struct load load_with(const struct vane_configuration_sources *sources)
{
    struct vane_problems *problems = vane_problems_new();

    return finish(vane_configuration_load(sources, problems), problems);
}

static struct load load_again(const struct load *like,
                              const struct vane_configuration_sources *sources)
{
    struct vane_problems *problems = vane_problems_new();

    return finish(vane_configuration_load_again(like->configuration, sources, problems), problems);
}

static void test_a_configuration_can_be_made_again_without_its_files(void **state)
{
    char *argv[] = {(char *)"netvaned", (char *)"-T"};
    struct vane_configuration_sources sources = sources_of(*state, 2, argv);

    put(*state, "netvane.conf", "[Plugin scripts]\nTimeout=5s\n[Webhook a]\nUrl=1\n");
    put(*state, "netvane.conf.d/1.conf", "[Engine]\nLogLevel=debug\n");
    LOAD first = load_with(&sources);
    put(*state, "netvane.conf", "[Plugin scripts]\nTimeout=6s\nNope=1\n");
    put(*state, "netvane.conf.d/1.conf", "[Engine]\nLogLevel=error\n");
    LOAD again = load_again(&first, &sources);
    LOAD thrice = load_again(&again, &sources);
    uint32_t triggers = 0;

    assert_fine(&thrice);
    assert_int_equal(number_of(&thrice, "scripts", "Timeout"), 5000000);
    assert_string_equal(string_of(&thrice, "webhook", "Webhook a", "Url"), "1");
    assert_int_equal(vane_configuration_settings(thrice.configuration)->log_level, VANE_LOG_DEBUG);
    assert_int_equal(vane_configuration_get_bool(thrice.configuration, "scripts", NULL,
                                                 "StartupTriggers", &triggers),
                     0);
    assert_int_equal(triggers, 1);
}

static void test_a_profile_is_kept_when_it_is_made_again(void **state)
{
    char *argv[] = {(char *)"/usr/bin/dispatcher"};
    struct vane_configuration_sources sources = sources_of(*state, 1, argv);

    put(*state, "dispatcher.conf", "[Profile]\nPlugins=scripts\n");
    LOAD first = load_with(&sources);
    put(*state, "dispatcher.conf", "");
    LOAD again = load_again(&first, &sources);

    assert_fine(&again);
    assert_string_equal(vane_configuration_program(again.configuration), "dispatcher");
    assert_true(vane_configuration_enabled(again.configuration, "scripts"));
    assert_false(vane_configuration_enabled(again.configuration, "webhook"));
}

/* What is written for good goes where administrators write, and is read from there. */
static void test_the_own_file_of_a_profile_is_the_local_one(void **state)
{
    struct files *files = *state;
    char *argv[] = {(char *)"/usr/bin/dispatcher"}, *plain[] = {(char *)"netvaned"};
    g_autofree char *local = g_build_filename(files->root, "local", NULL);
    g_autofree char *own = g_build_filename(local, "dispatcher.conf", NULL);
    g_autofree char *drop_ins = g_strconcat(own, ".d", NULL), *path = NULL;
    struct vane_configuration_sources sources = sources_of(files, 1, argv);
    struct vane_configuration_sources usual = sources_of(files, 1, plain);

    sources.local_profile_directory = local;
    put(files, "dispatcher.conf", "[Profile]\nPlugins=scripts\n");
    LOAD first = load_with(&sources);
    LOAD again = load_again(&first, &sources);
    LOAD without = load_with(&usual);

    assert_string_equal(vane_configuration_own_file(first.configuration), own);
    assert_string_equal(vane_configuration_own_file(again.configuration), own);
    assert_string_equal(vane_configuration_own_file(without.configuration), files->main);
    assert_int_equal(vane_configuration_write_enabled(own, "scripts", false, &path), 0);
    LOAD l = load_with(&sources);
    assert_false(vane_configuration_enabled(l.configuration, "scripts"));
    assert_int_equal(remove(path), 0);
    assert_int_equal(rmdir(drop_ins), 0);
    assert_int_equal(rmdir(local), 0);
}

static void test_what_is_said_at_run_time_goes_above_files(void **state)
{
    char *argv[] = {(char *)"netvaned"};
    struct vane_configuration_sources sources = sources_of(*state, 1, argv);
    g_autoptr(GHashTable) enabled = g_hash_table_new(g_str_hash, g_str_equal);
    struct vane_json json;
    g_autofree char *rows = NULL;

    put(*state, "netvane.conf", "[Plugin scripts]\nEnabled=no\n[Plugin webhook]\nEnabled=yes\n");
    g_hash_table_insert(enabled, (char *)"scripts", (char *)"yes");
    g_hash_table_insert(enabled, (char *)"webhook", (char *)"no");
    sources.enabled = enabled;
    LOAD l = load_with(&sources);

    assert_fine(&l);
    assert_true(vane_configuration_enabled(l.configuration, "scripts"));
    assert_false(vane_configuration_enabled(l.configuration, "webhook"));
    vane_json_init(&json, 0);
    assert_int_equal(vane_configuration_render_options(l.configuration, "scripts", &json), 0);
    rows = vane_json_steal(&json, NULL);
    assert_non_null(strstr(rows, "\"value\":\"yes\",\"set_at\":\"at run time\""));
}

static void test_a_candidate_stands_in_for_the_main_file_alone(void **state)
{
    char *argv[] = {(char *)"netvaned"};
    struct vane_configuration_sources sources = sources_of(*state, 1, argv);
    g_autofree char *candidate =
        g_build_filename(((struct files *)*state)->root, "candidate", NULL);

    put(*state, "netvane.conf", "[Plugin scripts]\nNope=1\n");
    put(*state, "netvane.conf.d/1.conf", "[Plugin scripts]\nUser=me\n");
    put(*state, "candidate", "[Plugin scripts]\nTimeout=7s\n");
    sources.candidate = candidate;
    LOAD l = load_with(&sources);
    assert_fine(&l);
    assert_int_equal(number_of(&l, "scripts", "Timeout"), 7000000);
    assert_string_equal(string_of(&l, "scripts", NULL, "User"), "me");

    assert_int_equal(unlink(candidate), 0);
    LOAD none = load_with(&sources);
    assert_told(&none, "candidate: cannot be read: No such file or directory");
}

static void assert_changed(const struct load *load, bool expected)
{
    g_autofree char *then = vane_configuration_digest(load->configuration);
    g_autofree char *now = vane_configuration_digest_now(load->configuration);

    assert_int_equal(strcmp(then, now) != 0, expected);
}

static void test_whether_files_have_changed_is_told_by_their_bytes(void **state)
{
    const struct files *files = *state;
    g_autofree char *drop_in = g_build_filename(files->root, "netvane.conf.d/1.conf", NULL);

    put(files, "netvane.conf", "[Engine]\nLogLevel=loud\n");
    LOAD l = load(files);
    assert_changed(&l, false);
    put(files, "netvane.conf", "[Engine]\nLogLevel=loud\n");
    put(files, "netvane.conf.d/.hidden.conf", "x");
    assert_changed(&l, false);

    put(files, "netvane.conf.d/1.conf", "");
    assert_changed(&l, true);
    assert_int_equal(unlink(drop_in), 0);
    assert_changed(&l, false);

    assert_int_equal(symlink("/nowhere", drop_in), 0);
    assert_changed(&l, true);
    assert_int_equal(unlink(drop_in), 0);
    put(files, "netvane.conf", "[Engine]\nLogLevel=LOUD\n");
    assert_changed(&l, true);
    assert_int_equal(unlink(files->main), 0);
    assert_changed(&l, true);
}

static void write_change(void *user, const struct vane_option_change *change)
{
    g_string_append_printf(user, "%s [%s] %s: %s -> %s%s\n", change->plugin ? change->plugin : "-",
                           change->section, change->name, change->old ? change->old : "nothing",
                           change->new ? change->new : "nothing", change->restart ? " !" : "");
}

static void test_each_option_that_differs_is_told(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);

    put(*state, "netvane.conf",
        "[Engine]\nLogLevel=error\n[Plugin scripts]\nTimeout=60s\nUser=a\n"
        "[Webhook ops]\nToken=hunter2\nUrl=u\n[Webhook gone]\nUrl=v\n");
    LOAD old = load(*state);
    put(*state, "netvane.conf",
        "[Engine]\nLogLevel=debug\nStateDirectory=/s\n"
        "[Plugin scripts]\nTimeout=1min\nStartupTriggers=yes\n"
        "[Webhook ops]\nToken=hunter3\nUrl=u\n[Webhook come]\nMethod=GET\n");
    LOAD new = load(*state);

    vane_configuration_each_change(old.configuration, new.configuration, write_change, text);
    assert_string_equal(text->str, "- [Engine] StateDirectory: /var/lib/netvane -> /s !\n"
                                   "- [Engine] LogLevel: error -> debug\n"
                                   "scripts [Plugin scripts] StartupTriggers: no -> yes !\n"
                                   "scripts [Plugin scripts] User: a -> nothing\n"
                                   "webhook [Webhook ops] Token: (hidden) -> (hidden)\n"
                                   "webhook [Webhook come] Method: nothing -> GET\n"
                                   "webhook [Webhook gone] Url: v -> nothing\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_configuration_can_be_made_again_without_its_files),
        TEST(test_a_profile_is_kept_when_it_is_made_again),
        TEST(test_the_own_file_of_a_profile_is_the_local_one),
        TEST(test_what_is_said_at_run_time_goes_above_files),
        TEST(test_a_candidate_stands_in_for_the_main_file_alone),
        TEST(test_whether_files_have_changed_is_told_by_their_bytes),
        TEST(test_each_option_that_differs_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
