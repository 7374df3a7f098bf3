/*
 * The wall clock, which may be set at any time: a board without a clock of its own begins in the
 * past. What waits is kept with times of that clock, over restarts; so a jump moves those, too.
 */
#ifndef NETVANE_WEBHOOK_CLOCK_H
#define NETVANE_WEBHOOK_CLOCK_H

#include <stdint.h>

/* All-zero is one that was never looked at. */
struct vane_webhook_clock {
    int64_t ahead_ns; /* of the time since boot, at the last look */
    int64_t looks;
};

/*
 * How far the wall clock was set since the last look, given both clocks now (CLOCK_REALTIME and
 * CLOCK_BOOTTIME, nanoseconds). 0: it was not, or by less than a minute. Pure.
 */
int64_t vane_clock_jump(struct vane_webhook_clock *clock, int64_t realtime_ns, int64_t boottime_ns);

#endif
