/* Subscribes late, with replay: what was published before comes first, each event once. */
#include "plugin.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
    uint64_t first, last;
    int count, holes;
} here;

static int on_event(void *user, const struct vane_event *event)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;
    uint64_t seq = host->bus->event_seq(event);

    here.holes += here.count++ > 0 && seq != here.last + 1;
    here.last = seq;
    if (here.count == 4)
        SAY("%d events without %s", here.count, here.holes ? "nothing" : "holes");
    return 0;
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_subscribe options = {.size = sizeof(options), .flags = VANE_SUBSCRIBE_REPLAY};

    here.self = self;
    here.host = host;
    host->bus->position(self, &options.since, NULL);
    options.since--;
    for (int i = 0; i < 2; i++)
        host->bus->publish(self, "replay.before", NULL, NULL, NULL);
    host->bus->subscribe(self, "replay.*", &options, on_event, NULL, NULL);
    for (int i = 0; i < 2; i++)
        host->bus->publish(self, "replay.after", NULL, NULL, NULL);
    return 0;
}

TEST_PLUGIN(.init = init)
