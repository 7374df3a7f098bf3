/* Time zones, and arithmetic with times. See time.h. */
#include "lib/cel/time.h"

#include <string.h>

#include <glib.h>

#define SECOND       INT64_C(1000000000)
#define FIRST_SECOND (-INT64_C(62135596800)) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND  INT64_C(253402300799)   /* 9999-12-31T23:59:59Z */
#define ZONE_COST    20000

bool vane_cel_timestamp_in_range(int64_t seconds)
{
    return seconds >= FIRST_SECOND && seconds <= LAST_SECOND;
}

/* "+01:00", "-01:00", "01:00". */
static bool fixed_offset(const char *zone, size_t len, int64_t *seconds)
{
    bool sign = len == 6 && (*zone == '+' || *zone == '-');
    const char *digits = zone + sign;

    if (len != 5 + (size_t)sign || digits[2] != ':')
        return false;
    for (size_t i = 0; i < 5; i++)
        if (i != 2 && !g_ascii_isdigit(digits[i]))
            return false;
    *seconds = ((digits[0] - '0') * 10 + digits[1] - '0') * INT64_C(3600) +
               ((digits[3] - '0') * 10 + digits[4] - '0') * INT64_C(60);
    if (*zone == '-')
        *seconds = -*seconds;
    return true;
}

/* Names of the time zone database only: nothing that could lead to another file. */
static bool is_zone(const char *zone, size_t len)
{
    if (len == 0 || len >= VANE_CEL_ZONE_MAX || !g_ascii_isalpha(*zone))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!g_ascii_isalnum(zone[i]) && (!zone[i] || !strchr("_+-/", zone[i])))
            return false;
    return true;
}

/* Reading its file is the dearest thing that an expression can ask for. */
static GTimeZone *open_zone(struct vane_cel_scratch *scratch, const char *zone, size_t len)
{
    if (scratch->zone && strlen(scratch->zone_name) == len &&
        memcmp(scratch->zone_name, zone, len) == 0)
        return scratch->zone;
    if (!vane_cel_charge(scratch, ZONE_COST))
        return NULL;
    g_clear_pointer(&scratch->zone, g_time_zone_unref);
    memcpy(scratch->zone_name, zone, len);
    scratch->zone_name[len] = '\0';
    scratch->zone = g_time_zone_new_identifier(scratch->zone_name);
    return scratch->zone;
}

static bool named_offset(struct vane_cel_scratch *scratch, const char *zone, size_t len, int64_t at,
                         int64_t *seconds)
{
    GTimeZone *found = is_zone(zone, len) ? open_zone(scratch, zone, len) : NULL;

    if (!found)
        return false;
    *seconds =
        g_time_zone_get_offset(found, g_time_zone_find_interval(found, G_TIME_TYPE_UNIVERSAL, at));
    return true;
}

bool vane_cel_local_time(struct vane_cel_scratch *scratch, struct vane_cel_value timestamp,
                         const char *zone, size_t len, struct tm *local)
{
    int64_t offset = 0;
    time_t seconds;

    if (!(len == 3 && memcmp(zone, "UTC", 3) == 0) && !fixed_offset(zone, len, &offset) &&
        !named_offset(scratch, zone, len, timestamp.seconds, &offset))
        return false;
    seconds = timestamp.seconds + offset;
    return gmtime_r(&seconds, local) != NULL;
}

static struct vane_cel_value out_of_range(const struct vane_cel_node *node,
                                          struct vane_cel_scratch *scratch)
{
    return vane_cel_fail(scratch, node,
                         "range: timestamps are from year 1 to 9999, durations within 292 years");
}

static struct vane_cel_value move_timestamp(const struct vane_cel_node *node,
                                            struct vane_cel_scratch *scratch,
                                            struct vane_cel_value timestamp, int64_t by, bool add)
{
    int64_t seconds = by / SECOND, nanos = by % SECOND;

    seconds = timestamp.seconds + (add ? seconds : -seconds);
    nanos = (int64_t)timestamp.nanos + (add ? nanos : -nanos);
    if (nanos < 0) {
        nanos += SECOND;
        seconds--;
    } else if (nanos >= SECOND) {
        nanos -= SECOND;
        seconds++;
    }
    if (!vane_cel_timestamp_in_range(seconds))
        return out_of_range(node, scratch);
    return vane_cel_timestamp(seconds, (uint32_t)nanos);
}

static struct vane_cel_value between(const struct vane_cel_node *node,
                                     struct vane_cel_scratch *scratch, struct vane_cel_value later,
                                     struct vane_cel_value earlier)
{
    int64_t nanoseconds;

    if (__builtin_mul_overflow(later.seconds - earlier.seconds, SECOND, &nanoseconds) ||
        __builtin_add_overflow(nanoseconds, (int64_t)later.nanos - (int64_t)earlier.nanos,
                               &nanoseconds))
        return out_of_range(node, scratch);
    return vane_cel_duration(nanoseconds);
}

struct vane_cel_value vane_cel_time_shift(const struct vane_cel_node *node,
                                          struct vane_cel_scratch *scratch, struct vane_cel_value a,
                                          struct vane_cel_value b, bool add)
{
    int64_t sum;

    if (a.kind == VANE_CEL_DURATION && b.kind == VANE_CEL_DURATION) {
        if (add ? __builtin_add_overflow(a.nanoseconds, b.nanoseconds, &sum)
                : __builtin_sub_overflow(a.nanoseconds, b.nanoseconds, &sum))
            return out_of_range(node, scratch);
        return vane_cel_duration(sum);
    }
    if (a.kind == VANE_CEL_TIMESTAMP && b.kind == VANE_CEL_DURATION)
        return move_timestamp(node, scratch, a, b.nanoseconds, add);
    if (a.kind == VANE_CEL_DURATION && b.kind == VANE_CEL_TIMESTAMP && add)
        return move_timestamp(node, scratch, b, a.nanoseconds, true);
    if (a.kind == VANE_CEL_TIMESTAMP && b.kind == VANE_CEL_TIMESTAMP && !add)
        return between(node, scratch, a, b);
    return (struct vane_cel_value){0};
}
