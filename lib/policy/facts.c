/* What the names of expressions stand for: facts of the occurrence, of its peer, of the state. */
#include <string.h>

#include "lib/policy/state-internal.h"

#define SECOND_NS 1000000000

static void add_tag(void *user, const char *tag)
{
    struct vane_cel_value value = vane_cel_string(tag, strlen(tag));

    g_array_append_val((GArray *)user, value);
}

static struct vane_cel_value list_of(GArray *values)
{
    return vane_cel_list((const struct vane_cel_value *)(void *)values->data, values->len);
}

static void add_tags(GArray *values, const GPtrArray *tags)
{
    for (guint i = 0; tags && i < tags->len; i++)
        add_tag(values, tags->pdata[i]);
}

/* Those that rules gave this machine, and those that it has in the network. */
static struct vane_cel_value local_tags(struct vane_policy_state *state)
{
    GArray *values = state->tag_values;

    g_array_set_size(values, 0);
    for (char **at = state->members ? state->members->local_tags : NULL; at && *at; at++)
        add_tag(values, *at);
    add_tags(values, state->tags);
    return list_of(values);
}

static struct vane_cel_value tags_of(const struct vane_policy_peer *peer, bool given_only,
                                     GArray *values)
{
    g_array_set_size(values, 0);
    vane_policy_peer_tags(peer, given_only, add_tag, values);
    return list_of(values);
}

static struct vane_cel_value tags_by_id(struct vane_policy_state *state, uint32_t id)
{
    g_array_set_size(state->peer_values, 0);
    add_tags(state->peer_values, g_hash_table_lookup(state->peers, GUINT_TO_POINTER(id)));
    return list_of(state->peer_values);
}

static struct vane_cel_value text(const char *value)
{
    return vane_cel_string(value ? value : "", value ? strlen(value) : 0);
}

static int64_t age_of(const struct vane_policy_state *state, const struct vane_policy_peer *peer)
{
    return peer->joined_ns > 0 ? MAX((state->wall_ns - peer->joined_ns) / SECOND_NS, 0) : 0;
}

/* What is known of one peer. ABSENT: the name is none of a peer's. */
static struct vane_cel_value of_peer(struct vane_policy_state *state,
                                     const struct vane_policy_peer *peer, const char *name)
{
    if (strcmp(name, "peer_id") == 0)
        return vane_cel_int(peer->id);
    if (strcmp(name, "peer_nkey") == 0)
        return text(peer->nkey);
    if (strcmp(name, "peer_name") == 0)
        return text(peer->name);
    if (strcmp(name, "peer_tags") == 0)
        return tags_of(peer, false, state->peer_values);
    if (strcmp(name, "peer_given_tags") == 0)
        return tags_of(peer, true, state->given_values);
    if (strcmp(name, "peer_age_s") == 0)
        return vane_cel_int(age_of(state, peer));
    if (strcmp(name, "peer_trusted") == 0)
        return vane_cel_bool(peer->trusted);
    return (struct vane_cel_value){0};
}

static struct vane_cel_value set_fact(const struct vane_policy_state *state, const char *name)
{
    const struct vane_policy_constant *constant = g_hash_table_lookup(state->facts, name);

    return constant ? constant->value : (struct vane_cel_value){0};
}

/* What the state itself knows, whatever has occurred. */
static struct vane_cel_value of_state(struct vane_policy_state *state, const char *name)
{
    const struct vane_policy_members *members = state->members;

    if (strcmp(name, "local_tags") == 0)
        return local_tags(state);
    if (strcmp(name, "network_id") == 0)
        return vane_cel_int(state->network_id);
    if (strcmp(name, "members") == 0)
        return vane_cel_int(members ? members->count : (int64_t)state->member_count);
    if (strcmp(name, "trusted_count") == 0)
        return vane_cel_int(members ? members->trusted : 0);
    if (strcmp(name, "cycle_num") == 0)
        return vane_cel_int((int64_t)state->cycles);
    if (strcmp(name, state->occurrence->gate ? "action" : "topic") == 0)
        return text(state->occurrence->subject);
    return (struct vane_cel_value){0};
}

/* A fact of the occurrence wins over what the state knows; what it must not claim comes first. */
struct vane_cel_value vane_policy_find_fact(struct vane_policy_state *state, const char *name)
{
    const struct vane_policy_occurrence *occurrence = state->occurrence;
    bool is_peers = g_str_has_prefix(name, "peer_");
    const struct vane_policy_peer *peer;
    struct vane_cel_value value;

    if (g_str_has_prefix(name, "facts."))
        return set_fact(state, name);
    if (strcmp(name, "now") == 0)
        return vane_policy_timestamp(state->wall_ns);
    if (is_peers && state->each)
        return of_peer(state, state->each, name);
    value = occurrence->fact(occurrence->data, name, state->room);
    if (value.kind != VANE_CEL_ABSENT)
        return value;
    peer = is_peers ? vane_policy_peer_of(state) : NULL;
    if (peer)
        return of_peer(state, peer, name);
    if (strcmp(name, "peer_tags") == 0 && occurrence->has_peer)
        return tags_by_id(state, occurrence->peer_id);
    return of_state(state, name);
}
