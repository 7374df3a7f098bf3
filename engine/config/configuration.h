/*
 * The configuration of one engine: files, drop-ins, profile and command line, checked against the
 * option tables of the engine and of its plugins. All or nothing: it is used only when no error was
 * found.
 *
 * It is made in two phases, as plugins' options are known only once their files are open, and which
 * files to open is itself configured:
 *
 *     problems = vane_problems_new();
 *     configuration = vane_configuration_load(&sources, problems);       (1) engine, Enabled=
 *     for each installed plugin file:
 *         descriptor = vane_configuration_enabled(configuration, name) ? open ... : NULL;
 *         vane_configuration_add_plugin(configuration, name, descriptor, problems);
 *     r = vane_configuration_finish(configuration, problems);            (2) everything
 *
 * A configuration with errors can still be carried to the end, so that --check finds them all.
 *
 * Command line. It is read twice. Whether an unknown letter takes an argument is not known before
 * the plugins are, so two rules make the first reading sound: a word that begins with '-' is always
 * an option, never the argument of the one before ("-S-x" and "--script-dir=-x" give such a value);
 * and nothing but options and their arguments is accepted. So the first reading finds every engine
 * option that begins a word, and passes over everything else. In a cluster it stops at the first
 * letter that is not the engine's: -v and -q behind it are counted in the second reading, but -c
 * there is refused ("-T -c FILE" is the way to write it). The second reading takes the plugins'
 * tables and is strict. Relative paths on the command line start from the working directory. A
 * value on the command line replaces that of the files, lists too; of several the last counts.
 *
 * Profiles. Called by another name than "netvaned", the program reads PROGRAM.conf of the profile
 * directory (and PROGRAM.conf.d) in place of the default file, then those of the local profile
 * directory if there are any; -c FILE is read on top of them. They are configuration files that may
 * have one more section, [Profile], with Plugins= (only these are opened; default: all) and
 * LongOptions= (further spellings of letters, as run-startup-triggers:T). Without such a file in
 * the profile directory the name means nothing.
 */
#ifndef NETVANE_ENGINE_CONFIG_CONFIGURATION_H
#define NETVANE_ENGINE_CONFIG_CONFIGURATION_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include <netvane/plugin.h>

#include "engine/config/problems.h"
#include "engine/config/settings.h"
#include "lib/json/writer.h"

struct vane_configuration;

struct vane_configuration_sources {
    int argc; /* as main() got them */
    char **argv;
    const char *default_file;            /* NULL: SYSCONFDIR/netvane/netvane.conf */
    const char *profile_directory;       /* NULL: DATADIR/netvane/profiles */
    const char *local_profile_directory; /* NULL: SYSCONFDIR/netvane/profiles */
    const char *candidate;               /* read in the place of the main file; NULL: none */
    GHashTable *enabled; /* plugin names to "yes" or "no", as said at run time, which goes above
                          * files and command line; NULL: nothing was said */
};

/* What the command line asks for. */
enum vane_action { VANE_ACTION_RUN, VANE_ACTION_CHECK, VANE_ACTION_VERSION, VANE_ACTION_HELP };

enum vane_on_failure { VANE_ON_FAILURE_ABORT, VANE_ON_FAILURE_DISABLE };

/* Phase 1. Never NULL; what is wrong is in `problems`. Settings with errors have their defaults. */
struct vane_configuration *vane_configuration_load(const struct vane_configuration_sources *sources,
                                                   struct vane_problems *problems);

/* The same from the files as they were when `like` was read: nothing is read from the disk. Of the
 * sources only `enabled` counts. */
struct vane_configuration *vane_configuration_load_again(
    const struct vane_configuration *like, const struct vane_configuration_sources *sources,
    struct vane_problems *problems);

struct vane_configuration *vane_configuration_ref(struct vane_configuration *configuration);
void vane_configuration_unref(struct vane_configuration *configuration);

static inline void vane_configuration_cleanup(struct vane_configuration **configuration)
{
    if (*configuration)
        vane_configuration_unref(*configuration);
}

/* Valid from phase 1 on. */
enum vane_action vane_configuration_action(const struct vane_configuration *configuration);
const struct vane_engine_settings *vane_configuration_settings(
    const struct vane_configuration *configuration);
bool vane_configuration_enabled(const struct vane_configuration *configuration, const char *plugin);
enum vane_on_failure vane_configuration_on_failure(const struct vane_configuration *configuration,
                                                   const char *plugin);

/* The main file: of -c, else the profile, else the default one. It need not exist. */
const char *vane_configuration_file(const struct vane_configuration *configuration);

/* The one whose drop-ins are the administrator's, and are read last: the main file, or of a profile
 * the local one. */
const char *vane_configuration_own_file(const struct vane_configuration *configuration);

/* One after the other, the files that are read, each with its directory FILE.d, whether they exist
 * or not: those of the profile, and the main one. NULL past the last. */
