/*
 * A transport: what carries ports between machines, for node: addresses. One plugin provides it;
 * who listens and dials uses ports as ever.
 *
 * The bytes of a connection go through a pair of stream sockets (socketpair(2)): the host has one
 * end and treats it like any other connection, the transport has the other. What the transport
 * reads there goes to the other machine, what comes from there it writes; the end of either
 * direction is shutdown(2). So a slow reader is felt as a full socket.
 *
 * A connection has a number, given by the host and never used twice, for what the socket cannot
 * say. Whoever knows it no more takes no offence at it. All calls are on the loop thread.
 */
#ifndef NETVANE_TRANSPORT_H
#define NETVANE_TRANSPORT_H

#include <netvane/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vane_transport_link; /* opaque: a transport in use */

/* One machine. Texts are borrowed for the call. Since 1.1. */
struct vane_transport_node {
    uint32_t size;       /* sizeof(struct vane_transport_node) */
    uint32_t node_id;    /* as identity->node_id() gives it there */
    uint32_t access;     /* of what comes from it: VANE_ACCESS_CHANGE, or VANE_ACCESS_GRANTED */
    uint32_t network_id; /* one that this machine is in, too; 0: none */
    uint32_t local;      /* 1: this machine itself */
    uint32_t tag_count;
    const char *const *tags;
    const char *key; /* what addresses name it by; it has proven that it has it */
    int64_t age_s;   /* since it joined */
};

/* What a plugin provides. Since 1.1. */
struct vane_transport {
    uint32_t size; /* sizeof(struct vane_transport) */
    uint32_t reserved;

    /* Finds a machine by its name or key; an empty one is this machine. -EHOSTUNREACH: nobody is
     * called so; -ENOTUNIQ: several are. */
    int (*find)(void *user, const char *name, struct vane_transport_node *node);

    /*
     * Connects to a port of the machine with this key. 0: ports->dialled() will follow, from the
     * loop; or a negative errno. The host has a deadline and calls cancel() when it has passed.
     */
    int (*dial)(void *user, const char *key, uint16_t port, uint64_t id);

    /* A connection, dialled or open, is not wanted any more; its socket is closed already. */
    void (*cancel)(void *user, uint64_t id);

    /* Sends a datagram, once, without waiting. -EAGAIN, -EMSGSIZE, -ENETDOWN. */
    int (*send_datagram)(void *user, const char *key, uint16_t from, uint16_t to, const void *data,
                         size_t length);
};

#ifdef __cplusplus
}
#endif

#endif
