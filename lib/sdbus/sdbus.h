/*
 * An sd_bus on the uv loop: reads, writes and times out without ever blocking. What travels on
 * the bus is its users' business.
 */
#ifndef NETVANE_LIB_SDBUS_SDBUS_H
#define NETVANE_LIB_SDBUS_SDBUS_H

#include <systemd/sd-bus.h>
#include <uv.h>

struct vane_sdbus;

/*
 * Drives a started bus from `loop`, with a reference of its own on `bus`. Messages are dispatched
 * from the loop, a bounded number a turn. `gone` is called once, from the loop, when the
 * connection has ended with a negative errno; the handle then still needs vane_sdbus_detach().
 */
int vane_sdbus_attach(sd_bus *bus, uv_loop_t *loop, void (*gone)(void *user, int error), void *user,
                      struct vane_sdbus **out);

/*
 * Closes the bus and takes it off the loop; nothing is called afterwards. Allowed from callbacks
 * of the bus and from `gone`. The uv handles close on the loop's next turns. NULL is a no-op.
 */
void vane_sdbus_detach(struct vane_sdbus *attached);

/* Takes it off the loop and leaves the bus open for its other owners. NULL is a no-op. */
void vane_sdbus_release(struct vane_sdbus *attached);

#endif
