/* RTM_NEWLINK and RTM_DELLINK. See parse.h. */
#include "engine/links/parse.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_link.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "engine/links/parse-can.h"
#include "lib/array.h"

/* Newer kernels send more than the headers we are built with know; nla_parse skips those. */
static const struct nla_policy link_policy[IFLA_MAX + 1] = {
    [IFLA_IFNAME] = {.type = NLA_STRING, .minlen = 1, .maxlen = IFNAMSIZ},
    [IFLA_MTU] = {.type = NLA_U32},
    [IFLA_MIN_MTU] = {.type = NLA_U32},
    [IFLA_MAX_MTU] = {.type = NLA_U32},
    [IFLA_LINK] = {.type = NLA_U32},
    [IFLA_MASTER] = {.type = NLA_U32},
    [IFLA_NUM_TX_QUEUES] = {.type = NLA_U32},
    [IFLA_NUM_RX_QUEUES] = {.type = NLA_U32},
    [IFLA_OPERSTATE] = {.type = NLA_U8},
    [IFLA_LINKMODE] = {.type = NLA_U8},
    [IFLA_QDISC] = {.type = NLA_STRING, .maxlen = IFNAMSIZ},
    [IFLA_IFALIAS] = {.type = NLA_STRING, .maxlen = VANE_ALIAS_MAX},
    [IFLA_LINKINFO] = {.type = NLA_NESTED},
    [IFLA_AF_SPEC] = {.type = NLA_NESTED},
    [IFLA_PROP_LIST] = {.type = NLA_NESTED},
};

static const struct nla_policy info_policy[IFLA_INFO_MAX + 1] = {
    [IFLA_INFO_KIND] = {.type = NLA_STRING},
    [IFLA_INFO_SLAVE_KIND] = {.type = NLA_STRING},
};

static const struct nla_policy inet6_policy[IFLA_INET6_MAX + 1] = {
    [IFLA_INET6_ADDR_GEN_MODE] = {.type = NLA_U8},
};

static uint32_t u32_of(struct nlattr *attribute)
{
    return attribute ? nla_get_u32(attribute) : 0;
}

static uint8_t u8_of(struct nlattr *attribute)
{
    return attribute ? nla_get_u8(attribute) : 0;
}

static void copy_text(struct nlattr *attribute, char *text, size_t size)
{
    text[0] = '\0';
    if (attribute)
        nla_strlcpy(text, attribute, size);
}

static void copy_hardware(struct nlattr *attribute, struct vane_hardware_address *out)
{
    int length = attribute ? nla_len(attribute) : 0;

    if (length > VANE_HARDWARE_ADDRESS_MAX)
        length = VANE_HARDWARE_ADDRESS_MAX;
    out->length = (uint8_t)length;
    if (length > 0)
        memcpy(out->bytes, nla_data(attribute), (size_t)length);
}

static int parse_kind(struct nlattr *info, struct vane_rtnl_link *out)
{
    struct nlattr *at[IFLA_INFO_MAX + 1];

    if (!info)
        return 0;
    if (nla_parse_nested(at, IFLA_INFO_MAX, info, info_policy) < 0)
        return -EBADMSG;
    copy_text(at[IFLA_INFO_KIND], out->kind, sizeof(out->kind));
    copy_text(at[IFLA_INFO_SLAVE_KIND], out->member_kind, sizeof(out->member_kind));
    if (strcmp(out->kind, "can") != 0)
        return 0;
    if (at[IFLA_INFO_XSTATS])
        vane_parse_can_totals(at[IFLA_INFO_XSTATS], &out->can);
    return at[IFLA_INFO_DATA] ? vane_parse_can(at[IFLA_INFO_DATA], &out->can) : 0;
}

