/*
 * Dialling: one address after the other until one answers. Names are resolved in the loop's thread
 * pool. The outcome is always told from the loop.
 */
#include <errno.h>
#include <string.h>

#include "engine/ports/internal.h"

/* Lives until the thread pool is through with it, whatever became of the connection. */
struct vane_resolution {
    uv_getaddrinfo_t request;
    struct vane_connection *connection; /* NULL: forgotten */
    struct addrinfo *found, *next;
    int type;
    bool running;
};

static void free_resolution(struct vane_resolution *resolution)
{
    uv_freeaddrinfo(resolution->found);
    g_free(resolution);
}

void vane_resolution_forget(struct vane_resolution *resolution)
{
    if (!resolution)
        return;
    resolution->connection = NULL;
    if (resolution->running)
        (void)uv_cancel((uv_req_t *)&resolution->request);
    else
        free_resolution(resolution);
}

static int attempt(struct vane_connection *connection, int type, const struct sockaddr *address,
                   socklen_t length)
{
    int fd = socket(address->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int r;

    if (fd < 0)
        return -errno;
    r = vane_connection_attach(connection, fd, type);
    if (r < 0)
        return r;
    if (connect(fd, address, length) < 0 && errno != EINPROGRESS && errno != EINTR)
        return -errno;
    vane_connection_watch(connection);
    return 0;
}

/* Tries what is left of a resolved name; `error` is what is told when nothing is. */
static void try_next(struct vane_connection *connection, int error)
{
    struct vane_resolution *resolution = connection->resolution;

    while (resolution && resolution->next) {
        struct addrinfo *one = resolution->next;

        resolution->next = one->ai_next;
        vane_connection_detach(connection);
        error = attempt(connection, resolution->type, one->ai_addr, one->ai_addrlen);
        if (error == 0)
            return;
    }
    vane_connection_finish(connection, error);
}

static int type_of(int fd)
{
    socklen_t length = sizeof(int);
    int type = SOCK_STREAM;

    (void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);
    return type;
}

/* The socket has become writable: connected or failed. */
void vane_connection_dialled(struct vane_connection *connection)
{
    socklen_t length = sizeof(int);
    int error = 0;

    if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        error = errno;
    if (error != 0) {
        try_next(connection, -error);
        return;
    }
    vane_resolution_forget(connection->resolution);
    connection->resolution = NULL;
    vane_peer_learn(connection, type_of(connection->fd), NULL);
    vane_connection_opened(connection);
    vane_port_call_connected(connection, 0);
    vane_connection_watch(connection);
}

static int resolver_error(int status)
{
    switch (status) {
    case UV_EAI_MEMORY:
        return -ENOMEM;
    case UV_EAI_AGAIN:
        return -EAGAIN;
    case UV_EAI_CANCELED:
        return -ECANCELED;
    default:
        return status < -3000 ? -EHOSTUNREACH : status; /* libuv's own numbers lie there */
    }
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct vane_resolution *resolution = request->data;
    struct vane_connection *connection = resolution->connection;

    resolution->running = false;
    resolution->found = resolution->next = found;
    if (!connection)
        free_resolution(resolution);
    else
        try_next(connection, status < 0 ? resolver_error(status) : -EHOSTUNREACH);
}

static int resolve(struct vane_connection *connection, const struct vane_address *address)
{
    struct vane_resolution *resolution = g_new0(struct vane_resolution, 1);
    struct addrinfo hints = {.ai_socktype = address->type, .ai_flags = AI_ADDRCONFIG};
    char port[8];
    int r;

    g_snprintf(port, sizeof(port), "%u", address->port);
    resolution->request.data = resolution;
    resolution->connection = connection;
    resolution->type = address->type;
    r = uv_getaddrinfo(connection->endpoint->loop, &resolution->request, on_resolved, address->name,
                       port, &hints);
    if (r < 0) {
        g_free(resolution);
        return r;
    }
    resolution->running = true;
    connection->resolution = resolution;
    return 0;
}

int vane_connection_dial(struct vane_endpoint *endpoint, struct vane_address *address,
                         struct vane_connection **connection)
{
    uint32_t limit = endpoint->options.dial_timeout_ms;
    struct vane_connection *made;
    int r = vane_address_resolve_zone(address);

    if (r < 0)
        return r;
    made = vane_connection_new(endpoint, endpoint->user);
    made->dialled = true;
    vane_connection_set_deadline(made, limit ? limit : endpoint->options.idle_timeout_ms);
    if (address->kind == VANE_ADDRESS_HOST)
        r = resolve(made, address);
    else
        r = attempt(made, address->type, &address->socket.any, address->length);
    if (r < 0)
        vane_connection_finish(made, r); /* which tells it from the loop */
    *connection = made;
    return 0;
}
