/* Sockets passed in by systemd. See activation.h. */
#include "engine/ports/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include <glib.h>

#include "engine/log.h"
#include "lib/cleanup.h"

struct inherited_socket {
    int fd;
    int type;
    union vane_socket_address bound;
    socklen_t length;
    char *name;
};

struct vane_inherited {
    unsigned count;
    struct inherited_socket sockets[];
};

static void examine(struct inherited_socket *one, int fd, char *name)
{
    socklen_t length = sizeof(one->type);

    one->fd = fd;
    one->name = name;
    one->length = sizeof(one->bound);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &one->type, &length) < 0 ||
        getsockname(fd, &one->bound.any, &one->length) < 0) {
        vane_warning("ports", "descriptor %d (%s), passed in by the service manager, is no socket",
                     fd, name ? name : "");
        one->type = -1;
    }
}

struct vane_inherited *vane_inherited_new(void)
{
    g_autofree char **names = NULL; /* each name is handed on */
    int count = sd_listen_fds_with_names(1, &names);
    struct vane_inherited *inherited;

    if (count < 0) {
        vane_warning("ports", "cannot take the sockets that were passed in: %s", strerror(-count));
        count = 0;
    }
    inherited = g_malloc0(sizeof(*inherited) + (size_t)count * sizeof(struct inherited_socket));
    inherited->count = (unsigned)count;
    for (int i = 0; i < count; i++)
        examine(&inherited->sockets[i], SD_LISTEN_FDS_START + i, names ? names[i] : NULL);
    return inherited;
}

void vane_inherited_free(struct vane_inherited *inherited)
{
    for (unsigned i = 0; inherited && i < inherited->count; i++) {
        close(inherited->sockets[i].fd);
        free(inherited->sockets[i].name);
    }
    g_free(inherited);
}

int vane_socket_address_equal(const union vane_socket_address *a, socklen_t a_length,
                              const union vane_socket_address *b, socklen_t b_length)
{
    if (a_length < sizeof(sa_family_t) || b_length < sizeof(sa_family_t) ||
        a->any.sa_family != b->any.sa_family)
        return false;
    switch (a->any.sa_family) {
    case AF_UNIX:
        return strncmp(a->un.sun_path, b->un.sun_path, sizeof(a->un.sun_path)) == 0;
    case AF_INET:
        return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
    case AF_INET6:
        return a->in6.sin6_port == b->in6.sin6_port &&
               a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
               IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
    default:
        return false;
    }
}

static bool is_meant(const struct inherited_socket *one, const struct vane_address *address)
{
    if (one->type < 0)
        return false;
    if (address->kind == VANE_ADDRESS_FD)
        return one->name && strcmp(one->name, address->name) == 0;
    return one->type == address->type &&
           vane_socket_address_equal(&one->bound, one->length, &address->socket, address->length);
}

/* A connected socket (Accept=yes) is no place to accept at. */
static bool is_bound(const struct inherited_socket *one)
{
    socklen_t length = sizeof(int);
    int accepting = 0;

    if (one->type == SOCK_DGRAM)
        return true;
    return getsockopt(one->fd, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &length) == 0 && accepting;
}

static int duplicate(const struct inherited_socket *one, int *fd, int *type)
{
    _cleanup_close_ int copy = fcntl(one->fd, F_DUPFD_CLOEXEC, 3);

    if (copy < 0 || fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK) < 0)
        return -errno;
    *fd = steal_fd(&copy);
    *type = one->type;
    return 0;
}

int vane_inherited_take(struct vane_inherited *inherited, const struct vane_address *address,
                        int (*in_use)(void *user, const union vane_socket_address *bound,
                                      socklen_t length, int type),
                        void *user, int *fd, int *type)
{
    for (unsigned i = 0; i < inherited->count; i++) {
        const struct inherited_socket *one = &inherited->sockets[i];

        if (is_meant(one, address) && is_bound(one) &&
            !in_use(user, &one->bound, one->length, one->type))
            return duplicate(one, fd, type);
    }
    return -ENOENT;
}
