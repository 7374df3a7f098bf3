/* Was built for another major of the API. */
#include "plugin.h"

static int init(struct vane_self *self, const struct vane_host *host)
{
    return 0;
}

static const struct vane_plugin plugin = {
    .size = sizeof(plugin),
    .abi_major = VANE_ABI_MAJOR + 1,
    .name = PLUGIN_NAME,
    .version = "1.0",
    .description = "Test plugin",
    .licence = "MIT",
    .init = init,
};
VANE_PLUGIN(plugin)
