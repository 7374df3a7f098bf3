/* The JSON writer: separators, escapes, numbers, and that its output is valid whatever goes in. */
#include <errno.h>
#include <glib.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/json/scanner.h"
#include "lib/json/writer.h"

#define _cleanup_json_ _cleanup_(vane_json_clear)

static void write_sample(struct vane_json *json)
{
    vane_json_object_begin(json);
    vane_json_member_string(json, "name", "veth0");
    vane_json_key(json, "list");
    vane_json_array_begin(json);
    vane_json_int64(json, -1);
    vane_json_array_begin(json);
    vane_json_array_end(json);
    vane_json_object_begin(json);
    vane_json_object_end(json);
    vane_json_null(json);
    vane_json_array_end(json);
    vane_json_member_bool(json, "up", true);
    vane_json_member_bool(json, "down", false);
    vane_json_member_uint64(json, "big", UINT64_MAX);
    vane_json_member_int64(json, "small", INT64_MIN);
    vane_json_key(json, "raw");
    vane_json_raw(json, "{\"x\":1}", 7);
    vane_json_member_string(json, "nothing", NULL);
    vane_json_object_end(json);
}

static void test_separators_come_by_themselves(void **state)
{
    _cleanup_json_ struct vane_json json;
    size_t length;

    vane_json_init(&json, 0);
    write_sample(&json);

    const char *text = vane_json_text(&json, &length);
    assert_string_equal(text,
                        "{\"name\":\"veth0\",\"list\":[-1,[],{},null],\"up\":true,\"down\":false,"
                        "\"big\":18446744073709551615,\"small\":-9223372036854775808,"
                        "\"raw\":{\"x\":1},\"nothing\":null}");
    assert_int_equal(length, strlen(text));
}

static void test_spaced_output_is_what_python_writes(void **state)
{
    _cleanup_json_ struct vane_json json;

    vane_json_init(&json, VANE_JSON_PYTHON);
    write_sample(&json);

    assert_string_equal(
        vane_json_text(&json, NULL),
        "{\"name\": \"veth0\", \"list\": [-1, [], {}, null], \"up\": true, \"down\": "
        "false, \"big\": 18446744073709551615, \"small\": -9223372036854775808, "
        "\"raw\": {\"x\":1}, \"nothing\": null}");
}

static void assert_string_becomes(unsigned flags, const char *bytes, size_t len,
                                  const char *expected)
{
    _cleanup_json_ struct vane_json json;
    size_t length;

    vane_json_init(&json, flags);
    vane_json_string_len(&json, bytes, len);
    assert_string_equal(vane_json_text(&json, &length), expected);
    /* The strict scanner accepts it all, but for the NUL that we may write and nobody may send us.
     */
    if (!strstr(expected, "\\u0000"))
        assert_int_equal(vane_json_scan(json.text, length, NULL, NULL), 0);
}

#define ASSERT_STRING(flags, literal, expected)                                                    \
    assert_string_becomes(flags, literal, sizeof(literal) - 1, expected)

