/* Typed words against a set of commands: abbreviation, ambiguity, binding, completion. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <glib.h>

#include "engine/commands/match.h"
#include "lib/cleanup.h"
#include "lib/text/line.h"

static const char *const commands[] = {
    "show interfaces [NAME] [detail]",
    "show ip <route|address> [A.B.C.D/M|X:X:X::X/M]",
    "show event <last|ID>",
    "show bgp neighbors <A.B.C.D|X:X:X::X|all> [detail] [from TIME]",
    "set vlan (1-4094) [name NAME]",
    "shows",
    "ping <A.B.C.D|X:X:X::X|HOST> [source SOURCE:A.B.C.D]",
    "run FILE [ARGUMENT...]",
    "exit",
};

struct fixture {
    GPtrArray *set;
    struct vane_line line;
    struct vane_match match;
    struct vane_continuation completion;
};

static void add(GPtrArray *set, const char *syntax)
{
    struct vane_grammar *grammar = NULL;

    assert_int_equal(vane_grammar_compile(syntax, &grammar, NULL), 0);
    g_ptr_array_add(set, grammar);
}

static GPtrArray *new_set(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)vane_grammar_free);
}

static int setup(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);

    fixture->set = new_set();
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        add(fixture->set, commands[i]);
    *state = fixture;
    return 0;
}

static void forget(struct fixture *fixture)
{
    vane_match_clear(&fixture->match);
    vane_continuation_clear(&fixture->completion);
    vane_line_clear(&fixture->line);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    forget(fixture);
    g_ptr_array_unref(fixture->set);
    g_free(fixture);
    return 0;
}

static const char *const *words_of(const struct fixture *fixture)
{
    return (const char *const *)fixture->line.words;
}

static enum vane_match_status type(struct fixture *fixture, const char *text)
{
    forget(fixture);
    assert_int_equal(vane_line_split(text, &fixture->line, NULL), 0);
    assert_int_equal(
        vane_match(fixture->set, words_of(fixture), fixture->line.n_words, &fixture->match), 0);
    return fixture->match.status;
}

static const char *get(struct fixture *fixture, const char *name)
{
    return vane_match_get(&fixture->match, name);
}

/* The candidates as one string, sources left out. */
static char *texts(const GPtrArray *candidates)
{
    GString *all = g_string_new(NULL);

    for (size_t i = 0; i < candidates->len; i++) {
        const struct vane_candidate *candidate = g_ptr_array_index(candidates, i);

        g_string_append_printf(all, "%s%s", i ? " " : "", candidate->text);
    }
    return g_string_free(all, FALSE);
}

static void assert_candidates(const GPtrArray *candidates, const char *expected)
{
    g_autofree char *actual = texts(candidates);

    assert_string_equal(actual, expected);
}

static void assert_matches(struct fixture *fixture, const char *text, const char *syntax)
{
    assert_int_equal(type(fixture, text), VANE_MATCHED);
    assert_string_equal(fixture->match.grammar->syntax, syntax);
}

static void assert_unknown(struct fixture *fixture, const char *text, size_t word)
{
    assert_int_equal(type(fixture, text), VANE_MATCH_UNKNOWN);
    assert_int_equal(fixture->match.word, word);
}

static void test_keywords_may_be_abbreviated_in_any_case(void **state)
{
    struct fixture *fixture = *state;

    assert_matches(fixture, "show int", commands[0]);
    assert_matches(fixture, "SHOW In eth0 De", commands[0]);
    assert_string_equal(get(fixture, "NAME"), "eth0");
    assert_string_equal(get(fixture, "detail"), "detail");
    assert_matches(fixture, "e", commands[8]);
}

static void test_a_prefix_of_several_keywords_is_ambiguous(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(type(fixture, "s"), VANE_MATCH_AMBIGUOUS);
    assert_int_equal(fixture->match.word, 0);
    assert_candidates(fixture->match.candidates, "set show shows");
    assert_int_equal(type(fixture, "show i"), VANE_MATCH_AMBIGUOUS);
    assert_int_equal(fixture->match.word, 1);
    assert_candidates(fixture->match.candidates, "interfaces ip");
}

