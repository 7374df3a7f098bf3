/* Every call from the ports into a plugin: named for the watchdog, and none after revocation. */
#include "engine/ports/internal.h"

int vane_port_call_accepted(struct vane_connection *connection)
{
    struct vane_endpoint *endpoint = connection->endpoint;
    struct vane_call call;
    int r;

    if (!endpoint->events.accepted)
        return 0;
    vane_call_begin(&call, endpoint->self, "port");
    r = endpoint->events.accepted(endpoint->user, connection, &connection->user);
    vane_call_end(&call);
    return r;
}

void vane_port_call_connected(struct vane_connection *connection, int error)
{
    struct vane_endpoint *endpoint = connection->endpoint;
    struct vane_call call;

    if (!endpoint->events.connected || connection->silent)
        return;
    vane_call_begin(&call, endpoint->self, "port");
    endpoint->events.connected(connection->user, connection, error);
    vane_call_end(&call);
}

void vane_port_call_received(struct vane_connection *connection, const void *data, size_t length)
{
    struct vane_endpoint *endpoint = connection->endpoint;
    struct vane_call call;

    if (!endpoint->events.received || connection->silent)
        return;
    vane_call_begin(&call, endpoint->self, "port");
    endpoint->events.received(connection->user, connection, data, length);
    vane_call_end(&call);
}

void vane_port_call_half_closed(struct vane_connection *connection)
{
    struct vane_endpoint *endpoint = connection->endpoint;
    struct vane_call call;

    if (!endpoint->events.half_closed || connection->silent)
        return;
    vane_call_begin(&call, endpoint->self, "port");
    endpoint->events.half_closed(connection->user, connection);
    vane_call_end(&call);
}

void vane_port_call_drained(struct vane_connection *connection)
{
    struct vane_endpoint *endpoint = connection->endpoint;
    struct vane_call call;

    if (!endpoint->events.drained || connection->silent)
        return;
    vane_call_begin(&call, endpoint->self, "port");
    endpoint->events.drained(connection->user, connection);
    vane_call_end(&call);
}

void vane_port_call_closed(struct vane_connection *connection, int error)
{
    struct vane_endpoint *endpoint = connection->endpoint;
    struct vane_call call;

    if (!endpoint->events.closed || connection->silent)
        return;
    vane_call_begin(&call, endpoint->self, "port");
    endpoint->events.closed(connection->user, connection, error);
    vane_call_end(&call);
}

void vane_port_call_datagram(struct vane_port *port, const char *from, const void *data,
                             size_t length)
{
    struct vane_endpoint *endpoint = port->endpoint;
    struct vane_call call;

    if (!endpoint->events.datagram || port->released)
        return;
    vane_call_begin(&call, endpoint->self, "port");
    endpoint->events.datagram(endpoint->user, from, data, length);
    vane_call_end(&call);
}
