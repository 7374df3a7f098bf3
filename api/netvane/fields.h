/*
 * Typed fields: what a plugin puts into an event, a log line or a gate request.
 *
 *     const struct vane_field fields[] = {
 *         vane_string("interface_name", "eth0"),
 *         vane_int64("exit_status", 1),
 *     };
 *     struct vane_fields payload = VANE_FIELDS(fields);
 *     host->bus->publish(self, "acme.done", &payload, NULL, NULL);
 *
 * What is unknown is left out of the list. A string that is NULL is malformed, and with it the
 * whole payload.
 */
#ifndef NETVANE_FIELDS_H
#define NETVANE_FIELDS_H

#include <netvane/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Types of a field (struct vane_field.type). Since 1.0. */
#define VANE_STRING  1u /* value.string, not NULL; invalid UTF-8 becomes U+FFFD when rendered */
#define VANE_INT64   2u /* value.int64 */
#define VANE_UINT64  3u /* value.uint64; rendered as a JSON number, as all integers */
#define VANE_DOUBLE  4u /* value.real; NaN and infinities become null */
#define VANE_BOOL    5u /* value.boolean, 0 or 1 */
#define VANE_STRINGS 6u /* value.strings: `count` strings */
#define VANE_JSON    7u /* value.string: `count` bytes of JSON text, checked before it is taken */

struct vane_field {
    const char *name; /* lower_case_with_underscores; unique in its list */
    uint32_t type;    /* VANE_STRING ... */
    uint32_t count;   /* for VANE_STRINGS and VANE_JSON, else 0 */
    union {
        const char *string;
        int64_t int64;
        uint64_t uint64;
        double real;
        uint64_t boolean;
        const char *const *strings;
    } value;
};

/* A list of fields with the size that its elements had when the plugin was compiled. */
struct vane_fields {
    uint32_t field_size; /* sizeof(struct vane_field) */
    uint32_t count;
    const struct vane_field *at;
};

/* An initialiser for struct vane_fields from an array of struct vane_field. */
#define VANE_FIELDS(array)                                                                         \
    {                                                                                              \
        (uint32_t)sizeof((array)[0]), (uint32_t)(sizeof(array) / sizeof((array)[0])), (array)      \
    }

static inline struct vane_field vane_field_(const char *name, uint32_t type, uint32_t count)
{
    struct vane_field field;

    field.name = name;
    field.type = type;
    field.count = count;
    field.value.uint64 = 0;
    return field;
}

static inline struct vane_field vane_string(const char *name, const char *value)
{
    struct vane_field field = vane_field_(name, VANE_STRING, 0);

    field.value.string = value;
    return field;
}

static inline struct vane_field vane_int64(const char *name, int64_t value)
{
    struct vane_field field = vane_field_(name, VANE_INT64, 0);

    field.value.int64 = value;
    return field;
}

static inline struct vane_field vane_uint64(const char *name, uint64_t value)
{
    struct vane_field field = vane_field_(name, VANE_UINT64, 0);

    field.value.uint64 = value;
    return field;
}

static inline struct vane_field vane_double(const char *name, double value)
{
    struct vane_field field = vane_field_(name, VANE_DOUBLE, 0);

    field.value.real = value;
    return field;
}

static inline struct vane_field vane_bool(const char *name, int value)
{
    struct vane_field field = vane_field_(name, VANE_BOOL, 0);

    field.value.boolean = value ? 1u : 0u;
    return field;
}

static inline struct vane_field vane_strings(const char *name, const char *const *values,
                                             uint32_t count)
{
    struct vane_field field = vane_field_(name, VANE_STRINGS, count);

    field.value.strings = values;
    return field;
}

static inline struct vane_field vane_json(const char *name, const char *text, uint32_t length)
{
    struct vane_field field = vane_field_(name, VANE_JSON, length);

    field.value.string = text;
    return field;
}

#ifdef __cplusplus
}
#endif

#endif