static void test_the_whole_line_decides_between_keywords(void **state)
{
    struct fixture *fixture = *state;

    add(fixture->set, "shutdown");
    assert_matches(fixture, "sh int", commands[0]);
    assert_matches(fixture, "s i eth0 det", commands[0]);
    assert_matches(fixture, "s ip r", commands[1]);
    assert_int_equal(type(fixture, "sh"), VANE_MATCH_AMBIGUOUS);
    assert_candidates(fixture->match.candidates, "show shows shutdown");
    assert_matches(fixture, "shu", "shutdown");
}

static void test_only_what_the_line_leaves_is_named_as_ambiguous(void **state)
{
    struct fixture *fixture = *state;

    add(fixture->set, "show logs last");
    add(fixture->set, "set logs first");
    add(fixture->set, "ship logs");

    assert_int_equal(type(fixture, "s lo"), VANE_MATCH_AMBIGUOUS);
    assert_int_equal(fixture->match.word, 0);
    assert_candidates(fixture->match.candidates, "set ship show");
    assert_matches(fixture, "s lo f", "set logs first");
}

static void test_a_line_with_an_unknown_end_is_unknown_not_ambiguous(void **state)
{
    struct fixture *fixture = *state;

    assert_unknown(fixture, "s nonsense", 1);
    assert_candidates(fixture->match.candidates, "bgp event interfaces ip vlan");
    assert_unknown(fixture, "s i eth0 detail more", 4);
}

static void test_an_abbreviation_that_leads_nowhere_leaves_the_parameter(void **state)
{
    struct fixture *fixture = *state;

    assert_matches(fixture, "show int d", commands[0]);
    assert_string_equal(get(fixture, "detail"), "detail");
    assert_matches(fixture, "show int d det", commands[0]);
    assert_string_equal(get(fixture, "NAME"), "d");
    assert_unknown(fixture, "show int detail det", 3);
}

static gint longest_first(gconstpointer a, gconstpointer b)
{
    const struct vane_grammar *left = *(const struct vane_grammar *const *)a;
    const struct vane_grammar *right = *(const struct vane_grammar *const *)b;

    return (gint)strlen(right->syntax) - (gint)strlen(left->syntax);
}

static void test_an_exact_keyword_wins_over_a_longer_one(void **state)
{
    struct fixture *fixture = *state;

    assert_matches(fixture, "show event last", commands[2]);
    assert_matches(fixture, "shows", commands[5]);
    add(fixture->set, "link");
    add(fixture->set, "links");
    g_ptr_array_sort(fixture->set, longest_first);
    assert_matches(fixture, "link", "link");
    assert_int_equal(type(fixture, "sho"), VANE_MATCH_AMBIGUOUS);
}

static void test_a_keyword_shared_by_commands_is_not_ambiguous(void **state)
{
    struct fixture *fixture = *state;

    add(fixture->set, "clear interfaces");
    add(fixture->set, "clear interfaces counters");

    assert_matches(fixture, "cl int", "clear interfaces");
    assert_matches(fixture, "cl int c", "clear interfaces counters");
    assert_matches(fixture, "show b n all", commands[3]);
    assert_int_equal(type(fixture, "show"), VANE_MATCH_INCOMPLETE);
    assert_candidates(fixture->match.candidates, "bgp event interfaces ip");
}

static void test_only_commands_that_still_match_count_for_ambiguity(void **state)
{
    struct fixture *fixture = *state;

    add(fixture->set, "clear interfaces");
    add(fixture->set, "clear bridge");

    assert_matches(fixture, "clear i", "clear interfaces");
    assert_matches(fixture, "show b n all", commands[3]);
}

