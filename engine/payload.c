/*
 * Payloads: named typed members that never change. This file has the base, and the class that
 * copies a plugin's fields; link snapshots are another class.
 */
#include "engine/event.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/json/scanner.h"

#define MEMBERS_MAX 256u

struct field_payload {
    struct vane_payload base;
    uint32_t count;
    struct vane_field fields[]; /* the bytes that they point to follow them */
};

static int member(const struct vane_payload *payload, uint32_t index, struct vane_field *field)
{
    const struct field_payload *self = (const struct field_payload *)payload;

    if (index >= self->count)
        return -ENOENT;
    *field = self->fields[index];
    return 0;
}

static void release(struct vane_payload *payload)
{
    g_free(payload);
}

static const struct vane_payload_class field_class = {.member = member, .free = release};

struct vane_field vane_fields_at(const struct vane_fields *fields, uint32_t index)
{
    struct vane_field field = {0};

    memcpy(&field, (const char *)fields->at + (size_t)index * fields->field_size,
           MIN(fields->field_size, sizeof(field)));
    return field;
}

static bool name_valid(const char *name)
{
    size_t length = name ? strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;

    return length > 0 && length <= 64 && name[length] == '\0';
}

static int json_valid(const struct vane_field *field)
{
    if (!field->value.string)
        return -EINVAL;
    if (field->count > VANE_PAYLOAD_MAX)
        return -EMSGSIZE;
    return vane_json_scan(field->value.string, field->count, NULL, NULL) < 0 ? -EINVAL : 0;
}

static int strings_size(const struct vane_field *field, size_t *size)
{
    if (field->count > 0 && !field->value.strings)
        return -EINVAL;
    *size += (size_t)field->count * sizeof(char *);
    for (uint32_t i = 0; i < field->count; i++) {
        if (!field->value.strings[i])
            return -EINVAL;
        *size += strlen(field->value.strings[i]) + 1;
    }
    return 0;
}

/* Checks a field and adds the bytes that its copy takes to *size. */
static int field_size(const struct vane_field *field, size_t *size)
{
    if (!name_valid(field->name))
        return -EINVAL;
    *size += strlen(field->name) + 1;
    switch (field->type) {
    case VANE_STRING:
        if (!field->value.string)
            return -EINVAL;
        *size += strlen(field->value.string) + 1;
        return 0;
    case VANE_STRINGS:
        *size += sizeof(char *); /* alignment */
        return strings_size(field, size);
    case VANE_JSON:
        *size += (size_t)field->count + 1;
        return json_valid(field);
    case VANE_INT64:
    case VANE_UINT64:
    case VANE_DOUBLE:
    case VANE_BOOL:
        return 0;
    }
    return -EINVAL;
}

static const char *copy_bytes(char **at, const char *bytes, size_t length)
{
    char *copy = *at;

    memcpy(copy, bytes, length);
    copy[length] = '\0';
    *at += length + 1;
    return copy;
}

static const char *copy_string(char **at, const char *string)
{
    return copy_bytes(at, string, strlen(string));
}

static const char *const *copy_strings(char **at, const struct vane_field *field)
{
    uintptr_t aligned = ((uintptr_t)*at + sizeof(char *) - 1) & ~(uintptr_t)(sizeof(char *) - 1);
    const char **copy = (const char **)aligned;

    *at = (char *)(copy + field->count);
    for (uint32_t i = 0; i < field->count; i++)
        copy[i] = copy_string(at, field->value.strings[i]);
    return copy;
}

static void copy_field(struct vane_field *to, const struct vane_field *from, char **at)
{
    *to = *from;
    to->name = copy_string(at, from->name);
    if (from->type == VANE_STRING)
        to->value.string = copy_string(at, from->value.string);
    else if (from->type == VANE_JSON)
        to->value.string = copy_bytes(at, from->value.string, from->count);
    else if (from->type == VANE_STRINGS)
        to->value.strings = copy_strings(at, from);
    else if (from->type == VANE_BOOL)
        to->value.boolean = from->value.boolean ? 1 : 0;
}

static bool duplicate_name(const struct vane_fields *fields, uint32_t index)
{
    struct vane_field field = vane_fields_at(fields, index);

    for (uint32_t i = 0; i < index; i++)
        if (strcmp(vane_fields_at(fields, i).name, field.name) == 0)
            return true;
    return false;
}

