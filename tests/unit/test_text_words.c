/* Suggestions for misspelt names, printable lines, UTF-8. */
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/array.h"
#include "lib/text/nearest.h"
#include "lib/text/printable.h"
#include "lib/text/utf8.h"

static void test_distance_counts_slips_of_the_finger(void **state)
{
    g_autofree char *long_text = g_strnfill(65, 'a');

    assert_int_equal(vane_text_edit_distance("", ""), 0);
    assert_int_equal(vane_text_edit_distance("", "abc"), 3);
    assert_int_equal(vane_text_edit_distance("abc", ""), 3);
    assert_int_equal(vane_text_edit_distance("Timeout", "Timeout"), 0);
    assert_int_equal(vane_text_edit_distance("timeout", "TIMEOUT"), 0);
    assert_int_equal(vane_text_edit_distance("Timeout", "Timout"), 1);
    assert_int_equal(vane_text_edit_distance("Timeout", "Timeouts"), 1);
    assert_int_equal(vane_text_edit_distance("Timeout", "Tineout"), 1);
    assert_int_equal(vane_text_edit_distance("Timeout", "Tiemout"), 1);
    assert_int_equal(vane_text_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(vane_text_edit_distance(long_text, long_text), 65);
}

static void test_the_nearest_name_is_suggested(void **state)
{
    static const char *const names[] = {"Timeout",  "MaxParallel", NULL,
                                        "Debounce", "Coalesce",    "on"};

#define NEAREST(name) vane_text_nearest(name, names, ELEMENTS(names))
    assert_string_equal(NEAREST("Timout"), "Timeout");
    assert_string_equal(NEAREST("timeout"), "Timeout");
    assert_string_equal(NEAREST("MaxParalel"), "MaxParallel");
    assert_string_equal(NEAREST("Debuonce"), "Debounce");
    assert_string_equal(NEAREST("om"), "on");
    assert_null(NEAREST("Verbosity"));
    assert_null(NEAREST("xy"));
    assert_null(NEAREST(""));
    assert_null(vane_text_nearest("Timeout", NULL, 0));
}

static void assert_printed(const char *bytes, size_t len, const char *expected)
{
    g_autofree char *text = vane_text_printable(bytes, len);

    assert_string_equal(text, expected);
}

#define ASSERT_PRINTED(literal, expected) assert_printed(literal, sizeof(literal) - 1, expected)

static void test_log_lines_cannot_be_forged(void **state)
{
    ASSERT_PRINTED("", "");
    ASSERT_PRINTED("plain C:\\path gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80",
                   "plain C:\\path gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
    ASSERT_PRINTED("a\nb\r\tc", "a\\nb\\r\\tc");
    ASSERT_PRINTED("\x1b[31mred\0\x7f", "\\x1b[31mred\\x00\\x7f");
    ASSERT_PRINTED("csi \xc2\x9b end", "csi \\xc2\\x9b end");
    ASSERT_PRINTED("\xe2\x80\xae"
                   "cod.exe",
                   "\\xe2\\x80\\xaecod.exe");
    ASSERT_PRINTED("\xe2\x80\xa8|\xe2\x81\xa6", "\\xe2\\x80\\xa8|\\xe2\\x81\\xa6");
    ASSERT_PRINTED("\xff\xc3(", "\\xff\\xc3(");
    ASSERT_PRINTED("\xf0\x9f\x98", "\\xf0\\x9f\\x98");
}

static void test_utf8_is_told_from_other_bytes(void **state)
{
    static const char *const good[] = {"",
                                       "abc",
                                       "\xc2\x80",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc3",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf8",
                                      "\xe2\x82("};

    for (size_t i = 0; i < ELEMENTS(good); i++)
        assert_true(vane_utf8_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < ELEMENTS(bad); i++)
        assert_false(vane_utf8_valid(bad[i], strlen(bad[i])));
}

static void test_every_scalar_value_survives_encoding(void **state)
{
    for (uint32_t codepoint = 0; codepoint <= 0x10ffff; codepoint++) {
        uint32_t back = 0;
        char bytes[4];
        size_t len;

        if (codepoint == 0xd800)
            codepoint = 0xe000;
        len = vane_utf8_encode(codepoint, bytes);
        assert_int_equal(vane_utf8_decode(bytes, len, &back), len);
        assert_int_equal(back, codepoint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance_counts_slips_of_the_finger),
        cmocka_unit_test(test_the_nearest_name_is_suggested),
        cmocka_unit_test(test_log_lines_cannot_be_forged),
        cmocka_unit_test(test_utf8_is_told_from_other_bytes),
        cmocka_unit_test(test_every_scalar_value_survives_encoding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