static void test_keywords_win_over_parameters_and_typed_over_plain(void **state)
{
    struct fixture *fixture = *state;

    assert_matches(fixture, "show event la", commands[2]);
    assert_null(get(fixture, "ID"));
    assert_string_equal(get(fixture, "last"), "last");
    assert_matches(fixture, "show event 4f-17", commands[2]);
    assert_string_equal(get(fixture, "ID"), "4f-17");
    assert_matches(fixture, "ping 192.0.2.1", commands[6]);
    assert_string_equal(get(fixture, "A.B.C.D"), "192.0.2.1");
    assert_null(get(fixture, "HOST"));
    assert_matches(fixture, "ping 192.0.2.256", commands[6]);
    assert_string_equal(get(fixture, "HOST"), "192.0.2.256");
    add(fixture->set, "dig <HOST|A.B.C.D>");
    assert_matches(fixture, "dig 192.0.2.1", "dig <HOST|A.B.C.D>");
    assert_null(get(fixture, "HOST"));
}

static void test_alternatives_take_exactly_one(void **state)
{
    struct fixture *fixture = *state;

    assert_matches(fixture, "show bgp neighbors 192.0.2.1 detail", commands[3]);
    assert_matches(fixture, "show bgp neighbors 2001:db8::1", commands[3]);
    assert_string_equal(get(fixture, "X:X:X::X"), "2001:db8::1");
    assert_unknown(fixture, "show bgp neighbors all 192.0.2.1", 4);
    assert_unknown(fixture, "show bgp neighbors some", 3);
}

static void test_options_come_in_their_order_or_not_at_all(void **state)
{
    struct fixture *fixture = *state;

    assert_matches(fixture, "show bgp neighbors all detail from noon", commands[3]);
    assert_string_equal(get(fixture, "TIME"), "noon");
    assert_matches(fixture, "show bgp neighbors all from noon", commands[3]);
    assert_null(get(fixture, "detail"));
    assert_unknown(fixture, "show bgp neighbors all from noon detail", 6);
    assert_int_equal(type(fixture, "show bgp neighbors all from"), VANE_MATCH_INCOMPLETE);
    assert_candidates(fixture->match.candidates, "TIME");
}

static void test_of_several_readings_the_first_option_binds(void **state)
{
    struct fixture *fixture = *state;

    add(fixture->set, "trace [[FROM] TO] [VIA]");

    assert_matches(fixture, "trace a", "trace [[FROM] TO] [VIA]");
    assert_string_equal(get(fixture, "TO"), "a");
    assert_null(get(fixture, "VIA"));
    assert_matches(fixture, "trace a b c", "trace [[FROM] TO] [VIA]");
    assert_string_equal(get(fixture, "FROM"), "a");
    assert_string_equal(get(fixture, "VIA"), "c");
}

static void test_a_reading_that_leads_nowhere_does_not_bind(void **state)
{
    struct fixture *fixture = *state;

    add(fixture->set, "go <NAME PLACE now|ID TIME>");

    assert_matches(fixture, "go a b", "go <NAME PLACE now|ID TIME>");
    assert_string_equal(get(fixture, "ID"), "a");
    assert_string_equal(get(fixture, "TIME"), "b");
    assert_null(get(fixture, "NAME"));
}

static void test_ranges_hold_at_their_bounds(void **state)
{
    struct fixture *fixture = *state;

    assert_matches(fixture, "set vlan 1", commands[4]);
    assert_matches(fixture, "set vlan 4094 name x", commands[4]);
    assert_string_equal(get(fixture, "(1-4094)"), "4094");
    assert_unknown(fixture, "set vlan 0", 2);
    assert_unknown(fixture, "set vlan 4095", 2);
    assert_unknown(fixture, "set vlan -1", 2);
    assert_unknown(fixture, "set vlan 1x", 2);
    assert_unknown(fixture, "set vlan ''", 2);
    assert_unknown(fixture, "set vlan 99999999999999999999", 2);
}

