/* Opening netlink sockets. See netlink-socket.h. */
#include "engine/links/netlink-socket.h"

#include <errno.h>
#include <linux/netlink.h>

#include "lib/cleanup.h"

/* Kernels before 5.x know less; none of these is needed to work. */
static void set_comforts(int fd)
{
    const int on = 1;

    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

int vane_netlink_open(int protocol, int type_flags, uint32_t *port)
{
    _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | type_flags, protocol);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    socklen_t length = sizeof(address);

    if (fd < 0)
        return -errno;
    set_comforts(fd);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        return -errno;
    if (port)
        *port = address.nl_pid;
    return steal_fd(&fd);
}

uint32_t vane_netlink_grow_buffer(int fd, uint32_t bytes)
{
    int wanted = bytes > INT32_MAX / 2 ? INT32_MAX / 2 : (int)bytes, have = 0;
    socklen_t length = sizeof(have);

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &have, &length) < 0 || have < 0)
        return 0;
    return (uint32_t)have / 2; /* the kernel doubles it for its own bookkeeping (socket(7)) */
}

int vane_netlink_join(int fd, uint32_t group)
{
    return setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0 ? -errno
                                                                                          : 0;
}

int vane_netlink_send(int fd, const struct nlmsghdr *message)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;

    do
        sent =
            sendto(fd, message, message->nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel));
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}
