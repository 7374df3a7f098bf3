/*
 * One connection on the private socket. The D-Bus library writes to the socket itself but never
 * reads from it: we read, authenticate, measure each message, and feed one at a time through a
 * socket pair. So nothing reaches the library that is too long or not D-Bus, and a client whose
 * answers pile up is not listened to.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/control/client.h"
#include "engine/log.h"
#include "lib/cleanup.h"

#define SEND_BUFFER (128 * 1024)

struct vane_peer *vane_client_peer(struct vane_client *client)
{
    return &client->peer;
}

static void on_closed(uv_handle_t *handle)
{
    struct vane_client *client = handle->data;
    struct vane_control *control = client->peer.control;

    g_free(client);
    vane_control_handle_closed(control);
}

void vane_client_close(struct vane_client *client)
{
    if (client->dispatching) {
        client->doomed = true;
        return;
    }
    g_queue_unlink(&client->peer.control->clients, &client->link);
    uv_close((uv_handle_t *)&client->poll, on_closed);
    vane_peer_clear(&client->peer);
    sd_bus_close_unref(client->peer.bus);
    close(client->feed);
}

static void complain(struct vane_client *client, int error)
{
    struct vane_control *control = client->peer.control;
    unsigned uid = (unsigned)client->peer.uid;

    if (error == -EMSGSIZE)
        vane_control_complain(control, "closed a client of uid %u: its message is over %u KiB", uid,
                              VANE_FRAME_MESSAGE_MAX / 1024);
    else if (error == -ENAMETOOLONG)
        vane_control_complain(control, "closed a client of uid %u: its header is over %u KiB", uid,
                              VANE_FRAME_FIELDS_MAX / 1024);
    else if (error == -E2BIG)
        vane_control_complain(control, "closed a client of uid %u: too much authentication", uid);
    else if (error == -EBADMSG || error == -EPROTO)
        vane_control_complain(control, "closed a client of uid %u: it does not speak D-Bus", uid);
    else if (error != -ECONNRESET && error != -EPIPE)
        vane_control_complain(control, "closed a client of uid %u: %s", uid, g_strerror(-error));
}

static void on_ready(uv_poll_t *poll, int status, int events);
static void on_backlog(uv_idle_t *idle);

/* Listens while there is room for answers, writes while something waits to be written. */
static void watch(struct vane_client *client)
{
    uint64_t queued = 0;
    int events = vane_peer_full(&client->peer) || vane_client_has_input(client) ? 0 : UV_READABLE;

    sd_bus_get_n_queued_write(client->peer.bus, &queued);
    if (queued > 0)
        events |= UV_WRITABLE;
    if (vane_client_has_input(client) && !vane_peer_full(&client->peer))
        uv_idle_start(&client->peer.control->backlog, on_backlog);
    if (events == client->watching)
        return;
    client->watching = events;
    /* A client that reads nothing and is not read from must still be seen to go. */
    uv_poll_start(&client->poll, events | UV_DISCONNECT, on_ready);
}

bool vane_client_turn(struct vane_client *client)
{
    int r = vane_client_take(client);

    if (r < 0) {
        complain(client, r);
        vane_client_close(client);
        return false;
    }
    vane_peer_drained(&client->peer);
    watch(client);
    return vane_client_has_input(client) && !vane_peer_full(&client->peer);
}

static void on_backlog(uv_idle_t *idle)
{
    struct vane_control *control = idle->data;
    bool more = false;

    for (GList *at = control->clients.head, *next; at; at = next) {
        struct vane_client *client = at->data;

        next = at->next;
        if (vane_client_has_input(client))
            more |= vane_client_turn(client);
    }
    if (!more)
        uv_idle_stop(idle);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct vane_client *client = poll->data;

    if (status < 0 || (events == UV_DISCONNECT))
        vane_client_close(client);
    else
        vane_client_turn(client);
}

