/*
 * Ports: every byte that enters or leaves through a plugin.
 *
 * Addresses:
 *   unix:/path              stream
 *   unix-seqpacket:/path    messages
 *   unix-datagram:/path     datagrams
 *   tcp:HOST:PORT           HOST is a literal address, [IPv6] in brackets, or a name (dial only)
 *   udp:HOST:PORT           datagrams
 *   fd:NAME                 a socket that systemd passed in under this name (FileDescriptorName=)
 *   node:PORT, node:NODE:PORT   between machines: the first to listen on, or to dial on this
 *                           machine; NODE is a name or a key. Streams, and datagrams beside them.
 *                           -EPROTONOSUPPORT without a transport for it (the plugin cluster)
 *
 * A port belongs to the plugin that bound it. The host accepts, limits, buffers and counts.
 */
#ifndef NETVANE_PORTS_H
#define NETVANE_PORTS_H

#include <netvane/abi.h>
#include <netvane/transport.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vane_port;       /* opaque: a bound address */
struct vane_connection; /* opaque: one peer */

/* Who is at the other end and how it goes. What is unknown is 0, -1 or NULL. */
struct vane_connection_info {
    uint32_t size;    /* sizeof the caller's struct */
    int32_t netns_fd; /* the peer's network namespace (SIOCGSKNS), owned by the connection;
                       * -1 unless the port asked for it */
    int64_t pid;      /* SO_PEERCRED; -1: not a Unix socket */
    int64_t uid;
    int64_t gid;
    const char *local; /* address in the form above, owned by the connection */
    const char *remote;
    uint64_t bytes_received;
    uint64_t bytes_sent;
    uint64_t bytes_queued;  /* accepted by send() and not yet written */
    uint64_t opened;        /* CLOCK_MONOTONIC, ns */
    const uint32_t *groups; /* SO_PEERGROUPS, the peer's supplementary groups */
    uint32_t group_count;
    uint32_t reserved;
};

struct vane_port_counters {
    uint32_t size;
    uint32_t connections; /* open now */
    uint64_t accepted;
    uint64_t refused; /* over a limit */
    uint64_t bytes_received;
    uint64_t bytes_sent;
};

/* What a server or client wants to hear. Each member may be NULL. */
struct vane_port_events {
    uint32_t size; /* sizeof(struct vane_port_events) */
    uint32_t reserved;
    /* A peer was accepted; `*connection_user`, at first the port's `user`, is passed to the other
     * callbacks. A negative errno turns it away, and closed() does not come. */
    int (*accepted)(void *user, struct vane_connection *connection, void **connection_user);
    /* dial() is through; or with an error, after which the handle is invalid. */
    void (*connected)(void *connection_user, struct vane_connection *connection, int error);
    /* Bytes have come; on message sockets one whole message (which is truncated over 64 KiB and
     * then the connection is closed). */
    void (*received)(void *connection_user, struct vane_connection *connection, const void *data,
                     size_t length);
    /* The peer has shut down its sending side; the connection can still be written to. */
    void (*half_closed)(void *connection_user, struct vane_connection *connection);
    /* The write queue, once above the high-water mark, is below the low-water mark again. */
    void (*drained)(void *connection_user, struct vane_connection *connection);
    /* It is over: 0 after close() or the peer's, -ETIMEDOUT when idle, or an error. Called exactly
     * once for each accepted or connected one, the last call; the handle is invalid afterwards.
     * What is not over when the plugin has been shut down ends without it. */
    void (*closed)(void *connection_user, struct vane_connection *connection, int error);
    /* A datagram has come; `from` is an address for send_datagram(), or NULL for a sender without
     * one. */
    void (*datagram)(void *user, const char *from, const void *data, size_t length);
};

/* Flags of struct vane_port_options. Since 1.0. */
#define VANE_PORT_PEER_NETNS 1u /* find out each peer's network namespace */
#define VANE_PORT_KEEP_OPEN  2u /* stay open after the peer's half-close until close() */

/* Zero means default. */
struct vane_port_options {
    uint32_t size;                    /* sizeof(struct vane_port_options) */
    uint32_t flags;                   /* VANE_PORT_... */
    uint32_t mode;                    /* of a Unix socket; default 0600 */
    uint32_t max_connections;         /* default 1024 */
    uint32_t max_connections_per_uid; /* default 256; root is exempt */
    uint32_t idle_timeout_ms;         /* no byte either way for so long; 0: none */
    uint64_t high_water;              /* bytes; default 1 MiB */
    uint64_t low_water;               /* bytes; default a quarter of high_water */
    const char *group;                /* of a Unix socket; NULL: the daemon's */
    uint32_t dial_timeout_ms; /* then connected() tells -ETIMEDOUT; default 10 s for node:, else as
                               * long as the system tries. Since 1.1. */
    uint32_t reserved;
};

struct vane_ports {
    uint32_t size, version;

    /*
     * Binds an address and accepts peers. A stale Unix socket file that belongs to the daemon's
     * user is replaced, any other is left: -EADDRINUSE (the log names the holder when it is a
     * plugin). -EACCES, -EINVAL (address), -EPROTONOSUPPORT. `options` may be NULL. Since 1.0.
     */
    int (*listen)(struct vane_self *self, const char *address,
                  const struct vane_port_options *options, const struct vane_port_events *events,
                  void *user, struct vane_port **port);

