/*
 * The watchdog: a thread that says who holds the loop, and that ends the process when a plugin
 * blocks it past the deadline of its shutdown. It sleeps while nothing calls into plugins.
 */
#ifndef NETVANE_ENGINE_WATCHDOG_H
#define NETVANE_ENGINE_WATCHDOG_H

#include <stdint.h>

struct vane_watchdog;

/* Calls longer than `stall_ns` are named. */
int vane_watchdog_start(uint64_t stall_ns, struct vane_watchdog **watchdog);
void vane_watchdog_stop(struct vane_watchdog *watchdog);

/* At this CLOCK_MONOTONIC time the process ends unless a later call moves it; 0: never. NULL-safe.
 */
void vane_watchdog_deadline(struct vane_watchdog *watchdog, uint64_t deadline_ns);

/* Wakes the thread if it sleeps; a fence and a load if it does not. Called when a call begins. */
void vane_watchdog_nudge(void);

#endif
