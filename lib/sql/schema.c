/* Tables and their versions. See sql.h. */
#include <errno.h>
#include <stdio.h>

#include "lib/sql/sql.h"

static int step(sqlite3 *db, const struct vane_sql_schema *schema, unsigned version)
{
    char finish[128];
    int r = vane_sql_run(db, schema->steps[version]);

    snprintf(finish, sizeof(finish), "PRAGMA application_id=%d; PRAGMA user_version=%u;",
             schema->application_id, version + 1);
    return r < 0 ? r : vane_sql_run(db, finish);
}

static int check_owner(sqlite3 *db, const struct vane_sql_schema *schema, int64_t version)
{
    int64_t tables = 0, application = 0;
    int r = vane_sql_number(db, "SELECT count(*) FROM sqlite_master", 0, 0, &tables);

    if (r == 0)
        r = vane_sql_number(db, "PRAGMA application_id", 0, 0, &application);
    if (r < 0)
        return r;
    if (tables == 0 && version == 0)
        return 0;
    return application == schema->application_id && version > 0 ? 0 : -EBADMSG;
}

static int take_steps(sqlite3 *db, const struct vane_sql_schema *schema, unsigned version)
{
    int r = vane_sql_run(db, "BEGIN IMMEDIATE");

    for (; r == 0 && version < schema->count; version++)
        r = step(db, schema, version);
    if (r == 0)
        r = vane_sql_run(db, "COMMIT");
    if (r < 0)
        (void)vane_sql_run(db, "ROLLBACK");
    return r;
}

int vane_sql_migrate(sqlite3 *db, const struct vane_sql_schema *schema)
{
    int64_t version = 0;
    int r = vane_sql_number(db, "PRAGMA user_version", 0, 0, &version);

    if (r == 0)
        r = check_owner(db, schema, version);
    if (r < 0)
        return r;
    if (version > schema->count)
        return -EPROTO;
    return version == schema->count ? 0 : take_steps(db, schema, (unsigned)version);
}
