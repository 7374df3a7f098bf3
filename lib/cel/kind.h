/* Types as values. */
#ifndef NETVANE_LIB_CEL_KIND_H
#define NETVANE_LIB_CEL_KIND_H

#include "lib/cel/cel.h"

struct vane_cel_value vane_cel_type(enum vane_cel_kind kind);

/* The type that a name in an expression stands for. */
bool vane_cel_type_named(const char *name, struct vane_cel_value *type);

#endif
