/*
 * The parts of an expression: what the parser makes, the resolver gives a meaning, and evaluation
 * calls. Each node carries the function that evaluates it, chosen once for what is known of it.
 */
#ifndef NETVANE_LIB_CEL_NODE_H
#define NETVANE_LIB_CEL_NODE_H

#include "lib/cel/arena.h"
#include "lib/cel/cel.h"

enum vane_cel_op {
    VANE_CEL_OP_LITERAL,
    VANE_CEL_OP_NAME,   /* text; then a slot */
    VANE_CEL_OP_LOCAL,  /* the variable of a macro around it */
    VANE_CEL_OP_SELECT, /* child.text */
    VANE_CEL_OP_HAS,    /* has(child.text) */
    VANE_CEL_OP_INDEX,  /* child[child] */
    VANE_CEL_OP_CALL,   /* text(children), or with `method` the first child's */
    VANE_CEL_OP_LIST,
    VANE_CEL_OP_MAP, /* key, value, key, value */
    VANE_CEL_OP_AND, /* of two or more */
    VANE_CEL_OP_OR,
    VANE_CEL_OP_CONDITIONAL,
    VANE_CEL_OP_NOT,
    VANE_CEL_OP_NEGATE,
    VANE_CEL_OP_EQUAL,
    VANE_CEL_OP_UNEQUAL,
    VANE_CEL_OP_LESS,
    VANE_CEL_OP_LESS_EQUAL,
    VANE_CEL_OP_GREATER,
    VANE_CEL_OP_GREATER_EQUAL,
    VANE_CEL_OP_IN,
    VANE_CEL_OP_ADD,
    VANE_CEL_OP_SUBTRACT,
    VANE_CEL_OP_MULTIPLY,
    VANE_CEL_OP_DIVIDE,
    VANE_CEL_OP_MODULO,
    VANE_CEL_OP_MACRO, /* range, then predicate and transformations; `macro` says which */
    VANE_CEL_OP_BIND,  /* value, expression that sees it as a local */
};

enum vane_cel_macro {
    VANE_CEL_ALL,
    VANE_CEL_EXISTS,
    VANE_CEL_EXISTS_ONE,
    VANE_CEL_FILTER,
    VANE_CEL_COLLECT,    /* map(x, e), map(x, p, e), transformList(i, x, e) */
    VANE_CEL_TO_MAP,     /* transformMap(k, v, e) */
    VANE_CEL_TO_ENTRIES, /* transformMapEntry(k, v, {k: e}) */
    VANE_CEL_OPT_MAP,    /* optMap(x, e) of an optional */
    VANE_CEL_OPT_FLAT_MAP,
};

struct vane_cel_node;
struct vane_cel_function;
struct vane_cel_pattern;

typedef struct vane_cel_value (*vane_cel_eval)(const struct vane_cel_node *node,
                                               struct vane_cel_scratch *scratch);

struct vane_cel_node {
    vane_cel_eval eval;
    struct vane_cel_value literal; /* of a literal; a field's or index's key */
    union {
        uint32_t slot; /* of a name */
        struct {
            uint16_t local; /* the first of a macro's variables, or the one that is read */
            uint8_t macro, variables;
        };
    };
    uint32_t n; /* children */
    struct vane_cel_node **children;
    const struct vane_cel_function *function;
    const struct vane_cel_pattern *pattern; /* of matches() with a literal */
    const char *text;                       /* name, field, function; NUL-terminated */
    const uint8_t *optional;                /* of a list or map: which children were "?child" */
    uint32_t text_len;
    uint32_t offset, length; /* in the source */
    uint32_t weight;         /* nodes in it, itself included */
    uint16_t depth;
    uint8_t op, kind; /* enum vane_cel_op; what it gives as far as known */
    bool method;      /* the first child is what stands before the dot */
    bool absolute;    /* a name with a leading dot */
    bool maybe;       /* a.?b, a[?b] */
};

/* A node's value. */
static inline struct vane_cel_value vane_cel_run(const struct vane_cel_node *node,
                                                 struct vane_cel_scratch *scratch)
{
    return node->eval(node, scratch);
}

#endif
