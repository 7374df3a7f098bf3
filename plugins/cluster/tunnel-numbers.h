/*
 * The numbers of a session's streams: odd ones of the machine that began the session, even ones of
 * the other, each used once. RFC 9000 section 2.1 has the same.
 */
#ifndef NETVANE_CLUSTER_TUNNEL_NUMBERS_H
#define NETVANE_CLUSTER_TUNNEL_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* The number of the stream that one machine begins after this one; 0: they are used up. */
uint32_t vane_tunnel_stream_after(uint32_t number);

/* Which of the other's numbers were heard of. All-zero: none. */
struct vane_tunnel_heard {
    uint32_t last;   /* the highest; 0: none */
    uint64_t before; /* a bit for each of the 64 numbers before it, the nearest lowest */
};

/*
 * Notes that the other opens a stream. False: it was heard of before, or is too far behind the last
 * one to tell. What asks for a stream may be lost, and come again behind what asks for later ones.
 */
bool vane_tunnel_heard_first(struct vane_tunnel_heard *heard, uint32_t number);

#endif
