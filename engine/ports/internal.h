/*
 * What the files of this room share: the table, ports, connections and what they have in common.
 *
 * Memory of ports and connections is freed in their timer's close callback, thus never while a
 * callback of theirs is on the stack.
 */
#ifndef NETVANE_ENGINE_PORTS_INTERNAL_H
#define NETVANE_ENGINE_PORTS_INTERNAL_H

#include <stdbool.h>
#include <uv.h>

#include <glib.h>

#include "engine/engine.h"
#include "engine/ports/address.h"
#include "engine/ports/ports.h"
#include "engine/ports/queue.h"

/* The longest message, and the most that is read from one peer in one turn of the loop. */
#define VANE_PORT_CHUNK 65536u
/* The most connections or messages that are taken from one socket in one turn. */
#define VANE_PORT_BURST    16
#define VANE_PORT_FLUSH_MS 5000u
/* How long a dial to another machine may take, unless the plugin says otherwise. */
#define VANE_PORT_DIAL_MS 10000u

struct vane_inherited; /* engine/ports/activation.h */

struct vane_port_table {
    struct vane_engine *engine;
    GQueue ports;                     /* struct vane_port by its link */
    bool quiet;                       /* the daemon stops: no new peers, no new ports */
    int reserve_fd;                   /* given up to refuse a peer when descriptors run out */
    uint8_t *buffer;                  /* VANE_PORT_CHUNK bytes for whatever is read; made lazily */
    struct vane_inherited *inherited; /* what systemd passed in; read at first use */
    struct vane_transport_link *transport; /* for node: addresses; NULL: there is none */
    uint64_t last_number;                  /* of a connection of its */
};

/* What a port and its connections have in common, or what a dialled connection has; counted. */
struct vane_endpoint {
    unsigned refs;
    struct vane_self *self;
    struct vane_port_table *table;
    uv_loop_t *loop;
    struct vane_port_events events;
    struct vane_port_options options; /* defaults filled in; the group only until it is bound */
    void *user;
    GQueue connections; /* with an open socket, by their link */
    struct vane_port_counters counters;
};

/* -EINVAL: options or events that make no sense. */
int vane_endpoint_new(struct vane_self *self, const struct vane_port_options *options,
                      const struct vane_port_events *events, void *user,
                      struct vane_endpoint **endpoint);
struct vane_endpoint *vane_endpoint_ref(struct vane_endpoint *endpoint);
void vane_endpoint_unref(struct vane_endpoint *endpoint);
uint8_t *vane_endpoint_buffer(struct vane_endpoint *endpoint);

struct vane_port {
    struct vane_ledger_entry entry;
    GList link; /* in the table */
    struct vane_port_table *table;
    struct vane_endpoint *endpoint;
    uv_poll_t *poll;
    uv_timer_t pause; /* accepting rests while descriptors are out */
    int fd;
    int type; /* SOCK_... */
    union vane_socket_address bound;
    socklen_t bound_length;
    char *address;
    dev_t device; /* of the socket file that we made; inode 0: none */
    ino_t inode;
    bool node; /* it has no socket: what comes is the transport's */
    uint16_t node_port;
    bool released;
};

enum vane_connection_phase {
    VANE_CONNECTING,
    VANE_OPEN,
    VANE_FLUSHING, /* close() was called, the queue is still to be written */
    VANE_CLOSING,  /* the socket is closed, the last callback is due */
};

struct vane_connection {
    struct vane_ledger_entry entry;
    GList link; /* in the endpoint */
    struct vane_endpoint *endpoint;
    void *user;
    uv_poll_t *poll;
    uv_timer_t timer;                   /* idle, or the end of a flush */
    struct vane_resolution *resolution; /* of a dialled name; engine/ports/dial.c */
    uint64_t number;                    /* at the transport; 0: none */
    int fd;
    int mask; /* what `poll` waits for */
    enum vane_connection_phase phase;
    bool messages;   /* boundaries are kept */
    bool datagrams;  /* there is no end of file */
    bool reading;    /* the plugin wants to */
    bool ended;      /* the peer has shut down its sending side */
    bool above;      /* the queue was at its high-water mark; drained() is due */
    bool dialled;    /* connected() was or will be called */
    bool silent;     /* revoked or turned away: no callback any more */
    bool finished;   /* the plugin sends no more */
    bool handed;     /* the plugin has the socket itself */
    int broken;      /* why writing failed; what the peer had sent is still read */
    int error;       /* for the last callback */
    uint64_t active; /* uv_now() of the last byte */
    size_t message_max;
    struct vane_write_queue queue;
    struct vane_connection_info info; /* what does not change, and the counters */
};

/* connection.c: the life of a connection. */
struct vane_connection *vane_connection_new(struct vane_endpoint *endpoint, void *user);
int vane_connection_attach(struct vane_connection *connection, int fd, int type);
void vane_connection_opened(struct vane_connection *connection);
void vane_connection_watch(struct vane_connection *connection);
/* While it is not open. 0: none. */
void vane_connection_set_deadline(struct vane_connection *connection, uint32_t milliseconds);
void vane_connection_finish(struct vane_connection *connection, int error);
void vane_connection_close(struct vane_connection *connection, bool flush);
void vane_connection_detach(struct vane_connection *connection);

/* receive.c, send.c: its bytes. */
void vane_connection_receive(struct vane_connection *connection);
int vane_connection_send(struct vane_connection *connection, const void *data, size_t length);
void vane_connection_flush(struct vane_connection *connection);
void vane_connection_discard_input(struct vane_connection *connection);

