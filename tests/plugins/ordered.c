/* Says when it comes and goes; built several times with other requirements. */
#include "plugin.h"

static const struct vane_host *host;

#ifndef REQUIRES
#define REQUIRES NULL
#endif
#ifndef AFTER
#define AFTER NULL
#endif

static const char *const required[] = {REQUIRES, NULL};
static const char *const earlier[] = {AFTER, NULL};

static int init(struct vane_self *self, const struct vane_host *given)
{
    host = given;
    return SAY("init");
}

static int shutdown(struct vane_self *self)
{
    return SAY("shutdown");
}

TEST_PLUGIN(.requires_plugins = required, .after_plugins = earlier, .init = init,
            .shutdown = shutdown)
