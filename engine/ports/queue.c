/* The write queue of a connection. See queue.h. */
#include "engine/ports/queue.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

struct vane_write_piece {
    struct vane_write_piece *next;
    size_t length, written;
    uint8_t bytes[];
};

int vane_write_queue_push(struct vane_write_queue *queue, const void *data, size_t length)
{
    struct vane_write_piece *piece = NULL;

    if (length < SIZE_MAX - sizeof(*piece))
        piece = g_try_malloc(sizeof(*piece) + length);
    if (!piece)
        return -ENOMEM;
    piece->next = NULL;
    piece->length = length;
    piece->written = 0;
    memcpy(piece->bytes, data, length);
    if (queue->last)
        queue->last->next = piece;
    else
        queue->first = piece;
    queue->last = piece;
    queue->bytes += length;
    return 0;
}

int vane_write_queue_peek(const struct vane_write_queue *queue, struct iovec *pieces, int max)
{
    int count = 0;

    for (struct vane_write_piece *piece = queue->first; piece && count < max; piece = piece->next)
        pieces[count++] =
            (struct iovec){piece->bytes + piece->written, piece->length - piece->written};
    return count;
}

static void drop_first(struct vane_write_queue *queue)
{
    struct vane_write_piece *piece = queue->first;

    queue->first = piece->next;
    if (!queue->first)
        queue->last = NULL;
    g_free(piece);
}

void vane_write_queue_pop(struct vane_write_queue *queue, size_t length)
{
    g_assert(length <= queue->bytes);
    queue->bytes -= length;
    while (queue->first && length >= queue->first->length - queue->first->written) {
        length -= queue->first->length - queue->first->written;
        drop_first(queue);
    }
    if (queue->first)
        queue->first->written += length;
}

void vane_write_queue_clear(struct vane_write_queue *queue)
{
    while (queue->first)
        drop_first(queue);
    queue->bytes = 0;
}
