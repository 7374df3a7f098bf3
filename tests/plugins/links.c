/* Reads the link table, creates bridges, and deletes one that is still what it was. */
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

static void looked(void *user, int result, const struct vane_payload *const *links, uint32_t count)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;
    const char *alias = "";

    if (count == 1)
        (void)host->bus->get_string(links[0], "alias", &alias);
    SAY("%s: %d %u %s", (const char *)user, result, count, alias);
}

static void changed(void *user, int result, const char *message)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;

    SAY("%s: %d", (const char *)user, result);
}

static int delete_if(uint32_t ifindex, const char *alias, const char *what)
{
    const struct vane_link_expect expect = {
        .size = sizeof(expect), .name = "br-marked", .interface_type = "ether", .alias = alias};
    const struct vane_link_change change = {
        .size = sizeof(change), .what = VANE_LINK_DELETE, .netns_fd = -1, .expect = &expect};

    return here.host->links->change(here.self, ifindex, &change, changed, (void *)(uintptr_t)what);
}

static void marked_is_there(void *user, int result, const char *message)
{
    uint32_t ifindex = 0;

    (void)here.host->links->index_of(here.self, "br-marked", -1, &ifindex);
    here.host->links->query(here.self, "br-marked", 0, -1, looked, (void *)"by name");
    here.host->links->query(here.self, NULL, ifindex, -1, looked, (void *)"by index");
    here.host->links->query(here.self, NULL, 0, -1, looked, (void *)"all");
    delete_if(ifindex, "another", "delete another");
    delete_if(ifindex, "a mark", "delete it");
    here.host->links->query(here.self, "br-marked", 0, -1, looked, (void *)"afterwards");
}

static int create_marked(struct vane_self *self)
{
    struct vane_link_create request = {.size = sizeof(request),
                                       .netns_fd = -1,
                                       .peer_netns_fd = -1,
                                       .name = "br-marked",
                                       .kind = "bridge",
                                       .alias = "a mark"};

    return here.host->links->create(self, &request, marked_is_there, NULL);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    int r;

    here.self = self;
    here.host = host;
    SAY("ready %d", host->links->ready(self));
    say_links(self, host);
    r = create(self, "br-test");
    if (r == 0)
        r = create(self, "lo");
    return r < 0 ? r : create_marked(self);
}

TEST_PLUGIN(.init = init)
