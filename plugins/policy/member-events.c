/* Every change of somebody's membership is an event that says which rule wanted it, and why. */
#include <string.h>

#include "plugins/policy/policy.h"

#define FIELDS_MAX 16u

static const char *topic_of(enum vane_policy_turn turn)
{
    switch (turn) {
    case VANE_POLICY_TURN_JOINED:
        return "policy.member.joined";
    case VANE_POLICY_TURN_LEFT:
        return "policy.member.left";
    case VANE_POLICY_TURN_WAITING:
        return "policy.member.waiting";
    case VANE_POLICY_TURN_REFUSED:
        return "policy.member.refused";
    case VANE_POLICY_TURN_EVICTED:
        return "policy.member.evicted";
    case VANE_POLICY_TURN_READMITTED:
        return "policy.member.readmitted";
    case VANE_POLICY_TURN_TRUSTED:
        return "policy.member.trusted";
    case VANE_POLICY_TURN_UNTRUSTED:
        return "policy.member.untrusted";
    }
    return "policy.member.left";
}

static void add(struct vane_fields *fields, struct vane_field *room, struct vane_field field)
{
    room[fields->count++] = field;
}

static void add_text(struct vane_fields *fields, struct vane_field *room, const char *name,
                     const char *text)
{
    if (text && *text)
        add(fields, room, vane_string(name, text));
}

static void add_tag(void *user, const char *tag)
{
    g_ptr_array_add(user, (gpointer)tag);
}

static int64_t age_of(const struct vane_policy_peer *peer, int64_t now_ns)
{
    return peer->joined_ns > 0 ? MAX((now_ns - peer->joined_ns) / 1000000000, 0) : 0;
}

/* The gate lets nobody in that is no member; this ends what it has let in before. */
static void part_from(const struct vane_policy_plugin *plugin, const struct vane_policy_peer *peer,
                      enum vane_policy_turn turn)
{
    bool is_out = turn == VANE_POLICY_TURN_EVICTED || turn == VANE_POLICY_TURN_REFUSED ||
                  turn == VANE_POLICY_TURN_WAITING;

    if (is_out && plugin->cluster)
        (void)plugin->cluster->remove_peer(plugin->cluster_provider, peer->nkey);
}

/* The facts have the names that expressions have for them, so that the rules can be asked again. */
void vane_policy_member_changed(void *user, const struct vane_policy_peer *peer,
                                enum vane_policy_turn turn,
                                const struct vane_policy_because *because)
{
    const struct vane_policy_runner *runner = user;
    struct vane_policy_plugin *plugin = runner->plugin;
    g_autofree char *until = peer->until_ns > 0 ? vane_policy_format_time(peer->until_ns) : NULL;
    g_autoptr(GPtrArray) tags = g_ptr_array_new();
    struct vane_field room[FIELDS_MAX];
    struct vane_fields fields = {sizeof(room[0]), 0, room};

    vane_policy_peer_tags(peer, false, add_tag, tags);
    add(&fields, room, vane_uint64("network_id", runner->network_id));
    add(&fields, room, vane_uint64("peer_id", peer->id));
    add(&fields, room, vane_string("peer_nkey", peer->nkey));
    add(&fields, room, vane_string("peer_name", peer->name ? peer->name : ""));
    add(&fields, room, vane_strings("peer_tags", (const char *const *)tags->pdata, tags->len));
    add(&fields, room, vane_int64("peer_age_s", age_of(peer, because->now_ns)));
    add(&fields, room, vane_bool("peer_trusted", peer->trusted));
    add(&fields, room, vane_uint64("members", plugin->members_asked));
    add(&fields, room, vane_uint64("cycle_num", runner->cycles));
    add_text(&fields, room, "on", plugin->subject);
    add_text(&fields, room, "rule", because->rule);
    add_text(&fields, room, "action", because->action);
    add_text(&fields, room, "reason", because->reason);
    add_text(&fields, room, "until", until);
    (void)vane_policy_publish(plugin, topic_of(turn), &fields, plugin->cause, plugin->depth + 1);
    part_from(plugin, peer, turn);
    if (peer->until_ns > 0)
        vane_policy_look_later(plugin, (peer->until_ns - because->now_ns) / 1000 + 1);
}
