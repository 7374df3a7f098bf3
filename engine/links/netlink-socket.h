/* Opening netlink sockets the way the engine uses them. */
#ifndef NETVANE_ENGINE_LINKS_NETLINK_SOCKET_H
#define NETVANE_ENGINE_LINKS_NETLINK_SOCKET_H

#include <stdint.h>
#include <sys/socket.h>

struct nlmsghdr;

/* A bound socket of a netlink protocol with extended acks; `type_flags` as SOCK_NONBLOCK. The
 * descriptor or a negative errno. `port` receives its netlink port and may be NULL. */
int vane_netlink_open(int protocol, int type_flags, uint32_t *port);

/* As large as root may have it, else as large as the system's limit allows. Returns what it is. */
uint32_t vane_netlink_grow_buffer(int fd, uint32_t bytes);

int vane_netlink_join(int fd, uint32_t group);

/* To the kernel. */
int vane_netlink_send(int fd, const struct nlmsghdr *message);

#endif
