/*
 * Tunnels: streams and datagrams between machines, for node: addresses of ports. One session with
 * a machine carries all of them; docs/cluster.md has the protocol.
 *
 *     tunnel.c            their life, the timer, and what goes out at the end of a turn
 *     tunnel-message.c    messages to the sessions that they are for
 *     tunnel-handshake.c  how a session begins
 *     tunnel-session.c    sessions, and packets out of frames
 *     tunnel-time.c       who is asked, and given up
 *     tunnel-receive.c    frames of a session, and what they do
 *     tunnel-stream.c     a stream, and its frames
 *     tunnel-socket.c     its bytes, between its socket and its session
 *     tunnel-transport.c  what the host asks of us, and whom an address means
 *     tunnel-show.c       commands
 *     tunnel-events.c     events
 *     tunnel-frame.c, tunnel-crypt.c, tunnel-flow.c   the pure parts
 */
#ifndef NETVANE_CLUSTER_TUNNEL_H
#define NETVANE_CLUSTER_TUNNEL_H

#include "plugins/cluster/cluster.h"
#include "plugins/cluster/roster.h"
#include "plugins/cluster/tunnel-crypt.h"
#include "plugins/cluster/tunnel-flow.h"
#include "plugins/cluster/tunnel-numbers.h"

/* ---- for the rest of the plugin ---- */

void vane_tunnels_start(struct vane_cluster *cluster);
/* Says goodbye to all; what is open ends. */
void vane_tunnels_stop(struct vane_cluster *cluster);

/* Around everything that may end in a tunnel; what gathers meanwhile goes out at the end. */
void vane_tunnels_enter(struct vane_cluster *cluster);
void vane_tunnels_leave(struct vane_cluster *cluster);

/* There is a connection to NATS again, or some messages were lost on the way to us. */
void vane_tunnels_resume(struct vane_cluster *cluster);

/* There is none any more: everybody owes us a word. */
void vane_tunnels_interrupt(struct vane_cluster *cluster);

/* The machine has said goodbye. */
void vane_tunnels_left(struct vane_cluster *cluster, const char *nkey);

/* Drops all sessions with a machine, by name or key. How many there were, or -EHOSTUNREACH,
 * -ENOTUNIQ. */
int vane_tunnels_drop(struct vane_cluster *cluster, const char *node);

/* Sessions, connections, and packets that were refused so far. */
void vane_tunnels_count(const struct vane_cluster *cluster, uint64_t *tunnels,
                        uint64_t *connections, uint64_t *refused);

/* `show cluster tunnels`, `cluster tunnel drop`. */
int vane_tunnels_show_add(struct vane_cluster *cluster);

/* ---- bounds ---- */

#define VANE_TUNNEL_SESSIONS_MAX  1024u
#define VANE_TUNNEL_HALF_OPEN_MAX 256u
#define VANE_TUNNEL_HELLOS_MAX    64u /* taken a second, and so many are told "unknown" */
#define VANE_TUNNEL_HELLOS_OF_ONE 16u /* of these of one machine, and so many half-open */
#define VANE_TUNNEL_STREAMS_MAX   512u
#define VANE_TUNNEL_OPENS_MAX     1024u /* that one machine may ask for in a second */
#define VANE_TUNNEL_CHUNK         65536u
#define VANE_TUNNEL_CHUNKS_MAX    1024u /* of one stream, under way */
#define VANE_TUNNEL_DATAGRAMS_MAX 16u   /* that wait for a session */
#define VANE_TUNNEL_WINDOW_MIN    ((uint64_t)64 << 10)
#define VANE_TUNNEL_WINDOW_MAX    ((uint64_t)1 << 20)
/* What all streams together may be sent. */
#define VANE_TUNNEL_RECEIVE_BUDGET ((uint64_t)32 << 20)

/* ---- for its own files ---- */

enum vane_session_phase {
    VANE_SESSION_GREETING, /* we have said hello */
    VANE_SESSION_ANSWERED, /* we have answered, and wait for the proof */
    VANE_SESSION_OPEN,
    VANE_SESSION_DEAD, /* to be freed */
};

struct vane_session_counters {
    uint64_t sent, received; /* bytes of streams and datagrams */
    uint64_t refused;        /* packets: forged, replayed, broken */
    uint64_t again;          /* how often something was sent again */
    uint64_t given_up;       /* streams that were closed here and waited for too long */
};

