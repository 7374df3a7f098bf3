/* Integers, sizes, truth values and hexadecimal digits, read strictly. */
#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/array.h"
#include "lib/text/hex.h"
#include "lib/text/number.h"

static void test_integers_are_read_within_their_bounds(void **state)
{
    int64_t number;
    uint64_t large;

    assert_int_equal(vane_text_parse_int64("-9223372036854775808", INT64_MIN, INT64_MAX, &number),
                     0);
    assert_true(number == INT64_MIN);
    assert_int_equal(vane_text_parse_int64("9223372036854775807", INT64_MIN, INT64_MAX, &number),
                     0);
    assert_true(number == INT64_MAX);
    assert_int_equal(vane_text_parse_int64("0", 0, 0, &number), 0);
    assert_int_equal(vane_text_parse_int64("-0", -1, 1, &number), 0);
    assert_true(number == 0);
    assert_int_equal(vane_text_parse_uint64("18446744073709551615", 0, UINT64_MAX, &large), 0);
    assert_true(large == UINT64_MAX);
    assert_int_equal(vane_text_parse_uint64("65535", 1, 65535, &large), 0);
    assert_true(large == 65535);
}

static void test_integers_out_of_bounds_are_told_from_no_integers(void **state)
{
    static const char *const broken[] = {"",
                                         " 1",
                                         "1 ",
                                         "+1",
                                         "-",
                                         "--1",
                                         "0x1",
                                         "1.0",
                                         "1e3",
                                         "007",
                                         "1_0",
                                         "abc",
                                         "99999999999999999999x"};
    static const char *const outside[] = {"-11", "11", "9223372036854775808",
                                          "-9223372036854775809", "99999999999999999999999999"};
    int64_t number = 7;
    uint64_t large = 7;

    for (size_t i = 0; i < ELEMENTS(broken); i++) {
        assert_int_equal(vane_text_parse_int64(broken[i], -10, 10, &number), -EINVAL);
        assert_int_equal(vane_text_parse_uint64(broken[i], 0, 10, &large), -EINVAL);
    }
    for (size_t i = 0; i < ELEMENTS(outside); i++) {
        assert_int_equal(vane_text_parse_int64(outside[i], -10, 10, &number), -ERANGE);
        assert_int_equal(vane_text_parse_uint64(outside[i], 0, 10, &large), -ERANGE);
    }
    assert_int_equal(vane_text_parse_uint64("0", 1, 10, &large), -ERANGE);
    assert_int_equal(vane_text_parse_uint64("18446744073709551616", 0, UINT64_MAX, &large),
                     -ERANGE);
    assert_int_equal(number, 7);
    assert_true(large == 7);
}

static void test_sizes_are_multiples_of_1024(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"0", 0},
        {"4096", 4096},
        {"64K", 65536},
        {"64k", 65536},
        {"1M", 1 << 20},
        {"2G", UINT64_C(2) << 30},
        {"3T", UINT64_C(3) << 40},
        {"16777215T", UINT64_C(16777215) << 40},
        {"18446744073709551615", UINT64_MAX},
    };
    static const char *const broken[] = {"",   "K",    "64KB", "64 K", " 64",
                                         "-1", "1.5M", "64X",  "64KK", "0x10"};
    uint64_t bytes;

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        assert_int_equal(vane_text_parse_size(cases[i].text, &bytes), 0);
        assert_true(bytes == cases[i].bytes);
    }
    for (size_t i = 0; i < ELEMENTS(broken); i++)
        assert_int_equal(vane_text_parse_size(broken[i], &bytes), -EINVAL);
    assert_int_equal(vane_text_parse_size("16777216T", &bytes), -ERANGE);
    assert_int_equal(vane_text_parse_size("18446744073709551616", &bytes), -ERANGE);
}

static void test_truth_has_many_words(void **state)
{
    static const char *const yes[] = {"1", "yes", "YES", "y", "true", "True", "t", "on", "oN"};
    static const char *const no[] = {"0", "no", "NO", "n", "false", "False", "f", "off", "oFF"};
    static const char *const broken[] = {"", "2", "yess", "ye", " yes", "enabled", "01"};
    bool truth;

    for (size_t i = 0; i < ELEMENTS(yes); i++) {
        truth = false;
        assert_int_equal(vane_text_parse_bool(yes[i], &truth), 0);
        assert_true(truth);
    }
    for (size_t i = 0; i < ELEMENTS(no); i++) {
        truth = true;
        assert_int_equal(vane_text_parse_bool(no[i], &truth), 0);
        assert_false(truth);
    }
    for (size_t i = 0; i < ELEMENTS(broken); i++)
        assert_int_equal(vane_text_parse_bool(broken[i], &truth), -EINVAL);
}

static void test_hex_goes_both_ways(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x1f, 0xab, 0xff};
    uint8_t back[4];
    char text[9];

    vane_text_hex(bytes, sizeof(bytes), text);
    assert_string_equal(text, "001fabff");
    assert_int_equal(vane_text_unhex("001FabFF", back, sizeof(back)), 0);
    assert_memory_equal(back, bytes, sizeof(bytes));
    vane_text_hex(bytes, 0, text);
    assert_string_equal(text, "");

    assert_int_equal(vane_text_unhex("001fabf", back, sizeof(back)), -EINVAL);
    assert_int_equal(vane_text_unhex("001fabff0", back, sizeof(back)), -EINVAL);
    assert_int_equal(vane_text_unhex("001fabfg", back, sizeof(back)), -EINVAL);
    assert_int_equal(vane_text_unhex("", back, sizeof(back)), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_read_within_their_bounds),
        cmocka_unit_test(test_integers_out_of_bounds_are_told_from_no_integers),
        cmocka_unit_test(test_sizes_are_multiples_of_1024),
        cmocka_unit_test(test_truth_has_many_words),
        cmocka_unit_test(test_hex_goes_both_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
