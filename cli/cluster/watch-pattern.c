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

char *vane_watch_subject(const char *nkey, const char *pattern)
{
    g_autofree char *dotted = NULL;
    g_auto(GStrv) parts = NULL;

    if (!pattern || g_str_equal(pattern, ">"))
        return g_strdup_printf("dbus.signals.%s.>", nkey ? nkey : "*");
    if (!*pattern || strlen(pattern) > VANE_DBUS_PATH_MAX)
        return NULL;
    dotted = g_strdelimit(g_strdup(*pattern == '/' ? pattern + 1 : pattern), "/", '.');
    if (!*dotted)
        return g_strdup_printf("dbus.signals.%s.*", nkey ? nkey : "*");
    parts = g_strsplit(dotted, ".", -1);
    for (char **part = parts; *part; part++)
        if (!is_part(*part, !part[1]))
            return NULL;
    return g_strdup_printf("dbus.signals.%s.*.%s", nkey ? nkey : "*", dotted);
}
