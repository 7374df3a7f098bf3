/*
 * A link as it was at one moment: an immutable payload whose members are those of a link event
 * (docs/events.md), put together from counted parts.
 */
#ifndef NETVANE_ENGINE_LINKS_SNAPSHOT_H
#define NETVANE_ENGINE_LINKS_SNAPSHOT_H

#include "engine/event.h"
#include "engine/links/facts.h"

#define VANE_STATE_WORD 32

/* The two states of a link and who says so. */
struct vane_link_states {
    char operational[VANE_STATE_WORD]; /* empty: unknown */
    char administrative[VANE_STATE_WORD];
    bool from_networkd;
};

struct vane_link_snapshot {
    struct vane_payload payload;
    uint64_t present; /* bit n: member n of the table is there */
    struct vane_link_identity *identity;
    struct vane_link_facts *facts;
    struct vane_networkd_facts *networkd;
    struct vane_wifi_facts *wifi;
    struct vane_words *addresses, *gateways;
    struct vane_link_states states;
    char master[IFNAMSIZ];
    char lower[IFNAMSIZ];
};

/* What a snapshot is made of; references are taken. All but identity and facts may be NULL. */
struct vane_link_parts {
    struct vane_link_identity *identity;
    struct vane_link_facts *facts;
    struct vane_networkd_facts *networkd;
    struct vane_wifi_facts *wifi;
    struct vane_words *addresses, *gateways;
    const struct vane_link_states *states;
    const char *master, *lower; /* names */
};

const struct vane_link_snapshot *vane_link_snapshot_new(const struct vane_link_parts *parts);

/* The same link with other states. */
const struct vane_link_snapshot *vane_link_snapshot_with_states(
    const struct vane_link_snapshot *snapshot, const struct vane_link_states *states);

#define VANE_LINK_EXTRA 4

/*
 * The payload of a link event: the snapshot with up to VANE_LINK_EXTRA further members. Names are
 * static; values are copied. Takes its own reference on the snapshot.
 */
const struct vane_payload *vane_link_event_payload(const struct vane_link_snapshot *snapshot,
                                                   const struct vane_field *extra, uint32_t count);

/* The snapshot that is or lies in a payload, borrowed; NULL: it is of another class. */
const struct vane_payload *vane_link_of_payload(const struct vane_payload *payload);

#endif
