/*
 * SQLite as our stores use it: errors as errno, statements freed by scope, one-number queries,
 * tables with versions, files that are set aside when they are damaged. Not part of netvane-lib, as
 * few need SQLite: link netvane-sql.
 */
#ifndef NETVANE_LIB_SQL_SQL_H
#define NETVANE_LIB_SQL_SQL_H

#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

/*
 * A negative errno for a result of SQLite: -EBADMSG for a file that is damaged or not ours,
 * -ENOSPC, -EBUSY (somebody else holds a lock), -EROFS, -EACCES, -EIO ... 0 for success.
 */
int vane_sql_errno(sqlite3 *db, int result);

int vane_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **statement);

/* Runs statements that give no rows, or whose rows do not matter. */
int vane_sql_run(sqlite3 *db, const char *sql);

/* Runs a prepared statement once and makes it ready for the next time. */
int vane_sql_step_once(sqlite3_stmt *statement);

/* The first column of the first row, with up to two numbers bound. 0 when there is no row. */
int vane_sql_number(sqlite3 *db, const char *sql, int64_t first, int64_t second, int64_t *number);

/* A schema's versions in order: what leads from version n to n + 1. */
struct vane_sql_schema {
    int32_t application_id; /* in the file's header: whose tables these are */
    unsigned count;
    const char *const *steps;
};

/*
 * Brings the tables to the version of `schema`. -EBADMSG when they are not of that application,
 * -EPROTO when they are of a later version.
 */
int vane_sql_migrate(sqlite3 *db, const struct vane_sql_schema *schema);

/*
 * Renames a file that is closed, with its log, to PATH.WORD-TIME, which `target` then has; one
 * that was set aside earlier under the same word makes room for it.
 */
int vane_sql_set_aside(const char *path, const char *word, char *target, size_t size);

static inline void vane_sql_finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

#define _cleanup_statement_ __attribute__((cleanup(vane_sql_finalize)))

#endif
