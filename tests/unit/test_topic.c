/* Topics and patterns: the grammar, and NATS's matching rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>

#include "lib/topic.h"

static void test_topics_are_dotted_lower_case_tokens(void **state)
{
    assert_true(vane_topic_valid("link.state"));
    assert_true(vane_topic_valid("a"));
    assert_true(vane_topic_valid("acme.x-1.y_2"));
    assert_false(vane_topic_valid(""));
    assert_false(vane_topic_valid("."));
    assert_false(vane_topic_valid("a..b"));
    assert_false(vane_topic_valid("a."));
    assert_false(vane_topic_valid(".a"));
    assert_false(vane_topic_valid("A.b"));
    assert_false(vane_topic_valid("a/b"));
    assert_false(vane_topic_valid("a b"));
    assert_false(vane_topic_valid("a.*"));
}

static void test_a_topic_has_at_most_128_bytes(void **state)
{
    g_autofree char *fits = g_strnfill(128, 'a');
    g_autofree char *long_one = g_strnfill(129, 'a');

    assert_true(vane_topic_valid(fits));
    assert_false(vane_topic_valid(long_one));
}

static void test_wildcards_are_whole_tokens_and_the_tail_comes_last(void **state)
{
    assert_true(vane_patterns_valid("link.*"));
    assert_true(vane_patterns_valid(">"));
    assert_true(vane_patterns_valid("*.state  address.>"));
    assert_false(vane_patterns_valid(""));
    assert_false(vane_patterns_valid("   "));
    assert_false(vane_patterns_valid("link.>.x"));
    assert_false(vane_patterns_valid("lin*"));
    assert_false(vane_patterns_valid("link.*x"));
    assert_false(vane_patterns_valid("link.**"));
    assert_false(vane_patterns_valid("link..x"));
}

static void test_a_star_is_exactly_one_token(void **state)
{
    assert_true(vane_patterns_match("link.*", "link.state"));
    assert_false(vane_patterns_match("link.*", "link"));
    assert_false(vane_patterns_match("link.*", "link.a.b"));
    assert_true(vane_patterns_match("*.*.c", "a.b.c"));
    assert_false(vane_patterns_match("*", "a.b"));
}

static void test_the_tail_is_one_or_more_tokens(void **state)
{
    assert_true(vane_patterns_match(">", "a"));
    assert_true(vane_patterns_match(">", "a.b.c"));
    assert_true(vane_patterns_match("a.>", "a.b.c"));
    assert_false(vane_patterns_match("a.>", "a"));
    assert_false(vane_patterns_match("a.>", "b.c"));
}

static void test_literal_tokens_match_whole(void **state)
{
    assert_true(vane_patterns_match("link.state", "link.state"));
    assert_false(vane_patterns_match("link.stat", "link.state"));
    assert_false(vane_patterns_match("link.states", "link.state"));
    assert_false(vane_patterns_match("link", "link.state"));
    assert_false(vane_patterns_match("link.state.x", "link.state"));
}

static void test_any_pattern_of_a_list_will_do(void **state)
{
    assert_true(vane_patterns_match("a.b  link.>", "link.state"));
    assert_true(vane_patterns_match("link.> a.b ", "a.b"));
    assert_false(vane_patterns_match("link.> a.b", "a.c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics_are_dotted_lower_case_tokens),
        cmocka_unit_test(test_a_topic_has_at_most_128_bytes),
        cmocka_unit_test(test_wildcards_are_whole_tokens_and_the_tail_comes_last),
        cmocka_unit_test(test_a_star_is_exactly_one_token),
        cmocka_unit_test(test_the_tail_is_one_or_more_tokens),
        cmocka_unit_test(test_literal_tokens_match_whole),
        cmocka_unit_test(test_any_pattern_of_a_list_will_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
