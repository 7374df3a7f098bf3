/*
 * The event bus: stamps events, keeps the last of them, and hands each subscriber its own in
 * order from its own bounded queue. It knows nothing of links or plugins but the owner to name.
 */
#ifndef NETVANE_ENGINE_BUS_H
#define NETVANE_ENGINE_BUS_H

#include <uv.h>

#include <netvane/bus.h>

#include "engine/event.h"

struct vane_event_bus;

/* `history` is how many events are kept. */
int vane_event_bus_new(uv_loop_t *loop, uint32_t history, struct vane_event_bus **bus);

/* All subscriptions must be gone; the bus's uv handles close on the loop's next turns. */
void vane_event_bus_free(struct vane_event_bus *bus);

/*
 * Publishes; takes over the caller's reference on the payload, also on failure. `cause` is an
 * event id or NULL. `event` may be NULL, else receives a reference.
 */
int vane_event_bus_publish(struct vane_event_bus *bus, const char *topic,
                           const struct vane_payload *payload, const char *cause,
                           const struct vane_event **event);

/* The same from fields. */
int vane_event_bus_publish_fields(struct vane_event_bus *bus, const char *topic,
                                  const struct vane_fields *fields, const char *cause);

/* `owner` is NULL for the engine's own. */
int vane_event_bus_subscribe(struct vane_event_bus *bus, struct vane_self *owner,
                             const char *patterns, const struct vane_subscribe *options,
                             int (*callback)(void *user, const struct vane_event *event),
                             void *user, struct vane_subscription **subscription);
void vane_subscription_free(struct vane_subscription *subscription);
int vane_subscription_resume(struct vane_subscription *subscription);

/* How many events wait for the subscriptions of one owner. */
uint64_t vane_event_bus_queued(const struct vane_event_bus *bus, const struct vane_self *owner);

/* Delivers now what is queued: for the end of the daemon's life. */
void vane_event_bus_flush(struct vane_event_bus *bus);

uint64_t vane_event_bus_next_seq(const struct vane_event_bus *bus);
const char *vane_event_bus_epoch(const struct vane_event_bus *bus);
/* Kept events: by id (with a reference), and from the oldest on (borrowed, NULL: no such seq). */
const struct vane_event *vane_event_bus_find(const struct vane_event_bus *bus, const char *id);
uint64_t vane_event_bus_oldest_seq(const struct vane_event_bus *bus);
const struct vane_event *vane_event_bus_at(const struct vane_event_bus *bus, uint64_t seq);

extern const struct vane_bus vane_bus_table;

#endif
