/*
 * Whether two commands could be meant by one and the same line: a search over pairs of tokens, one
 * of each, that can be reached by the same words.
 */
#include "engine/commands/grammar.h"

#include <string.h>

/* Whether one fully written word can suit both and neither is preferred. */
static bool tokens_conflict(const struct vane_token *a, const struct vane_token *b)
{
    bool text_a = a->kind == VANE_TOKEN_TEXT || a->kind == VANE_TOKEN_REST;
    bool text_b = b->kind == VANE_TOKEN_TEXT || b->kind == VANE_TOKEN_REST;

    if (text_a || text_b)
        return text_a && text_b;
    if (a->kind != b->kind)
        return false;
    if (a->kind == VANE_TOKEN_KEYWORD)
        return strcmp(a->name, b->name) == 0;
    return a->kind != VANE_TOKEN_RANGE || (a->minimum <= b->maximum && b->minimum <= a->maximum);
}

/* For each token of a, the tokens of b that can stand for the same word. */
static void compare_tokens(const struct vane_grammar *a, const struct vane_grammar *b,
                           uint64_t *same)
{
    for (size_t i = 0; i < a->n_tokens; i++) {
        for (size_t j = 0; j < b->n_tokens; j++) {
            if (tokens_conflict(&a->tokens[i], &b->tokens[j]))
                same[i] |= vane_token_bit(j);
        }
    }
}

/* Adds the pairs that come after those of token i of a; returns whether there was a new one. */
static bool advance_pairs(const struct vane_grammar *a, const struct vane_grammar *b, size_t i,
                          const uint64_t *same, uint64_t *pairs)
{
    uint64_t follow = 0;
    bool grown = false;
    size_t j, next;

    for (uint64_t left = pairs[i]; vane_token_next(&left, &j);)
        follow |= b->tokens[j].follow;
    for (uint64_t left = a->tokens[i].follow; vane_token_next(&left, &next);) {
        uint64_t found = follow & same[next];

        grown = grown || (found & ~pairs[next]);
        pairs[next] |= found;
    }
    return grown;
}

bool vane_grammar_conflict(const struct vane_grammar *a, const struct vane_grammar *b)
{
    uint64_t pairs[VANE_GRAMMAR_TOKENS_MAX] = {0}, same[VANE_GRAMMAR_TOKENS_MAX] = {0};
    bool grown = true;
    size_t i;

    compare_tokens(a, b, same);
    for (uint64_t left = a->first; vane_token_next(&left, &i);)
        pairs[i] = same[i] & b->first;
    while (grown) {
        grown = false;
        for (i = 0; i < a->n_tokens; i++)
            grown |= advance_pairs(a, b, i, same, pairs);
    }
    for (uint64_t left = a->last; vane_token_next(&left, &i);)
        if (pairs[i] & b->last)
            return true;
    return false;
}
