/* What a reload changes, and what stays as it was. See configuration.h. */
#include "engine/config/configuration-internal.h"

#include <string.h>

#include "engine/config/settings-internal.h"

static void change_free(void *data)
{
    struct vane_plugin_change *change = data;

    g_free(change->plugin);
    g_free(change);
}

static bool runs(const struct vane_configuration *configuration, const struct vane_option_set *set,
                 const char *name)
{
    return set && set->complete && vane_configuration_enabled(configuration, name);
}

/* NULL: nothing changed for the plugin. */
static struct vane_plugin_change *compare(const struct vane_configuration *old,
                                          const struct vane_configuration *new, const char *name)
{
    const struct vane_option_set *before = vane_configuration_plugin(old, name);
    const struct vane_option_set *after = vane_configuration_plugin(new, name);
    struct vane_plugin_change change = {
        .was_enabled = runs(old, before, name),
        .is_enabled = runs(new, after, name),
    };
    uint32_t common;

    vane_plugin_common_options(&common);
    if (!change.was_enabled && !change.is_enabled)
        return NULL;
    if (change.was_enabled && change.is_enabled &&
        vane_option_set_equal(before, after, common, &change.restart))
        return NULL;
    change.plugin = g_strdup(name);
    return g_memdup2(&change, sizeof(change));
}

static int by_name(const void *a, const void *b)
{
    const struct vane_plugin_change *const *left = a, *const *right = b;

    return strcmp((*left)->plugin, (*right)->plugin);
}

GPtrArray *vane_configuration_changed_plugins(const struct vane_configuration *old,
                                              const struct vane_configuration *new)
{
    GPtrArray *changes = g_ptr_array_new_with_free_func(change_free);
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < old->plugins->len; i++)
        g_ptr_array_add(names, ((struct vane_option_set *)old->plugins->pdata[i])->owner);
    for (guint i = 0; i < new->plugins->len; i++) {
        const char *name = ((struct vane_option_set *)new->plugins->pdata[i])->owner;

        if (!vane_configuration_plugin(old, name))
            g_ptr_array_add(names, (void *)name);
    }
    for (guint i = 0; i < names->len; i++) {
        struct vane_plugin_change *change = compare(old, new, names->pdata[i]);

        if (change)
            g_ptr_array_add(changes, change);
    }
    g_ptr_array_sort(changes, by_name);
    return changes;
}

void vane_configuration_keep_plugin(struct vane_configuration *to,
                                    const struct vane_configuration *from, const char *plugin)
{
    struct vane_option_set *kept = vane_configuration_plugin(from, plugin);

    for (guint i = 0; kept && i < to->plugins->len; i++) {
        struct vane_option_set *set = to->plugins->pdata[i];

        if (strcmp(set->owner, plugin) != 0 || set == kept)
            continue;
        to->plugins->pdata[i] = vane_option_set_ref(kept);
        vane_option_set_unref(set);
    }
}

/* Enabled= and OnFailure= are the host's business and may differ: the set takes the new ones. */
static void take_common(struct vane_option_set *set, struct vane_option_set *from, uint32_t count)
{
    struct vane_option_section *own = set->sections->pdata[0], *other = from->sections->pdata[0];

    for (uint32_t i = 0; i < count; i++) {
        struct vane_value value = own->values[i];

        own->values[i] = other->values[i];
        other->values[i] = value;
    }
}

/* What the plugin was told stays its memory, but people are told where the values stand now. */
static void share_unchanged(struct vane_configuration *new, const struct vane_configuration *old)
{
    uint32_t common;

    vane_plugin_common_options(&common);
    for (guint i = 0; i < new->plugins->len; i++) {
        struct vane_option_set *set = new->plugins->pdata[i];
        struct vane_option_set *before = vane_configuration_plugin(old, set->owner);
        bool restart = false;

        if (!before || before == set || !before->complete || !set->complete ||
            !vane_option_set_equal(before, set, common, &restart))
            continue;
        vane_option_set_move_places(before, set, common);
        take_common(before, set, common);
        vane_configuration_keep_plugin(new, old, before->owner);
    }
}

static void keep_value(const struct vane_option *option, struct vane_value *value,
                       const struct vane_value *in_force, struct vane_problems *problems)
{
    g_autofree char *why = NULL;

    vane_problems_warning(problems, value->place.file ? &value->place : NULL,
                          "%s= takes effect when the daemon is restarted", option->name);
    vane_value_reset(option, value);
    if (in_force->assigned)
        (void)vane_value_assign(option, value, in_force->text, &in_force->place, true, &why);
}

void vane_configuration_succeed(struct vane_configuration *new,
                                const struct vane_configuration *old,
                                struct vane_problems *problems)
{
    struct vane_option_section *section = new->engine->sections->pdata[0];
    const struct vane_option_section *in_force = old->engine->sections->pdata[0];

    for (uint32_t i = 0; i < new->engine->options->len; i++) {
        const struct vane_option *option = vane_option_set_option(new->engine, i);

        if ((option->flags & VANE_OPTION_RESTART) &&
            !vane_value_equal(option, &section->values[i], &in_force->values[i]))
            keep_value(option, &section->values[i], &in_force->values[i], problems);
    }
    vane_engine_settings_fill(&new->settings, new->engine, new->line.verbosity);
    share_unchanged(new, old);
}
