/* What a new configuration means for the plugins. See plan.h. */
#include "engine/plan.h"

#include <string.h>

#include "engine/config/configuration.h"
#include "engine/engine.h"
#include "engine/plugins/set.h"

static const struct vane_plugin_change *change_of(const struct vane_plan *plan, const char *plugin)
{
    for (guint i = 0; i < plan->changes->len; i++) {
        const struct vane_plugin_change *change = g_ptr_array_index(plan->changes, i);

        if (strcmp(change->plugin, plugin) == 0)
            return change;
    }
    return NULL;
}

static bool must_stop(const struct vane_plan *plan, const struct vane_plugin_entry *entry)
{
    const struct vane_plugin_change *change = change_of(plan, entry->name);

    return change &&
           (!change->is_enabled || change->restart || !entry->registration->descriptor->reload);
}

static bool requires_one_of(const struct vane_plugin_entry *entry, GHashTable *names)
{
    const char *const *each = entry->registration->descriptor->requires_plugins;

    for (; each && *each; each++)
        if (g_hash_table_contains(names, *each))
            return true;
    return false;
}

/* Will it be there, as far as files and configuration have a say in it? */
static bool is_available(const struct vane_plan *plan, const struct vane_plugin_set *set,
                         const struct vane_configuration *next, const char *plugin)
{
    const struct vane_plugin_entry *entry = vane_plugin_set_find(set, plugin);
    const struct vane_plugin_change *change = change_of(plan, plugin);

    return entry && !entry->gone && (!change || change->is_enabled) &&
           vane_configuration_enabled(next, plugin);
}

static bool may_start(const struct vane_plan *plan, const struct vane_plugin_set *set,
                      const struct vane_configuration *next, const struct vane_plugin_entry *entry)
{
    const char *const *each = entry->registration->descriptor->requires_plugins;

    if (!is_available(plan, set, next, entry->name))
        return false;
    for (; each && *each; each++)
        if (!is_available(plan, set, next, *each))
            return false;
    return true;
}

static bool stops(const struct vane_plan *plan, const struct vane_plugin_entry *entry)
{
    return entry->state == VANE_PLUGIN_RUNNING &&
           (must_stop(plan, entry) || requires_one_of(entry, plan->stops));
}

/* What is not running starts when it has become possible: it was just opened, its options are
 * others, or what it requires starts. */
static bool starts(const struct vane_plan *plan, const struct vane_plugin_entry *entry)
{
    if (g_hash_table_contains(plan->stops, entry->name))
        return true;
    return entry->state != VANE_PLUGIN_RUNNING &&
           (entry->state == VANE_PLUGIN_LOADED || change_of(plan, entry->name) ||
            requires_one_of(entry, plan->starts));
}

/* Requirements go several deep, and entries are in no useful order: until nothing is added. */
static void find_stops(struct vane_plan *plan, const GPtrArray *entries)
{
    guint before;

    do {
        before = g_hash_table_size(plan->stops);
        for (guint i = 0; i < entries->len; i++) {
            const struct vane_plugin_entry *entry = g_ptr_array_index(entries, i);

            if (stops(plan, entry))
                g_hash_table_add(plan->stops, entry->name);
        }
    } while (g_hash_table_size(plan->stops) > before);
}

static void find_starts(struct vane_plan *plan, const struct vane_plugin_set *set,
                        const struct vane_configuration *next)
{
    guint before;

    do {
        before = g_hash_table_size(plan->starts);
        for (guint i = 0; i < set->entries->len; i++) {
            const struct vane_plugin_entry *entry = g_ptr_array_index(set->entries, i);

            if (entry->registration && may_start(plan, set, next, entry) && starts(plan, entry))
                g_hash_table_add(plan->starts, entry->name);
        }
    } while (g_hash_table_size(plan->starts) > before);
}

