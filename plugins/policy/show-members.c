/* `show policy members`: who is in the networks, who is not, and why. See policy.h. */
#include <errno.h>

#include "lib/text/number.h"
#include "plugins/policy/policy.h"

static void add_tag(void *user, const char *tag)
{
    vane_json_string(user, tag);
}

static void write_tags(struct vane_json *json, const struct vane_policy_peer *peer, bool given)
{
    vane_json_key(json, given ? "given_tags" : "tags");
    vane_json_array_begin(json);
    vane_policy_peer_tags(peer, given, add_tag, json);
    vane_json_array_end(json);
}

static void member_time(struct vane_json *json, const char *key, int64_t ns)
{
    g_autofree char *text = ns > 0 ? vane_policy_format_time(ns) : NULL;

    if (text)
        vane_json_member_string(json, key, text);
}

static void member_text(struct vane_json *json, const char *key, const char *text)
{
    if (*text)
        vane_json_member_string(json, key, text);
}

/* A member that was kept and is not heard of yet is none for now. */
static const char *standing_of(const struct vane_policy_peer *peer)
{
    if (peer->standing == VANE_POLICY_MEMBER && !peer->here)
        return "unheard";
    return vane_policy_standing_word(peer->standing);
}

static void write_peer(struct vane_json *json, uint16_t network_id,
                       const struct vane_policy_peer *peer)
{
    int64_t age_ns = g_get_real_time() * 1000 - peer->joined_ns;

    vane_json_object_begin(json);
    vane_json_member_uint64(json, "network_id", network_id);
    vane_json_member_string(json, "name", peer->name ? peer->name : "");
    vane_json_member_string(json, "standing", standing_of(peer));
    vane_json_member_bool(json, "here", peer->here);
    vane_json_member_bool(json, "trusted", peer->trusted);
    if (vane_policy_is_member(peer))
        vane_json_member_int64(json, "age_s", MAX(age_ns / 1000000000, 0));
    member_time(json, "since", peer->since_ns);
    member_time(json, "until", peer->until_ns);
    member_text(json, "rule", peer->rule);
    member_text(json, "reason", peer->reason);
    write_tags(json, peer, false);
    write_tags(json, peer, true);
    vane_json_member_uint64(json, "peer_id", peer->id);
    vane_json_member_string(json, "nkey", peer->nkey);
    vane_json_object_end(json);
}

static void write_peers(struct vane_json *json, const struct vane_policy_runner *runner,
                        bool members_only)
{
    g_autoptr(GPtrArray) peers =
        runner->members ? vane_policy_members_sorted(runner->members) : g_ptr_array_new();

    for (guint i = 0; i < peers->len; i++)
        if (!members_only || vane_policy_is_member(peers->pdata[i]))
            write_peer(json, runner->network_id, peers->pdata[i]);
}

void vane_policy_write_members(struct vane_json *json, const struct vane_policy_runner *runner)
{
    vane_json_array_begin(json);
    write_peers(json, runner, true);
    vane_json_array_end(json);
}

int vane_policy_show_members(void *user, struct vane_request *request)
{
    const struct vane_policy_plugin *plugin = user;
    const char *text = plugin->host->commands->argument(request, "NETWORK");
    struct vane_json json = {0};
    uint64_t network = 0;
    bool found = !text;

    if (text)
        (void)vane_text_parse_uint64(text, 0, UINT16_MAX, &network);
    vane_json_array_begin(&json);
    for (guint i = 0; i < plugin->runners->len; i++) {
        const struct vane_policy_runner *runner = g_ptr_array_index(plugin->runners, i);

        if (text && runner->network_id != network)
            continue;
        found = true;
        write_peers(&json, runner, false);
    }
    vane_json_array_end(&json);
    if (found)
        return vane_policy_reply(plugin, request, &json);
    vane_json_clear(&json);
    return plugin->host->commands->fail(request, -ENOENT, "that network has no policy");
}
