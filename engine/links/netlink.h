/*
 * The kernel's news: an rtnetlink socket on the loop that is subscribed first and then dumps, feeds
 * each message to the store, and after a loss dumps anew so that the differences come out.
 */
#ifndef NETVANE_ENGINE_LINKS_NETLINK_H
#define NETVANE_ENGINE_LINKS_NETLINK_H

#include <uv.h>

#include "engine/links/store.h"

struct vane_netlink;

struct vane_netlink_callbacks {
    /* The first dump is complete. */
    void (*ready)(void *user);
    /* Messages were lost; `count` is how often so far. The dump that mends it follows. */
    void (*lost)(void *user, uint64_t count);
    void *user;
};

/* Opens, subscribes and starts the first dump. `receive_buffer` in bytes. */
int vane_netlink_start(uv_loop_t *loop, struct vane_link_store *store, uint32_t receive_buffer,
                       const struct vane_netlink_callbacks *callbacks, struct vane_netlink **out);

/* Nothing is called afterwards; the handles close on the loop's next turns. NULL is a no-op. */
void vane_netlink_stop(struct vane_netlink *netlink);

/* Applies now all that the kernel has said until now. */
void vane_netlink_drain(struct vane_netlink *netlink);

/* Messages applied so far, for measurements. */
uint64_t vane_netlink_messages(const struct vane_netlink *netlink);

#endif
