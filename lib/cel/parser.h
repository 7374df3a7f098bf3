/*
 * The grammar of CEL: text becomes a tree of nodes that mean nothing yet. A pure function, safe
 * for any text: both the nesting and the depth of the tree are bounded.
 */
#ifndef NETVANE_LIB_CEL_PARSER_H
#define NETVANE_LIB_CEL_PARSER_H

#include "lib/cel/node.h"

struct vane_cel_complaint {
    char *message; /* to be freed with g_free() */
    size_t offset;
};

/* NULL with `complaint` filled for what is no expression. Nodes reference `text` and the arena. */
struct vane_cel_node *vane_cel_parse(const char *text, size_t len, struct vane_cel_arena *arena,
                                     struct vane_cel_complaint *complaint);

#endif
