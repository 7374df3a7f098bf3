/* One question to the kernel over rtnetlink(7), answered before sendmsg(2) returns. */
#ifndef NETVANE_SCRIPTS_RTNETLINK_H
#define NETVANE_SCRIPTS_RTNETLINK_H

#include <linux/netlink.h>

/* Calls `each` for every message of the answer. 0, or the errno of the socket or the kernel. */
int vane_rtnetlink_ask(const struct nlmsghdr *question,
                       void (*each)(void *user, struct nlmsghdr *message), void *user);

#endif
