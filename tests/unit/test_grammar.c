/* The syntax of commands, and the splitting of typed lines. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "engine/commands/grammar.h"
#include "lib/array.h"
#include "lib/cleanup.h"

static struct vane_grammar *compile(const char *syntax)
{
    struct vane_syntax_error error = {0};
    struct vane_grammar *grammar = NULL;
    int r = vane_grammar_compile(syntax, &grammar, &error);

    if (r < 0)
        print_error("%s: column %zu: %s\n", syntax, error.column, error.message);
    assert_int_equal(r, 0);
    return grammar;
}

static void assert_refused(const char *syntax, int expected, size_t column, const char *reason)
{
    struct vane_syntax_error error = {0};
    struct vane_grammar *grammar = NULL;
    int r = vane_grammar_compile(syntax, &grammar, &error);

    if (r != expected || error.column != column || !strstr(error.message, reason))
        print_error("%s: %d, column %zu: %s\n", syntax, r, error.column, error.message);
    assert_int_equal(r, expected);
    assert_null(grammar);
    assert_int_equal(error.column, column);
    assert_non_null(strstr(error.message, reason));
}

static void test_every_kind_of_token_is_read(void **state)
{
    static const struct {
        const char *name, *text;
        enum vane_token_kind kind;
    } expected[] = {
        {"show", "show", VANE_TOKEN_KEYWORD},
        {"ID", "ID", VANE_TOKEN_TEXT},
        {"A.B.C.D", "A.B.C.D", VANE_TOKEN_IPV4},
        {"A.B.C.D/M", "A.B.C.D/M", VANE_TOKEN_IPV4_PREFIX},
        {"X:X:X::X", "X:X:X::X", VANE_TOKEN_IPV6},
        {"X:X:X::X/M", "X:X:X::X/M", VANE_TOKEN_IPV6_PREFIX},
        {"(-5--1)", "(-5--1)", VANE_TOKEN_RANGE},
        {"VLAN", "(1-4094)", VANE_TOKEN_RANGE},
        {"VIA", "X:X:X::X", VANE_TOKEN_IPV6},
        {"NAME", "NAME...", VANE_TOKEN_REST},
    };
    _cleanup_(vane_grammar_freep) struct vane_grammar *grammar =
        compile("show ID A.B.C.D A.B.C.D/M X:X:X::X X:X:X::X/M (-5--1) VLAN:(1-4094) VIA:X:X:X::X "
                "NAME...");

    assert_int_equal(grammar->n_tokens, ELEMENTS(expected));
    for (size_t i = 0; i < ELEMENTS(expected); i++) {
        assert_string_equal(grammar->tokens[i].name, expected[i].name);
        assert_string_equal(grammar->tokens[i].text, expected[i].text);
        assert_int_equal(grammar->tokens[i].kind, expected[i].kind);
    }
    assert_int_equal(grammar->tokens[6].minimum, -5);
    assert_int_equal(grammar->tokens[6].maximum, -1);
}

static void test_broken_syntax_is_refused_with_its_column(void **state)
{
    assert_refused("", -EINVAL, 1, "missing");
    assert_refused("   ", -EINVAL, 4, "missing");
    assert_refused("show <a|b", -EINVAL, 10, "> is missing");
    assert_refused("show [a>", -EINVAL, 8, "] is missing");
    assert_refused("show a]", -EINVAL, 7, "no bracket is open");
    assert_refused("show a|b", -EINVAL, 7, "no bracket is open");
    assert_refused("show <a||b>", -EINVAL, 9, "missing");
    assert_refused("show []", -EINVAL, 7, "missing");
    assert_refused("show Foo", -EINVAL, 6, "neither");
    assert_refused("show a\tb", -EINVAL, 6, "neither");
    assert_refused("show (1-)", -EINVAL, 6, "range");
    assert_refused("show (9-1)", -EINVAL, 6, "empty");
    assert_refused("show (1-9223372036854775808)", -EINVAL, 6, "64-bit");
    assert_refused("show vlan:(1-2)", -EINVAL, 6, "label");
    assert_refused("show VLAN:x", -EINVAL, 6, "after a label");
    assert_refused("ID show", -EINVAL, 1, "begins with a keyword");
    assert_refused("[no] ID", -EINVAL, 6, "begins with a keyword");
    assert_refused("[a] [b]", -EINVAL, 1, "optional");
    assert_refused("run NAME... now", -EINVAL, 5, "nothing can follow");
    assert_refused("ping A.B.C.D from A.B.C.D", -EINVAL, 19, "comes twice");
}

static void test_one_name_in_two_alternatives_is_fine(void **state)
{
    _cleanup_(vane_grammar_freep) struct vane_grammar *grammar =
        compile("show <from TIME|since TIME> [A.B.C.D VIA:A.B.C.D]");

    assert_int_equal(grammar->n_tokens, 7);
}

static char *repeat(const char *head, const char *part, size_t times)
{
    GString *text = g_string_new(head);

    for (size_t i = 0; i < times; i++)
        g_string_append(text, part);
    return g_string_free(text, FALSE);
}

static void test_every_bound_is_held(void **state)
{
    g_autofree char *nested = repeat("a ", "[", 9);
    g_autofree char *tokens = repeat("", "a ", 65);
    g_autofree char *full = repeat("", "a ", 64);
    g_autofree char *longer = repeat("", "a", 1025);
    _cleanup_(vane_grammar_freep) struct vane_grammar *grammar = compile(full);

    assert_int_equal(grammar->n_tokens, 64);
    assert_refused(nested, -E2BIG, 11, "nested");
    assert_refused(tokens, -E2BIG, 129, "64 words");
    assert_refused(longer, -E2BIG, 1, "1024");
}

static bool conflict(const char *a, const char *b)
{
    _cleanup_(vane_grammar_freep) struct vane_grammar *left = compile(a);
    _cleanup_(vane_grammar_freep) struct vane_grammar *right = compile(b);
    bool found = vane_grammar_conflict(left, right);

    assert_int_equal(vane_grammar_conflict(right, left), found);
    return found;
}

static void test_commands_that_share_a_line_conflict(void **state)
{
    assert_true(conflict("show links", "show links"));
    assert_true(conflict("show links [detail]", "show links"));
    assert_true(conflict("show NAME", "show ID"));
    assert_true(conflict("run WORD...", "run A B C [d]"));
    assert_true(conflict("vlan (1-10)", "vlan (10-20)"));
    assert_false(conflict("show links", "show link"));
    assert_false(conflict("show links", "show NAME"));
    assert_false(conflict("show A.B.C.D", "show NAME"));
    assert_false(conflict("vlan (1-10)", "vlan (11-20)"));
    assert_false(conflict("show a", "show a b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_token_is_read),
        cmocka_unit_test(test_broken_syntax_is_refused_with_its_column),
        cmocka_unit_test(test_one_name_in_two_alternatives_is_fine),
        cmocka_unit_test(test_every_bound_is_held),
        cmocka_unit_test(test_commands_that_share_a_line_conflict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
