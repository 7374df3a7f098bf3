/*
 * Addresses between machines: ports without a socket, and who is dialled through the transport that
 * a plugin provides. What the transport brings is in arrival.c. See netvane/transport.h.
 */
#include <errno.h>
#include <string.h>

#include "engine/ports/internal.h"

#define NO_TRANSPORT "no transport between machines is there (the cluster plugin brings it)"
/* Where a port is chosen for who listens on port 0 (RFC 6335, section 6). */
#define DYNAMIC_FIRST 49152u

static void close_down(struct vane_transport_link *link)
{
    GHashTableIter iterator;
    gpointer value;

    vane_ledger_strike(&link->entry);
    link->table->transport = NULL; /* nothing is told any more */
    g_hash_table_iter_init(&iterator, link->connections);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct vane_connection *connection = value;

        connection->number = 0;
        vane_connection_finish(connection, -ENETDOWN);
    }
    g_hash_table_unref(link->connections);
    g_free(link);
}

static void revoke_link(struct vane_ledger_entry *entry)
{
    G_STATIC_ASSERT(offsetof(struct vane_transport_link, entry) == 0);
    close_down((struct vane_transport_link *)(void *)entry);
}

static bool take_transport(const struct vane_transport *from, struct vane_transport *to)
{
    *to = (struct vane_transport){0};
    if (!from || from->size < 2 * sizeof(uint32_t))
        return false;
    memcpy(to, from, MIN(from->size, sizeof(*to)));
    return to->find && to->dial && to->cancel && to->send_datagram;
}

int vane_transport_provide(struct vane_self *self, const char *scheme,
                           const struct vane_transport *transport, void *user,
                           struct vane_transport_link **link)
{
    struct vane_transport_link *made;
    struct vane_transport taken;
    struct vane_port_table *table;
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (g_strcmp0(scheme, "node") != 0 || !link || !take_transport(transport, &taken))
        return -EINVAL;
    table = self->engine->ports;
    if (table->transport) {
        vane_error(self->name, "cannot provide the transport of node: addresses: plugin %s does",
                   table->transport->self->name);
        return -EEXIST;
    }
    made = g_new0(struct vane_transport_link, 1);
    vane_ledger_enter(&self->ledger, &made->entry, "transport", revoke_link);
    made->self = self;
    made->table = table;
    made->transport = taken;
    made->user = user;
    made->connections = g_hash_table_new(g_int64_hash, g_int64_equal);
    table->transport = *link = made;
    return 0;
}

int vane_transport_check(const struct vane_self *self, const struct vane_transport_link *link)
{
    int r = vane_enter(self);

    if (r < 0)
        return r;
    return link && link == self->engine->ports->transport && link->self == self ? 0 : -EINVAL;
}

int vane_transport_withdraw(struct vane_self *self, struct vane_transport_link *link)
{
    int r = link ? vane_transport_check(self, link) : vane_enter(self);

    if (r == 0 && link)
        close_down(link);
    return r;
}

/* ---- ports ---- */

struct vane_port *vane_transport_port(const struct vane_port_table *table, uint16_t number)
{
    for (GList *at = table->ports.head; at; at = at->next) {
        struct vane_port *port = at->data;

        if (port->node && port->node_port == number)
            return port;
    }
    return NULL;
}

static uint16_t free_port(const struct vane_port_table *table)
{
    uint32_t number = DYNAMIC_FIRST;

    while (number <= UINT16_MAX && vane_transport_port(table, (uint16_t)number))
        number++;
    return number <= UINT16_MAX ? (uint16_t)number : 0;
}

