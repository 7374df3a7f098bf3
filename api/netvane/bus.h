/*
 * The event bus: publish, subscribe, and read events.
 *
 * A topic is dotted lower-case tokens of [a-z0-9_-] ("link.state"), at most 128 bytes. A pattern
 * is that of NATS subjects: `*` is one token, a trailing `>` one or more; several patterns are
 * separated by spaces, and an event that matches more than one is delivered once. Every topic and
 * field of the host is listed in events.md.
 */
#ifndef NETVANE_BUS_H
#define NETVANE_BUS_H

#include <netvane/abi.h>
#include <netvane/fields.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vane_event;        /* opaque, immutable, counted */
struct vane_payload;      /* opaque, immutable, counted: named typed members */
struct vane_subscription; /* opaque */

/* Flags of a subscription. Since 1.0. */
#define VANE_SUBSCRIBE_STRICT 1u /* end it with one error rather than lose an event */
#define VANE_SUBSCRIBE_REPLAY 2u /* first the kept events after `since` */

/* How to subscribe; zero means default. */
struct vane_subscribe {
    uint32_t size;         /* sizeof(struct vane_subscribe) */
    uint32_t flags;        /* VANE_SUBSCRIBE_... */
    uint32_t queue_length; /* events that may wait; 0: 1024 */
    uint32_t reserved;
    uint64_t since; /* with REPLAY: the last seq already seen; 0: from the oldest kept */
    /*
     * Events first..last (seq numbers, both included, of which some may not have matched) were
     * lost here: the queue was full, or `since` was before the oldest kept. Called in order with
     * the events. NULL: the host logs it. A strict subscription ends instead.
     */
    void (*lost)(void *user, uint64_t first, uint64_t last);
    /* A strict subscription has ended with -ENOBUFS, as it lost events. Its handle is invalid. */
    void (*ended)(void *user, int error);
    /*
     * Patterns of topics that are not wanted although they match, as the own ones of who publishes
     * something about each event that it gets; NULL: none. They take no place in the queue.
     * Since 1.1.
     */
    const char *except;
};

struct vane_bus {
    uint32_t size, version;

    /*
     * Publishes an event. It is queued: subscribers are called from the loop, after this returns.
     * `cause` is the event that led to it, or NULL. `event`, if not NULL, receives the event,
     * with a reference that the caller gives back with event_unref(). Errors: -EINVAL (topic or
     * a field is malformed, `engine.`, `link.`, `address.`, `route.`, `wifi.`, `plugin.` and
     * `config.` topics and `policy.denied` are the host's), -EMSGSIZE (over 1 MiB), -ESHUTDOWN.
     * Since 1.0.
     */
    int (*publish)(struct vane_self *self, const char *topic, const struct vane_fields *payload,
                   const struct vane_event *cause, const struct vane_event **event);

    /*
     * Calls `callback` for each matching event, in order of seq. The event is borrowed for the
     * call; event_ref() keeps it. A callback returns 0, or VANE_BUSY to get this same event
     * again after resume(), and none before; any other result is as 0. `options` may be NULL, and
     * so may `subscription` for one that is never ended. Errors: -EINVAL (pattern), -ERANGE
     * (`since` is in the future). Since 1.0.
     */
    int (*subscribe)(struct vane_self *self, const char *patterns,
                     const struct vane_subscribe *options,
                     int (*callback)(void *user, const struct vane_event *event), void *user,
                     struct vane_subscription **subscription);

    /* Ends a subscription, also from its own callback; nothing is called after it. Since 1.0. */
    int (*unsubscribe)(struct vane_self *self, struct vane_subscription *subscription);

    /* Goes on after VANE_BUSY. Since 1.0. */
    int (*resume)(struct vane_self *self, struct vane_subscription *subscription);

    /* Does a topic match a pattern list? 1, 0, or -EINVAL. From any thread. Since 1.0. */
    int (*match)(const char *patterns, const char *topic);

    /* The seq that the next event will have, and the epoch (16 hex digits). Since 1.0. */
    int (*position)(struct vane_self *self, uint64_t *next_seq, const char **epoch);

    /* The kept event with this id, with a reference; -ENOENT: not kept any more. Since 1.0. */
    int (*find)(struct vane_self *self, const char *id, const struct vane_event **event);

    /* References. The last one to go frees the event. Since 1.0. */
    const struct vane_event *(*event_ref)(const struct vane_event *event);
    void (*event_unref)(const struct vane_event *event);

    /* The parts of an event (design: seq, id, time, topic, cause). Since 1.0. */
    uint64_t (*event_seq)(const struct vane_event *event);
    const char *(*event_id)(const struct vane_event *event); /* "<epoch>-<seq>" */
    const char *(*event_topic)(const struct vane_event *event);
    const char *(*event_cause)(const struct vane_event *event);  /* an id, or NULL */
    int64_t (*event_time)(const struct vane_event *event);       /* ns since 1970, CLOCK_REALTIME */
    uint64_t (*event_monotonic)(const struct vane_event *event); /* ns, CLOCK_MONOTONIC */
    const struct vane_payload *(*event_payload)(const struct vane_event *event); /* borrowed */

    /*
     * The whole event as one JSON object without a newline, rendered on first demand and then
     * shared by all who ask. Owned by the event. -ENOMEM. Since 1.0.
     */
    int (*event_json)(const struct vane_event *event, const char **text, size_t *length);

    /* References on a payload that is kept longer than its event or link. Since 1.0. */
    const struct vane_payload *(*payload_ref)(const struct vane_payload *payload);
    void (*payload_unref)(const struct vane_payload *payload);

    /*
     * A member of a payload by name; an absent one is -ENOENT, one of another type -EINVAL.
     * Integers convert where the value fits, else -ERANGE. The text of a JSON member is read as a
     * string. Since 1.0.
     */
    int (*get_string)(const struct vane_payload *payload, const char *name, const char **value);
    int (*get_int64)(const struct vane_payload *payload, const char *name, int64_t *value);
    int (*get_uint64)(const struct vane_payload *payload, const char *name, uint64_t *value);
    int (*get_double)(const struct vane_payload *payload, const char *name, double *value);
    int (*get_bool)(const struct vane_payload *payload, const char *name, uint32_t *value);
    /* A list of strings; owned by the payload. */
    int (*get_strings)(const struct vane_payload *payload, const char *name,
                       const char *const **values, uint32_t *count);

    /* The n-th member (from 0) as a field; -ENOENT past the last. `field->value` is borrowed.
     * `field_size` is sizeof(struct vane_field) of the caller. Since 1.0. */
    int (*member)(const struct vane_payload *payload, uint32_t index, struct vane_field *field,
                  uint32_t field_size);

    /* The payload as one JSON object, rendered once, owned by the payload. Since 1.0. */
    int (*payload_json)(const struct vane_payload *payload, const char **text, size_t *length);
};

#ifdef __cplusplus
}
#endif

#endif