/* dial.c */
int vane_connection_dial(struct vane_endpoint *endpoint, struct vane_address *address,
                         struct vane_connection **connection);
void vane_connection_dialled(struct vane_connection *connection);
void vane_resolution_forget(struct vane_resolution *resolution);

/* gate.c: may it pass? */
struct vane_port_passage {
    const char *action; /* "connect", "dial", "datagram" */
    bool inward;
    const char *local, *remote; /* addresses; NULL: unknown */
    uint64_t size;
    const struct vane_connection_info *peer; /* NULL: nothing is known */
    const struct vane_transport_node *node;  /* NULL: it is none */
};
bool vane_port_permits(struct vane_endpoint *endpoint, const struct vane_port_passage *passage);

/* transport.c: node: addresses. */
int vane_transport_bind(struct vane_port *port, const struct vane_address *address, char **why);
/* Whom an address means. `why` says more of an error. */
int vane_transport_find(const struct vane_port_table *table, const struct vane_address *address,
                        struct vane_transport_node *node, const char **why);
int vane_transport_dial(struct vane_endpoint *endpoint, const struct vane_transport_node *node,
                        uint16_t port, struct vane_connection **connection);
int vane_transport_send(struct vane_port *port, const struct vane_address *to, const void *data,
                        size_t length);
/* The connection is over here: the transport hears of it where its socket cannot tell. */
void vane_transport_forget(struct vane_connection *connection);
int vane_transport_provide(struct vane_self *self, const char *scheme,
                           const struct vane_transport *transport, void *user,
                           struct vane_transport_link **link);
int vane_transport_withdraw(struct vane_self *self, struct vane_transport_link *link);

/* arrival.c: what a transport brings. */
int vane_transport_arrived(struct vane_self *self, struct vane_transport_link *link,
                           const struct vane_transport_node *from, uint16_t port, int32_t fd,
                           uint64_t *id);
int vane_transport_dialled(struct vane_self *self, struct vane_transport_link *link, uint64_t id,
                           int32_t error, int32_t fd);
int vane_transport_dropped(struct vane_self *self, struct vane_transport_link *link, uint64_t id,
                           int32_t error);
int vane_transport_datagram(struct vane_self *self, struct vane_transport_link *link,
                            const struct vane_transport_node *from, uint16_t from_port,
                            uint16_t port, const void *data, size_t length);

/* stream.c: the end of sending, and handing a connection over. */
int vane_connection_shutdown(struct vane_connection *connection);
int vane_connection_stream(struct vane_connection *connection, int32_t *fd);
void vane_connection_end_sending(struct vane_connection *connection);

/* A transport, its numbers and its connections; transport.c. */
struct vane_transport_link {
    struct vane_ledger_entry entry;
    struct vane_self *self;
    struct vane_port_table *table;
    struct vane_transport transport;
    void *user;
    GHashTable *connections; /* number -> struct vane_connection */
};
int vane_transport_check(const struct vane_self *self, const struct vane_transport_link *link);
void vane_transport_note(struct vane_transport_link *link, struct vane_connection *connection);
struct vane_connection *vane_transport_lookup(const struct vane_transport_link *link, uint64_t id);
struct vane_port *vane_transport_port(const struct vane_port_table *table, uint16_t port);

/* peer.c: fills what is known of the peer. */
void vane_peer_learn(struct vane_connection *connection, int type, const char *local);
void vane_peer_forget(struct vane_connection *connection);

/* bind.c: from an address to a bound socket in `port`. `why`, when set, explains a failure better
 * than its errno; to be freed with g_free(). */
int vane_port_bind(struct vane_port *port, struct vane_address *address, char **why);
/* unix.c */
int vane_port_bind_unix(struct vane_port *port, const struct vane_address *address, char **why);
void vane_port_unlink(struct vane_port *port);

/* listener.c, datagram.c */
/* Asks the gate and the plugin. An error: it was turned away and is over. */
int vane_port_admit(struct vane_port *port, struct vane_connection *connection,
                    const struct vane_transport_node *node);
bool vane_datagram_may_pass(struct vane_port *port, const char *peer,
                            const struct vane_transport_node *node, size_t length, bool inward);
void vane_port_quiesce(struct vane_port *port);
int vane_port_listen(struct vane_endpoint *endpoint, struct vane_address *address,
                     struct vane_port **port, char **why);
void vane_port_release(struct vane_port *port);
void vane_port_receive(struct vane_port *port);
int vane_port_send_datagram(struct vane_port *port, const char *to, const void *data,
                            size_t length);

/* callbacks.c: every call into a plugin, in the name of "port". Silent connections stay silent. */
int vane_port_call_accepted(struct vane_connection *connection);
void vane_port_call_connected(struct vane_connection *connection, int error);
void vane_port_call_received(struct vane_connection *connection, const void *data, size_t length);
void vane_port_call_half_closed(struct vane_connection *connection);
void vane_port_call_drained(struct vane_connection *connection);
void vane_port_call_closed(struct vane_connection *connection, int error);
void vane_port_call_datagram(struct vane_port *port, const char *from, const void *data,
                             size_t length);

/* poll.c: a poll handle lives on until the loop has closed it, whoever it served. */
int vane_poll_open(uv_loop_t *loop, int fd, void *data, uv_poll_t **poll);
void vane_poll_close(uv_poll_t **poll);

#endif
