/*
 * Says in one sentence why typed words are no command.
 */
#include "engine/commands/match.h"

#include <string.h>

#include <glib.h>

#include "lib/text/printable.h"

#define SHOWN_WORD_MAX       40
#define SHOWN_CANDIDATES_MAX 8

/* A word as it may be shown: short, and nothing in it that a terminal obeys. */
static char *presentable(const char *word)
{
    size_t length = strnlen(word, SHOWN_WORD_MAX);
    g_autofree char *shown = NULL;

    while (length && ((unsigned char)word[length] & 0xc0) == 0x80)
        length--; /* not in the middle of a letter */
    shown = vane_text_printable(word, length);
    return g_strdup_printf("\"%s%s\"", shown, word[length] ? "..." : "");
}

/* `after "show"`, or nothing at the beginning of a line. */
static char *place(const struct vane_match *match, const char *const *words)
{
    g_autofree char *word = NULL;

    if (match->word == 0)
        return g_strdup("");
    word = presentable(words[match->word - 1]);
    return g_strdup_printf(" after %s", word);
}

static char *list_candidates(const GPtrArray *candidates)
{
    GString *list = g_string_new(NULL);
    size_t shown = MIN(candidates->len, SHOWN_CANDIDATES_MAX);

    for (size_t i = 0; i < shown; i++) {
        const struct vane_candidate *candidate = g_ptr_array_index(candidates, i);

        g_string_append_printf(list, "%s%s", i ? ", " : "", candidate->text);
    }
    if (shown < candidates->len)
        g_string_append_printf(list, " and %zu more", candidates->len - shown);
    return g_string_free(list, FALSE);
}

static char *list_suggestions(const GPtrArray *suggestions)
{
    GString *list = g_string_new(NULL);

    for (size_t i = 0; i < suggestions->len; i++)
        g_string_append_printf(list, "%s\"%s\"", i ? " or " : "",
                               (const char *)g_ptr_array_index(suggestions, i));
    return g_string_free(list, FALSE);
}

static char *explain_unknown(const struct vane_match *match, const char *const *words)
{
    g_autofree char *word = presentable(words[match->word]);
    g_autofree char *where = place(match, words);
    g_autofree char *near = list_suggestions(match->suggestions);
    g_autofree char *expected = list_candidates(match->candidates);

    if (*near)
        return g_strdup_printf("unknown command: %s%s; did you mean %s?", word, where, near);
    if (*expected)
        return g_strdup_printf("unknown command: %s%s; possible: %s", word, where, expected);
    if (match->word == 0)
        return g_strdup_printf("unknown command: %s; there are no commands", word);
    return g_strdup_printf("unknown command: %s is too much, it ends%s", word, where);
}

static char *explain_ambiguous(const struct vane_match *match, const char *const *words)
{
    g_autofree char *word = presentable(words[match->word]);
    g_autofree char *where = place(match, words);
    g_autofree char *candidates = list_candidates(match->candidates);

    return g_strdup_printf("ambiguous command: %s%s could be %s", word, where, candidates);
}

static char *explain_incomplete(const struct vane_match *match, const char *const *words)
{
    g_autofree char *where = place(match, words);
    g_autofree char *candidates = list_candidates(match->candidates);

    return g_strdup_printf("command incomplete: possible%s: %s", where, candidates);
}

char *vane_match_explain(const struct vane_match *match, const char *const *words)
{
    switch (match->status) {
    case VANE_MATCHED:
        return NULL;
    case VANE_MATCH_UNKNOWN:
        return explain_unknown(match, words);
    case VANE_MATCH_INCOMPLETE:
        return explain_incomplete(match, words);
    case VANE_MATCH_AMBIGUOUS:
        return explain_ambiguous(match, words);
    }
    return NULL;
}
