/* The JSON scanner against good, broken and hostile texts. */
#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "lib/array.h"
#include "lib/json/scanner.h"

/* Scans a heap copy of exact size, so that a read beyond the end is seen by ASan. */
static int scan_limited(const char *text, size_t len, const struct vane_json_limits *limits,
                        struct vane_json_error *error)
{
    g_autofree char *exact = g_malloc(len + !len);

    memcpy(exact, text, len);
    return vane_json_scan(exact, len, limits, error);
}

static int scan(const char *text)
{
    return scan_limited(text, strlen(text), NULL, NULL);
}

static void test_every_kind_of_value_is_accepted(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-1",
        "10",
        "1.5",
        "-0.0e-0",
        "1E+2",
        "\"\"",
        " \t\r\n[ 1 , 2 ] \n",
        "{\"a\":{\"b\":[{},[]]},\"c\":\"d\"}",
        "{\"\":0}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20ac\\ud83d\\ude00\"",
        "\"\x7f \xc3\xbc \xf4\x8f\xbf\xbf\"",
        "[\"\\ufffe\",\"\xef\xbf\xbf\"]",
        "9223372036854775807",
        "-9223372036854775808",
        "1.7976931348623157e308",
        "1e-400",
        "{\"a\":1,\"A\":2,\"a \":3}",
        "[{\"a\":1},{\"a\":1}]",
        "{\"a\":{\"a\":{\"a\":1}}}",
    };

    for (size_t i = 0; i < ELEMENTS(texts); i++)
        assert_int_equal(scan(texts[i]), 0);
}

static void test_broken_grammar_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "[",
        "]",
        "}",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{,}",
        "nul",
        "nulL",
        "nullx",
        "True",
        "01",
        "-",
        "-a",
        "+1",
        ".5",
        "1.",
        "1.e5",
        "1e",
        "1e+",
        "0x10",
        "1 1",
        "NaN",
        "Infinity",
        "\"",
        "\"abc",
        "\"\\\"",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u",
        "\"a\nb\"",
        "\"a\tb\"",
        "\"\x01\"",
        "[1]]",
        "{}{}",
        "/**/1",
        "[1]//",
        "\xef\xbb\xbf{}",
        "\x0b[]",
        "-00",
        "1.5.5",
        "1ee5",
        "\"\\",
    };

    for (size_t i = 0; i < ELEMENTS(texts); i++)
        assert_int_equal(scan(texts[i]), -EINVAL);
}

static void test_every_truncation_is_refused(void **state)
{
    static const char text[] =
        "{\"key\\u00e9\":[1.5e3,\"\xc3\xbc\\ud83d\\ude00\",true,null,{\"a\":-7}]}";

    assert_int_equal(scan(text), 0);
    for (size_t len = 0; len < strlen(text); len++)
        assert_true(scan_limited(text, len, NULL, NULL) < 0);
}

static void test_nul_is_refused_raw_and_escaped(void **state)
{
    assert_int_equal(scan("\"\\u0000\""), -EINVAL);
    assert_int_equal(scan_limited("\"\0\"", 3, NULL, NULL), -EINVAL);
    assert_int_equal(scan_limited("[1]\0", 4, NULL, NULL), -EINVAL);
    assert_int_equal(scan_limited("[\0]", 3, NULL, NULL), -EINVAL);
}

/* Strings are read eight bytes a step: what is wrong must be seen wherever it falls. */
static void test_control_characters_are_refused_at_every_place(void **state)
{
    for (int byte = 0; byte < 0x20; byte++) {
        for (int place = 1; place < 25; place++) {
            char text[] = "\"abcdefghijklmnopqrstuvwx\"";

            assert_int_equal(scan(text), 0);
            text[place] = (char)byte;
            assert_int_equal(scan_limited(text, strlen("\"abcdefghijklmnopqrstuvwx\""), NULL, NULL),
                             -EINVAL);
        }
    }
}

static void test_bad_utf8_and_lone_surrogates_are_refused(void **state)
{
    static const char *const texts[] = {
        "\"\xc0\x80\"",         "\"\xc1\xbf\"",     "\"\xe0\x80\xaf\"",
        "\"\xf0\x80\x80\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
        "\"\xf5\x80\x80\x80\"", "\"\x80\"",         "\"\xc3\"",
        "\"\xe2\x82\"",         "\"\xff\"",         "{\"\xfe\":1}",
        "\"\\ud800\"",          "\"\\udc00\"",      "\"\\ud800\\ud800\"",
        "\"\\ud800x\"",         "\"\\ud800\\n\"",   "\"\\udc00\\ud800\"",
        "\"\\ud800\\u0041\"",   "{\"\\udfff\":1}",
    };

    for (size_t i = 0; i < ELEMENTS(texts); i++)
        assert_int_equal(scan(texts[i]), -EILSEQ);
}

