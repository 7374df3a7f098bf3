/* Which files are found, who overrides whom, and which of them are trusted. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "lib/trust.h"
#include "plugins/scripts/catalog.h"
#include "plugins/scripts/refusals.h"

#define SOMEBODY 1000

static char *const directories[] = {(char *)"/mnt/etc", (char *)"/mnt/usr", NULL};
static unsigned complaints;

/* A file system of our own at /mnt, which nobody else sees: all of /tmp is writable by others. */
static int setup(void **state)
{
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/mnt", "tmpfs", 0, "mode=0755") < 0)
        return -1;
    complaints = 0;
    return g_mkdir("/mnt/etc", 0755) + g_mkdir("/mnt/usr", 0755) +
           g_mkdir("/mnt/etc/routable.d", 0755) + g_mkdir("/mnt/usr/routable.d", 0755);
}

static int teardown(void **state)
{
    return umount2("/mnt", MNT_DETACH);
}

static void put(const char *path, mode_t mode)
{
    assert_true(g_file_set_contents(path, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(path, mode), 0);
}

static void complain(void *user, const char *directory, int error)
{
    complaints++;
}

/* The paths of a scan, joined with blanks. */
static char *scan(const char *subdirectory)
{
    g_autoptr(GPtrArray) found = vane_catalog_scan(directories, subdirectory, complain, NULL);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < found->len; i++) {
        const struct vane_candidate *candidate = g_ptr_array_index(found, i);

        g_string_append_printf(text, "%s%s", i ? " " : "", candidate->path + strlen("/mnt/"));
        if (candidate->unfit)
            g_string_append_printf(text, " (%s)", candidate->unfit);
    }
    return g_string_free(text, FALSE);
}

static void test_scripts_are_sorted_by_name_and_earlier_directories_come_first(void **state)
{
    g_autofree char *found = NULL;

    put("/mnt/usr/routable.d/20-b", 0755);
    put("/mnt/usr/routable.d/10-a", 0755);
    put("/mnt/etc/routable.d/20-b", 0755);
    put("/mnt/etc/routable.d/Z", 0755);

    found = scan("routable.d");

    assert_string_equal(
        found, "usr/routable.d/10-a etc/routable.d/20-b usr/routable.d/20-b etc/routable.d/Z");
}

static void test_only_regular_files_are_fit_to_run(void **state)
{
    g_autofree char *found = NULL;

    put("/mnt/usr/tool", 0755);
    assert_int_equal(g_mkdir("/mnt/etc/routable.d/directory", 0755), 0);
    assert_int_equal(symlink("/mnt/nowhere", "/mnt/etc/routable.d/dangling"), 0);
    assert_int_equal(symlink("/dev/null", "/mnt/etc/routable.d/null"), 0);
    assert_int_equal(symlink("/mnt/usr/tool", "/mnt/etc/routable.d/link"), 0);
    assert_int_equal(mkfifo("/mnt/etc/routable.d/fifo", 0755), 0);

    found = scan("routable.d");

    assert_string_equal(found, "etc/routable.d/dangling (is a link that leads nowhere) "
                               "etc/routable.d/directory (is a directory) "
                               "etc/routable.d/fifo (is no regular file) etc/routable.d/link "
                               "etc/routable.d/null (is no regular file)");
}

static void test_missing_directory_is_fine_and_costs_no_scan(void **state)
{
    g_autofree char *found = scan("off.d");

    assert_string_equal(found, "");
    assert_int_equal(complaints, 0);
    assert_false(vane_catalog_exists(directories, "off.d"));
    assert_true(vane_catalog_exists(directories, "routable.d"));
}

static void test_what_is_no_directory_is_complained_about(void **state)
{
    g_autofree char *found = NULL;

    put("/mnt/etc/off.d", 0644);
    found = scan("off.d");

    assert_string_equal(found, "");
    assert_int_equal(complaints, 1);
}

static void test_subdirectories_are_listed_once(void **state)
{
    g_autoptr(GPtrArray) names = NULL;

    assert_int_equal(g_mkdir("/mnt/etc/carrier.d", 0755), 0);
    assert_int_equal(g_mkdir("/mnt/etc/other", 0755), 0);
    names = vane_catalog_subdirectories(directories, complain, NULL);

    assert_int_equal(names->len, 2);
    assert_string_equal(g_ptr_array_index(names, 0), "carrier");
    assert_string_equal(g_ptr_array_index(names, 1), "routable");
}

static void test_complaint_is_made_once_until_something_changes(void **state)
{
    g_autoptr(GHashTable) refusals = vane_refusals_new();

    assert_true(vane_refusals_note(refusals, "/x", "writable", 1));
    assert_false(vane_refusals_note(refusals, "/x", "writable", 1));
    assert_true(vane_refusals_note(refusals, "/x", "writable", 2));
    assert_true(vane_refusals_note(refusals, "/y", "writable", 2));
    vane_refusals_forget(refusals, "/x");
    assert_true(vane_refusals_note(refusals, "/x", "writable", 2));
}

/* ---- trust ---- */

static void assert_trusted(const char *path, uid_t owner)
{
    struct vane_refusal refusal = {0};
    int r = vane_trust_check(path, VANE_TRUST_PROGRAM, owner, &refusal);

    if (r < 0)
        fail_msg("%s: %s (%s)", path, g_strerror(-r), refusal.reason);
}

