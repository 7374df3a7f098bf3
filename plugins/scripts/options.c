/* The plugin's options, read from the checked configuration. See options.h. */
#include "plugins/scripts/options.h"

#include "plugins/scripts/catalog.h"

static int64_t number_option(const struct vane_scripts *scripts, const char *name)
{
    int64_t value = 0;

    (void)scripts->host->config->get_int64(scripts->self, NULL, name, &value);
    return value;
}

static bool bool_option(const struct vane_scripts *scripts, const char *name)
{
    uint32_t value = 0;

    (void)scripts->host->config->get_bool(scripts->self, NULL, name, &value);
    return value != 0;
}

/* Rounded up, so that a short span does not become none. */
static uint64_t span_option(const struct vane_scripts *scripts, const char *name)
{
    int64_t microseconds = number_option(scripts, name);

    return microseconds == INT64_MAX ? 0 : ((uint64_t)microseconds + 999) / 1000;
}

static char **directories_option(const struct vane_scripts *scripts)
{
    const char *const *paths;
    GPtrArray *copy = g_ptr_array_new();
    uint32_t count;

    if (scripts->host->config->get_list(scripts->self, NULL, "ScriptDirectory", &paths, &count) < 0)
        count = 0;
    for (uint32_t i = 0; i < count; i++)
        g_ptr_array_add(copy, g_strdup(paths[i]));
    g_ptr_array_add(copy, NULL);
    return (char **)g_ptr_array_free(copy, FALSE);
}

/* A directory that is not there may come; one that cannot be read is the operator's mistake. */
static void complain_about_directories(struct vane_scripts *scripts)
{
    g_ptr_array_unref(vane_catalog_subdirectories(scripts->options.directories,
                                                  vane_scripts_unreadable, scripts));
}

void vane_script_options_read(struct vane_scripts *scripts)
{
    g_strfreev(scripts->options.directories);
    scripts->options = (struct vane_script_options){
        .directories = directories_option(scripts),
        .timeout_ms = span_option(scripts, "Timeout"),
        .debounce_ms = span_option(scripts, "Debounce"),
        .parallel = (uint32_t)number_option(scripts, "MaxParallel"),
        .queue_length = (uint32_t)number_option(scripts, "QueueLength"),
        .startup = bool_option(scripts, "StartupTriggers"),
        .coalesce = bool_option(scripts, "Coalesce"),
    };
    scripts->lanes.parallel = scripts->options.parallel;
    scripts->lanes.limit = scripts->options.queue_length;
    scripts->lanes.coalesce = scripts->options.coalesce;
    complain_about_directories(scripts);
}
