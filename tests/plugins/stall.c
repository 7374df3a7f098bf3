/* Holds the loop for a while, once. */
#include <time.h>

#include "plugin.h"

static const struct vane_option options[] = {
    {.name = "Hold", .type = VANE_OPTION_TIME, .default_value = "300ms", .help = "For how long"},
};

static int64_t hold_usec;

static void hold(void *user)
{
    struct timespec time = {hold_usec / 1000000, hold_usec % 1000000 * 1000};

    nanosleep(&time, NULL);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    host->config->get_int64(self, NULL, "Hold", &hold_usec);
    return host->loop->timer_start(self, 50, 0, hold, NULL, NULL);
}

TEST_PLUGIN(VANE_PLUGIN_OPTIONS(options), .init = init)
