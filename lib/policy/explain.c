/* Rules that explain themselves: which matched, which did not and why. See state.h. */
#include <string.h>

#include "lib/cel/json.h"
#include "lib/policy/state-internal.h"

static void member_text(struct vane_json *json, const char *key, const char *text, size_t length)
{
    vane_json_key(json, key);
    vane_json_string_len(json, text, length);
}

#define VALUE_MAX 65536u /* bytes, as JSON */

/* ---- what the names were that decided ---- */

#define WITH_NAMES 8u
#define WITH_BYTES 160u /* of one value */

struct with {
    GString *text;
    const struct vane_cel_value *slots;
    size_t seen[WITH_NAMES]; /* slots */
    unsigned count;
};

static void add_value(GString *text, struct vane_cel_value value)
{
    struct vane_json json = {0};

    if (value.kind == VANE_CEL_ABSENT) {
        g_string_append(text, " is absent");
    } else if (!vane_cel_json_fits(value, WITH_BYTES)) {
        g_string_append(text, " is too long to show");
    } else {
        vane_cel_write_json(&json, VANE_CEL_PLAIN, value);
        g_string_append_printf(text, "=%s", vane_json_text(&json, NULL));
    }
    vane_json_clear(&json);
}

static void add_name(void *user, size_t slot, const char *name)
{
    struct with *with = user;

    for (unsigned i = 0; i < with->count; i++)
        if (with->seen[i] == slot)
            return;
    if (with->count == WITH_NAMES)
        return;
    with->seen[with->count++] = slot;
    g_string_append_printf(with->text, "%s%s", with->text->len ? ", " : "", name);
    add_value(with->text, with->slots[slot]);
}

static void write_names(struct vane_json *json, const struct vane_policy_rule *rule,
                        const struct vane_cel_reason *reason, const struct vane_cel_value *slots)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct with with = {.text = text, .slots = slots};

    if (reason->value.kind == VANE_CEL_ERROR) /* which says itself what its own part is */
        vane_cel_program_names_in(rule->match, 0, SIZE_MAX, add_name, &with);
    else
        vane_cel_program_names_in(rule->match, reason->offset, reason->length, add_name, &with);
    if (text->len > 0)
        vane_json_member_string(json, "with", text->str);
}

/* ---- one rule ---- */

/* The smallest part of the match that made it what it is, and what that part is. */
static void write_reason(struct vane_json *json, const struct vane_policy_rule *rule,
                         const struct vane_cel_reason *reason)
{
    size_t length;
    const char *text = vane_cel_program_text(rule->match, &length);

    if (reason->offset <= length && reason->length <= length - reason->offset)
        member_text(json, "because", text + reason->offset, reason->length);
    if (reason->value.kind == VANE_CEL_ERROR) {
        vane_json_member_string(json, "value", reason->value.problem->message);
    } else if (!vane_cel_json_fits(reason->value, VALUE_MAX)) {
        vane_json_member_string(json, "value", "too large to show");
    } else if (reason->value.kind != VANE_CEL_ABSENT) {
        vane_json_key(json, "value");
        vane_cel_write_json(json, VANE_CEL_PLAIN, reason->value);
    }
}

static const char *result_word(struct vane_cel_value value)
{
    if (value.kind != VANE_CEL_BOOL)
        return "error";
    return value.truth ? "matched" : "not matched";
}

static const char *verdict_word(enum vane_policy_verdict verdict)
{
    switch (verdict) {
    case VANE_POLICY_NONE:
        return "none";
    case VANE_POLICY_ALLOWED:
        return "allow";
    case VANE_POLICY_DENIED:
        return "deny";
    }
    return "none";
}

/* What the actions of a rule that matches would decide. */
static void would_decide(struct vane_policy_state *state, const struct vane_policy_rule *rule,
                         struct vane_policy_outcome *outcome)
{
    state->rule = rule;
    for (guint i = 0; i < rule->actions->len; i++) {
        const struct vane_policy_action *action =
            &g_array_index(rule->actions, struct vane_policy_action, i);
        const char *reason = action->params[VANE_POLICY_REASON].text;

        if (action->verb == VANE_POLICY_RATE_LIMIT &&
            !vane_policy_within_limit(state, action, true, outcome)) {
            outcome->verdict = VANE_POLICY_DENIED;
            outcome->rule = rule;
            break;
        }
        if (action->verb != VANE_POLICY_ALLOW && action->verb != VANE_POLICY_DENY)
            continue;
        outcome->rule = rule;
        outcome->verdict =
            action->verb == VANE_POLICY_ALLOW ? VANE_POLICY_ALLOWED : VANE_POLICY_DENIED;
        g_strlcpy(outcome->reason, reason ? reason : "", sizeof(outcome->reason));
    }
    state->rule = NULL;
}

