/*
 * Fills the option tables of engine and plugins into manual pages and the configuration file, so
 * that these say what the programs do. The build runs it:
 *
 *     render-options TEMPLATE PLUGIN.so...
 *
 * In TEMPLATE, the lines "@@configuration file@@", "@@engine options@@", "@@plugin options@@",
 * "@@options of PLUGIN@@" and "@@command line@@" stand for what the tables say; everything else is
 * copied.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <netvane/plugin.h>

#include "docs/option-words.h"
#include "engine/config/settings.h"

/* A plugin's options, or the engine's. */
struct table {
    const char *section, *description;
    const struct vane_option *options;
    uint32_t count;
    uint32_t option_size; /* a plugin may be built with a longer struct */
};

static const struct vane_plugin *registered;

int vane_plugin_register(const struct vane_plugin *plugin)
{
    registered = plugin;
    return 0;
}

static const struct vane_option *option_at(const struct table *table, uint32_t index)
{
    return (const void *)((const char *)table->options + (size_t)index * table->option_size);
}

/* ---- the configuration file ---- */

static void print_comment(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    size_t column = 0;

    for (char **word = words; *word; word++) {
        size_t length = strlen(*word);

        if (column == 0 || column + 1 + length > 98)
            column = (size_t)printf("%s# %s", column ? "\n" : "", *word) - (column ? 1 : 0);
        else
            column += (size_t)printf(" %s", *word);
    }
    putchar('\n');
}

/* Options of repeatable sections have no place of their own in a file of defaults. */
static void print_defaults(const struct table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        const struct vane_option *option = option_at(table, i);
        g_autofree char *value = vane_option_value_text(option);
        g_autofree char *comment = g_strdup_printf("%s (%s).", option->help, value);

        if (option->section)
            continue;
        print_comment(comment);
        printf("#%s=%s\n\n", option->name, option->default_value ? option->default_value : "");
    }
}

/* ---- manual pages ---- */

static void print_spellings(const struct vane_option *option)
{
    if (!option->letter && !option->long_option)
        return;
    fputs(" On the command line ", stdout);
    if (option->letter)
        printf("*-%c*%s", (char)option->letter, option->long_option ? ", " : "");
    if (option->long_option)
        printf("*--%s*", option->long_option);
    putchar('.');
}

static void print_entry(const struct vane_option *option, const char *restart)
{
    g_autofree char *help = vane_escaped(option->help);
    g_autofree char *value = vane_option_value_text(option);
    g_autofree char *clean = vane_escaped(value);
    g_autofree char *preset = vane_escaped(option->default_value ? option->default_value : "");

    printf("*%s=*\n\t%s. Takes %s.", option->name, help, clean);
    if (option->default_value && *preset)
        printf(" Default: _%s_.", preset);
    else
        fputs(" Unset by default.", stdout);
    print_spellings(option);
    if (option->flags & VANE_OPTION_SECRET)
        fputs(" Its value is never shown.", stdout);
    if (option->flags & VANE_OPTION_RESTART)
        fputs(restart, stdout);
    fputs("\n\n", stdout);
}

static void print_kind(const struct table *table, const char *section, const char *restart)
{
    for (uint32_t i = 0; i < table->count; i++) {
        const struct vane_option *option = option_at(table, i);

        if (g_strcmp0(option->section, section) == 0)
            print_entry(option, restart);
    }
}

static const char restarts_plugin[] = " A change restarts the plugin.";

/* The repeatable sections, in the order of the table. */
static void print_repeatable(const struct table *table)
{
    const char *seen = NULL;

    for (uint32_t i = 0; i < table->count; i++) {
        const char *section = option_at(table, i)->section;

        if (!section || g_strcmp0(section, seen) == 0)
            continue;
        printf("## [%s _NAME_]\n\n", section);
        print_kind(table, section, restarts_plugin);
        seen = section;
    }
}

static void print_plugin(const struct table *table)
{
    printf("## [%s]\n\n%s.\n\n", table->section, table->description);
    print_kind(table, NULL, restarts_plugin);
    print_repeatable(table);
}

static const char *argument_name(uint32_t type)
{
    switch (type) {
    case VANE_OPTION_PATH:
        return "PATH";
    case VANE_OPTION_PATH_LIST:
        return "DIRS";
    default:
        return "VALUE";
    }
}

