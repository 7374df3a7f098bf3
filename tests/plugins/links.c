/* Reads the link table, and creates a bridge. */
#include "plugin.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
} here;

static void created(void *user, int result, const char *message)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;

    SAY("create: %d %s", result, message ? message : "");
}

static int say_links(struct vane_self *self, const struct vane_host *host)
{
    const struct vane_payload *link;
    int64_t index = 0;

    while (host->links->next(self, (uint32_t)index, &link) == 0) {
        const char *name = "?";

        host->bus->get_string(link, "interface_name", &name);
        host->bus->get_int64(link, "interface_index", &index);
        SAY("link %s %d", name, (int)index);
        host->bus->payload_unref(link);
    }
    return 0;
}

static int create(struct vane_self *self, const char *name)
{
    struct vane_link_create request = {.size = sizeof(request),
                                       .netns_fd = -1,
                                       .peer_netns_fd = -1,
                                       .name = name,
                                       .kind = "bridge"};

    return here.host->links->create(self, &request, created, NULL);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    int r;

    here.self = self;
    here.host = host;
    SAY("ready %d", host->links->ready(self));
    say_links(self, host);
    r = create(self, "br-test");
    return r < 0 ? r : create(self, "lo");
}

TEST_PLUGIN(.init = init)
