/* Which files are read, and the drop-in that enables or disables a plugin. */
#include "config-fixture.h"

#include <errno.h>
#include <unistd.h>

#include "engine/config/ini.h"

static void test_drop_ins_are_read_after_the_main_file_sorted_by_name(void **state)
{
    put(*state, "netvane.conf", "[Plugin scripts]\nTimeout=1s\nScriptDirectory=/0\n");
    put(*state, "netvane.conf.d/20-b.conf", "[Plugin scripts]\nTimeout=20s\nScriptDirectory=/20\n");
    put(*state, "netvane.conf.d/10-a.conf", "[Plugin scripts]\nTimeout=10s\nScriptDirectory=/10\n");
    put(*state, "netvane.conf.d/.30-hidden.conf", "[Plugin scripts]\nTimeout=30s\n");
    put(*state, "netvane.conf.d/40-other.conf.bak", "[Plugin scripts]\nTimeout=40s\n");
    LOAD l = load(*state);

    assert_fine(&l);
    assert_int_equal(number_of(&l, "scripts", "Timeout"), 20000000);
    assert_list(&l, "scripts", "ScriptDirectory", "/0|/10|/20");
}

static void test_errors_of_all_files_are_told(void **state)
{
    put(*state, "netvane.conf", "nonsense\n");
    put(*state, "netvane.conf.d/1.conf", "[Plugin scripts]\nTimeout=x\n");
    put(*state, "netvane.conf.d/2.conf", "[Plugin scripts]\nNope=x\n");
    LOAD l = load(*state);

    assert_int_equal(l.problems->errors, 3);
    assert_told(&l, "netvane.conf:1:1: ");
    assert_told(&l, "netvane.conf.d/1.conf:2:9: Timeout=x");
    assert_told(&l, "netvane.conf.d/2.conf:2:1: [Plugin scripts] has no option Nope=");
}

static void test_file_named_on_the_command_line_must_exist(void **state)
{
    LOAD l = load_as(*state, "netvaned", "-c /nowhere/x.conf");

    assert_string_equal(l.text, "/nowhere/x.conf: cannot be read: No such file or directory");
}

static void test_what_is_no_regular_file_is_refused_without_waiting(void **state)
{
    struct files *files = *state;
    g_autofree char *fifo = g_build_filename(files->root, "netvane.conf.d", "1.conf", NULL);
    g_autofree char *link = g_build_filename(files->root, "netvane.conf.d", "2.conf", NULL);

    put(files, "netvane.conf/inside", "");
    put(files, "netvane.conf.d/0.conf", "");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("/dev/null", link), 0);
    LOAD l = load(files);

    assert_int_equal(l.problems->errors, 2);
    assert_told(&l, "/netvane.conf: is not a regular file");
    assert_told(&l, "/netvane.conf.d/1.conf: is not a regular file");
}

static void test_root_obeys_no_file_that_others_could_change(void **state)
{
    struct files *files = *state;
    g_autofree char *foreign = g_build_filename(files->root, "netvane.conf.d", "1.conf", NULL);

    put(files, "netvane.conf", "");
    put(files, "netvane.conf.d/1.conf", "");
    put(files, "netvane.conf.d/2.conf", "");
    assert_int_equal(chmod(files->main, 0666), 0);
    if (geteuid() != 0) {
        LOAD l = load(files);

        assert_fine(&l);
        return;
    }
    assert_int_equal(chown(foreign, 65534, 0), 0);
    LOAD l = load(files);

    assert_int_equal(l.problems->errors, 2);
    assert_told(&l, "/netvane.conf is writable by everybody (chmod o-w)");
    assert_told(&l, "/netvane.conf.d/1.conf: is not obeyed: ");
    assert_told(&l, "/netvane.conf.d/1.conf belongs to ");
}

static void test_drop_in_directory_that_is_a_file_is_told(void **state)
{
    put(*state, "netvane.conf.d", "");
    LOAD l = load(*state);

    assert_told(&l, "/netvane.conf.d: cannot be read: Not a directory");
}

static void test_file_beyond_the_limit_is_refused(void **state)
{
    g_autofree char *text = g_strnfill(VANE_INI_MAX + 1, '\n');

    put(*state, "netvane.conf", text);
    LOAD l = load(*state);

    assert_told(&l, "netvane.conf: is larger than 1 MiB");
    text[VANE_INI_MAX] = '\0';
    put(*state, "netvane.conf", text);
    LOAD m = load(*state);
    assert_fine(&m);
}

static void test_plugin_is_disabled_and_enabled_for_good(void **state)
{
    struct files *files = *state;
    g_autofree char *path = NULL;
    struct stat st;

    assert_int_equal(vane_configuration_write_enabled(files->main, "scripts", false, &path), 0);
    assert_true(g_str_has_suffix(path, "/netvane.conf.d/50-plugin-scripts.conf"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    LOAD l = load(files);
    assert_fine(&l);
    assert_false(vane_configuration_enabled(l.configuration, "scripts"));

    assert_int_equal(vane_configuration_write_enabled(files->main, "scripts", true, NULL), 0);
    LOAD m = load(files);
    assert_true(vane_configuration_enabled(m.configuration, "scripts"));
}

static void test_writing_leaves_one_file_and_never_follows_a_link(void **state)
{
    struct files *files = *state;
    g_autofree char *directory = g_strconcat(files->main, ".d", NULL);
    g_autofree char *link = g_build_filename(directory, "50-plugin-scripts.conf", NULL);
    g_autofree char *victim = g_build_filename(files->root, "victim", NULL);
    g_autofree char *kept = NULL;
    g_autoptr(GDir) listing = NULL;

    put(files, "victim", "precious");
    assert_int_equal(mkdir(directory, 0755), 0);
    assert_int_equal(symlink(victim, link), 0);
    assert_int_equal(vane_configuration_write_enabled(files->main, "scripts", false, NULL), 0);

    assert_true(g_file_get_contents(victim, &kept, NULL, NULL));
    assert_string_equal(kept, "precious");
    listing = g_dir_open(directory, 0, NULL);
    assert_string_equal(g_dir_read_name(listing), "50-plugin-scripts.conf");
    assert_null(g_dir_read_name(listing));
}

static void test_names_that_are_no_plugin_are_not_written(void **state)
{
    static const char *const names[] = {
        "", "../x", "a/b", "-x", "Scripts", "a.b", "a23456789012345678901234567890123"};
    struct files *files = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        assert_int_equal(vane_configuration_write_enabled(files->main, names[i], true, NULL),
                         -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_drop_ins_are_read_after_the_main_file_sorted_by_name),
        TEST(test_errors_of_all_files_are_told),
        TEST(test_file_named_on_the_command_line_must_exist),
        TEST(test_what_is_no_regular_file_is_refused_without_waiting),
        TEST(test_root_obeys_no_file_that_others_could_change),
        TEST(test_drop_in_directory_that_is_a_file_is_told),
        TEST(test_file_beyond_the_limit_is_refused),
        TEST(test_plugin_is_disabled_and_enabled_for_good),
        TEST(test_writing_leaves_one_file_and_never_follows_a_link),
        TEST(test_names_that_are_no_plugin_are_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
