/* How much of an endless output passes, and how much is told of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/throttle.h"

#define START INT64_C(123456789)

static unsigned feed(struct vane_throttle *throttle, int64_t now, unsigned lines, size_t length)
{
    unsigned passed = 0;
    uint64_t suppressed;

    for (unsigned i = 0; i < lines; i++) {
        passed += vane_throttle_admit(throttle, now, length, &suppressed);
        assert_int_equal(suppressed, 0);
    }
    return passed;
}

static void test_what_is_within_the_bound_passes_in_each_window(void **state)
{
    struct vane_throttle throttle = {0};

    for (unsigned window = 0; window < 3; window++)
        assert_int_equal(feed(&throttle, START + window * VANE_THROTTLE_USEC, 1000, 100), 1000);
    assert_int_equal(vane_throttle_end(&throttle), 0);
}

static void test_lines_beyond_it_are_told_once_in_the_next_window(void **state)
{
    struct vane_throttle throttle = {0};
    uint64_t suppressed;

    assert_int_equal(feed(&throttle, START, 5000, 10), VANE_THROTTLE_LINES);
    assert_int_equal(feed(&throttle, START + VANE_THROTTLE_USEC - 1, 7, 10), 0);
    assert_true(vane_throttle_admit(&throttle, START + VANE_THROTTLE_USEC, 10, &suppressed));
    assert_int_equal(suppressed, 5007 - VANE_THROTTLE_LINES);
    assert_int_equal(vane_throttle_end(&throttle), 0);
}

static void test_bytes_are_bounded_too_and_the_end_tells_the_rest(void **state)
{
    struct vane_throttle throttle = {0};

    assert_int_equal(feed(&throttle, START, 100, 8192), VANE_THROTTLE_BYTES / 8192);
    assert_int_equal(vane_throttle_end(&throttle), 100 - VANE_THROTTLE_BYTES / 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_within_the_bound_passes_in_each_window),
        cmocka_unit_test(test_lines_beyond_it_are_told_once_in_the_next_window),
        cmocka_unit_test(test_bytes_are_bounded_too_and_the_end_tells_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
