/*
 * The records of all links, keyed by index, and the differences that messages make, published as
 * events. No sockets, no loop: netlink.c, networkd.c and wifi.c bring the news.
 */
#ifndef NETVANE_ENGINE_LINKS_STORE_H
#define NETVANE_ENGINE_LINKS_STORE_H

#include "engine/links/snapshot.h"

struct vane_link_store;

/* Where events go and where facts come from that netlink does not carry. */
struct vane_link_outlet {
    /* Takes over the reference on the payload. */
    void (*publish)(void *user, const char *topic, const struct vane_payload *payload);
    /* Finds DEVTYPE and driver of a new link; NULL: from its kind alone. */
    struct vane_link_identity *(*identify)(void *user, const struct vane_rtnl_link *link);
    /* A link has come; NULL: nobody wants to know. */
    void (*appeared)(void *user, const struct vane_link_snapshot *link);
    uint64_t (*now_ms)(void *user);
    void *user;
};

struct vane_link_store *vane_link_store_new(const struct vane_link_outlet *outlet);
void vane_link_store_free(struct vane_link_store *store);

/* Events are published only while live: the first dump is none. */
void vane_link_store_set_live(struct vane_link_store *store, bool live);

/* One message from the kernel. 0, -ENOMSG (nothing for us), -EBADMSG. */
int vane_link_store_apply(struct vane_link_store *store, const struct nlmsghdr *message);

/*
 * A dump replaces what is known: between begin and one of the ends, everything that a message
 * tells of is marked; the end removes what was not.
 */
void vane_link_store_begin_dump(struct vane_link_store *store);
void vane_link_store_end_links(struct vane_link_store *store);
void vane_link_store_end_addresses(struct vane_link_store *store);
void vane_link_store_end_routes(struct vane_link_store *store);

/* Snapshots, with a reference; NULL: there is none. */
const struct vane_link_snapshot *vane_link_store_get(struct vane_link_store *store, uint32_t index);
const struct vane_link_snapshot *vane_link_store_get_by_name(struct vane_link_store *store,
                                                             const char *name);
/* The link with the least index above `after`. */
const struct vane_link_snapshot *vane_link_store_next(struct vane_link_store *store,
                                                      uint32_t after);
uint32_t vane_link_store_count(const struct vane_link_store *store);
bool vane_link_store_has(const struct vane_link_store *store, uint32_t index);
/* Is it gone so recently that somebody may still speak of it? */
bool vane_link_store_departed(struct vane_link_store *store, uint32_t index);

/* What networkd says of a link. NULL: it does not tell. */
struct vane_networkd_word {
    const char *operational, *administrative, *online;
    struct vane_networkd_facts *facts; /* borrowed */
    bool signalled; /* it said so by itself: the first word on a link is news whatever it is */
};

/* While networkd is present, states come from it alone. */
void vane_link_store_set_networkd_present(struct vane_link_store *store, bool present);
/* Publishes link.state when this changes a state; also for a link that has just gone. -ENODEV. */
int vane_link_store_set_states(struct vane_link_store *store, uint32_t index,
                               const struct vane_networkd_word *word);
/* Does networkd's word of this link hold now, and what was it? NULL: no link, no word. */
const struct vane_link_states *vane_link_store_networkd_states(struct vane_link_store *store,
                                                               uint32_t index);
/* Back to what the kernel tells, for all links. */
void vane_link_store_drop_networkd(struct vane_link_store *store);

/* The network that a link is connected to, or NULL; takes over the reference. Publishes
 * wifi.connected and wifi.disconnected when it is another one. -ENODEV. */
int vane_link_store_set_wifi(struct vane_link_store *store, uint32_t index,
                             struct vane_wifi_facts *wifi);

#endif
