/*
 * Bytes and messages to a peer: written at once while the socket takes them, queued after that.
 * When writing fails, what the peer had sent before is still read.
 */
#include <errno.h>

#include "engine/ports/internal.h"

#define PIECES_MAX 64

static void sent(struct vane_connection *connection, size_t length)
{
    if (length > 0)
        connection->active = uv_now(connection->endpoint->loop);
    connection->info.bytes_sent += length;
    connection->endpoint->counters.bytes_sent += length;
}

static ssize_t write_pieces(struct vane_connection *connection, struct iovec *pieces, int count)
{
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
    ssize_t written;

    do
        written = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (written < 0 && errno == EINTR);
    if (written < 0)
        return -errno;
    sent(connection, (size_t)written);
    return written;
}

/* Bytes of the peer may still wait to be read; when none can come any more, it is over. */
static void give_up_writing(struct vane_connection *connection, int error)
{
    connection->broken = error;
    vane_write_queue_clear(&connection->queue);
    if (connection->phase == VANE_FLUSHING || connection->ended || !connection->reading ||
        connection->datagrams)
        vane_connection_finish(connection, error);
}

static int check_send(struct vane_connection *connection, size_t length)
{
    if (connection->phase == VANE_CONNECTING)
        return -ENOTCONN;
    if (connection->phase != VANE_OPEN || connection->broken || connection->finished ||
        connection->handed)
        return -EPIPE;
    if (length > connection->message_max)
        return -EMSGSIZE;
    if (length == 0 && connection->messages)
        return -EINVAL; /* the peer could not tell it from the end */
    if (connection->queue.bytes >= connection->endpoint->options.high_water)
        return -EAGAIN;
    return 0;
}

/* Returns how many bytes the socket took, which may be none. */
static ssize_t write_directly(struct vane_connection *connection, const void *data, size_t length)
{
    struct iovec piece = {(void *)(uintptr_t)data, length};
    ssize_t written;

    if (connection->queue.bytes > 0)
        return 0;
    written = write_pieces(connection, &piece, 1);
    if (written == -EAGAIN || written == -ENOBUFS)
        return 0;
    if (written < 0 && written != -EMSGSIZE) {
        give_up_writing(connection, (int)written);
        return -EPIPE;
    }
    return written;
}

int vane_connection_send(struct vane_connection *connection, const void *data, size_t length)
{
    int r = check_send(connection, length);
    ssize_t written;

    if (r < 0 || length == 0)
        return r;
    written = write_directly(connection, data, length);
    if (written < 0)
        return (int)written;
    if ((size_t)written == length)
        return 0;
    r = vane_write_queue_push(&connection->queue, (const uint8_t *)data + written,
                              length - (size_t)written);
    if (r < 0) {
        if (written > 0) /* half of it is out: the stream is of no use to the peer now */
            vane_connection_finish(connection, r);
        return r;
    }
    if (connection->queue.bytes >= connection->endpoint->options.high_water)
        connection->above = true;
    vane_connection_watch(connection);
    return 0;
}

static int write_queue(struct vane_connection *connection)
{
    struct iovec pieces[PIECES_MAX];
    ssize_t written;
    int count;

    for (int i = 0; i < VANE_PORT_BURST && connection->queue.bytes > 0; i++) {
        count = vane_write_queue_peek(&connection->queue, pieces,
                                      connection->messages ? 1 : PIECES_MAX);
        written = write_pieces(connection, pieces, count);
        if (written == -EAGAIN || written == -ENOBUFS)
            return 0;
        if (written < 0)
            return (int)written;
        vane_write_queue_pop(&connection->queue, (size_t)written);
    }
    return 0;
}

/* Unread bytes would turn our close into a reset, which takes from the peer what is under way.
 * MSG_TRUNC throws away what TCP has (tcp(7)); other sockets refuse it and need none of this. */
void vane_connection_discard_input(struct vane_connection *connection)
{
    (void)shutdown(connection->fd, SHUT_WR);
    for (int i = 0; i < VANE_PORT_BURST; i++)
        if (recv(connection->fd, NULL, VANE_PORT_CHUNK, MSG_TRUNC | MSG_DONTWAIT) <= 0)
            return;
}

static void queue_is_empty(struct vane_connection *connection)
{
    vane_connection_end_sending(connection);
    if (connection->phase == VANE_FLUSHING)
        vane_connection_discard_input(connection);
    if (connection->phase == VANE_FLUSHING ||
        (connection->ended && !(connection->endpoint->options.flags & VANE_PORT_KEEP_OPEN)))
        vane_connection_finish(connection, 0);
}

void vane_connection_flush(struct vane_connection *connection)
{
    int r = write_queue(connection);

    if (r < 0) {
        give_up_writing(connection, r);
        return;
    }
    if (connection->above && connection->queue.bytes < connection->endpoint->options.low_water) {
        connection->above = false;
        if (connection->phase == VANE_OPEN)
            vane_port_call_drained(connection);
    }
    if (connection->phase != VANE_CLOSING && connection->queue.bytes == 0)
        queue_is_empty(connection);
}
