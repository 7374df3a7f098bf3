/* Finding nl80211 among the kernel's generic netlink families, now and when its module comes. */
#ifndef NETVANE_ENGINE_LINKS_NL80211_H
#define NETVANE_ENGINE_LINKS_NL80211_H

#include <linux/netlink.h>
#include <stdint.h>

/* A non-blocking generic netlink socket that is told which families come and go. The descriptor or
 * a negative errno. */
int vane_nl80211_open(void);

/*
 * What `message`, of the family GENL_ID_CTRL, says about nl80211: 1 it is there (`*family` is set,
 * and the socket has joined its "mlme" group, which does not outlive the family), 0 it has gone,
 * -ENOENT nothing, or another negative errno.
 */
int vane_nl80211_take_family(int fd, const struct nlmsghdr *message, uint16_t *family);

#endif
