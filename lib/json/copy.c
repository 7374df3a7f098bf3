/* Rendering scanned JSON anew, in the format of another writer. */
#include "lib/json/copy.h"

#include <glib.h>

#include "lib/json/escape.h"

static char *unescape(struct vane_json_view string, size_t *len)
{
    char *plain = g_malloc(string.len);

    *len = string.len >= 2 ? vane_json_unescape(string.at + 1, string.len - 2, plain) : 0;
    return plain;
}

static void copy_string(struct vane_json *json, struct vane_json_view value)
{
    size_t len;
    g_autofree char *plain = unescape(value, &len);

    vane_json_string_len(json, plain, len);
}

static void copy_array(struct vane_json *json, struct vane_json_view array)
{
    struct vane_json_cursor cursor = vane_json_walk(array);
    struct vane_json_view value;

    vane_json_array_begin(json);
    while (vane_json_next_element(&cursor, &value))
        vane_json_copy(json, value);
    vane_json_array_end(json);
}

static void copy_object(struct vane_json *json, struct vane_json_view object)
{
    struct vane_json_cursor cursor = vane_json_walk(object);
    struct vane_json_view key, value;

    vane_json_object_begin(json);
    while (vane_json_next_member(&cursor, &key, &value)) {
        size_t len;
        g_autofree char *plain = unescape(key, &len);

        vane_json_key_len(json, plain, len);
        vane_json_copy(json, value);
    }
    vane_json_object_end(json);
}

void vane_json_copy(struct vane_json *json, struct vane_json_view value)
{
    switch (vane_json_type_of(value)) {
    case VANE_JSON_NONE:
    case VANE_JSON_NULL:
        vane_json_null(json);
        return;
    case VANE_JSON_BOOL:
    case VANE_JSON_INTEGER:
    case VANE_JSON_DOUBLE:
        vane_json_raw(json, value.at, value.len);
        return;
    case VANE_JSON_STRING:
        copy_string(json, value);
        return;
    case VANE_JSON_ARRAY:
        copy_array(json, value);
        return;
    case VANE_JSON_OBJECT:
        copy_object(json, value);
        return;
    }
}
