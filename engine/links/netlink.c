/*
 * The kernel's news. See netlink.h. Dumps go over the same socket as the notifications: the kernel
 * queues both in the order in which they became true, so what comes later is always newer.
 */
#include "engine/links/netlink.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include "engine/links/netlink-socket.h"
#include "engine/log.h"
#include "lib/array.h"
#include "lib/cleanup.h"

/* One datagram of a dump is at most 32 KiB; a notification is mostly under 2 KiB. */
#define DATAGRAM_SIZE  (32 * 1024)
#define DATAGRAMS      16
#define BATCHES_A_TURN 16
#define DRAIN_BATCHES  4096
/* After a loss the next dump waits, so that a storm does not become a storm of dumps. */
#define REDUMP_MS 200
#define RETRY_MS  20

enum dump {
    DUMP_NONE,
    DUMP_LINKS,
    DUMP_ADDRESSES,
    DUMP_ROUTES,
};

struct vane_netlink {
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned open_handles;
    int fd;
    uint32_t port, sequence;
    enum dump dump;
    bool interrupted; /* the dump under way is not consistent */
    bool truncated;   /* the datagram did not fit */
    bool first_done, stopped;
    uint64_t losses, messages;
    struct vane_link_store *store;
    struct vane_netlink_callbacks callbacks;
    struct mmsghdr headers[DATAGRAMS];
    struct iovec vectors[DATAGRAMS];
    struct sockaddr_nl senders[DATAGRAMS];
    char *buffer;
};

static const uint32_t groups[] = {
    RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
};

static uint16_t dump_type(enum dump dump)
{
    switch (dump) {
    case DUMP_LINKS:
        return RTM_GETLINK;
    case DUMP_ADDRESSES:
        return RTM_GETADDR;
    case DUMP_ROUTES:
        return RTM_GETROUTE;
    case DUMP_NONE:
        break;
    }
    return 0;
}

static enum dump dump_after(enum dump dump)
{
    switch (dump) {
    case DUMP_NONE:
        return DUMP_LINKS;
    case DUMP_LINKS:
        return DUMP_ADDRESSES;
    case DUMP_ADDRESSES:
        return DUMP_ROUTES;
    case DUMP_ROUTES:
        break;
    }
    return DUMP_NONE;
}

static void on_timer(uv_timer_t *timer);

static void retry_later(struct vane_netlink *self, uint64_t delay)
{
    uv_timer_start(&self->timer, on_timer, delay, 0);
}

static int request_dump(struct vane_netlink *self, enum dump dump)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg body; /* the largest of the three; all zero means "all" */
        struct {
            struct rtattr head;
            uint32_t mask;
        } filter; /* leaves the counters out of what links tell */
    } request = {
        .header = {.nlmsg_len = sizeof(request),
                   .nlmsg_type = dump_type(dump),
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                   .nlmsg_seq = ++self->sequence,
                   .nlmsg_pid = self->port},
        .filter = {.head = {.rta_len = sizeof(request.filter), .rta_type = IFLA_EXT_MASK},
                   .mask = RTEXT_FILTER_SKIP_STATS},
    };

    if (dump != DUMP_LINKS)
        request.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg));
    self->dump = dump;
    self->interrupted = false;
    return vane_netlink_send(self->fd, &request.header);
}

static void start_dump(struct vane_netlink *self, enum dump dump)
{
    int r = request_dump(self, dump);

    if (r < 0) {
        vane_debug("links", "netlink dump not sent: %s; trying again", strerror(-r));
        self->dump = DUMP_NONE;
        retry_later(self, RETRY_MS);
    }
}

static void start_dumps(struct vane_netlink *self)
{
    uv_timer_stop(&self->timer);
    vane_link_store_begin_dump(self->store);
    start_dump(self, DUMP_LINKS);
}

static void on_timer(uv_timer_t *timer)
{
    struct vane_netlink *self = timer->data;

    if (self->dump == DUMP_NONE)
        start_dumps(self);
}

static void end_dump(struct vane_netlink *self)
{
    enum dump done = self->dump;

    if (done == DUMP_LINKS)
        vane_link_store_end_links(self->store);
    else if (done == DUMP_ADDRESSES)
        vane_link_store_end_addresses(self->store);
    else if (done == DUMP_ROUTES)
        vane_link_store_end_routes(self->store);
    self->dump = dump_after(done);
    if (self->dump != DUMP_NONE) {
        start_dump(self, self->dump);
    } else if (!self->first_done) {
        self->first_done = true;
        self->callbacks.ready(self->callbacks.user);
    }
}

/* NLMSG_DONE or an error for the dump under way. */
static void finish_dump(struct vane_netlink *self, const struct nlmsghdr *message)
{
    if (message->nlmsg_type == NLMSG_ERROR || self->interrupted) {
        self->dump = DUMP_NONE;
        retry_later(self, RETRY_MS);
        return;
    }
    end_dump(self);
}

static void take_message(struct vane_netlink *self, const struct nlmsghdr *message)
{
    bool ours = self->dump != DUMP_NONE && message->nlmsg_pid == self->port &&
                message->nlmsg_seq == self->sequence;

    self->messages++;
    if (ours && (message->nlmsg_flags & NLM_F_DUMP_INTR))
        self->interrupted = true;
    if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
        if (ours)
            finish_dump(self, message);
        return;
    }
    if (vane_link_store_apply(self->store, message) == -EBADMSG)
        vane_debug("links", "netlink message of type %u is malformed; ignored",
                   message->nlmsg_type);
}