const char *vane_configuration_source(const struct vane_configuration *configuration,
                                      unsigned index);

/* Stands for the files as they were read, sound or not; to be freed with g_free(). The second reads
 * them anew, that is now. */
char *vane_configuration_digest(const struct vane_configuration *configuration);
char *vane_configuration_digest_now(const struct vane_configuration *configuration);

/* The name the program goes by: that of its profile, else "netvaned". Valid for ever. */
const char *vane_configuration_program(const struct vane_configuration *configuration);

/*
 * Phase 2: an installed plugin. A NULL descriptor says that it is there but was not opened
 * (disabled, refused): its options go unchecked. The descriptor's strings must outlive the
 * configuration. -EINVAL when its option table is unsound (told in `problems`), -EEXIST for a
 * second one.
 */
int vane_configuration_add_plugin(struct vane_configuration *configuration, const char *name,
                                  const struct vane_plugin *descriptor,
                                  struct vane_problems *problems);

/*
 * The end of phase 2: applies files and command line to all tables. Returns 0, or -EINVAL when
 * `problems` has any error, from phase 1 too.
 */
int vane_configuration_finish(struct vane_configuration *configuration,
                              struct vane_problems *problems);

/*
 * Values, as api/netvane/config.h describes them and their errors. `plugin` NULL is the engine with
 * its section [Engine]. Strings and lists stay valid as long as a configuration that holds them.
 */
int vane_configuration_get_string(const struct vane_configuration *configuration,
                                  const char *plugin, const char *section, const char *name,
                                  const char **value);
int vane_configuration_get_bool(const struct vane_configuration *configuration, const char *plugin,
                                const char *section, const char *name, uint32_t *value);
int vane_configuration_get_int64(const struct vane_configuration *configuration, const char *plugin,
                                 const char *section, const char *name, int64_t *value);
int vane_configuration_get_list(const struct vane_configuration *configuration, const char *plugin,
                                const char *section, const char *name, const char *const **values,
                                uint32_t *count);
int vane_configuration_get_sections(const struct vane_configuration *configuration,
                                    const char *plugin, const char *kind,
                                    const char *const **sections, uint32_t *count);

/* One plugin whose values differ between two configurations. */
struct vane_plugin_change {
    char *plugin;
    bool was_enabled, is_enabled;
    bool restart; /* an option marked VANE_OPTION_RESTART is among them */
};

/* Of struct vane_plugin_change, sorted by name; to be freed with g_ptr_array_unref(). A plugin that
 * only one of the two knows counts as disabled in the other. */
GPtrArray *vane_configuration_changed_plugins(const struct vane_configuration *old,
                                              const struct vane_configuration *new);

/* One option whose values differ. Strings are borrowed for the call; secrets are "(hidden)". */
struct vane_option_change {
    const char *plugin; /* NULL: the engine */
    const char *section, *name;
    const char *old, *new;          /* NULL: it has no value there */
    const struct vane_place *place; /* of the new value; NULL: nowhere, as a default */
    bool restart;                   /* it is marked VANE_OPTION_RESTART */
};

/* Calls `each` for the engine's options that differ, then for the plugins', by name. The options of
 * a plugin that only one of the two has open are not compared but for those of all plugins. */
void vane_configuration_each_change(
    const struct vane_configuration *old, const struct vane_configuration *new,
    void (*each)(void *user, const struct vane_option_change *change), void *user);

/*
 * A reload, after finish() and before the new one is put in force. Plugins without a change keep
 * their values of `old` themselves, so that what they were given stays valid. Engine options that
 * only a new daemon takes up keep their old values too; a warning names each that differs.
 */
void vane_configuration_succeed(struct vane_configuration *new,
                                const struct vane_configuration *old,
                                struct vane_problems *problems);

/* The plugin's values in `to` become those of `from`: its reload failed, say. */
void vane_configuration_keep_plugin(struct vane_configuration *to,
                                    const struct vane_configuration *from, const char *plugin);

/*
 * The plugin's options (NULL: the engine's) as a JSON array of objects: name, section, type,
 * default, value, minimum, maximum, choices, help, set_at ("FILE:LINE", "command line" or
 * "default"), restart. Members that mean nothing for an option are absent; secrets are "(hidden)".
 * -ENOENT: no such plugin.
 */
int vane_configuration_render_options(const struct vane_configuration *configuration,
                                      const char *plugin, struct vane_json *json);

/* The text of --help; to be freed with g_free(). Plugins that were added are in it. */
char *vane_configuration_help(const struct vane_configuration *configuration);

/*
 * Enables or disables a plugin for good: writes FILE.d/50-plugin-NAME.conf, atomically. A later
 * drop-in may still say otherwise. `path` (may be NULL) receives the file's name. -EINVAL for what
 * is no plugin name, else errors of the file system.
 */
int vane_configuration_write_enabled(const char *file, const char *plugin, bool enabled,
                                     char **path);

#endif
