/* The end of sending while the peer still sends, and handing a connection over as a descriptor. */
#include <errno.h>
#include <fcntl.h>

#include "engine/ports/internal.h"

void vane_connection_end_sending(struct vane_connection *connection)
{
    if (connection->finished && connection->queue.bytes == 0)
        (void)shutdown(connection->fd, SHUT_WR);
}

int vane_connection_shutdown(struct vane_connection *connection)
{
    if (connection->phase == VANE_CONNECTING)
        return -ENOTCONN;
    if (connection->phase != VANE_OPEN || connection->broken || connection->handed)
        return -EPIPE;
    if (connection->finished)
        return 0;
    connection->finished = true;
    vane_connection_end_sending(connection);
    return 0;
}

static void make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

int vane_connection_stream(struct vane_connection *connection, int32_t *fd)
{
    if (connection->phase == VANE_CONNECTING)
        return -ENOTCONN;
    if (connection->phase != VANE_OPEN || connection->broken || connection->handed)
        return -EPIPE;
    if (connection->queue.bytes > 0)
        return -EAGAIN;
    *fd = connection->fd;
    connection->fd = -1;
    connection->handed = true;
    vane_connection_detach(connection);
    uv_timer_stop(&connection->timer);
    make_blocking(*fd);
    if (connection->number == 0)
        vane_connection_finish(connection, 0);
    return 0;
}
