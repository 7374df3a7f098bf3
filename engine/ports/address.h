/*
 * Addresses of ports as text and as socket addresses. Parsing is pure: it looks nothing up, so host
 * names, interface names and names of passed-in sockets stay names here.
 */
#ifndef NETVANE_ENGINE_PORTS_ADDRESS_H
#define NETVANE_ENGINE_PORTS_ADDRESS_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#define VANE_ADDRESS_MAX 512 /* bytes of text, the NUL included */

enum vane_address_kind {
    VANE_ADDRESS_UNIX, /* `socket` is filled in */
    VANE_ADDRESS_INET, /* `socket` is filled in, `zone` may name an interface */
    VANE_ADDRESS_HOST, /* `name` is to be resolved, `port` is set */
    VANE_ADDRESS_FD,   /* `name` is a FileDescriptorName= */
    VANE_ADDRESS_NODE, /* `name` is the node, empty for this one; `port` is set */
};

union vane_socket_address {
    struct sockaddr any;
    struct sockaddr_un un;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_storage storage;
};

struct vane_address {
    enum vane_address_kind kind;
    int type; /* SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM; 0 for a passed-in socket */
    uint16_t port;
    socklen_t length;
    union vane_socket_address socket;
    char name[256];
    char zone[IF_NAMESIZE];
};

/* -EINVAL for what is no address; `problem` then says why, as the end of a sentence. */
int vane_address_parse(const char *text, struct vane_address *address, const char **problem);

/* Turns the zone of a link-local address into its scope. -ENODEV. */
int vane_address_resolve_zone(struct vane_address *address);

/* The text of a socket's address, to be freed with g_free(); NULL when it has none. */
char *vane_address_format(int type, const union vane_socket_address *socket, socklen_t length);

#endif
