/* What could come next on a command line: the daemon's words and those of the client itself. */
#ifndef NETVANE_CLI_SUGGEST_H
#define NETVANE_CLI_SUGGEST_H

#include <stdbool.h>

#include "cli/cli.h"

struct vane_suggestion {
    char *word, *help, *kind; /* "keyword", "value", "parameter" or "end" */
};

/*
 * What can stand in the place of the last word, which may be empty or begun. An array of struct
 * vane_suggestion. Empty with a sentence in `why` (to be freed; may be NULL) when the words before
 * are no beginning of a command.
 */
GArray *vane_suggest_words(struct vane_cli *cli, char *const *words, char **why);

/* The same for what stands left of the cursor, filters too; `partial` gets the word begun, to be
 * freed. */
GArray *vane_suggest_line(struct vane_cli *cli, const char *left, char **partial, char **why);

/* A word that may be filled in, and does not merely stand for others. */
bool vane_suggestion_is_word(const struct vane_suggestion *suggestion);

/* A line for each, indented, with its help. */
GString *vane_suggestions_text(const GArray *list);

#endif
