/* Accessors of timestamps and durations, and since(). */
#include <string.h>

#include "lib/cel/functions.h"
#include "lib/cel/time.h"

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static struct vane_cel_value local_field(const struct vane_cel_node *node,
                                         const struct vane_cel_value *arguments,
                                         struct vane_cel_scratch *scratch,
                                         int (*field)(const struct tm *))
{
    struct vane_cel_value zone = node->n == 2 ? arguments[1] : vane_cel_string("UTC", 3);
    struct tm local;

    if (vane_cel_local_time(scratch, arguments[0], zone.len ? zone.text : "", zone.len, &local))
        return vane_cel_int(field(&local));
    if (scratch->left == 0)
        return vane_cel_exhausted(scratch, node);
    return vane_cel_failf(scratch, node, "no such time zone: %.*s",
                          (int)(zone.len < 64 ? zone.len : 64), zone.len ? zone.text : "");
}

#define FIELD(name, expression)                                                                    \
    static int name##_field(const struct tm *tm)                                                   \
    {                                                                                              \
        return expression;                                                                         \
    }                                                                                              \
    static struct vane_cel_value name(const struct vane_cel_node *node,                            \
                                      const struct vane_cel_value *arguments,                      \
                                      struct vane_cel_scratch *scratch)                            \
    {                                                                                              \
        return local_field(node, arguments, scratch, name##_field);                                \
    }

FIELD(get_full_year, tm->tm_year + 1900)
FIELD(get_month, tm->tm_mon)
FIELD(get_date, tm->tm_mday)
FIELD(get_day_of_month, tm->tm_mday - 1)
FIELD(get_day_of_week, tm->tm_wday)
FIELD(get_day_of_year, tm->tm_yday)
FIELD(local_hours, tm->tm_hour)
FIELD(local_minutes, tm->tm_min)
FIELD(local_seconds, tm->tm_sec)

static struct vane_cel_value no_zone(const struct vane_cel_node *node,
                                     const struct vane_cel_value *arguments,
                                     struct vane_cel_scratch *scratch)
{
    return vane_cel_no_overload(scratch, node, node->function->name, arguments, node->n);
}

/* Of a timestamp the field, of a duration how many there are in it. */
#define AMOUNT(name, of_timestamp, unit)                                                           \
    static struct vane_cel_value name(const struct vane_cel_node *node,                            \
                                      const struct vane_cel_value *arguments,                      \
                                      struct vane_cel_scratch *scratch)                            \
    {                                                                                              \
        if (arguments[0].kind == VANE_CEL_TIMESTAMP)                                               \
            return of_timestamp(node, arguments, scratch);                                         \
        if (node->n == 2)                                                                          \
            return no_zone(node, arguments, scratch);                                              \
        return vane_cel_int(arguments[0].nanoseconds / (unit));                                    \
    }

AMOUNT(get_hours, local_hours, HOUR)
AMOUNT(get_minutes, local_minutes, MINUTE)
AMOUNT(get_seconds, local_seconds, SECOND)

/* Within the second. */
static struct vane_cel_value get_milliseconds(const struct vane_cel_node *node,
                                              const struct vane_cel_value *arguments,
                                              struct vane_cel_scratch *scratch)
{
    if (arguments[0].kind == VANE_CEL_TIMESTAMP)
        return vane_cel_int(arguments[0].nanos / 1000000);
    if (node->n == 2)
        return no_zone(node, arguments, scratch);
    return vane_cel_int(arguments[0].nanoseconds % SECOND / 1000000);
}

/* How long ago: times of events come as texts, too. */
static struct vane_cel_value since(const struct vane_cel_node *node,
                                   const struct vane_cel_value *arguments,
                                   struct vane_cel_scratch *scratch)
{
    struct vane_cel_value then = arguments[0];

    if (then.kind == VANE_CEL_STRING &&
        !vane_cel_timestamp_parse(then.len ? then.text : "", then.len, &then))
        return vane_cel_fail(scratch, node, "since() wants a timestamp (RFC 3339)");
    return vane_cel_time_shift(node, scratch, vane_cel_now(scratch), then, false);
}

#define TIMESTAMPS                                                                                 \
    {                                                                                              \
        VANE_CEL_K(TIMESTAMP), VANE_CEL_K(STRING)                                                  \
    }
#define TIMES                                                                                      \
    {                                                                                              \
        VANE_CEL_K(TIMESTAMP) | VANE_CEL_K(DURATION), VANE_CEL_K(STRING)                           \
    }

const struct vane_cel_function vane_cel_time_functions[] = {
    {"getFullYear", get_full_year, TIMESTAMPS, VANE_CEL_METHOD, 1, 2, VANE_CEL_INT},
    {"getMonth", get_month, TIMESTAMPS, VANE_CEL_METHOD, 1, 2, VANE_CEL_INT},
    {"getDate", get_date, TIMESTAMPS, VANE_CEL_METHOD, 1, 2, VANE_CEL_INT},
    {"getDayOfMonth", get_day_of_month, TIMESTAMPS, VANE_CEL_METHOD, 1, 2, VANE_CEL_INT},
    {"getDayOfWeek", get_day_of_week, TIMESTAMPS, VANE_CEL_METHOD, 1, 2, VANE_CEL_INT},
    {"getDayOfYear", get_day_of_year, TIMESTAMPS, VANE_CEL_METHOD, 1, 2, VANE_CEL_INT},
    {"getHours", get_hours, TIMES, VANE_CEL_METHOD, 1, 2, VANE_CEL_INT},
    {"getMinutes", get_minutes, TIMES, VANE_CEL_METHOD, 1, 2, VANE_CEL_INT},
    {"getSeconds", get_seconds, TIMES, VANE_CEL_METHOD, 1, 2, VANE_CEL_INT},
    {"getMilliseconds", get_milliseconds, TIMES, VANE_CEL_METHOD, 1, 2, VANE_CEL_INT},
    {"since",
     since,
     {VANE_CEL_K(TIMESTAMP) | VANE_CEL_K(STRING)},
     VANE_CEL_GLOBAL | VANE_CEL_IMPURE,
     1,
     1,
     VANE_CEL_DURATION},
    {NULL, NULL, {0}, 0, 0, 0, 0},
};
