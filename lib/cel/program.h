/* A compiled expression, and the state of compiling one. For lib/cel alone. */
#ifndef NETVANE_LIB_CEL_PROGRAM_H
#define NETVANE_LIB_CEL_PROGRAM_H

#include <glib.h>

#include "lib/cel/arena.h"
#include "lib/cel/node.h"
#include "lib/cel/parser.h"

/* Macros within each other, times two variables. */
#define VANE_CEL_LOCALS_MAX 64

/* A name that the expression reads. */
struct vane_cel_use {
    char *name;
    uint32_t slot;
};

struct vane_cel_program {
    struct vane_cel_arena arena;
    const struct vane_cel_node *root;
    struct vane_cel_pattern *patterns;
    char *text;
    size_t len;
    GArray *uses;  /* struct vane_cel_use, by slot */
    size_t slots;  /* of names that are declared, or were met */
    size_t locals; /* that evaluation needs */
};

struct vane_cel_local {
    const char *name;
    uint16_t index;
};

struct vane_cel_resolver {
    const struct vane_cel_environment *environment;
    struct vane_cel_program *program;
    struct vane_cel_complaint *complaint;
    GHashTable *met;                                   /* undeclared names: slots */
    struct vane_cel_scratch *scratch;                  /* for what can be evaluated at once */
    struct vane_cel_local locals[VANE_CEL_LOCALS_MAX]; /* in scope, the innermost last */
    uint16_t n_locals;
};

/* False, with the complaint of the resolver filled. */
bool vane_cel_complain(struct vane_cel_resolver *resolver, const struct vane_cel_node *node,
                       const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Where among the uses that of a slot is, or has its place. */
guint vane_cel_use_at(const struct vane_cel_program *program, size_t slot);

/* Gives names, calls and macros within the node their meaning, and chooses how it is evaluated. */
bool vane_cel_resolve(struct vane_cel_resolver *resolver, struct vane_cel_node *node);

/* A variable that `name` gives, visible until it is dropped; false if there are too many. */
bool vane_cel_declare(struct vane_cel_resolver *resolver, const struct vane_cel_node *name,
                      uint16_t *index);
void vane_cel_undeclare(struct vane_cel_resolver *resolver, unsigned count);

/* A call that is a macro: resolved, with `*done` true. False for a mistake. */
bool vane_cel_resolve_macro(struct vane_cel_resolver *resolver, struct vane_cel_node *node,
                            bool *done);

/* A name, or a member of what may be a dotted name. */
bool vane_cel_resolve_name(struct vane_cel_resolver *resolver, struct vane_cel_node *node);

/* Whether it is declared, or a variable of a macro around it. */
bool vane_cel_name_known(const struct vane_cel_resolver *resolver,
                         const struct vane_cel_node *name);

/* has(): of a member, or of a name that may be absent. */
bool vane_cel_resolve_has(struct vane_cel_resolver *resolver, struct vane_cel_node *node);

/* What the node gives as far as its children tell. With VANE_CEL_CONDITION false for what must
 * fail. */
bool vane_cel_check(struct vane_cel_resolver *resolver, struct vane_cel_node *node);

/* Replaces a node whose children are literals by its value, if that does not fail. */
void vane_cel_fold(struct vane_cel_resolver *resolver, struct vane_cel_node *node);

/* A value that lives as long as the arena; VANE_CEL_ABSENT when that is full. */
struct vane_cel_value vane_cel_copy(struct vane_cel_arena *arena, struct vane_cel_value value);

#endif