static void take_loss(struct vane_netlink *self)
{
    self->losses++;
    self->interrupted = true; /* a dump under way may lack something, too */
    if (self->dump == DUMP_NONE && !uv_is_active((uv_handle_t *)&self->timer))
        retry_later(self, self->losses == 1 ? 0 : REDUMP_MS);
    self->callbacks.lost(self->callbacks.user, self->losses);
}

static void take_datagram(struct vane_netlink *self, const struct mmsghdr *datagram)
{
    const struct sockaddr_nl *sender = datagram->msg_hdr.msg_name;
    struct nlmsghdr *message = datagram->msg_hdr.msg_iov->iov_base;
    int left = (int)datagram->msg_len;

    if (datagram->msg_hdr.msg_namelen != sizeof(*sender) || sender->nl_pid != 0)
        return;
    if (datagram->msg_hdr.msg_flags & MSG_TRUNC)
        take_loss(self);
    for (; nlmsg_ok(message, left) && !self->stopped; message = nlmsg_next(message, &left))
        take_message(self, message);
}

static void prepare_headers(struct vane_netlink *self)
{
    for (unsigned i = 0; i < DATAGRAMS; i++) {
        self->vectors[i] = (struct iovec){self->buffer + (size_t)i * DATAGRAM_SIZE, DATAGRAM_SIZE};
        self->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &self->senders[i],
            .msg_namelen = sizeof(self->senders[i]),
            .msg_iov = &self->vectors[i],
            .msg_iovlen = 1,
        };
    }
}

/* Returns how many datagrams there were, 0 when there are none now. */
static int take_batch(struct vane_netlink *self)
{
    int count;

    prepare_headers(self);
    count = recvmmsg(self->fd, self->headers, DATAGRAMS, MSG_DONTWAIT, NULL);
    if (count < 0 && errno == ENOBUFS) {
        take_loss(self);
        return 1;
    }
    if (count < 0)
        return errno == EINTR ? 1 : 0;
    for (int i = 0; i < count && !self->stopped; i++)
        take_datagram(self, &self->headers[i]);
    return count;
}

/* A loss is an error condition of the socket, for which libuv stops the handle. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct vane_netlink *self = poll->data;

    if (status < 0)
        uv_poll_start(poll, UV_READABLE, on_poll);
    for (unsigned i = 0; i < BATCHES_A_TURN && !self->stopped; i++)
        if (take_batch(self) < DATAGRAMS)
            return;
}

void vane_netlink_drain(struct vane_netlink *self)
{
    for (unsigned i = 0; i < DRAIN_BATCHES && !self->stopped && take_batch(self) > 0; i++)
        ;
}

uint64_t vane_netlink_messages(const struct vane_netlink *netlink)
{
    return netlink->messages;
}

static int open_socket(uint32_t receive_buffer, uint32_t *port)
{
    _cleanup_close_ int fd = vane_netlink_open(NETLINK_ROUTE, SOCK_NONBLOCK, port);
    uint32_t have;
    int r = fd < 0 ? fd : 0;

    if (r < 0)
        return r;
    have = vane_netlink_grow_buffer(fd, receive_buffer);
    if (have < receive_buffer)
        vane_info("links",
                  "netlink receive buffer is %u KiB instead of %u KiB (CAP_NET_ADMIN is needed for "
                  "more); losses are reported and mended",
                  have / 1024, receive_buffer / 1024);
    for (size_t i = 0; i < ELEMENTS(groups) && r == 0; i++)
        r = vane_netlink_join(fd, groups[i]);
    return r < 0 ? r : steal_fd(&fd);
}

int vane_netlink_start(uv_loop_t *loop, struct vane_link_store *store, uint32_t receive_buffer,
                       const struct vane_netlink_callbacks *callbacks, struct vane_netlink **out)
{
    struct vane_netlink *self;
    uint32_t port;
    int fd = open_socket(receive_buffer, &port);

    if (fd < 0)
        return fd;
    self = g_new0(struct vane_netlink, 1);
    self->fd = fd;
    self->port = port;
    self->store = store;
    self->callbacks = *callbacks;
    self->buffer = g_malloc((gsize)DATAGRAM_SIZE * DATAGRAMS);
    self->poll.data = self->timer.data = self;
    self->open_handles = 2;
    uv_poll_init(loop, &self->poll, fd);
    uv_timer_init(loop, &self->timer);
    uv_poll_start(&self->poll, UV_READABLE, on_poll);
    start_dumps(self);
    *out = self;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct vane_netlink *self = handle->data;

    if (--self->open_handles > 0)
        return;
    close(self->fd);
    g_free(self->buffer);
    g_free(self);
}

void vane_netlink_stop(struct vane_netlink *self)
{
    if (!self || self->stopped)
        return;
    self->stopped = true;
    uv_close((uv_handle_t *)&self->poll, on_closed);
    uv_close((uv_handle_t *)&self->timer, on_closed);
}
