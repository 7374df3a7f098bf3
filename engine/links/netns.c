/* Netlink sockets in other network namespaces. See netns.h. */
#include "engine/links/netns.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>

#include <uv.h>

#include "engine/links/netlink-socket.h"

struct visit {
    int netns_fd;
    int result;
};

static void open_there(void *argument)
{
    struct visit *visit = argument;

    if (setns(visit->netns_fd, CLONE_NEWNET) < 0)
        visit->result = -errno;
    else
        visit->result = vane_netlink_open(NETLINK_ROUTE, 0, NULL);
}

int vane_netns_open_route_socket(int netns_fd)
{
    struct visit visit = {.netns_fd = netns_fd};
    uv_thread_t thread;
    int r;

    if (netns_fd < 0)
        return vane_netlink_open(NETLINK_ROUTE, 0, NULL);
    r = uv_thread_create(&thread, open_there, &visit);
    if (r < 0)
        return r;
    uv_thread_join(&thread);
    return visit.result;
}