static void assert_refused(const char *path, uid_t owner, const char *reason)
{
    struct vane_refusal refusal = {0};

    assert_int_equal(vane_trust_check(path, VANE_TRUST_PROGRAM, owner, &refusal), -EACCES);
    assert_string_equal(refusal.reason, reason);
    vane_refusal_clear(&refusal);
}

static void test_any_mode_that_only_root_can_write_is_fine(void **state)
{
    static const mode_t modes[] = {0755, 0750, 0700, 0555, 0711};

    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        put("/mnt/usr/tool", modes[i]);
        assert_trusted("/mnt/usr/tool", 0);
    }
}

static void test_file_that_others_can_write_is_refused(void **state)
{
    put("/mnt/usr/tool", 0775);
    assert_refused("/mnt/usr/tool", 0, "/mnt/usr/tool is writable by group root (chmod g-w)");
    put("/mnt/usr/tool", 0757);
    assert_refused("/mnt/usr/tool", 0, "/mnt/usr/tool is writable by everybody (chmod o-w)");
    put("/mnt/usr/tool", 0644);
    assert_refused("/mnt/usr/tool", 0, "/mnt/usr/tool is not executable (chmod +x)");
}

static void test_file_of_another_user_is_refused(void **state)
{
    put("/mnt/usr/tool", 0755);
    assert_int_equal(chown("/mnt/usr/tool", 54321, 0), 0);

    assert_refused("/mnt/usr/tool", 0, "/mnt/usr/tool belongs to uid 54321 (chown root)");
}

static void test_sticky_directory_on_the_way_does_not_help(void **state)
{
    put("/mnt/usr/tool", 0755);
    assert_int_equal(chmod("/mnt/usr", 01777), 0);

    assert_refused("/mnt/usr/tool", 0,
                   "/mnt/usr is writable by everybody (keep it in a directory that only root can "
                   "write)");
}

static void test_directory_that_others_can_write_is_refused(void **state)
{
    put("/mnt/usr/tool", 0755);
    assert_int_equal(chmod("/mnt/usr", 0777), 0);

    assert_refused("/mnt/usr/tool", 0, "/mnt/usr is writable by everybody (chmod o-w)");
}

static void test_directories_behind_a_link_count_too(void **state)
{
    put("/mnt/usr/tool", 0755);
    assert_int_equal(symlink("../usr/./tool", "/mnt/etc/link"), 0);
    assert_trusted("/mnt/etc/link", 0);

    assert_int_equal(chmod("/mnt/usr", 0775), 0);
    assert_refused("/mnt/etc/link", 0, "/mnt/usr is writable by group root (chmod g-w)");
}

static void test_link_of_another_user_is_refused(void **state)
{
    put("/mnt/usr/tool", 0755);
    assert_int_equal(symlink("/mnt/usr/tool", "/mnt/etc/link"), 0);
    assert_int_equal(lchown("/mnt/etc/link", 54321, 0), 0);

    assert_refused("/mnt/etc/link", 0, "/mnt/etc/link belongs to uid 54321 (chown root)");
}

static void test_loop_of_links_ends(void **state)
{
    struct vane_refusal refusal = {0};

    assert_int_equal(symlink("/mnt/etc/b", "/mnt/etc/a"), 0);
    assert_int_equal(symlink("/mnt/etc/a", "/mnt/etc/b"), 0);

    assert_int_equal(vane_trust_check("/mnt/etc/a", VANE_TRUST_PROGRAM, 0, &refusal), -ELOOP);
    assert_int_equal(vane_trust_check("/mnt/etc/none", VANE_TRUST_PROGRAM, 0, &refusal), -ENOENT);
    assert_int_equal(vane_trust_check("relative", VANE_TRUST_PROGRAM, 0, &refusal), -EINVAL);
}

static void test_unprivileged_daemon_trusts_its_own_user_and_root(void **state)
{
    put("/mnt/usr/tool", 0755);
    assert_int_equal(chown("/mnt/usr", SOMEBODY, 0), 0);
    assert_int_equal(chown("/mnt/usr/tool", SOMEBODY, 0), 0);
    assert_trusted("/mnt/usr/tool", SOMEBODY);

    assert_int_equal(chown("/mnt/usr/tool", 0, 0), 0);
    assert_trusted("/mnt/usr/tool", SOMEBODY);
    assert_int_equal(chown("/mnt/usr/tool", SOMEBODY + 54321, 0), 0);
    assert_refused("/mnt/usr/tool", SOMEBODY, "/mnt/usr/tool belongs to uid 55321 (chown root)");
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_scripts_are_sorted_by_name_and_earlier_directories_come_first),
        STORY(test_only_regular_files_are_fit_to_run),
        STORY(test_missing_directory_is_fine_and_costs_no_scan),
        STORY(test_what_is_no_directory_is_complained_about),
        STORY(test_subdirectories_are_listed_once),
        cmocka_unit_test(test_complaint_is_made_once_until_something_changes),
        STORY(test_any_mode_that_only_root_can_write_is_fine),
        STORY(test_file_that_others_can_write_is_refused),
        STORY(test_file_of_another_user_is_refused),
        STORY(test_sticky_directory_on_the_way_does_not_help),
        STORY(test_directory_that_others_can_write_is_refused),
        STORY(test_directories_behind_a_link_count_too),
        STORY(test_link_of_another_user_is_refused),
        STORY(test_loop_of_links_ends),
        STORY(test_unprivileged_daemon_trusts_its_own_user_and_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
