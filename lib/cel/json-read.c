/* Values from JSON, plain or in the form of cel.expr.Value. See json.h. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <glib.h>

#include "lib/cel/base64.h"
#include "lib/cel/json.h"
#include "lib/cel/kind.h"
#include "lib/cel/real.h"
#include "lib/cel/scratch.h"
#include "lib/cel/time.h"
#include "lib/json/escape.h"

#define TIMESTAMP_URL "type.googleapis.com/google.protobuf.Timestamp"
#define DURATION_URL  "type.googleapis.com/google.protobuf.Duration"

struct reader {
    enum vane_cel_form form;
    struct vane_cel_scratch *scratch;
    const char *why;
};

static int refuse(struct reader *reader, const char *why)
{
    reader->why = why;
    return -EINVAL;
}

static int exhausted(struct reader *reader)
{
    reader->why = "too much data";
    return -ENOMEM;
}

static int read_value(struct reader *reader, struct vane_json_view json,
                      struct vane_cel_value *value);

/* A string without escapes is referenced, another one decoded. */
static int read_text(struct reader *reader, struct vane_json_view json,
                     struct vane_cel_value *value)
{
    const char *at = json.at + 1;
    size_t len = json.len - 2;
    char *copy;

    if (vane_json_type_of(json) != VANE_JSON_STRING)
        return refuse(reader, "a string is wanted");
    if (memchr(at, '\\', len)) {
        copy = vane_cel_arena_alloc(&reader->scratch->arena, len);
        if (!copy)
            return exhausted(reader);
        len = vane_json_unescape(at, len, copy);
        at = copy;
    }
    *value = vane_cel_string(at, len);
    return 0;
}

static int read_number(struct reader *reader, struct vane_json_view json,
                       struct vane_cel_value *value)
{
    int64_t integer;
    uint64_t natural;
    double real;

    if (vane_json_get_int64(json, &integer) == 0)
        *value = vane_cel_int(integer);
    else if (vane_json_get_uint64(json, &natural) == 0)
        *value = vane_cel_uint(natural);
    else if (vane_json_get_double(json, &real) == 0)
        *value = vane_cel_double(real);
    else
        return refuse(reader, "the number does not fit");
    return 0;
}

static size_t count_elements(struct vane_json_view array)
{
    struct vane_json_cursor cursor = vane_json_walk(array);
    struct vane_json_view element;
    size_t n = 0;

    while (vane_json_next_element(&cursor, &element))
        n++;
    return n;
}

static int read_list(struct reader *reader, struct vane_json_view array,
                     struct vane_cel_value *value)
{
    size_t n = count_elements(array), i = 0;
    struct vane_cel_value *elements =
        vane_cel_arena_alloc(&reader->scratch->arena, n * sizeof(*elements));
    struct vane_json_cursor cursor = vane_json_walk(array);
    struct vane_json_view element;

    if (!elements)
        return exhausted(reader);
    for (; i < n && vane_json_next_element(&cursor, &element); i++) {
        int r = read_value(reader, element, &elements[i]);

        if (r < 0)
            return r;
    }
    *value = vane_cel_list(elements, i);
    return 0;
}

static size_t count_members(struct vane_json_view object)
{
    struct vane_json_cursor cursor = vane_json_walk(object);
    struct vane_json_view key, value;
    size_t n = 0;

    while (vane_json_next_member(&cursor, &key, &value))
        n++;
    return n;
}

static int read_object(struct reader *reader, struct vane_json_view object,
                       struct vane_cel_value *value)
{
    size_t n = count_members(object), i = 0;
    struct vane_cel_entry *entries =
        vane_cel_arena_alloc(&reader->scratch->arena, n * sizeof(*entries));
    struct vane_json_cursor cursor = vane_json_walk(object);
    struct vane_json_view key, member;

    if (!entries)
        return exhausted(reader);
    for (; i < n && vane_json_next_member(&cursor, &key, &member); i++) {
        int r = read_text(reader, key, &entries[i].key);

        if (r == 0)
            r = read_value(reader, member, &entries[i].value);
        if (r < 0)
            return r;
    }
    *value = vane_cel_map(entries, i);
    return 0;
}

/* Numbers of 64 bits come as texts, too. */
static int typed_number(struct reader *reader, struct vane_json_view json, enum vane_cel_kind kind,
                        struct vane_cel_value *value)
{
    struct vane_cel_value text;
    g_autofree char *digits = NULL;
    char *end;

    if (vane_json_type_of(json) != VANE_JSON_STRING) {
        digits = g_strndup(json.at, json.len);
    } else {
        int r = read_text(reader, json, &text);

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
        return refuse(reader, "the text is no number of that type");
    return 0;
}

static int typed_bytes(struct reader *reader, struct vane_json_view json,
                       struct vane_cel_value *value)
{
    int r = read_text(reader, json, value);
    ssize_t len;
    char *bytes;

