/*
 * systemd-networkd over the system bus: its states, DNS, domains. Asynchronous only. networkd and
 * the bus may come, go and restart at any time; a signal is believed only from the connection that
 * owns org.freedesktop.network1 now. org.freedesktop.network1(5).
 */
#ifndef NETVANE_ENGINE_LINKS_NETWORKD_H
#define NETVANE_ENGINE_LINKS_NETWORKD_H

#include <uv.h>

#include "engine/links/store.h"

struct vane_networkd;

struct vane_networkd_callbacks {
    /* Once: networkd's states are known, or it is not there. */
    void (*ready)(void *user);
    /* Apply what the kernel has said until now: a signal speaks of it. */
    void (*drain)(void *user);
    void *user;
};

/* `address` of the bus; NULL: DBUS_SYSTEM_BUS_ADDRESS or the usual place. */
int vane_networkd_start(uv_loop_t *loop, struct vane_link_store *store, const char *address,
                        const struct vane_networkd_callbacks *callbacks,
                        struct vane_networkd **out);

/* Nothing is called afterwards. NULL is a no-op. */
void vane_networkd_stop(struct vane_networkd *networkd);

#endif
