/*
 * Runs scripts: takes jobs from the lanes, and of each job one script after the other, checked,
 * permitted, watched and reported.
 */
#ifndef NETVANE_SCRIPTS_RUNNER_H
#define NETVANE_SCRIPTS_RUNNER_H

#include "lib/throttle.h"
#include "plugins/scripts/occurrence.h"
#include "plugins/scripts/scripts.h"

/* From SIGTERM to SIGKILL. */
#define VANE_KILL_DELAY_MS 5000u

/* All scripts of one trigger of one occurrence. */
struct vane_job {
    struct vane_scripts *scripts;
    struct vane_occurrence *occurrence;
    struct vane_trigger *trigger;
    struct vane_lane *lane;        /* while it runs */
    GPtrArray *candidates;         /* found when its turn comes */
    guint next;                    /* which of them is to be looked at */
    const char *path;              /* the script that runs; within candidates */
    struct vane_child *child;      /* NULL: none */
    uint64_t started;              /* of it, CLOCK_MONOTONIC ns */
    struct vane_throttle throttle; /* of its output */
};

/* Sets up the lanes with the plugin's options. */
void vane_runner_init(struct vane_scripts *scripts);

/* Queues the scripts of a trigger, when there is a directory for it, and starts what may start. */
void vane_runner_push(struct vane_scripts *scripts, struct vane_occurrence *occurrence,
                      const struct vane_trigger *trigger);

/* Starts what may start: after options have changed, or the daemon is ready. */
void vane_runner_go_on(struct vane_scripts *scripts);

/* Drops what waits and ends what runs. 0: nothing runs; -EINPROGRESS: idle() will be called. */
int vane_runner_stop(struct vane_scripts *scripts);

#endif
