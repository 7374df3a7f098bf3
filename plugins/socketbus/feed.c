/* Rings of shared lines, and places in them. See feed.h. */
#include "plugins/socketbus/feed.h"

#define RING_LEAST 64u

struct vane_feed *vane_feed_new(struct vane_filter *filter)
{
    struct vane_feed *feed = g_new0(struct vane_feed, 1);

    feed->filter = *filter;
    *filter = (struct vane_filter){0};
    feed->link.data = feed;
    return feed;
}

static struct vane_line *line_at(const struct vane_feed *feed, uint64_t position)
{
    return feed->ring[position & (feed->capacity - 1)];
}

/* Losses weigh nothing: they take no text. */
static size_t weight(const struct vane_feed *feed, struct vane_line *line)
{
    size_t length = 0;

    if (line->lost_first == 0)
        (void)vane_line_text(line, feed->filter.format, &length);
    return length;
}

static void drop_first(struct vane_feed *feed)
{
    struct vane_line *line = line_at(feed, feed->first++);

    feed->bytes -= weight(feed, line);
    vane_line_unref(line);
}

void vane_feed_free(struct vane_feed *feed)
{
    while (feed->first < feed->next)
        drop_first(feed);
    vane_batches_forget(feed);
    g_free(feed->ring);
    vane_filter_clear(&feed->filter);
    g_free(feed);
}

static void grow(struct vane_feed *feed)
{
    uint64_t capacity = MAX(RING_LEAST, feed->capacity * 2);
    struct vane_line **ring = g_new(struct vane_line *, capacity);

    for (uint64_t at = feed->first; at < feed->next; at++)
        ring[at & (capacity - 1)] = line_at(feed, at);
    g_free(feed->ring);
    feed->ring = ring;
    feed->capacity = capacity;
}

void vane_feed_push(struct vane_feed *feed, struct vane_line *line, uint64_t lines, uint64_t bytes)
{
    size_t added = weight(feed, line);

    while (feed->first < feed->next &&
           (feed->next - feed->first >= lines || feed->bytes + added > bytes))
        drop_first(feed);
    if (feed->next - feed->first == feed->capacity)
        grow(feed);
    feed->ring[feed->next++ & (feed->capacity - 1)] = vane_line_ref(line);
    feed->bytes += added;
    feed->news = true;
}

/* An empty ring that was large is given back. */
static void shrink(struct vane_feed *feed)
{
    if (feed->first < feed->next || feed->capacity <= RING_LEAST)
        return;
    g_clear_pointer(&feed->ring, g_free);
    feed->capacity = 0;
}

void vane_feed_trim(struct vane_feed *feed)
{
    uint64_t least = feed->next;

    for (const GList *at = feed->readers.head; at; at = at->next)
        least = MIN(least, ((const struct vane_reader *)at->data)->position);
    while (feed->first < least)
        drop_first(feed);
    shrink(feed);
}

void vane_feed_forget(struct vane_feed *feed, uint64_t seq)
{
    while (feed->first < feed->next && line_at(feed, feed->first)->seq <= seq)
        drop_first(feed);
    shrink(feed);
}

/* ---- readers ---- */

void vane_reader_join(struct vane_reader *reader, struct vane_feed *feed, uint64_t floor,
                      void *user)
{
    *reader = (struct vane_reader){
        .feed = feed,
        .link = {.data = reader},
        .user = user,
        .position = feed->next,
        .end = UINT64_MAX,
        .floor = floor,
        .told = floor,
    };
    g_queue_push_tail_link(&feed->readers, &reader->link);
}

void vane_reader_retire(struct vane_reader *reader, struct vane_reader *retired)
{
    struct vane_feed *feed = reader->feed;

    *retired = *reader;
    vane_reader_leave(reader);
    retired->link = (GList){.data = retired};
    g_queue_push_tail_link(&feed->readers, &retired->link);
    retired->end = feed->next;
    if (feed->first < feed->next)
        retired->last = line_at(feed, feed->next - 1)->seq;
}

void vane_reader_leave(struct vane_reader *reader)
{
    if (reader->feed)
        g_queue_unlink(&reader->feed->readers, &reader->link);
    reader->feed = NULL;
}

static uint64_t end_of(const struct vane_reader *reader)
{
    return MIN(reader->end, reader->feed->next);
}

/* What it wants lies ahead; what it does not want is passed over. */
static struct vane_line *next_wanted(struct vane_reader *reader)
{
    for (; reader->position < end_of(reader); reader->position++) {
        struct vane_line *line = line_at(reader->feed, reader->position);

        if (line->seq > reader->floor)
            return line;
    }
    return NULL;
}

static void fall(struct vane_reader *reader)
{
    uint64_t first = reader->feed->first;

    if (reader->position >= first)
        return;
    reader->dropped += MIN(first, reader->end) - MIN(reader->position, reader->end);
    reader->position = first;
    reader->fell = true;
}

struct vane_line *vane_reader_peek(struct vane_reader *reader, uint64_t *lost_from,
                                   uint64_t *lost_to)
{
    struct vane_line *line;
    uint64_t to = 0;

    fall(reader);
    line = next_wanted(reader);
    if (line && line->lost_first)
        to = line->seq;
    else if (reader->fell && line)
        to = line->seq - 1;
    else if (reader->fell && reader->position >= reader->end)
        to = reader->last;
    *lost_to = to > reader->told ? to : 0;
    *lost_from = to > reader->told ? reader->told + 1 : 0;
    if (line && line->lost_first && !reader->fell)
        *lost_from = MAX(line->lost_first, reader->told + 1);
    return line;
}

void vane_reader_admit(struct vane_reader *reader, uint64_t lost_to)
{
    reader->told = MAX(reader->told, lost_to);
    reader->floor = MAX(reader->floor, lost_to);
    reader->fell = false;
}

uint64_t vane_reader_waiting(const struct vane_reader *reader)
{
    uint64_t from, end;

    if (!reader->feed)
        return 0;
    from = MAX(reader->position, reader->feed->first);
    end = end_of(reader);
    return end > from ? end - from : 0;
}

uint64_t vane_reader_dropped(const struct vane_reader *reader)
{
    uint64_t dropped = reader->dropped;

    if (reader->feed && reader->feed->first > reader->position)
        dropped += reader->feed->first - reader->position;
    return dropped;
}

uint64_t vane_reader_waits_since(const struct vane_reader *reader)
{
    if (vane_reader_waiting(reader) == 0)
        return 0;
    return line_at(reader->feed, MAX(reader->position, reader->feed->first))->time;
}
