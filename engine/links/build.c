/* Requests about links as netlink messages. See build.h. */
#include "engine/links/build.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/can/netlink.h>
#include <linux/can/vxcan.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "engine/links/ip.h"

#define VLAN_ID_MAX          4094
#define MACVLAN_DEFAULT_MODE MACVLAN_MODE_BRIDGE

typedef struct nl_msg Message;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Message, nlmsg_free)

int vane_link_name_check(const char *name)
{
    size_t length = name ? strlen(name) : 0;

    if (length == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return -EINVAL;
    if (length >= IFNAMSIZ)
        return -ENAMETOOLONG;
    for (const char *at = name; *at; at++)
        if (*at == '/' || *at == ':' || isspace((unsigned char)*at))
            return -EINVAL;
    return 0;
}

static Message *new_message(uint16_t type, uint16_t flags)
{
    Message *message = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_ACK | flags);

    g_assert(message);
    return message;
}

static Message *link_message(uint16_t type, uint16_t flags, uint32_t ifindex)
{
    struct ifinfomsg info = {.ifi_index = (int)ifindex};
    Message *message = new_message(type, flags);

    nlmsg_append(message, &info, sizeof(info), NLMSG_ALIGNTO);
    return message;
}

static void put_flags(Message *message, bool up)
{
    struct ifinfomsg *info = nlmsg_data(nlmsg_hdr(message));

    info->ifi_change = IFF_UP;
    info->ifi_flags = up ? IFF_UP : 0;
}

static GBytes *bytes_of(Message *message)
{
    struct nlmsghdr *header = nlmsg_hdr(message);

    return g_bytes_new(header, header->nlmsg_len);
}

static GPtrArray *new_list(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
}

/* The other end: a header of its own and its attributes (VETH_INFO_PEER, VXCAN_INFO_PEER). */
static void put_peer(Message *message, const struct vane_link_create *request)
{
    struct ifinfomsg info = {0};
    struct nlattr *peer = nla_nest_start(message, VETH_INFO_PEER);

    nlmsg_append(message, &info, sizeof(info), NLMSG_ALIGNTO);
    if (request->peer_name)
        nla_put_string(message, IFLA_IFNAME, request->peer_name);
    if (request->mtu)
        nla_put_u32(message, IFLA_MTU, request->mtu);
    if (request->peer_netns_fd >= 0)
        nla_put_u32(message, IFLA_NET_NS_FD, (uint32_t)request->peer_netns_fd);
    nla_nest_end(message, peer);
}

static bool has_peer(const struct vane_link_create *request)
{
    return strcmp(request->kind, "veth") == 0 || strcmp(request->kind, "vxcan") == 0;
}

static void put_kind(Message *message, const struct vane_link_create *request)
{
    struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;

    nla_put_string(message, IFLA_INFO_KIND, request->kind);
    data = nla_nest_start(message, IFLA_INFO_DATA);
    if (has_peer(request) && (request->peer_name || request->peer_netns_fd >= 0))
        put_peer(message, request);
    else if (strcmp(request->kind, "vlan") == 0)
        nla_put_u16(message, IFLA_VLAN_ID, (uint16_t)request->vlan_id);
    else if (strcmp(request->kind, "macvlan") == 0 || strcmp(request->kind, "macvtap") == 0)
        nla_put_u32(message, IFLA_MACVLAN_MODE, MACVLAN_DEFAULT_MODE);
    nla_nest_end(message, data);
    nla_nest_end(message, info);
}

static int check_alias(const char *alias)
{
    return alias && strlen(alias) >= IFALIASZ ? -ENAMETOOLONG : 0;
}

static int check_create(const struct vane_link_create *request)
{
    int r = vane_link_name_check(request->name);

    if (r == 0 && request->peer_name)
        r = vane_link_name_check(request->peer_name);
    if (r == 0)
        r = check_alias(request->alias);
    if (r == 0)
        r = check_alias(request->peer_alias);
    if (r < 0)
        return r;
    if (!request->kind || !*request->kind || strlen(request->kind) >= 16)
        return -EINVAL;
    if (strcmp(request->kind, "vlan") == 0 &&
        (request->vlan_id == 0 || request->vlan_id > VLAN_ID_MAX || !request->lower_index))
        return -EINVAL;
    return 0;
}

/* The link is new: by its name it is told from all others. */
static void add_first_settings(GPtrArray *list, const char *name, const char *alias, bool up)
{
    g_autoptr(Message) message = NULL;

    if (!alias && !up)
        return;
    message = link_message(RTM_NEWLINK, 0, 0);
    if (up)
        put_flags(message, true);
    nla_put_string(message, IFLA_IFNAME, name);
    if (alias)
        nla_put(message, IFLA_IFALIAS, (int)strlen(alias), alias);
    g_ptr_array_add(list, bytes_of(message));
}

