/* The configuration's members. For engine/config only. */
#ifndef NETVANE_ENGINE_CONFIG_CONFIGURATION_INTERNAL_H
#define NETVANE_ENGINE_CONFIG_CONFIGURATION_INTERNAL_H

#include "engine/config/command-line.h"
#include "engine/config/configuration.h"
#include "engine/config/ini.h"
#include "engine/config/option-set.h"

/* A file that was read, and its drop-ins. */
struct vane_configuration_source {
    char *path;
    bool required; /* that it does not exist is an error */
};

struct vane_configuration {
    unsigned refs;
    const char *program;
    char *file;
    GArray *sources; /* of struct vane_configuration_source */
    int argc;
    char **argv;
    struct vane_ini *ini;
    guint profile_statements; /* so many of ini's are from the profile */
    struct vane_option_set *engine;
    struct vane_option_set *profile; /* [Profile]; without a profile it has no values */
    GPtrArray *plugins;              /* of struct vane_option_set: installed or configured */
    struct vane_command_line line;   /* the last reading */
    struct vane_engine_settings settings;
};

/* NULL: neither installed nor configured. */
struct vane_option_set *vane_configuration_plugin(const struct vane_configuration *configuration,
                                                  const char *name);

/* [a-z0-9][a-z0-9-]*, at most 32 bytes. */
bool vane_is_plugin_name(const char *name);

/* Reads the command line with all option tables that are known so far; see
 * vane_command_line_read(). */
void vane_configuration_read_command_line(struct vane_configuration *configuration, bool strict,
                                          struct vane_problems *problems);

/* Every section header must be somebody's. */
void vane_configuration_check_sections(const struct vane_configuration *configuration,
                                       struct vane_problems *problems);

#endif
