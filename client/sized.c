/* Structs that begin with their size: a program may be older or newer than the library. */
#include <errno.h>
#include <string.h>

#include "client/can.h"

static uint32_t size_of(const void *theirs)
{
    uint32_t size;

    memcpy(&size, theirs, sizeof(size));
    return size;
}

int vane_canlib_copy_in(void *ours, size_t size, const void *theirs)
{
    size_t length = size_of(theirs);
    const char *bytes = theirs;

    if (length < 2 * sizeof(uint32_t))
        return vane_canlib_fail(-EINVAL, "the size of a struct is not set");
    for (size_t i = size; i < length; i++) {
        if (bytes[i])
            return vane_canlib_fail(-E2BIG,
                                    "a struct has members that libnetvane-can %s does not know",
                                    vane_can_version());
    }
    memset(ours, 0, size);
    memcpy(ours, theirs, length < size ? length : size);
    return 0;
}

int vane_canlib_copy_out(void *theirs, const void *ours, size_t size)
{
    uint32_t length = size_of(theirs);

    if (length < 2 * sizeof(uint32_t))
        return vane_canlib_fail(-EINVAL, "the size of a struct is not set");
    memset(theirs, 0, length);
    memcpy(theirs, ours, length < size ? length : size);
    memcpy(theirs, &length, sizeof(length));
    return 0;
}
