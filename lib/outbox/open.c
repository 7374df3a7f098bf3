/* Opening the outbox: settings, tables, endpoints, the lock. See outbox.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/outbox/outbox.h"

#define APPLICATION_ID 0x4e565742 /* "NVWB" */
#define LOCK_WAIT_MS   500

/* Every commit is synced to the disk before it returns: accepted is accepted. */
static const char settings[] = "PRAGMA auto_vacuum=INCREMENTAL;"
                               "PRAGMA journal_mode=WAL;"
                               "PRAGMA synchronous=FULL;"
                               "PRAGMA cache_size=-2048;"
                               "PRAGMA wal_autocheckpoint=4000;"
                               "PRAGMA journal_size_limit=16777216;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA cell_size_check=ON;"
                               "PRAGMA trusted_schema=OFF;";

static const char version_1[] =
    "CREATE TABLE endpoint(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " state INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL, reason TEXT,"
    " url TEXT);"
    "CREATE TABLE message(key INTEGER PRIMARY KEY, time INTEGER NOT NULL, json TEXT NOT NULL);"
    "CREATE TABLE dead(number INTEGER PRIMARY KEY AUTOINCREMENT, endpoint INTEGER NOT NULL,"
    " time INTEGER NOT NULL, died INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " reason TEXT NOT NULL, json TEXT NOT NULL);";

/* Where batches end: the keys of their last messages. */
static const char version_2[] = "CREATE TABLE cut(key INTEGER PRIMARY KEY);";

static const char *const steps[] = {version_1, version_2};
static const struct vane_sql_schema schema = {APPLICATION_ID, ELEMENTS(steps), steps};

void vane_outbox_endpoint_clear(struct vane_outbox_endpoint *endpoint)
{
    g_clear_pointer(&endpoint->name, g_free);
    g_clear_pointer(&endpoint->reason, g_free);
    g_clear_pointer(&endpoint->url, g_free);
    g_clear_pointer(&endpoint->cuts, g_array_unref);
}

int vane_outbox_fail(struct vane_outbox *outbox, int error)
{
    if (error < 0)
        g_snprintf(outbox->detail, sizeof(outbox->detail), "%s",
                   error == -EPROTO ? "it was written by a later version"
                   : outbox->db     ? sqlite3_errmsg(outbox->db)
                                    : g_strerror(-error));
    return error;
}

static int prepare(struct vane_outbox *outbox)
{
    int r = vane_sql_run(outbox->db, settings);

    if (r == 0)
        r = vane_sql_migrate(outbox->db, &schema);
    if (r == 0)
        r = vane_sql_prepare(outbox->db, "INSERT OR REPLACE INTO message VALUES(?1, ?2, ?3)",
                             &outbox->insert);
    if (r == 0)
        r = vane_sql_prepare(outbox->db, "DELETE FROM message WHERE key>?1 AND key<=?2",
                             &outbox->finish);
    if (r == 0)
        r = vane_sql_prepare(outbox->db, "DELETE FROM cut WHERE key>?1 AND key<=?2",
                             &outbox->finish_cuts);
    return r;
}

static int read_range(struct vane_outbox *outbox, struct vane_outbox_endpoint *endpoint)
{
    int64_t from = vane_outbox_key(endpoint->number, 0), first = 0, last = 0;
    int64_t to = vane_outbox_key(endpoint->number + 1, 0);
    int r = vane_sql_number(outbox->db, "SELECT min(key) FROM message WHERE key>?1 AND key<?2",
                            from, to, &first);

    if (r == 0)
        r = vane_sql_number(outbox->db, "SELECT max(key) FROM message WHERE key>?1 AND key<?2",
                            from, to, &last);
    endpoint->first = first > 0 ? (uint64_t)(first - from) : 1;
    endpoint->last = first > 0 ? (uint64_t)(last - from) : 0;
    return r;
}

static int read_cuts(struct vane_outbox *outbox, struct vane_outbox_endpoint *endpoint)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int64_t from = vane_outbox_key(endpoint->number, 0);
    int step = SQLITE_DONE,
        r = vane_sql_prepare(
            outbox->db, "SELECT key FROM cut WHERE key>=?1 AND key<?2 ORDER BY key", &statement);

    endpoint->cuts = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, vane_outbox_key(endpoint->number, endpoint->first));
    sqlite3_bind_int64(statement, 2, vane_outbox_key(endpoint->number + 1, 0));
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        uint64_t position = (uint64_t)(sqlite3_column_int64(statement, 0) - from);

        g_array_append_val(endpoint->cuts, position);
    }
    return vane_sql_errno(outbox->db, step);
}

