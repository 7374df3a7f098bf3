/*
 * Takes typed words through all grammars of a set at once, each with the set of tokens that may
 * stand at a place: first forward and back, to see which of them the whole line leaves, then
 * forward again to choose. The work is words times tokens, however options are nested.
 */
#include "engine/commands/match_walk.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/cleanup.h"

static const struct vane_grammar *grammar_at(const struct vane_walk *walk, size_t index)
{
    return g_ptr_array_index(walk->set, index);
}

static void walk_init(struct vane_walk *walk, const GPtrArray *set, size_t n_words)
{
    *walk = (struct vane_walk){.set = set, .status = VANE_MATCHED};
    walk->next = g_new0(uint64_t, set->len + 1);
    walk->complete = g_new0(bool, set->len + 1);
    walk->left_over = g_new(uint64_t, set->len + 1);
    memset(walk->left_over, 0xff, (set->len + 1) * sizeof(uint64_t));
    walk->choices = g_new0(struct vane_choice, n_words + 1);
    for (size_t i = 0; i < set->len; i++)
        walk->next[i] = grammar_at(walk, i)->first;
}

static bool is_keyword_fit(enum vane_fit fit)
{
    return fit >= VANE_FIT_ABBREVIATION;
}

/* Considers one more token for the word; returns whether it is another, equally good keyword. */
static bool consider(struct vane_choice *choice, const struct vane_token *token, const char *word)
{
    enum vane_fit fit = vane_token_fit(token, word);

    if (fit == choice->fit && fit == VANE_FIT_ABBREVIATION)
        return g_strcmp0(choice->keyword, token->name) != 0;
    if (fit > choice->fit)
        *choice = (struct vane_choice){fit, is_keyword_fit(fit) ? token->name : NULL};
    return false;
}

/* Decides between the tokens that the line leaves for the word; false: several keywords are. */
static bool choose(const struct vane_walk *walk, const uint64_t *left_over, const char *word,
                   struct vane_choice *choice)
{
    bool several = false;
    size_t token;

    *choice = (struct vane_choice){VANE_FIT_NONE, NULL};
    for (size_t i = 0; i < walk->set->len; i++) {
        for (uint64_t left = walk->next[i] & left_over[i]; vane_token_next(&left, &token);)
            several |= consider(choice, &grammar_at(walk, i)->tokens[token], word);
    }
    return !several || choice->fit != VANE_FIT_ABBREVIATION;
}

bool vane_choice_takes(const struct vane_choice *choice, const struct vane_token *token,
                       const char *word)
{
    if (choice->keyword)
        return token->kind == VANE_TOKEN_KEYWORD && g_strcmp0(token->name, choice->keyword) == 0;
    return vane_token_fit(token, word) == choice->fit;
}

/* Of `tokens` those that take the word. */
static uint64_t taken(const struct vane_grammar *grammar, uint64_t tokens,
                      const struct vane_choice *choice, const char *word)
{
    uint64_t took = 0;
    size_t i;

    for (uint64_t left = tokens; vane_token_next(&left, &i);)
        if (vane_choice_takes(choice, &grammar->tokens[i], word))
            took |= vane_token_bit(i);
    return took;
}

static uint64_t followers(const struct vane_grammar *grammar, uint64_t tokens)
{
    uint64_t follow = 0;
    size_t i;

    for (uint64_t left = tokens; vane_token_next(&left, &i);)
        follow |= grammar->tokens[i].follow;
    return follow;
}

static void step(struct vane_walk *walk, const uint64_t *left_over,
                 const struct vane_choice *choice, const char *word)
{
    for (size_t i = 0; i < walk->set->len; i++) {
        const struct vane_grammar *grammar = grammar_at(walk, i);
        uint64_t took = taken(grammar, walk->next[i] & left_over[i], choice, word);

        walk->next[i] = followers(grammar, took);
        walk->complete[i] = took & grammar->last;
    }
}

/* What a line's words may be: per word and grammar the tokens that fit, and are in reach. */
struct readings {
    const GPtrArray *set;
    size_t n_words; /* up to the first that nothing fits */
    uint64_t *tokens;
};

static uint64_t *row(const struct readings *readings, size_t word)
{
    return readings->tokens + word * readings->set->len;
}

/* The tokens that may stand at a word, by those taken for the word before it. */
static uint64_t in_reach(const struct readings *readings, size_t word, size_t index)
{
    const struct vane_grammar *grammar = g_ptr_array_index(readings->set, index);

    return word == 0 ? grammar->first : followers(grammar, row(readings, word - 1)[index]);
}

/* Does the token take the word, or for a word not yet complete: may it? */
static bool fits(const struct vane_token *token, const char *word, bool partial,
                 enum vane_fit least)
{
    if (partial)
        return vane_token_may_begin(token, word);
    return vane_token_fit(token, word) >= least;
}

static uint64_t fitting(const struct vane_grammar *grammar, uint64_t tokens, const char *word,
                        bool partial, enum vane_fit least)
{
    uint64_t found = 0;
    size_t i;

    for (uint64_t left = tokens; vane_token_next(&left, &i);)
        if (fits(&grammar->tokens[i], word, partial, least))
            found |= vane_token_bit(i);
    return found;
}

static bool read_word_as(struct readings *readings, const char *word, bool partial,
                         enum vane_fit least)
{
    uint64_t *tokens = row(readings, readings->n_words);
    uint64_t some = 0;

