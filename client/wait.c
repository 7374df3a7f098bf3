/*
 * Waits until an interface is up: the kernel is asked once, and then tells of changes. Needs no
 * daemon and no lock, as it has a socket of its own.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/can.h"
#include "client/link-message.h"

/* What is known of the interface. */
struct wait {
    const char *name;
    int fd;
    int index; /* 0: there is none of that name */
    uint32_t flags;
};

/* What the kernel's answer to this, or its refusal, says is the state from which changes are told.
 */
static int ask_kernel(const struct wait *wait)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg info;
        struct rtattr attribute;
        char name[VANE_WIRE_NAME_MAX + 1];
    } request = {
        .header = {.nlmsg_len = sizeof(request),
                   .nlmsg_type = RTM_GETLINK,
                   .nlmsg_flags = NLM_F_REQUEST},
        .attribute = {.rta_len = sizeof(request.attribute) + sizeof(request.name),
                      .rta_type = IFLA_IFNAME},
    };

    strncpy(request.name, wait->name, VANE_WIRE_NAME_MAX);
    return send(wait->fd, &request, sizeof(request), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void apply(struct wait *wait, const struct vane_canlib_link_message *message)
{
    bool named = strcmp(message->name, wait->name) == 0;

    switch (message->what) {
    case VANE_CANLIB_LINK_NEW:
        if (named) {
            wait->index = message->index;
            wait->flags = message->flags;
        } else if (message->index == wait->index) {
            wait->index = 0; /* it was given another name */
        }
        break;
    case VANE_CANLIB_LINK_GONE:
        if (message->index == wait->index)
            wait->index = 0;
        break;
    case VANE_CANLIB_LINK_ERROR: /* of the only request: there is none of that name */
    case VANE_CANLIB_LINK_OTHER:
        break;
    }
}

static bool is_up(const struct wait *wait)
{
    return wait->index != 0 && wait->flags & IFF_UP && wait->flags & IFF_RUNNING;
}

/* Reads one datagram; only the kernel's count. */
static int read_news(struct wait *wait)
{
    _Alignas(struct nlmsghdr) uint8_t bytes[32768];
    struct vane_canlib_link_message message;
    struct sockaddr_nl from = {0};
    socklen_t from_size = sizeof(from);
    const uint8_t *at = bytes;
    ssize_t got = recvfrom(wait->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from,
                           &from_size);
    size_t size = got > 0 ? (size_t)got : 0;

    if (got < 0 && errno == ENOBUFS)
        return ask_kernel(wait); /* news were lost */
    if (got < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : -errno;
    while (from.nl_pid == 0 && vane_canlib_link_next(&at, &size, &message) > 0)
        apply(wait, &message);
    return 0;
}

static int late(const struct wait *wait)
{
    const char *state = "it is up, but not running";

    if (wait->index == 0)
        state = "there is no interface of this name";
    else if (!(wait->flags & IFF_UP))
        state = "it is down";
    return vane_canlib_fail(-ETIMEDOUT, "%s is not up in time: %s", wait->name, state);
}

static int follow(struct wait *wait, int64_t deadline)
{
    int r = ask_kernel(wait);

    while (r == 0 && !is_up(wait)) {
        r = vane_canlib_poll(wait->fd, POLLIN, deadline);
        if (r == 0)
            r = read_news(wait);
    }
    return r;
}

int vane_can_wait_up(struct vane_can *can, const char *name, int timeout_ms)
{
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    struct wait wait = {.name = name, .fd = -1};
    int64_t deadline = vane_canlib_deadline(timeout_ms);
    int r = vane_canlib_check_name("wait for", name);

    (void)can;
    if (r < 0)
        return r;
    wait.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (wait.fd < 0 || bind(wait.fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        r = -errno;
    else
        r = follow(&wait, deadline);
    if (r == -ETIMEDOUT)
        (void)late(&wait);
    else if (r < 0)
        (void)vane_canlib_fail(r, "cannot wait for %s: %s", name, strerrordesc_np(-r));
    if (wait.fd >= 0)
        close(wait.fd);
    return r;
}
