/* `show cluster nodes`. */
#include <string.h>

#include "lib/json/writer.h"
#include "plugins/cluster/presence.h"

static void member_time(struct vane_json *json, const char *name, int64_t milliseconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(milliseconds / 1000);
    g_autofree char *text = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

    vane_json_member_string(json, name, text);
}

static void write_node(struct vane_json *json, const struct vane_cluster *cluster,
                       const struct vane_node *node)
{
    const GArray *networks = node->presence.networks;

    vane_json_object_begin(json);
    vane_json_member_string(json, "name", node->presence.name);
    vane_json_member_string(json, "nkey", node->nkey);
    vane_json_member_string(json, "state", vane_node_state_word(node->state));
    vane_json_member_string(json, "version", node->presence.version);
    vane_json_key(json, "tags");
    vane_json_array_begin(json);
    for (char **tag = node->presence.tags; tag && *tag; tag++)
        vane_json_string(json, *tag);
    vane_json_array_end(json);
    vane_json_key(json, "networks");
    vane_json_array_begin(json);
    for (guint i = 0; networks && i < networks->len; i++)
        vane_json_uint64(json, g_array_index(networks, struct vane_membership, i).network);
    vane_json_array_end(json);
    member_time(json, "heard", node->heard_ms);
    if (node->state != VANE_NODE_HERE)
        member_time(json, "since", node->changed_ms);
    if (strcmp(node->nkey, cluster->key.nkey) == 0)
        vane_json_member_uint64(json, "listening_ms", vane_presence_listening_ms(cluster));
    vane_json_object_end(json);
}

static int show_nodes(void *user, struct vane_request *request)
{
    struct vane_cluster *cluster = user;
    const struct vane_roster *roster = vane_presence_roster(cluster);
    g_autoptr(GPtrArray) nodes = roster ? vane_roster_sorted(roster) : g_ptr_array_new();
    struct vane_json json = {0};
    const char *text;
    size_t length;
    int r;

    vane_json_array_begin(&json);
    for (guint i = 0; i < nodes->len; i++)
        write_node(&json, cluster, nodes->pdata[i]);
    vane_json_array_end(&json);
    text = vane_json_text(&json, &length);
    r = cluster->host->commands->reply(request, text, length);
    vane_json_clear(&json);
    return r;
}

int vane_presence_show_add(struct vane_cluster *cluster)
{
    static const struct vane_command_word words[] = {
        {"cluster", "this machine's part in the cluster"},
        {"nodes", "the machines that were heard of"},
    };
    static const struct vane_command_column columns[] = {
        {"Name", "name"},       {"State", "state"}, {"Since", "since"},
        {"Version", "version"}, {"Tags", "tags"},   {"NKey", "nkey"},
    };
    const struct vane_command command = {
        .size = sizeof(command),
        .syntax = "show cluster nodes",
        .help = "List the machines of the cluster, those that have left or are silent included",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = G_N_ELEMENTS(words),
        .columns = columns,
        .column_size = sizeof(columns[0]),
        .column_count = G_N_ELEMENTS(columns),
        .run = show_nodes,
        .user = cluster,
    };

    return cluster->host->commands->add(cluster->self, &command, NULL);
}
