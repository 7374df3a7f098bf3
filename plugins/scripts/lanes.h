/*
 * A queue for each interface: its jobs run one after the other, in order, while the jobs of other
 * interfaces run beside them, up to a number. Knows when a job may start, not what it does.
 */
#ifndef NETVANE_SCRIPTS_LANES_H
#define NETVANE_SCRIPTS_LANES_H

#include <stdint.h>

#include <glib.h>

struct vane_job; /* the owner's */

struct vane_lane {
    struct vane_lanes *lanes;
    uint32_t ifindex;
    char *name;     /* of the interface, as the last job had it */
    GQueue waiting; /* of struct vane_job, the next one first */
    struct vane_job *running;
    gboolean held;        /* waits for quiet */
    gboolean queued;      /* is in the list of those whose turn comes */
    gboolean overflowing; /* has lost jobs since it was last empty */
    gboolean complained;  /* ... and the owner said so */
    uint64_t dropped;     /* jobs lost because the lane was full */
    uint64_t superseded;  /* jobs that a newer one made pointless */
    void *timer;          /* the owner's: that of `held` */
};

struct vane_lanes {
    void *owner;
    GHashTable *by_index;
    GQueue turn; /* lanes that could start a job, in the order in which they came */
    unsigned running, parallel;
    unsigned limit; /* jobs waiting in a lane */
    gboolean coalesce;
    gboolean (*supersedes)(const struct vane_job *newer, const struct vane_job *older);
    void (*release)(struct vane_job *job);
};

void vane_lanes_init(struct vane_lanes *lanes);

/* Frees all lanes with what waits in them; nothing may be running. */
void vane_lanes_clear(struct vane_lanes *lanes);

/* Queues a job, which the lane then owns. The oldest one goes when the lane is full. */
struct vane_lane *vane_lanes_push(struct vane_lanes *lanes, uint32_t ifindex, const char *name,
                                  struct vane_job *job);

/* The next job that may start, which is now its lane's running one; NULL: none for now. */
struct vane_job *vane_lanes_start(struct vane_lanes *lanes, struct vane_lane **lane);

/* The running job of a lane has ended. The lane may be gone afterwards. */
void vane_lanes_end(struct vane_lanes *lanes, struct vane_lane *lane);

/* Keeps a lane from starting jobs, and lets it start them again. */
void vane_lanes_hold(struct vane_lanes *lanes, struct vane_lane *lane);
void vane_lanes_let_go(struct vane_lanes *lanes, struct vane_lane *lane);

/* Drops everything that waits. */
void vane_lanes_drop_waiting(struct vane_lanes *lanes);

/* All lanes by ifindex. g_list_free() it. */
GList *vane_lanes_list(const struct vane_lanes *lanes);

#endif
