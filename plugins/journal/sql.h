/* SQLite as the store uses it: errors as errno, statements freed by scope, one-number queries. */
#ifndef NETVANE_JOURNAL_SQL_H
#define NETVANE_JOURNAL_SQL_H

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

static inline void vane_sql_finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

#define _cleanup_statement_ __attribute__((cleanup(vane_sql_finalize)))

#endif
