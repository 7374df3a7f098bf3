/* Reads netlink messages about links. See link-message.h. */
#include "client/link-message.h"

#include <errno.h>
#include <string.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

static size_t aligned(size_t length, size_t size)
{
    size_t whole = (length + 3) & ~(size_t)3;

    return whole < size ? whole : size;
}

static int read_name(const uint8_t *at, size_t size, char *name)
{
    struct rtattr attribute;

    while (size >= sizeof(attribute)) {
        memcpy(&attribute, at, sizeof(attribute));
        if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > size)
            return -EPROTO;
        if (attribute.rta_type == IFLA_IFNAME) {
            size_t length = strnlen((const char *)at + sizeof(attribute),
                                    attribute.rta_len - sizeof(attribute));

            if (length > 15)
                return -EPROTO;
            memcpy(name, at + sizeof(attribute), length);
        }
        size_t taken = aligned(attribute.rta_len, size);
        at += taken;
        size -= taken;
    }
    return 0;
}

static int read_link(const uint8_t *at, size_t size, struct vane_canlib_link_message *message)
{
    struct ifinfomsg info;

    if (size < sizeof(info))
        return -EPROTO;
    memcpy(&info, at, sizeof(info));
    message->index = info.ifi_index;
    message->flags = info.ifi_flags;
    return read_name(at + sizeof(info), size - sizeof(info), message->name);
}

static int read_error(const uint8_t *at, size_t size, struct vane_canlib_link_message *message)
{
    if (size < sizeof(message->error))
        return -EPROTO;
    memcpy(&message->error, at, sizeof(message->error));
    return 0;
}

static int read_body(const struct nlmsghdr *header, const uint8_t *body,
                     struct vane_canlib_link_message *message)
{
    size_t size = header->nlmsg_len - sizeof(*header);

    switch (header->nlmsg_type) {
    case RTM_NEWLINK:
        message->what = VANE_CANLIB_LINK_NEW;
        return read_link(body, size, message);
    case RTM_DELLINK:
        message->what = VANE_CANLIB_LINK_GONE;
        return read_link(body, size, message);
    case NLMSG_ERROR:
        message->what = VANE_CANLIB_LINK_ERROR;
        return read_error(body, size, message);
    default:
        return 0;
    }
}

int vane_canlib_link_next(const uint8_t **at, size_t *size,
                          struct vane_canlib_link_message *message)
{
    struct nlmsghdr header;
    size_t taken;

    memset(message, 0, sizeof(*message));
    if (*size == 0)
        return 0;
    if (*size < sizeof(header))
        return -EPROTO;
    memcpy(&header, *at, sizeof(header));
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > *size ||
        read_body(&header, *at + sizeof(header), message) < 0)
        return -EPROTO;
    taken = aligned(header.nlmsg_len, *size);
    *at += taken;
    *size -= taken;
    return 1;
}
