/* What is to be written to a peer, in order, as the pieces in which it was given. */
#ifndef NETVANE_ENGINE_PORTS_QUEUE_H
#define NETVANE_ENGINE_PORTS_QUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct vane_write_piece;

struct vane_write_queue {
    struct vane_write_piece *first, *last;
    uint64_t bytes;
};

/* Copies the bytes. -ENOMEM. */
int vane_write_queue_push(struct vane_write_queue *queue, const void *data, size_t length);

/* The first pieces, at most `max`. Returns how many there are. */
int vane_write_queue_peek(const struct vane_write_queue *queue, struct iovec *pieces, int max);

/* Takes `length` bytes off the front. */
void vane_write_queue_pop(struct vane_write_queue *queue, size_t length);

void vane_write_queue_clear(struct vane_write_queue *queue);

#endif
