/* RTM_NEWROUTE and RTM_DELROUTE. See parse.h. */
#include "engine/links/parse.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "engine/links/ip.h"

static const struct nla_policy route_policy[RTA_MAX + 1] = {
    [RTA_TABLE] = {.type = NLA_U32},
    [RTA_OIF] = {.type = NLA_U32},
    [RTA_PRIORITY] = {.type = NLA_U32},
};

static bool known_family(uint8_t family)
{
    return family == AF_INET || family == AF_INET6;
}

bool vane_route_is_default(const struct nlmsghdr *message)
{
    const struct rtmsg *route;

    if (!nlmsg_valid_hdr(message, sizeof(*route)))
        return false;
    route = nlmsg_data(message);
    return known_family(route->rtm_family) && route->rtm_dst_len == 0 && route->rtm_src_len == 0 &&
           route->rtm_type == RTN_UNICAST;
}

/* RTA_VIA is a gateway of another family: a family in host order, then the address. */
static int copy_via(const struct nlattr *attribute, struct vane_ip *gateway)
{
    uint16_t family;
    size_t size;

    if ((size_t)nla_len(attribute) < sizeof(family))
        return -EBADMSG;
    memcpy(&family, nla_data(attribute), sizeof(family));
    size = family <= UINT8_MAX ? vane_ip_size((uint8_t)family) : 0;
    if (size == 0 || (size_t)nla_len(attribute) < sizeof(family) + size)
        return -EBADMSG;
    memset(gateway, 0, sizeof(*gateway));
    gateway->family = (uint8_t)family;
    memcpy(gateway->bytes, (const char *)nla_data(attribute) + sizeof(family), size);
    return 0;
}

static int copy_gateway(struct nlattr *const *at, uint8_t family, struct vane_ip *gateway)
{
    if (at[RTA_GATEWAY])
        return vane_ip_from_attribute(at[RTA_GATEWAY], family, gateway);
    return at[RTA_VIA] ? copy_via(at[RTA_VIA], gateway) : 0;
}

static int parse_nexthop(const struct rtnexthop *hop, uint8_t family, struct vane_rtnl_nexthop *out)
{
    struct nlattr *at[RTA_MAX + 1];
    int left = (int)hop->rtnh_len - (int)RTNH_LENGTH(0);

    memset(out, 0, sizeof(*out));
    out->index = (uint32_t)hop->rtnh_ifindex;
    if (left < 0 ||
        nla_parse(at, RTA_MAX, (struct nlattr *)(void *)RTNH_DATA(hop), left, route_policy) < 0)
        return -EBADMSG;
    return copy_gateway(at, family, &out->gateway);
}

static int parse_multipath(const struct nlattr *list, struct vane_rtnl_route *out)
{
    const struct rtnexthop *hop = nla_data(list);
    int left = nla_len(list);

    while (left >= (int)sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) && hop->rtnh_len <= left) {
        if (out->nexthop_count == VANE_NEXTHOPS)
            return 0;
        if (parse_nexthop(hop, out->family, &out->nexthops[out->nexthop_count]) < 0)
            return -EBADMSG;
        out->nexthop_count++;
        left -= (int)RTNH_ALIGN(hop->rtnh_len);
        hop = RTNH_NEXT(hop);
    }
    return left <= 0 ? 0 : -EBADMSG;
}

static int copy_nexthops(struct nlattr *const *at, struct vane_rtnl_route *out)
{
    if (at[RTA_MULTIPATH])
        return parse_multipath(at[RTA_MULTIPATH], out);
    if (!at[RTA_OIF])
        return 0;
    out->nexthop_count = 1;
    out->nexthops[0] = (struct vane_rtnl_nexthop){.index = nla_get_u32(at[RTA_OIF])};
    return copy_gateway(at, out->family, &out->nexthops[0].gateway);
}

static int copy_ends(struct nlattr *const *at, struct vane_rtnl_route *out)
{
    int r = 0;

    if (at[RTA_DST])
        r = vane_ip_from_attribute(at[RTA_DST], out->family, &out->destination);
    if (r == 0 && at[RTA_PREFSRC])
        r = vane_ip_from_attribute(at[RTA_PREFSRC], out->family, &out->preferred_source);
    return r;
}

int vane_parse_route(const struct nlmsghdr *message, struct vane_rtnl_route *out)
{
    struct nlmsghdr *header = (struct nlmsghdr *)message;
    struct nlattr *at[RTA_MAX + 1];
    const struct rtmsg *info;

    if (!nlmsg_valid_hdr(header, sizeof(*info)))
        return -EBADMSG;
    info = nlmsg_data(header);
    if (!known_family(info->rtm_family) || (info->rtm_flags & RTM_F_CLONED))
        return -ENOMSG;
    if (nlmsg_parse(header, sizeof(*info), at, RTA_MAX, route_policy) < 0)
        return -EBADMSG;
    memset(out, 0, offsetof(struct vane_rtnl_route, nexthops));
    out->family = info->rtm_family;
    out->destination_length = info->rtm_dst_len;
    out->tos = info->rtm_tos;
    out->type = info->rtm_type;
    out->protocol = info->rtm_protocol;
    out->scope = info->rtm_scope;
    out->table = at[RTA_TABLE] ? nla_get_u32(at[RTA_TABLE]) : info->rtm_table;
    out->metric = at[RTA_PRIORITY] ? nla_get_u32(at[RTA_PRIORITY]) : 0;
    if (copy_ends(at, out) < 0)
        return -EBADMSG;
    return copy_nexthops(at, out);
}
