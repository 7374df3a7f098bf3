/* Offers a service for a while. */
#include "plugin.h"

#include "provider.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
    struct vane_service *service;
} here;

static int add(void *provider, int a, int b)
{
    return provider == &here ? a + b : -EINVAL;
}

static const struct test_adder table = {sizeof(table), 1, add};

static void withdraw(void *user)
{
    here.host->services->withdraw(here.self, here.service);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    int r = host->services->offer(self, "adder", 1, &table, &here, &here.service);

    here.self = self;
    here.host = host;
    return r < 0 ? r : host->loop->timer_start(self, 200, 0, withdraw, NULL, NULL);
}

TEST_PLUGIN(.init = init)
