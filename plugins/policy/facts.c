/* Fields of events and of questions, as values for expressions. */
#include <string.h>

#include "lib/cel/json.h"
#include "plugins/policy/policy.h"

static struct vane_cel_value list_value(const struct vane_field *field,
                                        struct vane_cel_scratch *room)
{
    struct vane_cel_value *elements =
        vane_cel_scratch_alloc(room, (field->count + 1) * sizeof(*elements));

    if (!elements)
        return (struct vane_cel_value){0};
    for (uint32_t i = 0; i < field->count; i++)
        elements[i] = vane_cel_string(field->value.strings[i], strlen(field->value.strings[i]));
    return vane_cel_list(elements, field->count);
}

static struct vane_cel_value json_value(const struct vane_field *field,
                                        struct vane_cel_scratch *room)
{
    struct vane_cel_value value = {0};

    if (vane_cel_read_json(vane_json_root(field->value.string, field->count), VANE_CEL_PLAIN, room,
                           &value, NULL) < 0)
        return (struct vane_cel_value){0};
    return value;
}

struct vane_cel_value vane_policy_field_value(const struct vane_field *field,
                                              struct vane_cel_scratch *room)
{
    switch (field->type) {
    case VANE_STRING:
        if (!field->value.string)
            return (struct vane_cel_value){0};
        return vane_cel_string(field->value.string, strlen(field->value.string));
    case VANE_INT64:
        return vane_cel_int(field->value.int64);
    case VANE_UINT64: /* all integers are int, as in JSON */
        if (field->value.uint64 > INT64_MAX)
            return vane_cel_uint(field->value.uint64);
        return vane_cel_int((int64_t)field->value.uint64);
    case VANE_DOUBLE:
        return vane_cel_double(field->value.real);
    case VANE_BOOL:
        return vane_cel_bool(field->value.boolean != 0);
    case VANE_STRINGS:
        return list_value(field, room);
    case VANE_JSON:
        return json_value(field, room);
    default: /* of a newer API */
        return (struct vane_cel_value){0};
    }
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
