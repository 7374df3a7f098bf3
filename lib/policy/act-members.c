/*
 * The actions on the members of a network: who of them goes, who of those that wait comes. See
 * state.h; docs/policy.md says what each does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/state-internal.h"

#define NS_PER_MS 1000000

struct change {
    struct vane_policy_state *state;
    const struct vane_policy_action *action;
    struct vane_policy_because because;
};

static struct vane_policy_because because_of(struct vane_policy_state *state,
                                             const struct vane_policy_rule *rule,
                                             const struct vane_policy_action *action)
{
    bool evicts = action->verb == VANE_POLICY_EVICT || action->verb == VANE_POLICY_EVICT_WHERE;

    return (struct vane_policy_because){
        .rule = rule->name,
        .action = vane_policy_verb_name(action->verb),
        .reason = evicts ? action->params[VANE_POLICY_REASON].text : NULL,
        .now_ns = state->wall_ns,
    };
}

/* ---- for one after the other ---- */

/* What an expression gives for one peer. */
static struct vane_cel_value evaluate_for(struct vane_policy_state *state,
                                          const struct vane_policy_peer *peer, const GArray *values)
{
    const struct vane_policy_value *value = &g_array_index(values, struct vane_policy_value, 0);

    vane_cel_scratch_reset(state->room);
    state->each = peer;
    state->generation++;
    return vane_policy_resolve(state, value);
}

/* The rules behind this one get the facts of the occurrence again. */
static void evaluated_for_all(struct vane_policy_state *state)
{
    vane_cel_scratch_reset(state->room);
    state->each = NULL;
    state->generation++;
}

/* ---- evict, evict_where ---- */

static void evict(const struct change *change, struct vane_policy_peer *peer)
{
    int64_t span_ms = change->action->params[VANE_POLICY_FOR].number;
    int64_t until_ns = span_ms > 0 ? change->because.now_ns + span_ms * NS_PER_MS : 0;

    vane_policy_members_evict(change->state->members, peer, until_ns, &change->because);
}

static int evict_peer(const struct change *change)
{
    struct vane_policy_peer *peer = vane_policy_peer_of(change->state);

    if (!peer)
        return -ESRCH;
    evict(change, peer);
    change->state->generation++;
    return 0;
}

static int evict_where(const struct change *change)
{
    struct vane_policy_state *state = change->state;
    const GArray *condition = change->action->params[VANE_POLICY_WHERE].values;
    g_autoptr(GPtrArray) peers = vane_policy_members_sorted(state->members);
    g_autoptr(GPtrArray) found = g_ptr_array_new();

    for (guint i = 0; i < peers->len && state->cost_left > 0; i++) {
        struct vane_cel_value value;

        if (!vane_policy_is_member(peers->pdata[i]))
            continue;
        value = evaluate_for(state, peers->pdata[i], condition);
        if (value.kind == VANE_CEL_BOOL && value.truth)
            g_ptr_array_add(found, peers->pdata[i]);
    }
    evaluated_for_all(state);
    for (guint i = 0; i < found->len; i++)
        evict(change, found->pdata[i]);
    return 0;
}

/* ---- an order ---- */

struct ranked {
    struct vane_policy_peer *peer;
    double rank; /* the lowest is first */
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;

    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    return strcmp(left->peer->nkey, right->peer->nkey);
}

static bool score_of(struct vane_policy_state *state, const struct vane_policy_peer *peer,
                     const GArray *score, double *rank)
{
    struct vane_cel_value value = evaluate_for(state, peer, score);

    if (value.kind == VANE_CEL_INT)
        *rank = (double)value.integer;
    else if (value.kind == VANE_CEL_UINT)
        *rank = (double)value.natural;
    else if (value.kind == VANE_CEL_DOUBLE && value.real == value.real)
        *rank = value.real;
    else
        return false;
    return true;
}

/* Who goes goes in this order; who comes comes longest waiting, newest, last heard, highest first.
 * False: there is no rank for it, and it stays as it is. */
static bool rank_of(const struct change *change, struct vane_policy_peer *peer, bool comes,
                    double *rank)
{
    const struct vane_policy_param *params = change->action->params;
    int64_t since = comes ? peer->since_ns : peer->joined_ns;

    switch ((enum vane_policy_order)params[VANE_POLICY_BY].number) {
    case VANE_POLICY_BY_AGE:
        *rank = (double)since;
        return true;
    case VANE_POLICY_BY_NEWEST:
        *rank = -(double)since;
        return true;
    case VANE_POLICY_BY_ACTIVITY:
        *rank = comes ? -(double)peer->heard_ns : (double)peer->heard_ns;
        return true;
    case VANE_POLICY_BY_RANDOM:
        *rank = g_random_double();
        return true;
    case VANE_POLICY_BY_SCORE:
        if (!score_of(change->state, peer, params[VANE_POLICY_SCORE].values, rank))
            return false;
        *rank = comes ? -*rank : *rank;
        return true;
    }
    return false;
}

