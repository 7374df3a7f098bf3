/* The functions that expressions can call, as tables. For lib/cel alone. */
#ifndef NETVANE_LIB_CEL_FUNCTIONS_H
#define NETVANE_LIB_CEL_FUNCTIONS_H

#include "lib/cel/node.h"
#include "lib/cel/scratch.h"

#define VANE_CEL_ARGUMENTS_MAX 16

/* Sets of kinds. */
#define VANE_CEL_K(kind) (1U << VANE_CEL_##kind)
#define VANE_CEL_NUMBERS (VANE_CEL_K(INT) | VANE_CEL_K(UINT) | VANE_CEL_K(DOUBLE))
#define VANE_CEL_ANY     (~0U)

enum vane_cel_style {
    VANE_CEL_GLOBAL = 1 << 0, /* f(x, y) */
    VANE_CEL_METHOD = 1 << 1, /* x.f(y) */
    VANE_CEL_IMPURE = 1 << 2, /* not the same at every evaluation */
    VANE_CEL_LAZY = 1 << 3,   /* errors are arguments, too */
};

struct vane_cel_function {
    const char *name;
    struct vane_cel_value (*run)(const struct vane_cel_node *node,
                                 const struct vane_cel_value *arguments,
                                 struct vane_cel_scratch *scratch);
    uint32_t accepts[4]; /* by argument, the last one for all further: sets of kinds */
    uint8_t style;
    uint8_t min, max; /* arguments, with what stands before the dot */
    uint8_t gives;    /* enum vane_cel_kind */
};

/* Each table ends with a function without a name. */
extern const struct vane_cel_function vane_cel_core_functions[];
extern const struct vane_cel_function vane_cel_conversion_functions[];
extern const struct vane_cel_function vane_cel_time_functions[];
extern const struct vane_cel_function vane_cel_network_functions[];
extern const struct vane_cel_function vane_cel_optional_functions[];

/*
 * The function for a call with `n` arguments. NULL if there is none; `*known` tells whether there
 * is one of that name at all.
 */
const struct vane_cel_function *vane_cel_function_find(const char *name, bool method, uint32_t n,
                                                       bool *known);

static inline uint32_t vane_cel_accepts(const struct vane_cel_function *function, uint32_t argument)
{
    uint32_t i = argument < 4 ? argument : 3;

    while (i > 0 && function->accepts[i] == 0)
        i--;
    return function->accepts[i];
}

#endif
