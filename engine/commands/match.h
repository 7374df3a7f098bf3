/*
 * Runs typed words through a set of grammars, as a Cisco router's command line does. Of the tokens
 * possible at one place, in all commands that the whole line can still be or begin:
 *
 *   a keyword written out wins over abbreviations, whatever comes later on the line; keywords win
 *   over parameters, typed parameters over plain ones. The line is ambiguous if it leaves several
 *   keywords for one abbreviation (any number of commands may share one).
 *
 * So "sh int" is "show interfaces", although "sh" alone could be "shutdown" as well.
 *
 * A set is a GPtrArray of struct vane_grammar *. Pure: results borrow from the set and the words.
 */
#ifndef NETVANE_ENGINE_COMMANDS_MATCH_H
#define NETVANE_ENGINE_COMMANDS_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "engine/commands/grammar.h"

#define VANE_MATCH_WORDS_MAX 1024

enum vane_match_status {
    VANE_MATCHED,
    VANE_MATCH_UNKNOWN,
    VANE_MATCH_INCOMPLETE,
    VANE_MATCH_AMBIGUOUS,
};

/* Where a possible next word stems from. */
struct vane_candidate_source {
    const struct vane_grammar *grammar;
    const struct vane_token *token;
};

/* One possible next word: every place in the set that offers it. */
struct vane_candidate {
    const char *text; /* the keyword, or what stands for the parameter, as "A.B.C.D" */
    bool is_parameter;
    GArray *sources; /* struct vane_candidate_source, in the order of the set; at least one */
};

struct vane_binding {
    const struct vane_token *token;
    const char *word; /* as typed */
};

struct vane_match {
    enum vane_match_status status;
    size_t word; /* the word that is unknown or ambiguous; the number of words if none is */
    const struct vane_grammar *grammar;
    struct vane_binding *bindings; /* one for each word, if matched */
    size_t n_bindings;
    GPtrArray *candidates;  /* struct vane_candidate *: what could stand at `word`, sorted */
    GPtrArray *suggestions; /* const char *: the keywords nearest to an unknown word, best first */
};

struct vane_continuation {
    enum vane_match_status status; /* MATCHED if the words before are understood, else why not */
    size_t word;                   /* the word that is unknown or ambiguous */
    GPtrArray *candidates;         /* struct vane_candidate *, sorted: keywords, then parameters */
    const struct vane_grammar *cr; /* the command that <cr> would run here, or NULL */
};

/*
 * Finds the command that `words` are. Returns 0 with the outcome in `match` (clear it with
 * vane_match_clear()), or -E2BIG for too many words. If several commands match (the registry
 * should have refused that, see vane_grammar_conflict()), it is the first of the set.
 */
int vane_match(const GPtrArray *set, const char *const *words, size_t n_words,
               struct vane_match *match);

void vane_match_clear(struct vane_match *match);

/* The word bound to parameter `name`; for a keyword, the keyword written out. NULL if absent. */
const char *vane_match_get(const struct vane_match *match, const char *name);

/* The index of the first word of "NAME..."; the words from there on are all its. -ENOENT if none.
 */
int vane_match_rest(const struct vane_match *match, const char *name, size_t *first);

/*
 * What went wrong, as one sentence for people, with "did you mean"; NULL if matched. Words are
 * shown shortened and without control characters. Free with g_free().
 */
char *vane_match_explain(const struct vane_match *match, const char *const *words);

/*
 * What may come after `words`, beginning with `partial` (NULL or "" after a blank). Returns 0
 * with the outcome in `completion`, to be cleared with vane_continuation_clear(), or -E2BIG.
 */
int vane_complete(const GPtrArray *set, const char *const *words, size_t n_words,
                  const char *partial, struct vane_continuation *completion);

void vane_continuation_clear(struct vane_continuation *completion);

#endif
