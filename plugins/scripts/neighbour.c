/* The hardware address behind a gateway, from the kernel's neighbour table. */
#include <arpa/inet.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "plugins/scripts/facts.h"
#include "plugins/scripts/rtnetlink.h"

#define ETHERNET_BYTES 6

struct search {
    uint32_t ifindex;
    int family, length;
    uint8_t address[16];
    char *found;
};

static void look(void *user, struct nlmsghdr *message)
{
    struct search *search = user;
    struct nlattr *attributes[NDA_MAX + 1];
    const struct ndmsg *head = nlmsg_data(message);
    const uint8_t *octet;

    if (message->nlmsg_type != RTM_NEWNEIGH || search->found ||
        nlmsg_parse(message, sizeof(*head), attributes, NDA_MAX, NULL) < 0 ||
        head->ndm_ifindex != (int)search->ifindex || head->ndm_family != search->family)
        return;
    if (!attributes[NDA_DST] || nla_len(attributes[NDA_DST]) != search->length ||
        memcmp(nla_data(attributes[NDA_DST]), search->address, (size_t)search->length) != 0)
        return;
    if (!attributes[NDA_LLADDR] || nla_len(attributes[NDA_LLADDR]) != ETHERNET_BYTES)
        return;
    octet = nla_data(attributes[NDA_LLADDR]);
    search->found = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", octet[0], octet[1], octet[2],
                                    octet[3], octet[4], octet[5]);
}

char *vane_facts_neighbour(uint32_t ifindex, const char *address)
{
    struct search search = {.ifindex = ifindex};
    struct {
        struct nlmsghdr head;
        struct ndmsg body;
    } question = {
        .head = {.nlmsg_len = sizeof(question),
                 .nlmsg_type = RTM_GETNEIGH,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.ndm_ifindex = (int)ifindex},
    };

    search.family = strchr(address, ':') ? AF_INET6 : AF_INET;
    search.length = search.family == AF_INET6 ? 16 : 4;
    question.body.ndm_family = (uint8_t)search.family;
    if (inet_pton(search.family, address, search.address) == 1)
        (void)vane_rtnetlink_ask(&question.head, look, &search);
    return search.found;
}
