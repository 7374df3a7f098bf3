/* What is wrong with a document: all of it, each with its place. */
#ifndef NETVANE_LIB_POLICY_PROBLEMS_H
#define NETVANE_LIB_POLICY_PROBLEMS_H

#include <stddef.h>

#include <glib.h>

#include "lib/json/reader.h"
#include "lib/json/writer.h"

struct vane_policy_problem {
    char *rule; /* its name, or "#3" for the third when it has none; NULL: the document's own */
    size_t line, column; /* in the document, from 1; 0: no place */
    char *message;       /* one sentence, printable */
};

/* Problems in the order they were found, and a place in the text that lines were counted up to. */
struct vane_policy_problems {
    GPtrArray *list; /* struct vane_policy_problem */
    const char *text;
    size_t offset, line, column;
};

void vane_policy_problems_init(struct vane_policy_problems *problems, const char *text);
void vane_policy_problems_clear(struct vane_policy_problems *problems);

/* `rule` may be NULL, `at` is a place in the text. */
void vane_policy_problem(struct vane_policy_problems *problems, const char *rule, const char *at,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The place in the text of a JSON string's byte, escapes undone, as an error of an expression
 * names it. */
const char *vane_policy_place_in(struct vane_json_view string, size_t offset);

/* "FILE:12:7: rule \"night\": ...", to be freed with g_free(). */
char *vane_policy_problem_line(const struct vane_policy_problem *problem, const char *file);

/* An array of {"rule","line","column","message"}. */
void vane_policy_problems_write(struct vane_json *json, const GPtrArray *list);

#endif
