/* What is told of the others: events, the log, and the end of tunnels. See presence.h. */
#include "plugins/cluster/presence.h"

#include <string.h>

#include "plugins/cluster/request.h"
#include "plugins/cluster/tunnel.h"

static void tell(const struct vane_cluster *cluster, const char *topic,
                 const struct vane_node *node, const char *reason)
{
    char *const *tags = node->presence.tags;
    const struct vane_field fields[] = {
        vane_string("nkey", node->nkey),
        vane_string("name", node->presence.name),
        vane_string("version", node->presence.version),
        vane_strings("tags", (const char *const *)tags, g_strv_length((char **)tags)),
        vane_string("reason", reason ? reason : ""),
    };
    const struct vane_fields payload = {(uint32_t)sizeof(fields[0]),
                                        G_N_ELEMENTS(fields) - (reason ? 0 : 1), fields};

    (void)cluster->host->bus->publish(cluster->self, topic, &payload, NULL, NULL);
}

static void on_joined(void *user, const struct vane_node *node)
{
    tell(user, "cluster.node.joined", node, NULL);
}

static void on_left(void *user, const struct vane_node *node)
{
    tell(user, "cluster.node.left", node, vane_node_state_word(node->state));
    if (node->state == VANE_NODE_LEFT)
        vane_tunnels_left(user, node->nkey);
}

static void on_changed(void *user, const struct vane_node *node)
{
    tell(user, "cluster.node.changed", node, NULL);
}

static void on_crowded(void *user, bool is_crowded)
{
    const struct vane_cluster *cluster = user;

    if (is_crowded)
        (void)cluster->host->log->print(
            cluster->self, VANE_LOG_WARNING,
            "more than %u machines say that they are in the cluster: those heard longest ago are "
            "forgotten, unless MemberTags= or Callers= of [ClusterAllow] name them; let the server "
            "allow each machine its own netvane.%s.presence.NKEY alone",
            VANE_ROSTER_MAX, cluster->options.cluster);
    else
        (void)cluster->host->log->print(cluster->self, VANE_LOG_NOTICE,
                                        "there is room again for all machines of the cluster");
}

static bool on_named(void *user, const char *nkey)
{
    const struct vane_cluster *cluster = user;

    return strcmp(nkey, cluster->key.nkey) == 0 || vane_access_names(&cluster->options, nkey);
}

struct vane_roster vane_presence_teller(struct vane_cluster *cluster)
{
    return (struct vane_roster){
        .joined = on_joined,
        .left = on_left,
        .changed = on_changed,
        .crowded = on_crowded,
        .named = on_named,
        .user = cluster,
    };
}
