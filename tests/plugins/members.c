/* Says who is a member of network 7 by the service "cluster", and changes this machine's tags. */
#include "plugin.h"

#include <netvane/services/cluster.h>

static struct {
    struct vane_self *self;
    const struct vane_host *host;
    const struct vane_cluster_table *cluster;
    void *provider;
} here;

static int say(void *user, const struct vane_cluster_member *member)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;

    SAY("member %s state %u local %u tag %s", member->name, member->state, member->local,
        member->tag_count > 0 ? member->tags[0] : "-");
    return 0;
}

static void changed(void *user, const void *table, void *provider)
{
    here.cluster = table;
    here.provider = provider;
}

static int on_event(void *user, const struct vane_event *event)
{
    static const char *const tags[] = {"core"};

    if (!here.cluster)
        return 0;
    (void)here.cluster->set_tags(here.provider, 7, tags, 1);
    (void)here.cluster->members(here.provider, 7, say, NULL);
    return 0;
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_service_watch *watch;
    struct vane_subscription *subscription;
    static const char *const bad[] = {"a\nb"};
    int r;

    here.self = self;
    here.host = host;
    r = host->services->watch(self, VANE_CLUSTER_SERVICE, VANE_CLUSTER_VERSION, changed, NULL,
                              &watch);
    if (r == 0 && here.cluster)
        SAY("absent %d bad %d", here.cluster->set_tags(here.provider, 8, NULL, 0),
            here.cluster->set_tags(here.provider, 7, bad, 1));
    return r < 0
               ? r
               : host->bus->subscribe(self, "cluster.node.*", NULL, on_event, NULL, &subscription);
}

TEST_PLUGIN(.init = init)
