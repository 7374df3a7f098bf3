/* The cluster: D-Bus across machines, over NATS. This file is the plugin's life. */
#include "plugins/cluster/cluster.h"

#include <errno.h>

#include <sodium.h>

#include "plugins/cluster/presence.h"
#include "plugins/cluster/request.h"
#include "plugins/cluster/stream.h"
#include "plugins/cluster/tunnel.h"

/* How old a signed message may be, and how far clocks may differ. */
#define REPLAY_WINDOW_MS 30000
/* Signed messages within it: of keys that the configuration names, of one such key, and of all the
 * others, of which anybody makes as many as he likes. */
#define KNOWN_MOST     65536u
#define KNOWN_SHARE    8192u
#define STRANGERS_MOST 1024u

/* How long the connection may take to end. */
#define STOP_MS 3500

static struct vane_cluster plugin_state;

static void release(struct vane_cluster *cluster)
{
    vane_key_clear(cluster);
    vane_presence_release(cluster);
    vane_stream_free(g_steal_pointer(&cluster->stream));
    g_clear_pointer(&cluster->known, vane_replay_free);
    g_clear_pointer(&cluster->strangers, vane_replay_free);
    g_clear_pointer(&cluster->events_not, g_free);
    g_clear_pointer(&cluster->lanes, g_hash_table_unref);
    g_clear_pointer(&cluster->refusals, g_hash_table_unref);
    g_clear_pointer(&cluster->link.server, g_free);
    g_clear_pointer(&cluster->link.problem, g_free);
    for (size_t i = 0; i < G_N_ELEMENTS(cluster->counters.last_error); i++)
        g_clear_pointer(&cluster->counters.last_error[i], g_free);
    vane_cluster_options_clear(&cluster->options);
}

/* What was signed before may be what the life before has done already. */
static void remember_from(struct vane_cluster *cluster, int64_t start_ms)
{
    cluster->known = vane_replay_new(REPLAY_WINDOW_MS, start_ms, KNOWN_MOST, KNOWN_SHARE);
    cluster->strangers =
        vane_replay_new(REPLAY_WINDOW_MS, start_ms, STRANGERS_MOST, STRANGERS_MOST);
}

static int begin(struct vane_cluster *cluster)
{
    int r = sodium_init() < 0 ? -ENOTRECOVERABLE : vane_key_load(cluster);

    if (r < 0)
        return r;
    cluster->started_ns = g_get_real_time() * 1000;
    remember_from(cluster, cluster->started_ns / 1000000);
    cluster->lanes = g_hash_table_new(g_str_hash, g_str_equal);
    cluster->refusals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    r = vane_cluster_events_start(cluster);
    if (r == 0)
        r = vane_cluster_offer(cluster);
    if (r == 0)
        r = vane_connection_start(cluster);
    if (r < 0)
        return r;
    vane_stream_listen(cluster);
    vane_micro_start(cluster);
    vane_command_start(cluster);
    vane_presence_start(cluster);
    vane_sysbus_start(cluster);
    vane_tunnels_start(cluster);
    return 0;
}

/* Without servers there is nothing but the command that says so. */
static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_cluster *cluster = &plugin_state;
    int r;

    vane_command_clear(cluster); /* of the life before, which the host has forgotten */
    *cluster = (struct vane_cluster){.self = self, .host = host};
    r = vane_cluster_options_read(self, host, &cluster->options);
    if (r == 0)
        r = vane_cluster_show_add(cluster);
    if (r == 0)
        r = vane_presence_show_add(cluster);
    if (r == 0)
        r = vane_tunnels_show_add(cluster);
    if (r == 0)
        r = vane_presence_tags_add(cluster);
    if (r == 0 && *cluster->options.servers)
        r = begin(cluster);
    if (r < 0)
        release(cluster);
    return r;
}

void vane_cluster_stopped(struct vane_cluster *cluster)
{
    if (cluster->patience)
        (void)cluster->host->loop->timer_stop(cluster->self, g_steal_pointer(&cluster->patience));
    release(cluster);
    (void)cluster->host->loop->done(cluster->self, 0);
}

/* A name server that does not answer must not hold the daemon up. */
static void on_impatient(void *user)
{
    struct vane_cluster *cluster = user;

    cluster->patience = NULL;
    vane_nats_abandon(g_steal_pointer(&cluster->nats));
    cluster->link.connected = false;
    vane_cluster_stopped(cluster);
}

static void stop_nats(struct vane_cluster *cluster)
{
    vane_nats_stop(cluster->nats);
    (void)cluster->host->loop->timer_start(cluster->self, STOP_MS, 0, on_impatient, cluster,
                                           &cluster->patience);
}

void vane_cluster_stream_closed(struct vane_cluster *cluster)
{
    stop_nats(cluster);
}

static int shutdown(struct vane_self *self)
{
    struct vane_cluster *cluster = &plugin_state;

    if (cluster->service)
        (void)cluster->host->services->withdraw(self, g_steal_pointer(&cluster->service));
    vane_sysbus_stop(cluster);
    vane_tunnels_stop(cluster);
    vane_presence_stop(cluster);
    vane_cluster_events_stop(cluster);
    if (!cluster->nats) {
        release(cluster);
        return 0;
    }
    if (cluster->stream)
        vane_stream_stop(cluster);
    else
        stop_nats(cluster);
    return -EINPROGRESS;
}

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD_NEEDING("cluster", "1.0", 1),
    .description = "Many machines as one, over NATS: D-Bus of each from all",
    .licence = "MIT",
    VANE_PLUGIN_OPTIONS(vane_cluster_option_table),
    .init = init,
    .shutdown = shutdown,
};
VANE_PLUGIN(plugin)
