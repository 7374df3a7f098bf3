/* Typed lines: words, quotes, and the word at the cursor. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/text/line.h"

static char *repeat(const char *head, const char *part, size_t times)
{
    GString *text = g_string_new(head);

    for (size_t i = 0; i < times; i++)
        g_string_append(text, part);
    return g_string_free(text, FALSE);
}

static void assert_split(const char *text, size_t n, const char *const *words)
{
    _cleanup_(vane_line_clear) struct vane_line line = {0};

    assert_int_equal(vane_line_split(text, &line, NULL), 0);
    assert_int_equal(line.n_words, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(line.words[i], words[i]);
    assert_null(line.words[n]);
}

#define SPLITS_INTO(text, ...)                                                                     \
    assert_split(text, ELEMENTS(((const char *[]){__VA_ARGS__})), (const char *[]){__VA_ARGS__})

static void test_lines_split_as_in_a_shell(void **state)
{
    assert_split(" \t ", 0, NULL);
    SPLITS_INTO("  show\tint  ", "show", "int");
    SPLITS_INTO("a 'b  \"\\c' d", "a", "b  \"\\c", "d");
    SPLITS_INTO("a \"b \\\" \\\\ \\n $x\"", "a", "b \" \\ \\n $x");
    SPLITS_INTO("a\\ b \\'c", "a b", "'c");
    SPLITS_INTO("x'y'\"z\"", "xyz");
    SPLITS_INTO("a '' \"\"", "a", "", "");
}

static void assert_not_split(const char *text, int expected, size_t column)
{
    _cleanup_(vane_line_clear) struct vane_line line = {0};
    struct vane_line_error error = {0};

    assert_int_equal(vane_line_split(text, &line, &error), expected);
    assert_int_equal(error.column, column);
}

static void test_an_unfinished_line_is_refused_with_its_column(void **state)
{
    g_autofree char *longer = repeat("", "x", VANE_LINE_LENGTH_MAX + 1);
    g_autofree char *words = repeat("", "x ", VANE_LINE_WORDS_MAX + 1);

    assert_not_split("show 'abc", -EINVAL, 6);
    assert_not_split("a b\"c", -EINVAL, 4);
    assert_not_split("show \\", -EINVAL, 6);
    assert_not_split(longer, -E2BIG, VANE_LINE_LENGTH_MAX + 1);
    assert_not_split(words, -E2BIG, 2 * VANE_LINE_WORDS_MAX + 1);
}

static void assert_help_words(const char *text, size_t n_words, const char *partial)
{
    _cleanup_(vane_line_clear) struct vane_line line = {0};

    assert_int_equal(vane_help_words(text, &line), 0);
    assert_int_equal(line.n_words, n_words);
    assert_null(line.words[n_words]);
    assert_string_equal(line.partial, partial);
}

static void test_help_tells_the_word_at_the_cursor_from_those_before(void **state)
{
    assert_help_words("", 0, "");
    assert_help_words("sh", 0, "sh");
    assert_help_words("show ", 1, "");
    assert_help_words("show int", 1, "int");
    assert_help_words("show 'my fi", 1, "my fi");
    assert_help_words("show my\\ ", 1, "my ");
    assert_help_words("show 'my' ", 2, "");
}

static void assert_found(const char *text, ptrdiff_t at)
{
    const char *found = vane_line_find(text, '|');

    assert_int_equal(found ? found - text : -1, at);
}

static void test_a_mark_is_found_where_it_is_not_quoted(void **state)
{
    assert_found("show | count", 5);
    assert_found("show|count", 4);
    assert_found("a '|' \"|\" \\| b | c", 15);
    assert_found("a \"\\\"|\" '\\' |", 12);
    assert_found("a '|", -1);
    assert_found("a \\", -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_split_as_in_a_shell),
        cmocka_unit_test(test_an_unfinished_line_is_refused_with_its_column),
        cmocka_unit_test(test_help_tells_the_word_at_the_cursor_from_those_before),
        cmocka_unit_test(test_a_mark_is_found_where_it_is_not_quoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
