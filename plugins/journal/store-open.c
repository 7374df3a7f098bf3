/* Opening the journal's file, and setting a damaged one aside. See store.h. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <glib.h>

#include "lib/sql/sql.h"
#include "plugins/journal/store.h"

#define LOCK_WAIT_MS 500

/*
 * The write-ahead log is written without fsync and synced when it is moved into the file: a killed
 * daemon loses nothing that was committed, and neither kill nor power cut can tear the file.
 * The cache is small, as appending touches few pages.
 */
static const char settings[] = "PRAGMA auto_vacuum=INCREMENTAL;"
                               "PRAGMA journal_mode=WAL;"
                               "PRAGMA synchronous=NORMAL;"
                               "PRAGMA cache_size=-320;"
                               "PRAGMA wal_autocheckpoint=512;"
                               "PRAGMA journal_size_limit=2097152;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA cell_size_check=ON;"
                               "PRAGMA trusted_schema=OFF;";

int vane_store_fail(struct vane_store *store, int error)
{
    if (error < 0)
        g_snprintf(store->detail, sizeof(store->detail), "%s",
                   error == -EPROTO ? "it was written by a later version"
                   : store->db      ? sqlite3_errmsg(store->db)
                                    : g_strerror(-error));
    return error;
}

/* After an end that was none, every page is looked at once. */
static int check(struct vane_store *store)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    const char *text;
    int r = vane_sql_prepare(store->db, "PRAGMA quick_check(1)", &statement);

    if (r < 0)
        return vane_store_fail(store, r);
    r = vane_sql_errno(store->db, sqlite3_step(statement));
    if (r < 0)
        return vane_store_fail(store, r);
    text = (const char *)sqlite3_column_text(statement, 0);
    if (text && strcmp(text, "ok") == 0)
        return 0;
    g_snprintf(store->detail, sizeof(store->detail), "%s", text ? text : "the check failed");
    return -EBADMSG;
}

static int read_state(struct vane_store *store)
{
    int64_t clean, next = 0, events = 0, stepped = 0;
    int r = vane_sql_number(store->db, "SELECT value FROM state WHERE key='clean'", 0, 0, &clean);

    if (r == 0 && (!clean || store->suspect))
        r = check(store);
    if (r == 0)
        r = vane_sql_number(store->db, "SELECT value FROM state WHERE key='next_row'", 0, 0, &next);
    if (r == 0)
        r = vane_sql_number(store->db, "SELECT count(*) FROM event", 0, 0, &events);
    if (r == 0)
        r = vane_sql_number(store->db, "SELECT value FROM state WHERE key='stepped_row'", 0, 0,
                            &stepped);
    if (r == 0)
        r = vane_sql_number(store->db, "SELECT time FROM event ORDER BY row DESC LIMIT 1", 0, 0,
                            &store->newest_ns);
    store->next_row = (uint64_t)MAX(next, 1);
    store->stepped_row = (uint64_t)stepped;
    store->events = (uint64_t)events;
    store->suspect = false;
    return r;
}

/* Epochs without events are forgotten when there are very many: a daemon that dies at each start.
 */
static int begin(struct vane_store *store)
{
    return vane_sql_run(store->db,
                        "UPDATE state SET value=0 WHERE key='clean';"
                        "DELETE FROM epoch WHERE number < (SELECT max(number) FROM epoch) - 4096"
                        " AND NOT EXISTS (SELECT 1 FROM event WHERE event.epoch = epoch.number)");
}

static int identify(struct vane_store *store)
{
    struct stat info;

    if (stat(store->path, &info) < 0)
        return -errno;
    store->device = info.st_dev;
    store->inode = info.st_ino;
    return 0;
}

static int prepare_file(struct vane_store *store)
{
    int r = vane_sql_run(store->db, settings);

    if (r == 0)
        r = vane_sql_migrate(store->db, &vane_store_schema);
    if (r < 0)
        return vane_store_fail(store, r);
    r = read_state(store);
    if (r == 0)
        r = begin(store);
    if (r < 0)
        return store->detail[0] ? r : vane_store_fail(store, r);
    return identify(store);
}

static int open_once(struct vane_store *store)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, r;

    store->detail[0] = '\0';
    r = vane_sql_errno(NULL, sqlite3_open_v2(store->path, &store->db, flags, NULL));
    if (store->db) {
        sqlite3_extended_result_codes(store->db, 1);
        sqlite3_busy_timeout(store->db, LOCK_WAIT_MS);
    }
    if (r < 0)
        r = sqlite3_system_errno(store->db) > 0 ? -sqlite3_system_errno(store->db) : r;
    r = r < 0 ? vane_store_fail(store, r) : prepare_file(store);
    if (r < 0)
        vane_store_close(store, false);
    return r;
}

static bool was_removed(const struct vane_store *store)
{
    struct stat info;

    return stat(store->path, &info) < 0 || info.st_ino != store->inode ||
           info.st_dev != store->device;
}

int vane_store_open(struct vane_store *store)
{
    int r;

    if (!store->path)
        return -EIO;
    if (store->db && !store->suspect && !was_removed(store))
        return 0;
    vane_store_close(store, false);
    r = open_once(store);
    if (r != -EBADMSG && r != -EPROTO)
        return r;
    r = vane_store_set_aside(store, store->detail);
    return r < 0 ? vane_store_fail(store, r) : open_once(store);
}

void vane_store_close(struct vane_store *store, bool clean)
{
    if (!store->db)
        return;
    if (clean)
        (void)vane_sql_run(store->db, "UPDATE state SET value=1 WHERE key='clean'");
    (void)sqlite3_close(store->db);
    store->db = NULL;
}

void vane_store_clear(struct vane_store *store)
{
    g_clear_pointer(&store->path, g_free);
}

int vane_store_set_aside(struct vane_store *store, const char *why)
{
    g_snprintf(store->set_aside_why, sizeof(store->set_aside_why), "%s", why);
    return vane_sql_set_aside(store->path, "corrupt", store->set_aside, sizeof(store->set_aside));
}
