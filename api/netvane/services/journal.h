/*
 * The service "journal", version 1: the events that the machine remembers, of this run of the
 * daemon and of earlier ones. All functions are called, and all callbacks come, on the loop thread;
 * the reading itself is done elsewhere, and no call waits for it.
 *
 *     host->services->watch(self, VANE_JOURNAL_SERVICE, VANE_JOURNAL_VERSION, changed, ...);
 *     journal->query(provider, &query, &reader, user, &reading);
 *
 * Rows. The journal numbers what it keeps: a row is above those of all older events, in this epoch
 * and in earlier ones, and is never used again. Within an epoch the rows are in order of seq. So a
 * reader that wants all that came after an event, across restarts, asks position() for its row and
 * then query() with `after_row`.
 *
 * From the journal to the live stream: subscribe on the bus first and hold its events back; query;
 * then hand on the held ones whose seq is above the last of this epoch that the query gave.
 */
#ifndef NETVANE_SERVICES_JOURNAL_H
#define NETVANE_SERVICES_JOURNAL_H

#include <netvane/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VANE_JOURNAL_SERVICE "journal"
#define VANE_JOURNAL_VERSION 1u

struct vane_journal_reading; /* opaque: one question under way */

/* One event as it was published. All texts are borrowed for the call. Since 1. */
struct vane_journal_record {
    uint64_t row;
    uint64_t seq;
    int64_t time_ns;   /* since 1970, CLOCK_REALTIME */
    const char *epoch; /* 16 hex digits */
    const char *id;    /* "<epoch>-<seq>" */
    const char *topic;
    const char *cause;          /* an id; NULL: none */
    const char *interface_name; /* the payload's; NULL: none */
    const char *json;           /* the whole event, to the byte as bus->event_json() gave it */
    uint64_t json_length;
    int32_t depth; /* in story(): 0 the event itself, -1 its cause, 1 what it led to ...; else 0 */
    uint32_t reserved;
};

/* Some records, in order; `record_size` is the size of one in the provider. Since 1. */
struct vane_journal_page {
    uint32_t size; /* of this struct in the provider */
    uint32_t record_size;
    uint32_t count; /* at least 1 */
    uint32_t reserved;
    const struct vane_journal_record *records;
};

/* The n-th record of a page. */
static inline const struct vane_journal_record *vane_journal_record_at(
    const struct vane_journal_page *page, uint32_t index)
{
    const char *first = (const char *)page->records;

    return (const struct vane_journal_record *)(const void *)(first +
                                                              (size_t)index * page->record_size);
}

/* Flags of a query. Since 1. */
#define VANE_JOURNAL_BACKWARD 1u /* the newest first; a limit then counts from the newest */

/*
 * What to read. Conditions are joined by "and"; zero or NULL: no such condition. A query sees
 * whatever was published before it was asked, also what is not on the disk yet.
 */
struct vane_journal_query {
    uint32_t size;  /* sizeof(struct vane_journal_query) */
    uint32_t flags; /* VANE_JOURNAL_... */
    int64_t since_ns;
    int64_t until_ns; /* not included */
    uint64_t after_row;
    uint64_t before_row;
    const char *epoch;          /* only of this epoch */
    uint64_t after_seq;         /* only with `epoch` */
    uint64_t before_seq;        /* only with `epoch` */
    const char *topics;         /* patterns as for bus->subscribe() */
    const char *interface_name; /* exactly this */
    const char *id;             /* this one event */
    uint64_t limit;
    uint32_t page; /* records a call; 0: 128; at most 1024. A page has at most 1 MiB of JSON, or
                    * one record */
    uint32_t reserved;
};

