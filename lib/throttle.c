/* A bound on what a program prints to the log. See throttle.h. */
#include "lib/throttle.h"

uint64_t vane_throttle_end(struct vane_throttle *throttle)
{
    uint64_t suppressed = throttle->suppressed;

    *throttle = (struct vane_throttle){0};
    return suppressed;
}

bool vane_throttle_admit(struct vane_throttle *throttle, int64_t now_usec, size_t length,
                         uint64_t *suppressed)
{
    *suppressed = 0;
    if (throttle->began_usec == 0 || now_usec - throttle->began_usec >= VANE_THROTTLE_USEC) {
        *suppressed = vane_throttle_end(throttle);
        throttle->began_usec = now_usec;
    }
    if (throttle->lines >= VANE_THROTTLE_LINES || throttle->bytes + length > VANE_THROTTLE_BYTES) {
        throttle->suppressed++;
        return false;
    }
    throttle->lines++;
    throttle->bytes += length;
    return true;
}
