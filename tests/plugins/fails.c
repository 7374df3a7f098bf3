/* init() fails with the configured error; shutdown() with another. */
#include "plugin.h"

static const struct vane_host *host;

static const struct vane_option options[] = {
    {.name = "InitError",
     .type = VANE_OPTION_INTEGER,
     .default_value = "0",
     .maximum = 4095,
     .help = "Errno that init() fails with"},
    {.name = "ShutdownError",
     .type = VANE_OPTION_INTEGER,
     .default_value = "0",
     .maximum = 4095,
     .help = "Errno that shutdown() fails with"},
};

static int error_of(struct vane_self *self, const char *option)
{
    int64_t value = 0;

    host->config->get_int64(self, NULL, option, &value);
    return -(int)value;
}

static int init(struct vane_self *self, const struct vane_host *given)
{
    int error;

    host = given;
    error = error_of(self, "InitError");
    if (error == -EOPNOTSUPP)
        host->log->unavailable(self, "this system has no flux capacitor");
    return error;
}

static int shutdown(struct vane_self *self)
{
    SAY("shutdown");
    return error_of(self, "ShutdownError");
}

TEST_PLUGIN(VANE_PLUGIN_OPTIONS(options), .init = init, .shutdown = shutdown)
