/* An option table that makes no sense: a type that does not exist. */
#include "plugin.h"

static const struct vane_option options[] = {
    {.name = "Twisted", .type = 99, .help = "Of no known type"},
};

static int init(struct vane_self *self, const struct vane_host *host)
{
    return 0;
}

TEST_PLUGIN(VANE_PLUGIN_OPTIONS(options), .init = init)
