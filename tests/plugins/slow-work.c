/* Has work under way in the pool of threads when it is shut down. */
#include <time.h>

#include "plugin.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
    int64_t usec;
} here;

static const struct vane_option options[] = {
    {.name = "Hold",
     .type = VANE_OPTION_TIME,
     .default_value = "300ms",
     .help = "How long it takes"},
};

static void body(void *user)
{
    struct timespec time = {here.usec / 1000000, here.usec % 1000000 * 1000};

    nanosleep(&time, NULL);
}

static void finished(void *user)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;

    SAY("work ends");
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    here.self = self;
    here.host = host;
    host->config->get_int64(self, NULL, "Hold", &here.usec);
    return 0;
}

static int shutdown(struct vane_self *self)
{
    const struct vane_host *host = here.host;

    SAY("shutdown");
    return host->loop->work(self, body, finished, NULL);
}

TEST_PLUGIN(VANE_PLUGIN_OPTIONS(options), .init = init, .shutdown = shutdown)