    /* Gives an address up and closes its connections, as close() with 0 does. NULL is a no-op.
     * Since 1.0. */
    int (*unbind)(struct vane_self *self, struct vane_port *port);

    /*
     * Connects to an address; connected() tells the outcome. `user` is the connection_user.
     * -EACCES when the gate denies it ("dial"). Since 1.0.
     */
    int (*dial)(struct vane_self *self, const char *address,
                const struct vane_port_options *options, const struct vane_port_events *events,
                void *user, struct vane_connection **connection);

    /*
     * Sends bytes, or one message. All or nothing: 0, or -EAGAIN when the queue is at its
     * high-water mark (drained() will tell), -ENOTCONN before connected(), -EPIPE when it is
     * closing, -EMSGSIZE, -EINVAL for an empty message. Since 1.0.
     */
    int (*send)(struct vane_self *self, struct vane_connection *connection, const void *data,
                size_t length);

    /*
     * Closes: with flush 1 after what is queued is written (at most 5 s), with 0 at once.
     * closed() follows from the loop. Idempotent. Since 1.0.
     */
    int (*close)(struct vane_self *self, struct vane_connection *connection, uint32_t flush);

    /* Stops (0) or resumes (1) reading from a peer: back-pressure. Since 1.0. */
    int (*read)(struct vane_self *self, struct vane_connection *connection, uint32_t enabled);

    /* Fills `info` as far as info->size allows. Since 1.0. */
    int (*info)(struct vane_self *self, struct vane_connection *connection,
                struct vane_connection_info *info);

    /* Replaces the connection_user of a connection. Since 1.0. */
    int (*set_user)(struct vane_self *self, struct vane_connection *connection, void *user);

    /* Sends one datagram from a bound datagram port. -EAGAIN, -EMSGSIZE, -EACCES
     * when the gate denies it ("datagram"). Since 1.0. */
    int (*send_datagram)(struct vane_self *self, struct vane_port *port, const char *to,
                         const void *data, size_t length);

    /* The address that a port is bound to (a port 0 of tcp: is filled in). Since 1.0. */
    int (*address)(struct vane_self *self, struct vane_port *port, const char **address);

    /* Fills `counters` as far as counters->size allows. Since 1.0. */
    int (*counters)(struct vane_self *self, struct vane_port *port,
                    struct vane_port_counters *counters);

    /*
     * Nothing more will be sent: once what is queued is written, the peer hears half_closed(), and
     * may still send. send() gives -EPIPE from now on. Idempotent. -ENOTCONN. Since 1.1.
     */
    int (*shutdown)(struct vane_self *self, struct vane_connection *connection);

    /*
     * Hands a connection over as a descriptor that blocks, to be read, written, shut down and
     * closed by the plugin, on any thread. The host reads and counts no more. closed() comes at
     * once; for node: when it is over, with the error that the descriptor shows only as its end,
     * and close() then still cuts it off. -ENOTCONN, -EPIPE; -EAGAIN while something is queued.
     * Since 1.1.
     */
    int (*stream)(struct vane_self *self, struct vane_connection *connection, int32_t *fd);

    /*
     * Provides what carries node: addresses ("node" is the only `scheme`). The struct is copied.
     * -EEXIST: another plugin does. Since 1.1.
     */
    int (*provide)(struct vane_self *self, const char *scheme,
                   const struct vane_transport *transport, void *user,
                   struct vane_transport_link **link);

    /* Takes it back: its connections end with -ENETDOWN, ports stay bound and wait for the next
     * one. NULL is a no-op. Since 1.1. */
    int (*withdraw)(struct vane_self *self, struct vane_transport_link *link);

    /*
     * For the transport: somebody connects to a port here; `fd` is an end of a pair of sockets and
     * becomes the host's in any case. 0, and the connection's number. -ECONNREFUSED: nobody
     * listens; -EACCES: the gate says no; -EBUSY: too many connections; -ECANCELED: the listener
     * has taken the descriptor and closed the connection; or the listener's own error. Since 1.1.
     */
    int (*arrived)(struct vane_self *self, struct vane_transport_link *link,
                   const struct vane_transport_node *from, uint16_t port, int32_t fd, uint64_t *id);

    /*
     * For the transport: a dial is through. With error 0 `fd` is the end for the host, else it
     * is ignored. -ENOENT: nobody waits for it any more, and the descriptor is closed. Since 1.1.
     */
    int (*dialled)(struct vane_self *self, struct vane_transport_link *link, uint64_t id,
                   int32_t error, int32_t fd);

    /* For the transport: a connection is over, with an error that the socket cannot tell, or with
     * 0 at its regular end. Since 1.1. */
    int (*dropped)(struct vane_self *self, struct vane_transport_link *link, uint64_t id,
                   int32_t error);

    /* For the transport: a datagram for a port here. -ECONNREFUSED: nobody listens; -EACCES: the
     * gate says no. Since 1.1. */
    int (*datagram_arrived)(struct vane_self *self, struct vane_transport_link *link,
                            const struct vane_transport_node *from, uint16_t from_port,
                            uint16_t port, const void *data, size_t length);
};

#ifdef __cplusplus
}
#endif

#endif
