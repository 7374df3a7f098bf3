/*
 * The network that Wi-Fi links are connected to, from nl80211: no iw, no iwconfig. Where the kernel
 * has no nl80211 there is nothing to do, until its module is loaded.
 */
#ifndef NETVANE_ENGINE_LINKS_WIFI_H
#define NETVANE_ENGINE_LINKS_WIFI_H

#include <uv.h>

#include "engine/links/store.h"

struct vane_wifi;

/* `ready` is called once, maybe before this returns: the networks of the links that are there are
 * known, or there is no nl80211. Returns 0. */
int vane_wifi_start(uv_loop_t *loop, struct vane_link_store *store, void (*ready)(void *user),
                    void *user, struct vane_wifi **out);

/* Nothing is called afterwards. NULL is a no-op. */
void vane_wifi_stop(struct vane_wifi *wifi);

/* A wireless link is there: looks up its network. */
void vane_wifi_link_appeared(struct vane_wifi *wifi, uint32_t index);

#endif
