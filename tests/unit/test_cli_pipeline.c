/* Command lines with filters: how they are read, and what they leave of a text. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "cli/pipeline.h"
#include "lib/cleanup.h"

static const char text[] =
    "lo     127.0.0.1/8\neth0   192.0.2.1/24\n       2001:db8::1/64\nwlan0\n";

/* The command's words joined with '/', then what the filters leave of `text`. */
static void assert_applied(const char *line, const char *words, const char *expected)
{
    _cleanup_(vane_pipeline_clear) struct vane_pipeline pipeline = {0};
    g_autofree char *why = NULL, *joined = NULL;
    GString *out;

    if (vane_pipeline_parse(line, &pipeline, &why) < 0)
        fail_msg("%s: %s", line, why);
    joined = g_strjoinv("/", pipeline.words);
    assert_string_equal(joined, words);
    out = vane_pipeline_apply(&pipeline, text, 3, &why);
    assert_non_null(out);
    assert_string_equal(out->str, expected);
    g_string_free(out, TRUE);
}

static void assert_refused(const char *line, const char *reason)
{
    struct vane_pipeline pipeline;
    g_autofree char *why = NULL;

    assert_int_equal(vane_pipeline_parse(line, &pipeline, &why), -EINVAL);
    if (!strstr(why, reason))
        fail_msg("%s: %s", line, why);
}

static void test_filters_need_no_blanks_and_no_whole_words(void **state)
{
    assert_applied("show int | include eth", "show/int", "eth0   192.0.2.1/24\n");
    assert_applied("show int|inc eth", "show/int", "eth0   192.0.2.1/24\n");
    assert_applied("show int |I eth0", "show/int", "eth0   192.0.2.1/24\n");
    assert_applied("show int|e '^ '|e 0$", "show/int", "lo     127.0.0.1/8\neth0   192.0.2.1/24\n");
    assert_applied("show int | begin eth", "show/int",
                   "eth0   192.0.2.1/24\n       2001:db8::1/64\nwlan0\n");
    assert_applied("show int|begin eth", "show/int",
                   "eth0   192.0.2.1/24\n       2001:db8::1/64\nwlan0\n");
    assert_applied("show int | begin nothing", "show/int", "");
    assert_applied("show int|json|no-more", "show/int", text);
    assert_applied("  show  'a b'  ", "show/a b", text);
}

static void test_a_section_is_a_line_with_the_indented_ones_below_it(void **state)
{
    static const char eth0[] = "eth0   192.0.2.1/24\n       2001:db8::1/64\n";

    assert_applied("show int | section eth", "show/int", eth0);
    assert_applied("show int|s db8", "show/int", eth0);
    assert_applied("show int | section ^[lw]", "show/int", "lo     127.0.0.1/8\nwlan0\n");
    assert_applied("show int | section eth | exclude ^e", "show/int", "       2001:db8::1/64\n");
    assert_applied("show int | section nothing", "show/int", "");
}

static void test_count_counts_rows_first_and_lines_behind_a_filter(void **state)
{
    assert_applied("show int | count", "show/int", "3\n");
    assert_applied("show int | no-more | json | c", "show/int", "3\n");
    assert_applied("show int | inc 0 | count", "show/int", "4\n");
    assert_applied("show int | inc nothing|count", "show/int", "0\n");
}

static void test_an_expression_may_be_quoted_and_keeps_its_backslashes(void **state)
{
    assert_applied("show int | inc 'lo|wlan'", "show/int", "lo     127.0.0.1/8\nwlan0\n");
    assert_applied("show int | inc \"o  +1\"", "show/int", "lo     127.0.0.1/8\n");
    assert_applied("show int | inc \\.2\\.", "show/int", "eth0   192.0.2.1/24\n");
    assert_applied("show int | inc lo \\|", "show/int", "");
    assert_applied("show 'a|b'", "show/a|b", text);
    assert_applied("show a\\|b", "show/a|b", text);
}

static void test_what_is_no_filter_is_refused_with_a_reason(void **state)
{
    assert_refused("show | ", "a filter is missing");
    assert_refused("show || count", "a filter is missing");
    assert_refused("| count", "no command before");
    assert_refused("show | bogus", "\"bogus\" is no filter");
    assert_refused("show | b\033[2J", "\\x1b[2J");
    assert_refused("show | include", "wants a regular expression");
    assert_refused("show | include ''", "wants a regular expression");
    assert_refused("show | count 3", "nothing can follow");
    assert_refused("show | include (", "is no regular expression");
    assert_refused("show | include (*\033[2J", "(*\\x1b[2J");
    assert_refused("show | include a\x19\xf6\x9d@(?\xff", "it is not UTF-8");
    assert_refused("show 'a", "not closed");
    assert_refused("show | c|c|c|c|c|c|c|c|c|c|c|c|c|c|c|c|c", "more than 16 filters");
}

static void test_words_that_a_shell_has_split_are_taken_as_they_are(void **state)
{
    char *const words[] = {(char *)"show",    (char *)"int",    (char *)"|", (char *)"inc",
                           (char *)"lo|wlan", (char *)"|count", NULL};
    _cleanup_(vane_pipeline_clear) struct vane_pipeline pipeline = {0};
    g_autofree char *why = NULL;
    GString *out;

    assert_int_equal(vane_pipeline_from_words(words, &pipeline, &why), 0);
    assert_int_equal(g_strv_length(pipeline.words), 2);
    out = vane_pipeline_apply(&pipeline, text, 3, &why);
    assert_string_equal(out->str, "2\n");
    g_string_free(out, TRUE);
}

static void test_an_expression_that_takes_too_long_is_given_up(void **state)
{
    _cleanup_(vane_pipeline_clear) struct vane_pipeline pipeline = {0};
    g_autofree char *why = NULL, *as = g_strnfill(64, 'a'), *line = g_strconcat(as, "!", NULL);
    clock_t begin = clock();

    assert_int_equal(vane_pipeline_parse("show | inc '^(a|aa)+$'", &pipeline, &why), 0);
    assert_null(vane_pipeline_apply(&pipeline, line, 1, &why));
    assert_non_null(strstr(why, "cannot be matched"));
    assert_true(clock() - begin < 10 * CLOCKS_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters_need_no_blanks_and_no_whole_words),
        cmocka_unit_test(test_a_section_is_a_line_with_the_indented_ones_below_it),
        cmocka_unit_test(test_count_counts_rows_first_and_lines_behind_a_filter),
        cmocka_unit_test(test_an_expression_may_be_quoted_and_keeps_its_backslashes),
        cmocka_unit_test(test_what_is_no_filter_is_refused_with_a_reason),
        cmocka_unit_test(test_words_that_a_shell_has_split_are_taken_as_they_are),
        cmocka_unit_test(test_an_expression_that_takes_too_long_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