static void print_argument(const struct vane_option *option, const char *section)
{
    const char *argument = option->type == VANE_OPTION_BOOL ? NULL : argument_name(option->type);
    g_autofree char *help = vane_escaped(option->help);

    if (option->letter)
        printf("*-%c*", (char)option->letter);
    if (option->long_option)
        printf("%s*--%s*", option->letter ? ", " : "", option->long_option);
    if (argument)
        printf(" _%s_", argument);
    printf("\n\t%s. The same as *%s=%s* in [%s].\n\n", help, option->name, argument ? "" : "yes",
           section);
}

static void print_arguments(const struct table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        const struct vane_option *option = option_at(table, i);

        if (option->letter || option->long_option)
            print_argument(option, table->section);
    }
}

/* ---- the tables ---- */

static struct table engine_table(void)
{
    struct table table = {.section = "Engine", .option_size = sizeof(struct vane_option)};

    table.options = vane_engine_options(&table.count);
    return table;
}

static struct table common_table(void)
{
    struct table table = {.section = "Plugin _NAME_", .option_size = sizeof(struct vane_option)};

    table.options = vane_plugin_common_options(&table.count);
    return table;
}

static struct table plugin_table(const char *path)
{
    registered = NULL;
    if (!dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) || !registered) {
        fprintf(stderr, "%s: %s\n", path, registered ? dlerror() : "did not register");
        exit(EXIT_FAILURE);
    }
    return (struct table){.section = g_strconcat("Plugin ", registered->name, NULL),
                          .description = registered->description,
                          .options = registered->options,
                          .count = registered->option_count,
                          .option_size = registered->option_size};
}

static void print_configuration(const struct table *plugins, int count)
{
    const struct table engine = engine_table(), common = common_table();

    printf("[Engine]\n");
    print_defaults(&engine);
    for (int i = 0; i < count; i++) {
        printf("# %s.\n[%s]\n", plugins[i].description, plugins[i].section);
        print_defaults(&common);
        print_defaults(&plugins[i]);
    }
}

/* "@@options of NAME@@": NAME's own section, then the repeatable ones. */
static bool print_options_of(const char *line, const struct table *plugins, int count)
{
    for (int i = 0; i < count; i++) {
        const char *name = plugins[i].section + strlen("Plugin ");
        g_autofree char *wanted = g_strdup_printf("@@options of %s@@\n", name);

        if (strcmp(line, wanted) != 0)
            continue;
        print_kind(&plugins[i], NULL, restarts_plugin);
        print_repeatable(&plugins[i]);
        return true;
    }
    return false;
}

static void print_line(const char *line, const struct table *plugins, int count)
{
    const struct table engine = engine_table(), common = common_table();

    if (strcmp(line, "@@configuration file@@\n") == 0) {
        print_configuration(plugins, count);
    } else if (strcmp(line, "@@engine options@@\n") == 0) {
        print_kind(&engine, NULL, " A change needs a restart of the daemon.");
    } else if (strcmp(line, "@@common options@@\n") == 0) {
        print_kind(&common, NULL, "");
    } else if (strcmp(line, "@@plugin options@@\n") == 0) {
        for (int i = 0; i < count; i++)
            print_plugin(&plugins[i]);
    } else if (strcmp(line, "@@command line@@\n") == 0) {
        print_arguments(&engine);
        for (int i = 0; i < count; i++)
            print_arguments(&plugins[i]);
    } else if (!print_options_of(line, plugins, count)) {
        fputs(line, stdout);
    }
}

int main(int argc, char **argv)
{
    g_autofree struct table *plugins = g_new0(struct table, (size_t)argc);
    FILE *template = argc > 1 ? fopen(argv[1], "re") : NULL;
    char line[4096];

    if (!template) {
        fprintf(stderr, "usage: render-options TEMPLATE PLUGIN.so...\n");
        return EXIT_FAILURE;
    }
    for (int i = 2; i < argc; i++)
        plugins[i - 2] = plugin_table(argv[i]);
    while (fgets(line, sizeof(line), template))
        print_line(line, plugins, argc - 2);
    fclose(template);
    for (int i = 2; i < argc; i++)
        g_free((char *)plugins[i - 2].section);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
