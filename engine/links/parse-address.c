/* RTM_NEWADDR and RTM_DELADDR, and acknowledgements. See parse.h. */
#include "engine/links/parse.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "engine/links/ip.h"

static const struct nla_policy address_policy[IFA_MAX + 1] = {
    [IFA_FLAGS] = {.type = NLA_U32},
    [IFA_RT_PRIORITY] = {.type = NLA_U32},
    [IFA_LABEL] = {.type = NLA_STRING, .maxlen = IFNAMSIZ},
};

/* IPv4: IFA_LOCAL is ours, IFA_ADDRESS the other end's or the same. IPv6: IFA_ADDRESS is ours
 * unless there is an IFA_LOCAL, then it is the other end's. */
static int copy_addresses(struct nlattr *const *at, uint8_t family, struct vane_rtnl_address *out)
{
    struct nlattr *local = at[IFA_LOCAL] ? at[IFA_LOCAL] : at[IFA_ADDRESS];

    if (!local || vane_ip_from_attribute(local, family, &out->local) < 0)
        return -EBADMSG;
    if (!at[IFA_ADDRESS] || local == at[IFA_ADDRESS])
        return 0;
    if (vane_ip_from_attribute(at[IFA_ADDRESS], family, &out->peer) < 0)
        return -EBADMSG;
    if (vane_ip_compare(&out->peer, &out->local) == 0)
        out->peer = (struct vane_ip){0};
    return 0;
}

int vane_parse_address(const struct nlmsghdr *message, struct vane_rtnl_address *out)
{
    struct nlmsghdr *header = (struct nlmsghdr *)message;
    struct nlattr *at[IFA_MAX + 1];
    const struct ifaddrmsg *info;

    if (!nlmsg_valid_hdr(header, sizeof(*info)))
        return -EBADMSG;
    info = nlmsg_data(header);
    if (info->ifa_family != AF_INET && info->ifa_family != AF_INET6)
        return -ENOMSG;
    if (info->ifa_index == 0 || info->ifa_prefixlen > vane_ip_size(info->ifa_family) * 8 ||
        nlmsg_parse(header, sizeof(*info), at, IFA_MAX, address_policy) < 0)
        return -EBADMSG;
    memset(out, 0, sizeof(*out));
    out->index = info->ifa_index;
    out->prefix_length = info->ifa_prefixlen;
    out->scope = info->ifa_scope;
    out->flags = at[IFA_FLAGS] ? nla_get_u32(at[IFA_FLAGS]) : info->ifa_flags;
    if (at[IFA_RT_PRIORITY])
        out->metric = nla_get_u32(at[IFA_RT_PRIORITY]);
    if (at[IFA_LABEL])
        nla_strlcpy(out->label, at[IFA_LABEL], sizeof(out->label));
    return copy_addresses(at, info->ifa_family, out);
}

/* The kernel's text, if it is a whole string. */
static const char *ack_text(struct nlmsghdr *header, size_t skip)
{
    struct nlattr *at;

    if (skip > (size_t)nlmsg_datalen(header))
        return NULL;
    at = nla_find((struct nlattr *)(void *)((char *)nlmsg_data(header) + skip),
                  nlmsg_datalen(header) - (int)skip, NLMSGERR_ATTR_MSG);
    if (!at || nla_len(at) < 2 || ((char *)nla_data(at))[nla_len(at) - 1] != '\0')
        return NULL;
    return nla_data(at);
}

int vane_parse_ack(const struct nlmsghdr *message, const char **text)
{
    struct nlmsghdr *header = (struct nlmsghdr *)message;
    const struct nlmsgerr *error;
    size_t skip = sizeof(*error);

    *text = NULL;
    if (header->nlmsg_type != NLMSG_ERROR || !nlmsg_valid_hdr(header, sizeof(*error)))
        return -EBADMSG;
    error = nlmsg_data(header);
    if (error->error > 0)
        return -EBADMSG;
    /* Unless capped, the payload of the request stands before the attributes. */
    if (!(header->nlmsg_flags & NLM_F_CAPPED) && error->msg.nlmsg_len > NLMSG_HDRLEN)
        skip += NLMSG_ALIGN(error->msg.nlmsg_len - NLMSG_HDRLEN);
    if (header->nlmsg_flags & NLM_F_ACK_TLVS)
        *text = ack_text(header, skip);
    return error->error;
}
