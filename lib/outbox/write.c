/* Writing the outbox: one transaction for all changes of a moment. See outbox.h. */
#include <errno.h>

#include "lib/outbox/outbox.h"

#define SHRINK_PAGES 1024

static int write_endpoint(struct vane_outbox *outbox, const struct vane_outbox_endpoint *endpoint)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = vane_sql_prepare(outbox->db,
                             "INSERT OR REPLACE INTO endpoint VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                             &statement);

    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, endpoint->number);
    sqlite3_bind_text(statement, 2, endpoint->name, -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 3, endpoint->state);
    sqlite3_bind_int(statement, 4, (int)endpoint->attempts);
    sqlite3_bind_int64(statement, 5, endpoint->due_ns);
    sqlite3_bind_text(statement, 6, endpoint->reason, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 7, endpoint->url, -1, SQLITE_STATIC);
    return vane_sql_step_once(statement);
}

static int write_message(struct vane_outbox *outbox, const struct vane_outbox_message *message)
{
    int64_t ignored;
    int r;

    sqlite3_bind_int64(outbox->insert, 1, vane_outbox_key(message->endpoint, message->position));
    sqlite3_bind_int64(outbox->insert, 2, message->time_ns);
    sqlite3_bind_text(outbox->insert, 3, message->json, (int)message->length, SQLITE_STATIC);
    r = vane_sql_step_once(outbox->insert);
    if (r < 0 || message->dead == 0)
        return r;
    outbox->counted = false;
    return vane_sql_number(outbox->db, "DELETE FROM dead WHERE number=?1", message->dead, 0,
                           &ignored);
}

static int bury(struct vane_outbox *outbox, const struct vane_outbox_dying *dying)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = vane_sql_prepare(outbox->db,
                             "INSERT INTO dead(endpoint, time, died, attempts, reason, json)"
                             " SELECT ?2, time, ?3, ?4, ?5, json FROM message WHERE key=?1",
                             &statement);

    if (r < 0)
        return r;
    outbox->counted = false;
    sqlite3_bind_int64(statement, 1, vane_outbox_key(dying->endpoint, dying->position));
    sqlite3_bind_int64(statement, 2, dying->endpoint);
    sqlite3_bind_int64(statement, 3, dying->died_ns);
    sqlite3_bind_int(statement, 4, (int)dying->attempts);
    sqlite3_bind_text(statement, 5, dying->reason, -1, SQLITE_STATIC);
    return vane_sql_step_once(statement);
}

static int delete_range(sqlite3_stmt *statement, const struct vane_outbox_done *done)
{
    sqlite3_bind_int64(statement, 1, vane_outbox_key(done->endpoint, 0));
    sqlite3_bind_int64(statement, 2, vane_outbox_key(done->endpoint, done->position));
    return vane_sql_step_once(statement);
}

static int finish(struct vane_outbox *outbox, const struct vane_outbox_done *done)
{
    int r = delete_range(outbox->finish, done);

    return r == 0 ? delete_range(outbox->finish_cuts, done) : r;
}

static int write_cuts(struct vane_outbox *outbox, const struct vane_outbox_changes *changes)
{
    int64_t ignored;
    int r = 0;

    for (guint i = 0; r == 0 && i < changes->uncut->len; i++) {
        int64_t endpoint = g_array_index(changes->uncut, int64_t, i);

        r = vane_sql_number(outbox->db, "DELETE FROM cut WHERE key>?1 AND key<?2",
                            vane_outbox_key(endpoint, 0), vane_outbox_key(endpoint + 1, 0),
                            &ignored);
    }
    for (guint i = 0; r == 0 && i < changes->cuts->len; i++) {
        const struct vane_outbox_done *cut =
            &g_array_index(changes->cuts, struct vane_outbox_done, i);

        r = vane_sql_number(outbox->db, "INSERT OR IGNORE INTO cut VALUES(?1)",
                            vane_outbox_key(cut->endpoint, cut->position), 0, &ignored);
    }
    return r;
}

static int move_times(struct vane_outbox *outbox, const struct vane_outbox_move *move)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = vane_sql_prepare(outbox->db, "UPDATE message SET time=time+?3 WHERE key>?1 AND key<=?2",
                             &statement);

    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, vane_outbox_key(move->endpoint, move->after));
    sqlite3_bind_int64(statement, 2, vane_outbox_key(move->endpoint, move->to));
    sqlite3_bind_int64(statement, 3, move->ns);
    return vane_sql_step_once(statement);
}

