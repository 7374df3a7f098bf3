/*
 * Events and payloads: immutable, counted, rendered to JSON once. The API's accessors are here;
 * who receives an event is the bus's business.
 */
#ifndef NETVANE_ENGINE_EVENT_H
#define NETVANE_ENGINE_EVENT_H

#include <netvane/bus.h>

#include "lib/json/writer.h"

/* How a kind of payload shows its members. Link snapshots bring their own. */
struct vane_payload_class {
    /* The n-th member; absent ones are not counted. -ENOENT past the last. */
    int (*member)(const struct vane_payload *payload, uint32_t index, struct vane_field *field);
    /* By name; -ENOENT. NULL: searched with member(). */
    int (*find)(const struct vane_payload *payload, const char *name, struct vane_field *field);
    void (*free)(struct vane_payload *payload);
};

/* Base of every payload; a class embeds it first. */
struct vane_payload {
    const struct vane_payload_class *class;
    uint32_t refs;
    uint32_t json_length;
    char *json; /* rendered on first demand */
};

#define VANE_PAYLOAD_MAX (1u << 20)

/* A payload of copied fields. -EINVAL: a bad name, type or JSON text; -EMSGSIZE. `fields` may be
 * NULL for one without members. */
int vane_payload_new(const struct vane_fields *fields, struct vane_payload **payload);
void vane_payload_init(struct vane_payload *payload, const struct vane_payload_class *class);
const struct vane_payload *vane_payload_ref(const struct vane_payload *payload);
void vane_payload_unref(const struct vane_payload *payload);
int vane_payload_find(const struct vane_payload *payload, const char *name,
                      struct vane_field *field);
int vane_payload_json(const struct vane_payload *payload, const char **text, size_t *length);
/* A field as the plugin's compiler laid it out: maybe shorter, maybe longer than ours. */
struct vane_field vane_fields_at(const struct vane_fields *fields, uint32_t index);
/* One field as a JSON value. */
void vane_field_render(struct vane_json *json, const struct vane_field *field);

struct vane_event {
    uint32_t refs;
    uint32_t json_length;
    uint64_t seq;
    int64_t time_ns;
    uint64_t monotonic_ns;
    const struct vane_payload *payload;
    char *json;
    char id[40];
    char cause[40]; /* empty: none */
    char topic[];
};

const struct vane_event *vane_event_ref(const struct vane_event *event);
void vane_event_unref(const struct vane_event *event);
int vane_event_json(const struct vane_event *event, const char **text, size_t *length);

static inline void vane_event_cleanup(const struct vane_event **event)
{
    if (*event)
        vane_event_unref(*event);
}

static inline void vane_payload_cleanup(const struct vane_payload **payload)
{
    if (*payload)
        vane_payload_unref(*payload);
}

#endif
