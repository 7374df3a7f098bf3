/* Which options differ between two configurations, one by one. See configuration.h. */
#include "engine/config/configuration-internal.h"

#include <string.h>

struct comparison {
    const struct vane_option_set *old, *new;
    uint32_t count; /* of options that both know */
    void (*each)(void *user, const struct vane_option_change *change);
    void *user;
};

static const char *text_of(const struct vane_option *option, const struct vane_value *value)
{
    if (!value || !value->set)
        return NULL;
    return (option->flags & VANE_OPTION_SECRET) && *value->text ? "(hidden)" : value->text;
}

static bool is_equal(const struct vane_option *option, const struct vane_value *old,
                     const struct vane_value *new)
{
    const struct vane_value *one = old ? old : new;

    if (old && new)
        return vane_value_equal(option, old, new);
    /* A section comes or goes: what stands in it is of interest, its defaults are not. */
    return !one || !one->assigned;
}

static void tell(const struct comparison *comparison, const char *section,
                 const struct vane_option *option, const struct vane_value *old,
                 const struct vane_value *new)
{
    const struct vane_option_change change = {
        .plugin = comparison->new->owner,
        .section = section,
        .name = option->name,
        .old = text_of(option, old),
        .new = text_of(option, new),
        .place = new &&new->place.file ? &new->place : NULL,
        .restart = option->flags &VANE_OPTION_RESTART,
    };

    comparison->each(comparison->user, &change);
}

/* One of the two sections may be NULL. */
static void compare_sections(const struct comparison *comparison,
                             const struct vane_option_section *old,
                             const struct vane_option_section *new)
{
    const struct vane_option_set *set = new ? comparison->new : comparison->old;
    const struct vane_option_section *present = new ? new : old;

    for (uint32_t i = 0; i < comparison->count; i++) {
        const struct vane_option *option = vane_option_set_option(set, i);
        const struct vane_value *before = old ? &old->values[i] : NULL;
        const struct vane_value *after = new ? &new->values[i] : NULL;

        if (vane_option_fits(set, present, option) && !is_equal(option, before, after))
            tell(comparison, present->label, option, before, after);
    }
}

static void compare_sets(const struct comparison *comparison)
{
    const struct vane_option_set *old = comparison->old, *new = comparison->new;

    for (guint i = 0; i < new->sections->len; i++) {
        const struct vane_option_section *section = new->sections->pdata[i];

        compare_sections(comparison, vane_option_set_twin(old, section, i), section);
    }
    for (guint i = 1; i < old->sections->len; i++) {
        const struct vane_option_section *section = old->sections->pdata[i];

        if (!vane_option_set_twin(new, section, i))
            compare_sections(comparison, section, NULL);
    }
}

static int by_owner(const void *a, const void *b)
{
    const struct vane_option_set *const *left = a, *const *right = b;

    return strcmp((*left)->owner, (*right)->owner);
}

/* Every plugin that the new one knows: installed ones are always known, to both. */
void vane_configuration_each_change(
    const struct vane_configuration *old, const struct vane_configuration *new,
    void (*each)(void *user, const struct vane_option_change *change), void *user)
{
    g_autoptr(GPtrArray) plugins = g_ptr_array_copy(new->plugins, NULL, NULL);
    struct comparison comparison = {old->engine, new->engine, new->engine->options->len, each,
                                    user};

    compare_sets(&comparison);
    g_ptr_array_set_free_func(plugins, NULL);
    g_ptr_array_sort(plugins, by_owner);
    for (guint i = 0; i < plugins->len; i++) {
        comparison.new = plugins->pdata[i];
        comparison.old = vane_configuration_plugin(old, comparison.new->owner);
        if (!comparison.old || !comparison.new->installed)
            continue;
        comparison.count = MIN(comparison.old->options->len, comparison.new->options->len);
        compare_sets(&comparison);
    }
}
