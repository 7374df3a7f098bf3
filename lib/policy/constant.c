/* Values that are kept. See constant.h. */
#include "lib/policy/constant.h"

#include <string.h>

#include <glib.h>

static bool is_text(struct vane_cel_value value)
{
    return value.kind == VANE_CEL_STRING || value.kind == VANE_CEL_BYTES;
}

static bool is_plain(struct vane_cel_value value)
{
    switch ((enum vane_cel_kind)value.kind) {
    case VANE_CEL_NULL:
    case VANE_CEL_BOOL:
    case VANE_CEL_INT:
    case VANE_CEL_UINT:
    case VANE_CEL_DOUBLE:
    case VANE_CEL_STRING:
    case VANE_CEL_BYTES:
    case VANE_CEL_TIMESTAMP:
    case VANE_CEL_DURATION:
        return true;
    case VANE_CEL_ABSENT:
    case VANE_CEL_ERROR:
    case VANE_CEL_LIST:
    case VANE_CEL_MAP:
    case VANE_CEL_TYPE:
    case VANE_CEL_NETWORK:
    case VANE_CEL_OPTIONAL:
    case VANE_CEL_DYN:
        return false;
    }
    return false;
}

static size_t size_of(struct vane_cel_value value)
{
    return is_text(value) ? value.len : 0;
}

/* Moves the text of a copied value to `*to`, and `*to` behind it. */
static void move_text(struct vane_cel_value *value, char **to)
{
    if (!is_text(*value) || value->len == 0)
        return;
    memcpy(*to, value->text, value->len);
    value->text = *to;
    *to += value->len;
}

struct vane_policy_constant *vane_policy_constant_copy(struct vane_cel_value value)
{
    size_t count = value.kind == VANE_CEL_LIST ? value.len : 0, size = size_of(value);
    struct vane_policy_constant *constant;
    struct vane_cel_value *elements;
    char *texts;

    if (!is_plain(value) && value.kind != VANE_CEL_LIST)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!is_plain(value.elements[i]))
            return NULL;
        size += size_of(value.elements[i]);
    }
    if (size > VANE_POLICY_CONSTANT_MAX || count > VANE_POLICY_CONSTANT_MAX / sizeof(value))
        return NULL;
    constant = g_malloc(sizeof(*constant) + count * sizeof(value) + size);
    elements = (struct vane_cel_value *)(void *)(constant + 1);
    texts = (char *)(elements + count);
    constant->value = value;
    for (size_t i = 0; i < count; i++) {
        elements[i] = value.elements[i];
        move_text(&elements[i], &texts);
    }
    if (value.kind == VANE_CEL_LIST)
        constant->value.elements = elements;
    move_text(&constant->value, &texts);
    return constant;
}

static bool read_plain(struct vane_json_view json, struct vane_cel_value *value, GPtrArray *texts)
{
    char *text;
    int64_t integer;
    double real;
    bool truth;

    switch (vane_json_type_of(json)) {
    case VANE_JSON_NULL:
        *value = vane_cel_null();
        return true;
    case VANE_JSON_BOOL:
        if (vane_json_get_bool(json, &truth) < 0)
            return false;
        *value = vane_cel_bool(truth);
        return true;
    case VANE_JSON_INTEGER:
        if (vane_json_get_int64(json, &integer) < 0)
            return false;
        *value = vane_cel_int(integer);
        return true;
    case VANE_JSON_DOUBLE:
        if (vane_json_get_double(json, &real) < 0)
            return false;
        *value = vane_cel_double(real);
        return true;
    case VANE_JSON_STRING:
        if (vane_json_get_string(json, &text) < 0)
            return false;
        g_ptr_array_add(texts, text);
        *value = vane_cel_string(text, strlen(text));
        return true;
    case VANE_JSON_NONE:
    case VANE_JSON_ARRAY:
    case VANE_JSON_OBJECT:
        return false;
    }
    return false;
}

struct vane_policy_constant *vane_policy_constant_read(struct vane_json_view json)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) elements = g_array_new(FALSE, FALSE, sizeof(struct vane_cel_value));
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view element;
    struct vane_cel_value value;

    if (vane_json_type_of(json) != VANE_JSON_ARRAY)
        return read_plain(json, &value, texts) ? vane_policy_constant_copy(value) : NULL;
    while (vane_json_next_element(&cursor, &element)) {
        if (!read_plain(element, &value, texts))
            return NULL;
        g_array_append_val(elements, value);
    }
    return vane_policy_constant_copy(
        vane_cel_list((const struct vane_cel_value *)(void *)elements->data, elements->len));
}
