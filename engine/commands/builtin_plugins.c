/* show plugins, and plugin enable, disable, restart, options, reset. */
#include "engine/commands/builtin_internal.h"

#include "lib/cleanup.h"

static void write_plugin(struct vane_json *json, const struct vane_plugin_status *status)
{
    const struct vane_plugin *descriptor = status->descriptor;

    vane_json_object_begin(json);
    vane_json_member_string(json, "name", status->name);
    vane_json_member_string(json, "state", status->state);
    if (descriptor) {
        vane_json_member_string(json, "version", descriptor->version);
        vane_json_member_string(json, "description", descriptor->description);
        vane_json_member_string(json, "licence", descriptor->licence);
    }
    if (status->reason)
        vane_json_member_string(json, "reason", status->reason);
    vane_json_member_string(json, "path", status->path);
    vane_json_object_end(json);
}

static int show_plugins(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    struct vane_plugin_status status;
    struct vane_json json = {0};

    if (!host->plugin)
        return vane_builtin_missing(request);
    vane_json_array_begin(&json);
    for (unsigned i = 0; host->plugin(host->user, i, &status) >= 0; i++)
        write_plugin(&json, &status);
    vane_json_array_end(&json);
    return vane_builtin_reply(request, &json);
}

static bool is_known(const struct vane_builtin_host *host, const char *name)
{
    struct vane_plugin_status status;

    for (unsigned i = 0; host->plugin && host->plugin(host->user, i, &status) >= 0; i++) {
        if (g_strcmp0(status.name, name) == 0)
            return true;
    }
    return false;
}

static int unknown_plugin(struct vane_request *request, const char *name)
{
    return vane_request_failf(request, -ENOENT, "there is no plugin %s (see \"show plugins\")",
                              name);
}

static int options(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    const char *name = vane_builtin_argument(request, "NAME");
    _cleanup_(vane_json_clear) struct vane_json json = {0};

    if (!host->options)
        return vane_builtin_missing(request);
    if (!is_known(host, name) || host->options(host->user, name, &json) < 0)
        return unknown_plugin(request, name);
    return vane_builtin_reply(request, &json);
}

static int act(void *user, struct vane_request *request, enum vane_plugin_action action)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    const char *name = vane_builtin_argument(request, "NAME");
    int r;

    if (!host->plugin_action)
        return vane_builtin_missing(request);
    if (!is_known(host, name))
        return unknown_plugin(request, name);
    r = host->plugin_action(host->user, action, name, vane_builtin_outcome, request);
    return r < 0 ? r : -EINPROGRESS;
}

static bool persists(const struct vane_request *request)
{
    return vane_builtin_argument(request, "persist") || vane_builtin_argument(request, "--persist");
}

static int enable(void *user, struct vane_request *request)
{
    return act(user, request,
               persists(request) ? VANE_PLUGIN_ENABLE_PERSISTENT : VANE_PLUGIN_ENABLE);
}

static int disable(void *user, struct vane_request *request)
{
    return act(user, request,
               persists(request) ? VANE_PLUGIN_DISABLE_PERSISTENT : VANE_PLUGIN_DISABLE);
}

static int restart(void *user, struct vane_request *request)
{
    return act(user, request, VANE_PLUGIN_RESTART);
}

static int reset(void *user, struct vane_request *request)
{
    return act(user, request, VANE_PLUGIN_RESET);
}

void vane_builtin_offer_plugins(void *user, const char *parameter,
                                struct vane_completion *completion)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    struct vane_plugin_status status;

    for (unsigned i = 0; host->plugin && host->plugin(host->user, i, &status) >= 0; i++)
        vane_commands_table.offer(completion, status.name, status.state);
}

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"plugins", "the plugins there are, and what became of each"},
    {"plugin", "one plugin"},
    {"enable", "start it, until the daemon is started anew"},
    {"disable", "stop it, until the daemon is started anew"},
    {"persist", "and at every start of the daemon"},
    {"--persist", "and at every start of the daemon"},
    {"restart", "stop it and start it again"},
    {"options", "its options, with their values and defaults"},
    {"reset", "take it out of quarantine"},
    {"NAME", "the name of a plugin"},
};

static const struct vane_command_column columns[] = {
    {"Name", "name"},     {"Version", "version"},
    {"State", "state"},   {"Description", "description"},
    {"Reason", "reason"},
};

static const struct vane_command_column option_columns[] = {
    {"Option", "name"},     {"Section", "section"}, {"Type", "type"}, {"Value", "value"},
    {"Default", "default"}, {"Set at", "set_at"},   {"Help", "help"},
};

const struct vane_command vane_builtin_plugins[] = {
    {
        .syntax = "show plugins",
        .help = "Show the plugins and their states",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(columns),
        .run = show_plugins,
    },
    {
        .flags = VANE_COMMAND_PRIVILEGED,
        .syntax = "plugin options NAME",
        .help = "Show the options of a plugin",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(option_columns),
        .run = options,
        .complete = vane_builtin_offer_plugins,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "plugin enable NAME [persist|--persist]",
        .help = "Start a plugin, until the next start of the daemon or for good",
        VANE_BUILTIN_WORDS(words),
        .run = enable,
        .complete = vane_builtin_offer_plugins,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "plugin disable NAME [persist|--persist]",
        .help = "Stop a plugin, until the next start of the daemon or for good",
        VANE_BUILTIN_WORDS(words),
        .run = disable,
        .complete = vane_builtin_offer_plugins,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "plugin restart NAME",
        .help = "Stop a plugin, and those that require it, and start them again",
        VANE_BUILTIN_WORDS(words),
        .run = restart,
        .complete = vane_builtin_offer_plugins,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "plugin reset NAME",
        .help = "Take a plugin out of quarantine",
        VANE_BUILTIN_WORDS(words),
        .run = reset,
        .complete = vane_builtin_offer_plugins,
    },
};
const unsigned vane_builtin_plugins_count = ELEMENTS(vane_builtin_plugins);
