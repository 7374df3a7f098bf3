/* Changes of a link, and its end, as netlink messages. See build.h. */
#include "engine/links/build.h"

#include <errno.h>
#include <sys/socket.h>

#include <linux/can/netlink.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "engine/links/ip.h"
#include "engine/links/message.h"

GBytes *vane_build_flags(uint32_t ifindex, bool up)
{
    g_autoptr(Message) message = vane_message_new_link(RTM_NEWLINK, 0, ifindex);

    vane_message_put_up(message, up);
    return vane_message_bytes(message);
}

static GBytes *build_delete(uint32_t ifindex)
{
    g_autoptr(Message) message = vane_message_new_link(RTM_DELLINK, 0, ifindex);

    return vane_message_bytes(message);
}

int vane_build_remove(uint32_t ifindex, GPtrArray **messages)
{
    if (ifindex == 0 || ifindex > INT32_MAX)
        return -EINVAL;
    *messages = vane_messages_new();
    g_ptr_array_add(*messages, build_delete(ifindex));
    return 0;
}

static GBytes *build_alias(uint32_t ifindex, const char *alias)
{
    g_autoptr(Message) message = vane_message_new_link(RTM_NEWLINK, 0, ifindex);

    nla_put(message, IFLA_IFALIAS, alias ? (int)strlen(alias) : 0, alias ? alias : "");
    return vane_message_bytes(message);
}

static GBytes *build_u32(uint32_t ifindex, int attribute, uint32_t value)
{
    g_autoptr(Message) message = vane_message_new_link(RTM_NEWLINK, 0, ifindex);

    nla_put_u32(message, attribute, value);
    return vane_message_bytes(message);
}

static GBytes *build_name(uint32_t ifindex, const char *name)
{
    g_autoptr(Message) message = vane_message_new_link(RTM_NEWLINK, 0, ifindex);

    nla_put_string(message, IFLA_IFNAME, name);
    return vane_message_bytes(message);
}

static int build_address(uint32_t ifindex, const char *text, bool add, GBytes **out)
{
    g_autoptr(Message) message = NULL;
    struct ifaddrmsg info = {.ifa_index = ifindex};
    struct vane_ip ip;

    if (!text || vane_ip_parse(text, &ip, &info.ifa_prefixlen) < 0)
        return -EINVAL;
    info.ifa_family = ip.family;
    message = add ? vane_message_new(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL)
                  : vane_message_new(RTM_DELADDR, 0);
    nlmsg_append(message, &info, sizeof(info), NLMSG_ALIGNTO);
    nla_put(message, IFA_LOCAL, (int)vane_ip_size(ip.family), ip.bytes);
    nla_put(message, IFA_ADDRESS, (int)vane_ip_size(ip.family), ip.bytes);
    *out = vane_message_bytes(message);
    return 0;
}

static void put_timing(Message *message, int attribute, uint32_t bitrate, uint32_t sample_point)
{
    struct can_bittiming timing = {.bitrate = bitrate, .sample_point = sample_point};

    if (bitrate)
        nla_put(message, attribute, sizeof(timing), &timing);
}

static uint32_t can_modes(uint32_t modes)
{
    return (modes & VANE_CAN_LOOPBACK ? CAN_CTRLMODE_LOOPBACK : 0) |
           (modes & VANE_CAN_LISTEN_ONLY ? CAN_CTRLMODE_LISTENONLY : 0) |
           (modes & VANE_CAN_FD ? CAN_CTRLMODE_FD : 0);
}

static uint32_t or_none(uint32_t value)
{
    return value == VANE_CAN_NONE ? 0 : value;
}

static void put_can(Message *message, const struct vane_can *can)
{
    struct can_ctrlmode modes = {can_modes(can->modes_mask), can_modes(can->modes)};

    put_timing(message, IFLA_CAN_BITTIMING, can->bitrate, can->sample_point);
    put_timing(message, IFLA_CAN_DATA_BITTIMING, can->data_bitrate, can->data_sample_point);
    if (modes.mask)
        nla_put(message, IFLA_CAN_CTRLMODE, sizeof(modes), &modes);
    if (can->restart_ms)
        nla_put_u32(message, IFLA_CAN_RESTART_MS, or_none(can->restart_ms));
    if (can->termination)
        nla_put_u16(message, IFLA_CAN_TERMINATION, (uint16_t)or_none(can->termination));
}