static void test_prefixes_are_checked(void **state)
{
    struct fixture *fixture = *state;

    assert_matches(fixture, "show ip route 192.0.2.0/32", commands[1]);
    assert_string_equal(get(fixture, "A.B.C.D/M"), "192.0.2.0/32");
    assert_matches(fixture, "show ip addr ::/0", commands[1]);
    assert_matches(fixture, "show ip addr 2001:db8::/128", commands[1]);
    assert_unknown(fixture, "show ip route 192.0.2.0/33", 3);
    assert_unknown(fixture, "show ip route 192.0.2.0/", 3);
    assert_unknown(fixture, "show ip route 192.0.2.0/-1", 3);
    assert_unknown(fixture, "show ip route 192.0.2.0", 3);
    assert_unknown(fixture, "show ip route 2001:db8::/129", 3);
}

static void test_labels_tell_two_addresses_apart(void **state)
{
    struct fixture *fixture = *state;

    assert_matches(fixture, "ping 192.0.2.1 so 192.0.2.9", commands[6]);
    assert_string_equal(get(fixture, "A.B.C.D"), "192.0.2.1");
    assert_string_equal(get(fixture, "SOURCE"), "192.0.2.9");
}

static void test_the_rest_of_the_line_goes_to_one_parameter(void **state)
{
    struct fixture *fixture = *state;
    size_t first = 0;

    assert_matches(fixture, "run f -x 'a b' --", commands[7]);
    assert_int_equal(fixture->match.n_bindings, 5);
    assert_int_equal(vane_match_rest(&fixture->match, "ARGUMENT", &first), 0);
    assert_int_equal(first, 2);
    assert_string_equal(get(fixture, "ARGUMENT"), "-x");
    assert_matches(fixture, "run f", commands[7]);
    assert_int_equal(vane_match_rest(&fixture->match, "ARGUMENT", &first), -ENOENT);
}

static void test_an_empty_word_is_no_keyword(void **state)
{
    struct fixture *fixture = *state;

    assert_unknown(fixture, "'' int", 0);
    assert_matches(fixture, "show event ''", commands[2]);
    assert_string_equal(get(fixture, "ID"), "");
}

static void test_a_slip_gets_the_nearest_keywords(void **state)
{
    struct fixture *fixture = *state;

    assert_unknown(fixture, "shwo int", 0);
    assert_true(fixture->match.suggestions->len > 0);
    assert_string_equal(g_ptr_array_index(fixture->match.suggestions, 0), "show");
    assert_unknown(fixture, "show intrefaces", 1);
    assert_int_equal(fixture->match.suggestions->len, 1);
    assert_string_equal(g_ptr_array_index(fixture->match.suggestions, 0), "interfaces");
    assert_unknown(fixture, "show pi", 1);
    assert_int_equal(fixture->match.suggestions->len, 1);
    assert_string_equal(g_ptr_array_index(fixture->match.suggestions, 0), "ip");
    assert_unknown(fixture, "show zzzzzz", 1);
    assert_int_equal(fixture->match.suggestions->len, 0);
}

static void assert_explained(struct fixture *fixture, const char *text, const char *expected)
{
    g_autofree char *sentence = NULL;

    type(fixture, text);
    sentence = vane_match_explain(&fixture->match, words_of(fixture));
    if (!expected)
        assert_null(sentence);
    else
        assert_string_equal(sentence, expected);
}

static void test_every_failure_is_explained_in_one_sentence(void **state)
{
    struct fixture *fixture = *state;

    assert_explained(fixture, "exit", NULL);
    assert_explained(
        fixture, "show intrefaces",
        "unknown command: \"intrefaces\" after \"show\"; did you mean \"interfaces\"?");
    assert_explained(fixture, "set vlan 5000",
                     "unknown command: \"5000\" after \"vlan\"; possible: (1-4094)");
    assert_explained(fixture, "exit now",
                     "unknown command: \"now\" is too much, it ends after \"exit\"");
    assert_explained(fixture, "sh", "ambiguous command: \"sh\" could be show, shows");
    assert_explained(fixture, "set", "command incomplete: possible after \"set\": vlan");
    assert_explained(fixture, "exit 'a\033[2J\xff'",
                     "unknown command: \"a\\x1b[2J\\xff\" is too much, it ends after \"exit\"");
}

