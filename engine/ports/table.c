/* The table of the API: checks who asks for what, and says in the log why something is refused. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "engine/ports/activation.h"
#include "engine/ports/internal.h"

int vane_port_table_new(struct vane_engine *engine, struct vane_port_table **table)
{
    struct vane_port_table *made = g_new0(struct vane_port_table, 1);

    made->engine = engine;
    made->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    *table = made;
    return 0;
}

void vane_port_table_quiesce(struct vane_port_table *table)
{
    table->quiet = true;
    for (GList *each = table->ports.head; each; each = each->next)
        vane_port_quiesce(each->data);
}

void vane_port_table_free(struct vane_port_table *table)
{
    if (!table)
        return;
    g_assert(table->ports.length == 0);
    if (table->reserve_fd >= 0)
        close(table->reserve_fd);
    vane_inherited_free(table->inherited);
    g_free(table->buffer);
    g_free(table);
}

static uint64_t count_queued(const struct vane_endpoint *endpoint)
{
    uint64_t bytes = 0;

    for (const GList *at = endpoint->connections.head; at; at = at->next)
        bytes += ((const struct vane_connection *)at->data)->queue.bytes;
    return bytes;
}

int vane_port_table_at(const struct vane_port_table *table, unsigned index,
                       struct vane_port_status *status)
{
    const struct vane_port *port = g_queue_peek_nth((GQueue *)&table->ports, index);

    if (!port)
        return -ENOENT;
    *status = (struct vane_port_status){
        .address = port->address,
        .plugin = port->endpoint->self->name,
        .counters = port->endpoint->counters,
        .queued = count_queued(port->endpoint),
    };
    return 0;
}

static int check_port(const struct vane_self *self, const struct vane_port *port)
{
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (!port || port->released)
        return -EINVAL;
    return port->entry.ledger == &self->ledger ? 0 : -EPERM;
}

static int check_connection(const struct vane_self *self, const struct vane_connection *connection)
{
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (!connection)
        return -EINVAL;
    return connection->entry.ledger == &self->ledger ? 0 : -EPERM;
}

static int refused(const struct vane_self *self, const char *what, const char *address, int error,
                   const char *why)
{
    vane_error(self->name, "cannot %s %.*s: %s", what, VANE_ADDRESS_MAX, address,
               why ? why : strerror(-error));
    return error;
}

static int ports_listen(struct vane_self *self, const char *text,
                        const struct vane_port_options *options,
                        const struct vane_port_events *events, void *user, struct vane_port **port)
{
    struct vane_endpoint *endpoint;
    struct vane_address address;
    g_autofree char *why = NULL;
    const char *problem;
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (!text || !events || !port)
        return -EINVAL;
    r = vane_address_parse(text, &address, &problem);
    if (r < 0)
        return refused(self, "listen on", text, r, problem);
    r = vane_endpoint_new(self, options, events, user, &endpoint);
    if (r < 0)
        return refused(self, "listen on", text, r, "an option of the port makes no sense");
    r = vane_port_listen(endpoint, &address, port, &why);
    vane_endpoint_unref(endpoint);
    return r < 0 ? refused(self, "listen on", text, r, why) : 0;
}

static int ports_unbind(struct vane_self *self, struct vane_port *port)
{
    struct vane_endpoint *endpoint;
    int r = port ? check_port(self, port) : vane_enter(self);

    if (r < 0 || !port)
        return r;
    endpoint = port->endpoint;
    vane_port_release(port);
    while (endpoint->connections.head)
        vane_connection_finish(endpoint->connections.head->data, 0);
    return 0;
}

/* Can it be dialled at all, and whom does it mean? */
static int check_dial(const struct vane_self *self, const struct vane_address *address,
                      struct vane_transport_node *node, const char **why)
{
    switch (address->kind) {
    case VANE_ADDRESS_UNIX:
    case VANE_ADDRESS_INET:
    case VANE_ADDRESS_HOST:
        return 0;
    case VANE_ADDRESS_FD:
        *why = "a passed-in socket can only be listened on";
        return -EINVAL;
    case VANE_ADDRESS_NODE:
        *why = "a port to dial is a number from 1 to 65535";
        return address->port == 0 ? -EINVAL
                                  : vane_transport_find(self->engine->ports, address, node, why);
    }
    return -EINVAL;
}

