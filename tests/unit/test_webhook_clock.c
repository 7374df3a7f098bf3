/* How a wall clock that is set is told from one that runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/webhook/clock.h"

#define SECOND INT64_C(1000000000)
#define YEAR   (31557600 * SECOND)

static void test_first_look_and_a_clock_that_runs_are_no_jump(void **state)
{
    struct vane_webhook_clock clock = {0};

    assert_int_equal(vane_clock_jump(&clock, 40 * YEAR, 5 * SECOND), 0);
    assert_int_equal(vane_clock_jump(&clock, 41 * YEAR, 5 * SECOND + YEAR), 0);
}

static void test_jumps_are_told_once_in_both_directions(void **state)
{
    struct vane_webhook_clock clock = {0};

    (void)vane_clock_jump(&clock, 0, 5 * SECOND);
    assert_int_equal(vane_clock_jump(&clock, 56 * YEAR, 5 * SECOND), 56 * YEAR);
    assert_int_equal(vane_clock_jump(&clock, 56 * YEAR + SECOND, 6 * SECOND), 0);
    assert_int_equal(vane_clock_jump(&clock, 16 * YEAR + SECOND, 6 * SECOND), -40 * YEAR);
    assert_int_equal(vane_clock_jump(&clock, 16 * YEAR + 2 * SECOND, 7 * SECOND), 0);
}

static void test_corrections_below_a_minute_are_none_however_many(void **state)
{
    struct vane_webhook_clock clock = {0};

    for (int64_t i = 0; i < 100; i++)
        assert_int_equal(vane_clock_jump(&clock, i * 31 * SECOND, i * SECOND), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_look_and_a_clock_that_runs_are_no_jump),
        cmocka_unit_test(test_jumps_are_told_once_in_both_directions),
        cmocka_unit_test(test_corrections_below_a_minute_are_none_however_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
