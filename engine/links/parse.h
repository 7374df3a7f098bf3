/*
 * One rtnetlink message from the kernel as a checked struct. Pure functions over bytes: bounded,
 * without state, and fuzzed. rtnetlink(7), linux/if_link.h.
 */
#ifndef NETVANE_ENGINE_LINKS_PARSE_H
#define NETVANE_ENGINE_LINKS_PARSE_H

#include <linux/can/netlink.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>

#define VANE_HARDWARE_ADDRESS_MAX 32 /* MAX_ADDR_LEN; InfiniBand uses 20 */
#define VANE_ALTERNATIVE_NAMES    32 /* kept of those that a link has */
#define VANE_ALTERNATIVE_NAME_MAX 128
#define VANE_KIND_MAX             16
#define VANE_ALIAS_MAX            256
#define VANE_NEXTHOPS             64 /* of one multipath route */

/* An address of the network layer. */
struct vane_ip {
    uint8_t family; /* AF_INET, AF_INET6, 0: none */
    uint8_t bytes[16];
};

struct vane_hardware_address {
    uint8_t length;
    uint8_t bytes[VANE_HARDWARE_ADDRESS_MAX];
};

/* What a CAN controller tells of itself. */
struct vane_rtnl_can {
    bool controller;                          /* it is one; else nothing of this is told */
    bool counts_errors;                       /* transmit_errors and receive_errors are told */
    uint32_t state;                           /* enum can_state */
    uint32_t bitrate, data_bitrate;           /* bit/s; 0: not set */
    uint32_t sample_point, data_sample_point; /* per mille */
    uint32_t modes;                           /* CAN_CTRLMODE_... that are on */
    uint32_t restart_ms, termination;
    uint16_t transmit_errors, receive_errors;
    struct can_device_stats totals;
};

/* RTM_NEWLINK, RTM_DELLINK. What the message does not tell is 0 or empty. */
struct vane_rtnl_link {
    uint32_t index;
    uint32_t flags; /* IFF_... */
    uint16_t arphrd;
    char name[IFNAMSIZ];
    char kind[VANE_KIND_MAX];
    char member_kind[VANE_KIND_MAX]; /* IFLA_INFO_SLAVE_KIND: how it belongs to its master */
    char queueing_discipline[IFNAMSIZ];
    uint32_t mtu, mtu_minimum, mtu_maximum;
    uint32_t master, lower;
    uint32_t transmit_queues, receive_queues;
    uint8_t operstate; /* IF_OPER_..., RFC 2863 */
    uint8_t linkmode;
    int8_t address_mode; /* IN6_ADDR_GEN_MODE_..., -1: not told */
    struct vane_hardware_address hardware, permanent;
    char alias[VANE_ALIAS_MAX]; /* IFLA_IFALIAS */
    struct vane_rtnl_can can;
};

/* Alternative names of a link; they lie within the message. */
struct vane_rtnl_names {
    uint32_t count;
    const char *at[VANE_ALTERNATIVE_NAMES];
};

/* RTM_NEWADDR, RTM_DELADDR. */
struct vane_rtnl_address {
    uint32_t index;
    uint32_t flags; /* IFA_F_... */
    uint8_t prefix_length;
    uint8_t scope; /* RT_SCOPE_... */
    struct vane_ip local;
    struct vane_ip peer; /* family 0: it has none */
    uint32_t metric;
    char label[IFNAMSIZ];
};

struct vane_rtnl_nexthop {
    uint32_t index;
    struct vane_ip gateway; /* family 0: directly connected */
};

/* RTM_NEWROUTE, RTM_DELROUTE. */
struct vane_rtnl_route {
    uint8_t family, destination_length, tos, type, protocol, scope;
    uint32_t table, metric;
    struct vane_ip destination, preferred_source;
    uint32_t nexthop_count;
    struct vane_rtnl_nexthop nexthops[VANE_NEXTHOPS];
};

/*
 * `message` is a whole netlink message whose nlmsg_len lies within the buffer (nlmsg_ok). Return
 * 0; -ENOMSG for one that tells nothing of its kind (another family's view of a link, a wireless
 * event, a cloned route); -EBADMSG when it is malformed. *out is undefined unless 0.
 */
int vane_parse_link(const struct nlmsghdr *message, struct vane_rtnl_link *out,
                    struct vane_rtnl_names *names);
int vane_parse_address(const struct nlmsghdr *message, struct vane_rtnl_address *out);
int vane_parse_route(const struct nlmsghdr *message, struct vane_rtnl_route *out);

/* Without parsing the attributes: is this a unicast route to everywhere? */
bool vane_route_is_default(const struct nlmsghdr *message);

/* The error that an NLMSG_ERROR carries and the text of its extended ack (within the message) or
 * NULL. 0 is an acknowledgement. -EBADMSG: malformed. */
int vane_parse_ack(const struct nlmsghdr *message, const char **text);

#endif
