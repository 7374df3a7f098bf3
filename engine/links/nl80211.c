/* Finding nl80211. See nl80211.h. */
#include "engine/links/nl80211.h"

#include <errno.h>

#include <glib.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/family.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>

#include "engine/links/netlink-socket.h"
#include "lib/cleanup.h"

typedef struct nl_sock Socket;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Socket, nl_socket_free)

static int find_family(Socket *socket, uint16_t *family)
{
    struct genl_family *found;
    struct nl_cache *cache;
    int r = genl_ctrl_alloc_cache(socket, &cache);

    if (r < 0)
        return -EIO;
    found = genl_ctrl_search_by_name(cache, "nl80211");
    if (found)
        *family = (uint16_t)genl_family_get_id(found);
    genl_family_put(found);
    nl_cache_free(cache);
    return found ? 0 : -ENOENT;
}

int vane_nl80211_open(uint16_t *family)
{
    g_autoptr(Socket) socket = nl_socket_alloc();
    _cleanup_close_ int fd = -1;
    int r, group;

    if (!socket || genl_connect(socket) < 0)
        return -EPROTONOSUPPORT;
    r = find_family(socket, family);
    if (r < 0)
        return r;
    group = genl_ctrl_resolve_grp(socket, "nl80211", "mlme");
    if (group < 0)
        return -ENOENT;
    fd = vane_netlink_open(NETLINK_GENERIC, SOCK_NONBLOCK, NULL);
    if (fd < 0)
        return fd;
    r = vane_netlink_join(fd, (uint32_t)group);
    return r < 0 ? r : steal_fd(&fd);
}
