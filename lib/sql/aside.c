/* Setting a file aside that cannot be used. See sql.h. */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#include "lib/sql/sql.h"

static void remove_older(const char *directory, const char *prefix)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (g_str_has_prefix(name, prefix))
            (void)unlink(path);
    }
}

static int move(const char *path, const char *target, const char *suffix)
{
    g_autofree char *from = g_strconcat(path, suffix, NULL);
    g_autofree char *to = g_strconcat(target, suffix, NULL);

    return rename(from, to) < 0 && errno != ENOENT ? -errno : 0;
}

static void name_target(const char *directory, const char *prefix, char *target, size_t size)
{
    time_t now = time(NULL);
    char stamp[32];
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
    g_snprintf(target, size, "%s/%s%s", directory, prefix, stamp);
}

int vane_sql_set_aside(const char *path, const char *word, char *target, size_t size)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *prefix = g_strconcat(name, ".", word, "-", NULL);
    int r;

    remove_older(directory, prefix);
    name_target(directory, prefix, target, size);
    r = move(path, target, "");
    if (r == 0)
        r = move(path, target, "-wal");
    if (r == 0)
        r = move(path, target, "-shm");
    if (r < 0)
        target[0] = '\0';
    return r;
}