int vane_transport_bind(struct vane_port *port, const struct vane_address *address, char **why)
{
    uint16_t number = address->port ? address->port : free_port(port->table);
    const struct vane_port *holder = vane_transport_port(port->table, number);

    if (!port->table->transport) {
        *why = g_strdup(NO_TRANSPORT);
        return -EPROTONOSUPPORT;
    }
    if (address->name[0]) {
        *why = g_strdup("an address to listen on has no name of a node: node:PORT");
        return -EINVAL;
    }
    if (holder)
        *why = g_strdup_printf("plugin %s has bound it", holder->endpoint->self->name);
    if (holder || number == 0)
        return -EADDRINUSE;
    port->type = SOCK_STREAM;
    port->node = true;
    port->node_port = number;
    port->address = g_strdup_printf("node:%u", number);
    return 0;
}

/* ---- dialling ---- */

int vane_transport_find(const struct vane_port_table *table, const struct vane_address *address,
                        struct vane_transport_node *node, const char **why)
{
    const struct vane_transport_link *link = table->transport;
    struct vane_call call;
    int r;

    *why = NO_TRANSPORT;
    if (!link)
        return -EPROTONOSUPPORT;
    *node = (struct vane_transport_node){.size = sizeof(*node)};
    vane_call_begin(&call, link->self, "transport");
    r = link->transport.find(link->user, address->name, node);
    vane_call_end(&call);
    *why = r == -EHOSTUNREACH ? "no machine of this name is known in the cluster"
           : r == -ENOTUNIQ   ? "several machines of the cluster have this name; use the key of one"
                              : NULL;
    return r;
}

void vane_transport_note(struct vane_transport_link *link, struct vane_connection *connection)
{
    connection->number = ++link->table->last_number;
    g_hash_table_insert(link->connections, &connection->number, connection);
}

struct vane_connection *vane_transport_lookup(const struct vane_transport_link *link, uint64_t id)
{
    return g_hash_table_lookup(link->connections, &id);
}

void vane_transport_forget(struct vane_connection *connection)
{
    struct vane_transport_link *link = connection->endpoint->table->transport;
    uint64_t number = connection->number;
    struct vane_call call;

    if (number == 0 || !link)
        return;
    g_hash_table_remove(link->connections, &number);
    connection->number = 0;
    if (!connection->dialled && !connection->handed)
        return; /* its socket tells */
    vane_call_begin(&call, link->self, "transport");
    link->transport.cancel(link->user, number);
    vane_call_end(&call);
}

int vane_transport_dial(struct vane_endpoint *endpoint, const struct vane_transport_node *node,
                        uint16_t port, struct vane_connection **connection)
{
    struct vane_transport_link *link = endpoint->table->transport;
    struct vane_connection *made = vane_connection_new(endpoint, endpoint->user);
    uint32_t limit = endpoint->options.dial_timeout_ms;
    struct vane_call call;
    int r;

    made->dialled = true;
    made->info.remote = g_strdup_printf("node:%s:%u", node->key, port);
    vane_transport_note(link, made);
    vane_connection_set_deadline(made, limit ? limit : VANE_PORT_DIAL_MS);
    *connection = made;
    vane_call_begin(&call, link->self, "transport");
    r = link->transport.dial(link->user, node->key, port, made->number);
    vane_call_end(&call);
    if (r < 0)
        vane_connection_finish(made, r); /* which tells it from the loop */
    return 0;
}

int vane_transport_send(struct vane_port *port, const struct vane_address *to, const void *data,
                        size_t length)
{
    const struct vane_transport_link *link = port->table->transport;
    struct vane_transport_node node;
    g_autofree char *peer = NULL;
    struct vane_call call;
    const char *why;
    int r;

    if (to->kind != VANE_ADDRESS_NODE || to->port == 0)
        return -EINVAL;
    r = vane_transport_find(port->table, to, &node, &why);
    if (r < 0)
        return r;
    peer = g_strdup_printf("node:%s:%u", node.key, to->port);
    if (!vane_datagram_may_pass(port, peer, &node, length, false))
        return -EACCES;
    vane_call_begin(&call, link->self, "transport");
    r = link->transport.send_datagram(link->user, node.key, port->node_port, to->port, data,
                                      length);
    vane_call_end(&call);
    if (r == 0)
        port->endpoint->counters.bytes_sent += length;
    return r;
}
