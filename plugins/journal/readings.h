/*
 * Questions under way, as readings.c takes them through their steps and service.c begins them.
 */
#ifndef NETVANE_JOURNAL_READINGS_H
#define NETVANE_JOURNAL_READINGS_H

#include "plugins/journal/journal.h"

enum vane_reading_kind {
    VANE_READING_QUERY,
    VANE_READING_STORY,
    VANE_READING_POSITION,
};

struct vane_journal_reading {
    struct vane_journal_plugin *journal;
    GList link;
    enum vane_reading_kind kind;
    struct vane_journal_reader reader;
    void (*found)(void *user, int error, const struct vane_journal_position *position);
    void *user;

    uint64_t after_seq; /* what was published before it was asked: to be in `pending` first ... */
    bool marked;
    uint64_t barrier; /* ... and then, of pending.pushed, settled */
    bool paused, cancelled, calling;

    /* the step's while it runs */
    struct vane_store_query query;
    struct vane_store_story story;
    struct vane_journal_position position;
    struct vane_store_page page;
    int result;
    bool finished;
};

/* A new one, not started; `kind` and what is asked are filled in before vane_reading_begin(). */
struct vane_journal_reading *vane_reading_new(struct vane_journal_plugin *journal,
                                              enum vane_reading_kind kind, void *user);

/* It has its place in the line. `result` may be NULL. */
void vane_reading_begin(struct vane_journal_reading *reading, struct vane_journal_reading **result);

/* Ends it without a call. One whose page() is being called, or whose step runs, goes afterwards. */
void vane_reading_drop(struct vane_journal_reading *reading);

#endif
