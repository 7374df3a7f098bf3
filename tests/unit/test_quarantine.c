/* When the record of crashes puts a plugin in quarantine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "engine/plugins/quarantine.h"

static int setup(void **state)
{
    *state = g_dir_make_tmp("netvane-quarantine-XXXXXX", NULL);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    g_autofree char *directory = *state;
    g_autofree char *file = g_build_filename(directory, "crashes", NULL);

    (void)g_unlink(file);
    return g_rmdir(directory);
}

static bool is_quarantined(void **state, const char *record)
{
    g_autofree char *file = g_build_filename(*state, "crashes", NULL);
    g_autofree char *reason = NULL;

    assert_true(g_file_set_contents(file, record, -1, NULL));
    reason = vane_quarantine_reason(*state, "acme");
    return reason != NULL;
}

static void test_three_crashes_in_ten_minutes_are_too_many(void **state)
{
    assert_true(is_quarantined(state, "1000 acme 11\n1300 acme 6\n1600 acme 11\n"));
    assert_true(is_quarantined(state, "1000 acme 11\n1000 b 6\n1000 acme 6\n1600 acme 11\n"));
    assert_false(is_quarantined(state, "1000 acme 11\n1300 acme 6\n1601 acme 11\n"));
    assert_false(is_quarantined(state, "1000 acme 11\n1300 b 6\n1600 acme 11\n"));
}

static void test_a_clock_that_began_anew_makes_no_crashes_close(void **state)
{
    assert_false(is_quarantined(state, "1700000000 acme 11\n100 acme 6\n1800000000 acme 11\n"));
    assert_false(is_quarantined(state, "1700000000 acme 11\n100 acme 6\n200 acme 11\n"));
    assert_true(is_quarantined(state, "1700000000 acme 11\n300 acme 6\n200 acme 11\n100 acme 6\n"));
}

static void test_damaged_lines_count_for_nothing(void **state)
{
    assert_false(is_quarantined(state, "-9223372036854775808 acme 11\n9223372036854775807 acme 6\n"
                                       "acme 11\n\n \n1 acme\n2 acme 11\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* With nobody at its other end it would hold us up for ever. */
static void test_a_fifo_in_the_place_of_the_record_is_refused_without_waiting(void **state)
{
    g_autofree char *file = g_build_filename(*state, "crashes", NULL);

    assert_int_equal(mkfifo(file, 0600), 0);
    alarm(10);
    assert_null(vane_quarantine_reason(*state, "acme"));
    assert_int_equal(vane_quarantine_reset(*state, "acme"), -ENOENT);
    assert_int_equal(vane_crash_handler_install(*state), -EINVAL);
    vane_crash_handler_remove();
    alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_three_crashes_in_ten_minutes_are_too_many),
        TEST(test_a_clock_that_began_anew_makes_no_crashes_close),
        TEST(test_damaged_lines_count_for_nothing),
        TEST(test_a_fifo_in_the_place_of_the_record_is_refused_without_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
