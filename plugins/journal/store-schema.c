/* The tables and their versions. See store.h. */
#include "lib/array.h"
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

const struct vane_sql_schema vane_store_schema = {APPLICATION_ID, ELEMENTS(steps), steps};
