/* Needs what this host does not have yet. */
#include "plugin.h"

static int init(struct vane_self *self, const struct vane_host *host)
{
    return 0;
}

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD_NEEDING(PLUGIN_NAME, "1.0", VANE_ABI_MINOR + 1),
    .description = "Test plugin",
    .licence = "MIT",
    .init = init,
};
VANE_PLUGIN(plugin)
