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

#endif
