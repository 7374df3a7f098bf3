/* The options of one owner and their values. See option-set.h. */
#include "engine/config/option-set.h"

#include <errno.h>
#include <string.h>

#include "engine/config/option-table.h"

static struct vane_option_section *own_section(const struct vane_option_set *set)
{
    return set->sections->pdata[0];
}

const struct vane_option *vane_option_set_option(const struct vane_option_set *set, uint32_t index)
{
    return &g_array_index(set->options, struct vane_option, index);
}

bool vane_option_fits(const struct vane_option_set *set, const struct vane_option_section *section,
                      const struct vane_option *option)
{
    if (section == own_section(set))
        return !option->section;
    return option->section && strcmp(option->section, section->kind) == 0;
}

/* Room and defaults for the options from index `first` on. */
static void extend_section(const struct vane_option_set *set, struct vane_option_section *section,
                           uint32_t first)
{
    section->values = g_renew(struct vane_value, section->values, set->options->len);
    for (uint32_t i = first; i < set->options->len; i++) {
        const struct vane_option *option = vane_option_set_option(set, i);

        section->values[i] = (struct vane_value){0};
        if (vane_option_fits(set, section, option))
            vane_value_reset(option, &section->values[i]);
    }
}

static struct vane_option_section *add_section(struct vane_option_set *set, const char *kind,
                                               const char *name)
{
    struct vane_option_section *section = g_new0(struct vane_option_section, 1);

    section->kind = g_strdup(kind);
    section->name = g_strdup(name);
    section->label = name ? g_strdup_printf("%s %s", kind, name) : g_strdup(kind);
    g_ptr_array_add(set->sections, section);
    extend_section(set, section, 0);
    return section;
}

static void section_free(const struct vane_option_set *set, struct vane_option_section *section)
{
    for (uint32_t i = 0; i < set->options->len; i++)
        vane_value_clear(&section->values[i]);
    g_free(section->values);
    g_free(section->kind);
    g_free(section->name);
    g_free(section->label);
    g_free(section);
}

struct vane_option_set *vane_option_set_new(const char *owner, const char *kind, const char *name)
{
    struct vane_option_set *set = g_new0(struct vane_option_set, 1);

    set->refs = 1;
    set->owner = g_strdup(owner);
    set->options = g_array_new(FALSE, FALSE, sizeof(struct vane_option));
    set->sections = g_ptr_array_new();
    set->lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    add_section(set, kind, name);
    return set;
}

struct vane_option_set *vane_option_set_ref(struct vane_option_set *set)
{
    set->refs++;
    return set;
}

void vane_option_set_unref(struct vane_option_set *set)
{
    if (--set->refs > 0)
        return;
    for (guint i = 0; i < set->sections->len; i++)
        section_free(set, set->sections->pdata[i]);
    g_ptr_array_unref(set->sections);
    g_hash_table_unref(set->lists);
    g_array_unref(set->options);
    g_free(set->state_directory);
    g_free(set->runtime_directory);
    g_free(set->owner);
    g_free(set);
}

char *vane_option_set_title(const struct vane_option_set *set)
{
    return set->owner ? g_strdup_printf("the plugin %s", set->owner) : g_strdup("the engine");
}

static bool is_declared(const struct vane_option_set *set, const struct vane_option *option)
{
    for (uint32_t i = 0; i < set->options->len; i++) {
        const struct vane_option *other = vane_option_set_option(set, i);

        if (strcmp(other->name, option->name) == 0 &&
            g_strcmp0(other->section, option->section) == 0)
            return true;
    }
    return false;
}

static int add_option(struct vane_option_set *set, const struct vane_option *option,
                      struct vane_problems *problems)
{
    g_autofree char *why = NULL;
    g_autofree char *title = vane_option_set_title(set);
    int r = vane_option_check(option, &why);

    if (r == 0 && is_declared(set, option)) {
        why = g_strdup("it is declared twice");
        r = -EINVAL;
    }
    if (r < 0)
        vane_problems_error(problems, NULL, "%s declares the option %s wrongly: %s", title,
                            option->name ? option->name : "without a name", why);
    else
        g_array_append_val(set->options, *option);
    return r;
}

int vane_option_set_add(struct vane_option_set *set, const struct vane_option *table, uint32_t size,
                        uint32_t count, struct vane_problems *problems)
{
    uint32_t first = set->options->len;
    int result = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct vane_option option;

        if (!table || vane_option_at(table, size, i, &option) < 0) {
            vane_problems_error(problems, NULL, "the plugin %s has no proper option table",
                                set->owner);
            result = -EINVAL;
            break;
        }
        if (add_option(set, &option, problems) < 0)
            result = -EINVAL;
    }
    for (guint i = 0; i < set->sections->len; i++)
        extend_section(set, set->sections->pdata[i], first);
    return result;
}

bool vane_option_set_has_kind(const struct vane_option_set *set, const char *kind)
{
    for (uint32_t i = 0; i < set->options->len; i++)
        if (g_strcmp0(vane_option_set_option(set, i)->section, kind) == 0)
            return true;
    return false;
}

static struct vane_option_section *find_section(const struct vane_option_set *set,
                                                const char *label)
{
    for (guint i = label ? 1 : 0; i < set->sections->len; i++) {
        struct vane_option_section *section = set->sections->pdata[i];

        if (!label || strcmp(section->label, label) == 0)
            return section;
    }
    return NULL;
}

static int find_option(const struct vane_option_set *set, const struct vane_option_section *section,
                       const char *name)
{
    for (uint32_t i = 0; i < set->options->len; i++) {
        const struct vane_option *option = vane_option_set_option(set, i);

        if (vane_option_fits(set, section, option) && strcmp(option->name, name) == 0)
            return (int)i;
    }
    return -ENOENT;
}

int vane_option_set_find(const struct vane_option_set *set, const char *section, const char *name,
                         const struct vane_option **option, const struct vane_value **value)
{
    const struct vane_option_section *found = find_section(set, section);
    int index = found ? find_option(set, found, name) : -ENOENT;

    if (index < 0)
        return -ENOENT;
    *option = vane_option_set_option(set, (uint32_t)index);
    *value = &found->values[index];
    return 0;
}

struct vane_option_section *vane_option_set_section(struct vane_option_set *set,
                                                    const struct vane_ini_statement *statement)
{
    struct vane_option_section *own = own_section(set);
    g_autofree char *label = NULL;
    struct vane_option_section *section;

    if (strcmp(own->kind, statement->kind) == 0)
        return g_strcmp0(own->name, statement->name) == 0 ? own : NULL;
    if (!statement->name || !vane_option_set_has_kind(set, statement->kind))
        return NULL;
    label = g_strdup_printf("%s %s", statement->kind, statement->name);
    section = find_section(set, label);
    if (section || set->sections->len >= VANE_SECTIONS_MAX)
        return section;
    return add_section(set, statement->kind, statement->name);
}
