/*
 * The words that may come next in a walk: sorted, each once, with every place that offers it.
 */
#include "engine/commands/match_walk.h"

#include <string.h>

#include <glib.h>

static void candidate_free(gpointer data)
{
    struct vane_candidate *candidate = data;

    g_array_unref(candidate->sources);
    g_free(candidate);
}

static struct vane_candidate *candidate_new(const struct vane_token *token)
{
    struct vane_candidate *candidate = g_new0(struct vane_candidate, 1);

    candidate->text = token->text;
    candidate->is_parameter = vane_token_is_parameter(token);
    candidate->sources = g_array_new(FALSE, FALSE, sizeof(struct vane_candidate_source));
    return candidate;
}

/* Keywords and parameters differ in case, so that one text is never both. */
static void add_source(GPtrArray *candidates, GHashTable *by_text,
                       const struct vane_candidate_source *source)
{
    struct vane_candidate *candidate = g_hash_table_lookup(by_text, source->token->text);

    if (!candidate) {
        candidate = candidate_new(source->token);
        g_ptr_array_add(candidates, candidate);
        g_hash_table_insert(by_text, source->token->text, candidate);
    }
    g_array_append_val(candidate->sources, *source);
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const struct vane_candidate *left = *(const struct vane_candidate *const *)a;
    const struct vane_candidate *right = *(const struct vane_candidate *const *)b;

    if (left->is_parameter != right->is_parameter)
        return left->is_parameter ? 1 : -1;
    return strcmp(left->text, right->text);
}

static bool is_wanted(const struct vane_token *token, const char *partial, bool keywords_only)
{
    if (keywords_only && vane_token_is_parameter(token))
        return false;
    return !partial || vane_token_may_begin(token, partial);
}

GPtrArray *vane_walk_candidates(const struct vane_walk *walk, const char *partial,
                                bool keywords_only)
{
    GPtrArray *candidates = g_ptr_array_new_with_free_func(candidate_free);
    g_autoptr(GHashTable) by_text = g_hash_table_new(g_str_hash, g_str_equal);
    size_t token;

    for (size_t i = 0; i < walk->set->len; i++) {
        const struct vane_grammar *grammar = g_ptr_array_index(walk->set, i);

        for (uint64_t left = walk->next[i] & walk->left_over[i]; vane_token_next(&left, &token);) {
            struct vane_candidate_source source = {grammar, &grammar->tokens[token]};

            if (is_wanted(source.token, partial, keywords_only))
                add_source(candidates, by_text, &source);
        }
    }
    g_ptr_array_sort(candidates, compare);
    return candidates;
}
