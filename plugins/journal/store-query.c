/* Queries, in windows of rows. See store-read.h. */
#include <errno.h>
#include <time.h>

#include "lib/sql/sql.h"
#include "plugins/journal/store-read.h"

#define WINDOW_FIRST UINT64_C(2048)
#define WINDOW_MAX   (UINT64_C(1) << 40)
#define STEP_NS      UINT64_C(10000000) /* then others get their turn */

void vane_store_query_clear(struct vane_store_query *query)
{
    g_clear_pointer(&query->topics, g_free);
    g_clear_pointer(&query->interface_name, g_free);
    g_clear_pointer(&query->topic_numbers, g_free);
}

static uint64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the bounds ---- */

static void cut(struct vane_store_query *query, int64_t lowest, int64_t highest)
{
    query->low = MAX(query->low, (uint64_t)lowest);
    query->high = MIN(query->high, (uint64_t)highest);
}

static int cut_to_file(struct vane_store *store, struct vane_store_query *query)
{
    int64_t lowest = 0, highest = 0;
    int r = vane_sql_number(store->db, "SELECT min(row) FROM event", 0, 0, &lowest);

    if (r == 0)
        r = vane_sql_number(store->db, "SELECT max(row) FROM event", 0, 0, &highest);
    query->low = query->after_row + 1;
    query->high = query->before_row > 0 ? query->before_row - 1 : INT64_MAX;
    query->first_row = (uint64_t)lowest;
    cut(query, MAX(lowest, 1), highest);
    return r;
}

/* One step in the index where times rise with the rows; else all of the index is looked through. */
static int cut_to_time(struct vane_store *store, struct vane_store_query *query)
{
    bool rises = store->stepped_row <= query->first_row;
    const char *lowest_sql =
        rises ? "SELECT row FROM event WHERE time >= ?1 AND time < ?2 ORDER BY time, row LIMIT 1"
              : "SELECT min(row) FROM event WHERE time >= ?1 AND time < ?2";
    const char *highest_sql = rises ? "SELECT row FROM event WHERE time >= ?1 AND time < ?2"
                                      " ORDER BY time DESC, row DESC LIMIT 1"
                                    : "SELECT max(row) FROM event WHERE time >= ?1 AND time < ?2";
    int64_t until = query->until_ns > 0 ? query->until_ns : INT64_MAX, lowest = 0, highest = 0;
    int r;

    if (query->since_ns <= 0 && query->until_ns <= 0)
        return 0;
    r = vane_sql_number(store->db, lowest_sql, query->since_ns, until, &lowest);
    if (r == 0)
        r = vane_sql_number(store->db, highest_sql, query->since_ns, until, &highest);
    cut(query, lowest, highest);
    return r;
}

static int find_epoch(struct vane_store *store, const char *name, int64_t *number)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = vane_sql_prepare(store->db, "SELECT number FROM epoch WHERE name = ?1", &statement),
        result;

    if (r < 0)
        return r;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    result = sqlite3_step(statement);
    *number = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    return vane_sql_errno(store->db, result);
}

/* Within an epoch rows and seqs are in the same order. */
static int cut_to_epoch(struct vane_store *store, struct vane_store_query *query)
{
    int64_t lowest = 0, highest = 0;
    int r;

    if (!query->epoch[0])
        return 0;
    r = find_epoch(store, query->epoch, &query->epoch_number);
    if (r == 0)
        r = vane_sql_number(store->db,
                            "SELECT row FROM event WHERE epoch = ?1 AND seq > ?2"
                            " ORDER BY seq LIMIT 1",
                            query->epoch_number, (int64_t)MIN(query->after_seq, INT64_MAX),
                            &lowest);
    if (r == 0)
        r = vane_sql_number(
            store->db,
            "SELECT row FROM event WHERE epoch = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT 1",
            query->epoch_number,
            query->before_seq > 0 ? (int64_t)MIN(query->before_seq, INT64_MAX) : INT64_MAX,
            &highest);
    if (lowest == 0)
        highest = 0;
    cut(query, lowest, highest);
    return r;
}

/* The patterns against the few topics that there are. */
static int choose_topics(struct vane_store *store, struct vane_store_query *query)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    g_autoptr(GString) numbers = g_string_new("-1");
    bool all = true;
    int r, result;

    if (!query->topics)
        return 0;
    r = vane_sql_prepare(store->db, "SELECT number, name FROM topic", &statement);
    if (r < 0)
        return r;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        if (query->match(query->topics, (const char *)sqlite3_column_text(statement, 1)) > 0)
            g_string_append_printf(numbers, ",%lld", (long long)sqlite3_column_int64(statement, 0));
        else
            all = false;
    }
    if (!all)
        query->topic_numbers = g_strdup(numbers->str);
    return vane_sql_errno(store->db, result);
}

