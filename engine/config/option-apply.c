/* Statements of files and words of the command line become values. See option-set.h. */
#include "engine/config/option-set.h"

#include <string.h>

#include "lib/text/nearest.h"

static int find_index(const struct vane_option_set *set, const struct vane_option_section *section,
                      const char *key)
{
    for (uint32_t i = 0; i < set->options->len; i++) {
        const struct vane_option *option = vane_option_set_option(set, i);

        if (vane_option_fits(set, section, option) && strcmp(option->name, key) == 0)
            return (int)i;
    }
    return -1;
}

static const char *nearest_key(const struct vane_option_set *set,
                               const struct vane_option_section *section, const char *key)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (uint32_t i = 0; i < set->options->len; i++) {
        const struct vane_option *option = vane_option_set_option(set, i);

        if (vane_option_fits(set, section, option))
            g_ptr_array_add(names, (void *)option->name);
    }
    return vane_text_nearest(key, (const char *const *)names->pdata, names->len);
}

static void refuse_key(const struct vane_option_set *set, const struct vane_option_section *section,
                       const struct vane_ini_statement *statement, struct vane_problems *problems)
{
    /* Searching is work; when nobody will read the message it is not done. */
    const char *nearest =
        problems->list->len < VANE_PROBLEMS_MAX ? nearest_key(set, section, statement->key) : NULL;

    vane_problems_error(problems, &statement->place, "[%s] has no option %s=%s%s%s", section->label,
                        statement->key, nearest ? "; did you mean " : "", nearest ? nearest : "",
                        nearest ? "=?" : "");
}

static void refuse_value(const struct vane_option *option, const char *spelling, const char *text,
                         const struct vane_place *place, const char *why,
                         struct vane_problems *problems)
{
    bool secret = option->flags & VANE_OPTION_SECRET;

    vane_problems_error(problems, place, "%s%s: %s", spelling, secret ? "(hidden)" : text, why);
}

static void assign(const struct vane_option_set *set, struct vane_option_section *section,
                   uint32_t index, const struct vane_ini_statement *statement,
                   struct vane_problems *problems)
{
    const struct vane_option *option = vane_option_set_option(set, index);
    g_autofree char *why = NULL, *spelling = NULL;

    if (vane_value_assign(option, &section->values[index], statement->value,
                          &statement->value_place, false, &why) == 0)
        return;
    spelling = g_strconcat(option->name, "=", NULL);
    refuse_value(option, spelling, statement->value, &statement->value_place, why, problems);
}

static void apply_statement(struct vane_option_set *set, const struct vane_ini_statement *statement,
                            struct vane_problems *problems)
{
    struct vane_option_section *section = vane_option_set_section(set, statement);
    int index;

    if (!section && statement->name && vane_option_set_has_kind(set, statement->kind) &&
        !statement->key)
        vane_problems_error(problems, &statement->place, "there are more than %u sections of %s",
                            VANE_SECTIONS_MAX, set->owner);
    if (!section || !statement->key)
        return;
    index = find_index(set, section, statement->key);
    if (index >= (int)set->applied)
        assign(set, section, (uint32_t)index, statement, problems);
    else if (index < 0 && set->complete)
        refuse_key(set, section, statement, problems);
}

void vane_option_set_apply(struct vane_option_set *set, const struct vane_ini *ini,
                           struct vane_problems *problems)
{
    for (guint i = 0; i < ini->statements->len; i++)
        apply_statement(set, ini->statements->pdata[i], problems);
    set->applied = set->options->len;
}

void vane_option_set_override(struct vane_option_set *set, uint32_t index, const char *text,
                              const char *spelling, const struct vane_place *place,
                              struct vane_problems *problems)
{
    struct vane_option_section *own = set->sections->pdata[0];
    const struct vane_option *option = vane_option_set_option(set, index);
    g_autofree char *why = NULL;

    if (vane_value_assign(option, &own->values[index], text, place, true, &why) < 0)
        refuse_value(option, spelling, text, place, why, problems);
}
