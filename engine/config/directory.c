/* Directories that the daemon makes for itself and its plugins. See directory.h. */
#include "engine/config/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include <glib.h>

#include "lib/cleanup.h"

static bool is_trusted_link(int parent, const char *name)
{
    struct stat st;

    return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode) &&
           (st.st_uid == 0 || st.st_uid == geteuid());
}

static int make_entry(int parent, const char *name, mode_t mode)
{
    if (mkdirat(parent, name, 0700) < 0)
        return errno == EEXIST ? 0 : -errno;
    return fchmodat(parent, name, mode, 0) < 0 ? -errno : 0;
}

/* Opens one component, made if it is missing; replaces *at, which is closed. */
static int descend(int *at, const char *name, mode_t mode, bool follow)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    int next = openat(*at, name, flags | O_NOFOLLOW), r;

    if (next < 0 && errno == ENOENT) {
        r = make_entry(*at, name, mode);
        if (r < 0)
            return r;
        next = openat(*at, name, flags | O_NOFOLLOW);
    }
    /* With O_DIRECTORY the kernel says ENOTDIR of a link, too. */
    if (next < 0 && (errno == ELOOP || errno == ENOTDIR)) {
        struct stat st;

        if (fstatat(*at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISLNK(st.st_mode))
            return -ENOTDIR;
        if (!follow || !is_trusted_link(*at, name))
            return -ELOOP;
        next = openat(*at, name, flags);
    }
    if (next < 0)
        return -errno;
    close(*at);
    *at = next;
    return 0;
}

int vane_directory_make(const char *path, mode_t mode)
{
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    _cleanup_close_ int at = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    guint last = g_strv_length(names);
    struct stat st;

    if (path[0] != '/')
        return -EINVAL;
    if (at < 0)
        return -errno;
    while (last > 0 && !*names[last - 1])
        last--;
    for (guint i = 0; i < last; i++) {
        bool is_last = i + 1 == last;
        int r = *names[i] ? descend(&at, names[i], is_last ? mode : 0755, !is_last) : 0;

        if (r < 0)
            return r;
    }
    if (fstat(at, &st) < 0)
        return -errno;
    return st.st_uid == geteuid() ? 0 : -EPERM;
}
