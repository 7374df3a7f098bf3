/*
 * Which files could run for a directory like "routable.d": found at the moment they are asked for,
 * as scripts come and go while the daemon runs. Whether a file may run is trust.h's question.
 */
#ifndef NETVANE_SCRIPTS_CATALOG_H
#define NETVANE_SCRIPTS_CATALOG_H

#include <stdbool.h>

#include <glib.h>

/* Whatever is there. */
struct vane_candidate {
    char *path;       /* DIRECTORY/SUBDIRECTORY/NAME */
    const char *name; /* within path */
    const char
        *unfit; /* why this is no file, in words; NULL: it is a regular one, or leads to one */
};

/* Told of a directory that is there but cannot be read. */
typedef void (*vane_catalog_error)(void *user, const char *directory, int error);

/* Is there such a subdirectory in any of the directories? The cheap question to ask first. */
bool vane_catalog_exists(char *const *directories, const char *subdirectory);

/*
 * All candidates, sorted by name and, for equal names, in the order of the directories: the first
 * one of a name that may run is the one to run. Free with g_ptr_array_unref().
 */
GPtrArray *vane_catalog_scan(char *const *directories, const char *subdirectory,
                             vane_catalog_error unreadable, void *user);

/* The names that end in ".d" in any of the directories, sorted, without the ".d". */
GPtrArray *vane_catalog_subdirectories(char *const *directories, vane_catalog_error unreadable,
                                       void *user);

#endif
