/* Fields of events and of questions, as values for expressions. */
#include <string.h>

#include "lib/cel/field.h"
#include "plugins/policy/policy.h"

struct vane_cel_value vane_policy_field_value(const struct vane_field *field,
                                              struct vane_cel_scratch *room)
{
    return vane_cel_field(field, room);
}

const struct vane_field *vane_policy_field_find(const struct vane_fields *fields, const char *name)
{
    const char *at;

    if (!fields)
        return NULL;
    at = (const char *)fields->at;
    for (uint32_t i = 0; i < fields->count; i++, at += fields->field_size) {
        const struct vane_field *field = (const struct vane_field *)(const void *)at;

        if (field->name && strcmp(field->name, name) == 0)
            return field;
    }
    return NULL;
}
