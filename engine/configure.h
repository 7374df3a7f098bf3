/*
 * What operators do with the configuration while the daemon runs: look at it before it is applied,
 * apply it on trial, go back, and enable or disable a plugin until the next start.
 */
#ifndef NETVANE_ENGINE_CONFIGURE_H
#define NETVANE_ENGINE_CONFIGURE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/commands/builtin.h"

struct vane_configure;
struct vane_engine;

void vane_configure_start(struct vane_engine *engine);

/* An apply that waits for its confirmation is given up as it is. */
void vane_configure_stop(struct vane_engine *engine);

/*
 * Reads the files as they are, or `candidate` (may be NULL) in the place of the main one, and
 * checks them; applies nothing. -EINVAL, with a line for each error in *text; else warnings, maybe
 * none, a line each. *text is to be freed with g_free().
 */
int vane_configure_check(struct vane_engine *engine, const char *candidate, char **text);

/*
 * Writes what applying the files would change as an array of objects: of, section, option, old,
 * new, set_at, action. Objects without an option are plugins that are concerned through others.
 * -EINVAL as above.
 */
int vane_configure_diff(struct vane_engine *engine, struct vane_json *json, char **text);

/* Applies the files. `confirm_usec` above 0: they are rolled back after so long unless confirmed.
 * -EBUSY: not now. */
int vane_configure_apply(struct vane_engine *engine, int64_t confirm_usec, vane_builtin_done done,
                         void *data);

/* -ENOENT: nothing waits for it. */
int vane_configure_confirm(struct vane_engine *engine);

/* Puts in force what was so before the last apply. -ENOENT: there was none, or it was confirmed. */
int vane_configure_rollback(struct vane_engine *engine, vane_builtin_done done, void *data);

/* Until the configuration is rolled back; UINT64_MAX: nothing waits for a confirmation. */
uint64_t vane_configure_seconds_left(const struct vane_engine *engine);

/* Enables or disables a plugin until the daemon is started anew; or for good, in a drop-in. */
int vane_configure_plugin(struct vane_engine *engine, const char *name, bool enabled, bool persist,
                          vane_builtin_done done, void *data);

#endif
