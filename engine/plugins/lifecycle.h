/*
 * Starting, stopping and reloading plugins: one step after the other, each with a deadline, each
 * free to take its time on the loop.
 */
#ifndef NETVANE_ENGINE_PLUGINS_LIFECYCLE_H
#define NETVANE_ENGINE_PLUGINS_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct vane_engine;
struct vane_plugin_entry;
struct vane_plugin_set;
struct vane_self;
struct vane_timer;

enum vane_step { VANE_STEP_INIT, VANE_STEP_RELOAD, VANE_STEP_SHUTDOWN };

/* Told when a sequence is through: 0, or the first error. `errors` has them all, on one line. */
typedef void (*vane_sequence_done)(void *user, int result, const char *errors);

struct vane_lifecycle {
    GQueue steps;                    /* of struct step */
    struct vane_plugin_entry *entry; /* whose step is under way; NULL: none */
    enum vane_step step;
    bool calling;  /* it has not returned yet */
    bool answered; /* done() came */
    bool draining; /* shut down, but background work is still under way */
    int result;
    uint64_t deadline_ns;
    struct vane_timer *timer;  /* the deadline */
    struct vane_timer *answer; /* done() came, and is acted upon at the loop's next turn */
    struct vane_timer *start;  /* the sequence begins at the loop's next turn */
    GString *errors;
    int first_error;
    vane_sequence_done done;
    void *user;
};

/* Adds a step to the sequence to be run. */
void vane_lifecycle_add(struct vane_plugin_set *set, enum vane_step step,
                        struct vane_plugin_entry *entry);

/*
 * Runs what was added: at once, and then `done` may come before this returns; or from the loop when
 * a function of a plugin's is on the stack, as what that goes on with must not be revoked beneath
 * it. -EBUSY: a sequence is under way.
 */
int vane_lifecycle_run(struct vane_plugin_set *set, vane_sequence_done done, void *user);

/* Drops the steps that have not begun, and gives up an init() or reload() under way. The
 * sequence then ends, maybe before this returns. */
void vane_lifecycle_cancel(struct vane_plugin_set *set);

bool vane_lifecycle_busy(const struct vane_plugin_set *set);

/* loop->done() and loop->deadline() of the API. */
int vane_lifecycle_done(struct vane_self *self, int result);
int vane_lifecycle_deadline(struct vane_self *self, uint64_t *milliseconds);

/* A piece of background work of the plugin is over. */
void vane_lifecycle_work_finished(struct vane_self *self);

#endif
