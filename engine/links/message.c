/* The frame of a netlink message. See message.h. */
#include "engine/links/message.h"

#include <errno.h>
#include <string.h>

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

Message *vane_message_new(uint16_t type, uint16_t flags)
{
    Message *message = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_ACK | flags);

    g_assert(message);
    return message;
}

Message *vane_message_new_link(uint16_t type, uint16_t flags, uint32_t ifindex)
{
    struct ifinfomsg info = {.ifi_index = (int)ifindex};
    Message *message = vane_message_new(type, flags);

    nlmsg_append(message, &info, sizeof(info), NLMSG_ALIGNTO);
    return message;
}

void vane_message_put_up(Message *message, bool up)
{
    struct ifinfomsg *info = nlmsg_data(nlmsg_hdr(message));

    info->ifi_change = IFF_UP;
    info->ifi_flags = up ? IFF_UP : 0;
}

GBytes *vane_message_bytes(Message *message)
{
    struct nlmsghdr *header = nlmsg_hdr(message);

    return g_bytes_new(header, header->nlmsg_len);
}

GPtrArray *vane_messages_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
}

int vane_link_alias_check(const char *alias)
{
    return alias && strlen(alias) >= IFALIASZ ? -ENAMETOOLONG : 0;
}
