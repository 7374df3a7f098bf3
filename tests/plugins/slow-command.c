/* A command that is never answered: whoever asks has to give up. */
#include "plugin.h"

static int wait_for_ever(void *user, struct vane_request *request)
{
    (void)user;
    (void)request;
    return -EINPROGRESS;
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    const struct vane_command command = {
        .size = sizeof(command),
        .syntax = "wait",
        .help = "Wait for ever",
        .run = wait_for_ever,
    };

    return host->commands->add(self, &command, NULL);
}

TEST_PLUGIN(.init = init)
