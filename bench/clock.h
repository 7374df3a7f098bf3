/* The clock of all measurements: CLOCK_MONOTONIC, which is the same in every namespace here. */
#ifndef NETVANE_BENCH_CLOCK_H
#define NETVANE_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
