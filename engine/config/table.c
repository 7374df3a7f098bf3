/* The config table that plugins get. See table.h. */
#include "engine/config/table.h"

#include <errno.h>

#include "engine/config/configuration-internal.h"
#include "engine/config/directory.h"
#include "engine/engine.h"

/* The plugin's configuration, for a call that is allowed. */
static int enter(const struct vane_self *self, const struct vane_configuration **configuration)
{
    int r = vane_enter(self);

    if (r < 0)
        return r;
    *configuration = self->engine->configuration;
    return *configuration ? 0 : -ENOENT;
}

static int get_string(struct vane_self *self, const char *section, const char *name,
                      const char **value)
{
    const struct vane_configuration *configuration;
    int r = enter(self, &configuration);

    if (r < 0)
        return r;
    return vane_configuration_get_string(configuration, self->name, section, name, value);
}

static int get_bool(struct vane_self *self, const char *section, const char *name, uint32_t *value)
{
    const struct vane_configuration *configuration;
    int r = enter(self, &configuration);

    if (r < 0)
        return r;
    return vane_configuration_get_bool(configuration, self->name, section, name, value);
}

static int get_int64(struct vane_self *self, const char *section, const char *name, int64_t *value)
{
    const struct vane_configuration *configuration;
    int r = enter(self, &configuration);

    if (r < 0)
        return r;
    return vane_configuration_get_int64(configuration, self->name, section, name, value);
}

static int get_list(struct vane_self *self, const char *section, const char *name,
                    const char *const **values, uint32_t *count)
{
    const struct vane_configuration *configuration;
    int r = enter(self, &configuration);

    if (r < 0)
        return r;
    return vane_configuration_get_list(configuration, self->name, section, name, values, count);
}

static int sections(struct vane_self *self, const char *kind, const char *const **labels,
                    uint32_t *count)
{
    const struct vane_configuration *configuration;
    int r = enter(self, &configuration);

    if (r < 0)
        return r;
    return vane_configuration_get_sections(configuration, self->name, kind, labels, count);
}

/* Kept with the plugin's values, which live as long as the plugin may use what it was told. */
static int keep_directory(char **kept, char *path, mode_t mode, const char **out)
{
    g_autofree char *owned = path;
    int r = *kept ? 0 : vane_directory_make(owned, mode);

    if (r < 0)
        return r;
    if (!*kept)
        *kept = g_steal_pointer(&owned);
    *out = *kept;
    return 0;
}

static int state_directory(struct vane_self *self, const char **path)
{
    const struct vane_configuration *configuration;
    struct vane_option_set *set;
    const char *base;
    int r = enter(self, &configuration);

    if (r < 0)
        return r;
    set = vane_configuration_plugin(configuration, self->name);
    if (!set)
        return -ENOENT;
    base = configuration->settings.state_directory;
    return keep_directory(&set->state_directory, g_build_filename(base, self->name, NULL), 0700,
                          path);
}

static int runtime_directory(struct vane_self *self, const char **path)
{
    const struct vane_configuration *configuration;
    struct vane_option_set *set;
    int r = enter(self, &configuration);

    if (r < 0)
        return r;
    set = vane_configuration_plugin(configuration, self->name);
    if (!set)
        return -ENOENT;
    return keep_directory(&set->runtime_directory,
                          g_strdup(configuration->settings.runtime_directory), 0755, path);
}

const struct vane_config vane_config_table = {
    .size = sizeof(struct vane_config),
    .version = 1,
    .get_string = get_string,
    .get_bool = get_bool,
    .get_int64 = get_int64,
    .get_list = get_list,
    .sections = sections,
    .state_directory = state_directory,
    .runtime_directory = runtime_directory,
};
