/* Crashes in the callback of an event of its own. */
#include <signal.h>

#include "plugin.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
} here;

static int on_event(void *user, const struct vane_event *event)
{
    raise(SIGSEGV);
    return 0;
}

static void tick(void *user)
{
    here.host->bus->publish(here.self, "crash.now", NULL, NULL, NULL);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    int r = host->bus->subscribe(self, "crash.now", NULL, on_event, NULL, NULL);

    here.self = self;
    here.host = host;
    return r < 0 ? r : host->loop->timer_start(self, 100, 0, tick, NULL, NULL);
}

TEST_PLUGIN(.init = init)
