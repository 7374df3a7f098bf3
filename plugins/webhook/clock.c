/* Telling a clock that was set from one that runs. See clock.h. */
#include "plugins/webhook/clock.h"

#define LEAST_NS INT64_C(60000000000)

int64_t vane_clock_jump(struct vane_webhook_clock *clock, int64_t realtime_ns, int64_t boottime_ns)
{
    int64_t ahead = realtime_ns - boottime_ns, jump = ahead - clock->ahead_ns;

    clock->ahead_ns = ahead;
    if (clock->looks++ == 0)
        return 0;
    return jump >= LEAST_NS || jump <= -LEAST_NS ? jump : 0;
}
