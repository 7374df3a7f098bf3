/* Asks the daemon to end as soon as it runs. */
#include <signal.h>
#include <unistd.h>

#include "plugin.h"

static void quit(void *user)
{
    kill(getpid(), SIGTERM);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    return host->loop->timer_start(self, 0, 0, quit, NULL, NULL);
}

TEST_PLUGIN(.init = init)
