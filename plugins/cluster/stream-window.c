/* What waits to be published, as far as it is in memory, and what may wait. See stream.h. */
#include "plugins/cluster/stream.h"

#include <string.h>

/* Clocks that nobody has set yet tell less: September 2001. */
#define SET_CLOCK_NS INT64_C(1000000000000000000)

bool vane_stream_load(struct vane_stream *stream, struct vane_stream_entry *entry)
{
    if (stream->window.length >= VANE_STREAM_WINDOW_MESSAGES ||
        stream->window_bytes >= VANE_STREAM_WINDOW_BYTES)
        return false;
    stream->window_bytes += entry->length;
    stream->loaded = entry->position;
    g_queue_push_tail(&stream->window, g_memdup2(entry, sizeof(*entry)));
    if (!stream->next)
        stream->next = stream->window.tail;
    *entry = (struct vane_stream_entry){0};
    return true;
}

bool vane_stream_wants_more(const struct vane_stream *stream)
{
    return stream->opened && stream->loaded < stream->stored &&
           stream->window.length < VANE_STREAM_WINDOW_MESSAGES / 2 &&
           stream->window_bytes < VANE_STREAM_WINDOW_BYTES / 2;
}

uint64_t vane_stream_waiting(const struct vane_stream *stream)
{
    return stream->stored + 1 - stream->head;
}

struct vane_stream_entry *vane_stream_find(struct vane_stream *stream, uint64_t position)
{
    for (GList *at = stream->window.head; at; at = at->next) {
        struct vane_stream_entry *entry = at->data;

        if (entry->position >= position)
            return entry->position == position ? entry : NULL;
    }
    return NULL;
}

static void pop(struct vane_stream *stream)
{
    GList *link = g_queue_pop_head_link(&stream->window);
    struct vane_stream_entry *entry = link->data;

    if (stream->next == link)
        stream->next = stream->window.head;
    if (entry->sent && !entry->done)
        stream->in_flight--;
    stream->window_bytes -= entry->length;
    vane_stream_entry_clear(stream, entry);
    g_free(entry);
    g_list_free_1(link);
}

/* Behind those that are done with; the disk is told later. */
static void advance(struct vane_stream *stream)
{
    const struct vane_stream_entry *first;

    while ((first = g_queue_peek_head(&stream->window)) && first->done)
        pop(stream);
    stream->head = first ? first->position : stream->loaded + 1;
}

void vane_stream_done(struct vane_stream *stream, struct vane_stream_entry *entry)
{
    if (entry->sent && !entry->done)
        stream->in_flight--;
    entry->done = true;
    advance(stream);
}

void vane_stream_forget(struct vane_stream *stream)
{
    uint64_t lost = stream->stored - stream->loaded;

    stream->stored = stream->loaded;
    if (lost > 0)
        vane_stream_dropped(stream, VANE_DROP_DAMAGE, lost);
}

void vane_stream_window_clear(struct vane_stream *stream)
{
    while (stream->window.length > 0)
        pop(stream);
}

/* ---- bounds ---- */

/* The oldest go: what is new says how things are. */
static void drop(struct vane_stream *stream, uint64_t count, enum vane_stream_drop reason)
{
    const struct vane_stream_entry *first;

    stream->head += count;
    while ((first = g_queue_peek_head(&stream->window)) && first->position < stream->head)
        pop(stream);
    stream->loaded = MAX(stream->loaded, stream->head - 1);
    vane_stream_dropped(stream, reason, count);
}

static uint64_t count_old(const struct vane_stream *stream)
{
    int64_t most = stream->cluster->options.outbox_max_age_ns;
    int64_t oldest = g_get_real_time() * 1000 - most;
    uint64_t count = 0;

    if (most == 0 || oldest < SET_CLOCK_NS)
        return 0;
    for (GList *at = stream->window.head; at; at = at->next, count++) {
        int64_t time_ns = ((const struct vane_stream_entry *)at->data)->time_ns;

        if (time_ns >= oldest || time_ns < SET_CLOCK_NS)
            break;
    }
    return count;
}

void vane_stream_limit(struct vane_stream *stream, bool measured)
{
    const struct vane_cluster_options *options = &stream->cluster->options;
    uint64_t waiting = vane_stream_waiting(stream), old;

    if (waiting > options->outbox_max_events)
        drop(stream, waiting - options->outbox_max_events, VANE_DROP_COUNT);
    old = count_old(stream);
    if (old > 0)
        drop(stream, old, VANE_DROP_AGE);
    waiting = vane_stream_waiting(stream);
    if (measured && stream->bytes > options->outbox_max_bytes && waiting > 0)
        drop(stream, waiting / 16 + 1, VANE_DROP_SIZE); /* until it is measured again */
}
