/*
 * A typed line, split into words as a shell does: blanks separate, '...' takes all as it is,
 * "..." all but \" \\ \$ \`, a backslash the next letter. Nothing is expanded.
 */
#ifndef NETVANE_LIB_TEXT_LINE_H
#define NETVANE_LIB_TEXT_LINE_H

#include <stddef.h>

#define VANE_LINE_LENGTH_MAX 65536
#define VANE_LINE_WORDS_MAX  1024

/* Why a line was refused, and where. */
struct vane_line_error {
    size_t column; /* in bytes, from 1 */
    char message[64];
};

struct vane_line {
    char **words; /* NULL-terminated */
    size_t n_words;
    char *partial; /* vane_help_words(): the word at the cursor, "" after a blank */
};

/*
 * Splits a whole line. Returns 0, -EINVAL for a quote that is not closed or a backslash at the
 * end, -E2BIG beyond a bound; `error` (may be NULL) then says where. Clear with vane_line_clear().
 */
int vane_line_split(const char *text, struct vane_line *line, struct vane_line_error *error);

/*
 * Splits what stands left of the cursor, for help and completion: the words that are complete,
 * and the partial one. A quote still open belongs to the partial word. Returns 0 or -E2BIG.
 */
int vane_help_words(const char *text, struct vane_line *line);

/* The first `mark` in `text` that is neither quoted nor behind a backslash; NULL: there is none. */
const char *vane_line_find(const char *text, char mark);

void vane_line_clear(struct vane_line *line);

#endif
