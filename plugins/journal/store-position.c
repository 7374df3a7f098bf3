/* Where an event or an epoch lies in the journal. See store-read.h. */
#include "lib/sql/sql.h"
#include "plugins/journal/store-read.h"

static int number(struct vane_store *store, const char *sql, int64_t first, int64_t second,
                  uint64_t *result)
{
    int64_t value = 0;
    int r = vane_sql_number(store->db, sql, first, second, &value);

    *result = (uint64_t)value;
    return r;
}

static int read_epoch(struct vane_store *store, const char *name, int64_t *epoch,
                      struct vane_journal_position *position)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = vane_sql_prepare(
            store->db, "SELECT number, newest_seq, ended FROM epoch WHERE name = ?1", &statement),
        result;

    if (r < 0)
        return r;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        *epoch = sqlite3_column_int64(statement, 0);
        position->newest_seq = (uint64_t)sqlite3_column_int64(statement, 1);
        if (position->newest_seq > 0)
            position->flags |= VANE_JOURNAL_KNOWN_EPOCH;
        if (sqlite3_column_int(statement, 2))
            position->flags |= VANE_JOURNAL_ENDED_CLEAN;
    }
    return vane_sql_errno(store->db, result);
}

/* The row of the event, or of the last one before it in its epoch. */
static int find_row(struct vane_store *store, int64_t epoch, uint64_t seq,
                    struct vane_journal_position *position)
{
    uint64_t exact;
    int r = number(store, "SELECT row FROM event WHERE epoch = ?1 AND seq = ?2", epoch,
                   (int64_t)seq, &exact);

    if (exact > 0)
        position->flags |= VANE_JOURNAL_KNOWN_EVENT;
    if (r == 0)
        r = number(store,
                   "SELECT row FROM event WHERE epoch = ?1 AND seq <= ?2"
                   " ORDER BY seq DESC LIMIT 1",
                   epoch, (int64_t)seq, &position->row);
    return r;
}

/* The row in front of the first that is held of the epoch, or of those after it. */
static int find_front(struct vane_store *store, int64_t epoch,
                      struct vane_journal_position *position)
{
    uint64_t first;
    int r = number(store, "SELECT row FROM event WHERE epoch >= ?1 ORDER BY epoch, seq LIMIT 1",
                   epoch, 0, &first);

    position->row = first > 0 ? first - 1 : position->last_row;
    return r;
}

int vane_store_position(struct vane_store *store, const char *epoch_name, uint64_t seq,
                        struct vane_journal_position *position)
{
    int64_t epoch = 0;
    int r = read_epoch(store, epoch_name, &epoch, position);

    if (r == 0)
        r = number(store, "SELECT min(row) FROM event", 0, 0, &position->first_row);
    if (r == 0)
        r = number(store, "SELECT max(row) FROM event", 0, 0, &position->last_row);
    if (r == 0)
        r = number(store, "SELECT min(seq) FROM event WHERE epoch = ?1", epoch, 0,
                   &position->oldest_seq);
    if (r == 0 && seq > 0)
        r = find_row(store, epoch, seq, position);
    if (r == 0 && position->row == 0 && (position->flags & VANE_JOURNAL_KNOWN_EPOCH))
        r = find_front(store, epoch, position);
    if (r == -EBADMSG)
        store->suspect = true;
    return vane_store_fail(store, r);
}
