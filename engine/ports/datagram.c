/* Datagrams at a bound address. Nothing is queued here: the socket has its own buffers. */
#include <errno.h>
#include <string.h>

#include "engine/ports/internal.h"

bool vane_datagram_may_pass(struct vane_port *port, const char *peer,
                            const struct vane_transport_node *node, size_t length, bool inward)
{
    const struct vane_port_passage passage = {
        .action = "datagram",
        .inward = inward,
        .local = port->address,
        .remote = peer,
        .size = length,
        .node = node,
    };

    return vane_port_permits(port->endpoint, &passage);
}

/* Returns false when there is no more for now. */
static bool receive_one(struct vane_port *port)
{
    uint8_t *buffer = vane_endpoint_buffer(port->endpoint);
    union vane_socket_address from;
    struct iovec piece = {buffer, VANE_PORT_CHUNK};
    struct msghdr message = {
        .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &piece, .msg_iovlen = 1};
    ssize_t length = recvmsg(port->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    g_autofree char *sender = NULL;

    if (length < 0)
        return errno == EINTR;
    if (message.msg_flags & MSG_TRUNC) { /* half a datagram means nothing */
        port->endpoint->counters.refused++;
        return true;
    }
    sender = vane_address_format(SOCK_DGRAM, &from, message.msg_namelen);
    if (!vane_datagram_may_pass(port, sender, NULL, (size_t)length, true)) {
        port->endpoint->counters.refused++;
        return !port->released;
    }
    port->endpoint->counters.accepted++;
    port->endpoint->counters.bytes_received += (uint64_t)length;
    vane_port_call_datagram(port, sender, buffer, (size_t)length);
    return !port->released;
}

void vane_port_receive(struct vane_port *port)
{
    for (int i = 0; i < VANE_PORT_BURST && receive_one(port); i++)
        ;
}

static int check_destination(const struct vane_port *port, struct vane_address *address)
{
    if (address->kind != VANE_ADDRESS_UNIX && address->kind != VANE_ADDRESS_INET)
        return -EINVAL;
    if (address->type != SOCK_DGRAM || port->type != SOCK_DGRAM)
        return -EINVAL;
    if (address->socket.any.sa_family != port->bound.any.sa_family)
        return -EAFNOSUPPORT;
    return vane_address_resolve_zone(address);
}

int vane_port_send_datagram(struct vane_port *port, const char *to, const void *data, size_t length)
{
    struct vane_address address;
    const char *problem;
    ssize_t sent;
    int r = vane_address_parse(to, &address, &problem);

    if (r == 0 && port->node)
        return vane_transport_send(port, &address, data, length);
    if (r == 0)
        r = check_destination(port, &address);
    if (r < 0)
        return r;
    if (!vane_datagram_may_pass(port, to, NULL, length, false))
        return -EACCES;
    do
        sent = sendto(port->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT, &address.socket.any,
                      address.length);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == ENOBUFS ? -EAGAIN : -errno;
    port->endpoint->counters.bytes_sent += (uint64_t)sent;
    return 0;
}
