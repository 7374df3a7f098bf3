/* Finding nl80211. See nl80211.h. */
#include "engine/links/nl80211.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/genetlink.h>

#include "engine/links/netlink-socket.h"
#include "engine/links/wifi-parse.h"
#include "lib/cleanup.h"

int vane_nl80211_open(void)
{
    _cleanup_close_ int fd = vane_netlink_open(NETLINK_GENERIC, SOCK_NONBLOCK, NULL);
    int r;

    if (fd < 0)
        return fd;
    /* The group "notify" of the controller has the controller's own number. */
    r = vane_netlink_join(fd, GENL_ID_CTRL);
    return r < 0 ? r : steal_fd(&fd);
}

int vane_nl80211_take_family(int fd, const struct nlmsghdr *message, uint16_t *family)
{
    struct vane_genl_family parsed;
    int r = vane_parse_genl_family(message, &parsed);

    if (r < 0)
        return r;
    if (strcmp(parsed.name, "nl80211") != 0)
        return -ENOENT;
    if (parsed.command == CTRL_CMD_DELFAMILY)
        return 0;
    if (parsed.command != CTRL_CMD_NEWFAMILY || parsed.mlme == 0)
        return -ENOENT;
    r = vane_netlink_join(fd, parsed.mlme);
    if (r < 0)
        return r;
    *family = parsed.id;
    return 1;
}
