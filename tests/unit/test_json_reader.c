/* The JSON reader: views, cursors, getters; and reader to writer. */
#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/json/copy.h"
#include "lib/json/reader.h"
#include "lib/json/scanner.h"

static const char description[] =
    " {\"Index\" : 2, \"Name\":\"veth0\", \"Flags\":18446744073709551615,\n"
    "  \"Up\":true, \"Down\":false, \"Ratio\":-1.5e3, \"None\":null,\n"
    "  \"Skip\":{\"Name\":\"inner ] } \\\" \\\\\", \"x\":[[\"]\"]]},\n"
    "  \"Address\":[10, 0 ,0,1], \"Empty\":[], \"esc\\u0061ped\":\"gr\\u00fc\\n\\ud83d\\ude00\"} ";

static struct vane_json_view root_of(const char *text)
{
    return vane_json_root(text, strlen(text));
}

static struct vane_json_view member(const char *key)
{
    struct vane_json_view value;

    vane_json_find(root_of(description), key, &value);
    return value;
}

static void test_types_are_told_apart(void **state)
{
    assert_int_equal(vane_json_type_of(root_of(description)), VANE_JSON_OBJECT);
    assert_int_equal(vane_json_type_of(member("Index")), VANE_JSON_INTEGER);
    assert_int_equal(vane_json_type_of(member("Name")), VANE_JSON_STRING);
    assert_int_equal(vane_json_type_of(member("Up")), VANE_JSON_BOOL);
    assert_int_equal(vane_json_type_of(member("Ratio")), VANE_JSON_DOUBLE);
    assert_int_equal(vane_json_type_of(member("None")), VANE_JSON_NULL);
    assert_int_equal(vane_json_type_of(member("Skip")), VANE_JSON_OBJECT);
    assert_int_equal(vane_json_type_of(member("Address")), VANE_JSON_ARRAY);
    assert_int_equal(vane_json_type_of(member("absent")), VANE_JSON_NONE);
    assert_int_equal(vane_json_type_of(root_of("")), VANE_JSON_NONE);
}

static void test_members_are_found_by_their_unescaped_key(void **state)
{
    struct vane_json_view value = {"x", 1};

    assert_true(vane_json_find(root_of(description), "escaped", &value));
    assert_false(vane_json_find(root_of(description), "x", &value));
    assert_int_equal(value.len, 0);
    assert_false(vane_json_find(member("Address"), "x", &value));
    assert_false(vane_json_find(member("Name"), "x", &value));
}

static void test_getters_read_their_type_and_refuse_others(void **state)
{
    g_autofree char *name = NULL, *escaped = NULL;
    int64_t number = 7;
    uint64_t large = 7;
    double ratio = 7;
    bool truth = false;

    assert_int_equal(vane_json_get_string(member("Name"), &name), 0);
    assert_string_equal(name, "veth0");
    assert_int_equal(vane_json_get_string(member("escaped"), &escaped), 0);
    assert_string_equal(escaped, "gr\xc3\xbc\n\xf0\x9f\x98\x80");
    assert_int_equal(vane_json_get_bool(member("Up"), &truth), 0);
    assert_true(truth);
    assert_int_equal(vane_json_get_bool(member("Down"), &truth), 0);
    assert_false(truth);
    assert_int_equal(vane_json_get_double(member("Ratio"), &ratio), 0);
    assert_true(ratio == -1500);
    assert_int_equal(vane_json_get_double(member("Index"), &ratio), 0);
    assert_true(ratio == 2);
    assert_int_equal(vane_json_get_uint64(member("Flags"), &large), 0);
    assert_true(large == UINT64_MAX);

    assert_int_equal(vane_json_get_int64(member("Flags"), &number), -ERANGE);
    assert_int_equal(vane_json_get_int64(member("Ratio"), &number), -EINVAL);
    assert_int_equal(vane_json_get_int64(member("Name"), &number), -EINVAL);
    assert_int_equal(vane_json_get_int64(member("absent"), &number), -EINVAL);
    assert_int_equal(number, 7);
    assert_int_equal(vane_json_get_int64(member("Index"), &number), 0);
    assert_int_equal(number, 2);
    assert_int_equal(vane_json_get_bool(member("Index"), &truth), -EINVAL);
    assert_int_equal(vane_json_get_double(member("Up"), &ratio), -EINVAL);
    assert_int_equal(vane_json_get_string(member("None"), &name), -EINVAL);
}

