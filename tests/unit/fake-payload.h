/* A payload of fields and a bus that reads it, for tests of plugins without an engine. */
#ifndef NETVANE_TESTS_FAKE_PAYLOAD_H
#define NETVANE_TESTS_FAKE_PAYLOAD_H

#include <errno.h>
#include <string.h>

#include <netvane/bus.h>

struct vane_payload {
    const struct vane_field *at;
    uint32_t count;
};

#define FAKE_PAYLOAD(fields)                                                                       \
    {                                                                                              \
        (fields), (uint32_t)(sizeof(fields) / sizeof((fields)[0]))                                 \
    }

static inline const struct vane_field *fake_find(const struct vane_payload *payload,
                                                 const char *name)
{
    for (uint32_t i = 0; i < payload->count; i++)
        if (strcmp(payload->at[i].name, name) == 0)
            return &payload->at[i];
    return NULL;
}

static int fake_get(const struct vane_payload *payload, const char *name, uint32_t type,
                    const struct vane_field **field)
{
    *field = fake_find(payload, name);
    if (!*field)
        return -ENOENT;
    return (*field)->type == type ? 0 : -EINVAL;
}

static int fake_get_string(const struct vane_payload *payload, const char *name, const char **value)
{
    const struct vane_field *field;
    int r = fake_get(payload, name, VANE_STRING, &field);

    if (r == 0)
        *value = field->value.string;
    return r;
}

static int fake_get_uint64(const struct vane_payload *payload, const char *name, uint64_t *value)
{
    const struct vane_field *field;
    int r = fake_get(payload, name, VANE_UINT64, &field);

    if (r == 0)
        *value = field->value.uint64;
    return r;
}

static int fake_get_int64(const struct vane_payload *payload, const char *name, int64_t *value)
{
    uint64_t number;
    int r = fake_get_uint64(payload, name, &number);

    if (r == 0)
        *value = (int64_t)number;
    return r;
}

static int fake_get_bool(const struct vane_payload *payload, const char *name, uint32_t *value)
{
    const struct vane_field *field;
    int r = fake_get(payload, name, VANE_BOOL, &field);

    if (r == 0)
        *value = (uint32_t)field->value.boolean;
    return r;
}

static int fake_get_strings(const struct vane_payload *payload, const char *name,
                            const char *const **values, uint32_t *count)
{
    const struct vane_field *field;
    int r = fake_get(payload, name, VANE_STRINGS, &field);

    if (r == 0) {
        *values = field->value.strings;
        *count = field->count;
    }
    return r;
}

static const struct vane_bus fake_bus = {
    .size = sizeof(fake_bus),
    .get_string = fake_get_string,
    .get_int64 = fake_get_int64,
    .get_uint64 = fake_get_uint64,
    .get_bool = fake_get_bool,
    .get_strings = fake_get_strings,
};

#endif
