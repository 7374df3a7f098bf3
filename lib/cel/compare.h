/* Equality and order of values, numbers across their types by what they mean. */
#ifndef NETVANE_LIB_CEL_COMPARE_H
#define NETVANE_LIB_CEL_COMPARE_H

#include <string.h>

#include "lib/cel/cel.h"
#include "lib/cel/scratch.h"

enum vane_cel_order {
    VANE_CEL_BEFORE = -1,
    VANE_CEL_SAME = 0,
    VANE_CEL_AFTER = 1,
    VANE_CEL_UNORDERED, /* one is NaN */
    VANE_CEL_NO_ORDER,  /* of kinds that are not compared */
};

static inline bool vane_cel_is_number(uint32_t kind)
{
    return kind == VANE_CEL_INT || kind == VANE_CEL_UINT || kind == VANE_CEL_DOUBLE;
}

static inline bool vane_cel_same_bytes(struct vane_cel_value a, struct vane_cel_value b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
}

enum vane_cel_order vane_cel_order(struct vane_cel_value a, struct vane_cel_value b);

/* Equality that is charged for: -1 when that is exhausted. */
int vane_cel_equal_charged(struct vane_cel_scratch *scratch, struct vane_cel_value a,
                           struct vane_cel_value b);

/* The entry of a map with that key, NULL if there is none. Linear, and charged for. */
const struct vane_cel_entry *vane_cel_find(struct vane_cel_scratch *scratch,
                                           struct vane_cel_value map, struct vane_cel_value key);

#endif
