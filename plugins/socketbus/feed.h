/*
 * The queue of all clients with the same filter: one ring of shared lines, in which each of them
 * has a place of its own. So an event costs the same whoever waits for it, and a client that does
 * not read costs no more than its place. What falls off the ring's old end, because it is full, is
 * lost for those who have not read so far, and they are told.
 */
#ifndef NETVANE_SOCKETBUS_FEED_H
#define NETVANE_SOCKETBUS_FEED_H

#include <glib.h>

#include "plugins/socketbus/filter.h"
#include "plugins/socketbus/line.h"

struct vane_feed {
    struct vane_filter filter;
    struct vane_line **ring; /* by position, modulo capacity, which is a power of two */
    uint64_t capacity;
    uint64_t first, next; /* positions of the oldest line and behind the newest */
    uint64_t bytes;       /* of the lines' texts */
    GQueue readers;
    GList link; /* among the feeds that have lines */
    bool listed;
    bool news; /* since the last flush */
};

/* A place in a feed. */
struct vane_reader {
    struct vane_feed *feed; /* NULL: the reader is unused */
    GList link;
    void *user;
    uint64_t position;
    uint64_t end;   /* no further than this position; UINT64_MAX: it is live */
    uint64_t floor; /* events up to this seq are not for it */
    uint64_t told;  /* all up to this seq is told, or was not wanted */
    uint64_t last;  /* with an end: the seq of the last line before it */
    uint64_t dropped;
    bool fell; /* behind the ring's old end, and was not told yet */
};

struct vane_feed *vane_feed_new(struct vane_filter *filter);
void vane_feed_free(struct vane_feed *feed);

/* Puts a line at the end. Beyond `lines` or `bytes` the oldest go, but never the newest. */
void vane_feed_push(struct vane_feed *feed, struct vane_line *line, uint64_t lines, uint64_t bytes);

/* Gives up what every reader has behind it. */
void vane_feed_trim(struct vane_feed *feed);
/* Gives up all lines whose seq is not above this, whoever still wants them. */
void vane_feed_forget(struct vane_feed *feed, uint64_t seq);

/* Takes a place at the end; only events above `floor` count. */
void vane_reader_join(struct vane_reader *reader, struct vane_feed *feed, uint64_t floor,
                      void *user);
/* Moves a reader, for which nothing is any more that comes from now on. */
void vane_reader_retire(struct vane_reader *reader, struct vane_reader *retired);
void vane_reader_leave(struct vane_reader *reader);

/*
 * Passes over what is not for the reader. Returns the line at its place, or NULL: it has read all.
 * When events were lost before that line, *lost_from is the first, else 0: they reach up to
 * *lost_to. vane_reader_admit() says that the reader was told.
 */
struct vane_line *vane_reader_peek(struct vane_reader *reader, uint64_t *lost_from,
                                   uint64_t *lost_to);
void vane_reader_admit(struct vane_reader *reader, uint64_t lost_to);

/* Lines that wait for it, and those that it has lost. */
uint64_t vane_reader_waiting(const struct vane_reader *reader);
uint64_t vane_reader_dropped(const struct vane_reader *reader);
/* When the event at its place was published (CLOCK_MONOTONIC, ns); 0: nothing waits. */
uint64_t vane_reader_waits_since(const struct vane_reader *reader);

/*
 * The text of lines from the reader's place on, each with its newline: at least one line, at most
 * `most` bytes unless the first is longer. Several readers at the same place get the same text.
 * `text` is valid until the next call. Nothing is lost in front of it: ask vane_reader_peek()
 * first.
 */
struct vane_batch {
    const char *text;
    size_t length;
    uint64_t lines;
    uint64_t end; /* the position behind */
    uint64_t seq; /* of the last line */
};
void vane_reader_batch(const struct vane_reader *reader, size_t most, struct vane_batch *batch);
/* The reader has got it. */
void vane_reader_advance(struct vane_reader *reader, const struct vane_batch *batch);
/* The feed goes, or (NULL) all do: nothing of it is kept. */
void vane_batches_forget(const struct vane_feed *feed);

#endif
