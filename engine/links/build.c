/* Links made and asked for, as netlink messages. See build.h. */
#include "engine/links/build.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/can/vxcan.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "engine/links/message.h"

#define VLAN_ID_MAX          4094
#define MACVLAN_DEFAULT_MODE MACVLAN_MODE_BRIDGE

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

static int check_create(const struct vane_link_create *request)
{
    int r = vane_link_name_check(request->name);

    if (r == 0 && request->peer_name)
        r = vane_link_name_check(request->peer_name);
    if (r == 0)
        r = vane_link_alias_check(request->alias);
    if (r == 0)
        r = vane_link_alias_check(request->peer_alias);
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
    message = vane_message_new_link(RTM_NEWLINK, 0, 0);
    if (up)
        vane_message_put_up(message, true);
    nla_put_string(message, IFLA_IFNAME, name);
    if (alias)
        nla_put(message, IFLA_IFALIAS, (int)strlen(alias), alias);
    g_ptr_array_add(list, vane_message_bytes(message));
}

int vane_build_create(const struct vane_link_create *request, GPtrArray **messages)
{
    g_autoptr(Message) message = NULL;
    int r = check_create(request);

    if (r < 0)
        return r;
    message = vane_message_new_link(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
    if (request->up)
        vane_message_put_up(message, true);
    nla_put_string(message, IFLA_IFNAME, request->name);
    if (request->mtu)
        nla_put_u32(message, IFLA_MTU, request->mtu);
    if (request->lower_index)
        nla_put_u32(message, IFLA_LINK, request->lower_index);
    put_kind(message, request);
    *messages = vane_messages_new();
    g_ptr_array_add(*messages, vane_message_bytes(message));
    add_first_settings(*messages, request->name, request->alias, false);
    if (has_peer(request) && request->peer_name && request->peer_netns_fd < 0)
        add_first_settings(*messages, request->peer_name, request->peer_alias, request->peer_up);
    return 0;
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
    *out = vane_message_bytes(message);
    return 0;
}
