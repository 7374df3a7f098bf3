/*
 * Crashes and their consequence: which plugin was running when the daemon died is recorded, and
 * one that does so three times in ten minutes is not opened any more until it is reset.
 */
#ifndef NETVANE_ENGINE_PLUGINS_QUARANTINE_H
#define NETVANE_ENGINE_PLUGINS_QUARANTINE_H

#include <stdint.h>

#define VANE_CRASH_LIMIT  3u
#define VANE_CRASH_WINDOW 600 /* seconds */

/* Takes over fatal signals: says who was running, records it in `state_directory`, and goes on to
 * die as before. -EACCES and others: nothing can be recorded, the rest works. */
int vane_crash_handler_install(const char *state_directory);
void vane_crash_handler_remove(void);

/* Why a plugin is in quarantine, in words to be freed; NULL: it is not. */
char *vane_quarantine_reason(const char *state_directory, const char *plugin);

/* Forgets a plugin's crashes. -ENOENT: there were none. */
int vane_quarantine_reset(const char *state_directory, const char *plugin);

#endif
