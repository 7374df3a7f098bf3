/*
 * One walk of typed words through a set of grammars: for each grammar, the tokens that may come
 * next. Shared by matching and completion; nobody else includes this.
 */
#ifndef NETVANE_ENGINE_COMMANDS_MATCH_WALK_H
#define NETVANE_ENGINE_COMMANDS_MATCH_WALK_H

#include "engine/commands/match.h"

/* What one word was taken for; applies alike to every grammar of the set. */
struct vane_choice {
    enum vane_fit fit;
    const char *keyword; /* if the fit is one of a keyword; NULL: any that fits so */
};

struct vane_walk {
    const GPtrArray *set;
    uint64_t *next; /* per grammar: the tokens that may come next */
    bool *complete; /* per grammar: the words so far are a whole command */
    /* Per grammar: of `next` the tokens that the rest of an ambiguous line leaves; else all. */
    uint64_t *left_over;
    struct vane_choice *choices;
    size_t n_choices;
    enum vane_match_status status; /* MATCHED while every word was understood */
};

/*
 * Takes the words up to the first that is not understood, or between whose meanings the line does
 * not decide. `partial` (may be NULL) is a word begun, which counts for that as well. 0, or -E2BIG
 * for too many words.
 */
int vane_walk_words(struct vane_walk *walk, const GPtrArray *set, const char *const *words,
                    size_t n_words, const char *partial);

void vane_walk_clear(struct vane_walk *walk);

bool vane_choice_takes(const struct vane_choice *choice, const struct vane_token *token,
                       const char *word);

/* The first grammar of which the words are a whole command, or NULL. */
const struct vane_grammar *vane_walk_complete(const struct vane_walk *walk);

/* Binds the words that were walked to the tokens of `grammar`, which they must match. */
struct vane_binding *vane_walk_bind(const struct vane_walk *walk,
                                    const struct vane_grammar *grammar, const char *const *words);

/*
 * What may come next, sorted: all of it if `partial` is NULL or empty, else what it may begin;
 * `keywords_only` leaves out parameters. Returns a GPtrArray that owns its candidates.
 */
GPtrArray *vane_walk_candidates(const struct vane_walk *walk, const char *partial,
                                bool keywords_only);

/* Of the candidates' keywords those that `word` may be a slip of, nearest first. */
GPtrArray *vane_suggest(const GPtrArray *candidates, const char *word);

#endif
