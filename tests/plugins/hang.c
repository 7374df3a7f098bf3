/* Never comes back from shutdown(). */
#include <unistd.h>

#include "plugin.h"

static int init(struct vane_self *self, const struct vane_host *host)
{
    return 0;
}

static int shutdown(struct vane_self *self)
{
    while (pause() < 0)
        ;
    return 0;
}

TEST_PLUGIN(.init = init, .shutdown = shutdown)
