/* Writing events, a batch in one transaction. See store.h. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/text/number.h"
#include "lib/sql/sql.h"
#include "plugins/journal/store.h"

/* The statements of one batch. */
struct batch {
    sqlite3_stmt *insert;
    sqlite3_stmt *find_topic, *add_topic;
    sqlite3_stmt *find_epoch, *add_epoch;
    int64_t epoch; /* the number of the batch's own */
    uint64_t next_row;
    int64_t newest_ns;
    uint64_t stepped_row;
    uint64_t added;
};

/* FNV-1a with 64 bits, eight bytes a step. */
int64_t vane_store_checksum(const char *json, size_t length)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ length, word;

    for (; length >= sizeof(word); json += sizeof(word), length -= sizeof(word)) {
        memcpy(&word, json, sizeof(word));
        sum = (sum ^ GUINT64_FROM_LE(word)) * UINT64_C(0x100000001b3);
        sum ^= sum >> 29;
    }
    for (; length > 0; json++, length--)
        sum = (sum ^ (uint8_t)*json) * UINT64_C(0x100000001b3);
    return (int64_t)(sum ^ (sum >> 32));
}

static void finalize_batch(struct batch *batch)
{
    sqlite3_finalize(batch->insert);
    sqlite3_finalize(batch->find_topic);
    sqlite3_finalize(batch->add_topic);
    sqlite3_finalize(batch->find_epoch);
    sqlite3_finalize(batch->add_epoch);
}

/* The number of a name in one of the small tables, which it is added to. */
static int number_of(sqlite3_stmt *find, sqlite3_stmt *add, const char *name, size_t length,
                     int64_t *number)
{
    int r;

    sqlite3_bind_text(find, 1, name, (int)length, SQLITE_STATIC);
    r = sqlite3_step(find);
    if (r == SQLITE_ROW)
        *number = sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
    if (r != SQLITE_DONE)
        return vane_sql_errno(sqlite3_db_handle(find), r);
    sqlite3_bind_text(add, 1, name, (int)length, SQLITE_STATIC);
    r = vane_sql_step_once(add);
    *number = sqlite3_last_insert_rowid(sqlite3_db_handle(add));
    return r;
}

static int prepare_batch(struct vane_store *store, struct batch *batch, const char *epoch)
{
    sqlite3 *db = store->db;
    int r = vane_sql_prepare(
        db, "INSERT OR IGNORE INTO event VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &batch->insert);

    if (r == 0)
        r = vane_sql_prepare(db, "SELECT number FROM topic WHERE name=?1", &batch->find_topic);
    if (r == 0)
        r = vane_sql_prepare(db, "INSERT INTO topic(name) VALUES(?1)", &batch->add_topic);
    if (r == 0)
        r = vane_sql_prepare(db, "SELECT number FROM epoch WHERE name=?1", &batch->find_epoch);
    if (r == 0)
        r = vane_sql_prepare(db, "INSERT INTO epoch(name) VALUES(?1)", &batch->add_epoch);
    if (r == 0)
        r = number_of(batch->find_epoch, batch->add_epoch, epoch, VANE_STORE_EPOCH_LENGTH,
                      &batch->epoch);
    batch->next_row = store->next_row;
    batch->newest_ns = store->newest_ns;
    batch->stepped_row = store->stepped_row;
    return r;
}

/* A cause that is no id of ours stays in the JSON alone. */
static int bind_cause(struct batch *batch, const char *cause)
{
    uint64_t seq = 0;
    int64_t epoch = 0;
    int r;

    sqlite3_bind_null(batch->insert, 7);
    sqlite3_bind_null(batch->insert, 8);
    if (!cause || strlen(cause) <= VANE_STORE_EPOCH_LENGTH + 1 ||
        cause[VANE_STORE_EPOCH_LENGTH] != '-' ||
        vane_text_parse_uint64(cause + VANE_STORE_EPOCH_LENGTH + 1, 1, INT64_MAX, &seq) < 0)
        return 0;
    r = number_of(batch->find_epoch, batch->add_epoch, cause, VANE_STORE_EPOCH_LENGTH, &epoch);
    if (r < 0)
        return r;
    sqlite3_bind_int64(batch->insert, 7, epoch);
    sqlite3_bind_int64(batch->insert, 8, (int64_t)seq);
    return 0;
}

static int insert(struct batch *batch, const struct vane_store_entry *entry)
{
    sqlite3_stmt *statement = batch->insert;
    int64_t topic = 0;
    int r =
        number_of(batch->find_topic, batch->add_topic, entry->topic, strlen(entry->topic), &topic);

    if (r == 0)
        r = bind_cause(batch, entry->cause);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, (int64_t)batch->next_row);
    sqlite3_bind_int64(statement, 2, batch->epoch);
    sqlite3_bind_int64(statement, 3, (int64_t)entry->seq);
    sqlite3_bind_int64(statement, 4, entry->time_ns);
    sqlite3_bind_int64(statement, 5, topic);
    sqlite3_bind_text(statement, 6, entry->interface_name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 9, vane_store_checksum(entry->json, entry->json_length));
    sqlite3_bind_text(statement, 10, entry->json, (int)entry->json_length, SQLITE_STATIC);
    r = vane_sql_step_once(statement);
    if (r == 0 && sqlite3_changes(sqlite3_db_handle(statement)) > 0) {
        if (entry->time_ns < batch->newest_ns)
            batch->stepped_row = batch->next_row;
        batch->newest_ns = entry->time_ns;
        batch->next_row++;
        batch->added++;
    }
    return r;
}

