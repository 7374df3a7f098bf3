/*
 * The two directions of a stream, pure of network and clock: NATS delivers in order and at most
 * once, so what comes behind a hole means that the hole is lost. Then everything from there on is
 * sent again. Offsets count bytes from the beginning; the end of the stream takes one more.
 */
#ifndef NETVANE_CLUSTER_TUNNEL_FLOW_H
#define NETVANE_CLUSTER_TUNNEL_FLOW_H

#include <stdbool.h>

#include <glib.h>

#include "plugins/cluster/tunnel-frame.h"

#define VANE_TUNNEL_SESSION_FLIGHT ((uint64_t)4 << 20)  /* unacknowledged, of one session */
#define VANE_TUNNEL_TOTAL_FLIGHT   ((uint64_t)16 << 20) /* and of all */
#define VANE_TUNNEL_OWN_FLIGHT     ((uint64_t)64 << 10) /* of one, whatever the others have */

/* May a session that has so much under way send more, where all have `total`? */
bool vane_tunnel_flight_allows(uint64_t session, uint64_t total);

/* What we send: kept until it is acknowledged, and bounded by what the other has room for. */
struct vane_tunnel_sender {
    GQueue chunks;  /* from `acked` on */
    GList *next;    /* to be sent next; NULL: all are */
    uint64_t acked; /* all before has arrived */
    uint64_t end;   /* of all that was pushed */
    uint64_t limit; /* the other has room up to here */
    bool ended;     /* nothing more is pushed */
};

void vane_tunnel_sender_clear(struct vane_tunnel_sender *sender);

/* How many bytes may be pushed. */
uint64_t vane_tunnel_sender_room(const struct vane_tunnel_sender *sender);

/* Takes `length` bytes, at most vane_tunnel_sender_room(). */
void vane_tunnel_sender_push(struct vane_tunnel_sender *sender, const void *bytes, size_t length);
void vane_tunnel_sender_end(struct vane_tunnel_sender *sender);

/* The next frame to send, but for the stream's number. False: there is none. */
bool vane_tunnel_sender_next(struct vane_tunnel_sender *sender, struct vane_tunnel_frame *frame);

/* Everything that is not acknowledged is to be sent again. */
void vane_tunnel_sender_rewind(struct vane_tunnel_sender *sender);

/* Returns how many bytes have arrived of which that was not known; -EBADMSG: what it says cannot
 * be. */
int64_t vane_tunnel_sender_acked(struct vane_tunnel_sender *sender,
                                 const struct vane_tunnel_frame *ack);

/* All of it has arrived, the end included. */
bool vane_tunnel_sender_done(const struct vane_tunnel_sender *sender);

/* What comes. */
struct vane_tunnel_receiver {
    uint64_t received; /* all before has come */
    uint64_t consumed; /* and was passed on */
    uint64_t limit;    /* what the other was told */
    bool ended;        /* there is no more */
    bool missing;      /* something is lost, and the other was not told */
    bool told_missing; /* it was */
};

/*
 * A frame of data or the end. 1: new bytes, `data` and `length`; 0: nothing new; -EBADMSG: it
 * breaks the rules.
 */
int vane_tunnel_receiver_take(struct vane_tunnel_receiver *receiver,
                              const struct vane_tunnel_frame *frame, const uint8_t **data,
                              size_t *length);

/* `length` bytes were passed on. */
void vane_tunnel_receiver_consume(struct vane_tunnel_receiver *receiver, size_t length);

/* There is room for so many bytes more that the other should know. */
bool vane_tunnel_receiver_opens(const struct vane_tunnel_receiver *receiver, uint64_t window);

/* The acknowledgement to send now. `again`: ask for what is missing in any case. */
void vane_tunnel_receiver_ack(struct vane_tunnel_receiver *receiver, uint64_t window, bool again,
                              struct vane_tunnel_frame *ack);

#endif
