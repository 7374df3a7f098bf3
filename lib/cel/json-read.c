/* Values from JSON. See json.h; json-typed.c has the form of cel.expr.Value. */
#include <errno.h>
#include <string.h>

#include "lib/cel/json-internal.h"
#include "lib/cel/scratch.h"
#include "lib/json/escape.h"

int vane_cel_json_refuse(struct vane_cel_json_reader *reader, const char *why)
{
    reader->why = why;
    return -EINVAL;
}

int vane_cel_json_exhausted(struct vane_cel_json_reader *reader)
{
    reader->why = "too much data";
    return -ENOMEM;
}

int vane_cel_json_text(struct vane_cel_json_reader *reader, struct vane_json_view json,
                       struct vane_cel_value *value)
{
    const char *at = json.at + 1;
    size_t len = json.len - 2;
    char *copy;

    if (vane_json_type_of(json) != VANE_JSON_STRING)
        return vane_cel_json_refuse(reader, "a string is wanted");
    if (memchr(at, '\\', len)) {
        copy = vane_cel_arena_alloc(&reader->scratch->arena, len);
        if (!copy)
            return vane_cel_json_exhausted(reader);
        len = vane_json_unescape(at, len, copy);
        at = copy;
    }
    *value = vane_cel_string(at, len);
    return 0;
}

static int read_number(struct vane_cel_json_reader *reader, struct vane_json_view json,
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
        return vane_cel_json_refuse(reader, "the number does not fit");
    return 0;
}

size_t vane_cel_json_count(struct vane_json_view array)
{
    struct vane_json_cursor cursor = vane_json_walk(array);
    struct vane_json_view element;
    size_t n = 0;

    while (vane_json_next_element(&cursor, &element))
        n++;
    return n;
}

int vane_cel_json_list(struct vane_cel_json_reader *reader, struct vane_json_view array,
                       struct vane_cel_value *value)
{
    size_t n = vane_cel_json_count(array), i = 0;
    struct vane_cel_value *elements =
        vane_cel_arena_alloc(&reader->scratch->arena, n * sizeof(*elements));
    struct vane_json_cursor cursor = vane_json_walk(array);
    struct vane_json_view element;

    if (!elements)
        return vane_cel_json_exhausted(reader);
    for (; i < n && vane_json_next_element(&cursor, &element); i++) {
        int r = vane_cel_json_value(reader, element, &elements[i]);

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

static int read_object(struct vane_cel_json_reader *reader, struct vane_json_view object,
                       struct vane_cel_value *value)
{
    size_t n = count_members(object), i = 0;
    struct vane_cel_entry *entries =
        vane_cel_arena_alloc(&reader->scratch->arena, n * sizeof(*entries));
    struct vane_json_cursor cursor = vane_json_walk(object);
    struct vane_json_view key, member;

    if (!entries)
        return vane_cel_json_exhausted(reader);
    for (; i < n && vane_json_next_member(&cursor, &key, &member); i++) {
        int r = vane_cel_json_text(reader, key, &entries[i].key);

        if (r == 0)
            r = vane_cel_json_value(reader, member, &entries[i].value);
        if (r < 0)
            return r;
    }
    *value = vane_cel_map(entries, i);
    return 0;
}

int vane_cel_json_value(struct vane_cel_json_reader *reader, struct vane_json_view json,
                        struct vane_cel_value *value)
{
    bool truth = false;

    if (reader->form == VANE_CEL_TYPED)
        return vane_cel_json_typed(reader, json, value);
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
        return vane_cel_json_text(reader, json, value);
    case VANE_JSON_ARRAY:
        return vane_cel_json_list(reader, json, value);
    case VANE_JSON_OBJECT:
        return read_object(reader, json, value);
    case VANE_JSON_NONE:
        break;
    }
    return vane_cel_json_refuse(reader, "there is no value");
}

int vane_cel_read_json(struct vane_json_view json, enum vane_cel_form form,
                       struct vane_cel_scratch *scratch, struct vane_cel_value *value,
                       const char **why)
{
    struct vane_cel_json_reader reader = {.form = form, .scratch = scratch};
    int r = vane_cel_json_value(&reader, json, value);

    if (r < 0 && why)
        *why = reader.why;
    return r;
}