static int begin(struct vane_store *store, struct vane_store_query *query)
{
    int r = cut_to_file(store, query);

    query->window = WINDOW_FIRST;
    query->begun = true;
    if (r == 0)
        r = cut_to_epoch(store, query);
    if (r == 0)
        r = cut_to_time(store, query);
    return r == 0 ? choose_topics(store, query) : r;
}

/* ---- one window ---- */

/* One plan for each kind of query, whatever the planner guesses about sizes. */
static const char *index_for(const struct vane_store_query *query)
{
    if (query->interface_name)
        return "event INDEXED BY event_interface";
    return query->topic_numbers ? "event INDEXED BY event_topic" : "event NOT INDEXED";
}

static char *window_sql(const struct vane_store_query *query)
{
    GString *sql = g_string_new(VANE_STORE_COLUMNS);

    g_string_append_printf(sql, "%s" VANE_STORE_JOINS "WHERE event.row BETWEEN ?1 AND ?2",
                           index_for(query));
    if (query->interface_name)
        g_string_append(sql, " AND interface = ?3");
    if (query->topic_numbers)
        g_string_append_printf(sql, " AND topic IN (%s)", query->topic_numbers);
    if (query->since_ns > 0)
        g_string_append(sql, " AND time >= ?4");
    if (query->until_ns > 0)
        g_string_append(sql, " AND time < ?5");
    if (query->epoch[0])
        g_string_append(sql, " AND event.epoch = ?6");
    g_string_append_printf(sql, " ORDER BY event.row %s", query->backward ? "DESC" : "ASC");
    return g_string_free(sql, FALSE);
}

static void bind_window(sqlite3_stmt *statement, const struct vane_store_query *query,
                        uint64_t first, uint64_t last)
{
    sqlite3_bind_int64(statement, 1, (int64_t)first);
    sqlite3_bind_int64(statement, 2, (int64_t)last);
    sqlite3_bind_text(statement, 3, query->interface_name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 4, query->since_ns);
    sqlite3_bind_int64(statement, 5, query->until_ns);
    sqlite3_bind_int64(statement, 6, query->epoch_number);
}

/* What is looked at is taken off the rows that are left: [first, last] as a whole, or up to `row`.
 */
static void advance(struct vane_store_query *query, uint64_t row)
{
    if (query->backward)
        query->high = row - 1;
    else
        query->low = row + 1;
}

static int read_rows(struct vane_store *store, struct vane_store_query *query,
                     struct vane_store_page *page, sqlite3_stmt *statement, bool *full)
{
    int result;

    *full = false;
    while (!*full && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        guint before = page->records->len;

        vane_store_add_record(store, page, statement, 0);
        query->limit -= page->records->len - before;
        advance(query, (uint64_t)sqlite3_column_int64(statement, 0));
        *full = query->limit == 0 || vane_store_page_full(page, query->page);
    }
    return *full ? 0 : vane_sql_errno(store->db, result);
}

static int read_window(struct vane_store *store, struct vane_store_query *query,
                       struct vane_store_page *page, sqlite3_stmt *statement, bool *full)
{
    uint64_t span = MIN(query->high - query->low, query->window - 1);
    uint64_t first = query->backward ? query->high - span : query->low, last = first + span;
    guint before = page->records->len;
    int r;

    bind_window(statement, query, first, last);
    r = read_rows(store, query, page, statement, full);
    sqlite3_reset(statement);
    if (r < 0 || *full)
        return r;
    advance(query, query->backward ? first : last);
    if ((page->records->len - before) * 4 < query->page && query->window < WINDOW_MAX)
        query->window *= 4;
    return 0;
}

static int read_windows(struct vane_store *store, struct vane_store_query *query,
                        struct vane_store_page *page)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    g_autofree char *sql = window_sql(query);
    int r = vane_sql_prepare(store->db, sql, &statement);
    uint64_t end = monotonic_ns() + STEP_NS;
    bool full = false;

    while (r == 0 && !full && query->low <= query->high && monotonic_ns() < end)
        r = read_window(store, query, page, statement, &full);
    return r;
}

int vane_store_query_step(struct vane_store *store, struct vane_store_query *query,
                          struct vane_store_page *page, bool *finished)
{
    int r = query->begun ? 0 : begin(store, query);

    if (r == 0 && query->low <= query->high && query->limit > 0)
        r = read_windows(store, query, page);
    *finished = query->low > query->high || query->limit == 0;
    if (r == -EBADMSG)
        store->suspect = true;
    return vane_store_fail(store, r);
}
