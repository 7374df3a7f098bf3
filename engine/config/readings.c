/* What a configuration does with command line and section names: both are checked as a whole. */
#include "engine/config/configuration-internal.h"

#include <string.h>

#include "lib/text/nearest.h"

static const struct vane_value *profile_value(const struct vane_configuration *configuration,
                                              const char *name)
{
    const struct vane_option *option;
    const struct vane_value *value = NULL;

    (void)vane_option_set_find(configuration->profile, NULL, name, &option, &value);
    return value;
}

/* "run-startup-triggers:T" */
static void add_alias(struct vane_configuration *configuration, const char *text,
                      const struct vane_place *place, struct vane_problems *problems)
{
    const char *colon = strrchr(text, ':');
    g_autofree char *word = colon ? g_strndup(text, (gsize)(colon - text)) : NULL;

    if (word && *word && strlen(colon) == 2)
        vane_command_line_alias(&configuration->line, word, colon[1]);
    else
        vane_problems_error(problems, place, "LongOptions=%s: expected WORD:LETTER", text);
}

void vane_configuration_read_command_line(struct vane_configuration *configuration, bool strict,
                                          struct vane_problems *problems)
{
    static const struct vane_place place = {.file = "command line"};
    const struct vane_value *aliases = profile_value(configuration, "LongOptions");
    const struct vane_value *argument = profile_value(configuration, "Argument");
    struct vane_problems *told_before = vane_problems_new();
    unsigned files = configuration->line.files;

    vane_command_line_clear(&configuration->line);
    vane_command_line_init(&configuration->line);
    configuration->line.argument = argument && argument->text ? g_strdup(argument->text) : NULL;
    vane_command_line_know(&configuration->line, configuration->engine, true, problems);
    for (guint i = 0; strict && i < configuration->plugins->len; i++)
        vane_command_line_know(&configuration->line, configuration->plugins->pdata[i], false,
                               problems);
    for (uint32_t i = 0; i < aliases->count; i++)
        add_alias(configuration, aliases->list[i], &aliases->place,
                  strict ? told_before : problems);
    vane_command_line_read(&configuration->line, configuration->argc, configuration->argv, strict,
                           problems);
    if (strict && configuration->line.files != files)
        vane_problems_error(problems, &place,
                            "-c must not stand behind a plugin's letter; write it apart");
    vane_problems_free(told_before);
}

static bool is_kind(const struct vane_ini_statement *statement, const char *kind)
{
    return strcmp(statement->kind, kind) == 0;
}

static const char *nearest_plugin(const struct vane_configuration *configuration, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < configuration->plugins->len; i++) {
        const struct vane_option_set *set = configuration->plugins->pdata[i];

        if (set->installed)
            g_ptr_array_add(names, set->owner);
    }
    return vane_text_nearest(name, (const char *const *)names->pdata, names->len);
}

static void check_plugin_section(const struct vane_configuration *configuration,
                                 const struct vane_ini_statement *statement,
                                 struct vane_problems *problems)
{
    const struct vane_option_set *set;
    const char *nearest;

    if (!statement->name || !vane_is_plugin_name(statement->name)) {
        vane_problems_error(problems, &statement->place,
                            "[Plugin] needs the name of a plugin, as in [Plugin scripts]");
        return;
    }
    set = vane_configuration_plugin(configuration, statement->name);
    if (set && set->installed)
        return;
    nearest = nearest_plugin(configuration, statement->name);
    vane_problems_warning(problems, &statement->place, "the plugin %s is not installed%s%s%s",
                          statement->name, nearest ? "; did you mean " : "", nearest ? nearest : "",
                          nearest ? "?" : "");
}

/* The plugin that has such sections; NULL: none of those whose options are known. */
static const struct vane_option_set *owner_of(const struct vane_configuration *configuration,
                                              const char *kind)
{
    for (guint i = 0; i < configuration->plugins->len; i++) {
        const struct vane_option_set *set = configuration->plugins->pdata[i];

        if (vane_option_set_has_kind(set, kind))
            return set;
    }
    return NULL;
}

static const char *nearest_kind(const struct vane_configuration *configuration, const char *kind)
{
    g_autoptr(GPtrArray) kinds = g_ptr_array_new();

    g_ptr_array_add(kinds, (void *)"Engine");
    g_ptr_array_add(kinds, (void *)"Plugin");
    for (guint i = 0; i < configuration->plugins->len; i++) {
        const struct vane_option_set *set = configuration->plugins->pdata[i];

        g_assert(set);
        for (uint32_t n = 0; n < set->options->len; n++)
            g_ptr_array_add(kinds, (void *)vane_option_set_option(set, n)->section);
    }
    return vane_text_nearest(kind, (const char *const *)kinds->pdata, kinds->len);
}

/* Is there a plugin whose sections are not known, so that an unknown one may be its? */
static bool has_incomplete_plugin(const struct vane_configuration *configuration)
{
    for (guint i = 0; i < configuration->plugins->len; i++) {
        const struct vane_option_set *set = configuration->plugins->pdata[i];

        g_assert(set);
        if (!set->complete)
            return true;
    }
    return false;
}

static void unknown_section(const struct vane_configuration *configuration,
                            const struct vane_ini_statement *statement,
                            struct vane_problems *problems)
{
    const char *nearest = problems->list->len < VANE_PROBLEMS_MAX
                              ? nearest_kind(configuration, statement->kind)
                              : NULL;

    if (nearest)
        vane_problems_error(problems, &statement->place,
                            "there is no section [%s]; did you mean [%s%s]?", statement->kind,
                            nearest, strcmp(nearest, "Engine") == 0 ? "" : " NAME");
    else if (statement->name && has_incomplete_plugin(configuration))
        vane_problems_warning(problems, &statement->place,
                              "[%s %s] belongs to no enabled plugin and is not used",
                              statement->kind, statement->name);
    else
        vane_problems_error(problems, &statement->place, "there is no section [%s%s%s]",
                            statement->kind, statement->name ? " " : "",
                            statement->name ? statement->name : "");
}

static void check_section(const struct vane_configuration *configuration, guint index,
                          struct vane_problems *problems)
{
    const struct vane_ini_statement *statement = configuration->ini->statements->pdata[index];

    if (is_kind(statement, "Plugin"))
        check_plugin_section(configuration, statement, problems);
    else if (is_kind(statement, "Engine") || is_kind(statement, "Profile")) {
        if (statement->name)
            vane_problems_error(problems, &statement->place, "[%s] has no name", statement->kind);
        else if (is_kind(statement, "Profile") && index >= configuration->profile_statements)
            vane_problems_error(problems, &statement->place,
                                "[Profile] may only stand in the profile of a program");
    } else if (!owner_of(configuration, statement->kind))
        unknown_section(configuration, statement, problems);
    else if (!statement->name)
        vane_problems_error(problems, &statement->place, "[%s] needs a name, as in [%s NAME]",
                            statement->kind, statement->kind);
}

void vane_configuration_check_sections(const struct vane_configuration *configuration,
                                       struct vane_problems *problems)
{
    for (guint i = 0; i < configuration->ini->statements->len; i++) {
        const struct vane_ini_statement *statement = configuration->ini->statements->pdata[i];

        if (!statement->key)
            check_section(configuration, i, problems);
    }
}
