/* Writing files whole. See file.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "lib/cleanup.h"
#include "lib/file.h"

static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        data += n;
        length -= (size_t)n;
    }
    return 0;
}

/* The mode is set by fchmod, as the umask of whoever called may be narrower. */
static int create(int directory, const char *name, const void *data, size_t length, mode_t mode,
                  bool sync)
{
    _cleanup_close_ int fd =
        openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r;

    if (fd < 0)
        return -errno;
    r = write_all(fd, data, length);
    if (r == 0 && (fchmod(fd, mode) < 0 || (sync && fsync(fd) < 0)))
        r = -errno;
    if (r < 0)
        (void)unlinkat(directory, name, 0);
    return r;
}

int vane_file_create(const char *path, const void *data, size_t length, mode_t mode)
{
    return create(AT_FDCWD, path, data, length, mode, false);
}

int vane_file_replace(const char *path, const void *data, size_t length, mode_t mode)
{
    g_autofree char *parent = g_path_get_dirname(path), *name = g_path_get_basename(path);
    g_autofree char *temporary = g_strconcat(".", name, ".tmp", NULL);
    _cleanup_close_ int directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r;

    if (directory < 0 || (unlinkat(directory, temporary, 0) < 0 && errno != ENOENT))
        return -errno;
    r = create(directory, temporary, data, length, mode, true);
    if (r < 0)
        return r;
    if (renameat(directory, temporary, directory, name) < 0) {
        r = -errno;
        (void)unlinkat(directory, temporary, 0);
        return r;
    }
    return fsync(directory) < 0 ? -errno : 0;
}
