/*
 * The link table: what interfaces there are, and requests to change them.
 *
 * A link snapshot is a payload with the members of a link event (events.md): interface_name,
 * interface_index, interface_type, kind, operational_state, address ... read with host->bus.
 * It never changes; a newer state is a newer snapshot.
 *
 * Links that are there already yield no event: subscribe, then walk the table with next(), and
 * nothing is missed or seen twice. Requests do not pass the gate; who makes them for somebody else
 * asks it first.
 */
#ifndef NETVANE_LINKS_H
#define NETVANE_LINKS_H

#include <netvane/abi.h>
#include <netvane/bus.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which part of a struct vane_link_change is meant. Since 1.0. */
#define VANE_LINK_UP             (1u << 0) /* set IFF_UP */
#define VANE_LINK_DOWN           (1u << 1) /* clear IFF_UP */
#define VANE_LINK_MTU            (1u << 2)
#define VANE_LINK_RENAME         (1u << 3)
#define VANE_LINK_MASTER         (1u << 4) /* `master` 0 releases */
#define VANE_LINK_ADDRESS_ADD    (1u << 5)
#define VANE_LINK_ADDRESS_DELETE (1u << 6)
#define VANE_LINK_CAN            (1u << 7)
#define VANE_LINK_NETNS          (1u << 8) /* moves it into `move_netns_fd` */
/* Since 1.1. */
#define VANE_LINK_ALIAS  (1u << 9)  /* `alias`, NULL takes it away */
#define VANE_LINK_DELETE (1u << 10) /* deletes it, after all else */

/* CAN controller modes, linux/can/netlink.h. Since 1.0. */
#define VANE_CAN_LOOPBACK    1u
#define VANE_CAN_LISTEN_ONLY 2u
#define VANE_CAN_FD          4u

/* Switches off what 0 would leave as it is. Since 1.1. */
#define VANE_CAN_NONE 0xffffffffu

/* Bit timing of a real CAN controller; what is 0 is left to the kernel. */
struct vane_can {
    uint32_t size;
    uint32_t bitrate;           /* bit/s */
    uint32_t sample_point;      /* per mille */
    uint32_t data_bitrate;      /* bit/s, CAN FD */
    uint32_t data_sample_point; /* per mille */
    uint32_t restart_ms;        /* automatic restart after bus-off; or VANE_CAN_NONE */
    uint32_t modes;             /* VANE_CAN_... to set */
    uint32_t modes_mask;        /* which of them are meant */
    uint32_t termination;       /* ohm; or VANE_CAN_NONE */
    uint32_t reserved;
};

/* A link to create. */
struct vane_link_create {
    uint32_t size;
    int32_t netns_fd;      /* in this network namespace; -1: the daemon's. 0 is a descriptor */
    const char *name;      /* 1 to 15 bytes, no '/', no white space */
    const char *kind;      /* vcan vxcan veth bridge dummy macvlan ifb ... */
    const char *peer_name; /* veth, vxcan: the other end */
    int32_t peer_netns_fd; /* veth, vxcan: where the other end goes; -1: the same */
    uint32_t lower_index;  /* macvlan, vlan: the link below; 0: none */
    uint32_t vlan_id;      /* vlan */
    uint32_t mtu;          /* 0: the kernel's default */
    uint32_t up;           /* 1: set up right away */
    uint32_t reserved;
    /* Since 1.1; those of the peer hold for one with a name, in the same namespace. */
    const char *alias, *peer_alias; /* NULL: none */
    uint32_t peer_up, reserved2;
};

/* What a link must still be, by the kernel's word right before it is changed; NULL: anything.
 * Since 1.1. */
struct vane_link_expect {
    uint32_t size;
    uint32_t reserved;
    const char *name;
    const char *interface_type; /* the kernel's own: "ether", "can" */
    const char *alias;          /* "": it has none */
};

/* A change of one link, applied in the order of the VANE_LINK_... bits, except that CAN parameters
 * come before `up`, and a rename of a link that must be down is done as the kernel wants it. */
struct vane_link_change {
    uint32_t size;
    uint32_t what;    /* VANE_LINK_... */
    int32_t netns_fd; /* where the link is; -1: the daemon's. 0 is a descriptor */
    uint32_t mtu;
    const char *new_name;
    const char *address; /* "192.0.2.1/24", "2001:db8::1/64" */
    uint32_t master;     /* ifindex */
    int32_t move_netns_fd;
    const struct vane_can *can;
    const char *alias;                     /* since 1.1 */
    const struct vane_link_expect *expect; /* else -ESTALE, and nothing is done; since 1.1 */
};

/* Called once when a request is through: 0 or a negative errno, and the kernel's own words
 * (extended ack) or NULL. `message` is valid during the call. */
typedef void (*vane_link_done)(void *user, int result, const char *message);

/* Called once with what query() found: 0, or -ENODEV and the like. The links are borrowed for the
 * call (bus->payload_ref keeps one). Since 1.1. */
typedef void (*vane_links_found)(void *user, int result, const struct vane_payload *const *links,
                                 uint32_t count);

struct vane_links {
    uint32_t size, version;

    /* The present snapshot of a link, with a reference (bus->payload_unref); -ENODEV. Since 1.0. */
    int (*get)(struct vane_self *self, uint32_t ifindex, const struct vane_payload **link);
    /* The same by name or alternative name. Since 1.0. */
    int (*get_by_name)(struct vane_self *self, const char *name, const struct vane_payload **link);

    /*
     * The link with the smallest index above `after` (start with 0), with a reference; -ENOENT
     * after the last. Since 1.0.
     */
    int (*next)(struct vane_self *self, uint32_t after, const struct vane_payload **link);

    /*
     * 1 when the first dump of the kernel's links is complete and, if systemd-networkd runs, its
     * states are known; else 0. It is 1 before the first init(). Since 1.0.
     */
    int (*ready)(struct vane_self *self);

    /*
     * The snapshot that a link event carries, borrowed; NULL for other events. The event's payload
     * has its members, too, and those that tell of the event itself. Since 1.0.
     */
    const struct vane_payload *(*of_event)(const struct vane_event *event);

    /* Creates a link. `done` may be NULL. Errors at once: -EINVAL, -EPERM, -ENAMETOOLONG; the
     * kernel's come through done(): -EEXIST, -EOPNOTSUPP (no such kind) ... Since 1.0. */
    int (*create)(struct vane_self *self, const struct vane_link_create *request,
                  vane_link_done done, void *user);

    /* Deletes a link. Since 1.0. */
    int (*remove)(struct vane_self *self, uint32_t ifindex, int32_t netns_fd, vane_link_done done,
                  void *user);

    /* Changes a link; stops at the first part that the kernel refuses. Since 1.0. */
    int (*change)(struct vane_self *self, uint32_t ifindex, const struct vane_link_change *change,
                  vane_link_done done, void *user);

    /* The index of a name in a network namespace (-1: the daemon's); -ENODEV. Since 1.0. */
    int (*index_of)(struct vane_self *self, const char *name, int32_t netns_fd, uint32_t *ifindex);

    /*
     * Asks the kernel itself for a link by name, or with NULL by index, or with 0 for all links, in
     * a network namespace (-1: the daemon's). What is found has the members that the kernel tells:
     * no states, no addresses, and nothing of systemd-networkd or Wi-Fi. It is asked after the
     * requests that were made before. -EINVAL: the name is none. Since 1.1.
     */
    int (*query)(struct vane_self *self, const char *name, uint32_t ifindex, int32_t netns_fd,
                 vane_links_found found, void *user);
};

#ifdef __cplusplus
}
#endif

#endif
