/* Values out of a configuration, typed. See configuration.h and api/netvane/config.h. */
#include "engine/config/configuration-internal.h"

#include <errno.h>
#include <string.h>

enum vane_action vane_configuration_action(const struct vane_configuration *configuration)
{
    return configuration->line.action;
}

const struct vane_engine_settings *vane_configuration_settings(
    const struct vane_configuration *configuration)
{
    return &configuration->settings;
}

const char *vane_configuration_file(const struct vane_configuration *configuration)
{
    return configuration->file;
}

const char *vane_configuration_own_file(const struct vane_configuration *configuration)
{
    const GArray *sources = configuration->sources;

    return sources->len > 0
               ? g_array_index(sources, struct vane_configuration_source, sources->len - 1).path
               : configuration->file;
}

const char *vane_configuration_source(const struct vane_configuration *configuration,
                                      unsigned index)
{
    if (index >= configuration->sources->len)
        return NULL;
    return g_array_index(configuration->sources, struct vane_configuration_source, index).path;
}

const char *vane_configuration_program(const struct vane_configuration *configuration)
{
    return configuration->program;
}

static const struct vane_value *common_value(const struct vane_configuration *configuration,
                                             const char *plugin, const char *name)
{
    const struct vane_option_set *set = vane_configuration_plugin(configuration, plugin);
    const struct vane_option *option;
    const struct vane_value *value;

    if (!set || vane_option_set_find(set, NULL, name, &option, &value) < 0)
        return NULL;
    return value;
}

bool vane_configuration_enabled(const struct vane_configuration *configuration, const char *plugin)
{
    const struct vane_value *enabled = common_value(configuration, plugin, "Enabled");
    const struct vane_option *option;
    const struct vane_value *only;

    if (vane_option_set_find(configuration->profile, NULL, "Plugins", &option, &only) == 0 &&
        only->set && !g_strv_contains((const char *const *)only->list, plugin))
        return false;
    return !enabled || enabled->number;
}

enum vane_on_failure vane_configuration_on_failure(const struct vane_configuration *configuration,
                                                   const char *plugin)
{
    const struct vane_value *value = common_value(configuration, plugin, "OnFailure");

    return value && strcmp(value->text, "disable") == 0 ? VANE_ON_FAILURE_DISABLE
                                                        : VANE_ON_FAILURE_ABORT;
}

static struct vane_option_set *find_set(const struct vane_configuration *configuration,
                                        const char *plugin)
{
    return plugin ? vane_configuration_plugin(configuration, plugin) : configuration->engine;
}

/* Enabled= and OnFailure= are not for the plugin, which did not declare them. */
static bool is_common(const char *plugin, const char *section, const char *name)
{
    uint32_t count;
    const struct vane_option *common = vane_plugin_common_options(&count);

    for (uint32_t i = 0; plugin && !section && i < count; i++)
        if (strcmp(common[i].name, name) == 0)
            return true;
    return false;
}

/* The value of an option whose type is one of those in the mask. */
static int find(const struct vane_configuration *configuration, const char *plugin,
                const char *section, const char *name, uint32_t types,
                const struct vane_value **value)
{
    const struct vane_option_set *set = find_set(configuration, plugin);
    const struct vane_option *option;
    int r;

    if (!name)
        return -EINVAL;
    if (!set || is_common(plugin, section, name))
        return -ENOENT;
    r = vane_option_set_find(set, section, name, &option, value);
    if (r < 0)
        return r;
    if (!(types & 1u << option->type))
        return -EINVAL;
    return (*value)->set ? 0 : -ENODATA;
}

int vane_configuration_get_string(const struct vane_configuration *configuration,
                                  const char *plugin, const char *section, const char *name,
                                  const char **value)
{
    const uint32_t types =
        1u << VANE_OPTION_STRING | 1u << VANE_OPTION_PATH | 1u << VANE_OPTION_CHOICE;
    const struct vane_value *found;
    int r = find(configuration, plugin, section, name, types, &found);

    if (r == 0)
        *value = found->text;
    return r;
}

int vane_configuration_get_bool(const struct vane_configuration *configuration, const char *plugin,
                                const char *section, const char *name, uint32_t *value)
{
    const struct vane_value *found;
    int r = find(configuration, plugin, section, name, 1u << VANE_OPTION_BOOL, &found);

    if (r == 0)
        *value = found->number != 0;
    return r;
}

int vane_configuration_get_int64(const struct vane_configuration *configuration, const char *plugin,
                                 const char *section, const char *name, int64_t *value)
{
    const uint32_t types = 1u << VANE_OPTION_INTEGER | 1u << VANE_OPTION_TIME |
                           1u << VANE_OPTION_SIZE | 1u << VANE_OPTION_MODE;
    const struct vane_value *found;
    int r = find(configuration, plugin, section, name, types, &found);

    if (r == 0)
        *value = found->number;
    return r;
}

int vane_configuration_get_list(const struct vane_configuration *configuration, const char *plugin,
                                const char *section, const char *name, const char *const **values,
                                uint32_t *count)
{
    const uint32_t types = 1u << VANE_OPTION_LIST | 1u << VANE_OPTION_PATH_LIST;
    const struct vane_value *found;
    int r = find(configuration, plugin, section, name, types, &found);

    if (r < 0)
        return r;
    *values = (const char *const *)found->list;
    *count = found->count;
    return 0;
}

int vane_configuration_get_sections(const struct vane_configuration *configuration,
                                    const char *plugin, const char *kind,
                                    const char *const **sections, uint32_t *count)
{
    struct vane_option_set *set = find_set(configuration, plugin);

    if (!kind)
        return -EINVAL;
    return set ? vane_option_set_list(set, kind, sections, count) : -ENOENT;
}
