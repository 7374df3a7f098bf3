/* What the plugin hears of and is asked about follows from the rules in force. See policy.h. */
#include <string.h>

#include "lib/policy/subjects.h"
#include "plugins/policy/policy.h"

#define PATTERNS_MAX 2048u /* bytes; with more, everything is heard and most of it passed over */

static bool is_topic(const char *on)
{
    return strcmp(on, "cycle") != 0 && strcmp(on, "join") != 0 && strcmp(on, "leave") != 0;
}

/* NULL: no rule is about events. */
static char *patterns_of(const struct vane_policy *policy)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < policy->rules->len; i++) {
        const struct vane_policy_rule *rule = vane_policy_rule_at(policy, i);

        if (!(rule->sides & VANE_POLICY_EVENT) || !is_topic(rule->on) ||
            !g_hash_table_add(seen, rule->on))
            continue;
        g_string_append_printf(list, "%s%s", list->len > 0 ? " " : "", rule->on);
        if (list->len > PATTERNS_MAX)
            return g_strdup(">");
    }
    return list->len > 0 ? g_strdup(list->str) : NULL;
}

static void subscribe(struct vane_policy_plugin *plugin)
{
    const struct vane_policy_runner *runner = vane_policy_runner_find(plugin, 0);
    const struct vane_bus *bus = plugin->host->bus;
    g_autofree char *patterns =
        runner ? patterns_of(vane_policy_state_policy(runner->state)) : NULL;

    if (g_strcmp0(patterns, plugin->patterns) == 0)
        return;
    if (plugin->events)
        (void)bus->unsubscribe(plugin->self, g_steal_pointer(&plugin->events));
    g_clear_pointer(&plugin->patterns, g_free);
    if (!patterns || bus->subscribe(plugin->self, patterns, NULL, vane_policy_on_event, plugin,
                                    &plugin->events) < 0)
        return;
    plugin->patterns = g_steal_pointer(&patterns);
}

static void on_cycle(void *user)
{
    (void)vane_policy_cycle(user);
}

static void set_cycle(struct vane_policy_runner *runner)
{
    const struct vane_policy_plugin *plugin = runner->plugin;
    const struct vane_policy *policy = vane_policy_state_policy(runner->state);

    if (runner->cycle)
        (void)plugin->host->loop->timer_stop(plugin->self, g_steal_pointer(&runner->cycle));
    if (vane_policy_has(policy, "cycle"))
        (void)plugin->host->loop->timer_start(plugin->self, policy->cycle_ms, policy->cycle_ms,
                                              on_cycle, runner, &runner->cycle);
}

int vane_policy_take_gate(struct vane_policy_plugin *plugin)
{
    int r = 0;

    if (!plugin->keeps)
        r = plugin->host->gate->keep(plugin->self, vane_policy_decide, plugin);
    plugin->keeps = r == 0;
    return r;
}

/* Without any policy nobody is asked, and what asks the gate pays nothing. */
static void leave_gate(struct vane_policy_plugin *plugin)
{
    if (plugin->keeps && plugin->runners->len == 0 && !plugin->starting) {
        (void)plugin->host->gate->keep(plugin->self, NULL, NULL);
        plugin->keeps = false;
    }
}

void vane_policy_listen(struct vane_policy_plugin *plugin)
{
    leave_gate(plugin);
    subscribe(plugin);
    vane_policy_membership_listen(plugin);
    for (guint i = 0; i < plugin->runners->len; i++)
        set_cycle(g_ptr_array_index(plugin->runners, i));
}
