/*
 * Regular expressions that take time linear in the text, whatever the expression: the syntax of
 * RE2, without captures, which nobody here asks for, and \C. No backtracking; the size of what an
 * expression compiles to is bounded.
 */
#ifndef NETVANE_LIB_REGEX_REGEX_H
#define NETVANE_LIB_REGEX_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#define VANE_REGEX_LENGTH_MAX 4096  /* bytes of an expression */
#define VANE_REGEX_SIZE_MAX   10000 /* instructions; x{1000} is x a thousand times */
#define VANE_REGEX_DEPTH_MAX  200   /* groups within each other */

struct vane_regex;

struct vane_regex_error {
    const char *reason; /* a constant */
    size_t offset;      /* in bytes */
};

/* Compiles valid UTF-8. NULL with `error` filled. */
struct vane_regex *vane_regex_new(const char *pattern, size_t len, struct vane_regex_error *error);
void vane_regex_free(struct vane_regex *regex);

/* How many instructions it is: the most work that one character of text can cost. */
size_t vane_regex_size(const struct vane_regex *regex);

/* Bytes that matching needs, aligned for an int. */
size_t vane_regex_room(const struct vane_regex *regex);

/* Whether some part of the text (valid UTF-8) matches; `room` is overwritten. */
bool vane_regex_search(const struct vane_regex *regex, const char *text, size_t len, void *room);

#endif
