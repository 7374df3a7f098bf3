/* A bound address: accepts peers within its limits, and is given up. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "engine/ports/internal.h"
#include "lib/cleanup.h"

#define PAUSE_MS 100

static void on_poll(uv_poll_t *poll, int status, int events);

static void free_port(uv_handle_t *timer)
{
    struct vane_port *port = timer->data;

    vane_endpoint_unref(port->endpoint);
    g_free(port->address);
    g_free(port);
}

/* Also undoes a half-done listen. */
void vane_port_release(struct vane_port *port)
{
    if (port->released)
        return;
    port->released = true;
    vane_ledger_strike(&port->entry);
    g_queue_unlink(&port->table->ports, &port->link);
    vane_poll_close(&port->poll);
    vane_port_unlink(port);
    if (port->fd >= 0)
        close(port->fd);
    uv_close((uv_handle_t *)&port->pause, free_port);
}

static void revoke_port(struct vane_ledger_entry *entry)
{
    G_STATIC_ASSERT(offsetof(struct vane_port, entry) == 0);
    vane_port_release((struct vane_port *)(void *)entry);
}

static unsigned count_of_user(const struct vane_endpoint *endpoint, int64_t uid)
{
    unsigned count = 0;

    for (GList *at = endpoint->connections.head; at; at = at->next)
        count += ((const struct vane_connection *)at->data)->info.uid == uid;
    return count;
}

/* Root is not limited by user, so that an operator gets in whatever others do. */
static bool is_over_limit(const struct vane_endpoint *endpoint, int fd)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);

    if (endpoint->counters.connections >= endpoint->options.max_connections)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || peer.uid == 0 ||
        peer.uid == (uid_t)-1) /* no Unix socket; a pid of 0 is only one of another namespace */
        return false;
    return count_of_user(endpoint, peer.uid) >= endpoint->options.max_connections_per_uid;
}

static bool may_connect(struct vane_port *port, const struct vane_connection *connection,
                        const struct vane_transport_node *node)
{
    const struct vane_port_passage passage = {
        .action = "connect",
        .inward = true,
        .local = connection->info.local ? connection->info.local : port->address,
        .remote = connection->info.remote,
        .peer = &connection->info,
        .node = node,
    };

    if (vane_port_permits(port->endpoint, &passage))
        return true;
    port->endpoint->counters.refused++;
    return false;
}

static int turn_away(struct vane_connection *connection, int error)
{
    connection->silent = true;
    vane_connection_finish(connection, error);
    return error;
}

int vane_port_admit(struct vane_port *port, struct vane_connection *connection,
                    const struct vane_transport_node *node)
{
    int r;

    if (!may_connect(port, connection, node))
        return turn_away(connection, -EACCES);
    vane_connection_opened(connection);
    port->endpoint->counters.accepted++;
    r = vane_port_call_accepted(connection);
    if (r < 0)
        return turn_away(connection, r);
    vane_connection_watch(connection);
    return 0;
}

static void welcome(struct vane_port *port, int fd)
{
    struct vane_endpoint *endpoint = port->endpoint;
    struct vane_connection *connection = vane_connection_new(endpoint, endpoint->user);
    int r = vane_connection_attach(connection, fd, port->type);

    if (r < 0) {
        (void)turn_away(connection, r);
        return;
    }
    vane_peer_learn(connection, port->type, port->address);
    (void)vane_port_admit(port, connection, NULL);
}

static void resume(uv_timer_t *timer)
{
    struct vane_port *port = timer->data;

    uv_poll_start(port->poll, UV_READABLE, on_poll);
}

static void rest(struct vane_port *port)
{
    uv_poll_stop(port->poll);
    uv_timer_start(&port->pause, resume, PAUSE_MS, 0);
}

static int open_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Out of descriptors: the peer that waits is taken with the reserve and turned away, as it would
 * keep the socket readable and us busy. */
static void refuse_with_reserve(struct vane_port *port)
{
    int *reserve = &port->table->reserve_fd;
    int fd;

    if (*reserve < 0)
        *reserve = open_reserve();
    if (*reserve < 0) {
        rest(port);
        return;
    }
    close(*reserve);
    fd = accept4(port->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        if (port->endpoint->counters.refused++ == 0)
            vane_warning(port->endpoint->self->name,
                         "%s: out of file descriptors; peers are turned away (raise LimitNOFILE=)",
                         port->address);
    }
    *reserve = open_reserve();
}

static void accept_failed(struct vane_port *port, int error)
{
    switch (error) {
    case EMFILE:
    case ENFILE:
        refuse_with_reserve(port);
        return;
    case ENOBUFS:
    case ENOMEM:
        rest(port);
        return;
    default: /* nobody is there, or who was there has gone */
        return;
    }
}

/* Returns false when there is nobody more for now. */
static bool accept_one(struct vane_port *port)
{
    int fd = accept4(port->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0) {
        accept_failed(port, errno);
        return false;
    }
    if (is_over_limit(port->endpoint, fd)) {
        port->endpoint->counters.refused++;
        close(fd);
        return true;
    }
    welcome(port, fd);
    return !port->released;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct vane_port *port = poll->data;

    if (port->type == SOCK_DGRAM) {
        vane_port_receive(port);
    } else {
        for (int i = 0; i < VANE_PORT_BURST && accept_one(port); i++)
            ;
    }
    if (status < 0 && !port->released &&
        !port->table->quiet) /* an error condition; libuv has stopped the handle */
        uv_poll_start(port->poll, UV_READABLE, on_poll);
}

static struct vane_port *new_port(struct vane_endpoint *endpoint)
{
    struct vane_port *port = g_new0(struct vane_port, 1);

    vane_ledger_enter(&endpoint->self->ledger, &port->entry, "port", revoke_port);
    port->link.data = port;
    port->table = endpoint->table;
    port->endpoint = vane_endpoint_ref(endpoint);
    port->fd = -1;
    uv_timer_init(endpoint->loop, &port->pause);
    port->pause.data = port;
    return port;
}

static int start(struct vane_port *port)
{
    int r;

    if (port->node)
        return 0;
    if (port->type != SOCK_DGRAM && listen(port->fd, SOMAXCONN) < 0)
        return -errno;
    r = vane_poll_open(port->endpoint->loop, port->fd, port, &port->poll);
    if (r < 0)
        return r;
    return uv_poll_start(port->poll, UV_READABLE, on_poll);
}

void vane_port_quiesce(struct vane_port *port)
{
    uv_timer_stop(&port->pause);
    if (port->poll)
        uv_poll_stop(port->poll);
}

int vane_port_listen(struct vane_endpoint *endpoint, struct vane_address *address,
                     struct vane_port **port, char **why)
{
    struct vane_port *made;
    int r;

    if (endpoint->table->quiet)
        return -ESHUTDOWN;
    made = new_port(endpoint);
    r = vane_port_bind(made, address, why);
    endpoint->options.group = NULL; /* it was the caller's */
    g_queue_push_tail_link(&endpoint->table->ports, &made->link);
    if (r == 0)
        r = start(made);
    if (r < 0) {
        vane_port_release(made);
        return r;
    }
    *port = made;
    return 0;
}