static void test_integers_are_read_up_to_their_bounds(void **state)
{
    int64_t number;
    uint64_t large;

    assert_int_equal(vane_json_get_int64(root_of("-9223372036854775808"), &number), 0);
    assert_true(number == INT64_MIN);
    assert_int_equal(vane_json_get_int64(root_of("9223372036854775807"), &number), 0);
    assert_true(number == INT64_MAX);
    assert_int_equal(vane_json_get_uint64(root_of("-1"), &large), -ERANGE);
    assert_int_equal(vane_json_get_uint64(root_of("-0"), &large), 0);
    assert_true(large == 0);
}

static void test_cursor_passes_every_element_once(void **state)
{
    struct vane_json_cursor cursor = vane_json_walk(member("Address"));
    static const int64_t expected[] = {10, 0, 0, 1};
    struct vane_json_view value;
    size_t count = 0;

    while (vane_json_next_element(&cursor, &value)) {
        int64_t number;

        assert_int_equal(vane_json_get_int64(value, &number), 0);
        assert_true(count < ELEMENTS(expected));
        assert_int_equal(number, expected[count++]);
    }
    assert_int_equal(count, ELEMENTS(expected));
    cursor = vane_json_walk(member("Empty"));
    assert_false(vane_json_next_element(&cursor, &value));
}

static void test_cursor_passes_every_member_in_order(void **state)
{
    struct vane_json_cursor cursor = vane_json_walk(root_of(description));
    static const char *const expected[] = {"Index", "Name", "Flags",   "Up",    "Down",   "Ratio",
                                           "None",  "Skip", "Address", "Empty", "escaped"};
    struct vane_json_view key, value;
    size_t count = 0;

    while (vane_json_next_member(&cursor, &key, &value)) {
        assert_true(count < ELEMENTS(expected));
        assert_true(vane_json_equals(key, expected[count]));
        assert_false(vane_json_equals(key, "something else"));
        count++;
    }
    assert_int_equal(count, ELEMENTS(expected));
}

static void assert_copies_to(unsigned flags, const char *text, const char *expected)
{
    _cleanup_(vane_json_clear) struct vane_json json;
    size_t length;

    vane_json_init(&json, flags);
    vane_json_copy(&json, root_of(text));
    assert_string_equal(vane_json_text(&json, &length), expected);
    assert_int_equal(vane_json_scan(json.text, length, NULL, NULL), 0);
}

/* Expected values are those of Python's json.dumps(json.loads(...)). */
static void test_copy_renders_in_the_format_of_the_writer(void **state)
{
    static const char text[] = "\n{ \"a\" : [ 1,\t-2.5 , true,false , null ,{ } , [ ] ] , "
                               "\"\\u00fc\\/\" : \"\\ud83d\\ude00\\n\" }";

    assert_copies_to(
        0, text, "{\"a\":[1,-2.5,true,false,null,{},[]],\"\xc3\xbc/\":\"\xf0\x9f\x98\x80\\n\"}");
    assert_copies_to(
        VANE_JSON_PYTHON, text,
        "{\"a\": [1, -2.5, true, false, null, {}, []], \"\\u00fc/\": \"\\ud83d\\ude00\\n\"}");
}

/* The reader's promise for texts that nobody scanned: no harm, and an end. ASan watches the harm.
 */
static void test_unscanned_garbage_is_read_without_harm(void **state)
{
    static const char *const texts[] = {
        "[",      "{",         "\"",        "\"\\", "\"\\u\"",  "\"\\u", "\"\\ud800\"", "[[[[",
        "{\"a\"", "{\"a\":",   "{:}",       "[,,]", "[}",       "{]",    "]",           ",",
        "[1 2",   "{\"a\" 1}", "\"\\u12\"", "-",    "[\"\\\"]", "{a:b}",
    };

    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        _cleanup_(vane_json_clear) struct vane_json json = {0};
        g_autofree char *text = NULL;
        size_t len = strlen(texts[i]);
        g_autofree char *exact = g_memdup2(texts[i], len);
        struct vane_json_view root = vane_json_root(exact, len), value;
        int64_t number;

        vane_json_find(root, "a", &value);
        vane_json_get_string(root, &text);
        vane_json_get_int64(root, &number);
        vane_json_copy(&json, root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_are_told_apart),
        cmocka_unit_test(test_members_are_found_by_their_unescaped_key),
        cmocka_unit_test(test_getters_read_their_type_and_refuse_others),
        cmocka_unit_test(test_integers_are_read_up_to_their_bounds),
        cmocka_unit_test(test_cursor_passes_every_element_once),
        cmocka_unit_test(test_cursor_passes_every_member_in_order),
        cmocka_unit_test(test_copy_renders_in_the_format_of_the_writer),
        cmocka_unit_test(test_unscanned_garbage_is_read_without_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
