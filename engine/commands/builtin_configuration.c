/* show configuration: what is in force, and what the files say now. */
#include "engine/commands/builtin_internal.h"

#include "lib/cleanup.h"
#include "lib/json/reader.h"

void vane_builtin_write_options(struct vane_json *json, const char *plugin,
                                const struct vane_json *options)
{
    struct vane_json_view option, key, value;
    struct vane_json_cursor all;
    const char *text;
    size_t length;

    text = vane_json_text((struct vane_json *)options, &length);
    all = vane_json_walk(vane_json_root(text, length));
    while (vane_json_next_element(&all, &option)) {
        struct vane_json_cursor members = vane_json_walk(option);

        vane_json_object_begin(json);
        vane_json_member_string(json, "of", plugin ? plugin : "engine");
        while (vane_json_next_member(&members, &key, &value)) {
            vane_json_key_len(json, key.at + 1, key.len - 2);
            vane_json_raw(json, value.at, value.len);
        }
        vane_json_object_end(json);
    }
}

static void write_of(struct vane_json *json, const struct vane_builtin_host *host,
                     const char *plugin)
{
    _cleanup_(vane_json_clear) struct vane_json options = {0};

    if (host->options(host->user, plugin, &options) >= 0)
        vane_builtin_write_options(json, plugin, &options);
}

static void write_running(struct vane_json *json, const struct vane_builtin_host *host)
{
    struct vane_plugin_status status;

    vane_json_array_begin(json);
    write_of(json, host, NULL);
    for (unsigned i = 0; host->plugin && host->plugin(host->user, i, &status) >= 0; i++) {
        if (status.descriptor)
            write_of(json, host, status.name);
    }
    vane_json_array_end(json);
}

static int show_running(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    struct vane_json json = {0};

    if (!host->options)
        return vane_builtin_missing(request);
    write_running(&json, host);
    return vane_builtin_reply(request, &json);
}

/* What the files say now, or a refusal with what is wrong with them. */
static int read_files(const struct vane_builtin_host *host, struct vane_request *request,
                      struct vane_json *json)
{
    g_autofree char *why = NULL;
    int r = host->file_options(host->user, json, &why);

    if (r < 0)
        vane_request_failf(request, r, "the configuration has errors: %s",
                           why ? why : g_strerror(-r));
    return r;
}

static int show_file(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    _cleanup_(vane_json_clear) struct vane_json json = {0};

    if (!host->file_options)
        return vane_builtin_missing(request);
    return read_files(host, request, &json) < 0 ? 0 : vane_builtin_reply(request, &json);
}

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"configuration", "every option, and where it was set"},
    {"running", "what is in force"},
    {"file", "what the files say now"},
};

static const struct vane_command_column columns[] = {
    {"Of", "of"},       {"Section", "section"}, {"Option", "name"},
    {"Value", "value"}, {"Set at", "set_at"},
};

const struct vane_command vane_builtin_configuration[] = {
    {
        .flags = VANE_COMMAND_PRIVILEGED,
        .syntax = "show configuration [running]",
        .help = "Show every option in force, and where it was set",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(columns),
        .run = show_running,
    },
    {
        .flags = VANE_COMMAND_PRIVILEGED,
        .syntax = "show configuration file",
        .help = "Show every option as the files have it now",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(columns),
        .run = show_file,
    },
};
const unsigned vane_builtin_configuration_count = ELEMENTS(vane_builtin_configuration);
