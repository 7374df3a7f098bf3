/* Patterns of matches() and of glob(). For lib/cel alone. */
#ifndef NETVANE_LIB_CEL_PATTERN_H
#define NETVANE_LIB_CEL_PATTERN_H

#include "lib/cel/scratch.h"
#include "lib/regex/regex.h"

/* A compiled expression of matches(), which the program keeps if it is a literal. */
struct vane_cel_pattern {
    struct vane_cel_pattern *next;
    struct vane_regex *regex;
};

/*
 * Whether the whole text matches the pattern of a shell: * ? [a-z] [!a] and a backslash before
 * what is meant literally. Returns 1 or 0, or -1 when the cost limit is reached.
 */
int vane_cel_glob(struct vane_cel_scratch *scratch, struct vane_cel_value text,
                  struct vane_cel_value pattern);

#endif