/* What a reading calls. Since 1. */
struct vane_journal_reader {
    uint32_t size; /* sizeof(struct vane_journal_reader) */
    uint32_t reserved;
    /*
     * Some records. Returns 0 to go on; VANE_BUSY when these were taken and no more are wanted
     * until resume(); a negative errno to end the reading, which ended() then gets.
     */
    int (*page)(void *user, const struct vane_journal_page *page);
    /*
     * It is over: 0 after the last page, or a negative errno: what page() returned; -EIO or
     * -EBADMSG (the file cannot be read, or is damaged), -ESHUTDOWN (the journal stops). Called
     * once, unless cancelled; the handle is invalid from then on.
     */
    void (*ended)(void *user, int error);
};

/* Flags of a position. Since 1. */
#define VANE_JOURNAL_KNOWN_EVENT 1u /* the journal holds the event */
#define VANE_JOURNAL_KNOWN_EPOCH 2u /* it holds, or has held, events of the epoch */
#define VANE_JOURNAL_ENDED_CLEAN 4u /* the epoch is over, and the journal saw its end */

/* Where an id or an epoch lies. Since 1. */
struct vane_journal_position {
    uint32_t size; /* of this struct in the provider */
    uint32_t flags;
    uint64_t row; /* the event's; when the journal does not hold it: that of the last event before
                   * it in its epoch, so that `after_row` of it misses nothing that is held; without
                   * such a one: the row before the first of the epoch that is held; 0: none */
    uint64_t oldest_seq; /* of the epoch, held now; 0: none */
    uint64_t newest_seq; /* of the epoch, seen by the journal ever, though maybe not held */
    uint64_t first_row;  /* of the whole journal, held now; 0: it is empty */
    uint64_t last_row;
};

/* How the journal is. Since 1. */
struct vane_journal_state {
    uint32_t size;        /* sizeof the caller's struct */
    uint32_t working;     /* 1: writing works; 0: it does not now, and events wait */
    uint64_t seen_seq;    /* of this epoch: the last event that the journal was given */
    uint64_t written_seq; /* of this epoch: all up to here are written, left out, or lost */
    uint64_t pending;     /* events that wait to be written */
    uint64_t lost;        /* events of this epoch that will never be there */
};

struct vane_journal {
    uint32_t size, version;

    /*
     * Reads events. `query` and `reader` are copied. `reading` may be NULL for one that is never
     * cancelled or paused. What is not there gives no page. Errors, of this and the next two:
     * -EINVAL (pattern, id, epoch, a seq without an epoch, an epoch beside an id), -EAGAIN (64
     * readings are under way), -ESHUTDOWN. Since 1.
     */
    int (*query)(void *provider, const struct vane_journal_query *query,
                 const struct vane_journal_reader *reader, void *user,
                 struct vane_journal_reading **reading);

    /*
     * Reads the story of one event: its cause, the cause of that and so on; the event; and all
     * that it led to. In order of row, so causes come first; `depth` and `cause` make the tree.
     * At most 10,000 events. ended() gets -ENOENT when the event is not held. `page_size` as in a
     * query. Since 1.
     */
    int (*story)(void *provider, const char *id, uint32_t page_size,
                 const struct vane_journal_reader *reader, void *user,
                 struct vane_journal_reading **reading);

    /*
     * Finds an id ("<epoch>-<seq>") or an epoch (16 hex digits, then the row is that before the
     * first event held of it). `found` is called once, unless cancelled, with 0 and a position, or
     * an error as in ended() and NULL. What is unknown is no error: no flag is set. -EINVAL: it is
     * neither. Since 1.
     */
    int (*position)(void *provider, const char *id,
                    void (*found)(void *user, int error,
                                  const struct vane_journal_position *position),
                    void *user, struct vane_journal_reading **reading);

    /* Goes on after VANE_BUSY; within page() it takes effect when that returns. Since 1. */
    int (*resume)(void *provider, struct vane_journal_reading *reading);

    /* Ends a reading without a further call, also from its own page(). NULL is a no-op. Since 1. */
    int (*cancel)(void *provider, struct vane_journal_reading *reading);

    /* Fills `state` as far as state->size allows. At once. Since 1. */
    int (*state)(void *provider, struct vane_journal_state *state);
};

#ifdef __cplusplus
}
#endif

#endif
