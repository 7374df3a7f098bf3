/* The plugins of one engine. See set.h. */
#include "engine/plugins/set.h"

#include <string.h>

#include "engine/engine.h"
#include "engine/plugins/order.h"
#include "engine/plugins/quarantine.h"
#include "engine/plugins/scan.h"

static void entry_free(gpointer data)
{
    struct vane_plugin_entry *entry = data;

    if (entry->registration)
        entry->registration->self.engine = NULL;
    g_free(entry->name);
    g_free(entry->path);
    g_free(entry->reason);
    g_free(entry);
}

const char *vane_plugin_state_word(enum vane_plugin_state state)
{
    switch (state) {
    case VANE_PLUGIN_DISABLED:
        return "disabled";
    case VANE_PLUGIN_QUARANTINED:
        return "quarantined";
    case VANE_PLUGIN_REFUSED:
        return "refused";
    case VANE_PLUGIN_LOADED:
        return "loaded";
    case VANE_PLUGIN_STARTING:
        return "starting";
    case VANE_PLUGIN_RUNNING:
        return "running";
    case VANE_PLUGIN_STOPPING:
        return "stopping";
    case VANE_PLUGIN_STOPPED:
        return "stopped";
    case VANE_PLUGIN_UNAVAILABLE:
        return "unavailable";
    case VANE_PLUGIN_FAILED:
        return "failed";
    }
    return "";
}

void vane_plugin_entry_set(struct vane_plugin_entry *entry, enum vane_plugin_state state,
                           const char *reason)
{
    char *copy = g_strdup(reason);

    entry->state = state;
    g_free(entry->reason);
    entry->reason = copy;
}

