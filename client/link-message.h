/* What the kernel says about links on a netlink socket (rtnetlink(7)). Pure. */
#ifndef NETVANE_CLIENT_LINK_MESSAGE_H
#define NETVANE_CLIENT_LINK_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

enum vane_canlib_link_what {
    VANE_CANLIB_LINK_OTHER,
    VANE_CANLIB_LINK_NEW, /* it is there, as it is now */
    VANE_CANLIB_LINK_GONE,
    VANE_CANLIB_LINK_ERROR, /* the answer to a request */
};

struct vane_canlib_link_message {
    enum vane_canlib_link_what what;
    int error; /* of ERROR: a negative errno, or 0 */
    int index;
    uint32_t flags; /* IFF_... */
    char name[16];
};

/* Takes the next message off *at, *size: 1, 0 at the end, -EPROTO for what is no message. */
int vane_canlib_link_next(const uint8_t **at, size_t *size,
                          struct vane_canlib_link_message *message);

#endif