static int parse_inet6(struct nlattr *families, struct vane_rtnl_link *out)
{
    struct nlattr *at[IFLA_INET6_MAX + 1], *inet6;

    inet6 = families ? nla_find(nla_data(families), nla_len(families), AF_INET6) : NULL;
    if (!inet6)
        return 0;
    if (nla_parse_nested(at, IFLA_INET6_MAX, inet6, inet6_policy) < 0)
        return -EBADMSG;
    if (at[IFLA_INET6_ADDR_GEN_MODE])
        out->address_mode = (int8_t)(nla_get_u8(at[IFLA_INET6_ADDR_GEN_MODE]) & 0x7f);
    return 0;
}

static void collect_names(struct nlattr *list, struct vane_rtnl_names *names)
{
    struct nlattr *attribute;
    int left;

    names->count = 0;
    if (!list)
        return;
    nla_for_each_nested(attribute, list, left)
    {
        int length = nla_len(attribute);

        if (nla_type(attribute) != IFLA_ALT_IFNAME || names->count == ELEMENTS(names->at))
            continue;
        if (length < 2 || length > VANE_ALTERNATIVE_NAME_MAX ||
            memchr(nla_data(attribute), '\0', (size_t)length) !=
                (char *)nla_data(attribute) + length - 1)
            continue;
        names->at[names->count++] = nla_data(attribute);
    }
}

static void copy_attributes(struct nlattr *const *at, struct vane_rtnl_link *out)
{
    copy_text(at[IFLA_IFNAME], out->name, sizeof(out->name));
    copy_text(at[IFLA_IFALIAS], out->alias, sizeof(out->alias));
    copy_text(at[IFLA_QDISC], out->queueing_discipline, sizeof(out->queueing_discipline));
    out->mtu = u32_of(at[IFLA_MTU]);
    out->mtu_minimum = u32_of(at[IFLA_MIN_MTU]);
    out->mtu_maximum = u32_of(at[IFLA_MAX_MTU]);
    out->lower = u32_of(at[IFLA_LINK]);
    out->master = u32_of(at[IFLA_MASTER]);
    out->transmit_queues = u32_of(at[IFLA_NUM_TX_QUEUES]);
    out->receive_queues = u32_of(at[IFLA_NUM_RX_QUEUES]);
    out->operstate = u8_of(at[IFLA_OPERSTATE]);
    out->linkmode = u8_of(at[IFLA_LINKMODE]);
    copy_hardware(at[IFLA_ADDRESS], &out->hardware);
    copy_hardware(at[IFLA_PERM_ADDRESS], &out->permanent);
}

int vane_parse_link(const struct nlmsghdr *message, struct vane_rtnl_link *out,
                    struct vane_rtnl_names *names)
{
    struct nlmsghdr *header = (struct nlmsghdr *)message; /* libnl takes no const; it only reads */
    struct nlattr *at[IFLA_MAX + 1];
    const struct ifinfomsg *info;

    if (!nlmsg_valid_hdr(header, sizeof(*info)))
        return -EBADMSG;
    info = nlmsg_data(header);
    /* A bridge tells of its ports with AF_BRIDGE: a deletion there ends a membership, no link. */
    if (info->ifi_family != AF_UNSPEC)
        return -ENOMSG;
    if (info->ifi_index <= 0 || nlmsg_parse(header, sizeof(*info), at, IFLA_MAX, link_policy) < 0)
        return -EBADMSG;
    /* Wireless extensions' events have a link's form and nothing of its state. */
    if (at[IFLA_WIRELESS])
        return -ENOMSG;
    if (!at[IFLA_IFNAME])
        return -EBADMSG;
    memset(out, 0, sizeof(*out));
    out->index = (uint32_t)info->ifi_index;
    out->flags = info->ifi_flags;
    out->arphrd = info->ifi_type;
    out->address_mode = -1;
    copy_attributes(at, out);
    collect_names(at[IFLA_PROP_LIST], names);
    if (parse_kind(at[IFLA_LINKINFO], out) < 0)
        return -EBADMSG;
    return parse_inet6(at[IFLA_AF_SPEC], out);
}
