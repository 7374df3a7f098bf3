/* The plugin's state, shared by its files. There is one; it lives from init() to shutdown(). */
#ifndef NETVANE_SCRIPTS_SCRIPTS_H
#define NETVANE_SCRIPTS_SCRIPTS_H

#include <stdbool.h>

#include <glib.h>
#include <netvane/host.h>

#include "plugins/scripts/lanes.h"
#include "plugins/scripts/triggers.h"

struct vane_script_options {
    char **directories;
    uint64_t timeout_ms;  /* 0: none */
    uint64_t debounce_ms; /* 0: none */
    uint32_t parallel, queue_length;
    bool startup, coalesce;
};

struct vane_scripts {
    struct vane_self *self;
    const struct vane_host *host;
    struct vane_script_options options;
    struct vane_subscription *subscription;
    struct vane_subscription *ready_subscription;
    GHashTable *refusals; /* what was said about files and directories */
    struct vane_lanes lanes;
    struct vane_command_handle *commands[2];
    uint64_t event_files; /* for their names */
    bool paused;          /* no script before the daemon has started */
    bool stopping;        /* ... and none any more */
    struct vane_timer *kill_timer;
    void (*idle)(struct vane_scripts *scripts); /* stopping, and the last script has ended */
};

/* catalog.h's complaint about a directory, said once. */
void vane_scripts_unreadable(void *user, const char *directory, int error);

#endif