/* Those that `of` is true for, in order: struct ranked. */
static GArray *rank(const struct change *change, bool (*of)(const struct vane_policy_peer *peer),
                    bool comes)
{
    g_autoptr(GPtrArray) peers = vane_policy_members_sorted(change->state->members);
    GArray *ranked = g_array_new(FALSE, FALSE, sizeof(struct ranked));

    for (guint i = 0; i < peers->len && change->state->cost_left > 0; i++) {
        struct ranked one = {.peer = peers->pdata[i]};

        if (of(one.peer) && rank_of(change, one.peer, comes, &one.rank))
            g_array_append_val(ranked, one);
    }
    evaluated_for_all(change->state);
    if (ranked->len > 0)
        qsort(ranked->data, ranked->len, sizeof(struct ranked), by_rank);
    return ranked;
}

/* ---- how many ---- */

/* Who goes of `total`. */
static unsigned to_go(const struct vane_policy_action *action, unsigned total)
{
    const struct vane_policy_param *params = action->params;
    unsigned min = (unsigned)params[VANE_POLICY_MIN].number, going;

    if (params[VANE_POLICY_COUNT].given)
        going = (unsigned)params[VANE_POLICY_COUNT].number;
    else if (params[VANE_POLICY_TO].given)
        going = total - MIN((unsigned)params[VANE_POLICY_TO].number, total);
    else
        going = MAX(total * (unsigned)params[VANE_POLICY_PERCENT].number / 100, 1);
    return MIN(going, total - MIN(min, total));
}

/* Who comes to `total`, of which there may be `max`. */
static unsigned to_come(const struct vane_policy_action *action, unsigned total, unsigned max)
{
    const struct vane_policy_param *params = action->params;
    unsigned target = (unsigned)params[VANE_POLICY_TO].number;
    unsigned coming = params[VANE_POLICY_COUNT].given ? (unsigned)params[VANE_POLICY_COUNT].number
                                                      : target - MIN(target, total);

    return max > 0 ? MIN(coming, max - MIN(max, total)) : coming;
}

/* ---- prune, fill and the same for trust ---- */

static bool waits(const struct vane_policy_peer *peer)
{
    return peer->standing == VANE_POLICY_WAITING && peer->here;
}

static bool is_trusted(const struct vane_policy_peer *peer)
{
    return vane_policy_is_member(peer) && peer->trusted;
}

static bool is_untrusted(const struct vane_policy_peer *peer)
{
    return vane_policy_is_member(peer) && !peer->trusted;
}

typedef void (*move_t)(struct vane_policy_members *members, struct vane_policy_peer *peer,
                       const struct vane_policy_because *because);

static void trust(struct vane_policy_members *members, struct vane_policy_peer *peer,
                  const struct vane_policy_because *because)
{
    vane_policy_members_trust(members, peer, true, because);
}

static void distrust(struct vane_policy_members *members, struct vane_policy_peer *peer,
                     const struct vane_policy_because *because)
{
    vane_policy_members_trust(members, peer, false, because);
}

/* The first `n` of those that `of` is true for. */
static int move_first(const struct change *change, unsigned n,
                      bool (*of)(const struct vane_policy_peer *peer), bool comes, move_t move)
{
    g_autoptr(GArray) ranked = n > 0 ? rank(change, of, comes) : NULL;

    for (guint i = 0; ranked && i < MIN(n, ranked->len); i++)
        move(change->state->members, g_array_index(ranked, struct ranked, i).peer,
             &change->because);
    change->state->generation++;
    return 0;
}

/* ---- all of them ---- */

int vane_policy_act_on_members(struct vane_policy_state *state, const struct vane_policy_rule *rule,
                               const struct vane_policy_action *action)
{
    const struct change change = {state, action, because_of(state, rule, action)};
    const struct vane_policy_members *members = state->members;
    unsigned all = members ? members->count : 0, trusted = members ? members->trusted : 0;

    if (!members)
        return -ENOENT;
    if (action->verb == VANE_POLICY_EVICT)
        return evict_peer(&change);
    if (action->verb == VANE_POLICY_EVICT_WHERE)
        return evict_where(&change);
    if (action->verb == VANE_POLICY_PRUNE)
        return move_first(&change, to_go(action, all), vane_policy_is_member, false,
                          vane_policy_members_put_off);
    if (action->verb == VANE_POLICY_FILL)
        return move_first(&change, to_come(action, all, members->max), waits, true,
                          vane_policy_members_let_in);
    if (action->verb == VANE_POLICY_PRUNE_TRUST)
        return move_first(&change, to_go(action, trusted), is_trusted, false, distrust);
    if (action->verb == VANE_POLICY_FILL_TRUST)
        return move_first(&change, to_come(action, trusted, 0), is_untrusted, true, trust);
    return -EINVAL;
}