static int read_endpoints(struct vane_outbox *outbox, GArray *endpoints)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = vane_sql_prepare(outbox->db,
                             "SELECT number, name, state, attempts, due, reason, url FROM endpoint"
                             " ORDER BY number",
                             &statement),
        step = SQLITE_DONE;

    while (r == 0 && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        struct vane_outbox_endpoint endpoint = {
            .number = sqlite3_column_int64(statement, 0),
            .name = g_strdup((const char *)sqlite3_column_text(statement, 1)),
            .state = (enum vane_endpoint_state)sqlite3_column_int(statement, 2),
            .attempts = (unsigned)sqlite3_column_int(statement, 3),
            .due_ns = sqlite3_column_int64(statement, 4),
            .reason = g_strdup((const char *)sqlite3_column_text(statement, 5)),
            .url = g_strdup((const char *)sqlite3_column_text(statement, 6)),
        };

        r = read_range(outbox, &endpoint);
        if (r == 0)
            r = read_cuts(outbox, &endpoint);
        g_array_append_val(endpoints, endpoint);
    }
    return r < 0 ? r : vane_sql_errno(outbox->db, step);
}

static int open_once(struct vane_outbox *outbox, GArray *endpoints)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int r = vane_sql_errno(NULL, sqlite3_open_v2(outbox->path, &outbox->db, flags, NULL));

    if (outbox->db) {
        sqlite3_extended_result_codes(outbox->db, 1);
        sqlite3_busy_timeout(outbox->db, LOCK_WAIT_MS);
    }
    if (r == 0)
        r = prepare(outbox);
    if (r == 0)
        r = read_endpoints(outbox, endpoints);
    if (r < 0) {
        vane_outbox_fail(outbox, r);
        vane_outbox_close(outbox);
        g_array_set_size(endpoints, 0);
    }
    return r;
}

int vane_outbox_open(struct vane_outbox *outbox, GArray *endpoints)
{
    int r;

    if (outbox->db)
        return 0;
    outbox->counted = false;
    r = open_once(outbox, endpoints);
    if (r != -EBADMSG && r != -EPROTO)
        return r;
    r = vane_sql_set_aside(outbox->path, r == -EPROTO ? "later" : "corrupt", outbox->set_aside,
                           sizeof(outbox->set_aside));
    return r < 0 ? vane_outbox_fail(outbox, r) : open_once(outbox, endpoints);
}

void vane_outbox_close(struct vane_outbox *outbox)
{
    sqlite3_finalize(g_steal_pointer(&outbox->insert));
    sqlite3_finalize(g_steal_pointer(&outbox->finish));
    sqlite3_finalize(g_steal_pointer(&outbox->finish_cuts));
    (void)sqlite3_close(g_steal_pointer(&outbox->db));
}

static int discard_part(const struct vane_outbox *outbox, const char *suffix)
{
    g_autofree char *path = g_strconcat(outbox->path, suffix, NULL);

    return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* The log first: without its file it would mean nothing, with another one something else. */
int vane_outbox_discard(struct vane_outbox *outbox)
{
    int r;

    vane_outbox_close(outbox);
    r = discard_part(outbox, "-wal");
    if (r == 0)
        r = discard_part(outbox, "-shm");
    return r == 0 ? discard_part(outbox, "") : r;
}

/* ---- the lock ---- */

static void read_holder(int fd, char *holder, size_t size)
{
    ssize_t n = pread(fd, holder, size - 1, 0);

    holder[MAX(n, 0)] = '\0';
    g_strchomp(holder);
    if (!holder[0])
        g_strlcpy(holder, "another process", size);
}

static int write_holder(int fd)
{
    char text[128];
    int length = snprintf(text, sizeof(text), "%s, process %d\n", program_invocation_short_name,
                          (int)getpid());

    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)length, 0) < 0)
        return errno == ENOSPC || errno == EDQUOT ? 0 : -errno; /* it only names */
    return 0;
}

int vane_outbox_lock(const char *directory, int *fd, char *holder, size_t size)
{
    g_autofree char *path = g_build_filename(directory, "lock", NULL);
    _cleanup_close_ int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r;

    if (file < 0)
        return -errno;
    if (flock(file, LOCK_EX | LOCK_NB) < 0) {
        r = errno == EWOULDBLOCK ? -EBUSY : -errno;
        read_holder(file, holder, size);
        return r;
    }
    r = write_holder(file);
    if (r == 0)
        *fd = steal_fd(&file);
    return r;
}
