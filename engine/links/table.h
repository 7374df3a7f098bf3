/*
 * The link table of an engine: the store of links and those who bring it news (the kernel,
 * systemd-networkd, nl80211), and the requests to change links.
 */
#ifndef NETVANE_ENGINE_LINKS_TABLE_H
#define NETVANE_ENGINE_LINKS_TABLE_H

#include <netvane/links.h>

#include "engine/engine.h"

struct vane_link_table;

struct vane_link_options {
    uint32_t receive_buffer; /* bytes, of the netlink socket; 0: 32 MiB */
    uint32_t no_networkd;    /* 1: states come from the kernel even if systemd-networkd runs */
};

/*
 * Starts watching into engine->links. `ready` is called once, from the loop, when the first dump
 * is complete and, if systemd-networkd owns its name, its states are known; a bus that does not
 * answer delays it by 2 s at most. `options` may be NULL.
 */
int vane_link_table_start(struct vane_engine *engine, const struct vane_link_options *options,
                          void (*ready)(void *user), void *user);

/*
 * Ends all of it and sets engine->links to NULL: no event comes afterwards. Requests that are under
 * way end with -ESHUTDOWN. The handles close on the loop's next turns. A no-op when not started.
 */
void vane_link_table_stop(struct vane_engine *engine);

bool vane_link_table_ready(const struct vane_link_table *table);
uint32_t vane_link_table_count(const struct vane_link_table *table);

/* Snapshots with a reference, NULL: there is none. By the least index above `after`, and by name.
 */
const struct vane_payload *vane_link_table_next(const struct vane_link_table *table,
                                                uint32_t after);
const struct vane_payload *vane_link_table_find(const struct vane_link_table *table,
                                                const char *name);

extern const struct vane_links vane_links_table;

#endif
