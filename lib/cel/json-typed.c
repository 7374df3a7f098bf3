/* Values from JSON in the form of cel.expr.Value. See json.h. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/cel/base64.h"
#include "lib/cel/json-internal.h"
#include "lib/cel/kind.h"
#include "lib/cel/scratch.h"
#include "lib/cel/time.h"

#define TIMESTAMP_URL "type.googleapis.com/google.protobuf.Timestamp"
#define DURATION_URL  "type.googleapis.com/google.protobuf.Duration"

/* Numbers of 64 bits come as texts, too. */
static int typed_number(struct vane_cel_json_reader *reader, struct vane_json_view json,
                        enum vane_cel_kind kind, struct vane_cel_value *value)
{
    struct vane_cel_value text;
    g_autofree char *digits = NULL;
    char *end;

    if (vane_json_type_of(json) != VANE_JSON_STRING) {
        digits = g_strndup(json.at, json.len);
    } else {
        int r = vane_cel_json_text(reader, json, &text);

        if (r < 0)
            return r;
        digits = g_strndup(text.text, text.len);
    }
    errno = 0;
    switch (kind) {
    case VANE_CEL_INT:
        *value = vane_cel_int(g_ascii_strtoll(digits, &end, 10));
        break;
    case VANE_CEL_UINT:
        *value = vane_cel_uint(g_ascii_strtoull(digits, &end, 10));
        break;
    default:
        *value = vane_cel_double(g_ascii_strtod(digits, &end));
        break;
    }
    if (!*digits || *end || (errno && kind != VANE_CEL_DOUBLE))
        return vane_cel_json_refuse(reader, "the text is no number of that type");
    return 0;
}

static int typed_bytes(struct vane_cel_json_reader *reader, struct vane_json_view json,
                       struct vane_cel_value *value)
{
    int r = vane_cel_json_text(reader, json, value);
    ssize_t len;
    char *bytes;

    if (r < 0)
        return r;
    bytes = vane_cel_arena_alloc(&reader->scratch->arena, value->len);
    if (!bytes)
        return vane_cel_json_exhausted(reader);
    len = vane_cel_base64_decode(value->text, value->len, bytes);
    if (len < 0)
        return vane_cel_json_refuse(reader, "bytes are written as base64");
    *value = vane_cel_bytes(bytes, (size_t)len);
    return 0;
}

static int typed_entries(struct vane_cel_json_reader *reader, struct vane_json_view map,
                         struct vane_cel_value *value)
{
    struct vane_json_view entries, entry, key, member;
    struct vane_json_cursor cursor;
    struct vane_cel_entry *list;
    size_t n, i = 0;

    vane_json_find(map, "entries", &entries);
    n = vane_cel_json_count(entries);
    list = vane_cel_arena_alloc(&reader->scratch->arena, n * sizeof(*list));
    if (!list)
        return vane_cel_json_exhausted(reader);
    cursor = vane_json_walk(entries);
    for (; i < n && vane_json_next_element(&cursor, &entry); i++) {
        int r;

        if (!vane_json_find(entry, "key", &key) || !vane_json_find(entry, "value", &member))
            return vane_cel_json_refuse(reader, "an entry of a map has \"key\" and \"value\"");
        r = vane_cel_json_value(reader, key, &list[i].key);
        if (r == 0)
            r = vane_cel_json_value(reader, member, &list[i].value);
        if (r < 0)
            return r;
    }
    *value = vane_cel_map(list, i);
    return 0;
}

static int typed_list(struct vane_cel_json_reader *reader, struct vane_json_view list,
                      struct vane_cel_value *value)
{
    struct vane_json_view values;

    vane_json_find(list, "values", &values);
    return vane_cel_json_list(reader, values, value);
}

/* Of messages only those that are values of CEL. */
static int typed_object(struct vane_cel_json_reader *reader, struct vane_json_view object,
                        struct vane_cel_value *value)
{
    struct vane_json_view type, member;
    struct vane_cel_value text = {0};

    if (!vane_json_find(object, "@type", &type) || !vane_json_find(object, "value", &member) ||
        vane_json_type_of(member) != VANE_JSON_STRING ||
        vane_cel_json_text(reader, member, &text) < 0)
        return vane_cel_json_refuse(reader,
                                    "of messages only timestamps and durations are supported");
    if ((vane_json_equals(type, TIMESTAMP_URL) &&
         vane_cel_timestamp_parse(text.text, text.len, value)) ||
        (vane_json_equals(type, DURATION_URL) &&
         vane_cel_duration_parse(text.text, text.len, value)))
        return 0;
    return vane_cel_json_refuse(reader, "of messages only timestamps and durations are supported");
}

static int typed_type(struct vane_cel_json_reader *reader, struct vane_json_view json,
                      struct vane_cel_value *value)
{
    g_autofree char *name = NULL;

    if (vane_json_get_string(json, &name) < 0 || !vane_cel_type_named(name, value))
        return vane_cel_json_refuse(reader, "no such type");
    return 0;
}

int vane_cel_json_typed(struct vane_cel_json_reader *reader, struct vane_json_view json,
                        struct vane_cel_value *value)
{
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view key, member;
    bool truth;

    if (!vane_json_next_member(&cursor, &key, &member))
        return vane_cel_json_refuse(reader, "a typed value is an object as {\"int64Value\":\"1\"}");
    if (vane_json_equals(key, "value")) /* what the conformance tests wrap values in */
        return vane_cel_json_value(reader, member, value);
    if (vane_json_equals(key, "nullValue")) {
        *value = vane_cel_null();
        return 0;
    }
    if (vane_json_equals(key, "boolValue") && vane_json_get_bool(member, &truth) == 0) {
        *value = vane_cel_bool(truth);
        return 0;
    }
    if (vane_json_equals(key, "int64Value"))
        return typed_number(reader, member, VANE_CEL_INT, value);
    if (vane_json_equals(key, "uint64Value"))
        return typed_number(reader, member, VANE_CEL_UINT, value);
    if (vane_json_equals(key, "doubleValue"))
        return typed_number(reader, member, VANE_CEL_DOUBLE, value);
    if (vane_json_equals(key, "stringValue"))
        return vane_cel_json_text(reader, member, value);
    if (vane_json_equals(key, "bytesValue"))
        return typed_bytes(reader, member, value);
    if (vane_json_equals(key, "listValue"))
        return typed_list(reader, member, value);
    if (vane_json_equals(key, "mapValue"))
        return typed_entries(reader, member, value);
    if (vane_json_equals(key, "objectValue"))
        return typed_object(reader, member, value);
    if (vane_json_equals(key, "typeValue"))
        return typed_type(reader, member, value);
    return vane_cel_json_refuse(reader, "no such kind of typed value");
}