struct vane_plugin_entry *vane_plugin_set_find(const struct vane_plugin_set *set, const char *name)
{
    for (guint i = 0; i < set->entries->len; i++) {
        struct vane_plugin_entry *entry = g_ptr_array_index(set->entries, i);

        if (strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

static void refuse(struct vane_plugin_entry *entry, struct vane_problems *problems,
                   const char *reason)
{
    vane_plugin_entry_set(entry, VANE_PLUGIN_REFUSED, reason);
    vane_problems_error(problems, NULL, "plugin %s is refused: %s", entry->path, reason);
}

/* Opens an enabled plugin; its registration is kept if it is a good one. */
static void open_entry(struct vane_plugin_entry *entry, const struct vane_plugin_file *file,
                       const char *state_directory, struct vane_problems *problems)
{
    g_autofree char *crashes = vane_quarantine_reason(state_directory, entry->name);
    struct vane_registration *registration;

    if (file->refusal) {
        refuse(entry, problems, file->refusal);
        return;
    }
    if (crashes) {
        vane_plugin_entry_set(entry, VANE_PLUGIN_QUARANTINED, crashes);
        vane_problems_warning(problems, NULL, "plugin %s is in quarantine: %s", entry->name,
                              crashes);
        return;
    }
    registration = vane_registry_open(file);
    if (registration->refusal) {
        refuse(entry, problems, registration->refusal);
        return;
    }
    entry->registration = registration;
    vane_plugin_entry_set(entry, VANE_PLUGIN_LOADED, NULL);
}

static struct vane_plugin_entry *entry_for(struct vane_plugin_set *set,
                                           const struct vane_plugin_file *file)
{
    struct vane_plugin_entry *entry = vane_plugin_set_find(set, file->name);

    if (entry)
        return entry;
    entry = g_new0(struct vane_plugin_entry, 1);
    entry->name = g_strdup(file->name);
    entry->path = g_strdup(file->path);
    vane_plugin_entry_set(entry, VANE_PLUGIN_DISABLED, NULL);
    g_ptr_array_add(set->entries, entry);
    return entry;
}

/* Makes the plugin's options known; one that declares them wrongly is refused. */
static void add_options(struct vane_plugin_entry *entry, bool enabled,
                        struct vane_configuration *configuration, struct vane_problems *problems)
{
    const struct vane_registration *registration = enabled ? entry->registration : NULL;
    struct vane_problems *own = vane_problems_new();
    int r = vane_configuration_add_plugin(configuration, entry->name,
                                          registration ? registration->descriptor : NULL, own);

    if (r < 0 && entry->state == VANE_PLUGIN_LOADED) {
        g_autofree char *reason = vane_problems_line(own);

        entry->registration = NULL;
        refuse(entry, problems, reason);
    } else if (r < 0) {
        vane_problems_log(own, "plugins");
    }
    vane_problems_free(own);
}

static void mark_all_gone(struct vane_plugin_set *set)
{
    for (guint i = 0; i < set->entries->len; i++)
        ((struct vane_plugin_entry *)g_ptr_array_index(set->entries, i))->gone = true;
}

/* Code that has run is never unloaded: a newer file waits for the next start. */
static void compare_with_file(const struct vane_plugin_entry *entry,
                              const struct vane_plugin_file *file, struct vane_problems *problems)
{
    if (!vane_registry_is_current(entry->registration, file))
        vane_problems_warning(problems, NULL,
                              "plugin %s: its file is newer than what was opened; restart the "
                              "daemon to run it",
                              file->path);
}

/* What runs stays as it is; what is enabled and was not opened yet is opened. */
static void open_all(struct vane_plugin_set *set, const char *const *directories,
                     struct vane_configuration *configuration, struct vane_problems *problems)
{
    const struct vane_engine_settings *settings = vane_configuration_settings(configuration);
    g_autoptr(GPtrArray) files = vane_plugin_scan(directories, problems);

    mark_all_gone(set);
    for (guint i = 0; i < files->len; i++) {
        const struct vane_plugin_file *file = g_ptr_array_index(files, i);
        struct vane_plugin_entry *entry = entry_for(set, file);
        bool enabled = vane_configuration_enabled(configuration, file->name);

        entry->gone = false;
        if (enabled && !entry->registration)
            open_entry(entry, file, settings->state_directory, problems);
        else if (enabled)
            compare_with_file(entry, file, problems);
        add_options(entry, enabled, configuration, problems);
    }
}

/* Looks at one file through an entry that is thrown away. */
static void survey_file(const struct vane_plugin_set *set, const struct vane_plugin_file *file,
                        struct vane_configuration *next, struct vane_problems *problems)
{
    const struct vane_engine_settings *settings = vane_configuration_settings(next);
    const struct vane_plugin_entry *entry = vane_plugin_set_find(set, file->name);
    struct vane_plugin_entry probe = {
        .name = file->name,
        .path = file->path,
        .state = VANE_PLUGIN_LOADED,
        .registration = entry ? entry->registration : NULL,
    };
    bool enabled = vane_configuration_enabled(next, file->name);

    if (enabled && !probe.registration)
        open_entry(&probe, file, settings->state_directory, problems);
    add_options(&probe, enabled, next, problems);
    g_free(probe.reason);
}

void vane_plugin_set_survey(struct vane_plugin_set *set, struct vane_configuration *next,
                            struct vane_problems *problems)
{
    const struct vane_engine_settings *in_force =
        vane_configuration_settings(set->engine->configuration);
    g_autoptr(GPtrArray) files = vane_plugin_scan(in_force->plugin_directories, problems);

    for (guint i = 0; i < files->len; i++)
        survey_file(set, g_ptr_array_index(files, i), next, problems);
}

static bool is_candidate(const struct vane_plugin_set *set, const struct vane_plugin_entry *entry)
{
    return entry->registration && !entry->gone &&
           (!set->engine->configuration ||
            vane_configuration_enabled(set->engine->configuration, entry->name));
}

static void order_entries(struct vane_plugin_set *set, struct vane_problems *problems)
{
    g_autofree struct vane_order_item *items =
        g_new0(struct vane_order_item, set->entries->len + 1);
    g_autofree size_t *order = g_new0(size_t, set->entries->len + 1);
    size_t count = 0, n;

    for (guint i = 0; i < set->entries->len; i++) {
        const struct vane_plugin_entry *entry = g_ptr_array_index(set->entries, i);

        if (!is_candidate(set, entry))
            continue;
        items[count++] = (struct vane_order_item){
            .name = entry->name,
            .requires_plugins = entry->registration->descriptor->requires_plugins,
            .after_plugins = entry->registration->descriptor->after_plugins,
        };
    }
    n = vane_order(items, count, order);
    g_ptr_array_set_size(set->order, 0);
    for (size_t i = 0; i < n; i++)
        g_ptr_array_add(set->order, vane_plugin_set_find(set, items[order[i]].name));
    for (size_t i = 0; i < count; i++) {
        if (items[i].refusal)
            refuse(vane_plugin_set_find(set, items[i].name), problems, items[i].refusal);
        g_free(items[i].refusal);
    }
}

struct vane_plugin_set *vane_plugin_set_load(struct vane_engine *engine,
                                             struct vane_configuration *configuration,
                                             struct vane_problems *problems)
{
    struct vane_plugin_set *set = g_new0(struct vane_plugin_set, 1);

    set->engine = engine;
    set->entries = g_ptr_array_new_with_free_func(entry_free);
    set->order = g_ptr_array_new();
    g_queue_init(&set->lifecycle.steps);
    open_all(set, vane_configuration_settings(configuration)->plugin_directories, configuration,
             problems);
    order_entries(set, problems);
    return set;
}

void vane_plugin_set_reopen(struct vane_plugin_set *set, struct vane_configuration *next,
                            struct vane_problems *problems)
{
    const struct vane_engine_settings *in_force =
        vane_configuration_settings(set->engine->configuration);

    open_all(set, in_force->plugin_directories, next, problems);
}

void vane_plugin_set_reorder(struct vane_plugin_set *set)
{
    struct vane_problems *problems = vane_problems_new();

    order_entries(set, problems);
    vane_problems_log(problems, "plugins");
    vane_problems_free(problems);
}

void vane_plugin_set_free(struct vane_plugin_set *set)
{
    if (!set)
        return;
    g_ptr_array_unref(set->order);
    g_ptr_array_unref(set->entries);
    g_free(set);
}

char *vane_plugin_set_degraded(const struct vane_plugin_set *set)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < set->entries->len; i++) {
        const struct vane_plugin_entry *entry = g_ptr_array_index(set->entries, i);

        if (entry->state != VANE_PLUGIN_REFUSED && entry->state != VANE_PLUGIN_FAILED &&
            entry->state != VANE_PLUGIN_QUARANTINED)
            continue;
        g_string_append_printf(text, "%splugin %s %s", text->len ? "; " : "", entry->name,
                               entry->state == VANE_PLUGIN_FAILED    ? "has failed"
                               : entry->state == VANE_PLUGIN_REFUSED ? "is refused"
                                                                     : "is in quarantine");
        if (entry->reason)
            g_string_append_printf(text, " (%s)", entry->reason);
    }
    return g_string_free(text, text->len == 0);
}
