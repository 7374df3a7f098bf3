/*
 * One attempt to connect. Anybody may make a socket in /tmp: what does not run as root or as the
 * caller is not talked to.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/can.h"

static int failed(struct vane_can *can, int error)
{
    return vane_canlib_because(can, -error, "%s", strerrordesc_np(error));
}

/* A connect() on a Unix socket waits only while the daemon's queue is full, as long as it may send.
 */
static int limit_wait(struct vane_can *can, int fd, int64_t deadline)
{
    int left = vane_canlib_left(deadline);
    struct timeval limit = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};

    if (left == 0)
        return failed(can, ETIMEDOUT);
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ? failed(can, errno)
                                                                              : 0;
}

static int connect_to(struct vane_can *can, int fd, const char *path, int64_t deadline)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int r;

    if (strlen(path) >= sizeof(address.sun_path))
        return failed(can, ENAMETOOLONG);
    strcpy(address.sun_path, path);
    do {
        r = limit_wait(can, fd, deadline);
        if (r < 0)
            return r;
        r = connect(fd, (struct sockaddr *)&address, sizeof(address));
    } while (r < 0 && errno == EINTR);
    if (r < 0)
        return failed(can, errno == EAGAIN ? ETIMEDOUT : errno);
    return 0;
}

static int check_peer(struct vane_can *can, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return failed(can, errno);
    if (peer.uid != 0 && peer.uid != geteuid())
        return vane_canlib_because(
            can, -EPERM, "its server runs as uid %u, and only root and uid %u are trusted",
            peer.uid, geteuid());
    can->server.uid = peer.uid;
    return 0;
}

int vane_canlib_dial(struct vane_can *can, const char *path, int64_t deadline)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int r;

    if (fd < 0)
        return failed(can, errno);
    r = connect_to(can, fd, path, deadline);
    if (r == 0)
        r = check_peer(can, fd);
    if (r < 0) {
        close(fd);
        return r;
    }
    can->fd = fd;
    can->received = 0;
    can->last_id = 0;
    strcpy(can->server.path, path);
    return 0;
}

void vane_canlib_hang_up(struct vane_can *can)
{
    if (can->fd >= 0)
        close(can->fd);
    can->fd = -1;
    can->received = 0;
}
