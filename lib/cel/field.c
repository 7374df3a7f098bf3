/* Fields of the plugin API as values. See field.h. */
#include "lib/cel/field.h"

#include <string.h>

#include "lib/cel/json.h"

static struct vane_cel_value text(const char *text)
{
    return text ? vane_cel_string(text, strlen(text)) : (struct vane_cel_value){0};
}

static struct vane_cel_value list(const struct vane_field *field, struct vane_cel_scratch *scratch)
{
    struct vane_cel_value *elements =
        vane_cel_scratch_alloc(scratch, (field->count + 1) * sizeof(*elements));

    if (!elements)
        return (struct vane_cel_value){0};
    for (uint32_t i = 0; i < field->count; i++)
        elements[i] = text(field->value.strings[i]);
    return vane_cel_list(elements, field->count);
}

static struct vane_cel_value json(const struct vane_field *field, struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = {0};

    if (vane_cel_read_json(vane_json_root(field->value.string, field->count), VANE_CEL_PLAIN,
                           scratch, &value, NULL) < 0)
        return (struct vane_cel_value){0};
    return value;
}

struct vane_cel_value vane_cel_field(const struct vane_field *field,
                                     struct vane_cel_scratch *scratch)
{
    switch (field->type) {
    case VANE_STRING:
        return text(field->value.string);
    case VANE_INT64:
        return vane_cel_int(field->value.int64);
    case VANE_UINT64:
        return field->value.uint64 <= INT64_MAX ? vane_cel_int((int64_t)field->value.uint64)
                                                : vane_cel_uint(field->value.uint64);
    case VANE_DOUBLE:
        return vane_cel_double(field->value.real);
    case VANE_BOOL:
        return vane_cel_bool(field->value.boolean != 0);
    case VANE_STRINGS:
        return list(field, scratch);
    case VANE_JSON:
        return json(field, scratch);
    default:
        return (struct vane_cel_value){0};
    }
}
