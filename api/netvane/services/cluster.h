/*
 * The service "cluster", version 1: which machines there are, as far as this one has heard. All
 * functions are called on the loop thread. Changes are told as events: `cluster.node.joined`,
 * `cluster.node.left`.
 */
#ifndef NETVANE_SERVICES_CLUSTER_H
#define NETVANE_SERVICES_CLUSTER_H

#include <netvane/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VANE_CLUSTER_SERVICE "cluster"
#define VANE_CLUSTER_VERSION 1u

/* How a member is. Since 1. */
#define VANE_MEMBER_HERE   0u
#define VANE_MEMBER_SILENT 1u /* it has missed three announcements */
#define VANE_MEMBER_LEFT   2u /* it has said goodbye */

/* For all networks, where a network is asked for. Since 1. */
#define VANE_CLUSTER_ANY_NETWORK UINT32_MAX

/* One machine. All texts are borrowed for the call. Since 1. */
struct vane_cluster_member {
    uint32_t size; /* of this struct in the provider */
    uint32_t state;
    uint32_t node_id; /* as identity->node_id() gives it there */
    uint32_t local;   /* 1: this machine itself */
    const char *nkey;
    const char *name;
    const char *version;
    const char *const *tags; /* in that network; without one, those of its Tags= */
    uint32_t tag_count;
    uint32_t reserved;
    int64_t joined_ns; /* since 1970, by this machine's clock, as the next two */
    int64_t heard_ns;
    int64_t gone_ns; /* silent or left since; 0: it is here */
    /* Tags that MemberTags= gives it here; unlike `tags` it has not chosen them itself. There when
     * `size` reaches so far. */
    const char *const *given_tags;
    const char *const *machine_tags; /* those of its Tags=, whatever the network */
    uint32_t given_tag_count, machine_tag_count;
};

struct vane_cluster_table {
    uint32_t size, version;

    /*
     * Calls `each` for every known member of a network, in order of name; until it returns other
     * than 0, which is then returned. -EINVAL: no such number. Since 1.
     */
    int (*members)(void *provider, uint32_t network,
                   int (*each)(void *user, const struct vane_cluster_member *member), void *user);

    /*
     * Sets this machine's tags in a network, over restarts, too, and tells the others. At most 64,
     * of 255 bytes each, without control characters: -EINVAL. -ENOENT: it is not in that network
     * (Networks=). Since 1.
     */
    int (*set_tags)(void *provider, uint16_t network, const char *const *tags, uint32_t count);

    /*
     * Drops the tunnel with a machine, by name or NKey: connections of node: addresses end with
     * -ECONNABORTED on both sides, keys and whatever waited are forgotten. Who dials begins anew.
     * Returns how many sessions there were, maybe 0; -EHOSTUNREACH: no such machine is known;
     * -ENOTUNIQ: several have this name. Since 1.
     */
    int (*remove_peer)(void *provider, const char *node);
};

#ifdef __cplusplus
}
#endif

#endif
