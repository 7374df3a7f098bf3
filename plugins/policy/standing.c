/* What membership gives: ports of a network are for its members, and rules may ask who is one. */
#include <string.h>

#include "plugins/policy/policy.h"

const char *vane_policy_nkey_of(const struct vane_fields *facts)
{
    static const char *const names[] = {"peer_nkey", "node"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const struct vane_field *field = vane_policy_field_find(facts, names[i]);

        if (field && field->type == VANE_STRING && field->value.string && *field->value.string)
            return field->value.string;
    }
    return NULL;
}

static uint32_t id_of(const struct vane_fields *facts)
{
    const struct vane_field *field = vane_policy_field_find(facts, "peer_id");

    if (!field || (field->type != VANE_INT64 && field->type != VANE_UINT64) ||
        field->value.uint64 > UINT32_MAX)
        return 0;
    return (uint32_t)field->value.uint64;
}

/* The key decides, if it is known: ids can be made alike on purpose. NULL: nobody who is known. */
static const struct vane_policy_peer *peer_of(const struct vane_policy_members *members,
                                              const struct vane_fields *facts)
{
    const char *nkey = vane_policy_nkey_of(facts);

    if (nkey)
        return vane_policy_members_find(members, nkey);
    return id_of(facts) ? vane_policy_members_find_id(members, id_of(facts)) : NULL;
}

/* This machine is a member of the networks that it announces. */
static bool is_local(const struct vane_policy_members *members, const struct vane_fields *facts)
{
    const char *nkey = vane_policy_nkey_of(facts);

    if (!*members->local_nkey)
        return false;
    return nkey ? strcmp(nkey, members->local_nkey) == 0 : id_of(facts) == members->local_id;
}

static bool is_member(const struct vane_policy_members *members, const struct vane_fields *facts)
{
    return vane_policy_is_member(peer_of(members, facts)) || is_local(members, facts);
}

bool vane_policy_knows(const struct vane_policy_runner *runner, const struct vane_fields *facts)
{
    return runner->members && peer_of(runner->members, facts);
}

bool vane_policy_has_member(const struct vane_policy_runner *runner, uint32_t peer_id)
{
    const struct vane_policy_members *members = runner->members;

    return members && (vane_policy_is_member(vane_policy_members_find_id(members, peer_id)) ||
                       (*members->local_nkey && peer_id == members->local_id));
}

static void why_evicted(const struct vane_policy_peer *peer, const char *who, char *text,
                        size_t size)
{
    g_autofree char *until = peer->until_ns > 0 ? vane_policy_format_time(peer->until_ns) : NULL;

    g_snprintf(text, size, "%s was evicted%s%s%s%s, until %s", who, *peer->rule ? " by rule " : "",
               peer->rule, *peer->reason ? ": " : "", peer->reason,
               until ? until : "it joins anew");
}

void vane_policy_why_outside(const struct vane_policy_runner *runner,
                             const struct vane_policy_peer *peer, char *text, size_t size)
{
    const char *who = peer && peer->name && *peer->name ? peer->name : "the peer";

    if (!peer) {
        g_snprintf(text, size, "nobody by that key is known in network %u", runner->network_id);
        return;
    }
    switch (peer->standing) {
    case VANE_POLICY_MEMBER:
    case VANE_POLICY_NEW:
        g_snprintf(text, size, "%s is not heard of in network %u", who, runner->network_id);
        break;
    case VANE_POLICY_WAITING:
        g_snprintf(text, size, "%s waits for a place in network %u", who, runner->network_id);
        break;
    case VANE_POLICY_REFUSED:
        g_snprintf(text, size, "rule %s has denied %s to join network %u: %s", peer->rule, who,
                   runner->network_id, peer->reason);
        break;
    case VANE_POLICY_EVICTED:
        why_evicted(peer, who, text, size);
        break;
    }
}

bool vane_policy_is_port(const char *action)
{
    return strcmp(action, VANE_POLICY_EVENT_CONNECT) == 0 ||
           strcmp(action, VANE_POLICY_EVENT_DIAL) == 0 ||
           strcmp(action, VANE_POLICY_EVENT_DATAGRAM) == 0;
}

bool vane_policy_is_outsider(struct vane_policy_runner *runner,
                             const struct vane_gate_request *request, struct vane_verdict *verdict)
{
    if (!runner->members || !vane_policy_is_port(request->action) ||
        is_member(runner->members, request->facts))
        return false;
    verdict->allowed = 0;
    g_strlcpy(verdict->rule, "membership", sizeof(verdict->rule));
    vane_policy_why_outside(runner, peer_of(runner->members, request->facts), verdict->reason,
                            sizeof(verdict->reason));
    runner->counters.outsiders++;
    return true;
}

struct vane_cel_value vane_policy_networks_of(const struct vane_policy_plugin *plugin,
                                              const struct vane_fields *facts,
                                              struct vane_cel_scratch *room)
{
    struct vane_cel_value *networks =
        vane_cel_scratch_alloc(room, (plugin->runners->len + 1) * sizeof(*networks));
    size_t n = 0;

    if (!networks)
        return (struct vane_cel_value){0};
    for (guint i = 0; i < plugin->runners->len; i++) {
        const struct vane_policy_runner *runner = g_ptr_array_index(plugin->runners, i);

        if (runner->members && is_member(runner->members, facts))
            networks[n++] = vane_cel_int(runner->network_id);
    }
    return vane_cel_list(networks, n);
}
