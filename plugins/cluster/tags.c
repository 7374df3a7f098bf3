/* `cluster tags`: what this machine calls itself in a network. */
#include <errno.h>
#include <string.h>

#include "lib/json/writer.h"
#include "lib/text/number.h"
#include "plugins/cluster/presence.h"

static int answer(const struct vane_cluster *cluster, struct vane_request *request,
                  const char *network, const char *tags)
{
    g_autofree char *result =
        *tags
            ? g_strdup_printf("in network %s this machine has the tags %s", network, tags)
            : g_strdup_printf("in network %s this machine has no tags but those of Tags=", network);
    struct vane_json json = {0};
    const char *text;
    size_t length;
    int r;

    vane_json_object_begin(&json);
    vane_json_member_string(&json, "result", result);
    vane_json_object_end(&json);
    text = vane_json_text(&json, &length);
    r = cluster->host->commands->reply(request, text, length);
    vane_json_clear(&json);
    return r;
}

static int set_tags(void *user, struct vane_request *request)
{
    struct vane_cluster *cluster = user;
    const char *network = cluster->host->commands->argument(request, "NETWORK");
    const char *text = cluster->host->commands->argument(request, "TAGS");
    g_auto(GStrv) tags = g_strsplit(text ? text : "", " ", 0);
    uint64_t number = 0;
    int r;

    (void)vane_text_parse_uint64(network, 0, UINT16_MAX, &number);
    r = vane_cluster_set_tags(cluster, (uint16_t)number, (const char *const *)tags,
                              text ? g_strv_length(tags) : 0);
    if (r == -ENOENT)
        return cluster->host->commands->fail(
            request, r, "this machine is not in that network (Networks= of [Plugin cluster])");
    if (r < 0)
        return cluster->host->commands->fail(
            request, r,
            "there may be 64 tags of 255 bytes, without control characters, and not over 64 KiB in "
            "all networks");
    return answer(cluster, request, network, text ? text : "");
}

int vane_presence_tags_add(struct vane_cluster *cluster)
{
    static const struct vane_command_word words[] = {
        {"cluster", "this machine's part in the cluster"},
        {"tags", "what this machine calls itself in a network"},
        {"network", "in which one"},
        {"(0-65535)", "the number of a network that this machine is in"},
        {"TAGS", "all of them from now on, over restarts, too; none: those of Tags= alone"},
    };
    const struct vane_command command = {
        .size = sizeof(command),
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "cluster tags network NETWORK:(0-65535) [TAGS...]",
        .help = "Set this machine's tags in a network, and tell the others",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = G_N_ELEMENTS(words),
        .run = set_tags,
        .user = cluster,
    };

    return cluster->host->commands->add(cluster->self, &command, NULL);
}
