/*
 * Events between the bus and the writer: a first-in-first-out queue that is bounded in number and
 * bytes. When it is full the oldest go, and the range of what went is remembered until it is told.
 */
#ifndef NETVANE_JOURNAL_PENDING_H
#define NETVANE_JOURNAL_PENDING_H

#include <stdint.h>

#include <glib.h>

#define VANE_PENDING_EVENTS_MAX 65536u
#define VANE_PENDING_BYTES_MAX  (32u << 20)

struct vane_pending_event {
    const void *event; /* with a reference of the queue's */
    uint64_t seq;
    size_t bytes;
};

struct vane_pending {
    void (*release)(const void *event);
    uint32_t events_max; /* 0: VANE_PENDING_EVENTS_MAX */
    size_t bytes_max;    /* 0: VANE_PENDING_BYTES_MAX */

    struct vane_pending_event *ring;
    uint32_t capacity, first, count;
    size_t bytes;
    uint64_t pushed;                            /* ever */
    uint64_t dropped;                           /* ever */
    uint64_t lost_first, lost_last, lost_count; /* since it was told last; 0: nothing */
};

/* Takes over the reference. */
void vane_pending_push(struct vane_pending *pending, const void *event, uint64_t seq, size_t bytes);

/*
 * Moves the oldest events to `batch` (struct vane_pending_event), with their references: at most
 * `events` of them, and no more than `bytes` unless the first is larger.
 */
void vane_pending_take(struct vane_pending *pending, uint32_t events, size_t bytes, GArray *batch);

/* Notes events that were lost before they came here. */
void vane_pending_note_loss(struct vane_pending *pending, uint64_t first, uint64_t last,
                            uint64_t count);

void vane_pending_clear(struct vane_pending *pending);

#endif
