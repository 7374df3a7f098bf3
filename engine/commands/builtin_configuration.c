/* show configuration: what is in force, what the files say now, and where the two differ. */
#include "engine/commands/builtin_internal.h"

#include <string.h>

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

/* ---- the difference ---- */

static char *text_of(struct vane_json_view object, const char *key)
{
    struct vane_json_view value;
    char *text = NULL;

    if (!vane_json_find(object, key, &value))
        return g_strdup("");
    if (vane_json_get_string(value, &text) < 0)
        text = g_strndup(value.at, value.len);
    return text;
}

/* Plugin, section and name: what names an option. */
static char *name_of(struct vane_json_view option)
{
    g_autofree char *of = text_of(option, "of"), *section = text_of(option, "section"),
                    *name = text_of(option, "name");

    return g_strdup_printf("%s\n%s\n%s", of, section, name);
}

static GHashTable *values_by_name(struct vane_json *options)
{
    GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    struct vane_json_view option;
    size_t length;
    const char *text = vane_json_text(options, &length);
    struct vane_json_cursor cursor = vane_json_walk(vane_json_root(text, length));

    while (vane_json_next_element(&cursor, &option))
        g_hash_table_insert(values, name_of(option), text_of(option, "value"));
    return values;
}

static void write_difference(struct vane_json *json, struct vane_json_view option,
                             const char *running)
{
    static const char *const copied[] = {"of", "section", "name"};
    g_autofree char *set_at = text_of(option, "set_at"), *file = text_of(option, "value");

    vane_json_object_begin(json);
    for (size_t i = 0; i < ELEMENTS(copied); i++) {
        g_autofree char *text = text_of(option, copied[i]);

        vane_json_member_string(json, copied[i], text);
    }
    if (running)
        vane_json_member_string(json, "running", running);
    vane_json_member_string(json, "file", file);
    vane_json_member_string(json, "set_at", set_at);
    vane_json_object_end(json);
}

static void write_differences(struct vane_json *json, struct vane_json *running,
                              struct vane_json *files)
{
    g_autoptr(GHashTable) values = values_by_name(running);
    struct vane_json_view option;
    size_t length;
    const char *text = vane_json_text(files, &length);
    struct vane_json_cursor cursor = vane_json_walk(vane_json_root(text, length));

    vane_json_array_begin(json);
    while (vane_json_next_element(&cursor, &option)) {
        g_autofree char *name = name_of(option), *value = text_of(option, "value");
        const char *before = g_hash_table_lookup(values, name);

        if (g_strcmp0(before, value) != 0)
            write_difference(json, option, before);
    }
    vane_json_array_end(json);
}

static int show_diff(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    _cleanup_(vane_json_clear) struct vane_json running = {0};
    _cleanup_(vane_json_clear) struct vane_json files = {0};
    struct vane_json json = {0};

    if (!host->options || !host->file_options)
        return vane_builtin_missing(request);
    if (read_files(host, request, &files) < 0)
        return 0;
    write_running(&running, host);
    write_differences(&json, &running, &files);
    return vane_builtin_reply(request, &json);
}

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"configuration", "every option, and where it was set"},
    {"running", "what is in force"},
    {"file", "what the files say now"},
    {"diff", "what a reload would change"},
};

static const struct vane_command_column columns[] = {
    {"Of", "of"},       {"Section", "section"}, {"Option", "name"},
    {"Value", "value"}, {"Set at", "set_at"},
};

static const struct vane_command_column difference_columns[] = {
    {"Of", "of"},           {"Section", "section"}, {"Option", "name"},
    {"Running", "running"}, {"File", "file"},       {"Set at", "set_at"},
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
    {
        .flags = VANE_COMMAND_PRIVILEGED,
        .syntax = "show configuration diff",
        .help = "Show the options that a reload would change",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(difference_columns),
        .run = show_diff,
    },
};
const unsigned vane_builtin_configuration_count = ELEMENTS(vane_builtin_configuration);