static GBytes *build_can(uint32_t ifindex, const struct vane_can *can)
{
    g_autoptr(Message) message = vane_message_new_link(RTM_NEWLINK, 0, ifindex);
    struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;

    nla_put_string(message, IFLA_INFO_KIND, "can");
    data = nla_nest_start(message, IFLA_INFO_DATA);
    put_can(message, can);
    nla_nest_end(message, data);
    nla_nest_end(message, info);
    return vane_message_bytes(message);
}

static int check_change(const struct vane_link_change *change)
{
    if (change->what & VANE_LINK_CAN) {
        if (!change->can || or_none(change->can->termination) > UINT16_MAX)
            return -EINVAL;
    }
    if ((change->what & VANE_LINK_UP) && (change->what & VANE_LINK_DOWN))
        return -EINVAL;
    if ((change->what & VANE_LINK_NETNS) && change->move_netns_fd < 0)
        return -EINVAL;
    if ((change->what & VANE_LINK_ALIAS) && vane_link_alias_check(change->alias) < 0)
        return -ENAMETOOLONG;
    return change->what & VANE_LINK_RENAME ? vane_link_name_check(change->new_name) : 0;
}

static int add_addresses(uint32_t ifindex, const struct vane_link_change *change, GPtrArray *list)
{
    const uint32_t parts[] = {VANE_LINK_ADDRESS_ADD, VANE_LINK_ADDRESS_DELETE};

    for (unsigned i = 0; i < 2; i++) {
        GBytes *bytes;

        if (!(change->what & parts[i]))
            continue;
        if (build_address(ifindex, change->address, parts[i] == VANE_LINK_ADDRESS_ADD, &bytes) < 0)
            return -EINVAL;
        g_ptr_array_add(list, bytes);
    }
    return 0;
}

/* Bit rates are taken while the link is down, so CAN comes before up. */
static void add_before_addresses(uint32_t ifindex, const struct vane_link_change *change,
                                 GPtrArray *list)
{
    if (change->what & VANE_LINK_DOWN)
        g_ptr_array_add(list, vane_build_flags(ifindex, false));
    if (change->what & VANE_LINK_CAN)
        g_ptr_array_add(list, build_can(ifindex, change->can));
    if (change->what & VANE_LINK_RENAME)
        g_ptr_array_add(list, build_name(ifindex, change->new_name));
    if (change->what & VANE_LINK_UP)
        g_ptr_array_add(list, vane_build_flags(ifindex, true));
    if (change->what & VANE_LINK_MTU)
        g_ptr_array_add(list, build_u32(ifindex, IFLA_MTU, change->mtu));
    if (change->what & VANE_LINK_MASTER)
        g_ptr_array_add(list, build_u32(ifindex, IFLA_MASTER, change->master));
    if (change->what & VANE_LINK_ALIAS)
        g_ptr_array_add(list, build_alias(ifindex, change->alias));
}

int vane_build_change(uint32_t ifindex, const struct vane_link_change *change, GPtrArray **messages)
{
    g_autoptr(GPtrArray) list = vane_messages_new();
    int r = check_change(change);

    if (r < 0 || ifindex == 0 || ifindex > INT32_MAX)
        return r < 0 ? r : -EINVAL;
    add_before_addresses(ifindex, change, list);
    r = add_addresses(ifindex, change, list);
    if (r < 0)
        return r;
    if (change->what & VANE_LINK_NETNS)
        g_ptr_array_add(list, build_u32(ifindex, IFLA_NET_NS_FD, (uint32_t)change->move_netns_fd));
    if (change->what & VANE_LINK_DELETE)
        g_ptr_array_add(list, build_delete(ifindex));
    *messages = g_steal_pointer(&list);
    return 0;
}
