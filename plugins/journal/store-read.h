/*
 * Reading the journal's file: queries in steps of bounded work, stories, positions. A step looks at
 * a window of rows, which grows while it finds little, so that no step holds the store for long
 * and none sorts more than it gives out.
 */
#ifndef NETVANE_JOURNAL_STORE_READ_H
#define NETVANE_JOURNAL_STORE_READ_H

#include <glib.h>

#include <netvane/services/journal.h>

#include "plugins/journal/store.h"

#define VANE_PAGE_BYTES_MAX   (1u << 20)
#define VANE_PAGE_RECORDS_MAX 1024u
#define VANE_STORY_EVENTS_MAX 10000u

/* Records with the memory that their texts lie in. */
struct vane_store_page {
    GArray *records; /* struct vane_journal_record */
    GStringChunk *texts;
    size_t bytes;
};

void vane_store_page_init(struct vane_store_page *page);
void vane_store_page_clear(struct vane_store_page *page);

/* What to read, and how far it has come. */
struct vane_store_query {
    int64_t since_ns, until_ns; /* 0: no bound */
    uint64_t after_row, before_row;
    char epoch[VANE_STORE_EPOCH_LENGTH + 1]; /* empty: all */
    uint64_t after_seq, before_seq;          /* of the epoch */
    char *topics;                            /* patterns; NULL: all */
    char *interface_name;
    uint64_t limit; /* records left to give; UINT64_MAX: all */
    uint32_t page;  /* records a step */
    bool backward;
    int (*match)(const char *patterns, const char *topic);

    /* the store's own */
    bool begun;
    uint64_t first_row; /* of the file */
    uint64_t low, high; /* rows still to be looked at */
    uint64_t window;
    int64_t epoch_number;
    char *topic_numbers; /* for IN (...); NULL: all */
};

void vane_store_query_clear(struct vane_store_query *query);

/*
 * Adds the next records to the page, maybe none though there are more; `finished`: that was all.
 */
int vane_store_query_step(struct vane_store *store, struct vane_store_query *query,
                          struct vane_store_page *page, bool *finished);

/* An event with its causes and effects, found at once and given out in pages. */
struct vane_store_story {
    char epoch[VANE_STORE_EPOCH_LENGTH + 1];
    uint64_t seq;
    uint32_t page;
    GArray *found; /* struct vane_story_member, by row; NULL: not begun */
    guint next;
};

struct vane_story_member {
    uint64_t row;
    int32_t depth;
};

void vane_store_story_clear(struct vane_store_story *story);

/* As the step of a query. -ENOENT: the event is not held. */
int vane_store_story_step(struct vane_store *store, struct vane_store_story *story,
                          struct vane_store_page *page, bool *finished);

/* Where an event (or, with seq 0, an epoch) lies. */
int vane_store_position(struct vane_store *store, const char *epoch, uint64_t seq,
                        struct vane_journal_position *position);

/* ---- for the other files of reading ---- */

/* The columns that vane_store_add_record() reads; `event` must be in the FROM clause after it. */
#define VANE_STORE_COLUMNS                                                                         \
    "SELECT event.row, seq, time, epoch.name, topic.name, interface, origin.name, cause_seq,"      \
    " checksum, json FROM "
#define VANE_STORE_JOINS                                                                           \
    " CROSS JOIN epoch ON epoch.number = event.epoch CROSS JOIN topic ON topic.number = "          \
    "event.topic LEFT JOIN epoch AS origin ON origin.number = cause_epoch "

/* Copies the row that the statement stands on; a damaged one is counted and left out. */
void vane_store_add_record(struct vane_store *store, struct vane_store_page *page,
                           sqlite3_stmt *statement, int32_t depth);

static inline bool vane_store_page_full(const struct vane_store_page *page, uint32_t records)
{
    return page->records->len >= records || page->bytes >= VANE_PAGE_BYTES_MAX;
}

#endif
