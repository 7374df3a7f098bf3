/*
 * The script of the benchmarks: appends "TIME IFACE STATE" to the file named by STAMP_FILE. A
 * static program, so that next to nothing lies between exec and the time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/clock.h"

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "-";
}

/* Only scripts of the interface that SLOW_IFACE names take their time. */
static void dawdle(void)
{
    const struct timespec half_a_second = {0, 500000000};

    if (strcmp(variable("SLOW_IFACE"), variable("IFACE")) == 0)
        nanosleep(&half_a_second, NULL);
}

int main(void)
{
    unsigned long long now = now_ns();
    int fd = open(variable("STAMP_FILE"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    if (fd < 0 || dprintf(fd, "%llu %s %s\n", now, variable("IFACE"), variable("STATE")) < 0)
        return 1;
    dawdle();
    return 0;
}
