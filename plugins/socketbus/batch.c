/*
 * Lines joined for one send. The last batch is kept: clients that keep up stand at the same place,
 * and get the same bytes without copying them together again.
 */
#include <string.h>

#include "plugins/socketbus/feed.h"

static struct {
    const struct vane_feed *feed; /* NULL: nothing is kept */
    uint64_t start, stop;         /* positions; `stop` is where the feed ended */
    uint64_t most;
    struct vane_batch batch;
    char *buffer;
    size_t size;
} kept;

static void append(const char *text, size_t length)
{
    size_t needed = kept.batch.length + length + 1;

    if (needed > kept.size) {
        kept.size = MAX(needed, kept.size * 2);
        kept.buffer = g_realloc(kept.buffer, kept.size);
    }
    memcpy(kept.buffer + kept.batch.length, text, length);
    kept.buffer[needed - 1] = '\n';
    kept.batch.length = needed;
}

/* False: the line does not go into this batch. */
static bool take(const struct vane_feed *feed, struct vane_line *line)
{
    size_t length = 0;
    const char *text;

    if (line->lost_first)
        return false;
    text = vane_line_text(line, feed->filter.format, &length);
    if (kept.batch.lines > 0 && kept.batch.length + length + 1 > kept.most)
        return false;
    if (text)
        append(text, length);
    kept.batch.lines++;
    kept.batch.seq = line->seq;
    return true;
}

static void build(const struct vane_feed *feed, uint64_t start, uint64_t stop, size_t most)
{
    kept.feed = feed;
    kept.start = start;
    kept.stop = stop;
    kept.most = most;
    kept.batch = (struct vane_batch){.end = start};
    while (kept.batch.end < stop && take(feed, feed->ring[kept.batch.end & (feed->capacity - 1)]))
        kept.batch.end++;
    kept.batch.text = kept.buffer;
}

void vane_reader_batch(const struct vane_reader *reader, size_t most, struct vane_batch *batch)
{
    uint64_t stop = MIN(reader->end, reader->feed->next);

    if (kept.feed != reader->feed || kept.start != reader->position || kept.stop != stop ||
        kept.most != most)
        build(reader->feed, reader->position, stop, most);
    *batch = kept.batch;
}

void vane_reader_advance(struct vane_reader *reader, const struct vane_batch *batch)
{
    reader->position = batch->end;
    reader->told = MAX(reader->told, batch->seq);
}

void vane_batches_forget(const struct vane_feed *feed)
{
    if (feed && kept.feed != feed)
        return;
    g_free(kept.buffer);
    memset(&kept, 0, sizeof(kept));
}