static int measure(const struct vane_fields *fields, size_t *size)
{
    if (fields->count > MEMBERS_MAX || (fields->count > 0 && !fields->at))
        return -EINVAL;
    for (uint32_t i = 0; i < fields->count; i++) {
        struct vane_field field = vane_fields_at(fields, i);
        int r = field_size(&field, size);

        if (r < 0)
            return r;
        if (*size > VANE_PAYLOAD_MAX)
            return -EMSGSIZE;
        if (duplicate_name(fields, i))
            return -EINVAL;
    }
    return 0;
}

int vane_payload_new(const struct vane_fields *fields, struct vane_payload **payload)
{
    static const struct vane_fields none = {sizeof(struct vane_field), 0, NULL};
    struct field_payload *self;
    size_t size = 0;
    char *at;
    int r;

    fields = fields ? fields : &none;
    r = measure(fields, &size);
    if (r < 0)
        return r;
    self = g_malloc(sizeof(*self) + fields->count * sizeof(struct vane_field) + size);
    vane_payload_init(&self->base, &field_class);
    self->count = fields->count;
    at = (char *)&self->fields[fields->count];
    for (uint32_t i = 0; i < fields->count; i++) {
        struct vane_field field = vane_fields_at(fields, i);

        copy_field(&self->fields[i], &field, &at);
    }
    *payload = &self->base;
    return 0;
}

void vane_payload_init(struct vane_payload *payload, const struct vane_payload_class *class)
{
    *payload = (struct vane_payload){.class = class, .refs = 1};
}

/* Counted objects are immutable for everybody but their counter and their rendered text. */
static struct vane_payload *mutable(const struct vane_payload *payload)
{
    return (struct vane_payload *)(uintptr_t)payload;
}

const struct vane_payload *vane_payload_ref(const struct vane_payload *payload)
{
    mutable(payload)->refs++;
    return payload;
}

void vane_payload_unref(const struct vane_payload *payload)
{
    if (!payload || --mutable(payload)->refs > 0)
        return;
    g_free(mutable(payload)->json);
    payload->class->free(mutable(payload));
}

int vane_payload_find(const struct vane_payload *payload, const char *name,
                      struct vane_field *field)
{
    struct vane_field each;

    if (payload->class->find)
        return payload->class->find(payload, name, field);
    for (uint32_t i = 0; payload->class->member(payload, i, &each) == 0; i++)
        if (strcmp(each.name, name) == 0) {
            *field = each;
            return 0;
        }
    return -ENOENT;
}

static void render_strings(struct vane_json *json, const struct vane_field *field)
{
    vane_json_array_begin(json);
    for (uint32_t i = 0; i < field->count; i++)
        vane_json_string(json, field->value.strings[i]);
    vane_json_array_end(json);
}

void vane_field_render(struct vane_json *json, const struct vane_field *field)
{
    switch (field->type) {
    case VANE_STRING:
        vane_json_string(json, field->value.string);
        break;
    case VANE_INT64:
        vane_json_int64(json, field->value.int64);
        break;
    case VANE_UINT64:
        vane_json_uint64(json, field->value.uint64);
        break;
    case VANE_DOUBLE:
        vane_json_double(json, field->value.real);
        break;
    case VANE_BOOL:
        vane_json_bool(json, field->value.boolean != 0);
        break;
    case VANE_STRINGS:
        render_strings(json, field);
        break;
    case VANE_JSON:
        vane_json_raw(json, field->value.string, field->count);
        break;
    }
}

int vane_payload_json(const struct vane_payload *payload, const char **text, size_t *length)
{
    struct vane_payload *self = mutable(payload);

    if (!self->json) {
        struct vane_json json = {0};
        struct vane_field field;
        size_t rendered;

        vane_json_object_begin(&json);
        for (uint32_t i = 0; self->class->member(self, i, &field) == 0; i++) {
            vane_json_key(&json, field.name);
            vane_field_render(&json, &field);
        }
        vane_json_object_end(&json);
        self->json = vane_json_steal(&json, &rendered);
        self->json_length = (uint32_t)rendered;
    }
    *text = self->json;
    if (length)
        *length = self->json_length;
    return 0;
}
