/*
 * When to try the system bus again: soon and a few times after it went, then only when something
 * happens in the directory of its socket, or once a minute. So a host without a bus costs nothing.
 */
#ifndef NETVANE_ENGINE_BUS_RETRY_H
#define NETVANE_ENGINE_BUS_RETRY_H

#include <uv.h>

struct vane_bus_retry;

/* `again` is called from the loop whenever it is worth another try. */
struct vane_bus_retry *vane_bus_retry_new(uv_loop_t *loop, void (*again)(void *user), void *user);

/* A try has failed, or the connection was lost. */
void vane_bus_retry_later(struct vane_bus_retry *retry);

/* There is a connection: nothing is called until the next vane_bus_retry_later(). */
void vane_bus_retry_connected(struct vane_bus_retry *retry);

/* The bus answers on it, which not everything does that takes connections: when it goes now, the
 * next try comes soon. */
void vane_bus_retry_answered(struct vane_bus_retry *retry);

/* The uv handles close on the loop's next turns. NULL is a no-op. */
void vane_bus_retry_free(struct vane_bus_retry *retry);

#endif
