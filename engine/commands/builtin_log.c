/* show log, and debug: what the daemon says of itself. */
#include "engine/commands/builtin_internal.h"

#include <stdlib.h>

#include "engine/log-ring.h"

#define LAST_DEFAULT 50u

static const char *level_word(uint32_t level)
{
    switch (level) {
    case VANE_LOG_ERROR:
        return "error";
    case VANE_LOG_WARNING:
        return "warning";
    case VANE_LOG_NOTICE:
        return "notice";
    case VANE_LOG_DEBUG:
        return "debug";
    default:
        return "info";
    }
}

static void write_line(struct vane_json *json, const struct vane_log_line *line)
{
    g_autoptr(GDateTime) seconds = g_date_time_new_from_unix_utc(line->time_ns / 1000000000);
    g_autofree char *text = g_date_time_format(seconds, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *time =
        g_strdup_printf("%s.%03dZ", text, (int)(line->time_ns / 1000000 % 1000));

    vane_json_object_begin(json);
    vane_json_member_string(json, "time", time);
    vane_json_member_string(json, "level", level_word(line->level));
    vane_json_member_string(json, "subject", line->subject);
    vane_json_member_string(json, "message", line->message);
    vane_json_object_end(json);
}

static int show_log(void *user, struct vane_request *request)
{
    const char *wanted = vane_builtin_argument(request, "COUNT");
    unsigned count = wanted ? (unsigned)strtoul(wanted, NULL, 10) : LAST_DEFAULT;
    unsigned kept = vane_log_ring_count();
    struct vane_json json = {0};

    vane_json_array_begin(&json);
    for (unsigned i = kept - MIN(kept, count); i < kept; i++)
        write_line(&json, vane_log_ring_at(i));
    vane_json_array_end(&json);
    return vane_builtin_reply(request, &json);
}

static int debug(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    const char *name = vane_builtin_argument(request, "PLUGIN");
    bool on = vane_builtin_argument(request, "on") != NULL;
    g_autofree char *sentence = g_strdup_printf("debug messages of plugin %s are %s", name,
                                                on ? "logged" : "no longer logged");

    if (!host->plugin_debug)
        return vane_builtin_missing(request);
    if (host->plugin_debug(host->user, name, on) < 0)
        return vane_request_failf(
            request, -ENOENT, "there is no plugin %s that is loaded (see \"show plugins\")", name);
    vane_builtin_outcome(request, 0, sentence);
    return 0;
}

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"log", "the daemon's last messages"},
    {"last", "how many of them"},
    {"(1-256)", "a number of messages; without it the last 50"},
    {"debug", "log what a plugin says only to those who look for a mistake"},
    {"PLUGIN", "the name of a plugin"},
    {"on", "until the daemon ends"},
    {"off", "as LogLevel= has it"},
};

static const struct vane_command_column columns[] = {
    {"Time", "time"}, {"Level", "level"}, {"Of", "subject"}, {"Message", "message"}};

const struct vane_command vane_builtin_log[] = {
    {
        .flags = VANE_COMMAND_PRIVILEGED,
        .syntax = "show log [last COUNT:(1-256)]",
        .help = "Show the daemon's last messages",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(columns),
        .run = show_log,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "debug PLUGIN <on|off>",
        .help = "Log a plugin's debug messages, or no longer",
        VANE_BUILTIN_WORDS(words),
        .run = debug,
        .complete = vane_builtin_offer_plugins,
    },
};
const unsigned vane_builtin_log_count = ELEMENTS(vane_builtin_log);
