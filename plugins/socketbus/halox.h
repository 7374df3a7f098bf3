/*
 * The stream of HaloX: which of its lines an event becomes, if any, and that line. Pure functions
 * over rendered events.
 */
#ifndef NETVANE_SOCKETBUS_HALOX_H
#define NETVANE_SOCKETBUS_HALOX_H

#include <stddef.h>
#include <stdint.h>

enum vane_halox_kind {
    VANE_HALOX_NONE,
    VANE_HALOX_STATE_CHANGE,
    VANE_HALOX_ADDED,
    VANE_HALOX_REMOVED,
    VANE_HALOX_ADDRESS_ADDED,
    VANE_HALOX_ADDRESS_REMOVED,
};

/* Which interfaces are gone: of what still comes about them nothing may follow. */
struct vane_halox_tracker;

struct vane_halox_tracker *vane_halox_tracker_new(void);
void vane_halox_tracker_free(struct vane_halox_tracker *tracker);

/* The kind of the next event in order of seq. `administrative` is that of link.state, or NULL. */
enum vane_halox_kind vane_halox_judge(struct vane_halox_tracker *tracker, const char *topic,
                                      uint32_t ifindex, const char *administrative);

/*
 * The line without its newline, to be freed with g_free(). `interface_type` is for the events that
 * carry none (addresses); NULL: unknown.
 */
char *vane_halox_render(enum vane_halox_kind kind, const char *json, size_t length,
                        const char *interface_type, size_t *out_length);

#endif
