/* A strict and a lossy subscription, both too small for what comes. */
#include "plugin.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
} here;

static int on_event(void *user, const struct vane_event *event)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;

    SAY("%s receives", (const char *)user);
    return 0;
}

static void on_lost(void *user, uint64_t first, uint64_t last)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;

    SAY("%s loses %d", (const char *)user, (int)(last - first + 1));
}

static void on_ended(void *user, int error)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;

    SAY("%s ends with %s", (const char *)user, error == -ENOBUFS ? "ENOBUFS" : "something else");
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_subscribe options = {
        .size = sizeof(options), .queue_length = 2, .lost = on_lost, .ended = on_ended};

    here.self = self;
    here.host = host;
    host->bus->subscribe(self, "strict.x", &options, on_event, (void *)"lossy", NULL);
    options.flags = VANE_SUBSCRIBE_STRICT;
    host->bus->subscribe(self, "strict.x", &options, on_event, (void *)"strict", NULL);
    for (int i = 0; i < 5; i++)
        host->bus->publish(self, "strict.x", NULL, NULL, NULL);
    return 0;
}

TEST_PLUGIN(.init = init)
