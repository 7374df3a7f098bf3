/*
 * "Did you mean": the keywords nearest to a mistyped word.
 */
#include "engine/commands/match_walk.h"

#include <string.h>

#include <glib.h>

#include "lib/text/nearest.h"

#define SUGGESTIONS_MAX 3

struct suggestion {
    const char *text;
    size_t distance;
};

static gint compare(gconstpointer a, gconstpointer b)
{
    const struct suggestion *left = a, *right = b;

    if (left->distance != right->distance)
        return left->distance < right->distance ? -1 : 1;
    return strcmp(left->text, right->text);
}

/* One mistake in three letters is a slip; a word with no letter in common is none. */
static bool is_near(const struct suggestion *suggestion, const char *word)
{
    return suggestion->distance <= MAX(1, strlen(word) / 3) &&
           suggestion->distance < strlen(suggestion->text);
}

static GArray *near_keywords(const GPtrArray *candidates, const char *word)
{
    GArray *near = g_array_new(FALSE, FALSE, sizeof(struct suggestion));

    for (size_t i = 0; i < candidates->len; i++) {
        const struct vane_candidate *candidate = g_ptr_array_index(candidates, i);
        struct suggestion suggestion = {.text = candidate->text};

        if (candidate->is_parameter)
            continue;
        suggestion.distance = vane_text_edit_distance(word, suggestion.text);
        if (is_near(&suggestion, word))
            g_array_append_val(near, suggestion);
    }
    g_array_sort(near, compare);
    return near;
}

GPtrArray *vane_suggest(const GPtrArray *candidates, const char *word)
{
    GPtrArray *suggestions = g_ptr_array_new();
    g_autoptr(GArray) near = near_keywords(candidates, word);

    for (size_t i = 0; i < MIN(near->len, SUGGESTIONS_MAX); i++)
        g_ptr_array_add(suggestions, (gpointer)g_array_index(near, struct suggestion, i).text);
    return suggestions;
}
