/*
 * The plugins of one engine: which files there are, what became of each, and in which order they
 * run. How they are started and stopped is lifecycle.h.
 */
#ifndef NETVANE_ENGINE_PLUGINS_SET_H
#define NETVANE_ENGINE_PLUGINS_SET_H

#include <stdbool.h>

#include <glib.h>

#include "engine/config/configuration.h"
#include "engine/plugins/lifecycle.h"
#include "engine/plugins/registry.h"

enum vane_plugin_state {
    VANE_PLUGIN_DISABLED,    /* Enabled=no: not opened */
    VANE_PLUGIN_QUARANTINED, /* crashed too often: not opened */
    VANE_PLUGIN_REFUSED,     /* breaks a rule */
    VANE_PLUGIN_LOADED,      /* opened, not initialised yet */
    VANE_PLUGIN_STARTING,
    VANE_PLUGIN_RUNNING,
    VANE_PLUGIN_STOPPING,
    VANE_PLUGIN_STOPPED,
    VANE_PLUGIN_UNAVAILABLE, /* not on this system */
    VANE_PLUGIN_FAILED,      /* its init() failed, and OnFailure=disable */
};

struct vane_plugin_entry {
    char *name;
    char *path;
    enum vane_plugin_state state;
    bool gone;    /* its file is not there any more */
    char *reason; /* for people: why it is not running; NULL: nothing to say */
    struct vane_registration *registration; /* NULL: not opened */
};

struct vane_plugin_set {
    struct vane_engine *engine;
    GPtrArray *entries; /* of struct vane_plugin_entry *, sorted by name */
    GPtrArray *order;   /* those that may be initialised, first to last; borrowed */
    struct vane_lifecycle lifecycle;
};

/*
 * Scans the configured directories, opens what is enabled, checks it, and completes the
 * configuration with the plugins' options. All that is wrong is in `problems`; a refused plugin
 * is there as such. The set belongs to the engine. Does not initialise anything.
 */
struct vane_plugin_set *vane_plugin_set_load(struct vane_engine *engine,
                                             struct vane_configuration *configuration,
                                             struct vane_problems *problems);

/* Nothing may be running any more. */
void vane_plugin_set_free(struct vane_plugin_set *set);

/*
 * A reload, step one: opens plugins that `next` enables anew and completes `next` with the options
 * of all.
 */
void vane_plugin_set_reopen(struct vane_plugin_set *set, struct vane_configuration *next,
                            struct vane_problems *problems);

/*
 * Completes `next` as a reload would, but changes no plugin's state: to see what a reload would do.
 * What is enabled anew is opened for its options, and stays so.
 */
void vane_plugin_set_survey(struct vane_plugin_set *set, struct vane_configuration *next,
                            struct vane_problems *problems);

/* Step two, with the configuration in force: the order anew. */
void vane_plugin_set_reorder(struct vane_plugin_set *set);

struct vane_plugin_entry *vane_plugin_set_find(const struct vane_plugin_set *set, const char *name);
const char *vane_plugin_state_word(enum vane_plugin_state state);
void vane_plugin_entry_set(struct vane_plugin_entry *entry, enum vane_plugin_state state,
                           const char *reason);
/* Why the daemon is not whole: refused, failed and quarantined plugins. NULL: it is. To be freed.
 */
char *vane_plugin_set_degraded(const struct vane_plugin_set *set);

extern const struct vane_host vane_host_tables;

#endif
