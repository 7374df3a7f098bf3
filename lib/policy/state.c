/* What changes while a policy is in force: its life, and the facts that expressions get. See
 * state.h. */
#include <string.h>
#include <time.h>

#include "lib/policy/state-internal.h"
#include "lib/policy/subjects.h"

#define SUBJECTS_MAX 1024u /* remembered; plugins may bring any number */

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- its life ---- */

static void free_tags(gpointer tags)
{
    g_ptr_array_unref(tags);
}

static void free_rules(gpointer rules)
{
    g_array_unref(rules);
}

static void free_limit(gpointer limit)
{
    vane_policy_limit_free(limit);
}

/* What belongs to one policy. */
static void take_policy(struct vane_policy_state *state, struct vane_policy *policy)
{
    state->policy = vane_policy_ref(policy);
    state->statistics = g_new0(struct vane_policy_statistics, policy->rules->len + 1);
    state->slots = g_new0(struct vane_policy_slots, policy->groups->len + 1);
    state->limits = g_hash_table_new_full(NULL, NULL, NULL, free_limit);
    for (size_t i = 0; i < 2; i++)
        state->subjects[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_rules);
}

static void drop_policy(struct vane_policy_state *state)
{
    for (guint i = 0; i < state->policy->groups->len; i++)
        g_free(state->slots[i].values);
    g_free(state->slots);
    g_free(state->statistics);
    g_hash_table_unref(state->limits);
    for (size_t i = 0; i < 2; i++)
        g_hash_table_unref(state->subjects[i]);
    vane_policy_unref(state->policy);
}

struct vane_policy_state *vane_policy_state_new(struct vane_policy *policy,
                                                const struct vane_policy_hands *hands)
{
    struct vane_policy_state *state = g_new0(struct vane_policy_state, 1);

    state->hands = *hands;
    state->tags = g_ptr_array_new_with_free_func(g_free);
    state->peers = g_hash_table_new_full(NULL, NULL, NULL, free_tags);
    state->tag_values = g_array_new(FALSE, FALSE, sizeof(struct vane_cel_value));
    state->peer_values = g_array_new(FALSE, FALSE, sizeof(struct vane_cel_value));
    state->given_values = g_array_new(FALSE, FALSE, sizeof(struct vane_cel_value));
    state->facts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    state->scratch = vane_cel_scratch_new();
    state->room = vane_cel_scratch_new();
    take_policy(state, policy);
    return state;
}

void vane_policy_state_free(struct vane_policy_state *state)
{
    if (!state)
        return;
    drop_policy(state);
    g_ptr_array_unref(state->tags);
    g_hash_table_unref(state->peers);
    g_array_unref(state->tag_values);
    g_array_unref(state->peer_values);
    g_array_unref(state->given_values);
    g_hash_table_unref(state->facts);
    vane_cel_scratch_free(state->scratch);
    vane_cel_scratch_free(state->room);
    g_free(state);
}

/* ---- another policy ---- */

static void inherit_limits(struct vane_policy_state *state, GHashTable *old,
                           const struct vane_policy_rule *from, const struct vane_policy_rule *to)
{
    for (guint i = 0; i < MIN(from->actions->len, to->actions->len); i++) {
        struct vane_policy_action *before =
            &g_array_index(from->actions, struct vane_policy_action, i);
        struct vane_policy_action *after =
            &g_array_index(to->actions, struct vane_policy_action, i);
        struct vane_policy_limit *limit = g_hash_table_lookup(old, before);

        if (!limit || after->verb != VANE_POLICY_RATE_LIMIT ||
            before->params[VANE_POLICY_COUNT].number != after->params[VANE_POLICY_COUNT].number ||
            before->params[VANE_POLICY_PER].number != after->params[VANE_POLICY_PER].number)
            continue;
        g_hash_table_steal(old, before);
        g_hash_table_insert(state->limits, after, limit);
    }
}

void vane_policy_state_swap(struct vane_policy_state *state, struct vane_policy *policy)
{
    struct vane_policy_state old = *state;
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    take_policy(state, policy);
    vane_policy_state_set_members(state, state->members);
    for (guint i = 0; i < old.policy->rules->len; i++)
        g_hash_table_insert(names, vane_policy_rule_at(old.policy, i)->name,
                            vane_policy_rule_at(old.policy, i));
    for (guint i = 0; i < policy->rules->len; i++) {
        const struct vane_policy_rule *to = vane_policy_rule_at(policy, i);
        const struct vane_policy_rule *from = g_hash_table_lookup(names, to->name);

        if (!from)
            continue;
        state->statistics[i] = old.statistics[from->index];
        inherit_limits(state, old.limits, from, to);
    }
    drop_policy(&old);
}

/* ---- questions ---- */

struct vane_policy *vane_policy_state_policy(const struct vane_policy_state *state)
{
    return state->policy;
}

const struct vane_policy_statistics *vane_policy_state_statistics(
    const struct vane_policy_state *state, const struct vane_policy_rule *rule)
{
    return &state->statistics[rule->index];
}

void vane_policy_state_describe(struct vane_policy_state *state, uint16_t network_id,
                                uint64_t members, uint64_t cycles)
{
    state->network_id = network_id;
    state->member_count = members;
    state->cycles = cycles;
}

void vane_policy_state_set_members(struct vane_policy_state *state,
                                   struct vane_policy_members *members)
{
    state->members = members;
    if (members)
        members->max = state->policy->max_peers;
}

