/* Netlink messages as the kernel would send them, for tests. */
#ifndef NETVANE_TESTS_NETLINK_MESSAGES_H
#define NETVANE_TESTS_NETLINK_MESSAGES_H

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include <glib.h>

#define UP      (IFF_UP | IFF_BROADCAST | IFF_MULTICAST)
#define CARRIED (UP | IFF_RUNNING | IFF_LOWER_UP)

struct link_text {
    uint32_t index;
    const char *name, *kind;
    uint32_t flags, mtu, master;
    uint16_t arphrd;
    uint8_t operstate;
};

static inline struct nl_msg *begin(uint16_t type, uint16_t flags, const void *body, size_t size)
{
    struct nl_msg *message = nlmsg_alloc_simple(type, flags);

    nlmsg_append(message, (void *)(uintptr_t)body, size, NLMSG_ALIGNTO);
    return message;
}

static inline struct nl_msg *link_message(uint16_t type, const struct link_text *link)
{
    static const uint8_t hardware[6] = {0x02, 0x00, 0x5e, 0x00, 0x53, 0x01};
    struct ifinfomsg info = {.ifi_index = (int)link->index,
                             .ifi_flags = link->flags,
                             .ifi_type = link->arphrd ? link->arphrd : ARPHRD_ETHER};
    struct nl_msg *message = begin(type, 0, &info, sizeof(info));

    nla_put_string(message, IFLA_IFNAME, link->name);
    nla_put_u32(message, IFLA_MTU, link->mtu ? link->mtu : 1500);
    nla_put_u8(message, IFLA_OPERSTATE, link->operstate);
    nla_put(message, IFLA_ADDRESS, sizeof(hardware), hardware);
    if (link->master)
        nla_put_u32(message, IFLA_MASTER, link->master);
    if (link->kind) {
        struct nlattr *nest = nla_nest_start(message, IFLA_LINKINFO);

        nla_put_string(message, IFLA_INFO_KIND, link->kind);
        nla_nest_end(message, nest);
    }
    return message;
}

static inline struct nl_msg *address_message(uint16_t type, uint32_t index, const char *text,
                                             uint8_t prefix, uint8_t scope, uint32_t flags)
{
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    struct ifaddrmsg info = {.ifa_family = (uint8_t)family,
                             .ifa_prefixlen = prefix,
                             .ifa_scope = scope,
                             .ifa_index = index};
    struct nl_msg *message = begin(type, 0, &info, sizeof(info));
    uint8_t bytes[16];

    inet_pton(family, text, bytes);
    nla_put(message, IFA_ADDRESS, family == AF_INET ? 4 : 16, bytes);
    nla_put_u32(message, IFA_FLAGS, flags);
    return message;
}

static inline struct nl_msg *route_message(uint16_t type, uint16_t flags, uint32_t index,
                                           const char *gateway, uint32_t metric)
{
    int family = strchr(gateway, ':') ? AF_INET6 : AF_INET;
    struct rtmsg info = {.rtm_family = (uint8_t)family,
                         .rtm_table = RT_TABLE_MAIN,
                         .rtm_protocol = RTPROT_STATIC,
                         .rtm_type = RTN_UNICAST};
    struct nl_msg *message = begin(type, flags, &info, sizeof(info));
    uint8_t bytes[16];

    inet_pton(family, gateway, bytes);
    nla_put(message, RTA_GATEWAY, family == AF_INET ? 4 : 16, bytes);
    nla_put_u32(message, RTA_OIF, index);
    nla_put_u32(message, RTA_PRIORITY, metric);
    return message;
}

#endif
