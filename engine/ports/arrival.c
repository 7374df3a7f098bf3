/* What a transport brings from other machines: connections, the ends of dials, datagrams. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "engine/ports/internal.h"

static bool take_node(const struct vane_transport_node *from, struct vane_transport_node *to)
{
    *to = (struct vane_transport_node){0};
    if (!from || from->size < 2 * sizeof(uint32_t))
        return false;
    memcpy(to, from, MIN(from->size, sizeof(*to)));
    return to->key != NULL;
}

static int may_arrive(const struct vane_port_table *table, struct vane_port *port)
{
    if (!port)
        return -ECONNREFUSED;
    if (table->quiet)
        return -ESHUTDOWN;
    if (port->endpoint->counters.connections < port->endpoint->options.max_connections)
        return 0;
    port->endpoint->counters.refused++;
    return -EBUSY;
}

/* The descriptor is the connection's. */
static int welcome(struct vane_transport_link *link, struct vane_port *port,
                   const struct vane_transport_node *node, int fd, uint64_t *id)
{
    struct vane_connection *connection = vane_connection_new(port->endpoint, port->endpoint->user);
    int r = vane_connection_attach(connection, fd, SOCK_STREAM);

    connection->info.local = g_strdup(port->address);
    connection->info.remote = g_strdup_printf("node:%s:0", node->key);
    if (r < 0) {
        connection->silent = true;
        vane_connection_finish(connection, r);
        return r;
    }
    vane_transport_note(link, connection);
    *id = connection->number;
    r = vane_port_admit(port, connection, node);
    /* the transport did not know the number when it was told to cancel it */
    return r == 0 && connection->handed && connection->phase == VANE_CLOSING ? -ECANCELED : r;
}

static int decline(int fd, int error)
{
    if (fd >= 0)
        close(fd);
    return error;
}

int vane_transport_arrived(struct vane_self *self, struct vane_transport_link *link,
                           const struct vane_transport_node *from, uint16_t number, int32_t fd,
                           uint64_t *id)
{
    struct vane_transport_node node;
    struct vane_port *port;
    int r = vane_transport_check(self, link);

    if (r < 0)
        return decline(fd, r);
    if (fd < 0 || !id || !take_node(from, &node))
        return decline(fd, -EINVAL);
    port = vane_transport_port(link->table, number);
    r = may_arrive(link->table, port);
    return r < 0 ? decline(fd, r) : welcome(link, port, &node, fd, id);
}

static int connect_up(struct vane_connection *connection, int fd)
{
    int r = vane_connection_attach(connection, fd, SOCK_STREAM);

    if (r < 0) {
        vane_connection_finish(connection, r);
        return r;
    }
    vane_connection_opened(connection);
    vane_port_call_connected(connection, 0);
    vane_connection_watch(connection);
    return 0;
}

int vane_transport_dialled(struct vane_self *self, struct vane_transport_link *link, uint64_t id,
                           int32_t error, int32_t fd)
{
    int r = vane_transport_check(self, link), given = error == 0 ? fd : -1;
    struct vane_connection *connection;

    if (r == 0 && (error > 0 || (error == 0 && fd < 0)))
        r = -EINVAL;
    if (r < 0)
        return decline(given, r);
    connection = vane_transport_lookup(link, id);
    if (!connection || connection->phase != VANE_CONNECTING)
        return decline(given, -ENOENT);
    if (error == 0)
        return connect_up(connection, fd);
    g_hash_table_remove(link->connections, &id);
    connection->number = 0;
    vane_connection_finish(connection, error);
    return 0;
}

int vane_transport_dropped(struct vane_self *self, struct vane_transport_link *link, uint64_t id,
                           int32_t error)
{
    int r = vane_transport_check(self, link);
    struct vane_connection *connection = r == 0 ? vane_transport_lookup(link, id) : NULL;

    if (r < 0)
        return r;
    if (!connection || connection->phase == VANE_CONNECTING)
        return -ENOENT;
    if (error == 0 && !connection->handed)
        return 0; /* its socket tells, once all of it is read */
    g_hash_table_remove(link->connections, &id);
    connection->number = 0;
    vane_connection_finish(connection, error);
    return 0;
}

int vane_transport_datagram(struct vane_self *self, struct vane_transport_link *link,
                            const struct vane_transport_node *from, uint16_t from_port,
                            uint16_t number, const void *data, size_t length)
{
    struct vane_transport_node node;
    g_autofree char *sender = NULL;
    struct vane_port *port;
    int r = vane_transport_check(self, link);

    if (r < 0)
        return r;
    if (!take_node(from, &node) || (!data && length > 0))
        return -EINVAL;
    port = vane_transport_port(link->table, number);
    if (!port)
        return -ECONNREFUSED;
    if (link->table->quiet)
        return -ESHUTDOWN;
    sender = g_strdup_printf("node:%s:%u", node.key, from_port);
    if (!port->endpoint->events.datagram ||
        !vane_datagram_may_pass(port, sender, &node, length, true)) {
        port->endpoint->counters.refused++;
        return port->endpoint->events.datagram ? -EACCES : -ECONNREFUSED;
    }
    port->endpoint->counters.bytes_received += length;
    vane_port_call_datagram(port, sender, data, length);
    return 0;
}
