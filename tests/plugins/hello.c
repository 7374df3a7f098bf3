/* The least that a plugin has to have. */
#include "plugin.h"

static int init(struct vane_self *self, const struct vane_host *host)
{
    return SAY("hello");
}

TEST_PLUGIN(.init = init)
