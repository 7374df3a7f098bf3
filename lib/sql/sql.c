/* Errors, statements, numbers. See sql.h. */
#include "lib/sql/sql.h"

#include <errno.h>
#include <stddef.h>

static int system_error(sqlite3 *db, int otherwise)
{
    int error = db ? sqlite3_system_errno(db) : 0;

    return error > 0 ? -error : otherwise;
}

/* Our statements are fixed: one that is refused was given a file with other tables. */
int vane_sql_errno(sqlite3 *db, int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_ERROR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return -EBADMSG;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return -EBUSY;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_CANTOPEN:
        return system_error(db, -EACCES);
    default:
        return system_error(db, -EIO);
    }
}

int vane_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **statement)
{
    return vane_sql_errno(db, sqlite3_prepare_v2(db, sql, -1, statement, NULL));
}

int vane_sql_run(sqlite3 *db, const char *sql)
{
    return vane_sql_errno(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int vane_sql_step_once(sqlite3_stmt *statement)
{
    int r = vane_sql_errno(sqlite3_db_handle(statement), sqlite3_step(statement));

    sqlite3_reset(statement);
    return r;
}

int vane_sql_number(sqlite3 *db, const char *sql, int64_t first, int64_t second, int64_t *number)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = vane_sql_prepare(db, sql, &statement), result;

    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, first);
    sqlite3_bind_int64(statement, 2, second);
    result = sqlite3_step(statement);
    *number = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    return vane_sql_errno(db, result);
}
