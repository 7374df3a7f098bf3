/* Takes its time: init() and shutdown() complete from a timer, or never. */
#include "plugin.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
} here;

static const struct vane_option options[] = {
    {.name = "InitDelay", .type = VANE_OPTION_TIME, .default_value = "20ms", .help = "Of init()"},
    {.name = "ShutdownDelay",
     .type = VANE_OPTION_TIME,
     .default_value = "20ms",
     .help = "Of shutdown(); infinity: never"},
};

static void complete(void *what)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;
    int r;

    SAY("%s completes", (const char *)what);
    r = host->loop->done(self, 0);
    if (r < 0 || host->loop->done(self, 0) != -EALREADY)
        SAY("done() answers %d", r);
}

static int after(const char *option, const char *what)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;
    uint64_t left = 0;
    int64_t usec = 0;
    int r;

    r = host->config->get_int64(self, NULL, option, &usec);
    if (r < 0)
        return r;
    r = host->loop->deadline(self, &left);
    SAY("%s has %s", what, r == 0 && left > 0 ? "time" : "no time");
    if (usec == INT64_MAX)
        return -EINPROGRESS;
    r = host->loop->timer_start(self, (uint64_t)usec / 1000, 0, complete, (void *)(uintptr_t)what,
                                NULL);
    return r < 0 ? r : -EINPROGRESS;
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    here.self = self;
    here.host = host;
    return after("InitDelay", "init");
}

static int shutdown(struct vane_self *self)
{
    return after("ShutdownDelay", "shutdown");
}

TEST_PLUGIN(VANE_PLUGIN_OPTIONS(options), .init = init, .shutdown = shutdown)