    for (size_t i = 0; i < readings->set->len; i++) {
        uint64_t reach = in_reach(readings, readings->n_words, i);

        if (reach)
            some |= tokens[i] =
                fitting(g_ptr_array_index(readings->set, i), reach, word, partial, least);
    }
    return some;
}

/* A keyword written out stands, whatever comes later; anything else is left open. */
static bool read_word(struct readings *readings, const char *word, bool partial)
{
    bool some = !partial && read_word_as(readings, word, false, VANE_FIT_KEYWORD);

    if (!some)
        some = read_word_as(readings, word, partial, VANE_FIT_TEXT);
    if (some)
        readings->n_words++;
    return some;
}

/* Of each grammar only what leads to the last word stays. */
static void drop_dead_ends(struct readings *readings)
{
    size_t token;

    for (size_t word = readings->n_words; word-- > 1;) {
        const uint64_t *next = row(readings, word);
        uint64_t *tokens = row(readings, word - 1);

        for (size_t i = 0; i < readings->set->len; i++) {
            const struct vane_grammar *grammar = g_ptr_array_index(readings->set, i);

            for (uint64_t left = tokens[i]; vane_token_next(&left, &token);)
                if (!(grammar->tokens[token].follow & next[i]))
                    tokens[i] &= ~vane_token_bit(token);
        }
    }
}

/* False: some word fits nothing. A partial word that fits nothing is left out. */
static bool read_line(struct readings *readings, const char *const *words, size_t n_words,
                      const char *partial)
{
    bool understood = true;

    readings->tokens = g_new0(uint64_t, (n_words + 1) * readings->set->len + 1);
    for (size_t i = 0; i < n_words && understood; i++)
        understood = read_word(readings, words[i], false);
    if (understood && partial && *partial)
        read_word(readings, partial, true);
    drop_dead_ends(readings);
    return understood;
}

static void readings_clear(struct readings *readings)
{
    g_free(readings->tokens);
}

/*
 * Chooses word by word. Where the line as a whole leaves several keywords it is ambiguous; unless
 * it is none anyway, then all of them go on, to tell what could have stood in the wrong place.
 */
static void choose_all(struct vane_walk *walk, const struct readings *readings,
                       const char *const *words, size_t n_words, bool understood)
{
    for (size_t i = 0; i < MIN(n_words, readings->n_words); i++) {
        struct vane_choice *choice = &walk->choices[i];

        if (!choose(walk, row(readings, i), words[i], choice)) {
            if (understood) {
                walk->status = VANE_MATCH_AMBIGUOUS;
                memcpy(walk->left_over, row(readings, i), walk->set->len * sizeof(uint64_t));
                return;
            }
            choice->keyword = NULL;
        }
        step(walk, row(readings, i), choice, words[i]);
        walk->n_choices++;
    }
    walk->status = understood ? VANE_MATCHED : VANE_MATCH_UNKNOWN;
}

int vane_walk_words(struct vane_walk *walk, const GPtrArray *set, const char *const *words,
                    size_t n_words, const char *partial)
{
    _cleanup_(readings_clear) struct readings readings = {.set = set};
    bool understood;

    if (n_words > VANE_MATCH_WORDS_MAX)
        return -E2BIG;
    walk_init(walk, set, n_words);
    understood = read_line(&readings, words, n_words, partial);
    choose_all(walk, &readings, words, n_words, understood);
    return 0;
}

void vane_walk_clear(struct vane_walk *walk)
{
    g_free(walk->next);
    g_free(walk->complete);
    g_free(walk->left_over);
    g_free(walk->choices);
    *walk = (struct vane_walk){0};
}

const struct vane_grammar *vane_walk_complete(const struct vane_walk *walk)
{
    for (size_t i = 0; i < walk->set->len; i++) {
        if (walk->complete[i])
            return grammar_at(walk, i);
    }
    return NULL;
}

/* Per word the tokens that can take it, then only those from which the end is in reach. */
static uint64_t *viable_tokens(const struct vane_walk *walk, const struct vane_grammar *grammar,
                               const char *const *words)
{
    uint64_t *viable = g_new0(uint64_t, walk->n_choices + 1);
    uint64_t tokens = grammar->first;
    size_t token;

    for (size_t i = 0; i < walk->n_choices; i++) {
        viable[i] = taken(grammar, tokens, &walk->choices[i], words[i]);
        tokens = followers(grammar, viable[i]);
    }
    viable[walk->n_choices - 1] &= grammar->last;
    for (size_t i = walk->n_choices - 1; i-- > 0;) {
        for (uint64_t left = viable[i]; vane_token_next(&left, &token);)
            if (!(grammar->tokens[token].follow & viable[i + 1]))
                viable[i] &= ~vane_token_bit(token);
    }
    return viable;
}

struct vane_binding *vane_walk_bind(const struct vane_walk *walk,
                                    const struct vane_grammar *grammar, const char *const *words)
{
    g_autofree uint64_t *viable = viable_tokens(walk, grammar, words);
    struct vane_binding *bindings = g_new0(struct vane_binding, walk->n_choices);
    uint64_t tokens = grammar->first;

    for (size_t i = 0; i < walk->n_choices; i++) {
        /* Of several ways to read the line, the one that stands first in the syntax. */
        size_t token = (size_t)__builtin_ctzll(tokens & viable[i]);

        bindings[i] = (struct vane_binding){&grammar->tokens[token], words[i]};
        tokens = grammar->tokens[token].follow;
    }
    return bindings;
}
