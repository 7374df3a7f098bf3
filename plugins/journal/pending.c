/* Events between the bus and the writer. See pending.h. */
#include "plugins/journal/pending.h"

#define CAPACITY_FIRST 64u

static struct vane_pending_event pop(struct vane_pending *pending)
{
    struct vane_pending_event oldest = pending->ring[pending->first];

    pending->first = (pending->first + 1) % pending->capacity;
    pending->count--;
    pending->bytes -= oldest.bytes;
    return oldest;
}

/* A queue that was long once gives its memory back when it is empty. */
static void shrink(struct vane_pending *pending)
{
    if (pending->count > 0)
        return;
    g_clear_pointer(&pending->ring, g_free);
    pending->capacity = pending->first = 0;
}

static void grow(struct vane_pending *pending)
{
    uint32_t capacity = MAX(CAPACITY_FIRST, pending->capacity * 2);
    struct vane_pending_event *ring = g_new(struct vane_pending_event, capacity);

    for (uint32_t i = 0; i < pending->count; i++)
        ring[i] = pending->ring[(pending->first + i) % pending->capacity];
    g_free(pending->ring);
    pending->ring = ring;
    pending->capacity = capacity;
    pending->first = 0;
}

void vane_pending_note_loss(struct vane_pending *pending, uint64_t first, uint64_t last,
                            uint64_t count)
{
    if (pending->lost_count == 0 || first < pending->lost_first)
        pending->lost_first = first;
    pending->lost_last = MAX(pending->lost_last, last);
    pending->lost_count += count;
    pending->dropped += count;
}

static void drop_oldest(struct vane_pending *pending)
{
    struct vane_pending_event oldest = pop(pending);

    vane_pending_note_loss(pending, oldest.seq, oldest.seq, 1);
    pending->release(oldest.event);
}

void vane_pending_push(struct vane_pending *pending, const void *event, uint64_t seq, size_t bytes)
{
    uint32_t events_max = pending->events_max ? pending->events_max : VANE_PENDING_EVENTS_MAX;
    size_t bytes_max = pending->bytes_max ? pending->bytes_max : VANE_PENDING_BYTES_MAX;

    while (pending->count > 0 &&
           (pending->count >= events_max || pending->bytes + bytes > bytes_max))
        drop_oldest(pending);
    if (pending->count == pending->capacity)
        grow(pending);
    pending->ring[(pending->first + pending->count++) % pending->capacity] =
        (struct vane_pending_event){event, seq, bytes};
    pending->bytes += bytes;
    pending->pushed++;
}

void vane_pending_take(struct vane_pending *pending, uint32_t events, size_t bytes, GArray *batch)
{
    size_t taken = 0;

    while (pending->count > 0 && batch->len < events) {
        struct vane_pending_event oldest;

        if (batch->len > 0 && taken + pending->ring[pending->first].bytes > bytes)
            return;
        oldest = pop(pending);
        taken += oldest.bytes;
        g_array_append_val(batch, oldest);
    }
    shrink(pending);
}

void vane_pending_clear(struct vane_pending *pending)
{
    while (pending->count > 0)
        pending->release(pop(pending).event);
    shrink(pending);
}
