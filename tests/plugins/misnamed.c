/* Calls itself otherwise than its file. */
#undef PLUGIN_NAME
#define PLUGIN_NAME "someone-else"
#include "plugin.h"

static int init(struct vane_self *self, const struct vane_host *host)
{
    return 0;
}

TEST_PLUGIN(.init = init)