int vane_build_create(const struct vane_link_create *request, GPtrArray **messages)
{
    g_autoptr(Message) message = NULL;
    int r = check_create(request);

    if (r < 0)
        return r;
    message = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
    if (request->up)
        put_flags(message, true);
    nla_put_string(message, IFLA_IFNAME, request->name);
    if (request->mtu)
        nla_put_u32(message, IFLA_MTU, request->mtu);
    if (request->lower_index)
        nla_put_u32(message, IFLA_LINK, request->lower_index);
    put_kind(message, request);
    *messages = new_list();
    g_ptr_array_add(*messages, bytes_of(message));
    add_first_settings(*messages, request->name, request->alias, false);
    if (has_peer(request) && request->peer_name && request->peer_netns_fd < 0)
        add_first_settings(*messages, request->peer_name, request->peer_alias, request->peer_up);
    return 0;
}

static GBytes *build_alias(uint32_t ifindex, const char *alias)
{
    g_autoptr(Message) message = link_message(RTM_NEWLINK, 0, ifindex);

    nla_put(message, IFLA_IFALIAS, alias ? (int)strlen(alias) : 0, alias ? alias : "");
    return bytes_of(message);
}

int vane_build_query(const char *name, uint32_t ifindex, GBytes **out)
{
    g_autoptr(Message) message = NULL;
    struct ifinfomsg info = {.ifi_index = name ? 0 : (int)ifindex};
    int r = name ? vane_link_name_check(name) : 0;

    if (r < 0 || ifindex > INT32_MAX)
        return r < 0 ? r : -EINVAL;
    message = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_REQUEST | (name || ifindex ? 0 : NLM_F_DUMP));
    g_assert(message);
    nlmsg_append(message, &info, sizeof(info), NLMSG_ALIGNTO);
    if (name)
        nla_put_string(message, IFLA_IFNAME, name);
    *out = bytes_of(message);
    return 0;
}

static GBytes *build_delete(uint32_t ifindex)
{
    g_autoptr(Message) message = link_message(RTM_DELLINK, 0, ifindex);

    return bytes_of(message);
}

int vane_build_remove(uint32_t ifindex, GPtrArray **messages)
{
    if (ifindex == 0 || ifindex > INT32_MAX)
        return -EINVAL;
    *messages = new_list();
    g_ptr_array_add(*messages, build_delete(ifindex));
    return 0;
}

GBytes *vane_build_flags(uint32_t ifindex, bool up)
{
    g_autoptr(Message) message = link_message(RTM_NEWLINK, 0, ifindex);

    put_flags(message, up);
    return bytes_of(message);
}

static GBytes *build_u32(uint32_t ifindex, int attribute, uint32_t value)
{
    g_autoptr(Message) message = link_message(RTM_NEWLINK, 0, ifindex);

    nla_put_u32(message, attribute, value);
    return bytes_of(message);
}

static GBytes *build_name(uint32_t ifindex, const char *name)
{
    g_autoptr(Message) message = link_message(RTM_NEWLINK, 0, ifindex);

    nla_put_string(message, IFLA_IFNAME, name);
    return bytes_of(message);
}

static int build_address(uint32_t ifindex, const char *text, bool add, GBytes **out)
{
    g_autoptr(Message) message = NULL;
    struct ifaddrmsg info = {.ifa_index = ifindex};
    struct vane_ip ip;

    if (!text || vane_ip_parse(text, &ip, &info.ifa_prefixlen) < 0)
        return -EINVAL;
    info.ifa_family = ip.family;
    message =
        add ? new_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL) : new_message(RTM_DELADDR, 0);
    nlmsg_append(message, &info, sizeof(info), NLMSG_ALIGNTO);
    nla_put(message, IFA_LOCAL, (int)vane_ip_size(ip.family), ip.bytes);
    nla_put(message, IFA_ADDRESS, (int)vane_ip_size(ip.family), ip.bytes);
    *out = bytes_of(message);
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
    g_autoptr(Message) message = link_message(RTM_NEWLINK, 0, ifindex);
    struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;

    nla_put_string(message, IFLA_INFO_KIND, "can");
    data = nla_nest_start(message, IFLA_INFO_DATA);
    put_can(message, can);
    nla_nest_end(message, data);
    nla_nest_end(message, info);
    return bytes_of(message);
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
    if ((change->what & VANE_LINK_ALIAS) && check_alias(change->alias) < 0)
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
    g_autoptr(GPtrArray) list = new_list();
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
