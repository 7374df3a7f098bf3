/*
 * Completes its shutdown() in the callback of a child's output, which the host then takes away. The
 * child writes more than is read at once, and ends before any of it is: so that its last line and
 * its end come together.
 */
#include <string.h>
#include <time.h>

#include "plugin.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
} here;

static void on_line(void *user, const char *line, size_t length, uint32_t error)
{
    if (length == 4 && memcmp(line, "last", 4) == 0)
        here.host->loop->done(here.self, 0);
}

static void on_exited(void *user, const struct vane_child_status *status)
{
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    here.self = self;
    here.host = host;
    return 0;
}

static int shutdown(struct vane_self *self)
{
    static const char *const arguments[] = {"sh", "-c", "printf '%020000d\\n' 1; echo last", NULL};
    struct vane_spawn spawn = {.size = sizeof(spawn),
                               .path = "/bin/sh",
                               .arguments = arguments,
                               .output = on_line,
                               .exited = on_exited};
    const struct timespec until_it_ended = {0, 200000000};
    int r = here.host->loop->spawn(self, &spawn, NULL);

    nanosleep(&until_it_ended, NULL);
    return r < 0 ? r : -EINPROGRESS;
}

TEST_PLUGIN(.init = init, .shutdown = shutdown)
