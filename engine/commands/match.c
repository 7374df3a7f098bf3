/*
 * Which command typed words are, and what they bind. The rules stand in match.h, the walk through
 * the grammars in match_walk.c.
 */
#include "engine/commands/match.h"

#include <errno.h>

#include <glib.h>

#include "engine/commands/match_walk.h"
#include "lib/cleanup.h"

static void match_whole(struct vane_match *match, const struct vane_walk *walk,
                        const char *const *words)
{
    match->grammar = vane_walk_complete(walk);
    if (!match->grammar) {
        match->status = VANE_MATCH_INCOMPLETE;
        match->candidates = vane_walk_candidates(walk, NULL, false);
        return;
    }
    match->bindings = vane_walk_bind(walk, match->grammar, words);
    match->n_bindings = walk->n_choices;
}

int vane_match(const GPtrArray *set, const char *const *words, size_t n_words,
               struct vane_match *match)
{
    _cleanup_(vane_walk_clear) struct vane_walk walk = {0};
    int r;

    r = vane_walk_words(&walk, set, words, n_words, NULL);
    if (r < 0)
        return r;
    *match = (struct vane_match){.status = walk.status, .word = walk.n_choices};
    switch (walk.status) {
    case VANE_MATCHED:
    case VANE_MATCH_INCOMPLETE:
        match_whole(match, &walk, words);
        break;
    case VANE_MATCH_AMBIGUOUS:
        match->candidates = vane_walk_candidates(&walk, words[match->word], true);
        break;
    case VANE_MATCH_UNKNOWN:
        match->candidates = vane_walk_candidates(&walk, NULL, false);
        match->suggestions = vane_suggest(match->candidates, words[match->word]);
        break;
    }
    return 0;
}

void vane_match_clear(struct vane_match *match)
{
    g_free(match->bindings);
    g_clear_pointer(&match->candidates, g_ptr_array_unref);
    g_clear_pointer(&match->suggestions, g_ptr_array_unref);
    *match = (struct vane_match){0};
}

static const struct vane_binding *find_binding(const struct vane_match *match, const char *name)
{
    for (size_t i = 0; i < match->n_bindings; i++) {
        if (g_strcmp0(match->bindings[i].token->name, name) == 0)
            return &match->bindings[i];
    }
    return NULL;
}

const char *vane_match_get(const struct vane_match *match, const char *name)
{
    const struct vane_binding *binding = find_binding(match, name);

    if (!binding)
        return NULL;
    return vane_token_is_parameter(binding->token) ? binding->word : binding->token->text;
}

int vane_match_rest(const struct vane_match *match, const char *name, size_t *first)
{
    const struct vane_binding *binding = find_binding(match, name);

    if (!binding || binding->token->kind != VANE_TOKEN_REST)
        return -ENOENT;
    *first = (size_t)(binding - match->bindings);
    return 0;
}

int vane_complete(const GPtrArray *set, const char *const *words, size_t n_words,
                  const char *partial, struct vane_continuation *completion)
{
    _cleanup_(vane_walk_clear) struct vane_walk walk = {0};
    int r;

    r = vane_walk_words(&walk, set, words, n_words, partial);
    if (r < 0)
        return r;
    *completion = (struct vane_continuation){.status = walk.status, .word = walk.n_choices};
    if (walk.status != VANE_MATCHED) {
        completion->candidates = g_ptr_array_new();
        return 0;
    }
    completion->candidates = vane_walk_candidates(&walk, partial, false);
    if (!partial || !*partial)
        completion->cr = vane_walk_complete(&walk);
    return 0;
}

void vane_continuation_clear(struct vane_continuation *completion)
{
    g_clear_pointer(&completion->candidates, g_ptr_array_unref);
    *completion = (struct vane_continuation){0};
}
