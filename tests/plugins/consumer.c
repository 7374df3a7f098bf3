/* Uses a service while it is there. It starts before its provider, by name. */
#include "plugin.h"

#include "provider.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
} here;

static void changed(void *user, const void *table, void *provider)
{
    const struct test_adder *adder = table;
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;

    if (adder)
        SAY("2 and 3 are %d", adder->add(provider, 2, 3));
    else
        SAY("the adder is gone");
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_service_watch *watch;

    here.self = self;
    here.host = host;
    return host->services->watch(self, "adder", 1, changed, NULL, &watch);
}

TEST_PLUGIN(.init = init)
