/* From one type to another, and which type it is. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "lib/cel/functions.h"
#include "lib/cel/kind.h"
#include "lib/cel/network.h"
#include "lib/cel/real.h"
#include "lib/cel/time.h"
#include "lib/text/utf8.h"

#define TWO_63 9223372036854775808.0
#define TWO_64 18446744073709551616.0

static struct vane_cel_value out_of_range(const struct vane_cel_node *node,
                                          struct vane_cel_scratch *scratch)
{
    return vane_cel_failf(scratch, node, "range: the value does not fit %s", node->function->name);
}

static struct vane_cel_value not_that(const struct vane_cel_node *node,
                                      struct vane_cel_scratch *scratch, struct vane_cel_value text)
{
    return vane_cel_failf(scratch, node, "type conversion error: no %s: %.*s", node->function->name,
                          (int)MIN(text.len, 100), text.len ? text.text : "");
}

/* Decimal digits behind an optional sign; false beyond 64 bits, too. */
static bool parse_whole(struct vane_cel_value text, bool *negative, uint64_t *number)
{
    const char *at = text.text, *end = at + text.len;

    *number = 0;
    *negative = text.len > 1 && *at == '-';
    at += *negative || (text.len > 1 && *at == '+');
    if (at == end)
        return false;
    for (; at < end; at++)
        if (!g_ascii_isdigit(*at) || __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(*at - '0'), number))
            return false;
    return true;
}

static struct vane_cel_value text_to_int(const struct vane_cel_node *node,
                                         struct vane_cel_scratch *scratch,
                                         struct vane_cel_value text)
{
    uint64_t number;
    bool negative;

    if (text.len == 0 || !parse_whole(text, &negative, &number))
        return not_that(node, scratch, text);
    if (number > (uint64_t)INT64_MAX + negative)
        return out_of_range(node, scratch);
    return vane_cel_int(negative ? (int64_t)-number : (int64_t)number);
}

static struct vane_cel_value to_int(const struct vane_cel_node *node,
                                    const struct vane_cel_value *arguments,
                                    struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = arguments[0];

    switch (value.kind) {
    case VANE_CEL_UINT:
        if (value.natural > INT64_MAX)
            return out_of_range(node, scratch);
        return vane_cel_int((int64_t)value.natural);
    case VANE_CEL_DOUBLE:
        /* The smallest int itself is refused: a double there may have been rounded from below. */
        if (!(value.real > -TWO_63 && value.real < TWO_63))
            return out_of_range(node, scratch);
        return vane_cel_int((int64_t)value.real);
    case VANE_CEL_STRING:
        return text_to_int(node, scratch, value);
    case VANE_CEL_TIMESTAMP:
        return vane_cel_int(value.seconds);
    default:
        return value;
    }
}

static struct vane_cel_value to_uint(const struct vane_cel_node *node,
                                     const struct vane_cel_value *arguments,
                                     struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = arguments[0];
    uint64_t number;
    bool negative;

    switch (value.kind) {
    case VANE_CEL_INT:
        if (value.integer < 0)
            return out_of_range(node, scratch);
        return vane_cel_uint((uint64_t)value.integer);
    case VANE_CEL_DOUBLE:
        if (!(value.real >= 0 && value.real < TWO_64))
            return out_of_range(node, scratch);
        return vane_cel_uint((uint64_t)value.real);
    case VANE_CEL_STRING:
        if (value.len == 0 || !parse_whole(value, &negative, &number) || negative)
            return not_that(node, scratch, value);
        return vane_cel_uint(number);
    default:
        return value;
    }
}

static struct vane_cel_value to_double(const struct vane_cel_node *node,
                                       const struct vane_cel_value *arguments,
                                       struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = arguments[0];
    double number;

    switch (value.kind) {
    case VANE_CEL_INT:
        return vane_cel_double((double)value.integer);
    case VANE_CEL_UINT:
        return vane_cel_double((double)value.natural);
    case VANE_CEL_STRING:
        if (!vane_cel_real_parse(value.text, value.len, &number))
            return not_that(node, scratch, value);
        return vane_cel_double(number);
    default:
        return value;
    }
}

/* The text of what is no text; its length. */
static size_t render(struct vane_cel_value value, char text[VANE_CEL_REAL_TEXT])
{
    switch ((enum vane_cel_kind)value.kind) {
    case VANE_CEL_BOOL:
        return (size_t)snprintf(text, VANE_CEL_REAL_TEXT, value.truth ? "true" : "false");
    case VANE_CEL_INT:
        return (size_t)snprintf(text, VANE_CEL_REAL_TEXT, "%" G_GINT64_FORMAT, value.integer);
    case VANE_CEL_UINT:
        return (size_t)snprintf(text, VANE_CEL_REAL_TEXT, "%" G_GUINT64_FORMAT, value.natural);
    case VANE_CEL_DOUBLE:
        return vane_cel_real_format(value.real, text);
    case VANE_CEL_TIMESTAMP:
        return vane_cel_timestamp_format(value, text);
    case VANE_CEL_DURATION:
        return vane_cel_duration_format(value, text);
    default:
        return vane_cel_network_format(value.network, text);
    }
}

