/* Tunnels come and go, as events: those that are proven, not each attempt. See tunnel.h. */
#include <errno.h>

#include "plugins/cluster/presence.h"
#include "plugins/cluster/tunnel.h"

const char *vane_tunnels_name(const struct vane_cluster *cluster, const char *nkey)
{
    const struct vane_roster *roster = vane_presence_roster(cluster);
    const struct vane_node *node = roster ? g_hash_table_lookup(roster->nodes, nkey) : NULL;

    return node && node->presence.name ? node->presence.name : nkey;
}

const char *vane_session_begun(const struct vane_session *session)
{
    return session->initiator ? "here" : "there";
}

static const char *word_of(int error, uint16_t reason)
{
    switch (error) {
    case 0:
        return "idle";
    case -ETIMEDOUT:
        return "silent";
    case -ENETDOWN:
        return reason == VANE_TUNNEL_STOPPING ? "stopping" : "no server";
    case -EMSGSIZE:
        return "too large";
    case -ECONNABORTED:
        return "dropped";
    default:
        return "ended";
    }
}

void vane_session_tell_up(const struct vane_session *session)
{
    const struct vane_cluster *cluster = session->tunnels->cluster;
    const struct vane_field fields[] = {
        vane_string("nkey", session->nkey),
        vane_string("name", vane_tunnels_name(cluster, session->nkey)),
        vane_string("begun", vane_session_begun(session)),
    };
    const struct vane_fields payload = VANE_FIELDS(fields);

    (void)cluster->host->bus->publish(cluster->self, "cluster.tunnel.up", &payload, NULL, NULL);
}

void vane_session_tell_down(const struct vane_session *session, int error, uint16_t reason)
{
    const struct vane_cluster *cluster = session->tunnels->cluster;
    const struct vane_field fields[] = {
        vane_string("nkey", session->nkey),
        vane_string("name", vane_tunnels_name(cluster, session->nkey)),
        vane_string("begun", vane_session_begun(session)),
        vane_string("reason", word_of(error, reason)),
        vane_uint64("age_s",
                    (vane_tunnels_now(session->tunnels) - session->begun_ns) / VANE_NS_PER_S),
        vane_uint64("connections", g_hash_table_size(session->streams)),
        vane_uint64("bytes_sent", session->counters.sent),
        vane_uint64("bytes_received", session->counters.received),
    };
    const struct vane_fields payload = VANE_FIELDS(fields);

    (void)cluster->host->bus->publish(cluster->self, "cluster.tunnel.down", &payload, NULL, NULL);
}
