/* Keeping the journal within its limits, a piece at a time, the oldest first. See store.h. */
#include <errno.h>

#include <glib.h>

#include "lib/sql/sql.h"
#include "plugins/journal/store.h"

#define PIECE           2048       /* events in one transaction */
#define PIECE_PAGES     512        /* pages given back at once */
#define LOG_ALLOWANCE   (4u << 20) /* what the write-ahead log may take of the size */
#define BATCH_ALLOWANCE (3u << 19) /* what one batch may add to the file */

struct pages {
    int64_t size, all, unused;
};

static int count_pages(sqlite3 *db, struct pages *pages)
{
    int r = vane_sql_number(db, "PRAGMA page_size", 0, 0, &pages->size);

    if (r == 0)
        r = vane_sql_number(db, "PRAGMA page_count", 0, 0, &pages->all);
    if (r == 0)
        r = vane_sql_number(db, "PRAGMA freelist_count", 0, 0, &pages->unused);
    return r;
}

static int remove_where(struct vane_store *store, const char *sql, int64_t first, int64_t second)
{
    int64_t ignored;
    int r = vane_sql_number(store->db, sql, first, second, &ignored), removed;

    if (r < 0)
        return vane_store_fail(store, r);
    removed = sqlite3_changes(store->db);
    store->events -= MIN(store->events, (uint64_t)removed);
    return removed;
}

static int remove_oldest(struct vane_store *store, uint64_t count)
{
    return remove_where(store,
                        "DELETE FROM event WHERE row IN (SELECT row FROM event ORDER BY row"
                        " LIMIT min(?1, ?2))",
                        (int64_t)MIN(count, INT64_MAX), PIECE);
}

static int remove_before(struct vane_store *store, int64_t time_ns)
{
    return remove_where(store,
                        "DELETE FROM event WHERE row IN (SELECT row FROM event WHERE time < ?1"
                        " ORDER BY time LIMIT ?2)",
                        time_ns, PIECE);
}

static uint64_t file_limit(const struct vane_store_limits *limits)
{
    return limits->size > 2u * LOG_ALLOWANCE ? limits->size - LOG_ALLOWANCE : limits->size / 2;
}

static int remove_excess(struct vane_store *store, uint64_t used, uint64_t target)
{
    double share = (double)(used - target) / (double)used;

    return remove_oldest(store, (uint64_t)(share * (double)store->events) + store->events / 64 + 1);
}

/*
 * By size: down to so much below the limit that the next batch fits into the pages that this
 * frees, and the file never grows over it.
 */
static int retain_size(struct vane_store *store, uint64_t limit)
{
    uint64_t target = limit - MAX(limit / 16, BATCH_ALLOWANCE), used;
    int removed = 0, r;

    do {
        struct pages pages;

        r = count_pages(store->db, &pages);
        if (r < 0)
            return vane_store_fail(store, r);
        used = (uint64_t)((pages.all - pages.unused) * pages.size);
        r = used > target ? remove_excess(store, used, target) : 0;
        removed += MAX(r, 0);
    } while (r > 0 && removed < 4 * PIECE);
    return r < 0 ? r : removed;
}

static int retain_age(struct vane_store *store, const struct vane_store_limits *limits,
                      int64_t now_ns)
{
    return limits->age_ns >= now_ns ? 0 : remove_before(store, now_ns - limits->age_ns);
}

/* Unused pages are kept for what comes next, unless they are many or the file is too large. */
static int give_back(struct vane_store *store, uint64_t limit, bool all)
{
    struct pages pages = {0};
    g_autofree char *sql = NULL;
    int r = count_pages(store->db, &pages);

    if (r < 0)
        return vane_store_fail(store, r);
    if (pages.unused == 0 ||
        (!all && pages.unused < pages.all / 2 && (uint64_t)(pages.all * pages.size) <= limit))
        return 0;
    sql = g_strdup_printf("PRAGMA incremental_vacuum(%d)", PIECE_PAGES);
    r = vane_sql_run(store->db, sql);
    return r < 0 ? vane_store_fail(store, r) : pages.unused > PIECE_PAGES;
}

int vane_store_retain(struct vane_store *store, const struct vane_store_limits *limits,
                      int64_t now_ns, bool *more)
{
    int removed = 0, r = retain_age(store, limits, now_ns);

    *more = false;
    if (r >= 0) {
        removed += r;
        r = store->events > limits->events ? remove_oldest(store, store->events - limits->events)
                                           : 0;
    }
    if (r >= 0) {
        removed += r;
        r = retain_size(store, file_limit(limits));
    }
    if (r >= 0) {
        removed += r;
        r = give_back(store, file_limit(limits), false);
    }
    *more = r > 0 || (r == 0 && removed > 0);
    return MIN(r, 0);
}

int vane_store_prune(struct vane_store *store, int64_t before_ns, uint64_t *removed)
{
    int r;

    *removed = 0;
    do {
        r = remove_before(store, before_ns);
        *removed += (uint64_t)MAX(r, 0);
    } while (r > 0);
    while (r == 0 && (r = give_back(store, 0, true)) > 0)
        r = 0;
    if (r == 0)
        (void)vane_sql_run(store->db, "PRAGMA wal_checkpoint(TRUNCATE)");
    return r;
}

int vane_store_facts(struct vane_store *store, struct vane_store_facts *facts)
{
    struct vane_store_facts read = {.events = store->events};
    struct pages pages = {0};
    int r =
        vane_sql_number(store->db, "SELECT min(row) FROM event", 0, 0, (int64_t *)&read.first_row);

    if (r == 0)
        r = vane_sql_number(store->db, "SELECT max(row) FROM event", 0, 0,
                            (int64_t *)&read.last_row);
    if (r == 0)
        r = vane_sql_number(store->db, "SELECT min(time) FROM event", 0, 0, &read.oldest_ns);
    if (r == 0)
        r = vane_sql_number(store->db, "SELECT max(time) FROM event", 0, 0, &read.newest_ns);
    if (r == 0)
        r = count_pages(store->db, &pages);
    if (r < 0)
        return vane_store_fail(store, r);
    read.size = (uint64_t)(pages.all * pages.size);
    *facts = read;
    return 0;
}
