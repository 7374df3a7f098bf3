/* The bus as plugins see it: api/netvane/bus.h on top of bus.h and event.h. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "engine/bus.h"
#include "engine/engine.h"
#include "lib/topic.h"

/* Topics that only the host publishes. */
static bool reserved(const char *topic)
{
    static const char *const rooms[] = {"engine.", "link.",   "address.", "route.",
                                        "wifi.",   "plugin.", "config.",  "policy.denied"};

    for (size_t i = 0; i < G_N_ELEMENTS(rooms); i++)
        if (g_str_has_prefix(topic, rooms[i]))
            return true;
    return false;
}

static int publish(struct vane_self *self, const char *topic, const struct vane_fields *fields,
                   const struct vane_event *cause, const struct vane_event **event)
{
    struct vane_payload *payload;
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (!topic || reserved(topic))
        return -EINVAL;
    r = vane_payload_new(fields, &payload);
    if (r < 0)
        return r;
    return vane_event_bus_publish(self->engine->bus, topic, payload, cause ? cause->id : NULL,
                                  event);
}

static int subscribe(struct vane_self *self, const char *patterns,
                     const struct vane_subscribe *options,
                     int (*callback)(void *user, const struct vane_event *event), void *user,
                     struct vane_subscription **subscription)
{
    int r = vane_enter(self);

    if (r < 0)
        return r;
    return vane_event_bus_subscribe(self->engine->bus, self, patterns, options, callback, user,
                                    subscription);
}

static int unsubscribe(struct vane_self *self, struct vane_subscription *subscription)
{
    int r = vane_enter(self);

    if (r == 0)
        vane_subscription_free(subscription);
    return r;
}

static int resume(struct vane_self *self, struct vane_subscription *subscription)
{
    int r = vane_enter(self);

    return r < 0 ? r : vane_subscription_resume(subscription);
}

static int match(const char *patterns, const char *topic)
{
    if (!patterns || !topic || !vane_patterns_valid(patterns) || !vane_topic_valid(topic))
        return -EINVAL;
    return vane_patterns_match(patterns, topic) ? 1 : 0;
}

static int position(struct vane_self *self, uint64_t *next_seq, const char **epoch)
{
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (next_seq)
        *next_seq = vane_event_bus_next_seq(self->engine->bus);
    if (epoch)
        *epoch = vane_event_bus_epoch(self->engine->bus);
    return 0;
}

static int find(struct vane_self *self, const char *id, const struct vane_event **event)
{
    const struct vane_event *found;
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (!id || !event)
        return -EINVAL;
    found = vane_event_bus_find(self->engine->bus, id);
    if (!found)
        return -ENOENT;
    *event = found;
    return 0;
}

static uint64_t event_seq(const struct vane_event *event)
{
    return event->seq;
}

static const char *event_id(const struct vane_event *event)
{
    return event->id;
}

static const char *event_topic(const struct vane_event *event)
{
    return event->topic;
}

static const char *event_cause(const struct vane_event *event)
{
    return event->cause[0] ? event->cause : NULL;
}

static int64_t event_time(const struct vane_event *event)
{
    return event->time_ns;
}

static uint64_t event_monotonic(const struct vane_event *event)
{
    return event->monotonic_ns;
}

static const struct vane_payload *event_payload(const struct vane_event *event)
{
    return event->payload;
}

static int get_string(const struct vane_payload *payload, const char *name, const char **value)
{
    struct vane_field field;
    int r = vane_payload_find(payload, name, &field);

    if (r < 0)
        return r;
    if (field.type != VANE_STRING && field.type != VANE_JSON)
        return -EINVAL;
    *value = field.value.string;
    return 0;
}

static int get_int64(const struct vane_payload *payload, const char *name, int64_t *value)
{
    struct vane_field field;
    int r = vane_payload_find(payload, name, &field);

    if (r < 0)
        return r;
    if (field.type == VANE_UINT64 && field.value.uint64 > INT64_MAX)
        return -ERANGE;
    if (field.type != VANE_INT64 && field.type != VANE_UINT64)
        return -EINVAL;
    *value = field.value.int64;
    return 0;
}

static int get_uint64(const struct vane_payload *payload, const char *name, uint64_t *value)
{
    struct vane_field field;
    int r = vane_payload_find(payload, name, &field);

    if (r < 0)
        return r;
    if (field.type == VANE_INT64 && field.value.int64 < 0)
        return -ERANGE;
    if (field.type != VANE_INT64 && field.type != VANE_UINT64)
        return -EINVAL;
    *value = field.value.uint64;
    return 0;
}

static int get_double(const struct vane_payload *payload, const char *name, double *value)
{
    struct vane_field field;
    int r = vane_payload_find(payload, name, &field);

    if (r < 0)
        return r;
    if (field.type == VANE_DOUBLE)
        *value = field.value.real;
    else if (field.type == VANE_INT64)
        *value = (double)field.value.int64;
    else if (field.type == VANE_UINT64)
        *value = (double)field.value.uint64;
    else
        return -EINVAL;
    return 0;
}

static int get_bool(const struct vane_payload *payload, const char *name, uint32_t *value)
{
    struct vane_field field;
    int r = vane_payload_find(payload, name, &field);

    if (r < 0)
        return r;
    if (field.type != VANE_BOOL)
        return -EINVAL;
    *value = (uint32_t)field.value.boolean;
    return 0;
}

static int get_strings(const struct vane_payload *payload, const char *name,
                       const char *const **values, uint32_t *count)
{
    struct vane_field field;
    int r = vane_payload_find(payload, name, &field);

    if (r < 0)
        return r;
    if (field.type != VANE_STRINGS)
        return -EINVAL;
    *values = field.value.strings;
    *count = field.count;
    return 0;
}

static int member(const struct vane_payload *payload, uint32_t index, struct vane_field *field,
                  uint32_t field_size)
{
    struct vane_field found;
    int r = payload->class->member(payload, index, &found);

    if (r < 0)
        return r;
    memset(field, 0, field_size);
    memcpy(field, &found, MIN(field_size, sizeof(found)));
    return 0;
}

const struct vane_bus vane_bus_table = {
    .size = sizeof(struct vane_bus),
    .version = VANE_ABI_MINOR,
    .publish = publish,
    .subscribe = subscribe,
    .unsubscribe = unsubscribe,
    .resume = resume,
    .match = match,
    .position = position,
    .find = find,
    .event_ref = vane_event_ref,
    .event_unref = vane_event_unref,
    .event_seq = event_seq,
    .event_id = event_id,
    .event_topic = event_topic,
    .event_cause = event_cause,
    .event_time = event_time,
    .event_monotonic = event_monotonic,
    .event_payload = event_payload,
    .event_json = vane_event_json,
    .payload_ref = vane_payload_ref,
    .payload_unref = vane_payload_unref,
    .get_string = get_string,
    .get_int64 = get_int64,
    .get_uint64 = get_uint64,
    .get_double = get_double,
    .get_bool = get_bool,
    .get_strings = get_strings,
    .member = member,
    .payload_json = vane_payload_json,
};
