/* What answers mean, and when to try again. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/array.h"
#include "plugins/webhook/retry.h"

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT, the date in RFC 9110 */

static int64_t after(const char *value)
{
    return vane_retry_after(value, strlen(value), NOW);
}

static void test_answers_mean_what_the_standard_says(void **state)
{
    static const struct {
        long status;
        enum vane_verdict_kind kind;
    } answers[] = {{200, VANE_DELIVERED}, {204, VANE_DELIVERED}, {299, VANE_DELIVERED},
                   {301, VANE_RETRY},     {302, VANE_RETRY},     {308, VANE_RETRY},
                   {400, VANE_DEAD},      {401, VANE_DEAD},      {404, VANE_DEAD},
                   {408, VANE_RETRY},     {410, VANE_GONE},      {413, VANE_TOO_LARGE},
                   {425, VANE_RETRY},     {429, VANE_PATIENCE},  {499, VANE_DEAD},
                   {500, VANE_RETRY},     {503, VANE_RETRY},     {599, VANE_RETRY},
                   {0, VANE_RETRY},       {101, VANE_RETRY},     {999, VANE_RETRY}};

    for (size_t i = 0; i < ELEMENTS(answers); i++)
        assert_int_equal(vane_retry_verdict(answers[i].status), answers[i].kind);
}

static void test_retry_after_is_seconds_or_a_date(void **state)
{
    assert_int_equal(after("0"), 0);
    assert_int_equal(after("120"), 120000);
    assert_int_equal(after(" 7 \r\n"), 7000);
    assert_int_equal(after("99999999999999999999999999"), 86400000);
    assert_int_equal(after("Sun, 06 Nov 1994 08:50:37 GMT"), 60000);
    assert_int_equal(after("Sunday, 06-Nov-94 08:49:39 GMT"), 2000);
    assert_int_equal(after("Sun Nov  6 08:49:40 1994"), 3000);
    assert_int_equal(after("Sun, 06 Nov 1994 08:49:37 GMT"), 0);
    assert_int_equal(after("Sun, 06 Nov 1993 08:49:37 GMT"), 0);
    assert_int_equal(after("Sun, 06 Nov 2094 08:49:37 GMT"), 86400000);
}

static void test_nonsense_in_retry_after_is_refused(void **state)
{
    static const char *const bad[] = {"",   " ",    "1.5", "12a",
                                      "-1", "soon", "+5",  "Sun, 99 Foo 1994 08:49:37 GMT"};

    for (size_t i = 0; i < ELEMENTS(bad); i++)
        assert_int_equal(after(bad[i]), -EINVAL);
    assert_int_equal(vane_retry_after("5\0"
                                      "5",
                                      3, NOW),
                     -EINVAL);
}

static void test_delays_are_those_of_standard_webhooks_with_jitter(void **state)
{
    static const int64_t seconds[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, 86400};

    for (unsigned attempt = 1; attempt <= ELEMENTS(seconds); attempt++) {
        int64_t least = seconds[attempt - 1] * 1000;

        assert_int_equal(vane_retry_delay(attempt, -1, 0), least);
        assert_in_range(vane_retry_delay(attempt, -1, 999), least + least / 11, least + least / 10);
    }
}

static void test_asked_delay_makes_a_retry_later_and_never_sooner(void **state)
{
    assert_int_equal(vane_retry_delay(1, 0, 0), 5000);
    assert_int_equal(vane_retry_delay(1, 7000, 0), 7000);
    assert_int_equal(vane_retry_delay(3, 2000, 0), 1800000);
    assert_int_equal(vane_retry_delay(3, 86400000, 0), 86400000);
}

static void test_patience_lasts_as_long_as_asked(void **state)
{
    assert_int_equal(vane_retry_patience(7, 2000, 0), 2000);
    assert_int_equal(vane_retry_patience(1, 0, 0), 1000);
    assert_int_equal(vane_retry_patience(1, -1, 0), 5000);
    assert_int_equal(vane_retry_patience(2, -1, 0), 300000);
    assert_int_equal(vane_retry_patience(100, -1, 0), 300000);
}

static void test_five_failures_in_a_row_open_the_breaker(void **state)
{
    struct vane_breaker breaker = {0};

    for (int i = 0; i < 4; i++)
        assert_false(vane_breaker_note(&breaker, false));
    assert_false(vane_breaker_note(&breaker, true));
    for (int i = 0; i < 4; i++)
        assert_false(vane_breaker_note(&breaker, false));
    assert_true(vane_breaker_note(&breaker, false));
    assert_true(vane_breaker_note(&breaker, false)); /* the probe failed */
    assert_false(vane_breaker_note(&breaker, true));
    assert_false(vane_breaker_open(&breaker));
}

static void test_no_delay_is_longer_than_the_longest(void **state)
{
    for (unsigned attempt = 1; attempt <= 100; attempt++)
        assert_true(vane_retry_delay(attempt, -1, 999) < VANE_RETRY_LONGEST_MS);
    assert_true(vane_retry_delay(1, after("99999999999"), 999) < VANE_RETRY_LONGEST_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_mean_what_the_standard_says),
        cmocka_unit_test(test_retry_after_is_seconds_or_a_date),
        cmocka_unit_test(test_nonsense_in_retry_after_is_refused),
        cmocka_unit_test(test_delays_are_those_of_standard_webhooks_with_jitter),
        cmocka_unit_test(test_asked_delay_makes_a_retry_later_and_never_sooner),
        cmocka_unit_test(test_patience_lasts_as_long_as_asked),
        cmocka_unit_test(test_no_delay_is_longer_than_the_longest),
        cmocka_unit_test(test_five_failures_in_a_row_open_the_breaker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