struct vane_session {
    struct vane_tunnels *tunnels;
    uint64_t id, remote; /* our number of it, and the other's */
    char nkey[VANE_NKEY_LENGTH + 1];
    uint8_t life[8]; /* the other's */
    enum vane_session_phase phase;
    bool initiator;
    bool proven;  /* the other has the keys; then our signature need not go along any more */
    bool too_big; /* a frame does not fit a packet any more */
    bool pinged;  /* in the packet that is being taken */
    struct vane_tunnel_ephemeral own;
    uint8_t hello[VANE_TUNNEL_HELLO_SIZE], answer[VANE_TUNNEL_ANSWER_SIZE];
    uint8_t hash[VANE_TUNNEL_HASH_SIZE], finish[VANE_TUNNEL_SIGNATURE_SIZE];
    struct vane_tunnel_keys keys;
    GHashTable *streams; /* id -> struct vane_tunnel_stream */
    uint32_t next_own;   /* number of a stream; 0: all are used up */
    struct vane_tunnel_heard heard;
    unsigned opens; /* asked for since `opens_ns`, in a second */
    uint64_t opens_ns;
    GQueue datagrams; /* GByteArray: frames that wait for the session */
    uint64_t begun_ns, heard_ns, retry_ns;
    uint64_t asked_ns;    /* the other owes us a word since; 0: no */
    uint64_t progress_ns; /* something of ours has arrived, or was sent first */
    unsigned backoff;
    uint64_t flight; /* bytes of all streams that are not acknowledged */
    struct vane_session_counters counters;
};

struct vane_tunnel_stream {
    struct vane_session *session;
    uint32_t id;
    uint16_t port;
    uint64_t number; /* the host's */
    int fd;
    struct vane_watch *watch;
    uint32_t mask;
    bool opening;   /* we dial, and have no answer yet */
    bool read_end;  /* our side has ended */
    bool write_end; /* the other's has, and our side knows */
    bool ack_due;
    bool dead;
    uint64_t closed_ns; /* our side was closed, or something arrived after that; 0: it is open */
    uint64_t repeat_ns; /* when all that is under way was sent again */
    bool repeat_due;    /* it was asked for too soon after that */
    struct vane_tunnel_sender sender;
    struct vane_tunnel_receiver receiver;
    GByteArray *pending; /* that our side has not taken; NULL: nothing */
    guint pending_from;
};

struct vane_tunnels {
    struct vane_cluster *cluster;
    struct vane_transport_link *link;
    uint8_t life[8];
    GHashTable *sessions; /* our number -> struct vane_session */
    GHashTable *numbers;  /* the host's number -> struct vane_tunnel_stream */
    GPtrArray *graves;    /* sessions and streams to be freed: struct vane_grave */
    GQueue due;           /* streams that have something to acknowledge */
    struct vane_timer *timer;
    uint64_t tick_ms; /* of the timer; 0: it does not run */
    unsigned depth;
    unsigned half_open;
    unsigned hellos, unknowns; /* taken, and said, in this second */
    uint64_t second_ns;
    uint64_t flight;
    bool starved; /* streams wait for others' flight to end */
    uint64_t refused;
    struct vane_session *packing; /* whose frames are in `plain` */
    size_t used;
    uint8_t *plain, *packet, *opened;
    GQueue loops; /* struct vane_loop_dial: to ourselves */
};

#define VANE_TUNNEL_PACKET_MAX ((size_t)VANE_TUNNEL_CHUNK + 512)
#define VANE_NS_PER_MS         UINT64_C(1000000)
#define VANE_NS_PER_S          UINT64_C(1000000000)

uint64_t vane_tunnels_now(const struct vane_tunnels *tunnels);
/* The timer runs as fast as there is something to wait for. */
void vane_tunnels_arm(struct vane_tunnels *tunnels);
int vane_tunnels_publish(struct vane_tunnels *tunnels, const char *nkey, const void *bytes,
                         size_t length);
/* Counts one more in this second; false: there were enough. */
bool vane_tunnels_spend(struct vane_tunnels *tunnels, unsigned *counter);
/* What fits a sealed packet. */
size_t vane_tunnels_plain_max(const struct vane_tunnels *tunnels);
uint64_t vane_tunnels_window(const struct vane_tunnels *tunnels);
void vane_tunnels_bury(struct vane_tunnels *tunnels, gpointer what, GDestroyNotify bury);

