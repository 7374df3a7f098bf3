/* What the parts of the store share: the records. */
#ifndef NETVANE_ENGINE_LINKS_STORE_INTERNAL_H
#define NETVANE_ENGINE_LINKS_STORE_INTERNAL_H

#include "engine/links/state.h"
#include "engine/links/store.h"

struct vane_link_record {
    uint32_t index;
    uint32_t mark; /* the dump that last told of it */
    struct vane_link_identity *identity;
    struct vane_link_facts *facts;
    struct vane_networkd_facts *networkd;
    struct vane_wifi_facts *wifi;
    struct vane_link_states states;
    GTree *addresses;        /* struct address_entry, by what the kernel tells them apart */
    uint32_t reach[3];       /* addresses by enum vane_reach */
    uint32_t ipv4_addresses; /* with the last one the kernel drops the IPv4 routes */
    GTree *routes;           /* default routes through this link; not owned */
    struct vane_words *address_words, *gateway_words; /* valid while the flags say so */
    bool addresses_fresh, gateways_fresh;
    const struct vane_link_snapshot *snapshot; /* NULL: to be made anew */
    uint32_t counted_master;                   /* whose member it is counted as; 0: nobody's */
    bool counted_below;
};

/* Of a link that others belong to; there may be members before the link itself is known. */
struct vane_link_membership {
    uint32_t members, below;
};

struct vane_link_departed {
    const struct vane_link_snapshot *snapshot;
    uint64_t until_ms;
};

struct vane_link_store {
    struct vane_link_outlet outlet;
    GTree *links;               /* index to record */
    GHashTable *memberships;    /* index of the master to struct vane_link_membership */
    GHashTable *departed;       /* index to struct vane_link_departed */
    GTree *routes;              /* struct route_entry, owned */
    uint64_t departed_sweep_ms; /* when to look for stale ones again */
    uint32_t mark;
    bool live, networkd_present;
};

struct vane_link_record *vane_link_record_find(const struct vane_link_store *store, uint32_t index);
struct vane_link_record *vane_link_record_new(struct vane_link_store *store, uint32_t index);
/* The snapshot of now, borrowed. */
const struct vane_link_snapshot *vane_link_record_snapshot(struct vane_link_store *store,
                                                           struct vane_link_record *record);
void vane_link_record_touch(struct vane_link_record *record);
/* Takes it out and frees it; its snapshot stays with the departed. */
void vane_link_record_depart(struct vane_link_store *store, struct vane_link_record *record);

/* store-link.c */
int vane_link_store_apply_link(struct vane_link_store *store, const struct nlmsghdr *message);
void vane_link_store_remove_link(struct vane_link_store *store, struct vane_link_record *record);
/* store-address.c */
int vane_link_store_apply_address(struct vane_link_store *store, const struct nlmsghdr *message);
void vane_link_record_drop_addresses(struct vane_link_store *store, struct vane_link_record *record,
                                     bool unmarked_only);
struct vane_words *vane_link_record_addresses(struct vane_link_record *record);
GTree *vane_link_addresses_new(void);
/* store-route.c */
int vane_link_store_apply_route(struct vane_link_store *store, const struct nlmsghdr *message);
GTree *vane_link_routes_new(bool owned);
struct vane_words *vane_link_record_gateways(struct vane_link_record *record);
/* The kernel drops IPv4 routes silently: of a link that goes down or loses its last address, and
 * those that prefer a source address that goes. */
void vane_link_record_drop_routes(struct vane_link_store *store, struct vane_link_record *record,
                                  uint8_t family, const struct vane_ip *source);
/* store-states.c: works out the derived state in silence; *previous is what it was. */
void vane_link_record_derive(struct vane_link_store *store, struct vane_link_record *record,
                             struct vane_link_states *previous);
/* Publishes what has changed since `previous`, and works out the masters anew. */
void vane_link_record_announce_states(struct vane_link_store *store,
                                      struct vane_link_record *record,
                                      const struct vane_link_states *previous);
/* Both at once. */
void vane_link_record_update_states(struct vane_link_store *store, struct vane_link_record *record);
void vane_link_record_leave_master(struct vane_link_store *store, struct vane_link_record *record);

/* Publishes the record's snapshot with further members, when live. */
void vane_link_store_publish(struct vane_link_store *store, const char *topic,
                             struct vane_link_record *record, const struct vane_field *extra,
                             uint32_t count);
void vane_link_store_publish_fields(struct vane_link_store *store, const char *topic,
                                    const struct vane_field *fields, uint32_t count);

#endif
