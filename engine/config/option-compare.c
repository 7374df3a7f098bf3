/* What of a set is listed and compared. See option-set.h. */
#include "engine/config/option-set.h"

#include <errno.h>
#include <string.h>

/* Made once, as the caller may keep it. */
static const char *const *label_list(struct vane_option_set *set, const char *kind)
{
    const char *const *known = g_hash_table_lookup(set->lists, kind);
    g_autoptr(GPtrArray) list = NULL;

    if (known)
        return known;
    list = g_ptr_array_new();
    for (guint i = 1; i < set->sections->len; i++) {
        struct vane_option_section *section = set->sections->pdata[i];

        if (strcmp(section->kind, kind) == 0)
            g_ptr_array_add(list, section->label);
    }
    g_ptr_array_add(list, NULL);
    known = (const char *const *)g_ptr_array_steal(list, NULL);
    g_hash_table_insert(set->lists, g_strdup(kind), (void *)known);
    return known;
}

int vane_option_set_list(struct vane_option_set *set, const char *kind, const char *const **labels,
                         uint32_t *count)
{
    if (!vane_option_set_has_kind(set, kind))
        return -ENOENT;
    *labels = label_list(set, kind);
    *count = g_strv_length((char **)*labels);
    return 0;
}

const struct vane_option_section *vane_option_set_twin(const struct vane_option_set *set,
                                                       const struct vane_option_section *section,
                                                       guint index)
{
    /* A plugin's own section comes first, whatever its name. */
    if (index == 0)
        return set->sections->pdata[0];
    for (guint i = 1; i < set->sections->len; i++) {
        const struct vane_option_section *other = set->sections->pdata[i];

        if (strcmp(other->label, section->label) == 0)
            return other;
    }
    return NULL;
}

/* Is the option the same in both, given the place of its value in `a`? */
static bool values_equal(const struct vane_option_set *a, const struct vane_option_section *section,
                         const struct vane_option_section *other, uint32_t index)
{
    const struct vane_option *option = vane_option_set_option(a, index);

    return !vane_option_fits(a, section, option) ||
           vane_value_equal(option, &section->values[index], &other->values[index]);
}

static bool sections_equal(const struct vane_option_set *a,
                           const struct vane_option_section *section,
                           const struct vane_option_section *other, uint32_t first, bool *restart)
{
    bool equal = true;

    for (uint32_t i = first; i < a->options->len; i++) {
        if (values_equal(a, section, other, i))
            continue;
        equal = false;
        if (vane_option_set_option(a, i)->flags & VANE_OPTION_RESTART)
            *restart = true;
    }
    return equal;
}

bool vane_option_set_equal(const struct vane_option_set *a, const struct vane_option_set *b,
                           uint32_t first, bool *restart)
{
    bool equal = a->sections->len == b->sections->len;

    if (a->options->len != b->options->len)
        return false;
    for (guint i = 0; i < a->sections->len; i++) {
        const struct vane_option_section *section = a->sections->pdata[i];
        const struct vane_option_section *other = vane_option_set_twin(b, section, i);

        if (!other || !sections_equal(a, section, other, first, restart))
            equal = false;
    }
    return equal;
}

static void move_place(struct vane_value *value, const struct vane_value *from)
{
    const char *old = value->place.file;

    value->assigned = from->assigned;
    value->place = from->place;
    if (value->place.file)
        g_ref_string_acquire((char *)value->place.file);
    if (old)
        g_ref_string_release((char *)old);
}

void vane_option_set_move_places(struct vane_option_set *set, const struct vane_option_set *from,
                                 uint32_t first)
{
    for (guint i = 0; i < set->sections->len; i++) {
        struct vane_option_section *section = set->sections->pdata[i];
        const struct vane_option_section *other = vane_option_set_twin(from, section, i);

        for (uint32_t n = first; other && n < set->options->len; n++)
            move_place(&section->values[n], &other->values[n]);
    }
}
