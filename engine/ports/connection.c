/*
 * The life of a connection: made, opened, watched, closed, and freed when the loop has closed its
 * timer, which is where closed() is called: from the loop, and never from inside a call of the
 * plugin's.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>

#include "engine/ports/internal.h"

static void announce(struct vane_connection *connection)
{
    if (connection->dialled)
        vane_port_call_connected(connection, connection->error);
    else
        vane_port_call_closed(connection, connection->error);
}

static void on_final(uv_handle_t *timer)
{
    struct vane_connection *connection = timer->data;

    announce(connection);
    vane_ledger_strike(&connection->entry);
    vane_peer_forget(connection);
    vane_endpoint_unref(connection->endpoint);
    g_free(connection);
}

static void revoke_connection(struct vane_ledger_entry *entry)
{
    struct vane_connection *connection = (struct vane_connection *)(void *)entry;

    G_STATIC_ASSERT(offsetof(struct vane_connection, entry) == 0);
    connection->silent = true;
    vane_ledger_strike(entry);
    vane_connection_finish(connection, 0);
}

struct vane_connection *vane_connection_new(struct vane_endpoint *endpoint, void *user)
{
    struct vane_connection *connection = g_new0(struct vane_connection, 1);

    vane_ledger_enter(&endpoint->self->ledger, &connection->entry, "connection", revoke_connection);
    connection->link.data = connection;
    connection->endpoint = vane_endpoint_ref(endpoint);
    connection->user = user;
    connection->fd = -1;
    connection->reading = true;
    connection->active = uv_now(endpoint->loop);
    connection->info.netns_fd = -1;
    connection->info.pid = connection->info.uid = connection->info.gid = -1;
    connection->info.opened = uv_hrtime();
    uv_timer_init(endpoint->loop, &connection->timer);
    connection->timer.data = connection;
    g_queue_push_tail_link(&endpoint->connections, &connection->link);
    endpoint->counters.connections++;
    return connection;
}

static int socket_error(int fd)
{
    socklen_t length = sizeof(int);
    int error = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        return -errno;
    return -error;
}

/* With the peer's sending side shut, only a hang-up can still come from it. */
static void check_hangup(struct vane_connection *connection)
{
    struct pollfd state = {.fd = connection->fd};

    if (poll(&state, 1, 0) <= 0) {
        uv_poll_stop(connection->poll); /* urgent data, which nobody will read */
        return;
    }
    vane_connection_finish(connection, socket_error(connection->fd));
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct vane_connection *connection = poll->data;

    if (status < 0) { /* an error condition; libuv has stopped the handle */
        events = connection->mask;
        connection->mask = 0;
    }
    if (connection->phase == VANE_CONNECTING) {
        vane_connection_dialled(connection);
        return;
    }
    if (events & UV_PRIORITIZED)
        check_hangup(connection);
    if (events & UV_READABLE && connection->phase == VANE_OPEN && connection->reading)
        vane_connection_receive(connection);
    if (events & UV_WRITABLE && connection->phase != VANE_CLOSING)
        vane_connection_flush(connection);
    vane_connection_watch(connection);
}

static int wanted_events(const struct vane_connection *connection)
{
    int mask = connection->queue.bytes > 0 ? UV_WRITABLE : 0;

    switch (connection->phase) {
    case VANE_CONNECTING:
    case VANE_FLUSHING:
        return UV_WRITABLE;
    case VANE_OPEN:
        if (connection->reading && !connection->ended)
            mask |= UV_READABLE;
        return mask == 0 && connection->ended ? UV_PRIORITIZED : mask;
    case VANE_CLOSING:
        break;
    }
    return 0;
}

void vane_connection_watch(struct vane_connection *connection)
{
    int mask = wanted_events(connection);

    if (!connection->poll || mask == connection->mask)
        return;
    connection->mask = mask;
    if (mask)
        uv_poll_start(connection->poll, mask, on_poll);
    else
        uv_poll_stop(connection->poll);
}

static void on_timer(uv_timer_t *timer)
{
    struct vane_connection *connection = timer->data;
    uint64_t limit = connection->endpoint->options.idle_timeout_ms;
    uint64_t idle = uv_now(connection->endpoint->loop) - connection->active;

    if (connection->phase != VANE_OPEN || idle >= limit)
        vane_connection_finish(connection, -ETIMEDOUT);
    else
        uv_timer_start(timer, on_timer, limit - idle, 0);
}

void vane_connection_set_deadline(struct vane_connection *connection, uint32_t milliseconds)
{
    if (milliseconds > 0)
        uv_timer_start(&connection->timer, on_timer, milliseconds, 0);
    else
        uv_timer_stop(&connection->timer);
}

static void tune_tcp(int fd)
{
    int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* The kernel refuses what does not fit the send buffer with its own head (unix(7), udp(7)). */
static size_t longest_message(int fd)
{
    socklen_t length = sizeof(int);
    int buffer = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, &length) < 0 || buffer <= 32)
        return VANE_PORT_CHUNK;
    return (size_t)buffer - 32;
}

int vane_connection_attach(struct vane_connection *connection, int fd, int type)
{
    int r;

    connection->fd = fd;
    connection->messages = type != SOCK_STREAM;
    connection->datagrams = type == SOCK_DGRAM;
    connection->message_max = connection->messages ? longest_message(fd) : SIZE_MAX;
    if (!connection->messages)
        tune_tcp(fd); /* a Unix socket refuses, and that is fine */
    r = vane_poll_open(connection->endpoint->loop, fd, connection, &connection->poll);
    return r;
}

void vane_connection_opened(struct vane_connection *connection)
{
    connection->phase = VANE_OPEN;
    connection->dialled = false;
    connection->active = uv_now(connection->endpoint->loop);
    vane_connection_set_deadline(connection, connection->endpoint->options.idle_timeout_ms);
}

/* Gives the socket up, for another attempt to dial or for good. */
void vane_connection_detach(struct vane_connection *connection)
{
    vane_poll_close(&connection->poll);
    connection->mask = 0;
    if (connection->fd >= 0)
        close(connection->fd);
    connection->fd = -1;
}

void vane_connection_finish(struct vane_connection *connection, int error)
{
    struct vane_endpoint *endpoint = connection->endpoint;

    if (connection->phase == VANE_CLOSING)
        return;
    connection->phase = VANE_CLOSING;
    connection->error = error;
    connection->entry.kept = true; /* it is closed; the plugin only has not heard that yet */
    vane_resolution_forget(connection->resolution);
    connection->resolution = NULL;
    vane_connection_detach(connection);
    vane_transport_forget(connection);
    vane_write_queue_clear(&connection->queue);
    g_queue_unlink(&endpoint->connections, &connection->link);
    endpoint->counters.connections--;
    uv_close((uv_handle_t *)&connection->timer, on_final);
}

void vane_connection_close(struct vane_connection *connection, bool flush)
{
    switch (connection->phase) {
    case VANE_CONNECTING:
        vane_connection_finish(connection, -ECANCELED);
        return;
    case VANE_OPEN:
        if (flush && connection->queue.bytes == 0)
            vane_connection_discard_input(connection);
        if (!flush || connection->queue.bytes == 0)
            break;
        connection->phase = VANE_FLUSHING;
        uv_timer_start(&connection->timer, on_timer, VANE_PORT_FLUSH_MS, 0);
        vane_connection_watch(connection);
        return;
    case VANE_FLUSHING:
        if (flush)
            return;
        break;
    case VANE_CLOSING:
        return;
    }
    vane_connection_finish(connection, 0);
}
