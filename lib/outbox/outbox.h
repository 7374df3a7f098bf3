/*
 * An outbox's file: messages that wait to be delivered, each endpoint's in order, and dead
 * letters. It knows nothing of the host, and runs on one thread at a time. What may block, blocks
 * here. Not part of netvane-lib: link netvane-outbox.
 *
 * An endpoint's messages have positions without holes: what waits is always from its head to its
 * end. So taking note of any number of deliveries is one range to delete.
 */
#ifndef NETVANE_LIB_OUTBOX_OUTBOX_H
#define NETVANE_LIB_OUTBOX_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "lib/sql/sql.h"

enum vane_endpoint_state {
    VANE_ENDPOINT_ON,
    VANE_ENDPOINT_PAUSED,   /* by an operator: takes events, sends none */
    VANE_ENDPOINT_DISABLED, /* by the receiver (410): takes and sends none */
};

/* What lasts of an endpoint. */
struct vane_outbox_endpoint {
    int64_t number; /* from 1 */
    char *name;
    enum vane_endpoint_state state;
    unsigned attempts;    /* at its head that have failed */
    int64_t due_ns;       /* CLOCK_REALTIME: when the next attempt at its head is due */
    char *reason;         /* why it is disabled, or what failed last */
    char *url;            /* of set-url; NULL: none */
    uint64_t first, last; /* positions of what waits; last < first: nothing */
    GArray *cuts;         /* uint64_t, ascending: where batches of it end; or NULL */
};

void vane_outbox_endpoint_clear(struct vane_outbox_endpoint *endpoint);

/* One message. `json` is borrowed when it is written, and owned when it was read. */
struct vane_outbox_message {
    int64_t endpoint;
    uint64_t position;
    int64_t time_ns;
    char *json;
    size_t length;
    int64_t dead; /* writing: the dead letter that it was; reading dead letters: its number */
};

/* The messages of an endpoint up to a position are done with, and with them the cuts. */
struct vane_outbox_done {
    int64_t endpoint;
    uint64_t position;
};

/* A message that becomes a dead letter. */
struct vane_outbox_dying {
    int64_t endpoint;
    uint64_t position;
    int64_t died_ns;
    unsigned attempts;
    char *reason;
};

/* The wall clock was set: these messages' times move with it. */
struct vane_outbox_move {
    int64_t endpoint;
    uint64_t after, to; /* positions */
    int64_t ns;
};

/* What one transaction writes. */
struct vane_outbox_changes {
    GArray *endpoints; /* struct vane_outbox_endpoint: new or changed */
    GArray *messages;  /* struct vane_outbox_message */
    GArray *dying;     /* struct vane_outbox_dying; before `done` */
    GArray *done;      /* struct vane_outbox_done */
    GArray *uncut;     /* int64_t: endpoints whose cuts are forgotten; before `cuts` */
    GArray *cuts;      /* struct vane_outbox_done: a batch ends at this position; before `done` */
    GArray *moves;     /* struct vane_outbox_move; after `messages` */
    uint64_t dead_max; /* so many dead letters are kept */
};

/* Empty arrays, and their end with all that is in them (but messages, which are borrowed). */
void vane_outbox_changes_init(struct vane_outbox_changes *changes);
void vane_outbox_changes_release(struct vane_outbox_changes *changes);
GArray *vane_outbox_endpoints_new(void);
GArray *vane_outbox_dying_new(void);
GArray *vane_outbox_messages_new(void);

/* How many dead letters an endpoint has. */
struct vane_outbox_count {
    int64_t endpoint;
    uint64_t letters;
};

struct vane_outbox_facts {
    uint64_t size; /* bytes in use */
    uint64_t dead; /* letters */
    uint64_t dead_dropped;
    GArray *counts; /* struct vane_outbox_count: of those who have some; NULL: not asked for */
};

/* All-zero but for the path is a closed one. */
struct vane_outbox {
    char *path;
    sqlite3 *db;
    sqlite3_stmt *insert, *finish, *finish_cuts;
    bool counted;        /* the facts say how many dead letters there are */
    char set_aside[512]; /* where a damaged file went; empty: none */
    char detail[256];    /* of the last error, in SQLite's words */
};

/*
 * Opens or makes the file and reads the endpoints (struct vane_outbox_endpoint) that it knows. A
 * damaged one is set aside. 0 also when it is open already. Negative errno.
 */
int vane_outbox_open(struct vane_outbox *outbox, GArray *endpoints);

void vane_outbox_close(struct vane_outbox *outbox);

/* Writes changes: all or nothing, and on the disk when this returns. */
int vane_outbox_write(struct vane_outbox *outbox, const struct vane_outbox_changes *changes,
                      struct vane_outbox_facts *facts);

/*
 * Both: opens it where it is closed, and writes what there is; a file that is damaged is set aside
 * and the changes are written to a new one. `relieved`: as vane_outbox_relieve() on a full disk.
 */
int vane_outbox_commit(struct vane_outbox *outbox, const struct vane_outbox_changes *changes,
                       GArray *known, struct vane_outbox_facts *facts, bool *relieved);

/*
 * Makes room on a full disk as far as that goes: the log is moved into the file, and only what
 * is done with is noted.
 */
int vane_outbox_relieve(struct vane_outbox *outbox, const struct vane_outbox_changes *changes);

/* Throws the file away, with all that is in it: the way out of a full disk when nothing waits. The
 * next commit makes a new one. */
int vane_outbox_discard(struct vane_outbox *outbox);

/* Appends messages of an endpoint behind a position, at most so many and so many bytes, but one. */
int vane_outbox_read(struct vane_outbox *outbox, int64_t endpoint, uint64_t after, unsigned count,
                     size_t bytes, GArray *messages);

/* Gives space back to the file system, a piece at a time. */
int vane_outbox_shrink(struct vane_outbox *outbox);

/* ---- dead letters ---- */

/* What dead letters are asked for; 0: of every endpoint, with every number. */
struct vane_outbox_letters {
    int64_t endpoint, number;
};

/* One JSON array of what is known of each; `whole`: with the event. To be freed with g_free(). */
int vane_outbox_letters_show(struct vane_outbox *outbox, const struct vane_outbox_letters *which,
                             bool whole, char **json, size_t *length);

/* Reads at most `count` letters, the oldest first, as messages without a position. */
int vane_outbox_letters_read(struct vane_outbox *outbox, const struct vane_outbox_letters *which,
                             unsigned count, size_t bytes, GArray *messages);

/* Counts them anew, if they may have changed. */
int vane_outbox_letters_count(struct vane_outbox *outbox, struct vane_outbox_facts *facts);

int vane_outbox_letters_delete(struct vane_outbox *outbox, const struct vane_outbox_letters *which,
                               uint64_t *deleted);

/* ---- one daemon a directory ---- */

/*
 * Takes the directory for this process until the descriptor is closed. -EBUSY: another process has
 * it, which `holder` then names. Negative errno.
 */
int vane_outbox_lock(const char *directory, int *fd, char *holder, size_t size);

/* ---- for the other files of the outbox ---- */

/* The keys of an endpoint's messages: its number above, the position below. */
#define VANE_OUTBOX_BITS 40

static inline int64_t vane_outbox_key(int64_t endpoint, uint64_t position)
{
    return endpoint * (INT64_C(1) << VANE_OUTBOX_BITS) + (int64_t)position;
}

int vane_outbox_fail(struct vane_outbox *outbox, int error);

#endif
