/*
 * What machines answered, as text and as JSON. The text is that of CBus: for each machine its
 * headers, an empty line, the value. Pure functions.
 */
#ifndef NETVANE_CLI_CLUSTER_ANSWERS_H
#define NETVANE_CLI_CLUSTER_ANSWERS_H

#include <stdbool.h>

#include <glib.h>

struct vane_answer {
    char *nkey;
    char *name;       /* NULL: not known, or not to be shown */
    char *signature;  /* of a property; NULL: none */
    char *value;      /* JSON that was scanned; NULL: an error */
    char *error;      /* a sentence; NULL: a value */
    char *error_code; /* NULL: none */
    char *unproven;   /* why nothing proves that it is his; NULL: his signature does */
};

/* Of struct vane_answer. */
GPtrArray *vane_answers_new(void);

/* Puts it in the place of one with the same NKey, if there is one. The array owns it then. */
void vane_answers_put(GPtrArray *answers, struct vane_answer *answer);
void vane_answer_free(struct vane_answer *answer);

/* By name, then by NKey. */
void vane_answers_sort(GPtrArray *answers);

bool vane_answers_have_error(const GPtrArray *answers);

/* What was asked, and of whom nothing came: of char *. */
struct vane_question {
    const char *destination, *path; /* NULL: it was no call of D-Bus */
    const char *member;             /* of the values, that alone is shown; NULL: all */
    const GPtrArray *silent;
};

/* `flags` as of lib/json/writer.h. */
void vane_answers_text(GString *out, const GPtrArray *answers, unsigned flags);

/* One line. */
void vane_answers_json(GString *out, const struct vane_question *question, const GPtrArray *answers,
                       unsigned flags);

#endif
