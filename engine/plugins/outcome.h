/*
 * What follows from a step of a plugin's life: its new state, what is revoked, published, logged,
 * and noted for whoever asked for the sequence.
 */
#ifndef NETVANE_ENGINE_PLUGINS_OUTCOME_H
#define NETVANE_ENGINE_PLUGINS_OUTCOME_H

#include "engine/plugins/lifecycle.h"

/* `result` is what the plugin returned, or -ETIMEDOUT, or -ECANCELED. */
void vane_outcome(struct vane_plugin_set *set, enum vane_step step, struct vane_plugin_entry *entry,
                  int result);

/* Its init() is not called, as the plugin `missing`, which it requires, is not running. */
void vane_outcome_without(struct vane_plugin_set *set, struct vane_plugin_entry *entry,
                          const char *missing);

#endif
