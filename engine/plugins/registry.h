/*
 * Opening plugin files. A file's constructor runs once a process, so what it registered is kept by
 * device and inode for later starts of an engine in the same process.
 */
#ifndef NETVANE_ENGINE_PLUGINS_REGISTRY_H
#define NETVANE_ENGINE_PLUGINS_REGISTRY_H

#include <stdint.h>
#include <sys/types.h>

#include "engine/engine.h"
#include "engine/plugins/scan.h"

struct vane_registration {
    struct vane_registration *next;
    char *path;
    dev_t device;
    ino_t inode;
    int64_t change_ns;                    /* of the file when it was opened */
    const struct vane_plugin *descriptor; /* NULL: refused */
    char *refusal;                        /* why; NULL: fine */
    unsigned calls;                       /* of vane_plugin_register() by this file */
    struct vane_self self;
};

/*
 * The registration of a checked file: opens it unless this process has done so already. Never
 * NULL, never freed.
 */
struct vane_registration *vane_registry_open(const struct vane_plugin_file *file);

/* Is the file still what was opened? */
bool vane_registry_is_current(const struct vane_registration *registration,
                              const struct vane_plugin_file *file);

#endif
