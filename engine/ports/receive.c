/* Bytes and messages from a peer: a bounded share of each turn of the loop, so that all get one. */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "engine/ports/internal.h"

static bool can_go_on(const struct vane_connection *connection)
{
    return connection->phase == VANE_OPEN && connection->reading && !connection->ended;
}

static void got(struct vane_connection *connection, const void *data, size_t length)
{
    connection->active = uv_now(connection->endpoint->loop);
    connection->info.bytes_received += length;
    connection->endpoint->counters.bytes_received += length;
    vane_port_call_received(connection, data, length);
}

static void end_of_file(struct vane_connection *connection)
{
    connection->ended = true;
    if (connection->broken) {
        vane_connection_finish(connection, connection->broken);
        return;
    }
    vane_port_call_half_closed(connection);
    if (connection->phase != VANE_OPEN)
        return;
    if (connection->endpoint->options.flags & VANE_PORT_KEEP_OPEN)
        return;
    if (connection->queue.bytes == 0)
        vane_connection_finish(connection, 0);
}

static void failed(struct vane_connection *connection, int error)
{
    if (error != EAGAIN && error != EINTR)
        vane_connection_finish(connection, -error);
}

static void receive_bytes(struct vane_connection *connection)
{
    uint8_t *buffer = vane_endpoint_buffer(connection->endpoint);
    ssize_t length = recv(connection->fd, buffer, VANE_PORT_CHUNK, 0);

    if (length > 0)
        got(connection, buffer, (size_t)length);
    else if (length == 0)
        end_of_file(connection);
    else
        failed(connection, errno);
}

/* An empty message and the end look the same to recvmsg(2) on a seqpacket socket. */
static bool is_end(const struct vane_connection *connection)
{
    struct pollfd state = {.fd = connection->fd, .events = POLLRDHUP};
    int waiting = 0;

    if (connection->datagrams || poll(&state, 1, 0) <= 0)
        return false;
    return ioctl(connection->fd, SIOCINQ, &waiting) < 0 || waiting == 0;
}

/* Returns false when there is no more for now. */
static bool receive_message(struct vane_connection *connection)
{
    uint8_t *buffer = vane_endpoint_buffer(connection->endpoint);
    struct iovec piece = {buffer, VANE_PORT_CHUNK};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t length = recvmsg(connection->fd, &message, MSG_CMSG_CLOEXEC);

    if (length < 0) {
        failed(connection, errno);
        return false;
    }
    if (length == 0 && is_end(connection)) {
        end_of_file(connection);
        return false;
    }
    got(connection, buffer, (size_t)length);
    if (message.msg_flags & MSG_TRUNC)
        vane_connection_finish(connection, -EMSGSIZE);
    return true;
}

void vane_connection_receive(struct vane_connection *connection)
{
    uint64_t before = connection->info.bytes_received;

    if (!connection->messages) {
        receive_bytes(connection);
        return;
    }
    for (int i = 0; i < VANE_PORT_BURST && can_go_on(connection); i++)
        if (!receive_message(connection) ||
            connection->info.bytes_received - before >= VANE_PORT_CHUNK)
            return;
}
