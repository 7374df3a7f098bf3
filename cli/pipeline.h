/*
 * A typed command line: the words of a command, and the filters behind '|' that its output goes
 * through. Parsing is pure; "show int|inc eth|count" needs no blanks.
 */
#ifndef NETVANE_CLI_PIPELINE_H
#define NETVANE_CLI_PIPELINE_H

#include <stdbool.h>

#include <glib.h>

enum vane_filter_kind {
    VANE_FILTER_INCLUDE, /* lines that match */
    VANE_FILTER_EXCLUDE, /* lines that do not */
    VANE_FILTER_BEGIN,   /* from the first line that matches */
    VANE_FILTER_SECTION, /* lines with the indented ones that belong to them, if one matches */
    VANE_FILTER_COUNT,   /* how many there are */
    VANE_FILTER_JSON,    /* not a table, but JSON */
    VANE_FILTER_NO_MORE, /* not through a pager */
};

struct vane_filter {
    enum vane_filter_kind kind;
    GRegex *regex; /* of the first four */
};

struct vane_pipeline {
    char **words;    /* of the command; none on an empty line */
    GArray *filters; /* of struct vane_filter, in order */
};

/* Returns 0, or -EINVAL with one sentence in `why`, to be freed. On failure nothing is to clear. */
int vane_pipeline_parse(const char *text, struct vane_pipeline *pipeline, char **why);

/* The same for words that a shell has split: one that begins with '|' ends the command. */
int vane_pipeline_from_words(char *const *words, struct vane_pipeline *pipeline, char **why);

void vane_pipeline_clear(struct vane_pipeline *pipeline);

/* Takes lines through the filters that work on lines; NULL with `why` when an expression takes too
 * long. `rows` is what a count as the first filter gives. */
GString *vane_pipeline_apply(const struct vane_pipeline *pipeline, const char *text, guint rows,
                             char **why);

bool vane_pipeline_has(const struct vane_pipeline *pipeline, enum vane_filter_kind kind);

/* Some filter works on lines, so that the head of a table would be in its way. */
bool vane_pipeline_filters_lines(const struct vane_pipeline *pipeline);

/* The n-th filter's name, and whether it takes an expression, with help; NULL past the last. */
const char *vane_filter_name(unsigned index, const char **help, bool *takes_expression);

#endif
