/* One event as one line for people. See eventline.h. */
#include "lib/eventline.h"

#include <string.h>
#include <time.h>

#include <glib.h>

#include "lib/array.h"
#include "lib/json/reader.h"
#include "lib/text/printable.h"

/* A member's text, printable; NULL: there is none. Strings lose their quotes, lists become words
 * with commas. */
static char *value_text(struct vane_json_view value)
{
    struct vane_json_cursor cursor = vane_json_walk(value);
    g_autofree char *text = NULL;
    struct vane_json_view each;
    GString *list;

    if (vane_json_type_of(value) == VANE_JSON_STRING) {
        if (vane_json_get_string(value, &text) < 0)
            return NULL;
        return vane_text_printable(text, strlen(text));
    }
    if (vane_json_type_of(value) != VANE_JSON_ARRAY)
        return vane_text_printable(value.at, value.len);
    list = g_string_new(NULL);
    while (vane_json_next_element(&cursor, &each)) {
        g_autofree char *item = value_text(each);

        g_string_append_printf(list, "%s%s", list->len ? "," : "", item ? item : "");
    }
    return g_string_free(list, FALSE);
}

static char *member(struct vane_json_view object, const char *name)
{
    struct vane_json_view value;

    return vane_json_find(object, name, &value) ? value_text(value) : NULL;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* ---- links ---- */

/* "routable (configured)", or as much of it as is known. */
static void append_pair(GString *line, const char *operational, const char *administrative)
{
    g_string_append(line, or_empty(operational));
    if (administrative && *administrative)
        g_string_append_printf(line, "%s(%s)", operational ? " " : "", administrative);
}

static void append_states(GString *line, struct vane_json_view link)
{
    g_autofree char *operational = member(link, "operational_state");
    g_autofree char *administrative = member(link, "administrative_state");

    append_pair(line, operational, administrative);
}

static void say_state(GString *line, struct vane_json_view link)
{
    g_autofree char *operational = member(link, "previous_operational_state");
    g_autofree char *administrative = member(link, "previous_administrative_state");
    g_autofree char *address = member(link, "address");

    append_states(line, link);
    if (operational || administrative)
        g_string_append(line, ", was ");
    append_pair(line, operational, administrative);
    if (address && *address)
        g_string_append_printf(line, ", %s", address);
}

static void say_link(GString *line, struct vane_json_view link)
{
    g_autofree char *type = member(link, "interface_type");
    g_autofree char *kind = member(link, "kind");

    g_string_append_printf(line, "%s%s%s, ", or_empty(type), kind ? "/" : "", or_empty(kind));
    append_states(line, link);
}

static void say_carrier(GString *line, struct vane_json_view link)
{
    g_autofree char *carrier = member(link, "carrier");

    g_string_append(line, g_strcmp0(carrier, "true") == 0 ? "gained" : "lost");
}

static void say_renamed(GString *line, struct vane_json_view link)
{
    g_autofree char *old = member(link, "old_name");

    g_string_append_printf(line, "was %s", or_empty(old));
}

static void say_mtu(GString *line, struct vane_json_view link)
{
    g_autofree char *mtu = member(link, "mtu");

    g_string_append_printf(line, "%s bytes", or_empty(mtu));
}

static void say_master(GString *line, struct vane_json_view link)
{
    g_autofree char *master = member(link, "master");

    g_string_append(line, master ? master : "none");
}

/* ---- the rest ---- */

static void say_address(GString *line, struct vane_json_view payload)
{
    g_autofree char *address = member(payload, "address");
    g_autofree char *prefix = member(payload, "prefix_length");

    g_string_append_printf(line, "%s/%s", or_empty(address), or_empty(prefix));
}

static void say_route(GString *line, struct vane_json_view payload)
{
    g_autofree char *destination = member(payload, "destination");
    g_autofree char *gateway = member(payload, "gateway");

    g_string_append(line, or_empty(destination));
    if (gateway)
        g_string_append_printf(line, " via %s", gateway);
}

/* "carrier.d/10-hello" of the whole path. */
static void append_script(GString *line, struct vane_json_view payload)
{
    g_autofree char *script = member(payload, "script");
    char *slash = script ? strrchr(script, '/') : NULL;

    while (slash && slash > script && slash[-1] != '/')
        slash--;
    g_string_append(line, slash ? slash : or_empty(script));
}

static void say_script_started(GString *line, struct vane_json_view payload)
{
    append_script(line, payload);
}

static void say_script_finished(GString *line, struct vane_json_view payload)
{
    g_autofree char *status = member(payload, "exit_status");
    g_autofree char *signal = member(payload, "signal");
    g_autofree char *duration = member(payload, "duration_ms");

    append_script(line, payload);
    if (g_strcmp0(status, "-1") == 0)
        g_string_append_printf(line, " ended by signal %s", or_empty(signal));
    else
        g_string_append_printf(line, " exited with %s", or_empty(status));
    g_string_append_printf(line, " after %s ms", or_empty(duration));
}

static void say_script_timeout(GString *line, struct vane_json_view payload)
{
    g_autofree char *timeout = member(payload, "timeout_ms");

    append_script(line, payload);
    g_string_append_printf(line, " ran longer than its timeout of %s ms", or_empty(timeout));
}

static void say_everything(GString *line, struct vane_json_view payload)
{
    struct vane_json_cursor cursor = vane_json_walk(payload);
    struct vane_json_view key, value;
    gsize start = line->len;

    while (vane_json_next_member(&cursor, &key, &value)) {
        g_autofree char *name = value_text(key);
        g_autofree char *text = value_text(value);

        if (g_strcmp0(name, "interface_name") != 0 && g_strcmp0(name, "interface_index") != 0)
            g_string_append_printf(line, "%s%s=%s", line->len > start ? " " : "", or_empty(name),
                                   or_empty(text));
    }
}

static const struct {
    const char *topic;
    void (*say)(GString *line, struct vane_json_view payload);
} sayings[] = {
    {"link.state", say_state},
    {"link.added", say_link},
    {"link.removed", say_link},
    {"link.carrier", say_carrier},
    {"link.renamed", say_renamed},
    {"link.mtu", say_mtu},
    {"link.master", say_master},
    {"address.added", say_address},
    {"address.removed", say_address},
    {"route.added", say_route},
    {"route.removed", say_route},
    {"script.started", say_script_started},
    {"script.finished", say_script_finished},
    {"script.timeout", say_script_timeout},
};

static void say(GString *line, const char *topic, struct vane_json_view payload)
{
    for (size_t i = 0; i < ELEMENTS(sayings); i++)
        if (strcmp(sayings[i].topic, topic) == 0) {
            sayings[i].say(line, payload);
            return;
        }
    say_everything(line, payload);
}

/* "2026-01-31T12:00:00.123456789Z" in local time to the millisecond; "" for anything else. */
static void append_time(GString *line, const char *time)
{
    struct tm tm = {0}, local;
    const char *fraction = time ? strptime(time, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    time_t seconds;

    if (!fraction || *fraction != '.')
        return;
    seconds = timegm(&tm);
    localtime_r(&seconds, &local);
    g_string_append_printf(line, "%02d:%02d:%02d.%.3s ", local.tm_hour, local.tm_min, local.tm_sec,
                           fraction + 1);
}

char *vane_eventline(const char *json, size_t length)
{
    struct vane_json_view event = vane_json_root(json, length), payload = {0};
    g_autofree char *topic = member(event, "topic");
    g_autofree char *time = member(event, "time");
    g_autofree char *interface = NULL;
    GString *line;

    if (!topic || !vane_json_find(event, "payload", &payload))
        return vane_text_printable(json, length);
    interface = member(payload, "interface_name");
    line = g_string_new(NULL);
    append_time(line, time);
    g_string_append_printf(line, "%-16s %-10s ", topic, or_empty(interface));
    say(line, topic, payload);
    while (line->len > 0 && line->str[line->len - 1] == ' ')
        g_string_truncate(line, line->len - 1);
    return g_string_free(line, FALSE);
}

char *vane_eventline_details(const char *json, size_t length)
{
    struct vane_json_view event = vane_json_root(json, length), payload = {0};
    g_autofree char *topic = member(event, "topic");
    GString *text = g_string_new(NULL);

    if (topic && vane_json_find(event, "payload", &payload))
        say(text, topic, payload);
    return g_string_free(text, FALSE);
}
