/* The numbers of streams. See tunnel-numbers.h. */
#include "plugins/cluster/tunnel-numbers.h"

#define STEP 2u

uint32_t vane_tunnel_stream_after(uint32_t number)
{
    return number > UINT32_MAX - STEP ? 0 : number + STEP;
}

/* The last one becomes one before the new one. */
static void advance(struct vane_tunnel_heard *heard, uint32_t number)
{
    uint32_t steps = (number - heard->last) / STEP;

    heard->before = steps < 64 ? heard->before << steps : 0;
    if (heard->last > 0 && steps <= 64)
        heard->before |= UINT64_C(1) << (steps - 1);
    heard->last = number;
}

bool vane_tunnel_heard_first(struct vane_tunnel_heard *heard, uint32_t number)
{
    uint32_t steps;
    uint64_t bit;

    if (number > heard->last) {
        advance(heard, number);
        return true;
    }
    steps = (heard->last - number) / STEP;
    if (steps == 0 || steps > 64)
        return false;
    bit = UINT64_C(1) << (steps - 1);
    if (heard->before & bit)
        return false;
    heard->before |= bit;
    return true;
}
