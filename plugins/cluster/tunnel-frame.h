/*
 * What machines send each other over a tunnel, as bytes: packets, and the frames in a sealed one.
 * docs/cluster.md has them as tables. All numbers are big-endian. Pure functions.
 */
#ifndef NETVANE_CLUSTER_TUNNEL_FRAME_H
#define NETVANE_CLUSTER_TUNNEL_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define VANE_TUNNEL_VERSION 1

#define VANE_TUNNEL_KEY_SIZE       32
#define VANE_TUNNEL_SIGNATURE_SIZE 64
#define VANE_TUNNEL_TAG_SIZE       16

#define VANE_TUNNEL_HELLO_SIZE  50
#define VANE_TUNNEL_ANSWER_SIZE 122
#define VANE_TUNNEL_ANSWER_SIGNED                                                                  \
    (VANE_TUNNEL_ANSWER_SIZE - VANE_TUNNEL_SIGNATURE_SIZE) /* what stands before the signature */
#define VANE_TUNNEL_SEALED_HEAD  17
#define VANE_TUNNEL_UNKNOWN_SIZE 9

enum vane_tunnel_packet_kind {
    VANE_TUNNEL_HELLO = 1,   /* wants a session */
    VANE_TUNNEL_ANSWER = 2,  /* has one */
    VANE_TUNNEL_SEALED = 3,  /* frames */
    VANE_TUNNEL_UNKNOWN = 4, /* whoever had that session has forgotten it; anybody can say so */
};

struct vane_tunnel_packet {
    enum vane_tunnel_packet_kind kind;
    uint64_t to;                    /* the receiver's number of the session; of a hello 0 */
    uint64_t from;                  /* the sender's, of hello and answer */
    const uint8_t *life;            /* 8 bytes: the sender's life */
    const uint8_t *key, *signature; /* of hello and answer */
    uint64_t number;                /* of a sealed one */
    const uint8_t *sealed;
    size_t sealed_length;
};

/* -EINVAL: it is none. What it points to is in `bytes`. */
int vane_tunnel_packet_parse(const uint8_t *bytes, size_t length,
                             struct vane_tunnel_packet *packet);

/* Write the parts of a packet that are not sealed or signed. */
void vane_tunnel_hello_put(uint8_t bytes[VANE_TUNNEL_HELLO_SIZE], uint64_t from,
                           const uint8_t life[8], const uint8_t key[VANE_TUNNEL_KEY_SIZE]);
void vane_tunnel_answer_put(uint8_t bytes[VANE_TUNNEL_ANSWER_SIGNED], uint64_t to, uint64_t from,
                            const uint8_t life[8], const uint8_t key[VANE_TUNNEL_KEY_SIZE]);
void vane_tunnel_sealed_put(uint8_t bytes[VANE_TUNNEL_SEALED_HEAD], uint64_t to, uint64_t number);
void vane_tunnel_unknown_put(uint8_t bytes[VANE_TUNNEL_UNKNOWN_SIZE], uint64_t to);

enum vane_tunnel_frame_kind {
    VANE_FRAME_FINISH = 1, /* data: the initiator's signature */
    VANE_FRAME_OPEN,       /* stream, port, limit */
    VANE_FRAME_ACCEPT,     /* stream, limit */
    VANE_FRAME_DATA,       /* stream, offset, data */
    VANE_FRAME_END,        /* stream, offset: no bytes come behind it */
    VANE_FRAME_ACK,        /* stream, offset: all before has come; limit; again */
    VANE_FRAME_RESET,      /* stream, reason */
    VANE_FRAME_DATAGRAM,   /* from, port, data */
    VANE_FRAME_PING,       /* to be answered by ack of all streams, and pong */
    VANE_FRAME_PONG,
    VANE_FRAME_BYE, /* reason: the session is over */
};

/* Why a stream or session ends; an errno means something else on another system. */
enum vane_tunnel_reason {
    VANE_TUNNEL_GONE = 0,
    VANE_TUNNEL_REFUSED = 1, /* nobody listens */
    VANE_TUNNEL_DENIED = 2,
    VANE_TUNNEL_BUSY = 3,
    VANE_TUNNEL_STOPPING = 4,
    VANE_TUNNEL_DROPPED = 5, /* by an operator or plugin */
};

struct vane_tunnel_frame {
    enum vane_tunnel_frame_kind kind;
    uint32_t stream;
    uint16_t port, from;
    uint16_t reason;
    uint8_t again; /* what was sent behind the offset is lost */
    uint64_t offset, limit;
    const uint8_t *data;
    uint32_t length;
};

#define VANE_FRAME_DATA_HEAD     17
#define VANE_FRAME_DATAGRAM_HEAD 9

/* Reads the frame at the front and moves on. 1: there was one; 0: the end; -EINVAL: not that. */
int vane_tunnel_frame_next(const uint8_t **at, size_t *left, struct vane_tunnel_frame *frame);

/* Writes a frame; returns its size, or 0: it does not fit. */
size_t vane_tunnel_frame_put(uint8_t *to, size_t room, const struct vane_tunnel_frame *frame);

/* The same behind the first `used` bytes of a packet that may have `most`; that may be fewer, as
 * the next server takes less than the one before. */
size_t vane_tunnel_frame_append(uint8_t *packet, size_t used, size_t most,
                                const struct vane_tunnel_frame *frame);

/* Between reasons and errors; what is not known is -ECONNRESET, or "gone". */
int vane_tunnel_error_of(uint16_t reason);
uint16_t vane_tunnel_reason_of(int error);

#endif
