/* Which signals are followed. See watch-pattern.h. */
#include "cli/cluster/watch-pattern.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "lib/nats/names.h"

static bool is_part(const char *part, bool last)
{
    if (g_str_equal(part, "*") || (last && g_str_equal(part, ">")))
        return true;
    for (const char *at = part; *at; at++)
        if (!g_ascii_isalnum(*at) && *at != '_')
            return false;
    return *part;
}

static bool are_parts(const char *dotted)
{
    g_auto(GStrv) parts = g_strsplit(dotted, ".", -1);

    for (char **part = parts; *part; part++)
        if (!is_part(*part, !part[1]))
            return false;
    return *dotted;
}

char *vane_watch_events_subject(const char *nkey, const char *pattern)
{
    pattern = pattern ? pattern : ">";
    if (strlen(pattern) > VANE_DBUS_PATH_MAX || !are_parts(pattern))
        return NULL;
    return g_strdup_printf("netvane.*.event.%s.%s", nkey ? nkey : "*", pattern);
}

bool vane_watch_event_nkey(const char *subject, char nkey[VANE_NKEY_LENGTH + 1])
{
    g_auto(GStrv) parts = g_strsplit(subject, ".", 5);

    if (g_strv_length(parts) != 5 || !vane_nkey_valid(parts[3]))
        return false;
    memcpy(nkey, parts[3], VANE_NKEY_LENGTH + 1);
    return true;
}

char *vane_watch_subject(const char *nkey, const char *pattern)
{
    g_autofree char *dotted = NULL;

    if (!pattern || g_str_equal(pattern, ">"))
        return g_strdup_printf("dbus.signals.%s.>", nkey ? nkey : "*");
    if (!*pattern || strlen(pattern) > VANE_DBUS_PATH_MAX)
        return NULL;
    dotted = g_strdelimit(g_strdup(*pattern == '/' ? pattern + 1 : pattern), "/", '.');
    if (!*dotted)
        return g_strdup_printf("dbus.signals.%s.*", nkey ? nkey : "*");
    if (!are_parts(dotted))
        return NULL;
    return g_strdup_printf("dbus.signals.%s.*.%s", nkey ? nkey : "*", dotted);
}