static int finish_all(struct vane_outbox *outbox, const struct vane_outbox_changes *changes)
{
    int r = 0;

    for (guint i = 0; r == 0 && i < changes->done->len; i++)
        r = finish(outbox, &g_array_index(changes->done, struct vane_outbox_done, i));
    return r;
}

static int limit_dead(struct vane_outbox *outbox, uint64_t most, struct vane_outbox_facts *facts)
{
    int64_t ignored;
    int r = vane_outbox_letters_count(outbox, facts);

    if (r < 0 || facts->dead <= most)
        return r;
    facts->dead_dropped = facts->dead - most;
    r = vane_sql_number(outbox->db,
                        "DELETE FROM dead WHERE number IN"
                        " (SELECT number FROM dead ORDER BY number LIMIT ?1)",
                        (int64_t)facts->dead_dropped, 0, &ignored);
    outbox->counted = false;
    return r == 0 ? vane_outbox_letters_count(outbox, facts) : r;
}

static int write_parts(struct vane_outbox *outbox, const struct vane_outbox_changes *changes,
                       struct vane_outbox_facts *facts)
{
    int r = 0;

    for (guint i = 0; r == 0 && i < changes->endpoints->len; i++)
        r = write_endpoint(outbox,
                           &g_array_index(changes->endpoints, struct vane_outbox_endpoint, i));
    for (guint i = 0; r == 0 && i < changes->messages->len; i++)
        r = write_message(outbox, &g_array_index(changes->messages, struct vane_outbox_message, i));
    for (guint i = 0; r == 0 && i < changes->moves->len; i++)
        r = move_times(outbox, &g_array_index(changes->moves, struct vane_outbox_move, i));
    for (guint i = 0; r == 0 && i < changes->dying->len; i++)
        r = bury(outbox, &g_array_index(changes->dying, struct vane_outbox_dying, i));
    if (r == 0)
        r = write_cuts(outbox, changes);
    if (r == 0)
        r = finish_all(outbox, changes);
    return r == 0 ? limit_dead(outbox, changes->dead_max, facts) : r;
}

static int measure(struct vane_outbox *outbox, struct vane_outbox_facts *facts)
{
    int64_t pages = 0, unused = 0, size = 0;
    int r = vane_sql_number(outbox->db, "PRAGMA page_count", 0, 0, &pages);

    if (r == 0)
        r = vane_sql_number(outbox->db, "PRAGMA freelist_count", 0, 0, &unused);
    if (r == 0)
        r = vane_sql_number(outbox->db, "PRAGMA page_size", 0, 0, &size);
    facts->size = (uint64_t)((pages - unused) * size);
    return r;
}

/* The reason is taken down before the rollback clears it. */
static int end(struct vane_outbox *outbox, int r)
{
    if (r == 0)
        r = vane_sql_run(outbox->db, "COMMIT");
    if (r < 0) {
        vane_outbox_fail(outbox, r);
        (void)vane_sql_run(outbox->db, "ROLLBACK");
        outbox->counted = false;
    }
    return r;
}

int vane_outbox_write(struct vane_outbox *outbox, const struct vane_outbox_changes *changes,
                      struct vane_outbox_facts *facts)
{
    int r = vane_sql_run(outbox->db, "BEGIN IMMEDIATE");

    facts->dead_dropped = 0;
    if (r < 0)
        return vane_outbox_fail(outbox, r);
    r = end(outbox, write_parts(outbox, changes, facts));
    return r == 0 ? vane_outbox_fail(outbox, measure(outbox, facts)) : r;
}

int vane_outbox_relieve(struct vane_outbox *outbox, const struct vane_outbox_changes *changes)
{
    int r;

    (void)vane_sql_run(outbox->db, "PRAGMA wal_checkpoint(RESTART)");
    r = vane_sql_run(outbox->db, "BEGIN IMMEDIATE");
    if (r < 0)
        return r;
    r = finish_all(outbox, changes);
    if (r == 0)
        r = vane_sql_run(outbox->db, "COMMIT");
    if (r < 0)
        (void)vane_sql_run(outbox->db, "ROLLBACK");
    return r;
}

int vane_outbox_shrink(struct vane_outbox *outbox)
{
    int64_t unused = 0;
    int r = vane_sql_number(outbox->db, "PRAGMA freelist_count", 0, 0, &unused);

    return r == 0 && unused > SHRINK_PAGES
               ? vane_sql_run(outbox->db, "PRAGMA incremental_vacuum(1024)")
               : r;
}