/* Something was sent from outside a turn, as an event. */
static void on_sent(struct vane_peer *peer)
{
    struct vane_client *client = (struct vane_client *)peer;

    if (!client->dispatching)
        watch(client);
}

bool vane_client_authenticating(struct vane_client *client, uint64_t now)
{
    if (client->auth.state == VANE_AUTH_OVER)
        return false;
    if (now - client->since < client->peer.control->auth_timeout_ms)
        return true;
    vane_control_complain(client->peer.control,
                          "closed a client of uid %u: it did not authenticate within %u ms",
                          (unsigned)client->peer.uid, client->peer.control->auth_timeout_ms);
    vane_client_close(client);
    return false;
}

static int route(struct vane_object *object, sd_bus_message *message, vane_manager_call call)
{
    struct vane_client *client =
        (struct vane_client *)(void *)((char *)object - offsetof(struct vane_client, object));

    return call(&client->peer, message);
}

/* The library raises the send buffer to 8 MiB, which is too much for one who may never read. */
static void limit_send_buffer(int fd)
{
    const int size = SEND_BUFFER;

    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int set_up_bus(struct vane_client *client, sd_bus *bus)
{
    int r = sd_bus_set_server(bus, true, client->peer.control->id);

    if (r >= 0)
        r = sd_bus_set_description(bus, "control");
    if (r >= 0)
        r = sd_bus_negotiate_fds(bus, false);
    if (r >= 0)
        r = sd_bus_set_sender(bus, ":1.0");
    if (r >= 0)
        r = vane_manager_add(bus, &client->object);
    if (r >= 0)
        r = vane_stub_add(bus, &client->peer);
    return r >= 0 ? sd_bus_start(bus) : r;
}

static void close_bus(sd_bus **bus)
{
    sd_bus_close_unref(*bus);
}

/* On success the bus owns `fd`, and `*ours` is the end to feed it through. */
static int make_bus(struct vane_client *client, int fd, int *ours)
{
    _cleanup_(close_bus) sd_bus *bus = NULL;
    _cleanup_close_ int mine = fd, feeder = -1, fed = -1;
    int pair[2];
    int r = sd_bus_new(&bus);

    if (r < 0)
        return r;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return -errno;
    feeder = pair[0];
    fed = pair[1];
    r = sd_bus_set_fd(bus, fed, fd);
    if (r < 0)
        return r;
    steal_fd(&fed);
    steal_fd(&mine);
    r = set_up_bus(client, bus);
    if (r < 0)
        return r;
    limit_send_buffer(fd);
    client->peer.bus = g_steal_pointer(&bus);
    *ours = steal_fd(&feeder);
    return 0;
}

static int watch_socket(struct vane_client *client, uv_loop_t *loop)
{
    int r = uv_poll_init(loop, &client->poll, client->fd);

    if (r < 0) {
        sd_bus_close_unref(client->peer.bus);
        close(client->feed);
        return r;
    }
    client->poll.data = client;
    return 0;
}

int vane_client_new(struct vane_control *control, int fd, struct vane_credentials *credentials)
{
    struct vane_client *client = g_new0(struct vane_client, 1);
    int r;

    client->fd = fd;
    client->object = (struct vane_object){control, route};
    client->peer = (struct vane_peer){
        .control = control,
        .uid = credentials->uid,
        .privileged = vane_control_privileged(control, credentials),
        .sent = on_sent,
    };
    r = make_bus(client, fd, &client->feed);
    if (r >= 0)
        r = watch_socket(client, &control->engine->loop);
    if (r < 0) {
        g_free(client);
        return r;
    }
    vane_auth_init(&client->auth, credentials->uid);
    client->since = uv_now(&control->engine->loop);
    control->handles++;
    client->link.data = client;
    g_queue_push_tail_link(&control->clients, &client->link);
    vane_control_tick_start(control);
    watch(client);
    return 0;
}
