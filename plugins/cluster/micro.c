/*
 * Discovery as NATS has it for services (ADR-32): `nats micro ls` shows every machine as an
 * instance of the service "netvane". See cluster.h.
 */
#include <string.h>

#include "lib/json/writer.h"
#include "plugins/cluster/cluster.h"

#define SERVICE "netvane"

static const char *const names[] = {[VANE_CALL_PROPERTY] = "prop", [VANE_CALL_METHOD] = "method"};

static void begin(struct vane_cluster *cluster, struct vane_json *json, const char *type)
{
    g_autofree char *tags =
        cluster->options.tags ? g_strjoinv(",", cluster->options.tags) : g_strdup("");

    vane_json_object_begin(json);
    vane_json_member_string(json, "type", type);
    vane_json_member_string(json, "name", SERVICE);
    vane_json_member_string(json, "id", cluster->key.nkey);
    vane_json_member_string(json, "version", cluster->host->identity->host_version());
    vane_json_key(json, "metadata");
    vane_json_object_begin(json);
    vane_json_member_string(json, "node", cluster->options.node_name);
    vane_json_member_string(json, "cluster", cluster->options.cluster);
    vane_json_member_string(json, "tags", tags);
    vane_json_object_end(json);
}

static void write_endpoint(struct vane_cluster *cluster, struct vane_json *json,
                           enum vane_call_kind kind)
{
    g_autofree char *subject = g_strdup_printf("dbus.agent.%s.>", cluster->key.nkey);

    vane_json_object_begin(json);
    vane_json_member_string(json, "name", names[kind]);
    vane_json_member_string(json, "subject", subject);
    vane_json_member_string(json, "queue_group", "");
}

static void write_info(struct vane_cluster *cluster, struct vane_json *json)
{
    vane_json_member_string(json, "description", "D-Bus of a machine");
    vane_json_key(json, "endpoints");
    vane_json_array_begin(json);
    for (enum vane_call_kind kind = 0; kind < G_N_ELEMENTS(names); kind++) {
        write_endpoint(cluster, json, kind);
        vane_json_object_end(json);
    }
    vane_json_array_end(json);
}

static void write_counters(struct vane_cluster *cluster, struct vane_json *json,
                           enum vane_call_kind kind)
{
    const struct vane_cluster_counters *counters = &cluster->counters;
    uint64_t requests = counters->requests[kind];

    vane_json_member_uint64(json, "num_requests", requests);
    vane_json_member_uint64(json, "num_errors", counters->errors[kind]);
    vane_json_member_string(json, "last_error",
                            counters->last_error[kind] ? counters->last_error[kind] : "");
    vane_json_member_uint64(json, "processing_time", counters->busy_ns[kind]);
    vane_json_member_uint64(json, "average_processing_time",
                            requests > 0 ? counters->busy_ns[kind] / requests : 0);
}

static void write_stats(struct vane_cluster *cluster, struct vane_json *json)
{
    g_autoptr(GDateTime) started =
        g_date_time_new_from_unix_utc(cluster->started_ns / G_GINT64_CONSTANT(1000000000));
    g_autofree char *text = g_date_time_format_iso8601(started);

    vane_json_member_string(json, "started", text);
    vane_json_key(json, "endpoints");
    vane_json_array_begin(json);
    for (enum vane_call_kind kind = 0; kind < G_N_ELEMENTS(names); kind++) {
        write_endpoint(cluster, json, kind);
        write_counters(cluster, json, kind);
        vane_json_object_end(json);
    }
    vane_json_array_end(json);
}

static void answer(struct vane_cluster *cluster, const struct vane_nats_message *message,
                   const char *type, void (*write)(struct vane_cluster *, struct vane_json *))
{
    struct vane_json json = {0};
    struct vane_nats_outgoing outgoing = {.subject = message->reply};

    if (!message->reply)
        return;
    begin(cluster, &json, type);
    if (write)
        write(cluster, &json);
    vane_json_object_end(&json);
    outgoing.body = vane_json_text(&json, &outgoing.length);
    if (vane_nats_publish(cluster->nats, &outgoing) < 0)
        cluster->counters.replies_lost++;
    vane_json_clear(&json);
}

static void on_ping(void *user, const struct vane_nats_message *message)
{
    answer(user, message, "io.nats.micro.v1.ping_response", NULL);
}

static void on_info(void *user, const struct vane_nats_message *message)
{
    answer(user, message, "io.nats.micro.v1.info_response", write_info);
}

static void on_stats(void *user, const struct vane_nats_message *message)
{
    answer(user, message, "io.nats.micro.v1.stats_response", write_stats);
}

/* To all services, to all of this name, to this instance. */
static void subscribe(struct vane_cluster *cluster, const char *verb,
                      void (*received)(void *user, const struct vane_nats_message *message))
{
    g_autofree char *all = g_strdup_printf("$SRV.%s", verb);
    g_autofree char *named = g_strdup_printf("$SRV.%s." SERVICE, verb);
    g_autofree char *own = g_strdup_printf("$SRV.%s." SERVICE ".%s", verb, cluster->key.nkey);

    vane_nats_subscribe(cluster->nats, all, NULL, received, cluster);
    vane_nats_subscribe(cluster->nats, named, NULL, received, cluster);
    vane_nats_subscribe(cluster->nats, own, NULL, received, cluster);
}

void vane_micro_start(struct vane_cluster *cluster)
{
    subscribe(cluster, "PING", on_ping);
    subscribe(cluster, "INFO", on_info);
    subscribe(cluster, "STATS", on_stats);
}
