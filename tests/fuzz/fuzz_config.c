/*
 * The configuration from bytes: what comes before the first NUL is words of a command line, one a
 * line; the rest is a file. Both are applied to fixed option tables of every type.
 */
#include <string.h>

#include "engine/config/configuration-internal.h"

static const struct vane_option scripts_options[] = {
    {.name = "Directory", .type = VANE_OPTION_PATH_LIST, .letter = 'S', .long_option = "dir"},
    {.name = "Triggers", .type = VANE_OPTION_BOOL, .letter = 'T'},
    {.name = "Timeout", .type = VANE_OPTION_TIME, .default_value = "90s", .maximum = INT64_MAX},
    {.name = "Count", .type = VANE_OPTION_INTEGER, .minimum = -5, .maximum = 64, .letter = 'n'},
    {.name = "Tags", .type = VANE_OPTION_LIST},
};

static const struct vane_option webhook_options[] = {
    {.name = "Url", .section = "Webhook", .type = VANE_OPTION_STRING},
    {.name = "Token", .section = "Webhook", .type = VANE_OPTION_STRING, .flags = 1},
    {.name = "Method", .section = "Webhook", .type = VANE_OPTION_CHOICE, .choices = "GET POST"},
    {.name = "Spool", .type = VANE_OPTION_SIZE, .default_value = "1M", .maximum = 1 << 30},
    {.name = "Mode", .type = VANE_OPTION_MODE, .default_value = "0660", .long_option = "mode"},
    {.name = "Key", .type = VANE_OPTION_PATH, .flags = VANE_OPTION_RESTART},
};

static const struct vane_plugin scripts = {VANE_PLUGIN_HEAD("scripts", "1"),
                                           VANE_PLUGIN_OPTIONS(scripts_options)};
static const struct vane_plugin webhook = {VANE_PLUGIN_HEAD("webhook", "1"),
                                           VANE_PLUGIN_OPTIONS(webhook_options)};

static struct vane_configuration *load(char **argv, const char *text, size_t length,
                                       struct vane_problems *problems)
{
    const struct vane_configuration_sources sources = {
        .argc = (int)g_strv_length(argv),
        .argv = argv,
        .default_file = "/nonexistent/netvane.conf",
        .profile_directory = "/nonexistent",
    };
    struct vane_configuration *configuration = vane_configuration_load(&sources, problems);

    vane_ini_parse(configuration->ini, "file", text, length, problems);
    vane_configuration_add_plugin(configuration, "scripts", &scripts, problems);
    vane_configuration_add_plugin(configuration, "webhook", &webhook, problems);
    vane_configuration_finish(configuration, problems);
    return configuration;
}

static void show(const struct vane_configuration *configuration)
{
    static const char *const owners[] = {NULL, "scripts", "webhook"};

    for (size_t i = 0; i < G_N_ELEMENTS(owners); i++) {
        struct vane_json json;

        vane_json_init(&json, 0);
        vane_configuration_render_options(configuration, owners[i], &json);
        g_assert(vane_json_text(&json, NULL)[0] == '[');
        vane_json_clear(&json);
    }
    g_free(vane_configuration_help(configuration));
}

/* Nothing may have changed between a text and itself. */
static void compare(const struct vane_configuration *a, struct vane_configuration *b,
                    struct vane_problems *problems)
{
    g_autoptr(GPtrArray) changes = vane_configuration_changed_plugins(a, b);
    unsigned before = problems->warnings;

    g_assert(changes->len == 0);
    vane_configuration_succeed(b, a, problems);
    g_assert(problems->warnings == before);
}

/* argv[0] and the lines, but no word that would have a file of this machine read. */
static char **words_of(const char *bytes, size_t length)
{
    g_autofree char *text = g_strndup(bytes, length);
    g_autofree char *whole = g_strconcat("netvaned\n", text, NULL);
    char **words = g_strsplit(whole, "\n", 32);

    for (char **word = words; *word; word++)
        if (strstr(*word, "/") || (**word == '-' && strchr(*word, 'c')))
            **word = '\0';
    return words;
}

/* Syntax and values alone: several times as many inputs a second as a whole configuration. */
static void apply_file(const char *text, size_t length, struct vane_problems *problems)
{
    static const struct vane_plugin *const plugins[] = {&scripts, &webhook};
    struct vane_ini *ini = vane_ini_new();

    vane_ini_parse(ini, "file", text, length, problems);
    for (size_t i = 0; i < G_N_ELEMENTS(plugins); i++) {
        struct vane_option_set *set =
            vane_option_set_new(plugins[i]->name, "Plugin", plugins[i]->name);

        vane_option_set_add(set, plugins[i]->options, plugins[i]->option_size,
                            plugins[i]->option_count, problems);
        set->complete = true;
        vane_option_set_apply(set, ini, problems);
        vane_option_set_unref(set);
    }
    vane_ini_unref(ini);
}

static void apply_all(char **words, const char *text, size_t length, struct vane_problems *problems)
{
    struct vane_configuration *a = load(words, text, length, problems);
    struct vane_configuration *b = load(words, text, length, problems);

    compare(a, b, problems);
    vane_configuration_unref(a);
    show(b);
    vane_configuration_unref(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    const char *end = memchr(data, 0, size);
    size_t words_length = end ? (size_t)(end - bytes) : 0;
    size_t skipped = end ? words_length + 1 : 0;
    g_auto(GStrv) words = words_of(bytes, words_length);
    struct vane_problems *problems = vane_problems_new();

    if (size % 8 == 0)
        apply_all(words, bytes + skipped, size - skipped, problems);
    else
        apply_file(bytes + skipped, size - skipped, problems);
    g_free(vane_problems_text(problems));
    vane_problems_free(problems);
    return 0;
}
