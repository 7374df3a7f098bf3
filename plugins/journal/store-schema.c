/* The tables and their versions. See store.h. */
#include <errno.h>
#include <stdio.h>

#include "lib/array.h"
#include "plugins/journal/sql.h"
#include "plugins/journal/store.h"

#define APPLICATION_ID 0x4e56414a /* "NVAJ" */

/*
 * A row's number is the journal's own, never used twice (`next_row` outlives its rows). The times
 * of rows rise too, unless the clock was set back, last at `stepped_row`. An id is split into the
 * number of its epoch and its seq, in `cause` as well, so that looking up who was caused by whom is
 * one step in an index. Names of topics are few and stand in a table of their own.
 */
static const char version_1[] =
    "CREATE TABLE state(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO state VALUES('next_row', 1), ('clean', 1), ('stepped_row', 0);"
    "CREATE TABLE epoch(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " newest_seq INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE topic(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE event(row INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " time INTEGER NOT NULL, topic INTEGER NOT NULL, interface TEXT,"
    " cause_epoch INTEGER, cause_seq INTEGER, checksum INTEGER NOT NULL, json TEXT NOT NULL);"
    "CREATE UNIQUE INDEX event_seq ON event(epoch, seq);"
    "CREATE INDEX event_time ON event(time);"
    "CREATE INDEX event_topic ON event(topic, row);"
    "CREATE INDEX event_interface ON event(interface, row) WHERE interface IS NOT NULL;"
    "CREATE INDEX event_cause ON event(cause_epoch, cause_seq) WHERE cause_seq IS NOT NULL;";

static const char *const steps[] = {version_1};

const struct vane_store_schema vane_store_schema = {steps, ELEMENTS(steps)};

static int step(sqlite3 *db, const char *sql, unsigned version)
{
    char finish[128];
    int r = vane_sql_run(db, sql);

    snprintf(finish, sizeof(finish), "PRAGMA application_id=%d; PRAGMA user_version=%u;",
             APPLICATION_ID, version);
    return r < 0 ? r : vane_sql_run(db, finish);
}

static int check_owner(sqlite3 *db, int64_t version)
{
    int64_t tables = 0, application = 0;
    int r = vane_sql_number(db, "SELECT count(*) FROM sqlite_master", 0, 0, &tables);

    if (r == 0)
        r = vane_sql_number(db, "PRAGMA application_id", 0, 0, &application);
    if (r < 0)
        return r;
    if (tables == 0 && version == 0)
        return 0;
    return application == APPLICATION_ID && version > 0 ? 0 : -EBADMSG;
}

static int take_steps(sqlite3 *db, const struct vane_store_schema *schema, unsigned version)
{
    int r = vane_sql_run(db, "BEGIN IMMEDIATE");

    for (; r == 0 && version < schema->count; version++)
        r = step(db, schema->steps[version], version + 1);
    if (r == 0)
        r = vane_sql_run(db, "COMMIT");
    if (r < 0)
        (void)vane_sql_run(db, "ROLLBACK");
    return r;
}

int vane_store_migrate(sqlite3 *db, const struct vane_store_schema *schema)
{
    int64_t version = 0;
    int r = vane_sql_number(db, "PRAGMA user_version", 0, 0, &version);

    if (r == 0)
        r = check_owner(db, version);
    if (r < 0)
        return r;
    if (version > schema->count)
        return -EPROTO;
    return version == schema->count ? 0 : take_steps(db, schema, (unsigned)version);
}
