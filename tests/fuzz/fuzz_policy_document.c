/*
 * Any bytes as a policy: refused, with a place and a sentence for each mistake; or rules that can
 * be asked, explained and replaced by themselves.
 */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/json/scanner.h"
#include "lib/policy/example.h"
#include "lib/policy/state.h"
#include "lib/text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const questions[] = {
    "{\"action\":\"script.run\",\"facts\":{\"script\":\"/x\",\"interface_name\":\"eth0\"}}",
    "{\"action\":\"connect\",\"facts\":{\"port\":22,\"peer_id\":7,\"peer_tags\":[\"a\"]}}",
    "{\"topic\":\"link.added\",\"payload\":{\"interface_name\":\"eth0\",\"mtu\":1500}}",
    "{\"topic\":\"cycle\",\"payload\":{}}",
    "{\"topic\":\"join\",\"payload\":{\"peer_id\":1}}",
    "{\"topic\":\"leave\",\"payload\":{\"peer_id\":2}}",
    "{\"topic\":\"acme.x\",\"payload\":{\"level\":1.5,\"name\":null}}",
};

static void check_problems(const struct vane_policy_problems *problems, const char *text,
                           size_t size)
{
    g_assert(problems->list->len > 0);
    for (guint i = 0; i < problems->list->len; i++) {
        const struct vane_policy_problem *problem = problems->list->pdata[i];

        g_assert(problem->message[0] && problem->line >= 1 && problem->column >= 1);
        g_assert(problem->line <= size + 1);
        g_assert(vane_utf8_valid(problem->message, strlen(problem->message)));
    }
}

static void act(void *user, const struct vane_policy_rule *rule,
                const struct vane_policy_action *action)
{
    if (vane_policy_verb_is_of_members(action->verb)) {
        (void)vane_policy_act_on_members(*(struct vane_policy_state **)user, rule, action);
        return;
    }
    for (size_t i = 0; i < VANE_POLICY_PARAMS_MAX; i++) {
        const GArray *values = action->params[i].values;

        for (guint n = 0; values && n < values->len; n++)
            g_free(vane_policy_resolve_text(*(struct vane_policy_state **)user,
                                            &g_array_index(values, struct vane_policy_value, n)));
    }
}

static void check_explanation(struct vane_policy_state *state,
                              const struct vane_policy_occurrence *occurrence)
{
    const struct vane_json_limits limits = {.size = 64 << 20,
                                            .depth = VANE_JSON_DEPTH_MAX,
                                            .members = 65536,
                                            .uint64 = true,
                                            .nul = true};
    struct vane_policy_outcome outcome;
    struct vane_json json = {0};
    const char *text;
    size_t length;

    vane_json_array_begin(&json);
    vane_policy_state_explain(state, occurrence, &json, &outcome);
    vane_json_array_end(&json);
    text = vane_json_text(&json, &length);
    g_assert(vane_json_scan(text, length, &limits, NULL) == 0);
    g_assert(!outcome.rule || outcome.verdict != VANE_POLICY_NONE);
    vane_json_clear(&json);
}

static void ask(struct vane_policy_state *state, const char *question)
{
    struct vane_policy_example example;
    struct vane_policy_outcome outcome;
    g_autofree char *why = NULL;

    g_assert(vane_policy_example_read(question, strlen(question), &example, &why) == 0);
    check_explanation(state, &example.occurrence);
    g_assert(vane_policy_state_run(state, &example.occurrence, &outcome) == 0);
    g_assert(memchr(outcome.reason, '\0', sizeof(outcome.reason)));
    g_assert(example.occurrence.gate || example.occurrence.judged ||
             outcome.verdict == VANE_POLICY_NONE);
    vane_policy_example_clear(&example);
}

/* Four machines, of which each stands in another way, if there is a place. */
static struct vane_policy_members *make_members(unsigned max)
{
    static const char *const tags[] = {"a", "lab"};
    struct vane_policy_members *members = vane_policy_members_new();
    const struct vane_policy_because because = {.now_ns = 1};

    members->max = max;
    for (uint32_t i = 1; i <= 4; i++) {
        g_autofree char *nkey = g_strdup_printf("U%055u", i);
        const struct vane_policy_sight sight = {
            .nkey = nkey, .name = "n", .id = i, .tags = tags, .tag_count = i % 3, .heard_ns = i};
        struct vane_policy_peer *peer = vane_policy_members_see(members, &sight);

        vane_policy_members_admit(members, peer, &because);
        if (i == 3)
            vane_policy_members_put_off(members, peer, &because);
        if (i == 4)
            vane_policy_members_evict(members, peer, 0, &because);
    }
    return members;
}

static void check_members(const struct vane_policy_members *members)
{
    unsigned count = 0, trusted = 0;
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, members->peers);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        count += vane_policy_is_member(value);
        trusted += vane_policy_is_member(value) && ((struct vane_policy_peer *)value)->trusted;
    }
    g_assert(members->count == count && members->trusted == trusted);
    g_assert(members->max == 0 || count <= members->max);
}

static void use(struct vane_policy *policy)
{
    struct vane_policy_members *members = make_members(policy->max_peers);
    struct vane_policy_state *state;
    const struct vane_policy_hands hands = {.act = act, .user = &state};

    state = vane_policy_state_new(policy, &hands);
    ask(state, questions[3]); /* without members */
    vane_policy_state_set_members(state, members);
    for (size_t i = 0; i < G_N_ELEMENTS(questions); i++)
        ask(state, questions[i]);
    vane_policy_state_swap(state, policy);
    ask(state, questions[0]);
    check_members(members);
    vane_policy_state_free(state);
    vane_policy_members_free(members);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_policy_problems problems, remarks;
    struct vane_policy *policy = NULL;
    int r = vane_policy_read((const char *)data, size, &policy, &problems, &remarks);

    if (r < 0) {
        g_assert(r == -EINVAL && !policy);
        check_problems(&problems, (const char *)data, size);
    } else {
        g_assert(problems.list->len == 0);
        use(policy);
    }
    vane_policy_problems_clear(&problems);
    vane_policy_problems_clear(&remarks);
    vane_policy_unref(policy);
    return 0;
}
