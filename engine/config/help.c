/* The text of --help. See configuration.h. */
#include "engine/config/configuration-internal.h"

static const char *argument_word(uint32_t type)
{
    static const char *const words[] = {
        [VANE_OPTION_STRING] = "TEXT",    [VANE_OPTION_BOOL] = NULL,
        [VANE_OPTION_INTEGER] = "N",      [VANE_OPTION_TIME] = "TIME",
        [VANE_OPTION_SIZE] = "SIZE",      [VANE_OPTION_PATH] = "PATH",
        [VANE_OPTION_PATH_LIST] = "DIRS", [VANE_OPTION_LIST] = "LIST",
        [VANE_OPTION_CHOICE] = "WORD",    [VANE_OPTION_MODE] = "MODE",
    };

    return words[type];
}

static bool on_command_line(const struct vane_option *option)
{
    return option->letter || option->long_option;
}

static void add_options(GString *text, const struct vane_option_set *set)
{
    for (uint32_t i = 0; i < set->options->len; i++) {
        const struct vane_option *option = vane_option_set_option(set, i);

        if (on_command_line(option))
            vane_command_line_help_row(text, (char)option->letter, option->long_option,
                                       argument_word(option->type),
                                       option->help ? option->help : "");
    }
}

static void add_plugin(GString *text, const struct vane_option_set *set)
{
    g_autoptr(GString) rows = g_string_new(NULL);

    add_options(rows, set);
    if (rows->len > 0)
        g_string_append_printf(text, "\nOptions of the plugin %s:\n%s", set->owner, rows->str);
}

static void add_aliases(GString *text, const struct vane_option_set *profile)
{
    const struct vane_option *option;
    const struct vane_value *aliases;

    if (vane_option_set_find(profile, NULL, "LongOptions", &option, &aliases) < 0 ||
        aliases->count == 0)
        return;
    g_string_append(text, "\nFurther spellings of this program:\n");
    for (uint32_t i = 0; i < aliases->count; i++) {
        g_auto(GStrv) parts = g_strsplit(aliases->list[i], ":", 2);
        g_autofree char *same = parts[1] ? g_strdup_printf("The same as -%s", parts[1]) : NULL;

        if (same)
            vane_command_line_help_row(text, 0, parts[0], NULL, same);
    }
}

char *vane_configuration_help(const struct vane_configuration *configuration)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text,
                           "Usage: %s [OPTION]...\n\n"
                           "Turns changes of the host's network into events and runs plugins on "
                           "them.\n\nOptions:\n",
                           configuration->program);
    vane_command_line_help(text);
    add_options(text, configuration->engine);
    for (guint i = 0; i < configuration->plugins->len; i++)
        add_plugin(text, configuration->plugins->pdata[i]);
    add_aliases(text, configuration->profile);
    g_string_append(text, "\nSee netvaned(8) and netvane.conf(5).\n");
    return g_string_free(text, FALSE);
}