    if (r < 0)
        return r;
    bytes = vane_cel_arena_alloc(&reader->scratch->arena, value->len);
    if (!bytes)
        return exhausted(reader);
    len = vane_cel_base64_decode(value->text, value->len, bytes);
    if (len < 0)
        return refuse(reader, "bytes are written as base64");
    *value = vane_cel_bytes(bytes, (size_t)len);
    return 0;
}

static int typed_entries(struct reader *reader, struct vane_json_view map,
                         struct vane_cel_value *value)
{
    struct vane_json_view entries, entry, key, member;
    struct vane_json_cursor cursor;
    struct vane_cel_entry *list;
    size_t n, i = 0;

    vane_json_find(map, "entries", &entries);
    n = count_elements(entries);
    list = vane_cel_arena_alloc(&reader->scratch->arena, n * sizeof(*list));
    if (!list)
        return exhausted(reader);
    cursor = vane_json_walk(entries);
    for (; i < n && vane_json_next_element(&cursor, &entry); i++) {
        int r;

        if (!vane_json_find(entry, "key", &key) || !vane_json_find(entry, "value", &member))
            return refuse(reader, "an entry of a map has \"key\" and \"value\"");
        r = read_value(reader, key, &list[i].key);
        if (r == 0)
            r = read_value(reader, member, &list[i].value);
        if (r < 0)
            return r;
    }
    *value = vane_cel_map(list, i);
    return 0;
}

static int typed_list(struct reader *reader, struct vane_json_view list,
                      struct vane_cel_value *value)
{
    struct vane_json_view values;

    vane_json_find(list, "values", &values);
    return read_list(reader, values, value);
}

/* Of messages only those that are values of CEL. */
static int typed_object(struct reader *reader, struct vane_json_view object,
                        struct vane_cel_value *value)
{
    struct vane_json_view type, member;
    struct vane_cel_value text = {0};

    if (!vane_json_find(object, "@type", &type) || !vane_json_find(object, "value", &member) ||
        vane_json_type_of(member) != VANE_JSON_STRING || read_text(reader, member, &text) < 0)
        return refuse(reader, "of messages only timestamps and durations are supported");
    if ((vane_json_equals(type, TIMESTAMP_URL) &&
         vane_cel_timestamp_parse(text.text, text.len, value)) ||
        (vane_json_equals(type, DURATION_URL) &&
         vane_cel_duration_parse(text.text, text.len, value)))
        return 0;
    return refuse(reader, "of messages only timestamps and durations are supported");
}

static int typed_type(struct reader *reader, struct vane_json_view json,
                      struct vane_cel_value *value)
{
    g_autofree char *name = NULL;

    if (vane_json_get_string(json, &name) < 0 || !vane_cel_type_named(name, value))
        return refuse(reader, "no such type");
    return 0;
}

static int read_typed(struct reader *reader, struct vane_json_view json,
                      struct vane_cel_value *value)
{
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view key, member;
    bool truth;

    if (!vane_json_next_member(&cursor, &key, &member))
        return refuse(reader, "a typed value is an object as {\"int64Value\":\"1\"}");
    if (vane_json_equals(key, "value")) /* what the conformance tests wrap values in */
        return read_value(reader, member, value);
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
        return read_text(reader, member, value);
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
    return refuse(reader, "no such kind of typed value");
}

static int read_value(struct reader *reader, struct vane_json_view json,
                      struct vane_cel_value *value)
{
    bool truth = false;

    if (reader->form == VANE_CEL_TYPED)
        return read_typed(reader, json, value);
    switch (vane_json_type_of(json)) {
    case VANE_JSON_NULL:
        *value = vane_cel_null();
        return 0;
    case VANE_JSON_BOOL:
        vane_json_get_bool(json, &truth);
        *value = vane_cel_bool(truth);
        return 0;
    case VANE_JSON_INTEGER:
    case VANE_JSON_DOUBLE:
        return read_number(reader, json, value);
    case VANE_JSON_STRING:
        return read_text(reader, json, value);
    case VANE_JSON_ARRAY:
        return read_list(reader, json, value);
    case VANE_JSON_OBJECT:
        return read_object(reader, json, value);
    case VANE_JSON_NONE:
        break;
    }
    return refuse(reader, "there is no value");
}

int vane_cel_read_json(struct vane_json_view json, enum vane_cel_form form,
                       struct vane_cel_scratch *scratch, struct vane_cel_value *value,
                       const char **why)
{
    struct reader reader = {.form = form, .scratch = scratch};
    int r = read_value(&reader, json, value);

    if (r < 0 && why)
        *why = reader.why;
    return r;
}
