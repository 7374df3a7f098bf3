/* One request to the kernel and its answer, on a blocking socket; for threads off the loop. */
#ifndef NETVANE_ENGINE_LINKS_EXCHANGE_H
#define NETVANE_ENGINE_LINKS_EXCHANGE_H

#include <glib.h>

/* Sends a message that asks for an acknowledgement. The kernel's errno, negative, or 0; *text
 * receives its extended ack (g_free) or NULL. */
int vane_netlink_exchange(int fd, GBytes *message, char **text);

#endif
