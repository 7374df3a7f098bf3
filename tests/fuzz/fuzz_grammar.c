/*
 * The command line as a hostile plugin and a hostile user would use it. Up to the first empty
 * line every line is a syntax; what follows is typed: matched, completed, explained.
 */
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "engine/commands/match.h"
#include "lib/cleanup.h"
#include "lib/text/line.h"

#define COMMANDS_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static GPtrArray *compile(const char *text)
{
    GPtrArray *set = g_ptr_array_new_with_free_func((GDestroyNotify)vane_grammar_free);
    g_auto(GStrv) syntaxes = g_strsplit(text, "\n", COMMANDS_MAX);

    for (char **syntax = syntaxes; *syntax; syntax++) {
        struct vane_syntax_error error = {0};
        struct vane_grammar *grammar = NULL;

        if (vane_grammar_compile(*syntax, &grammar, &error) == 0)
            g_ptr_array_add(set, grammar);
        else
            g_assert(error.column >= 1 && error.column <= strlen(*syntax) + 1 && *error.message);
    }
    return set;
}

static void find_conflicts(const GPtrArray *set)
{
    for (size_t i = 0; i + 1 < set->len; i++) {
        const struct vane_grammar *a = g_ptr_array_index(set, i),
                                  *b = g_ptr_array_index(set, i + 1);

        g_assert(vane_grammar_conflict(a, b) == vane_grammar_conflict(b, a));
        g_assert(vane_grammar_conflict(a, a));
    }
}

/* Every word must be bound to a token that takes it, along an edge of the automaton. */
static void check_bindings(const struct vane_match *match)
{
    uint64_t possible = match->grammar->first;

    for (size_t i = 0; i < match->n_bindings; i++) {
        const struct vane_binding *binding = &match->bindings[i];
        size_t token = (size_t)(binding->token - match->grammar->tokens);

        g_assert(possible & vane_token_bit(token));
        g_assert(vane_token_fit(binding->token, binding->word) != VANE_FIT_NONE);
        g_assert(vane_match_get(match, binding->token->name));
        possible = binding->token->follow;
    }
    g_assert(match->grammar->last &
             vane_token_bit(
                 (size_t)(match->bindings[match->n_bindings - 1].token - match->grammar->tokens)));
}

static void match_line(const GPtrArray *set, const struct vane_line *line)
{
    _cleanup_(vane_match_clear) struct vane_match match = {0};
    const char *const *words = (const char *const *)line->words;
    g_autofree char *sentence = NULL;

    if (vane_match(set, words, line->n_words, &match) < 0)
        return;
    sentence = vane_match_explain(&match, words);
    g_assert((sentence == NULL) == (match.status == VANE_MATCHED));
    g_assert(!sentence || g_utf8_validate(sentence, -1, NULL));
    if (match.status == VANE_MATCHED)
        check_bindings(&match);
}

static void complete_line(const GPtrArray *set, const struct vane_line *line)
{
    _cleanup_(vane_continuation_clear) struct vane_continuation completion = {0};

    if (vane_complete(set, (const char *const *)line->words, line->n_words, line->partial,
                      &completion) < 0)
        return;
    for (size_t i = 0; i < completion.candidates->len; i++) {
        const struct vane_candidate *candidate = g_ptr_array_index(completion.candidates, i);

        g_assert(candidate->sources->len > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(vane_line_clear) struct vane_line whole = {0}, cursor = {0};
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GPtrArray) set = NULL;
    char *typed = strstr(text, "\n\n");

    if (typed) {
        *typed = '\0';
        typed += 2;
    }
    set = compile(text);
    find_conflicts(set);
    if (vane_line_split(typed ? typed : text, &whole, NULL) == 0)
        match_line(set, &whole);
    if (vane_help_words(typed ? typed : text, &cursor) == 0)
        complete_line(set, &cursor);
    return 0;
}
