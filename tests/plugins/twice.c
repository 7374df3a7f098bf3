/* Registers twice. */
#include "plugin.h"

static int init(struct vane_self *self, const struct vane_host *host)
{
    return 0;
}

TEST_PLUGIN(.init = init)

__attribute__((constructor)) static void once_more(void)
{
    (void)vane_plugin_register(&plugin);
}
