/* Asking a policy: rules in order, their actions, the verdict. See state.h. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "lib/policy/state-internal.h"

/* One run in so many is timed: two looks at the clock cost as much as a rule. */
#define SAMPLE_EVERY 64u

static uint64_t clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct vane_cel_value evaluate(struct vane_policy_state *state,
                                      const struct vane_policy_rule *rule)
{
    return rule->match ? vane_policy_evaluate(state, rule, rule->match) : vane_cel_bool(true);
}

static struct vane_cel_value evaluate_timed(struct vane_policy_state *state,
                                            const struct vane_policy_rule *rule)
{
    struct vane_policy_statistics *statistics = &state->statistics[rule->index];
    uint64_t before = clock_now();
    struct vane_cel_value value = evaluate(state, rule);

    statistics->sampled++;
    statistics->sampled_ns += clock_now() - before;
    return value;
}

static void deny(struct vane_policy_outcome *outcome, const struct vane_policy_rule *rule)
{
    outcome->verdict = VANE_POLICY_DENIED;
    outcome->rule = rule;
}

void vane_policy_failed(struct vane_policy_state *state, const struct vane_policy_rule *rule,
                        const char *why)
{
    struct vane_policy_statistics *statistics = &state->statistics[rule->index];

    statistics->errors++;
    statistics->last_error_ns = state->wall_ns;
    g_strlcpy(statistics->last_error, why, sizeof(statistics->last_error));
    if (state->hands.failed)
        state->hands.failed(state->hands.user, rule, why);
}

/* A gate that fails closed denies; otherwise the rule is passed over. */
static void on_error(struct vane_policy_state *state, const struct vane_policy_rule *rule,
                     struct vane_cel_value value, struct vane_policy_outcome *outcome)
{
    const char *why = value.kind == VANE_CEL_ERROR ? value.problem->message : "it is no condition";

    vane_policy_failed(state, rule, why);
    if (!vane_policy_is_judged(state->occurrence) || !state->policy->fail_closed)
        return;
    deny(outcome, rule);
    g_snprintf(outcome->reason, sizeof(outcome->reason), "its match cannot be evaluated: %s", why);
}

static void give_verdict(const struct vane_policy_rule *rule,
                         const struct vane_policy_action *action,
                         struct vane_policy_outcome *outcome)
{
    bool allowed = action->verb == VANE_POLICY_ALLOW;
    const char *reason = action->params[VANE_POLICY_REASON].text;

    outcome->verdict = allowed ? VANE_POLICY_ALLOWED : VANE_POLICY_DENIED;
    outcome->rule = rule;
    if (reason)
        g_strlcpy(outcome->reason, reason, sizeof(outcome->reason));
    else
        g_snprintf(outcome->reason, sizeof(outcome->reason), "the policy %s it",
                   allowed ? "allows" : "denies");
}

/* One action; false: the rest of the rule's are not done. */
static bool act(struct vane_policy_state *state, const struct vane_policy_rule *rule,
                const struct vane_policy_action *action, struct vane_policy_outcome *outcome)
{
    switch (action->verb) {
    case VANE_POLICY_ALLOW:
    case VANE_POLICY_DENY:
        if (vane_policy_is_judged(state->occurrence))
            give_verdict(rule, action, outcome);
        return true;
    case VANE_POLICY_TAG:
        vane_policy_do_tag(state, action);
        return true;
    case VANE_POLICY_SET:
        vane_policy_do_set(state, action);
        return true;
    case VANE_POLICY_RATE_LIMIT:
        if (vane_policy_within_limit(state, action, false, outcome))
            return true;
        if (vane_policy_is_judged(state->occurrence))
            deny(outcome, rule);
        return false;
    case VANE_POLICY_LOG:
    case VANE_POLICY_WEBHOOK:
    case VANE_POLICY_RUN:
    case VANE_POLICY_LINK:
    case VANE_POLICY_PUBLISH:
    case VANE_POLICY_EVICT:
    case VANE_POLICY_EVICT_WHERE:
    case VANE_POLICY_PRUNE:
    case VANE_POLICY_FILL:
    case VANE_POLICY_PRUNE_TRUST:
    case VANE_POLICY_FILL_TRUST:
        if (state->hands.act)
            state->hands.act(state->hands.user, rule, action);
        return true;
    }
    return true;
}

static void matched(struct vane_policy_state *state, const struct vane_policy_rule *rule,
                    struct vane_policy_outcome *outcome)
{
    struct vane_policy_statistics *statistics = &state->statistics[rule->index];

    statistics->hits++;
    statistics->last_match_ns = state->wall_ns;
    state->rule = rule;
    for (guint i = 0; i < rule->actions->len; i++)
        if (!act(state, rule, &g_array_index(rule->actions, struct vane_policy_action, i), outcome))
            break;
    state->rule = NULL;
}

/* Is it the rule's turn? */
static bool is_asked(const struct vane_policy_occurrence *occurrence,
                     const struct vane_policy_rule *rule)
{
    switch (occurrence->part) {
    case VANE_POLICY_ALL_RULES:
        return true;
    case VANE_POLICY_RULES_OF_PEERS:
        return rule->of_peer;
    case VANE_POLICY_OTHER_RULES:
        return !rule->of_peer;
    }
    return true;
}

static void ask_rule(struct vane_policy_state *state, const struct vane_policy_rule *rule,
                     bool timed, struct vane_policy_outcome *outcome)
{
    struct vane_cel_value value = timed ? evaluate_timed(state, rule) : evaluate(state, rule);

    state->statistics[rule->index].evaluations++;
    if (value.kind != VANE_CEL_BOOL)
        on_error(state, rule, value, outcome);
    else if (value.truth)
        matched(state, rule, outcome);
}

void vane_policy_decide_by_default(const struct vane_policy *policy,
                                   struct vane_policy_outcome *outcome)
{
    if (policy->default_verdict == VANE_POLICY_GATES_OWN)
        return;
    outcome->verdict = policy->default_verdict == VANE_POLICY_DEFAULT_ALLOW ? VANE_POLICY_ALLOWED
                                                                            : VANE_POLICY_DENIED;
    g_strlcpy(outcome->reason, "no rule decided, and this is the policy's default",
              sizeof(outcome->reason));
}

int vane_policy_state_run(struct vane_policy_state *state,
                          const struct vane_policy_occurrence *occurrence,
                          struct vane_policy_outcome *outcome)
{
    const GArray *rules;
    bool timed;

    outcome->verdict = VANE_POLICY_NONE;
    outcome->rule = NULL;
    outcome->reason[0] = '\0';
    if (state->busy)
        return -EBUSY;
    rules = vane_policy_rules_about(state, occurrence->subject, occurrence->gate);
    vane_policy_begin(state, occurrence);
    timed = state->runs++ % SAMPLE_EVERY == 0;
    for (guint i = 0; i < rules->len && outcome->verdict == VANE_POLICY_NONE; i++) {
        const struct vane_policy_rule *rule =
            vane_policy_rule_at(state->policy, g_array_index(rules, uint16_t, i));

        if (is_asked(occurrence, rule))
            ask_rule(state, rule, timed, outcome);
    }
    vane_policy_end(state);
    if (occurrence->gate && outcome->verdict == VANE_POLICY_NONE)
        vane_policy_decide_by_default(state->policy, outcome);
    return 0;
}
