/* A server that sends back what it gets. */
#include <stdio.h>

#include "plugin.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
} here;

static void received(void *user, struct vane_connection *connection, const void *data,
                     size_t length)
{
    here.host->ports->send(here.self, connection, data, length);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_port_events events = {.size = sizeof(events), .received = received};
    struct vane_port *port;
    const char *directory;
    char address[200];
    int r = host->config->runtime_directory(self, &directory);

    here.self = self;
    here.host = host;
    if (r < 0)
        return r;
    snprintf(address, sizeof(address), "unix:%s/echo", directory);
    return host->ports->listen(self, address, NULL, &events, NULL, &port);
}

TEST_PLUGIN(.init = init)
