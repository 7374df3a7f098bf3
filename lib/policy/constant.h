/* Values of CEL that are kept: texts, numbers, true, false, and lists of them. */
#ifndef NETVANE_LIB_POLICY_CONSTANT_H
#define NETVANE_LIB_POLICY_CONSTANT_H

#include <stddef.h>

#include "lib/cel/cel.h"
#include "lib/json/reader.h"

/* The value points into the same memory, which is freed with g_free(). */
struct vane_policy_constant {
    struct vane_cel_value value;
};

#define VANE_POLICY_CONSTANT_MAX 65536u /* bytes of texts */

/* A copy; NULL for what is not kept (a map, a type ...), or too large. */
struct vane_policy_constant *vane_policy_constant_copy(struct vane_cel_value value);

/* From JSON that was scanned; NULL for objects, lists within lists, and what is too large. */
struct vane_policy_constant *vane_policy_constant_read(struct vane_json_view json);

#endif
