/* Expressions in the syntax of RE2. What each matches was asked of libre2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "lib/regex/regex.h"

static const struct {
    const char *pattern, *text;
    bool matches;
} cases[] = {
    {"", "", true},
    {"bc", "abcd", true},
    {"^bc", "abcd", false},
    {"^a.*d$", "abcd", true},
    {"a.c", "a\nc", false},
    {"(?s)a.c", "a\nc", true},
    {"(?m)^b$", "a\nb\nc", true},
    {"^b$", "a\nb\nc", false},
    {"(a|b|)c", "c", true},
    {"x{2,3}$", "xx", true},
    {"^x{2,3}$", "xxxx", false},
    {"^(ab){0}$", "ab", false},
    {"a{,3}", "a{,3}", true},
    {"(?i)straSSe", "STRASSE", true},
    {"(?i)\xc3\xa9", "\xc3\x89", true},
    {"(?i:a)b", "AB", false},
    {"[[:^digit:]]", "5", false},
    {"[]a]", "]", true},
    {"[a-]", "-", true},
    {"[^a]", "\xc3\xb1", true},
    {"^.$", "\xf0\x9f\x98\x80", true},
    {"\\p{Greek}", "\xce\xa9", true},
    {"\\PL", "a", false},
    {"^[\\p{Lu}\\p{Nd}_]+$",
     "A\xc3\x89"
     "9_",
     true},
    {"^[\\p{Lu}\\p{Nd}_]+$", "a", false},
    {"^[\\P{L}x]+$", "x1!", true},
    {"^[\\P{L}x]+$", "y", false},
    {"^[^\\p{Greek}a-f]$", "\xce\xa9", false},
    {"^[^\\p{Greek}a-f]$", "\xd0\x96", true},
    {"^[x-za-cb-ed\xd0\x90-\xd0\xaf\xc3\xa9]+$", "xyzabcde\xd0\x96\xc3\xa9", true},
    {"[x-za-cb-ed\xd0\x90-\xd0\xaf\xc3\xa9]", "fw\xd0\xb0\xc3\xa8", false},
    {"\\bfoo\\b", "a foo b", true},
    {"\\bfoo\\b", "afoo", false},
    {"\\Qa.b\\E", "axb", false},
    {"\\x{1F600}", "\xf0\x9f\x98\x80", true},
    {"\\101", "A", true},
    {"(a*)*b", "aaab", true},
    {"(?P<name>a)+", "a", true},
    {"^(?<name>a)(?<n2>b)$", "ab", true},
    {"a|b|c|d", "d", true},
    {"()?x", "x", true},
    {"^(){3}$", "", true},
};

static void test_matches(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct vane_regex_error error = {0};
        struct vane_regex *regex =
            vane_regex_new(cases[i].pattern, strlen(cases[i].pattern), &error);
        g_autofree void *room = NULL;

        if (!regex)
            fail_msg("%s: %s", cases[i].pattern, error.reason);
        room = g_malloc(vane_regex_room(regex));
        if (vane_regex_search(regex, cases[i].text, strlen(cases[i].text), room) !=
            cases[i].matches)
            fail_msg("%s on \"%s\"", cases[i].pattern, cases[i].text);
        vane_regex_free(regex);
    }
}

static void test_what_is_no_expression_is_refused(void **state)
{
    const char *bad[] = {"(",       ")",       "[",           "[b-a]", "*",       "a**",
                         "(?x)",    "\\1",     "\\y",         "\\pX",  "x{1001}", "x{3,2}",
                         "(?P<>a)", "[[:x:]]", "\\x{110000}", "(?i-)", "a\\"};

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct vane_regex_error error = {0};

        if (vane_regex_new(bad[i], strlen(bad[i]), &error))
            fail_msg("%s was taken", bad[i]);
        assert_non_null(error.reason);
    }
}

/* A backtracking engine would take 2^40 steps. */
static void test_time_is_linear(void **state)
{
    struct vane_regex *regex = vane_regex_new("(x+x+)+y", 8, NULL);
    g_autofree void *room = g_malloc(vane_regex_room(regex));
    g_autofree char *text = g_strnfill(100000, 'x');

    assert_false(vane_regex_search(regex, text, 100000, room));
    vane_regex_free(regex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_what_is_no_expression_is_refused),
        cmocka_unit_test(test_time_is_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
