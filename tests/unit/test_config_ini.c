/* The syntax of configuration files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/config/ini.h"

struct parsed {
    struct vane_ini *ini;
    struct vane_problems *problems;
    char *errors;
};

static struct parsed parse_bytes(const char *text, size_t length)
{
    struct parsed parsed = {vane_ini_new(), vane_problems_new(), NULL};

    vane_ini_parse(parsed.ini, "f", text, length, parsed.problems);
    parsed.errors = vane_problems_text(parsed.problems);
    return parsed;
}

static struct parsed parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static void parsed_clear(struct parsed *parsed)
{
    vane_ini_unref(parsed->ini);
    vane_problems_free(parsed->problems);
    g_free(parsed->errors);
}

#define PARSED __attribute__((cleanup(parsed_clear))) struct parsed

static const struct vane_ini_statement *at(const struct parsed *parsed, guint index)
{
    assert_true(index < parsed->ini->statements->len);
    return parsed->ini->statements->pdata[index];
}

static void assert_place(struct vane_place place, unsigned line, unsigned column)
{
    assert_string_equal(place.file, "f");
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static void test_statements_keep_section_and_place(void **state)
{
    PARSED p = parse("# comment\n\n[Plugin scripts]\n  Timeout =  5s \n; other\n[Engine]\nA=\n");

    assert_string_equal(p.errors, "");
    assert_int_equal(p.ini->statements->len, 4);
    assert_null(at(&p, 0)->key);
    assert_string_equal(at(&p, 0)->kind, "Plugin");
    assert_string_equal(at(&p, 0)->name, "scripts");
    assert_place(at(&p, 0)->place, 3, 1);
    assert_string_equal(at(&p, 1)->key, "Timeout");
    assert_string_equal(at(&p, 1)->value, "5s");
    assert_place(at(&p, 1)->place, 4, 3);
    assert_place(at(&p, 1)->value_place, 4, 14);
    assert_null(at(&p, 3)->name);
    assert_string_equal(at(&p, 3)->value, "");
}

static void test_backslash_continues_a_line_past_comments(void **state)
{
    PARSED p = parse("[E]\nKey=value 3\\\n# ignored\n; too\n   value 3 continued\nNext=1\n");

    assert_string_equal(p.errors, "");
    assert_string_equal(at(&p, 1)->value, "value 3    value 3 continued");
    assert_string_equal(at(&p, 2)->key, "Next");
    assert_place(at(&p, 2)->place, 6, 1);
}

static void test_places_inside_continuation_are_those_of_their_line(void **state)
{
    PARSED p = parse("[E]\nKey=\\\n   value\nOther \\\n=x");

    assert_string_equal(at(&p, 1)->value, "value");
    assert_place(at(&p, 1)->place, 2, 1);
    assert_place(at(&p, 1)->value_place, 3, 4);
    assert_string_equal(at(&p, 2)->key, "Other");
    assert_place(at(&p, 2)->value_place, 5, 2);
}

static void test_last_line_may_lack_its_end_and_may_continue_into_nothing(void **state)
{
    PARSED p = parse("[E]\nKey=a\\");

    assert_string_equal(p.errors, "");
    assert_string_equal(at(&p, 1)->value, "a");
}

static void test_crlf_and_byte_order_mark_are_tolerated(void **state)
{
    PARSED p = parse("\xef\xbb\xbf[E]\r\nKey=a\\\r\nb\r\n");

    assert_string_equal(p.errors, "");
    assert_place(at(&p, 0)->place, 1, 1);
    assert_string_equal(at(&p, 1)->value, "a b");
}

static void test_hash_inside_a_value_is_no_comment(void **state)
{
    PARSED p = parse("[E]\nKey=a # b ; c = d\n");

    assert_string_equal(at(&p, 1)->value, "a # b ; c = d");
}

static void test_every_error_is_told_with_its_place(void **state)
{
    PARSED p =
        parse("Early=1\n[Un\n[A b c]\n[]\nLost=1\n[E]x\n[E]\nno equals\n=nameless\n Good=1\n");

    assert_string_equal(p.errors,
                        "f:1:1: Early= stands before the first [Section]\n"
                        "f:2:1: a section header must end with ']'\n"
                        "f:3:4: the name of a section is one word of letters, digits and -_.:@\n"
                        "f:4:2: a section is [Word] or [Word NAME], as in [Plugin scripts]\n"
                        "f:6:4: nothing may follow the ']' of a section header\n"
                        "f:8:1: expected [Section] or Key=value\n"
                        "f:9:1: expected the name of an option before '='");
    assert_int_equal(p.ini->statements->len, 2);
    assert_string_equal(at(&p, 1)->key, "Good");
}

static void test_bytes_that_are_no_text_are_refused_where_they_stand(void **state)
{
    static const char text[] =
        "[E]\nA=\xc3\xa4\xff\nB=\0\nC=\033[1m\nD=\xc0\x80\nE=\xc3\xa4 \t ok\n";
    PARSED p = parse_bytes(text, sizeof(text) - 1);

    assert_string_equal(p.errors, "f:2:4: this is not UTF-8 text\n"
                                  "f:3:3: there is a NUL byte\n"
                                  "f:4:3: there is a control character\n"
                                  "f:5:3: this is not UTF-8 text");
    assert_int_equal(p.ini->statements->len, 2);
    assert_string_equal(at(&p, 1)->value, "\xc3\xa4 \t ok");
}

static void test_columns_count_characters(void **state)
{
    PARSED p = parse("[E]\nK\xc3\xa4se=1\n");

    assert_string_equal(p.errors, "f:2:1: expected the name of an option before '='");
}

static void test_problems_beyond_the_limit_are_counted(void **state)
{
    g_autoptr(GString) text = g_string_new("[E]\n");

    for (int i = 0; i < VANE_PROBLEMS_MAX + 7; i++)
        g_string_append(text, "x\n");
    PARSED p = parse(text->str);

    assert_int_equal(p.problems->errors, VANE_PROBLEMS_MAX + 7);
    assert_int_equal(p.problems->list->len, VANE_PROBLEMS_MAX);
    assert_non_null(strstr(p.errors, "\n... and 7 more"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements_keep_section_and_place),
        cmocka_unit_test(test_backslash_continues_a_line_past_comments),
        cmocka_unit_test(test_places_inside_continuation_are_those_of_their_line),
        cmocka_unit_test(test_last_line_may_lack_its_end_and_may_continue_into_nothing),
        cmocka_unit_test(test_crlf_and_byte_order_mark_are_tolerated),
        cmocka_unit_test(test_hash_inside_a_value_is_no_comment),
        cmocka_unit_test(test_every_error_is_told_with_its_place),
        cmocka_unit_test(test_bytes_that_are_no_text_are_refused_where_they_stand),
        cmocka_unit_test(test_columns_count_characters),
        cmocka_unit_test(test_problems_beyond_the_limit_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
