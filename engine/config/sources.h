/* The files that a configuration is read from: one main file and the drop-ins beside it. */
#ifndef NETVANE_ENGINE_CONFIG_SOURCES_H
#define NETVANE_ENGINE_CONFIG_SOURCES_H

#include <stdbool.h>

#include "engine/config/ini.h"

/*
 * Appends FILE, then FILE.d/NAME.conf sorted by name (hidden files are passed over). That the file
 * does not exist is an error when it is `required`; that the directory does not exist never is.
 */
void vane_sources_read(struct vane_ini *ini, const char *file, bool required,
                       struct vane_problems *problems);

/* The same with another main file, which must exist, in the place of FILE. */
void vane_sources_read_candidate(struct vane_ini *ini, const char *file, const char *candidate,
                                 struct vane_problems *problems);

/* Stands for all that was read for `ini`, unreadable files too: equal when every byte is. To be
 * freed with g_free(). */
char *vane_sources_digest(const struct vane_ini *ini);

#endif
