/* What netlink does not carry: a link's DEVTYPE and driver. */
#ifndef NETVANE_ENGINE_LINKS_IDENTIFY_H
#define NETVANE_ENGINE_LINKS_IDENTIFY_H

#include "engine/links/facts.h"

/* From the kind where that says it all, else from sysfs and ethtool, checked to be about this very
 * index: names move. Never NULL. `ethtool_fd` is any socket, or -1. */
struct vane_link_identity *vane_link_identify(int ethtool_fd, const struct vane_rtnl_link *link);

/* The DEVTYPE in the text of a uevent file, "" if it has none; to be freed. NULL: its IFINDEX is
 * not `index`, it is about another link. */
char *vane_uevent_devtype(const char *text, uint32_t index);

#endif