/* ---- tunnel-message.c ---- */

void vane_tunnels_received(void *user, const struct vane_nats_message *message);

/* ---- tunnel-handshake.c ---- */

/* A session with this machine that is open or begins; NULL: no more are taken. */
struct vane_session *vane_session_with(struct vane_tunnels *tunnels, const char *nkey);
void vane_session_greet(struct vane_session *session);
void vane_session_take_hello(struct vane_tunnels *tunnels, const char *nkey,
                             const struct vane_tunnel_packet *packet, const uint8_t *bytes);
void vane_session_take_answer(struct vane_tunnels *tunnels, const char *nkey,
                              const struct vane_tunnel_packet *packet, const uint8_t *bytes);
bool vane_session_take_finish(struct vane_session *session, const struct vane_tunnel_frame *frame);

/* ---- tunnel-session.c ---- */

struct vane_session *vane_session_new(struct vane_tunnels *tunnels, const char *nkey,
                                      bool initiator);
struct vane_session *vane_session_find(const struct vane_tunnels *tunnels, uint64_t id,
                                       const char *nkey);
void vane_session_put(struct vane_session *session, const struct vane_tunnel_frame *frame);
void vane_tunnels_pack(struct vane_tunnels *tunnels);
/* It is over: its streams end with `error`, and the other is told `reason` if it can be. */
void vane_session_drop(struct vane_session *session, int error, uint16_t reason);
void vane_session_flight(struct vane_session *session, int64_t change);
int vane_session_queue_datagram(struct vane_session *session,
                                const struct vane_tunnel_frame *frame);
/* All that waited for it. */
void vane_session_opened(struct vane_session *session);

/* ---- tunnel-time.c ---- */

void vane_session_tick(struct vane_session *session, uint64_t now_ns);
void vane_session_ping(struct vane_session *session);
/* Open streams, and acknowledgements of all. */
void vane_session_tell_streams(struct vane_session *session);

/* ---- tunnel-receive.c ---- */

void vane_session_receive(struct vane_session *session, const uint8_t *plain, size_t length);

/* ---- tunnel-stream.c ---- */

struct vane_tunnel_stream *vane_tunnel_stream_new(struct vane_session *session, uint32_t id,
                                                  uint16_t port);
void vane_tunnel_stream_offer(struct vane_tunnel_stream *stream); /* sends OPEN */
void vane_tunnel_stream_send(struct vane_tunnel_stream *stream);  /* what may be sent */
/* May all that is under way be sent again now? Else it is a little later. */
bool vane_tunnel_stream_may_repeat(struct vane_tunnel_stream *stream);
void vane_tunnel_stream_ack_soon(struct vane_tunnel_stream *stream);
void vane_tunnel_stream_reset(struct vane_tunnel_stream *stream, int error);
/* It ends here, with an error for the host, or 0. */
void vane_tunnel_stream_end(struct vane_tunnel_stream *stream, int error);
void vane_tunnel_stream_settle(struct vane_tunnel_stream *stream);
void vane_tunnel_stream_tick(struct vane_tunnel_stream *stream, uint64_t now_ns);

/* ---- tunnel-socket.c ---- */

/* Makes its pair of sockets; `fd` is the host's end. */
int vane_tunnel_stream_connect(struct vane_tunnel_stream *stream, int *fd);
void vane_tunnel_stream_deliver(struct vane_tunnel_stream *stream, const uint8_t *data,
                                size_t length);
void vane_tunnel_stream_watch(struct vane_tunnel_stream *stream);

/* ---- tunnel-events.c ---- */

/* What the machine calls itself, or its key; where it has begun the session: "here" or "there". */
const char *vane_tunnels_name(const struct vane_cluster *cluster, const char *nkey);
const char *vane_session_begun(const struct vane_session *session);
/* It is open; it is so no more. */
void vane_session_tell_up(const struct vane_session *session);
void vane_session_tell_down(const struct vane_session *session, int error, uint16_t reason);

/* ---- tunnel-transport.c ---- */

int vane_tunnels_find(const struct vane_cluster *cluster, const char *name,
                      const struct vane_node **node);
void vane_tunnels_describe(const struct vane_cluster *cluster, const char *nkey, const char *action,
                           uint16_t port, struct vane_transport_node *node);
int vane_tunnels_provide(struct vane_tunnels *tunnels);

#endif