/* Those that are enabled anew and are not opened yet, when it is only asked what would be. */
static void find_unopened(struct vane_plan *plan, const struct vane_plugin_set *set)
{
    for (guint i = 0; i < plan->changes->len; i++) {
        const struct vane_plugin_change *change = g_ptr_array_index(plan->changes, i);
        const struct vane_plugin_entry *entry = vane_plugin_set_find(set, change->plugin);

        if (change->is_enabled && (!entry || !entry->registration))
            g_hash_table_add(plan->starts, change->plugin);
    }
}

static void find_reloads(struct vane_plan *plan, const struct vane_plugin_set *set)
{
    for (guint i = 0; i < plan->changes->len; i++) {
        const struct vane_plugin_change *change = g_ptr_array_index(plan->changes, i);
        const struct vane_plugin_entry *entry = vane_plugin_set_find(set, change->plugin);

        if (entry && entry->state == VANE_PLUGIN_RUNNING &&
            !g_hash_table_contains(plan->stops, change->plugin))
            g_hash_table_add(plan->reloads, change->plugin);
    }
}

/* Takes `changes` over. */
static struct vane_plan *plan_of(const struct vane_engine *engine,
                                 const struct vane_configuration *next, GPtrArray *changes)
{
    struct vane_plan *plan = g_new0(struct vane_plan, 1);

    plan->changes = changes;
    plan->stops = g_hash_table_new(g_str_hash, g_str_equal);
    plan->reloads = g_hash_table_new(g_str_hash, g_str_equal);
    plan->starts = g_hash_table_new(g_str_hash, g_str_equal);
    find_stops(plan, engine->plugins->entries);
    find_reloads(plan, engine->plugins);
    find_unopened(plan, engine->plugins);
    find_starts(plan, engine->plugins, next);
    return plan;
}

struct vane_plan *vane_plan_new(const struct vane_engine *engine,
                                const struct vane_configuration *next)
{
    return plan_of(engine, next, vane_configuration_changed_plugins(engine->configuration, next));
}

static void free_change(gpointer data)
{
    struct vane_plugin_change *change = data;

    g_free(change->plugin);
    g_free(change);
}

struct vane_plan *vane_plan_restart(const struct vane_engine *engine, const char *plugin)
{
    GPtrArray *changes = g_ptr_array_new_with_free_func(free_change);
    struct vane_plugin_change *change = g_new0(struct vane_plugin_change, 1);

    *change = (struct vane_plugin_change){g_strdup(plugin), true, true, true};
    g_ptr_array_add(changes, change);
    return plan_of(engine, engine->configuration, changes);
}

void vane_plan_free(struct vane_plan *plan)
{
    if (!plan)
        return;
    g_hash_table_unref(plan->stops);
    g_hash_table_unref(plan->reloads);
    g_hash_table_unref(plan->starts);
    g_ptr_array_unref(plan->changes);
    g_free(plan);
}

enum vane_plan_action vane_plan_action(const struct vane_plan *plan, const char *plugin)
{
    bool starts_it = g_hash_table_contains(plan->starts, plugin);

    if (g_hash_table_contains(plan->stops, plugin))
        return starts_it ? VANE_PLAN_RESTART : VANE_PLAN_STOP;
    if (starts_it)
        return VANE_PLAN_START;
    return g_hash_table_contains(plan->reloads, plugin) ? VANE_PLAN_RELOAD : VANE_PLAN_NOTHING;
}

const char *vane_plan_word(enum vane_plan_action action)
{
    switch (action) {
    case VANE_PLAN_NOTHING:
        return NULL;
    case VANE_PLAN_RELOAD:
        return "reload";
    case VANE_PLAN_RESTART:
        return "restart";
    case VANE_PLAN_START:
        return "start";
    case VANE_PLAN_STOP:
        return "stop";
    }
    return NULL;
}

bool vane_plan_changes(const struct vane_plan *plan, const char *plugin)
{
    return change_of(plan, plugin) != NULL;
}
