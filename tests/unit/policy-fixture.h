/* Policies as texts with ' for ", and questions to them. */
#ifndef NETVANE_TESTS_POLICY_FIXTURE_H
#define NETVANE_TESTS_POLICY_FIXTURE_H

#include <setjmp.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "lib/policy/example.h"
#include "lib/policy/state.h"

static inline char *quoted(const char *text)
{
    char *copy = g_strdup(text);

    g_strdelimit(copy, "'", '"');
    return copy;
}

/* What rules had done, a word a call. */
struct doings {
    GString *acts, *failures;
    unsigned tagged;
    struct vane_policy_state *state;
};

static inline void note_act(void *user, const struct vane_policy_rule *rule,
                            const struct vane_policy_action *action)
{
    struct doings *doings = user;

    g_string_append_printf(doings->acts, "%s:%s ", rule->name, vane_policy_verb_name(action->verb));
    if (action->verb == VANE_POLICY_LOG && action->params[VANE_POLICY_MESSAGE].values->len > 0) {
        g_autofree char *text = vane_policy_resolve_text(
            doings->state, &g_array_index(action->params[VANE_POLICY_MESSAGE].values,
                                          struct vane_policy_value, 0));

        g_string_append_printf(doings->acts, "(%s) ", text ? text : "-");
    }
}

static inline void note_tagged(void *user, const struct vane_policy_rule *rule,
                               const GPtrArray *tags, const uint32_t *peer)
{
    ((struct doings *)user)->tagged++;
}

static inline void note_failed(void *user, const struct vane_policy_rule *rule, const char *why)
{
    g_string_append_printf(((struct doings *)user)->failures, "%s: %s\n", rule->name, why);
}

static inline struct vane_policy *read_good(const char *text)
{
    g_autofree char *json = quoted(text);
    struct vane_policy_problems problems;
    struct vane_policy *policy = NULL;

    if (vane_policy_read(json, strlen(json), &policy, &problems, NULL) < 0)
        fail_msg("refused: %s", ((struct vane_policy_problem *)problems.list->pdata[0])->message);
    vane_policy_problems_clear(&problems);
    return policy;
}

static inline void begin_policy(struct doings *doings, const char *text)
{
    const struct vane_policy_hands hands = {note_act, note_tagged, note_failed, doings};
    struct vane_policy *policy = read_good(text);

    *doings = (struct doings){.acts = g_string_new(NULL), .failures = g_string_new(NULL)};
    doings->state = vane_policy_state_new(policy, &hands);
    vane_policy_unref(policy);
}

static inline void end_policy(struct doings *doings)
{
    vane_policy_state_free(doings->state);
    g_string_free(doings->acts, TRUE);
    g_string_free(doings->failures, TRUE);
}

static inline struct vane_policy_outcome ask_policy(struct doings *doings, const char *text)
{
    g_autofree char *json = quoted(text), *why = NULL;
    struct vane_policy_example example;
    struct vane_policy_outcome outcome;

    if (vane_policy_example_read(json, strlen(json), &example, &why) < 0)
        fail_msg("%s", why);
    g_string_truncate(doings->acts, 0);
    assert_int_equal(vane_policy_state_run(doings->state, &example.occurrence, &outcome), 0);
    vane_policy_example_clear(&example);
    return outcome;
}

#endif