static void test_numbers_that_do_not_fit_are_refused(void **state)
{
    g_autofree char *digits = g_strnfill(100000, '9');
    g_autofree char *fraction = g_strdup_printf("0.%s", digits);

    assert_int_equal(scan("1e400"), -ERANGE);
    assert_int_equal(scan("-1e309"), -ERANGE);
    assert_int_equal(scan("1e99999999999999999999"), -ERANGE);
    assert_int_equal(scan("9223372036854775808"), -ERANGE);
    assert_int_equal(scan("-9223372036854775809"), -ERANGE);
    assert_int_equal(scan("18446744073709551616"), -ERANGE);
    assert_int_equal(scan(digits), -ERANGE);
    assert_int_equal(scan(fraction), -ERANGE);
}

static void test_unsigned_integers_pass_where_the_reader_asks_for_them(void **state)
{
    struct vane_json_limits limits = VANE_JSON_LIMITS_DEFAULT;

    limits.uint64 = true;
    assert_int_equal(scan_limited("18446744073709551615", 20, &limits, NULL), 0);
    assert_int_equal(scan_limited("18446744073709551616", 20, &limits, NULL), -ERANGE);
    assert_int_equal(scan_limited("-9223372036854775809", 20, &limits, NULL), -ERANGE);
}

static void test_duplicate_keys_are_refused_after_unescaping(void **state)
{
    assert_int_equal(scan("{\"a\":1,\"a\":2}"), -EEXIST);
    assert_int_equal(scan("{\"a\":1,\"\\u0061\":2}"), -EEXIST);
    assert_int_equal(scan("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"), -EEXIST);
    assert_int_equal(scan("{\"\":1,\"\":2}"), -EEXIST);
    assert_int_equal(scan("{\"a\":{\"b\":1},\"c\":[{\"d\":1,\"d\":2}]}"), -EEXIST);
    assert_int_equal(scan("{\"a\":{\"x\":1,\"y\":2},\"b\":0,\"a\":1}"), -EEXIST);
}

/* Keys k0 to k(count-1), and then `last`. */
static char *object_of(unsigned count, const char *format, const char *last)
{
    GString *text = g_string_new("{");

    for (unsigned i = 0; i < count; i++) {
        g_string_append_c(text, '"');
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        g_string_append_printf(text, format, i);
#pragma GCC diagnostic pop
        g_string_append(text, "\":0,");
    }
    g_string_append_printf(text, "\"%s\":0}", last);
    return g_string_free(text, FALSE);
}

static void test_a_duplicate_among_many_keys_is_found_where_it_stands(void **state)
{
    g_autofree char *fine = object_of(4000, "k%u", "last");
    g_autofree char *twice = object_of(4000, "k%u", "k17");
    struct vane_json_error error;

    assert_int_equal(scan(fine), 0);
    assert_int_equal(scan_limited(twice, strlen(twice), NULL, &error), -EEXIST);
    assert_int_equal(error.offset, strlen(twice) - strlen("\"k17\":0}"));
}

static void test_the_first_of_several_duplicates_is_named(void **state)
{
    g_autofree char *text = object_of(100, "k%u", "k55\":0,\"k1\":0,\"k90");
    struct vane_json_error error;

    assert_int_equal(scan_limited(text, strlen(text), NULL, &error), -EEXIST);
    assert_int_equal(error.offset, strlen(text) - strlen("\"k55\":0,\"k1\":0,\"k90\":0}"));
}

static void test_members_of_one_object_are_limited(void **state)
{
    struct vane_json_limits limits = {.size = 1 << 20, .depth = 64, .members = 10};
    g_autofree char *ten = object_of(9, "k%u", "last");
    g_autofree char *eleven = object_of(10, "k%u", "last");

    assert_int_equal(scan_limited(ten, strlen(ten), &limits, NULL), 0);
    assert_int_equal(scan_limited(eleven, strlen(eleven), &limits, NULL), -E2BIG);
}

/*
 * 4096 long keys that differ at their end only, in an object that the pairwise way would compare 8
 * million times, 32 objects of them: seconds when quadratic, milliseconds when sorted.
 */
