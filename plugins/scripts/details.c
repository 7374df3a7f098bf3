/* Asks the kernel for a link and hands what belongs to its kind to kinds.c. */
#include <string.h>
#include <sys/socket.h>

#include <netlink/msg.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "plugins/scripts/kinds.h"
#include "plugins/scripts/rtnetlink.h"

static void take_link(void *user, struct nlmsghdr *message)
{
    struct nlattr *attributes[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];

    if (message->nlmsg_type != RTM_NEWLINK ||
        nlmsg_parse(message, sizeof(struct ifinfomsg), attributes, IFLA_MAX, NULL) < 0 ||
        !attributes[IFLA_LINKINFO] ||
        nla_parse_nested(info, IFLA_INFO_MAX, attributes[IFLA_LINKINFO], NULL) < 0)
        return;
    if (info[IFLA_INFO_KIND] && info[IFLA_INFO_DATA])
        vane_kind_details(user, nla_get_string(info[IFLA_INFO_KIND]), info[IFLA_INFO_DATA]);
}

/* The kernel takes a tenth of a millisecond for its answer, so it is asked only when need be. */
void vane_facts_details(vane_details *details, uint32_t ifindex, const char *kind)
{
    struct {
        struct nlmsghdr head;
        struct ifinfomsg body;
    } question = {
        .head = {.nlmsg_len = sizeof(question),
                 .nlmsg_type = RTM_GETLINK,
                 .nlmsg_flags = NLM_F_REQUEST},
        .body = {.ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex},
    };

    if (kind && vane_kind_has_details(kind))
        (void)vane_rtnetlink_ask(&question.head, take_link, details);
}
