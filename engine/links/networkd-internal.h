/* What the parts of the networkd watcher share. */
#ifndef NETVANE_ENGINE_LINKS_NETWORKD_INTERNAL_H
#define NETVANE_ENGINE_LINKS_NETWORKD_INTERNAL_H

#include <glib.h>

#include "engine/bus-retry.h"
#include "engine/links/networkd.h"
#include "lib/sdbus/sdbus.h"

#define NETWORKD_NAME    "org.freedesktop.network1"
#define NETWORKD_PATH    "/org/freedesktop/network1"
#define NETWORKD_LINKS   NETWORKD_PATH "/link"
#define NETWORKD_MANAGER NETWORKD_NAME ".Manager"
#define NETWORKD_LINK    NETWORKD_NAME ".Link"
#define BUS_PROPERTIES   "org.freedesktop.DBus.Properties"
#define BUS_DAEMON       "org.freedesktop.DBus"
#define BUS_DAEMON_PATH  "/org/freedesktop/DBus"

struct vane_networkd {
    uv_loop_t *loop;
    struct vane_link_store *store;
    struct vane_networkd_callbacks callbacks;
    char *address;
    sd_bus *bus; /* NULL: not connected */
    struct vane_sdbus *attached;
    sd_bus_slot *rescan, *namespace;
    char *owner;         /* the unique name of networkd's connection; NULL: it is not there */
    GHashTable *pending; /* index to GQueue of struct vane_networkd_pending */
    struct vane_bus_retry *retry;
    uv_timer_t grace;    /* how long states outlive networkd: it may just be restarting */
    uv_timer_t settle;   /* how long a restarted networkd may be about its links again */
    uv_timer_t deadline; /* of the start */
    unsigned open_handles;
    bool missed; /* that there is no bus was said */
    bool told_ready, stopped, returning;
};

/* networkd-bus.c: the connection, and whose the name is. */
int vane_networkd_connect(struct vane_networkd *networkd);
void vane_networkd_disconnect(struct vane_networkd *networkd);
/* networkd.c: what follows from it. `owner` NULL: nobody's. */
void vane_networkd_set_owner(struct vane_networkd *networkd, const char *owner);
void vane_networkd_gone(struct vane_networkd *networkd, int error);

/* networkd-signal.c: a PropertiesChanged of a link. */
int vane_networkd_on_properties(sd_bus_message *message, void *user, sd_bus_error *error);
/* Applies all signals that still wait for their description, without it. */
void vane_networkd_flush(struct vane_networkd *networkd);
GHashTable *vane_networkd_pending_new(void);

#endif
