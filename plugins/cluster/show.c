/* `show cluster`. */
#include "lib/json/writer.h"
#include "plugins/cluster/presence.h"
#include "plugins/cluster/stream.h"
#include "plugins/cluster/tunnel.h"

/* At this connection; what is published once may be permitted meanwhile. */
static void write_refusals(const struct vane_cluster *cluster, struct vane_json *json)
{
    GHashTableIter iterator;
    gpointer text;

    vane_json_key(json, "refused_by_server");
    vane_json_array_begin(json);
    g_hash_table_iter_init(&iterator, cluster->refusals);
    while (g_hash_table_iter_next(&iterator, &text, NULL))
        vane_json_string(json, text);
    vane_json_array_end(json);
}

/* As far as this machine has heard. */
static void write_nodes(const struct vane_cluster *cluster, struct vane_json *json)
{
    static const char *const names[] = {
        [VANE_NODE_HERE] = "nodes_here",
        [VANE_NODE_SILENT] = "nodes_silent",
        [VANE_NODE_LEFT] = "nodes_left",
    };
    const struct vane_roster *roster = vane_presence_roster(cluster);
    uint64_t counts[G_N_ELEMENTS(names)] = {0};
    GHashTableIter iterator;
    gpointer node;

    if (!roster)
        return;
    g_hash_table_iter_init(&iterator, roster->nodes);
    while (g_hash_table_iter_next(&iterator, NULL, &node))
        counts[((const struct vane_node *)node)->state]++;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        vane_json_member_uint64(json, names[i], counts[i]);
}

static void write_link(const struct vane_cluster *cluster, struct vane_json *json)
{
    const struct vane_cluster_link *link = &cluster->link;

    vane_json_member_bool(json, "connected", link->connected);
    if (link->server)
        vane_json_member_string(json, "server", link->server);
    if (link->problem)
        vane_json_member_string(json, "problem", link->problem);
    if (g_hash_table_size(cluster->refusals) > 0)
        write_refusals(cluster, json);
    vane_troubles_show(cluster, json);
    write_nodes(cluster, json);
    vane_json_member_uint64(json, "connections", link->connections);
    vane_json_member_uint64(json, "max_payload", link->max_payload);
    vane_json_member_bool(json, "system_bus", cluster->bus != NULL);
}

static void write_counters(const struct vane_cluster *cluster, struct vane_json *json)
{
    const struct vane_cluster_counters *counters = &cluster->counters;
    uint64_t tunnels, connections, refused;

    vane_json_member_uint64(json, "properties_read", counters->requests[VANE_CALL_PROPERTY]);
    vane_json_member_uint64(json, "methods_called", counters->requests[VANE_CALL_METHOD]);
    vane_json_member_uint64(json, "commands", counters->commands);
    vane_json_member_uint64(json, "errors", counters->errors[0] + counters->errors[1]);
    vane_json_member_uint64(json, "requests_under_way", cluster->calls.length);
    vane_json_member_uint64(json, "requests_refused", counters->refused + cluster->link.lost);
    vane_json_member_uint64(json, "bad_signatures", counters->unverified);
    vane_json_member_uint64(json, "replies_lost", counters->replies_lost + cluster->link.unsent);
    vane_json_member_uint64(json, "signals", counters->signals);
    vane_json_member_uint64(json, "signals_lost", counters->signals_lost);
    vane_json_member_uint64(json, "events", counters->events);
    vane_json_member_uint64(json, "events_lost", counters->events_lost);
    vane_tunnels_count(cluster, &tunnels, &connections, &refused);
    vane_json_member_uint64(json, "tunnels", tunnels);
    vane_json_member_uint64(json, "tunnel_connections", connections);
    vane_json_member_uint64(json, "tunnel_packets_refused", refused);
}

static int show(void *user, struct vane_request *request)
{
    struct vane_cluster *cluster = user;
    struct vane_json json = {0};
    const char *text;
    size_t length;
    int r;

    vane_json_object_begin(&json);
    vane_json_member_string(&json, "cluster", cluster->options.cluster);
    vane_json_member_string(&json, "node", cluster->options.node_name);
    if (cluster->nats) {
        vane_json_member_string(&json, "nkey", cluster->key.nkey);
        vane_presence_write_networks(&json, vane_presence_networks(cluster));
        write_link(cluster, &json);
        write_counters(cluster, &json);
        if (cluster->stream)
            vane_stream_show(cluster->stream, &json);
    } else {
        vane_json_member_string(&json, "problem", "no servers are named (Servers=)");
    }
    vane_json_object_end(&json);
    text = vane_json_text(&json, &length);
    r = cluster->host->commands->reply(request, text, length);
    vane_json_clear(&json);
    return r;
}

int vane_cluster_show_add(struct vane_cluster *cluster)
{
    static const struct vane_command_word words[] = {
        {"cluster", "this machine's part in the cluster"},
    };
    const struct vane_command command = {
        .size = sizeof(command),
        .syntax = "show cluster",
        .help = "Show the connection to the cluster, and what came of it",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = G_N_ELEMENTS(words),
        .run = show,
        .user = cluster,
    };

    return cluster->host->commands->add(cluster->self, &command, NULL);
}
