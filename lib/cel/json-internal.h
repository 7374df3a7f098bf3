/* What the readers of JSON share. For lib/cel alone. */
#ifndef NETVANE_LIB_CEL_JSON_INTERNAL_H
#define NETVANE_LIB_CEL_JSON_INTERNAL_H

#include "lib/cel/json.h"

struct vane_cel_json_reader {
    enum vane_cel_form form;
    struct vane_cel_scratch *scratch;
    const char *why;
};

/* -EINVAL, for this reason; -ENOMEM. */
int vane_cel_json_refuse(struct vane_cel_json_reader *reader, const char *why);
int vane_cel_json_exhausted(struct vane_cel_json_reader *reader);

/* In the reader's form. */
int vane_cel_json_value(struct vane_cel_json_reader *reader, struct vane_json_view json,
                        struct vane_cel_value *value);
int vane_cel_json_list(struct vane_cel_json_reader *reader, struct vane_json_view array,
                       struct vane_cel_value *value);
/* A string without escapes is referenced, another one decoded. */
int vane_cel_json_text(struct vane_cel_json_reader *reader, struct vane_json_view json,
                       struct vane_cel_value *value);
size_t vane_cel_json_count(struct vane_json_view array);

/* json-typed.c: an object that says the type of its value. */
int vane_cel_json_typed(struct vane_cel_json_reader *reader, struct vane_json_view json,
                        struct vane_cel_value *value);

#endif