static void test_similar_keys_cost_no_quadratic_time(void **state)
{
    struct vane_json_limits limits = {.size = 64 << 20, .depth = 64, .members = 4096};
    GString *text = g_string_new("[");
    clock_t start;

    for (int i = 0; i < 32; i++) {
        g_autofree char *object =
            object_of(4095, "the-same-beginning-of-a-rather-long-key-that-many-share-%06u", "last");

        g_string_append_printf(text, "%s%s", i ? "," : "", object);
    }
    g_string_append_c(text, ']');
    start = clock();
    assert_int_equal(vane_json_scan(text->str, text->len, &limits, NULL), 0);
    assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
    g_string_free(text, TRUE);
}

static void test_depth_is_limited_to_64(void **state)
{
    g_autofree char *open64 = g_strnfill(64, '['), *close64 = g_strnfill(64, ']');
    g_autofree char *deep = g_strconcat(open64, close64, NULL);
    g_autofree char *deeper = g_strconcat("[", open64, close64, "]", NULL);
    g_autofree char *bomb = g_strnfill(100 * 1024, '[');
    struct vane_json_limits wide = {.size = 1 << 20, .depth = 1000000, .members = 10};
    struct vane_json_limits flat = {.size = 1 << 20, .depth = 1, .members = 10};
    struct vane_json_error error;

    assert_int_equal(scan(deep), 0);
    assert_int_equal(scan(deeper), -E2BIG);
    assert_int_equal(scan_limited(bomb, strlen(bomb), NULL, &error), -E2BIG);
    assert_int_equal(error.offset, 64);
    assert_int_equal(scan_limited(bomb, strlen(bomb), &wide, NULL), -E2BIG);
    assert_int_equal(scan_limited("[1]", 3, &flat, NULL), 0);
    assert_int_equal(scan_limited("[[]]", 4, &flat, NULL), -E2BIG);
}

static void test_size_is_limited(void **state)
{
    struct vane_json_limits limits = {.size = 4, .depth = 64, .members = 10};

    assert_int_equal(scan_limited("1234", 4, &limits, NULL), 0);
    assert_int_equal(scan_limited("12345", 5, &limits, NULL), -E2BIG);
}

static void test_errors_say_where_and_why(void **state)
{
    static const char text[] = "{\n  \"gr\xc3\xbc\xc3\x9f\": 1,\n  \"\xc3\xbc\": tru\n}";
    struct vane_json_error error;

    assert_int_equal(scan_limited(text, strlen(text), NULL, &error), -EINVAL);
    assert_int_equal(error.offset, strstr(text, "tru") - text);
    assert_int_equal(error.line, 3);
    assert_int_equal(error.column, 8);
    assert_string_equal(error.reason, "expected a value");

    assert_int_equal(scan_limited("{\"a\":1,\"a\":2}", 13, NULL, &error), -EEXIST);
    assert_int_equal(error.offset, 7);
    assert_string_equal(error.reason, "a key that this object has already");
}

static void test_nul_is_for_readers_that_can_take_it(void **state)
{
    struct vane_json_limits limits = VANE_JSON_LIMITS_DEFAULT;
    const char *text = "\"a\\u0000b\"";

    assert_int_equal(vane_json_scan(text, strlen(text), &limits, NULL), -EINVAL);
    limits.nul = true;
    assert_int_equal(vane_json_scan(text, strlen(text), &limits, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nul_is_for_readers_that_can_take_it),
        cmocka_unit_test(test_every_kind_of_value_is_accepted),
        cmocka_unit_test(test_broken_grammar_is_refused),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_nul_is_refused_raw_and_escaped),
        cmocka_unit_test(test_control_characters_are_refused_at_every_place),
        cmocka_unit_test(test_bad_utf8_and_lone_surrogates_are_refused),
        cmocka_unit_test(test_numbers_that_do_not_fit_are_refused),
        cmocka_unit_test(test_unsigned_integers_pass_where_the_reader_asks_for_them),
        cmocka_unit_test(test_duplicate_keys_are_refused_after_unescaping),
        cmocka_unit_test(test_a_duplicate_among_many_keys_is_found_where_it_stands),
        cmocka_unit_test(test_the_first_of_several_duplicates_is_named),
        cmocka_unit_test(test_members_of_one_object_are_limited),
        cmocka_unit_test(test_similar_keys_cost_no_quadratic_time),
        cmocka_unit_test(test_depth_is_limited_to_64),
        cmocka_unit_test(test_size_is_limited),
        cmocka_unit_test(test_errors_say_where_and_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