static void test_strings_are_escaped_as_rfc_8259_wants(void **state)
{
    ASSERT_STRING(0, "", "\"\"");
    ASSERT_STRING(0, "a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    ASSERT_STRING(0, "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    ASSERT_STRING(0, "\0\x01\x1f", "\"\\u0000\\u0001\\u001f\"");
    ASSERT_STRING(0, "\x7f", "\"\x7f\"");
    ASSERT_STRING(0, "eight by\"tes and more", "\"eight by\\\"tes and more\"");
    ASSERT_STRING(0, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
                  "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

/* Strings are copied eight bytes a step: what needs an escape must get it wherever it falls. */
static void test_every_special_byte_is_escaped_at_every_place(void **state)
{
    for (int byte = 1; byte < 256; byte++) {
        if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\')
            continue;
        for (int place = 0; place < 24; place++) {
            _cleanup_json_ struct vane_json json = {0};
            char text[] = "abcdefghijklmnopqrstuvwx";
            size_t length;

            text[place] = (char)byte;
            vane_json_string(&json, text);
            vane_json_text(&json, &length);
            assert_int_equal(vane_json_scan(json.text, length, NULL, NULL), 0);
            assert_memory_equal(json.text + 1, "abcdefghijklmnopqrstuvwx", place);
            assert_true(json.text[1 + place] == (byte >= 0x80 ? '\xef' : '\\'));
            assert_memory_equal(json.text + length - (size_t)(24 - place), text + place + 1,
                                (size_t)(23 - place));
        }
    }
}

/* Expected values are those of Python 3.11: json.dumps("..."). */
static void test_ascii_output_is_what_python_writes(void **state)
{
    ASSERT_STRING(VANE_JSON_ASCII, "gr\xc3\xbc\xc3\x9f", "\"gr\\u00fc\\u00df\"");
    ASSERT_STRING(VANE_JSON_ASCII, "\xe2\x82\xac", "\"\\u20ac\"");
    ASSERT_STRING(VANE_JSON_ASCII, "\xf0\x9f\x98\x80", "\"\\ud83d\\ude00\"");
    ASSERT_STRING(VANE_JSON_ASCII, "\xf4\x8f\xbf\xbf", "\"\\udbff\\udfff\"");
    ASSERT_STRING(VANE_JSON_ASCII, "\x7f\n\x1f", "\"\\u007f\\n\\u001f\"");
    ASSERT_STRING(VANE_JSON_ASCII, "\xff", "\"\\ufffd\"");
}

#define FFFD "\xef\xbf\xbd"

/* The examples of the Unicode standard, tables 3-8 to 3-11. */
static void test_each_ill_formed_sequence_becomes_one_replacement_character(void **state)
{
    ASSERT_STRING(0, "\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41",
                  "\"" FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A\"");
    ASSERT_STRING(0, "\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41",
                  "\"" FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A\"");
    ASSERT_STRING(0, "\xf4\x91\x92\x93\xff\x41\x80\xbf\x42",
                  "\"" FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B\"");
    ASSERT_STRING(0, "\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "\"" FFFD FFFD FFFD FFFD "A\"");
    ASSERT_STRING(0, "ssid \xf0\x9f\x98", "\"ssid " FFFD "\"");
}

static void test_keys_are_escaped_too(void **state)
{
    _cleanup_json_ struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_key(&json, "a\"\xff");
    vane_json_null(&json);
    vane_json_key_len(&json, "bc", 1);
    vane_json_null(&json);
    vane_json_object_end(&json);

    assert_string_equal(vane_json_text(&json, NULL), "{\"a\\\"" FFFD "\":null,\"b\":null}");
}

/* Expected values are those of Python's repr(). */
static void test_doubles_are_short_and_read_back_the_same(void **state)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {100.0, "100.0"},
        {123456.789, "123456.789"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {1.5e300, "1.5e+300"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1.0 / 3, "0.3333333333333333"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {9007199254740993.0, "9007199254740992.0"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        _cleanup_json_ struct vane_json json = {0};

        vane_json_double(&json, cases[i].number);
        assert_string_equal(vane_json_text(&json, NULL), cases[i].text);
    }
}

static void test_random_doubles_survive_the_round_trip(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(8259);

    for (int i = 0; i < 20000; i++) {
        _cleanup_json_ struct vane_json json = {0};
        uint64_t bits = (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);
        double number, back;

        memcpy(&number, &bits, sizeof(number));
        if (!isfinite(number))
            continue;
        vane_json_double(&json, number);
        back = g_ascii_strtod(vane_json_text(&json, NULL), NULL);
        assert_memory_equal(&back, &number, sizeof(number));
    }
}

static void test_large_texts_grow_the_buffer(void **state)
{
    _cleanup_json_ struct vane_json json = {0};
    g_autofree char *long_text = g_strnfill(100000, '\x01');
    g_autofree char *text = NULL;
    size_t length;

    vane_json_array_begin(&json);
    for (int i = 0; i < 10; i++)
        vane_json_string(&json, long_text);
    vane_json_array_end(&json);
    text = vane_json_steal(&json, &length);

    assert_int_equal(length, 2 + 9 + 10 * (2 + 6 * 100000));
    assert_int_equal(strlen(text), length);
    assert_true(g_str_has_suffix(text, "\\u0001\"]"));
}

static void test_writer_is_empty_and_usable_after_steal_and_reset(void **state)
{
    _cleanup_json_ struct vane_json json;

    vane_json_init(&json, VANE_JSON_SPACED);
    vane_json_array_begin(&json);
    vane_json_null(&json);
    vane_json_array_end(&json);
    g_autofree char *first = vane_json_steal(&json, NULL);
    vane_json_array_begin(&json);
    vane_json_bool(&json, true);
    vane_json_reset(&json);
    vane_json_array_begin(&json);
    vane_json_int64(&json, 1);
    vane_json_int64(&json, 2);
    vane_json_array_end(&json);

    assert_string_equal(first, "[null]");
    assert_string_equal(vane_json_text(&json, NULL), "[1, 2]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_separators_come_by_themselves),
        cmocka_unit_test(test_spaced_output_is_what_python_writes),
        cmocka_unit_test(test_strings_are_escaped_as_rfc_8259_wants),
        cmocka_unit_test(test_every_special_byte_is_escaped_at_every_place),
        cmocka_unit_test(test_ascii_output_is_what_python_writes),
        cmocka_unit_test(test_each_ill_formed_sequence_becomes_one_replacement_character),
        cmocka_unit_test(test_keys_are_escaped_too),
        cmocka_unit_test(test_doubles_are_short_and_read_back_the_same),
        cmocka_unit_test(test_random_doubles_survive_the_round_trip),
        cmocka_unit_test(test_large_texts_grow_the_buffer),
        cmocka_unit_test(test_writer_is_empty_and_usable_after_steal_and_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
