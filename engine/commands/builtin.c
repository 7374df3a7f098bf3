/* Adds the built-in commands, and what all of them need. See builtin.h. */
#include "engine/commands/builtin.h"

#include <string.h>

#include "engine/commands/builtin_internal.h"
#include "engine/log.h"

const char *vane_builtin_argument(const struct vane_request *request, const char *name)
{
    return vane_commands_table.argument(request, name);
}

int vane_builtin_reply(struct vane_request *request, struct vane_json *json)
{
    size_t length;
    const char *text = vane_json_text(json, &length);
    int r = vane_request_reply_trusted(request, text, length);

    vane_json_clear(json);
    return r;
}

int vane_builtin_missing(struct vane_request *request)
{
    return vane_request_failf(request, -EOPNOTSUPP, "this engine has no part that could do that");
}

void vane_builtin_outcome(void *data, int error, const char *sentence)
{
    struct vane_request *request = data;
    struct vane_json json = {0};

    if (error < 0) {
        vane_request_failf(request, error, "%s",
                           sentence && *sentence ? sentence : g_strerror(-error));
        return;
    }
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "message", sentence && *sentence ? sentence : "done");
    vane_json_object_end(&json);
    vane_builtin_reply(request, &json);
}

char **vane_builtin_degraded(const struct vane_builtin_host *host)
{
    g_autofree char *reasons = host && host->degraded ? host->degraded(host->user) : NULL;

    return reasons ? g_strsplit(reasons, "; ", -1) : g_new0(char *, 1);
}

static int add_all(struct vane_builtin *builtin, const struct vane_command *commands,
                   unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct vane_command command = commands[i];
        int r;

        command.size = sizeof(command);
        command.user = builtin;
        r = vane_command_add(builtin->engine->commands, NULL, &command, NULL);
        if (r < 0)
            return r;
    }
    return 0;
}

static const struct {
    const struct vane_command *commands;
    const unsigned *count;
} rooms[] = {
    {vane_builtin_state, &vane_builtin_state_count},
    {vane_builtin_links, &vane_builtin_links_count},
    {vane_builtin_link, &vane_builtin_link_count},
    {vane_builtin_events, &vane_builtin_events_count},
    {vane_builtin_plugins, &vane_builtin_plugins_count},
    {vane_builtin_configuration, &vane_builtin_configuration_count},
    {vane_builtin_configure, &vane_builtin_configure_count},
    {vane_builtin_inside, &vane_builtin_inside_count},
    {vane_builtin_log, &vane_builtin_log_count},
};

int vane_builtin_add(struct vane_engine *engine, const struct vane_builtin_host *host)
{
    struct vane_builtin *builtin = g_new0(struct vane_builtin, 1);
    int r = 0;

    builtin->engine = engine;
    builtin->host = host;
    vane_command_registry_keep(engine->commands, builtin);
    for (size_t i = 0; r >= 0 && i < ELEMENTS(rooms); i++)
        r = add_all(builtin, rooms[i].commands, *rooms[i].count);
    return r;
}
