/* Bytes on the connection, until a deadline. See can.h. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "client/can.h"

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t vane_canlib_deadline(int64_t timeout_ms)
{
    return timeout_ms < 0 ? VANE_CANLIB_FOR_EVER : now_ms() + timeout_ms;
}

int vane_canlib_left(int64_t deadline)
{
    int64_t left;

    if (deadline == VANE_CANLIB_FOR_EVER)
        return -1;
    left = deadline - now_ms();
    if (left <= 0)
        return 0;
    return left < INT_MAX ? (int)left : INT_MAX;
}

int vane_canlib_poll(int fd, short events, int64_t deadline)
{
    struct pollfd polled = {.fd = fd, .events = events};
    int r;

    do
        r = poll(&polled, 1, vane_canlib_left(deadline));
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return -errno;
    return r == 0 ? -ETIMEDOUT : 0;
}

static int broken(struct vane_can *can)
{
    return vane_canlib_because(can, -ECONNRESET, "the daemon at %s closed the connection",
                               can->server.path);
}

/* After a send or a receive that did nothing: 0 when it is to be tried again. */
static int wait_to_go_on(struct vane_can *can, int error, short events, int64_t deadline)
{
    int r;

    if (error == EINTR)
        return 0;
    if (error == EPIPE || error == ECONNRESET)
        return broken(can);
    if (error != EAGAIN)
        return vane_canlib_because(can, -error, "the connection to %s failed: %s", can->server.path,
                                   strerrordesc_np(error));
    r = vane_canlib_poll(can->fd, events, deadline);
    if (r == -ETIMEDOUT)
        return vane_canlib_because(can, r, "the daemon at %s does not answer", can->server.path);
    return r;
}

int vane_canlib_send(struct vane_can *can, const void *data, size_t size, int64_t deadline)
{
    const uint8_t *at = data;

    while (size > 0) {
        ssize_t sent = send(can->fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        int r = sent < 0 ? wait_to_go_on(can, errno, POLLOUT, deadline) : 0;

        if (sent > 0) {
            at += sent;
            size -= (size_t)sent;
        }
        if (r < 0) {
            if (at != data) /* half a request: nothing can be said after it */
                vane_canlib_hang_up(can);
            return r;
        }
    }
    return 0;
}

int vane_canlib_receive(struct vane_can *can, int64_t deadline)
{
    for (;;) {
        ssize_t got = recv(can->fd, can->buffer + can->received,
                           sizeof(can->buffer) - can->received, MSG_DONTWAIT);
        int r;

        if (got > 0) {
            can->received += (size_t)got;
            return 0;
        }
        r = got == 0 ? broken(can) : wait_to_go_on(can, errno, POLLIN, deadline);
        if (r < 0)
            return r;
    }
}

void vane_canlib_consume(struct vane_can *can, size_t size)
{
    can->received -= size;
    memmove(can->buffer, can->buffer + size, can->received);
}
