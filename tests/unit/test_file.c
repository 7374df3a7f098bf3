/* Files are read without trust, and written whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "lib/file.h"

struct fixture {
    char directory[64];
    char path[80];
};

static int setup(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);

    strcpy(fixture->directory, "/tmp/netvane-file-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->path, sizeof(fixture->path), "%s/file", fixture->directory);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    (void)unlink(fixture->path);
    assert_int_equal(rmdir(fixture->directory), 0); /* no file was left beside it */
    g_free(fixture);
    return 0;
}

static void assert_holds(const struct fixture *fixture, const char *expected, mode_t mode)
{
    g_autofree char *text = NULL;
    struct stat st;
    size_t length;

    assert_int_equal(vane_file_read(fixture->path, 1 << 20, &text, &length), 0);
    assert_string_equal(text, expected);
    assert_int_equal(stat(fixture->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
}

static void test_replaced_whole_whatever_the_umask(void **state)
{
    const struct fixture *fixture = *state;
    mode_t before = umask(0077);

    assert_int_equal(vane_file_replace(fixture->path, "old", 3, 0644), 0);
    assert_holds(fixture, "old", 0644);
    assert_int_equal(vane_file_replace(fixture->path, "new text", 8, 0600), 0);
    assert_holds(fixture, "new text", 0600);
    umask(before);
}

static void test_created_only_where_nothing_is(void **state)
{
    const struct fixture *fixture = *state;

    assert_int_equal(vane_file_create(fixture->path, "one", 3, 0640), 0);
    assert_int_equal(vane_file_create(fixture->path, "two", 3, 0640), -EEXIST);
    assert_holds(fixture, "one", 0640);
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(symlink("/nowhere", fixture->path), 0);
    assert_int_equal(vane_file_create(fixture->path, "two", 3, 0640), -EEXIST);
}

/* A limit on the size of files stands for the full disk: the kernel writes a part of it. */
static void test_what_does_not_fit_leaves_the_old(void **state)
{
    const struct fixture *fixture = *state;
    g_autofree char *large = g_strnfill(100000, 'x');
    struct rlimit before, small = {5000, RLIM_INFINITY};

    assert_int_equal(vane_file_replace(fixture->path, "old", 3, 0600), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(vane_file_replace(fixture->path, large, 100000, 0600), -EFBIG);
    assert_holds(fixture, "old", 0600);
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(vane_file_create(fixture->path, large, 100000, 0600), -EFBIG);
    assert_int_equal(access(fixture->path, F_OK), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

static void test_what_a_killed_writer_left_is_replaced(void **state)
{
    const struct fixture *fixture = *state;
    g_autofree char *left = g_strdup_printf("%s/.file.tmp", fixture->directory);

    assert_int_equal(vane_file_create(left, "half", 4, 0600), 0);
    assert_int_equal(vane_file_replace(fixture->path, "whole", 5, 0600), 0);
    assert_holds(fixture, "whole", 0600);
}

static void test_only_regular_files_of_bounded_size_are_read(void **state)
{
    const struct fixture *fixture = *state;
    g_autofree char *text = NULL;
    size_t length;

    assert_int_equal(vane_file_create(fixture->path, "four", 4, 0600), 0);
    assert_int_equal(vane_file_read(fixture->path, 3, &text, &length), -EFBIG);
    assert_int_equal(vane_file_read(fixture->directory, 100, &text, &length), -EINVAL);
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(vane_file_read(fixture->path, 100, &text, &length), -ENOENT);
    assert_int_equal(mkfifo(fixture->path, 0600), 0);
    assert_int_equal(vane_file_read(fixture->path, 100, &text, &length), -EINVAL);
}

static void test_streams_are_read_to_their_end_within_bounds(void **state)
{
    g_autofree char *text = NULL;
    size_t length;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "four", 4), 4);
    assert_int_equal(vane_file_read_stream(ends[0], 3, &text, &length), -EFBIG);
    assert_int_equal(write(ends[1], "three", 5), 5);
    close(ends[1]);
    assert_int_equal(vane_file_read_stream(ends[0], 5, &text, &length), 0);
    assert_string_equal(text, "three");
    assert_int_equal(length, 5);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replaced_whole_whatever_the_umask, setup, teardown),
        cmocka_unit_test_setup_teardown(test_created_only_where_nothing_is, setup, teardown),
        cmocka_unit_test(test_streams_are_read_to_their_end_within_bounds),
        cmocka_unit_test_setup_teardown(test_what_does_not_fit_leaves_the_old, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_killed_writer_left_is_replaced, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_only_regular_files_of_bounded_size_are_read, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
