/* Fields of the plugin API, of events and of questions of the gate, as values for expressions. */
#ifndef NETVANE_LIB_CEL_FIELD_H
#define NETVANE_LIB_CEL_FIELD_H

#include <netvane/fields.h>

#include "lib/cel/cel.h"

/*
 * The value of a field. Texts stay where they are; lists and what is in a field of JSON are built
 * in `scratch`. Numbers are int, as literals are; what does not fit is uint. VANE_CEL_ABSENT for a
 * text that is not there, JSON that is none, and a type of a newer API.
 */
struct vane_cel_value vane_cel_field(const struct vane_field *field,
                                     struct vane_cel_scratch *scratch);

#endif
