/*
 * What a client of the control socket sends, up to the D-Bus library: authentication, then frames.
 * The pieces in which bytes arrive must not matter, and no frame may be above the limit.
 */
#include <stdint.h>
#include <stdlib.h>

#include "engine/control/auth.h"
#include "engine/control/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns the total of complete messages and, shifted, how it ended. */
static uint64_t frames(const uint8_t *data, size_t size, size_t piece)
{
    struct vane_frame frame = {0};
    uint64_t messages = 0;
    size_t at = 0;

    while (at < size) {
        size_t length = size - at < piece ? size - at : piece;
        bool complete;
        ssize_t taken = vane_frame_scan(&frame, data + at, length, &complete);

        if (taken < 0)
            return messages << 1;
        if (taken == 0 || (size_t)taken > length || frame.size > VANE_FRAME_MESSAGE_MAX)
            abort();
        messages += complete;
        at += (size_t)taken;
    }
    return messages << 1 | 1;
}

static size_t authenticate(const uint8_t *data, size_t size, size_t piece, int *result)
{
    struct vane_auth auth;
    size_t at = 0;

    vane_auth_init(&auth, 1000);
    while (at < size && auth.state != VANE_AUTH_OVER) {
        size_t length = size - at < piece ? size - at : piece, used;
        const char *answer = NULL;
        int r = vane_auth_feed(&auth, data + at, length, &used, &answer);

        *result = r;
        if (r < 0)
            return at;
        if (used == 0 || used > length || (r == VANE_AUTH_ANSWER) != (answer != NULL))
            abort();
        at += used;
    }
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int whole = 0, bytes = 0;
    size_t at = authenticate(data, size, SIZE_MAX, &whole);

    authenticate(data, size, 1, &bytes);
    if ((whole < 0) != (bytes < 0))
        abort();
    if (frames(data + at, size - at, SIZE_MAX) != frames(data + at, size - at, 1))
        abort();
    if (frames(data, size, 7) != frames(data, size, 1))
        abort();
    return 0;
}
