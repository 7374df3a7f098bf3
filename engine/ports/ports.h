/*
 * Ports: every byte that enters or leaves through a plugin. What the API promises is in
 * netvane/ports.h; here is what the engine needs to have it.
 */
#ifndef NETVANE_ENGINE_PORTS_PORTS_H
#define NETVANE_ENGINE_PORTS_PORTS_H

#include <netvane/ports.h>

struct vane_engine;
struct vane_port_table;

int vane_port_table_new(struct vane_engine *engine, struct vane_port_table **table);

/* The daemon stops: no new peer is accepted and nothing new is bound; what is open goes on. */
void vane_port_table_quiesce(struct vane_port_table *table);

/* All ports and connections must be given up or revoked; their uv handles close on the loop's next
 * turns. NULL is a no-op. */
void vane_port_table_free(struct vane_port_table *table);

/* One that is bound. Strings are borrowed. */
struct vane_port_status {
    const char *address, *plugin;
    struct vane_port_counters counters;
    uint64_t queued; /* bytes that wait to be written */
};

/* The n-th, in order of binding; -ENOENT past the last. */
int vane_port_table_at(const struct vane_port_table *table, unsigned index,
                       struct vane_port_status *status);

extern const struct vane_ports vane_ports_table;

#endif