static void write_actions(struct vane_json *json, const struct vane_policy_rule *rule)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < rule->actions->len; i++)
        g_string_append_printf(
            list, "%s%s", i ? ", " : "",
            vane_policy_verb_name(g_array_index(rule->actions, struct vane_policy_action, i).verb));
    vane_json_member_string(json, "actions", list->str);
}

static void explain_rule(struct vane_policy_state *state, const struct vane_policy_rule *rule,
                         struct vane_json *json, struct vane_policy_outcome *outcome)
{
    struct vane_cel_reason reason = {.value = vane_cel_bool(true)};
    struct vane_cel_value value = vane_cel_bool(true);

    if (rule->match)
        value = vane_policy_evaluate(state, rule, rule->match);
    vane_json_object_begin(json);
    vane_json_member_string(json, "subject", state->occurrence->subject);
    vane_json_member_string(json, "rule", rule->name);
    vane_json_member_string(json, "on", rule->on);
    vane_json_member_string(json, "result", result_word(value));
    write_actions(json, rule);
    if (value.kind == VANE_CEL_BOOL && value.truth)
        would_decide(state, rule, outcome);
    if (value.kind != VANE_CEL_BOOL && vane_policy_is_judged(state->occurrence) &&
        state->policy->fail_closed) {
        outcome->rule = rule;
        outcome->verdict = VANE_POLICY_DENIED;
        g_strlcpy(outcome->reason, "its match cannot be evaluated", sizeof(outcome->reason));
    }
    if (rule->match) {
        vane_cel_explain(rule->match, vane_policy_input(state, rule), state->scratch, &reason);
        write_reason(json, rule, &reason);
        write_names(json, rule, &reason, vane_policy_input(state, rule)->slots);
    }
    if (vane_policy_is_judged(state->occurrence) && outcome->verdict != VANE_POLICY_NONE)
        vane_json_member_string(json, "verdict", verdict_word(outcome->verdict));
    vane_json_object_end(json);
}

static void write_outcome(struct vane_policy_state *state, struct vane_json *json,
                          const struct vane_policy_outcome *outcome, guint rules)
{
    g_autofree char *reason = NULL;

    if (outcome->rule)
        reason = g_strdup_printf("rule %s%s%s", outcome->rule->name, outcome->reason[0] ? ": " : "",
                                 outcome->reason);
    else if (outcome->reason[0])
        reason = g_strdup(outcome->reason);
    else if (state->occurrence->judged)
        reason = g_strdup("no rule decided: it is let in, if there is a place");
    else
        reason = g_strdup(state->occurrence->gate
                              ? "no rule decided: what the gate has without a policy holds"
                              : "it has happened, and nobody asked");
    vane_json_object_begin(json);
    vane_json_member_string(json, "subject", state->occurrence->subject);
    vane_json_member_string(json, "rule", "(all)");
    vane_json_key(json, "rules");
    vane_json_uint64(json, rules);
    vane_json_member_string(json, "because", reason);
    vane_json_member_string(json, "verdict", verdict_word(outcome->verdict));
    vane_json_object_end(json);
}

void vane_policy_state_explain(struct vane_policy_state *state,
                               const struct vane_policy_occurrence *occurrence,
                               struct vane_json *json, struct vane_policy_outcome *outcome)
{
    const GArray *rules = vane_policy_rules_about(state, occurrence->subject, occurrence->gate);
    guint i;

    *outcome = (struct vane_policy_outcome){0};
    vane_policy_begin(state, occurrence);
    for (i = 0; i < rules->len; i++) {
        const struct vane_policy_rule *rule =
            vane_policy_rule_at(state->policy, g_array_index(rules, uint16_t, i));

        explain_rule(state, rule, json, outcome);
        if (vane_policy_is_judged(occurrence) && outcome->verdict != VANE_POLICY_NONE)
            break;
        outcome->verdict = VANE_POLICY_NONE; /* of what has happened there is none */
        outcome->rule = NULL;
        outcome->reason[0] = '\0';
    }
    if (occurrence->gate && outcome->verdict == VANE_POLICY_NONE)
        vane_policy_decide_by_default(state->policy, outcome);
    write_outcome(state, json, outcome, MIN(i + 1, rules->len));
    vane_policy_end(state);
}
