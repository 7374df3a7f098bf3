/* A link as it was at one moment. See snapshot.h. */
#include "engine/links/snapshot.h"

#include <errno.h>
#include <string.h>

#include "engine/links/snapshot-members.h"

typedef const struct vane_link_snapshot *Link;

static Link link_of(const struct vane_payload *payload)
{
    return (Link)(const void *)payload; /* the payload is the first member */
}

static int snapshot_member(const struct vane_payload *payload, uint32_t index,
                           struct vane_field *field)
{
    uint64_t left = link_of(payload)->present;

    while (left && index-- > 0)
        left &= left - 1;
    if (!left)
        return -ENOENT;
    vane_link_member_read(link_of(payload), (uint32_t)__builtin_ctzll(left), field);
    return 0;
}

static int snapshot_find(const struct vane_payload *payload, const char *name,
                         struct vane_field *field)
{
    for (uint32_t i = 0; i < vane_link_member_count(); i++)
        if (strcmp(vane_link_member_name(i), name) == 0)
            return vane_link_member_read(link_of(payload), i, field) ? 0 : -ENOENT;
    return -ENOENT;
}

static void snapshot_free(struct vane_payload *payload)
{
    struct vane_link_snapshot *link = (struct vane_link_snapshot *)(void *)payload;

    vane_link_identity_unref(link->identity);
    vane_link_facts_unref(link->facts);
    vane_networkd_facts_unref(link->networkd);
    vane_wifi_facts_unref(link->wifi);
    vane_words_unref(link->addresses);
    vane_words_unref(link->gateways);
    g_free(link);
}

static const struct vane_payload_class snapshot_class = {
    .member = snapshot_member,
    .find = snapshot_find,
    .free = snapshot_free,
};

static uint64_t present_members(Link link)
{
    struct vane_field field;
    uint64_t present = 0;

    for (uint32_t i = 0; i < vane_link_member_count(); i++)
        if (vane_link_member_read(link, i, &field))
            present |= UINT64_C(1) << i;
    return present;
}

const struct vane_link_snapshot *vane_link_snapshot_new(const struct vane_link_parts *parts)
{
    struct vane_link_snapshot *link = g_new0(struct vane_link_snapshot, 1);

    vane_payload_init(&link->payload, &snapshot_class);
    link->identity = vane_link_identity_ref(parts->identity);
    link->facts = vane_link_facts_ref(parts->facts);
    link->networkd = vane_networkd_facts_ref(parts->networkd);
    link->wifi = vane_wifi_facts_ref(parts->wifi);
    link->addresses = vane_words_ref(parts->addresses);
    link->gateways = vane_words_ref(parts->gateways);
    link->states = *parts->states;
    g_strlcpy(link->master, parts->master ? parts->master : "", sizeof(link->master));
    g_strlcpy(link->lower, parts->lower ? parts->lower : "", sizeof(link->lower));
    link->present = present_members(link);
    return link;
}

const struct vane_link_snapshot *vane_link_snapshot_with_states(
    const struct vane_link_snapshot *snapshot, const struct vane_link_states *states)
{
    struct vane_link_parts parts = {
        .identity = snapshot->identity,
        .facts = snapshot->facts,
        .networkd = snapshot->networkd,
        .wifi = snapshot->wifi,
        .addresses = snapshot->addresses,
        .gateways = snapshot->gateways,
        .states = states,
        .master = snapshot->master,
        .lower = snapshot->lower,
    };

    return vane_link_snapshot_new(&parts);
}

/* A snapshot with further members, which come last. */
struct event_payload {
    struct vane_payload payload;
    const struct vane_link_snapshot *link;
    uint32_t count;
    struct vane_field extra[VANE_LINK_EXTRA];
    char *owned[VANE_LINK_EXTRA];
    struct vane_words *words[VANE_LINK_EXTRA];
};

static const struct event_payload *event_of(const struct vane_payload *payload)
{
    return (const struct event_payload *)(const void *)payload;
}

static int event_member(const struct vane_payload *payload, uint32_t index,
                        struct vane_field *field)
{
    const struct event_payload *event = event_of(payload);
    uint32_t own = (uint32_t)__builtin_popcountll(event->link->present);

    if (index < own)
        return snapshot_member(&event->link->payload, index, field);
    if (index - own >= event->count)
        return -ENOENT;
    *field = event->extra[index - own];
    return 0;
}

static int event_find(const struct vane_payload *payload, const char *name,
                      struct vane_field *field)
{
    const struct event_payload *event = event_of(payload);

    for (uint32_t i = 0; i < event->count; i++)
        if (strcmp(event->extra[i].name, name) == 0) {
            *field = event->extra[i];
            return 0;
        }
    return snapshot_find(&event->link->payload, name, field);
}

static void event_free(struct vane_payload *payload)
{
    struct event_payload *event = (struct event_payload *)(void *)payload;

    for (uint32_t i = 0; i < event->count; i++) {
        g_free(event->owned[i]);
        vane_words_unref(event->words[i]);
    }
    vane_payload_unref(&event->link->payload);
    g_free(event);
}

static const struct vane_payload_class event_class = {
    .member = event_member,
    .find = event_find,
    .free = event_free,
};

static void keep_value(struct event_payload *event, uint32_t i)
{
    struct vane_field *field = &event->extra[i];

    if (field->type == VANE_STRING) {
        event->owned[i] = g_strdup(field->value.string);
        field->value.string = event->owned[i];
    } else if (field->type == VANE_STRINGS) {
        event->words[i] = vane_words_new(field->value.strings, field->count);
        field->value.strings = event->words[i] ? event->words[i]->at : NULL;
    }
}

const struct vane_payload *vane_link_event_payload(const struct vane_link_snapshot *snapshot,
                                                   const struct vane_field *extra, uint32_t count)
{
    struct event_payload *event;

    if (count == 0)
        return vane_payload_ref(&snapshot->payload);
    g_assert(count <= VANE_LINK_EXTRA);
    event = g_new0(struct event_payload, 1);
    vane_payload_init(&event->payload, &event_class);
    event->link = link_of(vane_payload_ref(&snapshot->payload));
    event->count = count;
    for (uint32_t i = 0; i < count; i++) {
        event->extra[i] = extra[i];
        keep_value(event, i);
    }
    return &event->payload;
}

const struct vane_payload *vane_link_of_payload(const struct vane_payload *payload)
{
    if (payload->class == &snapshot_class)
        return payload;
    return payload->class == &event_class ? &event_of(payload)->link->payload : NULL;
}
