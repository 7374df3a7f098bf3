/*
 * Remembers why a path was refused, so that it is said once and not at every event: again only when
 * the reason changes, or after the path was fine in between.
 */
#ifndef NETVANE_SCRIPTS_REFUSALS_H
#define NETVANE_SCRIPTS_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

GHashTable *vane_refusals_new(void);

/* Is this news? */
bool vane_refusals_note(GHashTable *refusals, const char *path, const char *reason,
                        uint64_t change);

/* The path is fine now. */
void vane_refusals_forget(GHashTable *refusals, const char *path);

#endif
