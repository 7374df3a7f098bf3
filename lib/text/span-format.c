/* Time spans for people. */
#include <glib.h>

#include "lib/text/span.h"

#define SECOND UINT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* One decimal where it tells something: "1.5 s", but "80 ms" and "153 ms". */
static char *format_tenths(uint64_t tenths, const char *unit)
{
    if (tenths >= 1000 || tenths % 10 == 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT " %s", tenths / 10, unit);
    return g_strdup_printf("%" G_GUINT64_FORMAT ".%u %s", tenths / 10, (unsigned)(tenths % 10),
                           unit);
}

static char *format_pair(uint64_t usec, uint64_t large, const char *large_name, uint64_t small,
                         const char *small_name)
{
    uint64_t rest = usec % large / small;

    if (!rest)
        return g_strdup_printf("%" G_GUINT64_FORMAT " %s", usec / large, large_name);
    return g_strdup_printf("%" G_GUINT64_FORMAT " %s %" G_GUINT64_FORMAT " %s", usec / large,
                           large_name, rest, small_name);
}

char *vane_text_format_span(uint64_t usec)
{
    if (usec == VANE_SPAN_INFINITY)
        return g_strdup("infinity");
    if (usec < 1000)
        return format_tenths(usec * 10, "us");
    if (usec < SECOND)
        return format_tenths(usec / 100, "ms");
    if (usec < MINUTE)
        return format_tenths(usec / 100000, "s");
    if (usec < HOUR)
        return format_pair(usec, MINUTE, "min", SECOND, "s");
    if (usec < DAY)
        return format_pair(usec, HOUR, "h", MINUTE, "min");
    return format_pair(usec, DAY, "d", HOUR, "h");
}
