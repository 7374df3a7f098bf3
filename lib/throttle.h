/*
 * Keeps a program that prints without end from filling the log: so many lines and bytes in a window
 * of time are let through, the others are counted.
 */
#ifndef NETVANE_LIB_THROTTLE_H
#define NETVANE_LIB_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VANE_THROTTLE_LINES 1000u
#define VANE_THROTTLE_BYTES (256u << 10)
#define VANE_THROTTLE_USEC  INT64_C(10000000)

/* Begins as zeros. */
struct vane_throttle {
    int64_t began_usec; /* the window; 0: none */
    uint32_t lines;     /* let through in it */
    size_t bytes;
    uint64_t suppressed; /* lines that were not, and were not told of yet */
};

/*
 * May a line of that length pass at this monotonic time? `suppressed` is how many did not in a
 * window that is over, to be told before it; mostly 0.
 */
bool vane_throttle_admit(struct vane_throttle *throttle, int64_t now_usec, size_t length,
                         uint64_t *suppressed);

/* At the end: how many did not pass and were not told of yet. */
uint64_t vane_throttle_end(struct vane_throttle *throttle);

#endif
