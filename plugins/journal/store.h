/*
 * The journal's file: opening, schema, writing, keeping it small. It knows nothing of the host, and
 * runs on one thread at a time. What may block, blocks here.
 */
#ifndef NETVANE_JOURNAL_STORE_H
#define NETVANE_JOURNAL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/sql/sql.h"

#define VANE_STORE_EPOCH_LENGTH 16u

/* One event to write; all texts are borrowed. */
struct vane_store_entry {
    uint64_t seq;
    int64_t time_ns;
    const char *id;
    const char *topic;
    const char *cause;          /* or NULL */
    const char *interface_name; /* or NULL */
    const char *json;
    size_t json_length;
};

struct vane_store_limits {
    int64_t age_ns; /* INT64_MAX: none */
    uint64_t events;
    uint64_t size; /* bytes on the disk, with the write-ahead log */
};

/* What the file holds. */
struct vane_store_facts {
    uint64_t events;
    uint64_t first_row, last_row; /* 0: none */
    int64_t oldest_ns, newest_ns;
    uint64_t size;
};

/* All-zero but for the path is a closed one. */
struct vane_store {
    char *path;
    sqlite3 *db;
    dev_t device; /* of the file that is open, to see when it is removed */
    ino_t inode;
    uint64_t next_row;
    int64_t newest_ns;    /* of the last row */
    uint64_t stepped_row; /* the last one whose time is before that of the row in front of it */
    uint64_t events;
    uint64_t damaged;    /* records that were found damaged, and not given out */
    bool suspect;        /* something damaged was read: check the whole of it */
    char set_aside[512]; /* where the last damaged file went; empty: none */
    char set_aside_why[256];
    char detail[256]; /* of the last error, in SQLite's words */
};

/*
 * Opens the file, or makes it; older schemas are migrated. A file that is damaged, or of a later
 * version, is set aside (`set_aside` says where) and a new one begun. 0 also when it is open
 * already, in which case it is opened anew if somebody has removed it. Negative errno.
 */
int vane_store_open(struct vane_store *store);

/* Closes it; `clean`: with everything written, so that the next start needs no check. */
void vane_store_close(struct vane_store *store, bool clean);

/* Frees what a closed one holds. */
void vane_store_clear(struct vane_store *store);

/*
 * Writes events of one epoch in one transaction: all or none. What is there already stays.
 * `newest_seq` is the last that was seen, kept or not; `ended` says that no more will come.
 */
int vane_store_write(struct vane_store *store, const char *epoch,
                     const struct vane_store_entry *entries, size_t count, uint64_t newest_seq,
                     bool ended);

/*
 * Removes what is over a limit, the oldest first, a piece at a time; `more`: call again. `now_ns`
 * is CLOCK_REALTIME.
 */
int vane_store_retain(struct vane_store *store, const struct vane_store_limits *limits,
                      int64_t now_ns, bool *more);

/* Removes all events before a time (INT64_MAX: all) and gives the space back. */
int vane_store_prune(struct vane_store *store, int64_t before_ns, uint64_t *removed);

int vane_store_facts(struct vane_store *store, struct vane_store_facts *facts);

/* ---- for the other files of the store ---- */

/* Remembers what SQLite says about an error, and gives the error back. */
int vane_store_fail(struct vane_store *store, int error);

extern const struct vane_sql_schema vane_store_schema;

/* Renames a damaged file with its log; one that was set aside earlier makes room for it. */
int vane_store_set_aside(struct vane_store *store, const char *why);

/* Guards each record against what SQLite does not notice: damage within a text. */
int64_t vane_store_checksum(const char *json, size_t length);

#endif
