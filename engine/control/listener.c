/* The private socket: bound once, accepting within limits. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/control/internal.h"
#include "engine/log.h"
#include "lib/cleanup.h"

#define ACCEPTS_A_TURN 16

static void on_closed(uv_handle_t *handle)
{
    vane_control_handle_closed(handle->data);
}

static unsigned clients_of(const struct vane_control *control, uid_t uid)
{
    unsigned count = 0;

    for (GList *at = control->clients.head; at; at = at->next)
        count += vane_client_peer(at->data)->uid == uid;
    return count;
}

static bool within_limits(struct vane_control *control, uid_t uid)
{
    if (uid == 0 || uid == geteuid())
        return true;
    if (g_queue_get_length(&control->clients) >= control->max_clients) {
        vane_control_complain(control, "refused uid %u: there are %u clients already",
                              (unsigned)uid, control->max_clients);
        return false;
    }
    if (clients_of(control, uid) >= control->max_clients_per_uid) {
        vane_control_complain(control, "refused uid %u: it has %u clients already", (unsigned)uid,
                              control->max_clients_per_uid);
        return false;
    }
    return true;
}

static void welcome(struct vane_control *control, int accepted)
{
    _cleanup_(vane_credentials_clear) struct vane_credentials credentials = {0};
    _cleanup_close_ int fd = accepted;
    int r = vane_credentials_of_socket(fd, &credentials);

    if (r < 0) {
        vane_control_complain(control, "refused a client: cannot tell who it is: %s",
                              g_strerror(-r));
        return;
    }
    if (!within_limits(control, credentials.uid))
        return;
    r = vane_client_new(control, steal_fd(&fd), &credentials);
    if (r < 0)
        vane_control_complain(control, "cannot serve uid %u: %s", (unsigned)credentials.uid,
                              g_strerror(-r));
}

static void pause_accepting(struct vane_control *control, int error)
{
    vane_control_complain(control, "cannot accept clients for now: %s", g_strerror(error));
    uv_poll_stop(&control->listener_poll);
    control->paused = true;
    vane_control_tick_start(control);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct vane_control *control = poll->data;

    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0) {
            welcome(control, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accepting(control, errno);
        return;
    }
}

void vane_listener_resume(struct vane_control *control)
{
    control->paused = false;
    uv_poll_start(&control->listener_poll, UV_READABLE, on_readable);
}

static int make_address(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address->sun_path))
        return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

/* A socket file of our own that nobody listens on is left from a daemon that did not clean up. */
static int remove_stale(const struct sockaddr_un *address)
{
    _cleanup_close_ int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct stat st;

    if (lstat(address->sun_path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
        return -EEXIST;
    if (connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
        return -EADDRINUSE;
    return unlink(address->sun_path) < 0 ? -errno : 0;
}

/* Everybody may connect; what each may do is decided by credentials. */
static int bind_socket(const char *path)
{
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address;
    int r = make_address(path, &address);

    if (r >= 0)
        r = remove_stale(&address);
    if (r < 0)
        return r;
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    if (chmod(path, 0666) < 0 || listen(fd, SOMAXCONN) < 0)
        return -errno;
    return steal_fd(&fd);
}

static const char *reason(int error)
{
    if (error == EADDRINUSE)
        return "another netvaned serves it (stop that one, or use another --runtime-dir)";
    if (error == EEXIST)
        return "something that is no socket of ours stands there (remove it)";
    return g_strerror(error);
}

int vane_listener_start(struct vane_control *control)
{
    int fd = bind_socket(control->socket_path);
    int r = fd < 0 ? fd : uv_poll_init(&control->engine->loop, &control->listener_poll, fd);

    if (r < 0) {
        vane_error("control", "cannot listen on %s: %s", control->socket_path, reason(-r));
        if (fd >= 0)
            close(fd);
        return r;
    }
    control->listener = fd;
    control->listener_poll.data = control;
    control->handles++;
    vane_listener_resume(control);
    return 0;
}

void vane_listener_stop(struct vane_control *control)
{
    if (control->listener < 0)
        return;
    uv_close((uv_handle_t *)&control->listener_poll, on_closed);
    close(control->listener);
    control->listener = -1;
    unlink(control->socket_path);
}
