/*
 * Cycles: every `config.cycle` the rules on "cycle" that are about one peer are asked for each
 * member, then the others once. A network of thousands is walked in pieces, so that the loop goes
 * on.
 */
#include <errno.h>
#include <string.h>

#include "plugins/policy/policy.h"

#define PIECE_US 2000 /* of one turn of the loop */

static struct vane_cel_value no_fact(void *data, const char *name, struct vane_cel_scratch *room)
{
    return (struct vane_cel_value){0};
}

static void ask(struct vane_policy_runner *runner, enum vane_policy_part part,
                const struct vane_policy_peer *peer)
{
    const struct vane_policy_occurrence occurrence = {
        .subject = VANE_POLICY_EVENT_CYCLE,
        .part = part,
        .has_peer = peer != NULL,
        .peer_id = peer ? peer->id : 0,
        .peer_nkey = peer ? peer->nkey : NULL,
        .fact = no_fact,
    };
    struct vane_policy_outcome outcome;

    vane_policy_run(runner, &occurrence, NULL, 0, &outcome);
}

void vane_policy_cycle_end(struct vane_policy_runner *runner)
{
    g_clear_pointer(&runner->walk, g_ptr_array_unref);
    runner->walked = 0;
}

/* False: the piece is over, and there are more. */
static bool walk(struct vane_policy_runner *runner)
{
    int64_t end = g_get_monotonic_time() + PIECE_US;

    while (runner->walked < runner->walk->len) {
        const char *nkey = runner->walk->pdata[runner->walked++];
        const struct vane_policy_peer *peer = vane_policy_members_find(runner->members, nkey);

        if (vane_policy_is_member(peer))
            ask(runner, VANE_POLICY_RULES_OF_PEERS, peer);
        if (g_get_monotonic_time() >= end && runner->walked < runner->walk->len)
            return false;
    }
    vane_policy_cycle_end(runner);
    ask(runner, VANE_POLICY_OTHER_RULES, NULL);
    vane_policy_members_keep(runner->plugin);
    return true;
}

static void walk_on(void *user)
{
    struct vane_policy_plugin *plugin = user;
    bool more = false;

    plugin->walking = false;
    for (guint i = 0; i < plugin->runners->len && !plugin->stopping; i++) {
        struct vane_policy_runner *runner = g_ptr_array_index(plugin->runners, i);

        if (runner->walk)
            more |= !walk(runner);
    }
    if (more)
        plugin->walking = plugin->host->loop->post(plugin->self, walk_on, plugin) == 0;
}

static bool is_about_peers(const struct vane_policy_runner *runner)
{
    const struct vane_policy *policy = vane_policy_state_policy(runner->state);

    for (guint i = 0; i < policy->rules->len; i++) {
        const struct vane_policy_rule *rule = vane_policy_rule_at(policy, i);

        if (rule->of_peer && strcmp(rule->on, VANE_POLICY_EVENT_CYCLE) == 0)
            return true;
    }
    return false;
}

static GPtrArray *keys_of(const struct vane_policy_runner *runner)
{
    g_autoptr(GPtrArray) peers = vane_policy_members_sorted(runner->members);
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < peers->len; i++)
        if (vane_policy_is_member(peers->pdata[i]))
            g_ptr_array_add(keys,
                            g_strdup(((const struct vane_policy_peer *)peers->pdata[i])->nkey));
    return keys;
}

bool vane_policy_cycle(struct vane_policy_runner *runner)
{
    struct vane_policy_plugin *plugin = runner->plugin;

    if (runner->walk) {
        runner->counters.late_cycles++;
        return false;
    }
    vane_policy_state_describe(runner->state, runner->network_id, 0, ++runner->cycles);
    if (!runner->members) {
        ask(runner, VANE_POLICY_ALL_RULES, NULL);
        return true;
    }
    runner->walk = is_about_peers(runner) ? keys_of(runner) : g_ptr_array_new();
    if (!walk(runner) && !plugin->walking)
        plugin->walking = plugin->host->loop->post(plugin->self, walk_on, plugin) == 0;
    return true;
}
