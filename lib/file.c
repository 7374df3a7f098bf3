/* Reading files. See file.h. */
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "lib/cleanup.h"

static int read_all(int fd, size_t max, GString *text)
{
    char buffer[8192];
    ssize_t n;

    while ((n = read(fd, buffer, sizeof(buffer))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if ((size_t)n > max - text->len)
            return -EFBIG;
        g_string_append_len(text, buffer, n);
    }
    return 0;
}

int vane_file_read_stream(int fd, size_t max, char **text, size_t *length)
{
    g_autoptr(GString) all = g_string_new(NULL);
    int r = read_all(fd, max, all);

    if (r < 0)
        return r;
    *length = all->len;
    *text = g_string_free(g_steal_pointer(&all), FALSE);
    return 0;
}

int vane_file_read(const char *path, size_t max, char **text, size_t *length)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    return vane_file_read_stream(fd, max, text, length);
}
