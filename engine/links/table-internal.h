/* What the parts of the link table share. */
#ifndef NETVANE_ENGINE_LINKS_TABLE_INTERNAL_H
#define NETVANE_ENGINE_LINKS_TABLE_INTERNAL_H

#include "engine/links/netlink.h"
#include "engine/links/networkd.h"
#include "engine/links/request.h"
#include "engine/links/store.h"
#include "engine/links/table.h"
#include "engine/links/wifi.h"

struct vane_link_table {
    struct vane_engine *engine;
    struct vane_link_store *store;
    struct vane_netlink *netlink;
    struct vane_networkd *networkd;
    struct vane_wifi *wifi;
    struct vane_link_requests *requests;
    struct vane_link_options options;
    int ethtool_fd;
    bool kernel_ready, networkd_ready, wifi_ready, told_ready;
    void (*ready)(void *user);
    void *user;
};

#endif
