/* Values of CEL and JSON: facts come in and results go out as JSON, in two forms. */
#ifndef NETVANE_LIB_CEL_JSON_H
#define NETVANE_LIB_CEL_JSON_H

#include "lib/cel/cel.h"
#include "lib/json/reader.h"
#include "lib/json/writer.h"

enum vane_cel_form {
    /* As people write it: integers are int (uint above INT64_MAX), other numbers double. Written:
     * bytes as base64, timestamps and durations as text, types by name, keys of maps as text. */
    VANE_CEL_PLAIN,
    /* {"int64Value":"1"}: the JSON form of cel.expr.Value, which keeps every type. */
    VANE_CEL_TYPED,
};

/*
 * A value from JSON that vane_json_scan() has accepted; it references the text, and memory of the
 * scratch. Returns 0; -EINVAL with a constant sentence in *why (may be NULL) for what is no such
 * value; -ENOMEM when the scratch is used up. The next evaluation with this scratch ends the value:
 * read with one scratch, evaluate with another.
 */
int vane_cel_read_json(struct vane_json_view json, enum vane_cel_form form,
                       struct vane_cel_scratch *scratch, struct vane_cel_value *value,
                       const char **why);

/*
 * Whether a value is of at most so many bytes as JSON, roughly: parts that a value shares count
 * each time, as they are written each time, so a small value can be gigabytes as text.
 */
bool vane_cel_json_fits(struct vane_cel_value value, size_t max);

/* Any value but an error and an absent one. */
void vane_cel_write_json(struct vane_json *json, enum vane_cel_form form,
                         struct vane_cel_value value);

#endif