static void complete(struct fixture *fixture, const char *text)
{
    forget(fixture);
    assert_int_equal(vane_help_words(text, &fixture->line), 0);
    assert_int_equal(vane_complete(fixture->set, words_of(fixture), fixture->line.n_words,
                                   fixture->line.partial, &fixture->completion),
                     0);
}

static void assert_completes(struct fixture *fixture, const char *text, const char *expected,
                             const char *cr)
{
    complete(fixture, text);
    assert_int_equal(fixture->completion.status, VANE_MATCHED);
    assert_candidates(fixture->completion.candidates, expected);
    if (cr)
        assert_string_equal(fixture->completion.cr->syntax, cr);
    else
        assert_null(fixture->completion.cr);
}

static void test_completion_tells_inside_a_word_from_after_it(void **state)
{
    struct fixture *fixture = *state;

    assert_completes(fixture, "", "exit ping run set show shows", NULL);
    assert_completes(fixture, "sh", "show shows", NULL);
    assert_completes(fixture, "show", "show shows", NULL);
    assert_completes(fixture, "show ", "bgp event interfaces ip", NULL);
    assert_completes(fixture, "show int ", "detail NAME", commands[0]);
    assert_completes(fixture, "show int de", "detail NAME", NULL);
    assert_completes(fixture, "show int eth0 ", "detail", commands[0]);
    assert_completes(fixture, "exit ", "", commands[8]);
}

static void test_a_word_begun_decides_between_keywords_before_it(void **state)
{
    struct fixture *fixture = *state;

    assert_completes(fixture, "s int", "interfaces", NULL);
    assert_completes(fixture, "s ip ", "address route", NULL);
    assert_completes(fixture, "s v", "vlan", NULL);
}

static void test_completion_offers_the_parameters_that_still_fit(void **state)
{
    struct fixture *fixture = *state;

    assert_completes(fixture, "ping 19", "A.B.C.D HOST X:X:X::X", NULL);
    assert_completes(fixture, "ping fe80:", "HOST X:X:X::X", NULL);
    assert_completes(fixture, "set vlan 40", "(1-4094)", NULL);
    assert_completes(fixture, "set vlan 5000", "", NULL);
}

static void test_completion_names_every_place_a_word_stems_from(void **state)
{
    struct fixture *fixture = *state;
    const struct vane_candidate *candidate;
    const struct vane_candidate_source *source;

    complete(fixture, "show");
    candidate = g_ptr_array_index(fixture->completion.candidates, 0);
    source = &g_array_index(candidate->sources, struct vane_candidate_source, 3);

    assert_int_equal(candidate->sources->len, 4);
    assert_false(candidate->is_parameter);
    assert_ptr_equal(source->grammar, g_ptr_array_index(fixture->set, 3));
    assert_ptr_equal(source->token, &source->grammar->tokens[0]);
}

static void test_completion_after_a_word_not_understood_is_empty(void **state)
{
    struct fixture *fixture = *state;

    complete(fixture, "s ");
    assert_int_equal(fixture->completion.status, VANE_MATCH_AMBIGUOUS);
    assert_int_equal(fixture->completion.word, 0);
    assert_int_equal(fixture->completion.candidates->len, 0);
    complete(fixture, "show nonsense ");
    assert_int_equal(fixture->completion.status, VANE_MATCH_UNKNOWN);
    assert_int_equal(fixture->completion.word, 1);
}

static void test_too_many_words_are_refused(void **state)
{
    struct fixture *fixture = *state;
    g_autofree const char **words = g_new(const char *, VANE_MATCH_WORDS_MAX + 1);

    for (size_t i = 0; i <= VANE_MATCH_WORDS_MAX; i++)
        words[i] = "run";
    assert_int_equal(vane_match(fixture->set, words, VANE_MATCH_WORDS_MAX, &fixture->match), 0);
    assert_int_equal(fixture->match.status, VANE_MATCHED);
    vane_match_clear(&fixture->match);
    assert_int_equal(vane_match(fixture->set, words, VANE_MATCH_WORDS_MAX + 1, &fixture->match),
                     -E2BIG);
}