static struct vane_cel_value to_string(const struct vane_cel_node *node,
                                       const struct vane_cel_value *arguments,
                                       struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = arguments[0];
    char text[VANE_CEL_REAL_TEXT];

    if (value.kind == VANE_CEL_STRING || value.kind == VANE_CEL_TYPE) {
        value.kind = VANE_CEL_STRING;
        return value;
    }
    if (value.kind == VANE_CEL_BYTES) {
        if (!vane_cel_charge_bytes(scratch, value.len))
            return vane_cel_exhausted(scratch, node);
        if (value.len && !vane_utf8_valid(value.text, value.len))
            return vane_cel_fail(scratch, node, "the bytes are no text: invalid UTF-8");
        value.kind = VANE_CEL_STRING;
        return value;
    }
    return vane_cel_copy_string(scratch, node, text, render(value, text));
}

static struct vane_cel_value to_bytes(const struct vane_cel_node *node,
                                      const struct vane_cel_value *arguments,
                                      struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = arguments[0];

    value.kind = VANE_CEL_BYTES;
    return value;
}

static bool one_of(struct vane_cel_value text, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == text.len && memcmp(*words, text.text, text.len) == 0)
            return true;
    return false;
}

static struct vane_cel_value to_bool(const struct vane_cel_node *node,
                                     const struct vane_cel_value *arguments,
                                     struct vane_cel_scratch *scratch)
{
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True", NULL};
    static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False", NULL};

    if (arguments[0].kind == VANE_CEL_BOOL)
        return arguments[0];
    if (arguments[0].len && one_of(arguments[0], yes))
        return vane_cel_bool(true);
    if (arguments[0].len && one_of(arguments[0], no))
        return vane_cel_bool(false);
    return not_that(node, scratch, arguments[0]);
}

static struct vane_cel_value to_timestamp(const struct vane_cel_node *node,
                                          const struct vane_cel_value *arguments,
                                          struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = arguments[0];

    if (value.kind == VANE_CEL_INT) {
        if (!vane_cel_timestamp_in_range(value.integer))
            return out_of_range(node, scratch);
        return vane_cel_timestamp(value.integer, 0);
    }
    if (value.kind == VANE_CEL_STRING &&
        !vane_cel_timestamp_parse(arguments[0].len ? arguments[0].text : "", arguments[0].len,
                                  &value))
        return not_that(node, scratch, arguments[0]);
    return value;
}

static struct vane_cel_value to_duration(const struct vane_cel_node *node,
                                         const struct vane_cel_value *arguments,
                                         struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = arguments[0];

    if (value.kind == VANE_CEL_STRING &&
        !vane_cel_duration_parse(arguments[0].len ? arguments[0].text : "", arguments[0].len,
                                 &value))
        return not_that(node, scratch, arguments[0]);
    return value;
}

static struct vane_cel_value type_of(const struct vane_cel_node *node,
                                     const struct vane_cel_value *arguments,
                                     struct vane_cel_scratch *scratch)
{
    return vane_cel_type((enum vane_cel_kind)arguments[0].kind);
}

static struct vane_cel_value dyn(const struct vane_cel_node *node,
                                 const struct vane_cel_value *arguments,
                                 struct vane_cel_scratch *scratch)
{
    return arguments[0];
}

#define TEXT VANE_CEL_K(STRING)
#define BOTH (VANE_CEL_K(STRING) | VANE_CEL_K(BYTES))

const struct vane_cel_function vane_cel_conversion_functions[] = {
    {"int",
     to_int,
     {VANE_CEL_NUMBERS | TEXT | VANE_CEL_K(TIMESTAMP)},
     VANE_CEL_GLOBAL,
     1,
     1,
     VANE_CEL_INT},
    {"uint", to_uint, {VANE_CEL_NUMBERS | TEXT}, VANE_CEL_GLOBAL, 1, 1, VANE_CEL_UINT},
    {"double", to_double, {VANE_CEL_NUMBERS | TEXT}, VANE_CEL_GLOBAL, 1, 1, VANE_CEL_DOUBLE},
    {"string",
     to_string,
     {VANE_CEL_NUMBERS | BOTH | VANE_CEL_K(BOOL) | VANE_CEL_K(TIMESTAMP) | VANE_CEL_K(DURATION) |
      VANE_CEL_K(NETWORK)},
     VANE_CEL_GLOBAL,
     1,
     1,
     VANE_CEL_STRING},
    {"bytes", to_bytes, {BOTH}, VANE_CEL_GLOBAL, 1, 1, VANE_CEL_BYTES},
    {"bool", to_bool, {VANE_CEL_K(BOOL) | TEXT}, VANE_CEL_GLOBAL, 1, 1, VANE_CEL_BOOL},
    {"timestamp",
     to_timestamp,
     {TEXT | VANE_CEL_K(INT) | VANE_CEL_K(TIMESTAMP)},
     VANE_CEL_GLOBAL,
     1,
     1,
     VANE_CEL_TIMESTAMP},
    {"duration",
     to_duration,
     {TEXT | VANE_CEL_K(DURATION)},
     VANE_CEL_GLOBAL,
     1,
     1,
     VANE_CEL_DURATION},
    {"type", type_of, {VANE_CEL_ANY}, VANE_CEL_GLOBAL, 1, 1, VANE_CEL_TYPE},
    {"dyn", dyn, {VANE_CEL_ANY}, VANE_CEL_GLOBAL, 1, 1, VANE_CEL_DYN},
    {NULL, NULL, {0}, 0, 0, 0, 0},
};