static int note_progress(sqlite3 *db, const struct batch *batch, uint64_t newest_seq, bool ended)
{
    int64_t ignored;
    int r = vane_sql_number(db, "UPDATE epoch SET newest_seq=max(newest_seq, ?2) WHERE number=?1",
                            batch->epoch, (int64_t)newest_seq, &ignored);

    if (r == 0)
        r = vane_sql_number(db, "UPDATE epoch SET ended=?2 WHERE number=?1", batch->epoch, ended,
                            &ignored);
    if (r == 0)
        r = vane_sql_number(db, "UPDATE state SET value=?1 WHERE key='next_row'",
                            (int64_t)batch->next_row, 0, &ignored);
    if (r == 0)
        r = vane_sql_number(db, "UPDATE state SET value=?1 WHERE key='stepped_row'",
                            (int64_t)batch->stepped_row, 0, &ignored);
    return r;
}

static int write_batch(struct vane_store *store, struct batch *batch, const char *epoch,
                       const struct vane_store_entry *entries, size_t count, uint64_t newest_seq,
                       bool ended)
{
    int r = prepare_batch(store, batch, epoch);

    for (size_t i = 0; r == 0 && i < count; i++)
        r = insert(batch, &entries[i]);
    if (r == 0)
        r = note_progress(store->db, batch, newest_seq, ended);
    return r == 0 ? vane_sql_run(store->db, "COMMIT") : r;
}

int vane_store_write(struct vane_store *store, const char *epoch,
                     const struct vane_store_entry *entries, size_t count, uint64_t newest_seq,
                     bool ended)
{
    struct batch batch = {0};
    int r = vane_sql_run(store->db, "BEGIN IMMEDIATE");

    if (r == 0)
        r = write_batch(store, &batch, epoch, entries, count, newest_seq, ended);
    vane_store_fail(store, r);
    finalize_batch(&batch);
    if (r < 0) {
        if (!sqlite3_get_autocommit(store->db))
            (void)vane_sql_run(store->db, "ROLLBACK");
        return r;
    }
    store->next_row = batch.next_row;
    store->newest_ns = batch.newest_ns;
    store->stepped_row = batch.stepped_row;
    store->events += batch.added;
    return 0;
}
