/*
 * Which plugin files there are: the directories' *.so, sorted by name, the earlier directory
 * winning, each checked for who could have written it. Nothing is opened here.
 */
#ifndef NETVANE_ENGINE_PLUGINS_SCAN_H
#define NETVANE_ENGINE_PLUGINS_SCAN_H

#include <stdint.h>
#include <sys/types.h>

#include <glib.h>

#include "engine/config/problems.h"

struct vane_plugin_file {
    char *name; /* without .so */
    char *path;
    dev_t device;
    ino_t inode;
    int64_t change_ns; /* time of its last change of any kind, st_ctim */
    char *refusal;     /* why it must not be opened; NULL: it may */
};

/* Of struct vane_plugin_file *, to be freed with g_ptr_array_unref(). Directories that cannot be
 * read are errors in `problems`; that one does not exist is a warning unless it is the only one. */
GPtrArray *vane_plugin_scan(const char *const *directories, struct vane_problems *problems);

#endif
