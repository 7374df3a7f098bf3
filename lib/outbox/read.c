/* Reading the outbox: what waits, and the dead letters. See outbox.h. */
#include <errno.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/json/writer.h"
#include "lib/outbox/outbox.h"

#define SHOWN_MAX (512u << 10)

/* The columns of a message: number or key, endpoint, time, json. */
static struct vane_outbox_message take(sqlite3_stmt *statement)
{
    const char *json = (const char *)sqlite3_column_text(statement, 3);
    size_t length = json ? (size_t)sqlite3_column_bytes(statement, 3) : 0;

    return (struct vane_outbox_message){
        .endpoint = sqlite3_column_int64(statement, 1),
        .time_ns = sqlite3_column_int64(statement, 2),
        .json = g_strndup(json ? json : "", length), /* damage may put a zero byte in between */
        .length = length,
    };
}

int vane_outbox_read(struct vane_outbox *outbox, int64_t endpoint, uint64_t after, unsigned count,
                     size_t bytes, GArray *messages)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = vane_sql_prepare(outbox->db,
                             "SELECT key, 0, time, json FROM message WHERE key>?1 AND key<?2"
                             " ORDER BY key LIMIT ?3",
                             &statement),
        step = SQLITE_DONE;
    size_t taken = 0;

    if (r < 0)
        return vane_outbox_fail(outbox, r);
    sqlite3_bind_int64(statement, 1, vane_outbox_key(endpoint, after));
    sqlite3_bind_int64(statement, 2, vane_outbox_key(endpoint + 1, 0));
    sqlite3_bind_int(statement, 3, (int)count);
    while (taken <= bytes && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        struct vane_outbox_message message = take(statement);

        message.endpoint = endpoint;
        message.position =
            (uint64_t)(sqlite3_column_int64(statement, 0) - vane_outbox_key(endpoint, 0));
        taken += message.length;
        g_array_append_val(messages, message);
    }
    return vane_outbox_fail(outbox, vane_sql_errno(outbox->db, step));
}

/* ---- dead letters ---- */

static int prepare_letters(struct vane_outbox *outbox, const char *sql,
                           const struct vane_outbox_letters *which, sqlite3_stmt **statement)
{
    int r = vane_sql_prepare(outbox->db, sql, statement);

    if (r < 0)
        return vane_outbox_fail(outbox, r);
    sqlite3_bind_int64(*statement, 1, which->endpoint);
    sqlite3_bind_int64(*statement, 2, which->number);
    return 0;
}

#define CHOSEN "(?1=0 OR dead.endpoint=?1) AND (?2=0 OR dead.number=?2)"

static void show_letter(struct vane_json *json, sqlite3_stmt *statement, bool whole)
{
    const char *event = (const char *)sqlite3_column_text(statement, 5);

    vane_json_object_begin(json);
    vane_json_member_int64(json, "number", sqlite3_column_int64(statement, 0));
    vane_json_member_string(json, "endpoint", (const char *)sqlite3_column_text(statement, 1));
    vane_json_member_string(json, "event_id", (const char *)sqlite3_column_text(statement, 6));
    vane_json_member_string(json, "topic", (const char *)sqlite3_column_text(statement, 7));
    vane_json_member_string(json, "died", (const char *)sqlite3_column_text(statement, 2));
    vane_json_member_int64(json, "attempts", sqlite3_column_int64(statement, 3));
    vane_json_member_string(json, "reason", (const char *)sqlite3_column_text(statement, 4));
    if (whole && event) {
        vane_json_key(json, "event");
        vane_json_raw(json, event, strlen(event));
    }
    vane_json_object_end(json);
}

int vane_outbox_letters_show(struct vane_outbox *outbox, const struct vane_outbox_letters *which,
                             bool whole, char **json, size_t *length)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    _cleanup_(vane_json_clear) struct vane_json out = {0};
    int step = SQLITE_DONE,
        r = prepare_letters(
            outbox,
            "SELECT dead.number, name, strftime('%Y-%m-%dT%H:%M:%SZ',"
            " died / 1000000000, 'unixepoch'), dead.attempts, dead.reason, json,"
            " json_extract(json, '$.id'), json_extract(json, '$.topic')"
            " FROM dead JOIN endpoint ON endpoint.number = dead.endpoint WHERE " CHOSEN
            " ORDER BY dead.number DESC",
            which, &statement);

    if (r < 0)
        return r;
    vane_json_array_begin(&out);
    while (out.length < SHOWN_MAX && (step = sqlite3_step(statement)) == SQLITE_ROW)
        show_letter(&out, statement, whole);
    vane_json_array_end(&out);
    r = vane_sql_errno(outbox->db, step);
    if (r == 0)
        *json = vane_json_steal(&out, length);
    return vane_outbox_fail(outbox, r);
}

int vane_outbox_letters_read(struct vane_outbox *outbox, const struct vane_outbox_letters *which,
                             unsigned count, size_t bytes, GArray *messages)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int step = SQLITE_DONE,
        r = prepare_letters(outbox,
                            "SELECT number, endpoint, time, json FROM dead WHERE " CHOSEN
                            " ORDER BY number LIMIT ?3",
                            which, &statement);
    size_t taken = 0;

    if (r < 0)
        return r;
    sqlite3_bind_int(statement, 3, (int)count);
    while (taken <= bytes && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        struct vane_outbox_message message = take(statement);

        message.dead = sqlite3_column_int64(statement, 0);
        taken += message.length;
        g_array_append_val(messages, message);
    }
    return vane_outbox_fail(outbox, vane_sql_errno(outbox->db, step));
}

int vane_outbox_letters_count(struct vane_outbox *outbox, struct vane_outbox_facts *facts)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int step, r;

    if (outbox->counted)
        return 0;
    r = vane_sql_prepare(outbox->db, "SELECT endpoint, count(*) FROM dead GROUP BY endpoint",
                         &statement);
    if (r < 0)
        return vane_outbox_fail(outbox, r);
    facts->dead = 0;
    if (facts->counts)
        g_array_set_size(facts->counts, 0);
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct vane_outbox_count count = {sqlite3_column_int64(statement, 0),
                                                (uint64_t)sqlite3_column_int64(statement, 1)};

        facts->dead += count.letters;
        if (facts->counts)
            g_array_append_val(facts->counts, count);
    }
    r = vane_sql_errno(outbox->db, step);
    outbox->counted = r == 0;
    return vane_outbox_fail(outbox, r);
}

int vane_outbox_letters_delete(struct vane_outbox *outbox, const struct vane_outbox_letters *which,
                               uint64_t *deleted)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = prepare_letters(outbox, "DELETE FROM dead WHERE " CHOSEN, which, &statement);

    if (r < 0)
        return r;
    outbox->counted = false;
    r = vane_sql_step_once(statement);
    *deleted = (uint64_t)sqlite3_changes(outbox->db);
    return vane_outbox_fail(outbox, r);
}
