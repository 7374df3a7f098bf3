/* The connection to NATS: made, lost, and who we say we are. See cluster.h. */
#include <errno.h>
#include <string.h>

#include "plugins/cluster/cluster.h"
#include "plugins/cluster/presence.h"
#include "plugins/cluster/request.h"
#include "plugins/cluster/stream.h"
#include "plugins/cluster/tunnel.h"

/* So many are remembered. */
#define REFUSALS_MOST 64

static void on_posted(void *user)
{
    struct vane_cluster *cluster = user;

    if (!cluster->nats)
        return;
    vane_tunnels_enter(cluster);
    vane_nats_dispatch(cluster->nats);
    vane_tunnels_leave(cluster);
}

/* On any thread. */
static void on_wake(void *user)
{
    struct vane_cluster *cluster = user;

    (void)cluster->host->loop->post(cluster->self, on_posted, cluster);
}

static int on_sign(void *user, const char *nonce, uint8_t signature[64])
{
    return vane_key_sign_nonce(user, nonce, signature);
}

static void tell_connected(struct vane_cluster *cluster)
{
    const struct vane_field fields[] = {
        vane_string("server", cluster->link.server),
        vane_uint64("connections", cluster->link.connections),
    };
    const struct vane_fields payload = VANE_FIELDS(fields);

    (void)cluster->host->log->print(cluster->self, VANE_LOG_INFO, "connected to %s as %s",
                                    cluster->link.server, cluster->key.nkey);
    (void)cluster->host->bus->publish(cluster->self, "cluster.connected", &payload, NULL, NULL);
}

static void tell_disconnected(struct vane_cluster *cluster)
{
    const struct vane_field fields[] = {
        vane_string("server", cluster->link.server),
        vane_string("reason", cluster->link.problem),
    };
    const struct vane_fields payload = VANE_FIELDS(fields);

    (void)cluster->host->bus->publish(cluster->self, "cluster.disconnected", &payload, NULL, NULL);
}

/* The log is told of a trouble once, not at each attempt; to be stopping is none. */
static void tell_problem(struct vane_cluster *cluster, const char *before)
{
    if (!cluster->patience && cluster->link.problem &&
        g_strcmp0(before, cluster->link.problem) != 0)
        (void)cluster->host->log->print(cluster->self, VANE_LOG_WARNING,
                                        "not connected to %s: %s; trying again",
                                        cluster->link.server, cluster->link.problem);
}

/* Who the others are was not heard, if that was what the server refused. */
static void tell_permitted(struct vane_cluster *cluster)
{
    g_hash_table_remove_all(cluster->refusals);
    (void)cluster->host->log->print(cluster->self, VANE_LOG_NOTICE,
                                    "the server permits all subscriptions now");
    vane_presence_connected(cluster);
}

static void on_state(void *user, const struct vane_nats_state *state)
{
    struct vane_cluster *cluster = user;
    struct vane_cluster_link old = cluster->link;

    cluster->link = (struct vane_cluster_link){
        .connected = state->connected,
        .server = g_strdup(state->server),
        .problem = g_strdup(state->problem),
        .connections = state->connections,
        .refused = state->refused,
        .lost = state->lost_messages,
        .unsent = state->unsent_messages,
        .max_payload = state->max_payload,
    };
    if (old.connected && !state->connected) {
        if (!cluster->patience) /* to be stopping is no loss */
            tell_disconnected(cluster);
        vane_stream_disconnected(cluster);
        vane_tunnels_interrupt(cluster);
    }
    if (state->connected && (!old.connected || old.connections != state->connections)) {
        g_hash_table_remove_all(cluster->refusals);
        tell_connected(cluster);
    }
    tell_problem(cluster, old.problem);
    if (state->connected && (!old.connected || old.connections != state->connections)) {
        vane_presence_connected(cluster);
        vane_stream_connected(cluster);
    }
    if (state->connected && old.connections == state->connections && old.refused > 0 &&
        state->refused == 0)
        tell_permitted(cluster);
    if (state->connected &&
        (old.connections != state->connections || old.lost != cluster->link.lost))
        vane_tunnels_resume(cluster);
    g_free(old.server);
    g_free(old.problem);
}

/* What is tried again, as subscriptions are, is refused again: the log is told once. */
static void on_refused(void *user, const char *problem)
{
    struct vane_cluster *cluster = user;

    if (g_hash_table_contains(cluster->refusals, problem))
        return;
    if (g_hash_table_size(cluster->refusals) < REFUSALS_MOST)
        g_hash_table_add(cluster->refusals, g_strdup(problem));
    (void)cluster->host->log->print(cluster->self, VANE_LOG_WARNING,
                                    "the server refuses something: %s (what a machine needs "
                                    "stands in cluster.md, Permissions)",
                                    problem);
}

static void on_stopped(void *user)
{
    struct vane_cluster *cluster = user;

    vane_nats_free(g_steal_pointer(&cluster->nats));
    cluster->link.connected = false; /* events still come */
    vane_cluster_stopped(cluster);
}

static void subscribe(struct vane_cluster *cluster)
{
    g_autofree char *own = g_strdup_printf("dbus.agent.%s.>", cluster->key.nkey);

    vane_nats_subscribe(cluster->nats, own, NULL, vane_request_received, cluster);
    vane_nats_subscribe(cluster->nats, "dbus.broadcast.>", NULL, vane_request_received, cluster);
}

int vane_connection_start(struct vane_cluster *cluster)
{
    const struct vane_cluster_options *options = &cluster->options;
    const struct vane_nats_options nats = {
        .servers = (const char *const *)options->servers,
        .name = options->node_name,
        .discover = options->discover,
        .nkey = options->token || options->login ? NULL : cluster->key.nkey,
        .jwt_file = options->credentials_file ? options->credentials_file : options->jwt_file,
        .token = options->token,
        .login = options->login,
        .password = options->password,
        .tls_ca = options->tls_ca,
        .tls_cert = options->tls_certificate,
        .tls_key = options->tls_key,
        .busy = "too many requests wait at this machine",
        .busy_code = VANE_ERROR_BUSY,
        .wake = on_wake,
        .state = on_state,
        .refused = on_refused,
        .sign = on_sign,
        .stopped = on_stopped,
        .user = cluster,
    };
    g_autofree char *problem = NULL;
    int r = vane_nats_new(&nats, &cluster->nats, &problem);

    if (r == -ENOPKG) {
        (void)cluster->host->log->unavailable(cluster->self, problem);
        return -EOPNOTSUPP;
    }
    if (r < 0)
        return r;
    subscribe(cluster);
    return 0;
}
