/* show version, show status, reload, shutdown. */
#include "engine/commands/builtin_internal.h"
#include "engine/control/control.h"

static const char *text_of(const struct vane_builtin *builtin, const char *(*function)(void *user))
{
    const char *text = function ? function(builtin->host->user) : NULL;

    return text ? text : "";
}

static void member_unless_empty(struct vane_json *json, const char *key, const char *text)
{
    if (*text)
        vane_json_member_string(json, key, text);
}

static int show_version(void *user, struct vane_request *request)
{
    const struct vane_builtin *builtin = user;
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_member_string(&json, "version", text_of(builtin, builtin->host->version));
    member_unless_empty(&json, "commit", text_of(builtin, builtin->host->commit));
    member_unless_empty(&json, "build_time", text_of(builtin, builtin->host->build_time));
    vane_json_member_int64(&json, "plugin_api_major", VANE_ABI_MAJOR);
    vane_json_member_int64(&json, "plugin_api_minor", VANE_ABI_MINOR);
    vane_json_object_end(&json);
    return vane_builtin_reply(request, &json);
}

static void write_reasons(struct vane_json *json, const struct vane_builtin_host *host)
{
    g_auto(GStrv) reasons = vane_builtin_degraded(host);

    vane_json_member_bool(json, "degraded", reasons[0] != NULL);
    vane_json_key(json, "degraded_reasons");
    vane_json_array_begin(json);
    for (char **reason = reasons; *reason; reason++)
        vane_json_string(json, *reason);
    vane_json_array_end(json);
}

static void write_refusal(struct vane_json *json, const struct vane_request *request,
                          const struct vane_engine *engine)
{
    g_autoptr(GDateTime) seconds = NULL;
    g_autofree char *time = NULL;

    if (!engine->refusal)
        return;
    seconds = g_date_time_new_from_unix_utc(engine->refused_usec / G_USEC_PER_SEC);
    time = g_date_time_format(seconds, "%Y-%m-%dT%H:%M:%SZ");
    vane_json_member_string(json, "configuration_refused", time);
    /* It cites the configuration, which is not for everybody. */
    if (vane_commands_table.privileged(request) > 0)
        vane_json_member_string(json, "configuration_errors", engine->refusal);
}

static int show_status(void *user, struct vane_request *request)
{
    const struct vane_builtin *builtin = user;
    const struct vane_event_bus *bus = builtin->engine->bus;
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_member_string(&json, "version", text_of(builtin, builtin->host->version));
    vane_json_member_uint64(&json, "events_kept",
                            vane_event_bus_next_seq(bus) - vane_event_bus_oldest_seq(bus));
    vane_json_member_uint64(&json, "control_clients", vane_control_clients(builtin->engine));
    write_reasons(&json, builtin->host);
    if (builtin->host->status)
        builtin->host->status(builtin->host->user, &json);
    write_refusal(&json, request, builtin->engine);
    vane_json_object_end(&json);
    return vane_builtin_reply(request, &json);
}

/* What a host's function returned at once, when it will not call back. */
static int started(struct vane_request *request, int r)
{
    if (r >= 0)
        return -EINPROGRESS;
    return r;
}

static int reload(void *user, struct vane_request *request)
{
    const struct vane_builtin *builtin = user;

    if (!builtin->host->reload)
        return vane_builtin_missing(request);
    return started(request,
                   builtin->host->reload(builtin->host->user, vane_builtin_outcome, request));
}

static int shut_down(void *user, struct vane_request *request)
{
    const struct vane_builtin *builtin = user;
    int r;

    if (!builtin->host->shutdown)
        return vane_builtin_missing(request);
    r = builtin->host->shutdown(builtin->host->user);
    if (r < 0)
        return r;
    vane_builtin_outcome(request, 0, "netvaned is shutting down");
    return 0;
}

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"version", "the version of the daemon and of its plugin API"},
    {"status", "uptime, health and counters of the daemon"},
    {"reload", "read the configuration anew"},
    {"shutdown", "end the daemon in good order"},
};

const struct vane_command vane_builtin_state[] = {
    {
        .syntax = "show version",
        .help = "Show the version of the daemon",
        VANE_BUILTIN_WORDS(words),
        .run = show_version,
    },
    {
        .syntax = "show status",
        .help = "Show how the daemon is doing",
        VANE_BUILTIN_WORDS(words),
        .run = show_status,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "reload",
        .help = "Read the configuration anew; on any error the old one stays in force",
        VANE_BUILTIN_WORDS(words),
        .run = reload,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "shutdown",
        .help = "End the daemon in good order",
        VANE_BUILTIN_WORDS(words),
        .run = shut_down,
    },
};
const unsigned vane_builtin_state_count = ELEMENTS(vane_builtin_state);
