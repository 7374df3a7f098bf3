/*
 * The commands of the engine itself, and what they need from its parts. The parts are reached
 * through one struct of functions, so that tests and a half-built engine can do without.
 */
#ifndef NETVANE_ENGINE_COMMANDS_BUILTIN_H
#define NETVANE_ENGINE_COMMANDS_BUILTIN_H

#include <stdint.h>

#include <netvane/plugin.h>

#include "engine/commands/registry.h"
#include "lib/json/writer.h"

struct vane_plugin_status {
    const char *name;
    const char *state;  /* "running", "disabled", "refused" ... */
    const char *reason; /* why it is not running; NULL: nothing to say */
    const char *path;
    const struct vane_plugin *descriptor; /* NULL: not opened */
};

enum vane_plugin_action {
    VANE_PLUGIN_ENABLE, /* until the daemon is started anew */
    VANE_PLUGIN_DISABLE,
    VANE_PLUGIN_RESTART,
    VANE_PLUGIN_RESET,
    VANE_PLUGIN_ENABLE_PERSISTENT, /* at every start */
    VANE_PLUGIN_DISABLE_PERSISTENT,
};

/* One plugin's account with the loop. */
struct vane_plugin_load {
    uint64_t calls, busy_ns, slowest_ns;
    const char *slowest; /* what the slowest call was; NULL: none */
    uint64_t queued;     /* events that wait for it */
    bool debug;
};

/* 0 with a sentence that says what was done, or a negative errno with one that says why not. */
typedef void (*vane_builtin_done)(void *data, int error, const char *sentence);

/* Members may be NULL: the commands that need them then say that they are not available. */
struct vane_builtin_host {
    void *user;
    const char *(*version)(void *user);
    const char *(*commit)(void *user);
    const char *(*build_time)(void *user);
    /* The n-th plugin, sorted by name; -ENOENT past the last. Strings are borrowed. */
    int (*plugin)(void *user, unsigned index, struct vane_plugin_status *status);
    /* Why the daemon is not whole, joined with "; "; NULL: it is. To be freed. */
    char *(*degraded)(void *user);
    /* The link with the smallest index above `after`, and the one of a name, with a reference. */
    int (*next_link)(void *user, uint32_t after, const struct vane_payload **link);
    int (*link_by_name)(void *user, const char *name, const struct vane_payload **link);
    /* The account of a plugin that is opened; `clear`: it begins anew. -ENOENT. */
    int (*plugin_load)(void *user, const char *name, bool clear, struct vane_plugin_load *load);
    /* Turns its debug messages on or off; -ENOENT. */
    int (*plugin_debug)(void *user, const char *name, bool on);
    /* Writes an array of all options as the files have them now: of the engine and of every plugin
     * that is opened, each with a member "of". -EINVAL: with `why`, to be freed. */
    int (*file_options)(void *user, struct vane_json *json, char **why);
    /* Writes the options of a plugin (NULL: the engine's) as one array of objects with name,
     * type, value, default, help, set_at. -ENOENT. */
    int (*options)(void *user, const char *plugin, struct vane_json *json);
    /* Writes members of its own into the object of `show status`, which has version, events_kept,
     * control_clients, degraded and degraded_reasons already. */
    void (*status)(void *user, struct vane_json *json);
    /* These tell the outcome through `done`, maybe before they return; a negative errno instead
     * means that it will not be called. */
    int (*reload)(void *user, vane_builtin_done done, void *data);
    int (*plugin_action)(void *user, enum vane_plugin_action action, const char *name,
                         vane_builtin_done done, void *data);
    /* The configuration before and after it is applied: see engine/configure.h. */
    int (*configure_check)(void *user, const char *candidate, char **text);
    int (*configure_diff)(void *user, struct vane_json *json, char **text);
    int (*configure_apply)(void *user, int64_t confirm_usec, vane_builtin_done done, void *data);
    int (*configure_confirm)(void *user);
    int (*configure_rollback)(void *user, vane_builtin_done done, void *data);
    /* Ends the daemon soon; must not do so before it returns. */
    int (*shutdown)(void *user);
};

/* Adds all built-in commands to engine->commands. `host` outlives the registry. */
int vane_builtin_add(struct vane_engine *engine, const struct vane_builtin_host *host);

/* Adds the elements of `options`, an array that was rendered, to the array that is being written,
 * each with a member "of": the plugin it belongs to, "engine" for NULL. */
void vane_builtin_write_options(struct vane_json *json, const char *plugin,
                                const struct vane_json *options);

/* The reasons one by one; never NULL. To be freed with g_strfreev(). */
char **vane_builtin_degraded(const struct vane_builtin_host *host);

#endif
