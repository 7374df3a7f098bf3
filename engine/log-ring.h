/*
 * The last lines of the log, for "show log". Per process, as the log itself.
 */
#ifndef NETVANE_ENGINE_LOG_RING_H
#define NETVANE_ENGINE_LOG_RING_H

#include <stdint.h>

struct vane_log_line {
    int64_t time_ns; /* CLOCK_REALTIME */
    uint32_t level;
    char *subject, *message;
};

/* Keeps what is logged on this thread from now on. */
void vane_log_ring_start(void);

/* Ends it, and forgets all. */
void vane_log_ring_stop(void);

unsigned vane_log_ring_count(void);

/* The n-th of those kept, 0 the oldest. */
const struct vane_log_line *vane_log_ring_at(unsigned index);

#endif
