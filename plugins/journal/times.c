/* Points in time as people write them. See journal.h. */
#include <errno.h>
#include <string.h>

#include "lib/text/number.h"
#include "lib/text/span.h"
#include "plugins/journal/journal.h"

static int parse_seconds(const char *text, int64_t *time_ns)
{
    int64_t seconds;
    int r = vane_text_parse_int64(text, 0, INT64_MAX / 1000000000, &seconds);

    if (r == 0)
        *time_ns = seconds * 1000000000;
    return r < 0 ? -EINVAL : 0;
}

static int parse_ago(const char *text, int64_t now_ns, int64_t *time_ns)
{
    uint64_t usec;

    if (vane_text_parse_span(text, &usec) < 0 || usec > INT64_MAX / 1000)
        return -EINVAL;
    *time_ns = MAX(now_ns - (int64_t)usec * 1000, 1);
    return 0;
}

/* GLib's parser wants a time of day; without one it is midnight. */
static int parse_date(const char *text, int64_t *time_ns)
{
    g_autoptr(GTimeZone) local = g_time_zone_new_local();
    g_autofree char *midnight = strchr(text, 'T') ? NULL : g_strconcat(text, "T00:00:00", NULL);
    g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(midnight ? midnight : text, local);

    if (!date || g_date_time_get_year(date) < 1970 || g_date_time_get_year(date) > 2261)
        return -EINVAL;
    *time_ns =
        g_date_time_to_unix(date) * 1000000000 + (int64_t)g_date_time_get_microsecond(date) * 1000;
    return 0;
}

int vane_journal_parse_time(const char *text, int64_t now_ns, int64_t *time_ns)
{
    if (strcmp(text, "now") == 0) {
        *time_ns = now_ns;
        return 0;
    }
    if (text[0] == '@')
        return parse_seconds(text + 1, time_ns);
    return parse_ago(text, now_ns, time_ns) == 0 ? 0 : parse_date(text, time_ns);
}

char *vane_journal_format_time(int64_t time_ns)
{
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(time_ns / 1000000000);
    g_autofree char *seconds = date ? g_date_time_format(date, "%Y-%m-%dT%H:%M:%S") : NULL;

    return g_strdup_printf("%s.%09dZ", seconds ? seconds : "?", (int)(time_ns % 1000000000));
}
