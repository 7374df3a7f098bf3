/* What bus.c and subscription.c share, and nobody else. */
#ifndef NETVANE_ENGINE_BUS_INTERNAL_H
#define NETVANE_ENGINE_BUS_INTERNAL_H

#include <stdbool.h>

#include "engine/bus.h"
#include "engine/ledger.h"

struct vane_event_bus {
    uv_idle_t idle;
    uv_check_t check;
    unsigned closing;
    uint32_t capacity;
    const struct vane_event **history; /* by seq modulo capacity */
    uint64_t next_seq;
    char epoch[17];
    struct vane_subscription *subscriptions; /* all */
    struct vane_subscription *ready;         /* those with something to hand out, in turn */
    struct vane_subscription *ready_last;
};

/*
 * Events reach a subscription in one of two ways: live ones through its own queue; while it
 * replays, straight from the history through a cursor, until it has caught up.
 */
struct vane_subscription {
    struct vane_ledger_entry entry;
    struct vane_subscription *next, **link;
    struct vane_subscription *ready_next;
    struct vane_event_bus *bus;
    struct vane_self *owner;
    char *patterns, *except;
    struct vane_subscribe options;
    int (*callback)(void *user, const struct vane_event *event);
    void *user;
    const struct vane_event **queue; /* ring; grows up to options.queue_length */
    uint32_t capacity, first, count;
    const struct vane_event *held;  /* its receiver was busy; it comes first */
    uint64_t cursor;                /* next seq to replay; 0: live */
    uint64_t lost_first, lost_last; /* dropped just before the head of the queue; 0: nothing */
    int error;                      /* a strict one is to end with this */
    bool is_ready, busy, resumed, delivering, dead;
};

void vane_event_bus_wake(struct vane_event_bus *bus);

/* Queues the event if it matches. */
void vane_subscription_offer(struct vane_subscription *subscription,
                             const struct vane_event *event);
void vane_subscription_unready(struct vane_subscription *subscription);
/* Hands out up to `most` events; returns how many callbacks were made. */
uint32_t vane_subscription_deliver(struct vane_subscription *subscription, uint32_t most);

#endif
