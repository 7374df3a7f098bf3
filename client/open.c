/* Handles: made, closed, and where they look for the daemon. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client/can.h"

#define DEFAULT_TIMEOUT_MS 5000u

const char *vane_can_version(void)
{
    return NETVANE_CAN_VERSION;
}

static int add_path(struct vane_can *can, const char *path)
{
    can->paths[can->path_count] = strdup(path);
    return can->paths[can->path_count++] ? 0 : -ENOMEM;
}

static int find_paths(struct vane_can *can, const char *path)
{
    const char *variable = secure_getenv("HYCAN_DAEMON_SOCKET");

    if (!path && variable && variable[0])
        path = variable;
    if (path)
        return add_path(can, path);
    return add_path(can, "/run/hycan_daemon.sock") < 0 ||
                   add_path(can, "/tmp/hycan_daemon.sock") < 0
               ? -ENOMEM
               : 0;
}

static void release(struct vane_can *can)
{
    for (size_t i = 0; i < can->path_count; i++)
        free(can->paths[i]);
    free(can);
}

static struct vane_can *new_handle(const struct vane_can_options *options)
{
    struct vane_can *can = calloc(1, sizeof(*can));

    if (!can)
        return NULL;
    can->fd = -1;
    can->server.size = sizeof(can->server);
    can->timeout_ms = options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    (void)pthread_mutex_init(&can->lock, NULL);
    if (find_paths(can, options->path) == 0 && vane_canlib_register(can) == 0)
        return can;
    release(can);
    return NULL;
}

int vane_can_open(struct vane_can **can, const struct vane_can_options *options)
{
    struct vane_can_options own = {0};
    int r;

    *can = NULL;
    r = options ? vane_canlib_copy_in(&own, sizeof(own), options) : 0;
    if (r < 0)
        return r;
    *can = new_handle(&own);
    if (!*can)
        return vane_canlib_fail(-ENOMEM, "out of memory");
    r = vane_can_check(*can);
    if (r < 0) {
        vane_can_close(*can);
        *can = NULL;
    }
    return r;
}

void vane_can_close(struct vane_can *can)
{
    if (!can)
        return;
    vane_canlib_unregister(can);
    vane_canlib_hang_up(can);
    vane_canlib_lease_clear(can);
    (void)pthread_mutex_destroy(&can->lock);
    release(can);
}

int vane_can_fd(struct vane_can *can)
{
    int fd;

    pthread_mutex_lock(&can->lock);
    fd = can->fd;
    pthread_mutex_unlock(&can->lock);
    return fd;
}

/* The classic form has no question without an effect: only whether the daemon has hung up is looked
 * at. */
static void look_at_classic(struct vane_can *can)
{
    char byte;

    if (can->fd >= 0 && can->server.classic &&
        (recv(can->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN))
        vane_canlib_hang_up(can);
}

static int live(struct vane_can *can)
{
    int64_t deadline = vane_canlib_deadline(can->timeout_ms);
    struct vane_canlib_request request;
    struct vane_canlib_answer answer;
    int r;

    look_at_classic(can);
    if (can->fd >= 0 && !can->server.classic) {
        vane_canlib_begin(&request, VANE_WIRE_HELLO, "greet", NULL);
        r = vane_canlib_exchange(can, &request, deadline, &answer);
        if (r == 0 || r == -ETIMEDOUT)
            return r;
        vane_canlib_hang_up(can);
    }
    return vane_canlib_connect(can, deadline);
}

int vane_can_check(struct vane_can *can)
{
    int r;

    pthread_mutex_lock(&can->lock);
    r = live(can);
    if (r < 0) {
        (void)vane_canlib_fail(r, "%s", can->detail);
    } else if (can->lost[0]) {
        r = vane_canlib_fail(-ENODEV, "%s is gone: its lease ended with the connection", can->lost);
        can->lost[0] = '\0';
    }
    pthread_mutex_unlock(&can->lock);
    return r;
}

int vane_can_get_server(struct vane_can *can, struct vane_can_server *server)
{
    struct vane_can_server own;
    int r;

    pthread_mutex_lock(&can->lock);
    r = vane_canlib_connect(can, vane_canlib_deadline(can->timeout_ms));
    if (r < 0)
        (void)vane_canlib_fail(r, "%s", can->detail);
    own = can->server;
    pthread_mutex_unlock(&can->lock);
    return r < 0 ? r : vane_canlib_copy_out(server, &own, sizeof(own));
}
