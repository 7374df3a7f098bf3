/* `show cluster tunnels`, and dropping them. */
#include <errno.h>
#include <string.h>

#include "lib/json/writer.h"
#include "plugins/cluster/presence.h"
#include "plugins/cluster/tunnel.h"

static const char *word_of(enum vane_session_phase phase)
{
    switch (phase) {
    case VANE_SESSION_GREETING:
        return "calling";
    case VANE_SESSION_ANSWERED:
        return "answered";
    case VANE_SESSION_OPEN:
        return "open";
    case VANE_SESSION_DEAD:
        return "over";
    }
    return "?";
}

static uint64_t count_closing(const struct vane_session *session)
{
    GHashTableIter iterator;
    gpointer value;
    uint64_t count = 0;

    g_hash_table_iter_init(&iterator, session->streams);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        count += ((const struct vane_tunnel_stream *)value)->closed_ns > 0;
    return count;
}

static void write_session(struct vane_json *json, const struct vane_session *session)
{
    const struct vane_tunnels *tunnels = session->tunnels;

    vane_json_object_begin(json);
    vane_json_member_string(json, "name", vane_tunnels_name(tunnels->cluster, session->nkey));
    vane_json_member_string(json, "nkey", session->nkey);
    vane_json_member_string(json, "state", word_of(session->phase));
    vane_json_member_string(json, "begun", vane_session_begun(session));
    vane_json_member_uint64(json, "age_s",
                            (vane_tunnels_now(tunnels) - session->begun_ns) / VANE_NS_PER_S);
    vane_json_member_uint64(json, "connections", g_hash_table_size(session->streams));
    vane_json_member_uint64(json, "closing", count_closing(session));
    vane_json_member_uint64(json, "given_up", session->counters.given_up);
    vane_json_member_uint64(json, "bytes_sent", session->counters.sent);
    vane_json_member_uint64(json, "bytes_received", session->counters.received);
    vane_json_member_uint64(json, "bytes_under_way", session->flight);
    vane_json_member_uint64(json, "sent_again", session->counters.again);
    vane_json_member_uint64(json, "packets_refused", session->counters.refused);
    vane_json_object_end(json);
}

void vane_tunnels_count(const struct vane_cluster *cluster, uint64_t *tunnels,
                        uint64_t *connections, uint64_t *refused)
{
    GHashTableIter iterator;
    gpointer value;

    *tunnels = *connections = *refused = 0;
    if (!cluster->tunnels)
        return;
    *refused = cluster->tunnels->refused;
    g_hash_table_iter_init(&iterator, cluster->tunnels->sessions);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct vane_session *session = value;

        ++*tunnels;
        *connections += g_hash_table_size(session->streams);
        *refused += session->counters.refused;
    }
}

static int show(void *user, struct vane_request *request)
{
    struct vane_cluster *cluster = user;
    g_autoptr(GList) sessions =
        cluster->tunnels ? g_hash_table_get_values(cluster->tunnels->sessions) : NULL;
    struct vane_json json = {0};
    const char *text;
    size_t length;
    int r;

    vane_json_array_begin(&json);
    for (GList *at = sessions; at; at = at->next)
        write_session(&json, at->data);
    vane_json_array_end(&json);
    text = vane_json_text(&json, &length);
    r = cluster->host->commands->reply(request, text, length);
    vane_json_clear(&json);
    return r;
}

static int drop(void *user, struct vane_request *request)
{
    struct vane_cluster *cluster = user;
    const char *name = cluster->host->commands->argument(request, "NODE");
    int r = vane_tunnels_drop(cluster, name);
    g_autofree char *text = NULL;

    if (r >= 0) {
        text = g_strdup_printf("{\"dropped\":%d}", r);
        return cluster->host->commands->reply(request, text, strlen(text));
    }
    text = g_strdup_printf(r == -ENOTUNIQ
                               ? "several machines are called %s; use the NKey of one"
                               : "no machine of the cluster is called %s (show cluster nodes)",
                           name);
    return cluster->host->commands->fail(request, r, text);
}

static void offer_nodes(void *user, const char *parameter, struct vane_completion *completion)
{
    const struct vane_cluster *cluster = user;
    const struct vane_roster *roster = vane_presence_roster(cluster);
    g_autoptr(GPtrArray) nodes = roster ? vane_roster_sorted(roster) : g_ptr_array_new();

    for (guint i = 0; i < nodes->len; i++) {
        const struct vane_node *node = nodes->pdata[i];

        (void)cluster->host->commands->offer(completion, node->presence.name, node->nkey);
    }
}

static int add_show(struct vane_cluster *cluster)
{
    static const struct vane_command_word words[] = {
        {"cluster", "this machine's part in the cluster"},
        {"tunnels", "sessions with other machines, for node: addresses"},
    };
    static const struct vane_command_column columns[] = {
        {"Name", "name"},        {"State", "state"},
        {"Begun", "begun"},      {"Connections", "connections"},
        {"Closing", "closing"},  {"Given up", "given_up"},
        {"Sent", "bytes_sent"},  {"Received", "bytes_received"},
        {"Again", "sent_again"}, {"Refused", "packets_refused"},
    };
    const struct vane_command command = {
        .size = sizeof(command),
        .syntax = "show cluster tunnels",
        .help = "List the sessions that carry connections and datagrams between machines",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = G_N_ELEMENTS(words),
        .columns = columns,
        .column_size = sizeof(columns[0]),
        .column_count = G_N_ELEMENTS(columns),
        .run = show,
        .user = cluster,
    };

    return cluster->host->commands->add(cluster->self, &command, NULL);
}

int vane_tunnels_show_add(struct vane_cluster *cluster)
{
    static const struct vane_command_word words[] = {
        {"cluster", "this machine's part in the cluster"},
        {"tunnel", "sessions with other machines"},
        {"drop", "end them, and the connections that they carry"},
        {"NODE", "a machine's name or NKey"},
    };
    const struct vane_command command = {
        .size = sizeof(command),
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "cluster tunnel drop NODE",
        .help = "Drop the tunnel with a machine; its connections end with an error on both sides",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = G_N_ELEMENTS(words),
        .run = drop,
        .complete = offer_nodes,
        .user = cluster,
    };
    int r = add_show(cluster);

    return r < 0 ? r : cluster->host->commands->add(cluster->self, &command, NULL);
}
