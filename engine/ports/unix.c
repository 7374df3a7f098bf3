/*
 * Socket files: made with the right mode from their first moment, a stale one replaced, anybody
 * else's left alone, ours removed at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/ports/internal.h"
#include "lib/cleanup.h"

/* Whatever the answer is but a refusal, somebody is there or might be. */
static bool is_dead(const struct vane_address *address)
{
    _cleanup_close_ int fd = socket(AF_UNIX, address->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd >= 0 && connect(fd, &address->socket.any, address->length) < 0 &&
           errno == ECONNREFUSED;
}

static int refuse(char **why, char *reason)
{
    *why = reason;
    return -EADDRINUSE;
}

static int remove_stale(const struct vane_address *address, char **why)
{
    const char *path = address->socket.un.sun_path;
    struct stat st;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(st.st_mode))
        return refuse(why, g_strdup("a file that is no socket is in the way"));
    if (st.st_uid != geteuid())
        return refuse(why, g_strdup_printf("the socket file there belongs to user %u", st.st_uid));
    if (!is_dead(address))
        return refuse(why, g_strdup("another process listens there"));
    if (unlink(path) < 0)
        return -errno;
    return 0;
}

static int find_group(const char *name, gid_t *gid, char **why)
{
    g_autofree char *buffer = g_malloc(VANE_PORT_CHUNK);
    struct group group, *found = NULL;
    int r = getgrnam_r(name, &group, buffer, VANE_PORT_CHUNK, &found);

    if (found) {
        *gid = group.gr_gid;
        return 0;
    }
    *why = g_strdup_printf("there is no group %s", name);
    return r != 0 ? -r : -EINVAL;
}

/* Opens the file that bind(2) made, and not what somebody may have put into its place since. */
static int open_made(const char *path, struct stat *st)
{
    _cleanup_close_ int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 || fstat(fd, st) < 0)
        return -errno;
    if (!S_ISSOCK(st->st_mode) || st->st_uid != geteuid())
        return -EPERM;
    return steal_fd(&fd);
}

/* The group comes first: the mode must never let the wrong group in. */
static int open_up(struct vane_port *port, const char *path, const gid_t *group)
{
    char link[sizeof("/proc/self/fd/") + 11];
    _cleanup_close_ int fd = -1;
    struct stat st = {0};

    fd = open_made(path, &st);
    if (fd < 0)
        return fd;
    port->device = st.st_dev;
    port->inode = st.st_ino;
    if (group && fchownat(fd, "", (uid_t)-1, *group, AT_EMPTY_PATH) < 0)
        return -errno;
    g_snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (chmod(link, port->endpoint->options.mode) < 0)
        return -errno;
    return 0;
}

/* A socket's own mode, before it is bound, is that of the file it makes, less the umask (unix(7));
 * so nobody can connect until open_up() says who may. */
static int bind_closed(int fd, const struct vane_address *address)
{
    if (fchmod(fd, 0) < 0 || bind(fd, &address->socket.any, address->length) < 0)
        return -errno;
    return 0;
}

int vane_port_bind_unix(struct vane_port *port, const struct vane_address *address, char **why)
{
    const char *group_name = port->endpoint->options.group;
    gid_t group = 0;
    int r = group_name ? find_group(group_name, &group, why) : 0;

    if (r == 0)
        r = remove_stale(address, why);
    if (r < 0)
        return r;
    port->bound = address->socket; /* where to remove the file, whatever fails from here on */
    port->fd = socket(AF_UNIX, address->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (port->fd < 0)
        return -errno;
    r = bind_closed(port->fd, address);
    if (r == 0)
        r = open_up(port, address->socket.un.sun_path, group_name ? &group : NULL);
    return r;
}

/* Removes the file that we made, if it still is; a passed-in socket's is not ours. While our socket
 * is open its inode cannot be another file's. */
void vane_port_unlink(struct vane_port *port)
{
    const char *path = port->bound.un.sun_path;
    struct stat st;

    if (port->inode == 0 || lstat(path, &st) < 0)
        return;
    if (st.st_ino == port->inode && st.st_dev == port->device)
        (void)unlink(path);
}
