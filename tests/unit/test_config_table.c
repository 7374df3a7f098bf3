/* The config table as a plugin sees it, and the directories it hands out. */
#include "config-fixture.h"

#include <errno.h>
#include <unistd.h>

#include "engine/config/directory.h"
#include "engine/config/table.h"
#include "engine/engine.h"

/* The plugin host's part, which is not under test here. */
static int entrance;

int vane_enter(const struct vane_self *self)
{
    return entrance;
}

/* A plugin of that configuration, with directories below the files. */
static struct load load_with_directories(struct files *files)
{
    g_autofree char *text =
        g_strdup_printf("[Engine]\nStateDirectory=%s/var/lib\nRuntimeDirectory=%s/run\n"
                        "[Plugin scripts]\nUser=me\nTags=a b\n[Webhook x]\n",
                        files->root, files->root);

    entrance = 0;
    put(files, "netvane.conf", text);
    return load(files);
}

static void test_values_come_through_the_table(void **state)
{
    LOAD l = load_with_directories(*state);
    struct vane_engine engine = {.configuration = l.configuration};
    struct vane_self self = {.name = (char *)"scripts", .engine = &engine};
    const struct vane_config *config = &vane_config_table;
    const char *text;
    int64_t number;
    uint32_t truth, count;
    const char *const *list;

    assert_int_equal(config->size, sizeof(*config));
    assert_int_equal(config->get_string(&self, NULL, "User", &text), 0);
    assert_string_equal(text, "me");
    assert_int_equal(config->get_int64(&self, NULL, "Timeout", &number), 0);
    assert_int_equal(number, 90000000);
    assert_int_equal(config->get_bool(&self, NULL, "StartupTriggers", &truth), 0);
    assert_int_equal(truth, 0);
    assert_int_equal(config->get_list(&self, NULL, "Tags", &list, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(config->get_string(&self, "Webhook x", "Method", &text), -ENOENT);
    self.name = (char *)"webhook";
    assert_int_equal(config->sections(&self, "Webhook", &list, &count), 0);
    assert_string_equal(list[0], "Webhook x");
}

static void test_wrong_thread_gets_nothing(void **state)
{
    LOAD l = load_with_directories(*state);
    struct vane_engine engine = {.configuration = l.configuration};
    struct vane_self self = {.name = (char *)"scripts", .engine = &engine};
    const char *text = "untouched";

    entrance = -EPERM;
    assert_int_equal(vane_config_table.get_string(&self, NULL, "User", &text), -EPERM);
    assert_int_equal(vane_config_table.state_directory(&self, &text), -EPERM);
    assert_string_equal(text, "untouched");
}

static void assert_mode(const char *path, mode_t mode)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(st.st_mode & 07777, mode);
}

static void test_state_directory_is_made_for_the_plugin_alone(void **state)
{
    struct files *files = *state;
    LOAD l = load_with_directories(files);
    struct vane_engine engine = {.configuration = l.configuration};
    struct vane_self self = {.name = (char *)"scripts", .engine = &engine};
    g_autofree char *expected = g_build_filename(files->root, "var/lib/scripts", NULL);
    g_autofree char *above = g_build_filename(files->root, "var/lib", NULL);
    const char *path, *again;
    mode_t mask = umask(077);

    assert_int_equal(vane_config_table.state_directory(&self, &path), 0);
    assert_string_equal(path, expected);
    assert_mode(path, 0700);
    assert_mode(above, 0755);
    assert_int_equal(vane_config_table.state_directory(&self, &again), 0);
    assert_ptr_equal(path, again);
    assert_int_equal(vane_config_table.runtime_directory(&self, &path), 0);
    assert_mode(path, 0755);
    umask(mask);
}

static void test_state_directory_that_is_a_link_is_refused(void **state)
{
    struct files *files = *state;
    LOAD l = load_with_directories(files);
    struct vane_engine engine = {.configuration = l.configuration};
    struct vane_self self = {.name = (char *)"scripts", .engine = &engine};
    g_autofree char *link = g_build_filename(files->root, "var/lib/scripts", NULL);
    const char *path = NULL;

    put(files, "var/lib/other/file", "");
    assert_int_equal(symlink("other", link), 0);
    assert_int_equal(vane_config_table.state_directory(&self, &path), -ELOOP);
    assert_null(path);
}

static void test_own_links_above_are_followed_and_files_are_not_directories(void **state)
{
    struct files *files = *state;
    g_autofree char *link = g_build_filename(files->root, "link", NULL);
    g_autofree char *below = g_build_filename(files->root, "link/a//b/", NULL);
    g_autofree char *made = g_build_filename(files->root, "real/a/b", NULL);
    g_autofree char *file = g_build_filename(files->root, "real/file/x", NULL);

    put(files, "real/file", "");
    assert_int_equal(symlink("real", link), 0);
    assert_int_equal(vane_directory_make(below, 0700), 0);
    assert_mode(made, 0700);
    assert_int_equal(vane_directory_make(file, 0700), -ENOTDIR);
    assert_int_equal(vane_directory_make("relative", 0700), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_values_come_through_the_table),
        TEST(test_wrong_thread_gets_nothing),
        TEST(test_state_directory_is_made_for_the_plugin_alone),
        TEST(test_state_directory_that_is_a_link_is_refused),
        TEST(test_own_links_above_are_followed_and_files_are_not_directories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
