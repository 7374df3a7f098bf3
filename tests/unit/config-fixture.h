/* A directory of configuration files and a plugin's option table, for the configuration's tests. */
#ifndef NETVANE_TESTS_CONFIG_FIXTURE_H
#define NETVANE_TESTS_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <ftw.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "engine/config/configuration.h"

struct files {
    char *root; /* a new directory */
    char *main; /* ROOT/netvane.conf */
};

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    return remove(path);
}

static inline int files_setup(void **state)
{
    struct files *files = g_new0(struct files, 1);

    /* root obeys no file below a directory that others can write, as /tmp is */
    files->root =
        g_build_filename(geteuid() == 0 ? "/run" : g_get_tmp_dir(), "netvane-config-XXXXXX", NULL);
    assert_non_null(g_mkdtemp(files->root));
    assert_non_null(files->root);
    files->main = g_build_filename(files->root, "netvane.conf", NULL);
    *state = files;
    return 0;
}

static inline int files_teardown(void **state)
{
    struct files *files = *state;

    nftw(files->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    g_free(files->root);
    g_free(files->main);
    g_free(files);
    return 0;
}

/* Writes ROOT/NAME, with the directories above it. */
static inline void put(const struct files *files, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(files->root, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);

    assert_int_equal(g_mkdir_with_parents(parent, 0755), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static const struct vane_option scripts_options[] = {
    {.name = "ScriptDirectory",
     .type = VANE_OPTION_PATH_LIST,
     .default_value = "/etc/a:/etc/b",
     .long_option = "script-dir",
     .letter = 'S'},
    {.name = "StartupTriggers",
     .type = VANE_OPTION_BOOL,
     .default_value = "no",
     .letter = 'T',
     .flags = VANE_OPTION_RESTART},
    {.name = "Timeout",
     .type = VANE_OPTION_TIME,
     .default_value = "90s",
     .minimum = 1000000,
     .maximum = INT64_MAX},
    {.name = "MaxParallel",
     .type = VANE_OPTION_INTEGER,
     .default_value = "8",
     .minimum = 1,
     .maximum = 64},
    {.name = "User", .type = VANE_OPTION_STRING},
    {.name = "Tags", .type = VANE_OPTION_LIST},
};

static const struct vane_plugin scripts = {VANE_PLUGIN_HEAD("scripts", "1"),
                                           VANE_PLUGIN_OPTIONS(scripts_options)};

static const struct vane_option webhook_options[] = {
    {.name = "Url", .section = "Webhook", .type = VANE_OPTION_STRING},
    {.name = "Token",
     .section = "Webhook",
     .type = VANE_OPTION_STRING,
     .flags = VANE_OPTION_SECRET},
    {.name = "Method",
     .section = "Webhook",
     .type = VANE_OPTION_CHOICE,
     .choices = "GET POST PUT",
     .default_value = "POST"},
    {.name = "SpoolSize",
     .type = VANE_OPTION_SIZE,
     .default_value = "1M",
     .minimum = 4096,
     .maximum = 1 << 30},
    {.name = "SocketMode", .type = VANE_OPTION_MODE, .default_value = "0660"},
};

static const struct vane_plugin webhook = {VANE_PLUGIN_HEAD("webhook", "1"),
                                           VANE_PLUGIN_OPTIONS(webhook_options)};

/* One load through both phases with scripts and webhook installed. */
struct load {
    struct vane_problems *problems;
    struct vane_configuration *configuration;
    int result;
    char *text; /* the errors */
};

static inline void add_if_enabled(struct load *load, const struct vane_plugin *plugin)
{
    bool enabled = vane_configuration_enabled(load->configuration, plugin->name);

    assert_int_equal(vane_configuration_add_plugin(load->configuration, plugin->name,
                                                   enabled ? plugin : NULL, load->problems),
                     0);
}

static inline struct load load_sources(const struct vane_configuration_sources *sources)
{
    struct load load = {.problems = vane_problems_new()};

    load.configuration = vane_configuration_load(sources, load.problems);
    add_if_enabled(&load, &scripts);
    add_if_enabled(&load, &webhook);
    load.result = vane_configuration_finish(load.configuration, load.problems);
    load.text = vane_problems_text(load.problems);
    return load;
}

/* With the words of `arguments` after argv[0], separated by single spaces. */
static inline struct load load_as(const struct files *files, const char *program,
                                  const char *arguments)
{
    g_autofree char *line = g_strdup_printf("%s%s%s", program, *arguments ? " " : "", arguments);
    g_auto(GStrv) argv = g_strsplit(line, " ", -1);
    g_autofree char *local = g_build_filename(files->root, "local", NULL);
    struct vane_configuration_sources sources = {
        .argc = (int)g_strv_length(argv),
        .argv = argv,
        .default_file = files->main,
        .profile_directory = files->root,
        .local_profile_directory = local,
    };

    return load_sources(&sources);
}

static inline struct load load(const struct files *files)
{
    return load_as(files, "/usr/sbin/netvaned", "");
}

static inline void load_clear(struct load *load)
{
    vane_configuration_unref(load->configuration);
    vane_problems_free(load->problems);
    g_free(load->text);
}

#define LOAD __attribute__((cleanup(load_clear))) struct load

/* The text that was told, with the directory of the files cut off. */
static inline void assert_told(const struct load *load, const char *expected)
{
    if (!strstr(load->text, expected))
        fail_msg("expected \"%s\" in:\n%s", expected, load->text);
}

static inline void assert_warned(const struct load *load, const char *expected)
{
    for (guint i = 0; i < load->problems->list->len; i++) {
        const struct vane_problem *problem = load->problems->list->pdata[i];

        if (problem->warning && strstr(problem->text, expected))
            return;
    }
    fail_msg("no warning \"%s\"", expected);
}

static inline void assert_fine(const struct load *load)
{
    if (load->result != 0)
        fail_msg("unexpected: %s", load->text);
}

static inline const char *string_of(const struct load *load, const char *plugin,
                                    const char *section, const char *name)
{
    const char *value = NULL;

    assert_int_equal(
        vane_configuration_get_string(load->configuration, plugin, section, name, &value), 0);
    return value;
}

static inline int64_t number_of(const struct load *load, const char *plugin, const char *name)
{
    int64_t value = -1;

    assert_int_equal(vane_configuration_get_int64(load->configuration, plugin, NULL, name, &value),
                     0);
    return value;
}

/* A list joined with '|'; to be freed. */
static inline char *list_of(const struct load *load, const char *plugin, const char *name)
{
    const char *const *values;
    uint32_t count;

    assert_int_equal(
        vane_configuration_get_list(load->configuration, plugin, NULL, name, &values, &count), 0);
    assert_int_equal(g_strv_length((char **)values), count);
    return g_strjoinv("|", (char **)values);
}

static inline void assert_list(const struct load *load, const char *plugin, const char *name,
                               const char *expected)
{
    g_autofree char *joined = list_of(load, plugin, name);

    assert_string_equal(joined, expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, files_setup, files_teardown)

#endif
