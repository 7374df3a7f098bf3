/* Time spans, as configuration writes them and as people read them. */
#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/array.h"
#include "lib/text/span.h"

#define SECOND UINT64_C(1000000)

static void test_spans_are_read_as_systemd_reads_them(void **state)
{
    static const struct {
        const char *text;
        uint64_t usec;
    } cases[] = {
        {"0", 0},
        {"5", 5 * SECOND},
        {"90s", 90 * SECOND},
        {" 90 s ", 90 * SECOND},
        {"1min 30s", 90 * SECOND},
        {"1min30s", 90 * SECOND},
        {"1m30", 90 * SECOND},
        {"500ms", SECOND / 2},
        {"500 msec", SECOND / 2},
        {"3us", 3},
        {"3 usec", 3},
        {"3\xc2\xb5s", 3},
        {"3\xce\xbcs", 3},
        {"1.5s", 3 * SECOND / 2},
        {"0.25", SECOND / 4},
        {"0.0000001s", 0},
        {"2h", 7200 * SECOND},
        {"2hr 1 hour 1hours", 4 * 3600 * SECOND},
        {"1d", 86400 * SECOND},
        {"2 days", 2 * 86400 * SECOND},
        {"1w", 7 * 86400 * SECOND},
        {"1M", 2629800 * SECOND},
        {"1month", 2629800 * SECOND},
        {"1y", 31557600 * SECOND},
        {"584542 years", UINT64_C(584542) * 31557600 * SECOND},
        {"18446744073709551614us", UINT64_MAX - 1},
        {"infinity", VANE_SPAN_INFINITY},
        {" infinity ", VANE_SPAN_INFINITY},
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        uint64_t usec = 7;

        assert_int_equal(vane_text_parse_span(cases[i].text, &usec), 0);
        assert_true(usec == cases[i].usec);
    }
}

static void assert_refused(const char *text, int error)
{
    uint64_t usec = 7;

    assert_int_equal(vane_text_parse_span(text, &usec), error);
    assert_true(usec == 7);
}

static void test_what_is_no_span_is_refused(void **state)
{
    static const char *const texts[] = {
        "",    " ",  "s",   "5x",  "5 seconds!", "min",  "1.s", ".5s",   "5,",       "5s -",
        "+5s", "5S", "1e3", "--5", "infinity 5", "1..5", "-",   "0x10s", "Infinity", "5 5x"};

    for (size_t i = 0; i < ELEMENTS(texts); i++)
        assert_refused(texts[i], -EINVAL);
}

static void test_spans_that_do_not_fit_are_refused(void **state)
{
    assert_refused("-5s", -ERANGE);
    assert_refused("18446744073709551616us", -ERANGE);
    /* Finite, but it would read as infinity. */
    assert_refused("18446744073709551615us", -ERANGE);
    assert_refused("18446744073709s 1s", -ERANGE);
    assert_refused("584543 years", -ERANGE);
    assert_refused("99999999999999999999999", -ERANGE);
}

static void test_spans_are_told_in_the_unit_that_fits(void **state)
{
    static const struct {
        uint64_t usec;
        const char *text;
    } cases[] = {
        {0, "0 us"},
        {850, "850 us"},
        {999, "999 us"},
        {1000, "1 ms"},
        {1550, "1.5 ms"},
        {80000, "80 ms"},
        {80400, "80.4 ms"},
        {153700, "153 ms"},
        {999999, "999 ms"},
        {1000000, "1 s"},
        {1500000, "1.5 s"},
        {59999999, "59.9 s"},
        {60 * SECOND, "1 min"},
        {90 * SECOND, "1 min 30 s"},
        {3600 * SECOND, "1 h"},
        {7500 * SECOND, "2 h 5 min"},
        {86400 * SECOND, "1 d"},
        {(3 * 86400 + 4 * 3600) * SECOND, "3 d 4 h"},
        {VANE_SPAN_INFINITY, "infinity"},
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        g_autofree char *text = vane_text_format_span(cases[i].usec);

        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans_are_read_as_systemd_reads_them),
        cmocka_unit_test(test_what_is_no_span_is_refused),
        cmocka_unit_test(test_spans_that_do_not_fit_are_refused),
        cmocka_unit_test(test_spans_are_told_in_the_unit_that_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
