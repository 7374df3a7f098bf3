/* From an address to a bound socket: a passed-in one, a Unix one, or one of TCP or UDP. */
#include <errno.h>
#include <string.h>

#include "engine/ports/activation.h"
#include "engine/ports/internal.h"

static bool is_wildcard(const union vane_socket_address *address)
{
    if (address->any.sa_family == AF_INET)
        return address->in.sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&address->in6.sin6_addr);
}

static bool inet_clash(const union vane_socket_address *a, const union vane_socket_address *b)
{
    /* the port is at the same place in both families */
    return a->in.sin_port == b->in.sin_port && a->in.sin_port != 0 &&
           (is_wildcard(a) || is_wildcard(b));
}

static bool clashes(const struct vane_port *port, const union vane_socket_address *address,
                    socklen_t length, int type)
{
    bool is_unix = address->any.sa_family == AF_UNIX;

    if (is_unix != (port->bound.any.sa_family == AF_UNIX))
        return false;
    if (vane_socket_address_equal(&port->bound, port->bound_length, address, length))
        return is_unix || port->type == type;
    return !is_unix && port->type == type && inet_clash(&port->bound, address);
}

static const struct vane_port *find_holder(const struct vane_port_table *table,
                                           const union vane_socket_address *address,
                                           socklen_t length, int type)
{
    for (GList *at = table->ports.head; at; at = at->next) {
        const struct vane_port *port = at->data;

        if (clashes(port, address, length, type))
            return port;
    }
    return NULL;
}

static int name_holder(const struct vane_port *holder, char **why)
{
    g_free(*why);
    *why = g_strdup_printf("plugin %s has bound it", holder->endpoint->self->name);
    return -EADDRINUSE;
}

static int is_in_use(void *user, const union vane_socket_address *bound, socklen_t length, int type)
{
    return find_holder(user, bound, length, type) != NULL;
}

static int take_inherited(struct vane_port *port, const struct vane_address *address)
{
    struct vane_port_table *table = port->table;

    if (!table->inherited)
        table->inherited = vane_inherited_new();
    return vane_inherited_take(table->inherited, address, is_in_use, table, &port->fd, &port->type);
}

static int bind_inet(struct vane_port *port, const struct vane_address *address)
{
    int on = 1;

    port->fd =
        socket(address->socket.any.sa_family, address->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (port->fd < 0)
        return -errno;
    if (address->type == SOCK_STREAM)
        (void)setsockopt(port->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(port->fd, &address->socket.any, address->length) < 0)
        return -errno;
    return 0;
}

static int bind_own(struct vane_port *port, struct vane_address *address, char **why)
{
    const struct vane_port *holder;
    int r;

    port->type = address->type;
    if (address->kind == VANE_ADDRESS_UNIX) {
        holder = find_holder(port->table, &address->socket, address->length, address->type);
        return holder ? name_holder(holder, why) : vane_port_bind_unix(port, address, why);
    }
    r = vane_address_resolve_zone(address);
    if (r == 0)
        r = bind_inet(port, address);
    if (r != -EADDRINUSE)
        return r;
    holder = find_holder(port->table, &address->socket, address->length, address->type);
    return holder ? name_holder(holder, why) : r;
}

static int explain(char **why, int error, const char *reason)
{
    *why = g_strdup(reason);
    return error;
}

static int bind_any(struct vane_port *port, struct vane_address *address, char **why)
{
    int r;

    switch (address->kind) {
    case VANE_ADDRESS_UNIX:
    case VANE_ADDRESS_INET:
        r = take_inherited(port, address);
        return r == -ENOENT ? bind_own(port, address, why) : r;
    case VANE_ADDRESS_FD:
        r = take_inherited(port, address);
        return r == -ENOENT ? explain(why, r,
                                      "the service manager passed in no socket of this "
                                      "name (FileDescriptorName=) that is still free")
                            : r;
    case VANE_ADDRESS_HOST:
        return explain(why, -EINVAL, "an address to listen on must be an IP address, not a name");
    case VANE_ADDRESS_NODE:
        return vane_transport_bind(port, address, why);
    }
    return -EINVAL;
}

int vane_port_bind(struct vane_port *port, struct vane_address *address, char **why)
{
    int r = bind_any(port, address, why);

    if (r < 0 || port->node)
        return r;
    port->bound_length = sizeof(port->bound);
    if (getsockname(port->fd, &port->bound.any, &port->bound_length) < 0)
        return -errno;
    port->address = vane_address_format(port->type, &port->bound, port->bound_length);
    return port->address ? 0 : -EAFNOSUPPORT;
}