static int ports_dial(struct vane_self *self, const char *text,
                      const struct vane_port_options *options,
                      const struct vane_port_events *events, void *user,
                      struct vane_connection **connection)
{
    struct vane_transport_node node = {0};
    struct vane_endpoint *endpoint;
    struct vane_address address;
    const char *problem;
    bool is_node;
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (!text || !events || !connection)
        return -EINVAL;
    r = vane_address_parse(text, &address, &problem);
    if (r == 0)
        r = check_dial(self, &address, &node, &problem);
    if (r < 0)
        return refused(self, "dial", text, r, problem);
    r = vane_endpoint_new(self, options, events, user, &endpoint);
    if (r < 0)
        return refused(self, "dial", text, r, "an option of the port makes no sense");
    endpoint->options.group = NULL;
    is_node = address.kind == VANE_ADDRESS_NODE;
    if (!vane_port_permits(endpoint, &(struct vane_port_passage){.action = "dial",
                                                                 .remote = text,
                                                                 .node = is_node ? &node : NULL}))
        r = refused(self, "dial", text, -EACCES, "the policy denies it");
    else if (is_node)
        r = vane_transport_dial(endpoint, &node, address.port, connection);
    else
        r = vane_connection_dial(endpoint, &address, connection);
    vane_endpoint_unref(endpoint);
    return r;
}

static int ports_send(struct vane_self *self, struct vane_connection *connection, const void *data,
                      size_t length)
{
    int r = check_connection(self, connection);

    if (r < 0)
        return r;
    if (!data && length > 0)
        return -EINVAL;
    return vane_connection_send(connection, data, length);
}

static int ports_close(struct vane_self *self, struct vane_connection *connection, uint32_t flush)
{
    int r = check_connection(self, connection);

    if (r == 0)
        vane_connection_close(connection, flush != 0);
    return r;
}

static int ports_read(struct vane_self *self, struct vane_connection *connection, uint32_t enabled)
{
    int r = check_connection(self, connection);

    if (r < 0)
        return r;
    if (connection->phase == VANE_FLUSHING || connection->phase == VANE_CLOSING)
        return -EPIPE;
    connection->reading = enabled != 0;
    vane_connection_watch(connection);
    return 0;
}

static int ports_shutdown(struct vane_self *self, struct vane_connection *connection)
{
    int r = check_connection(self, connection);

    return r < 0 ? r : vane_connection_shutdown(connection);
}

static int ports_stream(struct vane_self *self, struct vane_connection *connection, int32_t *fd)
{
    int r = check_connection(self, connection);

    if (r < 0)
        return r;
    return fd ? vane_connection_stream(connection, fd) : -EINVAL;
}

static int give(void *to, uint32_t size, const void *from, size_t ours)
{
    if (size < 2 * sizeof(uint32_t))
        return -EINVAL;
    memcpy((char *)to + sizeof(size), (const char *)from + sizeof(size),
           MIN(size, ours) - sizeof(size));
    return 0;
}

static int ports_info(struct vane_self *self, struct vane_connection *connection,
                      struct vane_connection_info *info)
{
    int r = check_connection(self, connection);

    if (r < 0)
        return r;
    if (!info)
        return -EINVAL;
    connection->info.bytes_queued = connection->queue.bytes;
    return give(info, info->size, &connection->info, sizeof(connection->info));
}

static int ports_set_user(struct vane_self *self, struct vane_connection *connection, void *user)
{
    int r = check_connection(self, connection);

    if (r == 0)
        connection->user = user;
    return r;
}

static int ports_send_datagram(struct vane_self *self, struct vane_port *port, const char *to,
                               const void *data, size_t length)
{
    int r = check_port(self, port);

    if (r < 0)
        return r;
    if (!to || (!data && length > 0))
        return -EINVAL;
    return vane_port_send_datagram(port, to, data, length);
}

static int ports_address(struct vane_self *self, struct vane_port *port, const char **address)
{
    int r = check_port(self, port);

    if (r < 0)
        return r;
    if (!address)
        return -EINVAL;
    *address = port->address;
    return 0;
}

static int ports_counters(struct vane_self *self, struct vane_port *port,
                          struct vane_port_counters *counters)
{
    int r = check_port(self, port);

    if (r < 0)
        return r;
    if (!counters)
        return -EINVAL;
    return give(counters, counters->size, &port->endpoint->counters,
                sizeof(port->endpoint->counters));
}

const struct vane_ports vane_ports_table = {
    .size = sizeof(struct vane_ports),
    .version = VANE_ABI_MINOR,
    .listen = ports_listen,
    .unbind = ports_unbind,
    .dial = ports_dial,
    .send = ports_send,
    .close = ports_close,
    .read = ports_read,
    .info = ports_info,
    .set_user = ports_set_user,
    .send_datagram = ports_send_datagram,
    .address = ports_address,
    .counters = ports_counters,
    .shutdown = ports_shutdown,
    .stream = ports_stream,
    .provide = vane_transport_provide,
    .withdraw = vane_transport_withdraw,
    .arrived = vane_transport_arrived,
    .dialled = vane_transport_dialled,
    .dropped = vane_transport_dropped,
    .datagram_arrived = vane_transport_datagram,
};
