/* The links table of the plugin API (netvane/links.h) over the engine's link table. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "engine/links/build.h"
#include "engine/links/netns.h"
#include "engine/links/table-internal.h"
#include "lib/cleanup.h"

/* Present and in this call's place; also says whether the table runs. */
static int enter(struct vane_self *self, struct vane_link_table **table)
{
    int r = vane_enter(self);

    if (r < 0)
        return r;
    *table = self->engine->links;
    return *table ? 0 : -ESHUTDOWN;
}

static int give(const struct vane_link_snapshot *link, int missing,
                const struct vane_payload **payload)
{
    if (!link)
        return missing;
    *payload = &link->payload;
    return 0;
}

static int links_get(struct vane_self *self, uint32_t ifindex, const struct vane_payload **link)
{
    struct vane_link_table *table;
    int r = enter(self, &table);

    return r < 0 ? r : give(vane_link_store_get(table->store, ifindex), -ENODEV, link);
}

static int links_get_by_name(struct vane_self *self, const char *name,
                             const struct vane_payload **link)
{
    struct vane_link_table *table;
    int r = enter(self, &table);

    if (r < 0 || !name)
        return r < 0 ? r : -EINVAL;
    return give(vane_link_store_get_by_name(table->store, name), -ENODEV, link);
}

static int links_next(struct vane_self *self, uint32_t after, const struct vane_payload **link)
{
    struct vane_link_table *table;
    int r = enter(self, &table);

    return r < 0 ? r : give(vane_link_store_next(table->store, after), -ENOENT, link);
}

static int links_ready(struct vane_self *self)
{
    struct vane_link_table *table;
    int r = enter(self, &table);

    return r < 0 ? r : table->told_ready;
}

static const struct vane_payload *links_of_event(const struct vane_event *event)
{
    return event ? vane_link_of_payload(event->payload) : NULL;
}

/* Our own descriptor of a network namespace; -1 stays -1. */
static int keep_fd(int fd, int *kept)
{
    *kept = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return fd >= 0 && *kept < 0 ? -errno : 0;
}

static int submit(struct vane_self *self, const struct vane_link_submission *submission)
{
    return vane_link_requests_submit(self->engine->links->requests, &self->ledger, submission);
}

static int links_create(struct vane_self *self, const struct vane_link_create *request,
                        vane_link_done done, void *user)
{
    struct vane_link_create full = {.netns_fd = -1, .peer_netns_fd = -1};
    struct vane_link_submission submission = {.done = done, .user = user};
    _cleanup_close_ int netns_fd = -1, peer_fd = -1;
    struct vane_link_table *table;
    int r = enter(self, &table);

    if (r < 0 || !request || request->size < sizeof(request->size))
        return r < 0 ? r : -EINVAL;
    memcpy(&full, request, MIN(request->size, sizeof(full)));
    r = keep_fd(full.netns_fd, &netns_fd);
    if (r == 0)
        r = keep_fd(full.peer_netns_fd, &peer_fd);
    full.peer_netns_fd = peer_fd;
    if (r == 0)
        r = vane_build_create(&full, &submission.messages);
    if (r < 0)
        return r;
    submission.netns_fd = steal_fd(&netns_fd);
    submission.named_fd = steal_fd(&peer_fd);
    return submit(self, &submission);
}

static int links_remove(struct vane_self *self, uint32_t ifindex, int32_t netns_fd,
                        vane_link_done done, void *user)
{
    struct vane_link_submission submission = {.done = done, .user = user, .named_fd = -1};
    _cleanup_close_ int kept_fd = -1;
    struct vane_link_table *table;
    int r = enter(self, &table);

    if (r == 0)
        r = keep_fd(netns_fd, &kept_fd);
    if (r == 0)
        r = vane_build_remove(ifindex, &submission.messages);
    if (r < 0)
        return r;
    submission.netns_fd = steal_fd(&kept_fd);
    return submit(self, &submission);
}

static int links_change(struct vane_self *self, uint32_t ifindex,
                        const struct vane_link_change *change, vane_link_done done, void *user)
{
    struct vane_link_change full = {.netns_fd = -1, .move_netns_fd = -1};
    struct vane_link_submission submission = {.done = done, .user = user};
    _cleanup_close_ int netns_fd = -1, move_fd = -1;
    struct vane_link_expect expect = {0};
    struct vane_can can = {0};
    struct vane_link_table *table;
    int r = enter(self, &table);

    if (r < 0 || !change || change->size < sizeof(change->size))
        return r < 0 ? r : -EINVAL;
    memcpy(&full, change, MIN(change->size, sizeof(full)));
    if (full.expect)
        submission.expect = memcpy(&expect, full.expect, MIN(full.expect->size, sizeof(expect)));
    submission.expected_index = ifindex;
    if (full.can)
        full.can = memcpy(&can, full.can, MIN(full.can->size, sizeof(can)));
    r = keep_fd(full.netns_fd, &netns_fd);
    if (r == 0)
        r = keep_fd(full.what & VANE_LINK_NETNS ? full.move_netns_fd : -1, &move_fd);
    full.move_netns_fd = move_fd;
    if (r == 0)
        r = vane_build_change(ifindex, &full, &submission.messages);
    if (r < 0)
        return r;
    submission.netns_fd = steal_fd(&netns_fd);
    submission.named_fd = steal_fd(&move_fd);
    return submit(self, &submission);
}

/* Asked by ioctl(2) for a name that is none, the kernel runs modprobe for it and waits. */
static bool is_unknown(int fd, const char *name)
{
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) < 0 &&
           errno == ENODEV;
}

static int links_index_of(struct vane_self *self, const char *name, int32_t netns_fd,
                          uint32_t *ifindex)
{
    struct ifreq request = {0};
    struct vane_link_table *table;
    _cleanup_close_ int fd = -1;
    int r = enter(self, &table);

    if (r < 0 || !name || !ifindex)
        return r < 0 ? r : -EINVAL;
    if (g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name)) >= sizeof(request.ifr_name))
        return -ENODEV;
    fd = netns_fd < 0 ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
                      : vane_netns_open_route_socket(netns_fd);
    if (fd < 0)
        return netns_fd < 0 ? -errno : fd;
    if (is_unknown(fd, name))
        return -ENODEV;
    if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
        return -errno;
    *ifindex = (uint32_t)request.ifr_ifindex;
    return 0;
}

static int links_query(struct vane_self *self, const char *name, uint32_t ifindex, int32_t netns_fd,
                       vane_links_found found, void *user)
{
    struct vane_link_submission submission = {.found = found, .user = user, .named_fd = -1};
    _cleanup_close_ int kept_fd = -1;
    struct vane_link_table *table;
    int r = enter(self, &table);

    if (r == 0 && !found)
        r = -EINVAL;
    if (r == 0)
        r = keep_fd(netns_fd, &kept_fd);
    if (r == 0)
        r = vane_build_query(name, ifindex, &submission.question);
    if (r < 0)
        return r;
    submission.netns_fd = steal_fd(&kept_fd);
    return submit(self, &submission);
}

const struct vane_links vane_links_table = {
    .size = sizeof(struct vane_links),
    .version = VANE_ABI_MINOR,
    .get = links_get,
    .get_by_name = links_get_by_name,
    .next = links_next,
    .ready = links_ready,
    .of_event = links_of_event,
    .create = links_create,
    .remove = links_remove,
    .change = links_change,
    .index_of = links_index_of,
    .query = links_query,
};
