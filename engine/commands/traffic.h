/* The traffic of all interfaces in the daemon's network namespace, as proc_net(5) has it. */
#ifndef NETVANE_ENGINE_COMMANDS_TRAFFIC_H
#define NETVANE_ENGINE_COMMANDS_TRAFFIC_H

#include "lib/json/writer.h"

struct vane_traffic_table;

/* Reads it now. NULL: it cannot be read. */
struct vane_traffic_table *vane_traffic_read(void);

void vane_traffic_free(struct vane_traffic_table *table);

static inline void vane_traffic_freep(struct vane_traffic_table **table)
{
    vane_traffic_free(*table);
}

/* Writes an interface's counters as members; nothing if it has none. `table` may be NULL. */
void vane_traffic_write(struct vane_json *json, const struct vane_traffic_table *table,
                        const char *name);

#endif
