/* Publishes from an event's callback: that queues, and never calls back within the call. */
#include "plugin.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
    int depth, deepest, count;
} here;

static int on_event(void *user, const struct vane_event *event)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;

    here.depth++;
    if (here.depth > here.deepest)
        here.deepest = here.depth;
    if (++here.count < 5)
        host->bus->publish(self, "recursion.x", NULL, event, NULL);
    else
        SAY("%d events, depth %d", here.count, here.deepest);
    here.depth--;
    return 0;
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    int r = host->bus->subscribe(self, "recursion.*", NULL, on_event, NULL, NULL);

    here.self = self;
    here.host = host;
    return r < 0 ? r : host->bus->publish(self, "recursion.x", NULL, NULL, NULL);
}

TEST_PLUGIN(.init = init)
