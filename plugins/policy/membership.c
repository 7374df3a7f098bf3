/*
 * Who is in a network: those who announce it in the cluster, as far as the rules on "join" let them
 * in. This file says when to look (look.c does), and which networks have members. See
 * lib/policy/members.h for what can become of a machine.
 */

#include "plugins/policy/policy.h"

#define PAUSE_US  (100 * 1000) /* between two looks */
#define SLEEP_MAX (INT64_C(3600) * G_USEC_PER_SEC)

/* ---- when ---- */

static void on_look(void *user)
{
    struct vane_policy_plugin *plugin = user;

    plugin->look = NULL;
    plugin->look_us = 0;
    plugin->looked_us = g_get_monotonic_time();
    for (guint i = 0; i < plugin->runners->len; i++)
        vane_policy_look(g_ptr_array_index(plugin->runners, i));
}

/* One timer for all: the earliest wins. */
void vane_policy_look_later(struct vane_policy_plugin *plugin, int64_t delay_us)
{
    int64_t now = g_get_monotonic_time();
    int64_t due = now + CLAMP(delay_us, 0, SLEEP_MAX);

    if (plugin->stopping || (plugin->look && plugin->look_us <= due))
        return;
    if (plugin->look)
        (void)plugin->host->loop->timer_stop(plugin->self, g_steal_pointer(&plugin->look));
    plugin->look_us = due;
    (void)plugin->host->loop->timer_start(plugin->self, (uint64_t)(due - now + 999) / 1000, 0,
                                          on_look, plugin, &plugin->look);
}

/* A crowd that comes at once is looked at a few times, not once for each. */
static void look_soon(struct vane_policy_plugin *plugin)
{
    vane_policy_look_later(plugin, MAX(plugin->looked_us + PAUSE_US - g_get_monotonic_time(), 0));
}

static int on_node(void *user, const struct vane_event *event)
{
    look_soon(user);
    return 0;
}

static void on_lost(void *user, uint64_t first, uint64_t last)
{
    look_soon(user);
}

/* Nobody is heard until he is heard anew. */
static void unhear(struct vane_policy_runner *runner)
{
    g_autoptr(GPtrArray) peers =
        runner->members ? vane_policy_members_sorted(runner->members) : g_ptr_array_new();

    for (guint i = 0; i < peers->len; i++)
        vane_policy_members_unhear(runner->members, peers->pdata[i]);
}

static void on_cluster(void *user, const void *table, void *provider)
{
    struct vane_policy_plugin *plugin = user;

    plugin->cluster = table;
    plugin->cluster_provider = provider;
    plugin->settled_us = 0;
    for (guint i = 0; i < plugin->runners->len; i++) {
        struct vane_policy_runner *runner = g_ptr_array_index(plugin->runners, i);

        unhear(runner);
        if (table)
            vane_policy_membership_begin(runner);
    }
}

int vane_policy_membership_start(struct vane_policy_plugin *plugin)
{
    return plugin->host->services->watch(plugin->self, VANE_CLUSTER_SERVICE, VANE_CLUSTER_VERSION,
                                         on_cluster, plugin, &plugin->cluster_watch);
}

void vane_policy_membership_stop(struct vane_policy_plugin *plugin)
{
    const struct vane_host *host = plugin->host;

    if (plugin->cluster_watch)
        (void)host->services->unwatch(plugin->self, g_steal_pointer(&plugin->cluster_watch));
    if (plugin->nodes)
        (void)host->bus->unsubscribe(plugin->self, g_steal_pointer(&plugin->nodes));
    if (plugin->look)
        (void)host->loop->timer_stop(plugin->self, g_steal_pointer(&plugin->look));
    plugin->cluster = NULL;
}

static void have_members(struct vane_policy_runner *runner)
{
    runner->members = vane_policy_members_new();
    vane_policy_members_load(runner);
    runner->members->changed = vane_policy_member_changed;
    runner->members->user = runner;
}

/* Network 0 is this machine, which has none. Elsewhere members are known of as soon as there is a
 * cluster, and for good: when it is away for a moment, nobody becomes one. */
void vane_policy_membership_begin(struct vane_policy_runner *runner)
{
    g_autoptr(GPtrArray) peers = NULL;

    if (runner->network_id == 0)
        return;
    if (!runner->members && (runner->plugin->cluster || vane_policy_members_are_kept(runner)))
        have_members(runner);
    vane_policy_state_set_members(runner->state, runner->members);
    if (!runner->members)
        return;
    peers = vane_policy_members_sorted(runner->members);
    for (guint i = 0; i < peers->len; i++)
        ((struct vane_policy_peer *)peers->pdata[i])->asked = false;
    vane_policy_look(runner);
}

void vane_policy_membership_listen(struct vane_policy_plugin *plugin)
{
    const struct vane_subscribe how = {.size = sizeof(how), .lost = on_lost};
    const struct vane_bus *bus = plugin->host->bus;
    bool wanted = false;

    for (guint i = 0; i < plugin->runners->len; i++)
        wanted |= ((const struct vane_policy_runner *)plugin->runners->pdata[i])->network_id > 0;
    if (wanted && !plugin->nodes)
        (void)bus->subscribe(plugin->self, "cluster.node.*", &how, on_node, plugin, &plugin->nodes);
    else if (!wanted && plugin->nodes)
        (void)bus->unsubscribe(plugin->self, g_steal_pointer(&plugin->nodes));
}
