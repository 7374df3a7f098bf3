/* Who is at the other end, asked of the socket itself and thus without the race of a pid. */
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "engine/ports/internal.h"

static void learn_credentials(struct vane_connection *connection)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);

    if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return;
    connection->info.pid = peer.pid > 0 ? peer.pid : -1;
    connection->info.uid = peer.uid;
    connection->info.gid = peer.gid;
}

/* The first call tells the size (socket(7), SO_PEERGROUPS). */
static void learn_groups(struct vane_connection *connection)
{
    g_autofree uint32_t *groups = NULL;
    socklen_t length = 0;

    G_STATIC_ASSERT(sizeof(gid_t) == sizeof(uint32_t));
    if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &length) == 0 ||
        errno != ERANGE)
        return;
    groups = g_malloc(length);
    if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) < 0)
        return;
    connection->info.group_count = length / (socklen_t)sizeof(gid_t);
    connection->info.groups = g_steal_pointer(&groups);
}

/* An accepted Unix socket lives in the namespace of who connected. Without CAP_NET_ADMIN: -1. */
static void learn_namespace(struct vane_connection *connection)
{
    int fd = ioctl(connection->fd, SIOCGSKNS);

    if (fd >= 0)
        connection->info.netns_fd = fd;
}

static char *name_of(struct vane_connection *connection, int type,
                     int (*ask)(int fd, struct sockaddr *name, socklen_t *length))
{
    union vane_socket_address name;
    socklen_t length = sizeof(name);

    if (ask(connection->fd, &name.any, &length) < 0)
        return NULL;
    return vane_address_format(type, &name, length);
}

static bool is_unix(int fd)
{
    socklen_t length = sizeof(int);
    int domain = 0;

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX;
}

static int get_local(int fd, struct sockaddr *name, socklen_t *length)
{
    return getsockname(fd, name, length);
}

static int get_remote(int fd, struct sockaddr *name, socklen_t *length)
{
    return getpeername(fd, name, length);
}

void vane_peer_learn(struct vane_connection *connection, int type, const char *local)
{
    bool accepted = local != NULL;

    connection->info.remote = name_of(connection, type, get_remote);
    if (!is_unix(connection->fd)) {
        connection->info.local = name_of(connection, type, get_local);
        return;
    }
    connection->info.local = accepted ? g_strdup(local) : name_of(connection, type, get_local);
    learn_credentials(connection);
    learn_groups(connection);
    if (accepted && connection->endpoint->options.flags & VANE_PORT_PEER_NETNS)
        learn_namespace(connection);
}

void vane_peer_forget(struct vane_connection *connection)
{
    g_free((char *)(uintptr_t)connection->info.local);
    g_free((char *)(uintptr_t)connection->info.remote);
    g_free((uint32_t *)(uintptr_t)connection->info.groups);
    if (connection->info.netns_fd >= 0)
        close(connection->info.netns_fd);
}
