/* Sentences about failures: one for each thread, so that threads that share a handle see their own.
 */
#include <stdarg.h>
#include <stdio.h>

#include "client/can.h"

static __thread char last_error[1024];

const char *vane_can_error(void)
{
    return last_error;
}

int vane_canlib_fail(int error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(last_error, sizeof(last_error), format, arguments);
    va_end(arguments);
    return error;
}

int vane_canlib_because(struct vane_can *can, int error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(can->detail, sizeof(can->detail), format, arguments);
    va_end(arguments);
    return error;
}
