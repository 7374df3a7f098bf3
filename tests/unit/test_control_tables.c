/* What netvane(1) makes of answers: tables, members, lines; safe for a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "cli/details.h"
#include "cli/table.h"
#include "cli/value.h"
#include "cli/width.h"

static struct vane_json_view view(const char *text)
{
    assert_true(vane_cli_scan(text, strlen(text)));
    return vane_json_root(text, strlen(text));
}

static void assert_table(const char *columns, const char *rows, const char *expected)
{
    GString *out = g_string_new(NULL);

    vane_cli_table(out, out, view(columns), view(rows));
    assert_string_equal(out->str, expected);
    g_string_free(out, TRUE);
}

static const char columns[] = "[{\"title\":\"Name\",\"member\":\"name\"},"
                              "{\"title\":\"Addresses\",\"member\":\"ip.list\"},"
                              "{\"title\":\"Up\",\"member\":\"up\"}]";

static void test_lists_stand_one_element_a_line(void **state)
{
    assert_table(columns,
                 "[{\"name\":\"lo\",\"ip\":{\"list\":[\"127.0.0.1/8\",\"::1/128\"]},\"up\":true},"
                 "{\"name\":\"eth0\",\"up\":false}]",
                 "Name   Addresses     Up\n"
                 "----   -----------   ---\n"
                 "lo     127.0.0.1/8   yes\n"
                 "       ::1/128\n"
                 "eth0                 no\n");
}

static void test_columns_align_by_what_a_terminal_shows(void **state)
{
    assert_table(columns,
                 "[{\"name\":\"\\u7db2\\u8def\",\"up\":1},{\"name\":\"e\\u0301\",\"up\":22}]",
                 "Name   Up\n"
                 "----   --\n"
                 "\xe7\xb6\xb2\xe8\xb7\xaf   1\n"
                 "e\xcc\x81      22\n");
    assert_int_equal(vane_cli_width("\xe7\xb6\xb2"), 2);
}

static void test_empty_columns_are_left_out_but_not_of_an_empty_table(void **state)
{
    assert_table(columns, "[{\"name\":\"a\",\"up\":null}]", "Name\n----\na\n");
    assert_table(columns, "[]", "Name   Addresses   Up\n----   ---------   --\n");
}

static void test_no_escape_sequence_reaches_the_terminal(void **state)
{
    assert_table(columns, "[{\"name\":\"a\\u001b[31m\\nb\\u009b\",\"up\":1}]",
                 "Name                   Up\n"
                 "--------------------   --\n"
                 "a\\x1b[31m\\nb\\xc2\\x9b   1\n");
}

static void test_object_is_shown_as_aligned_members(void **state)
{
    GString *out = g_string_new(NULL);

    vane_cli_members(out,
                     view("{\"interface_name\":\"eth0\",\"mtu\":1500,\"dns\":[\"a\",\"b\"],"
                          "\"empty\":[],\"deep\":{\"carrier\":true}}"),
                     0);
    assert_string_equal(out->str, "Interface name: eth0\n"
                                  "MTU:            1500\n"
                                  "DNS:            a\n"
                                  "                b\n"
                                  "Empty:          -\n"
                                  "Deep:\n"
                                  "  Carrier: yes\n");
    g_string_free(out, TRUE);
}

static void test_event_line_ends_with_the_id(void **state)
{
    g_autofree char *line = vane_cli_event_line(
        view("{\"seq\":7,\"id\":\"ab-7\",\"time\":\"2026-01-02T03:04:05.678901234Z\","
             "\"topic\":\"link.mtu\",\"payload\":{\"interface_name\":\"eth0\",\"mtu\":1400}}"),
        false);

    assert_true(g_str_has_suffix(line, "link.mtu         eth0       1400 bytes (ab-7)"));
}

static void test_hostile_answer_is_refused(void **state)
{
    g_autofree char *deep = g_strnfill(100000, '[');

    assert_false(vane_cli_scan(deep, strlen(deep)));
    assert_false(vane_cli_scan("{\"a\":1,\"a\":2}", 13));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_stand_one_element_a_line),
        cmocka_unit_test(test_columns_align_by_what_a_terminal_shows),
        cmocka_unit_test(test_empty_columns_are_left_out_but_not_of_an_empty_table),
        cmocka_unit_test(test_no_escape_sequence_reaches_the_terminal),
        cmocka_unit_test(test_object_is_shown_as_aligned_members),
        cmocka_unit_test(test_event_line_ends_with_the_id),
        cmocka_unit_test(test_hostile_answer_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
