/*
 * What a new configuration means for the plugins: which of them reload, restart, start or stop. A
 * plan is made before anything is done, for a reload and for those who only want to know.
 */
#ifndef NETVANE_ENGINE_PLAN_H
#define NETVANE_ENGINE_PLAN_H

#include <stdbool.h>

#include <glib.h>

struct vane_configuration;
struct vane_engine;

enum vane_plan_action {
    VANE_PLAN_NOTHING,
    VANE_PLAN_RELOAD,
    VANE_PLAN_RESTART,
    VANE_PLAN_START,
    VANE_PLAN_STOP,
};

/* Names are borrowed: those of plugins from the engine or from `changes`. */
struct vane_plan {
    GPtrArray *changes;                   /* of struct vane_plugin_change */
    GHashTable *stops, *reloads, *starts; /* sets of names; what restarts stops and starts */
};

/* From what is in force and runs, to `next`. */
struct vane_plan *vane_plan_new(const struct vane_engine *engine,
                                const struct vane_configuration *next);
/* As if a restart of one plugin had been configured: those that require it restart, too. */
struct vane_plan *vane_plan_restart(const struct vane_engine *engine, const char *plugin);
void vane_plan_free(struct vane_plan *plan);

enum vane_plan_action vane_plan_action(const struct vane_plan *plan, const char *plugin);

/* "reload", "restart", "start", "stop"; NULL for nothing. */
const char *vane_plan_word(enum vane_plan_action action);

/* Have the plugin's own options changed? Else it is concerned only through what it requires. */
bool vane_plan_changes(const struct vane_plan *plan, const char *plugin);

#endif