struct vane_policy_members *vane_policy_state_members(const struct vane_policy_state *state)
{
    return state->members;
}

struct vane_policy_peer *vane_policy_peer_of(const struct vane_policy_state *state)
{
    const struct vane_policy_occurrence *occurrence = state->occurrence;

    if (!state->members || !occurrence)
        return NULL;
    if (occurrence->peer_nkey)
        return vane_policy_members_find(state->members, occurrence->peer_nkey);
    return occurrence->has_peer ? vane_policy_members_find_id(state->members, occurrence->peer_id)
                                : NULL;
}

const GPtrArray *vane_policy_state_tags(const struct vane_policy_state *state, const uint32_t *peer)
{
    const struct vane_policy_peer *known =
        peer && state->members ? vane_policy_members_find_id(state->members, *peer) : NULL;

    if (known)
        return known->tags;
    return peer ? g_hash_table_lookup(state->peers, GUINT_TO_POINTER(*peer)) : state->tags;
}

static GArray *find_rules(const struct vane_policy *policy, const char *subject, unsigned side)
{
    GArray *rules = g_array_new(FALSE, FALSE, sizeof(uint16_t));

    for (guint i = 0; i < policy->rules->len; i++) {
        const struct vane_policy_rule *rule = vane_policy_rule_at(policy, i);
        uint16_t index = (uint16_t)i;

        if (rule->sides & side && vane_policy_on_matches(rule->on, subject))
            g_array_append_val(rules, index);
    }
    return rules;
}

const GArray *vane_policy_rules_about(struct vane_policy_state *state, const char *subject,
                                      bool gate)
{
    GHashTable *subjects = state->subjects[gate];
    GArray *rules = g_hash_table_lookup(subjects, subject);

    if (rules)
        return rules;
    if (g_hash_table_size(subjects) >= SUBJECTS_MAX)
        g_hash_table_remove_all(subjects);
    rules = find_rules(state->policy, subject, gate ? VANE_POLICY_GATE : VANE_POLICY_EVENT);
    g_hash_table_insert(subjects, g_strdup(subject), rules);
    return rules;
}

bool vane_policy_state_concerns(struct vane_policy_state *state, const char *subject, bool gate)
{
    return vane_policy_rules_about(state, subject, gate)->len > 0;
}

/* ---- what expressions get ---- */

struct vane_cel_value vane_policy_timestamp(int64_t ns)
{
    return vane_cel_timestamp(ns / 1000000000, (uint32_t)(ns % 1000000000));
}

/* Expressions were compiled for a type; numbers are made to fit, anything else is as if absent. */
static struct vane_cel_value fit(struct vane_cel_value value, enum vane_cel_kind kind)
{
    const struct vane_cel_value absent = {0};

    if (kind == VANE_CEL_DYN || value.kind == kind || value.kind == VANE_CEL_ABSENT)
        return value;
    if (kind == VANE_CEL_INT && value.kind == VANE_CEL_UINT)
        return value.natural <= INT64_MAX ? vane_cel_int((int64_t)value.natural) : absent;
    if (kind == VANE_CEL_DOUBLE && value.kind == VANE_CEL_INT)
        return vane_cel_double((double)value.integer);
    if (kind == VANE_CEL_DOUBLE && value.kind == VANE_CEL_UINT)
        return vane_cel_double((double)value.natural);
    return absent;
}

static void fill(struct vane_policy_state *state, const struct vane_policy_group *group,
                 struct vane_policy_slots *slots)
{
    if (!slots->values)
        slots->values = g_new0(struct vane_cel_value, group->names->len + 1);
    for (guint i = 0; i < group->used->len; i++) {
        uint16_t slot = g_array_index(group->used, uint16_t, i);
        const struct vane_cel_name *name = &g_array_index(group->names, struct vane_cel_name, slot);

        slots->values[slot] = fit(vane_policy_find_fact(state, name->name), name->kind);
    }
    slots->generation = state->generation;
    slots->input = (struct vane_cel_input){.slots = slots->values,
                                           .now = vane_policy_timestamp(state->wall_ns)};
}

const struct vane_cel_input *vane_policy_input(struct vane_policy_state *state,
                                               const struct vane_policy_rule *rule)
{
    struct vane_policy_slots *slots = &state->slots[rule->group->index];

    if (slots->generation != state->generation)
        fill(state, rule->group, slots);
    slots->input.cost_limit = MAX(state->cost_left, 1);
    return &slots->input;
}

struct vane_cel_value vane_policy_evaluate(struct vane_policy_state *state,
                                           const struct vane_policy_rule *rule,
                                           const struct vane_cel_program *program)
{
    struct vane_cel_value value =
        vane_cel_evaluate(program, vane_policy_input(state, rule), state->scratch);

    state->cost_left -= MIN(state->cost_left, vane_cel_scratch_cost(state->scratch));
    return value;
}

void vane_policy_begin(struct vane_policy_state *state,
                       const struct vane_policy_occurrence *occurrence)
{
    vane_cel_scratch_reset(state->room);
    state->cost_left = VANE_POLICY_COST_MAX;
    state->generation++;
    state->occurrence = occurrence;
    state->wall_ns = clock_ns(CLOCK_REALTIME);
    state->now_ns = (uint64_t)clock_ns(CLOCK_MONOTONIC);
    state->busy = true;
}

void vane_policy_end(struct vane_policy_state *state)
{
    state->busy = false;
    state->occurrence = NULL;
    state->each = NULL;
    state->rule = NULL;
}