/* Sixty options, nested and adjacent, all alike: too many readings for trying each in turn. */
static void test_many_like_options_cost_nothing(void **state)
{
    struct fixture *fixture = *state;
    g_autoptr(GString) syntax = g_string_new("deep");
    g_autoptr(GString) text = g_string_new("deep");
    clock_t begin;

    for (int i = 0; i < 30; i++)
        g_string_append(syntax, " [[x] x]");
    for (int i = 0; i < 59; i++)
        g_string_append(text, " x");
    add(fixture->set, syntax->str);

    begin = clock();
    assert_int_equal(type(fixture, text->str), VANE_MATCHED);
    g_string_append(text, " x x");
    assert_unknown(fixture, text->str, 61);
    assert_true(clock() - begin < CLOCKS_PER_SEC);
}

static void test_a_thousand_commands_match_within_milliseconds(void **state)
{
    g_autoptr(GPtrArray) set = new_set();
    const char *words[] = {"show", "feature-999", "eth0", "det"};
    clock_t begin, spent;

    for (int i = 0; i < 1000; i++) {
        g_autofree char *syntax = g_strdup_printf("show feature-%d [NAME] [detail]", i);

        add(set, syntax);
    }
    begin = clock();
    for (int i = 0; i < 100; i++) {
        _cleanup_(vane_match_clear) struct vane_match match = {0};

        assert_int_equal(vane_match(set, words, G_N_ELEMENTS(words), &match), 0);
        assert_int_equal(match.status, VANE_MATCHED);
        assert_ptr_equal(match.grammar, g_ptr_array_index(set, 999));
    }
    spent = clock() - begin;
    print_message("%.1f us a match among 1000 commands\n", (double)spent / 100);
    assert_true(spent < 100 * 10000);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keywords_may_be_abbreviated_in_any_case),
        TEST(test_a_prefix_of_several_keywords_is_ambiguous),
        TEST(test_the_whole_line_decides_between_keywords),
        TEST(test_only_what_the_line_leaves_is_named_as_ambiguous),
        TEST(test_a_line_with_an_unknown_end_is_unknown_not_ambiguous),
        TEST(test_an_abbreviation_that_leads_nowhere_leaves_the_parameter),
        TEST(test_an_exact_keyword_wins_over_a_longer_one),
        TEST(test_a_keyword_shared_by_commands_is_not_ambiguous),
        TEST(test_only_commands_that_still_match_count_for_ambiguity),
        TEST(test_keywords_win_over_parameters_and_typed_over_plain),
        TEST(test_alternatives_take_exactly_one),
        TEST(test_options_come_in_their_order_or_not_at_all),
        TEST(test_of_several_readings_the_first_option_binds),
        TEST(test_a_reading_that_leads_nowhere_does_not_bind),
        TEST(test_ranges_hold_at_their_bounds),
        TEST(test_prefixes_are_checked),
        TEST(test_labels_tell_two_addresses_apart),
        TEST(test_the_rest_of_the_line_goes_to_one_parameter),
        TEST(test_an_empty_word_is_no_keyword),
        TEST(test_a_slip_gets_the_nearest_keywords),
        TEST(test_every_failure_is_explained_in_one_sentence),
        TEST(test_completion_tells_inside_a_word_from_after_it),
        TEST(test_a_word_begun_decides_between_keywords_before_it),
        TEST(test_completion_offers_the_parameters_that_still_fit),
        TEST(test_completion_names_every_place_a_word_stems_from),
        TEST(test_completion_after_a_word_not_understood_is_empty),
        TEST(test_too_many_words_are_refused),
        TEST(test_many_like_options_cost_nothing),
        cmocka_unit_test(test_a_thousand_commands_match_within_milliseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
