/*
 * What is wrong with a configuration: every error and warning of one load, in order, each with the
 * place it was found at. Nothing here decides what happens then.
 */
#ifndef NETVANE_ENGINE_CONFIG_PROBLEMS_H
#define NETVANE_ENGINE_CONFIG_PROBLEMS_H

#include <stdbool.h>

#include <glib.h>

/* Where something was said. No file: nowhere, as a default. Line 0: no line, as on the command
 * line. Lines and columns count from 1; columns count characters. */
struct vane_place {
    const char *file;
    unsigned line, column;
};

struct vane_problem {
    bool warning;
    char *text; /* "FILE:LINE:COLUMN: message" */
};

/* Beyond this many, problems are only counted. */
#define VANE_PROBLEMS_MAX 100

struct vane_problems {
    GPtrArray *list; /* of struct vane_problem */
    unsigned errors, warnings;
};

struct vane_problems *vane_problems_new(void);
void vane_problems_free(struct vane_problems *problems);

static inline void vane_problems_cleanup(struct vane_problems **problems)
{
    vane_problems_free(*problems);
}

/* `place` may be NULL. */
void vane_problems_error(struct vane_problems *problems, const struct vane_place *place,
                         const char *format, ...) G_GNUC_PRINTF(3, 4);
void vane_problems_warning(struct vane_problems *problems, const struct vane_place *place,
                           const char *format, ...) G_GNUC_PRINTF(3, 4);

/* All errors, a line each; to be freed with g_free(). */
char *vane_problems_text(const struct vane_problems *problems);
/* The same in one line, for the log and for tables. */
char *vane_problems_line(const struct vane_problems *problems);

/* Everything to the log under `subject`. */
void vane_problems_log(const struct vane_problems *problems, const char *subject);

#endif
