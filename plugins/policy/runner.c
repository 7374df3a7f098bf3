/* Networks and their policies. See policy.h. */
#include "plugins/policy/policy.h"

struct vane_policy_runner *vane_policy_runner_find(const struct vane_policy_plugin *plugin,
                                                   uint16_t network_id)
{
    for (guint i = 0; i < plugin->runners->len; i++) {
        struct vane_policy_runner *runner = g_ptr_array_index(plugin->runners, i);

        if (runner->network_id == network_id)
            return runner;
    }
    return NULL;
}

static gint by_network(gconstpointer a, gconstpointer b)
{
    const struct vane_policy_runner *const *left = a, *const *right = b;

    return (*left)->network_id - (*right)->network_id;
}

static struct vane_policy_runner *runner_new(struct vane_policy_plugin *plugin, uint16_t network_id,
                                             struct vane_policy *policy)
{
    struct vane_policy_runner *runner = g_new0(struct vane_policy_runner, 1);
    struct vane_policy_hands hands = vane_policy_hands;

    hands.user = plugin;
    runner->plugin = plugin;
    runner->network_id = network_id;
    runner->state = vane_policy_state_new(policy, &hands);
    runner->warned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    vane_policy_state_describe(runner->state, network_id, 0, 0);
    g_ptr_array_add(plugin->runners, runner);
    g_ptr_array_sort(plugin->runners, by_network);
    return runner;
}

static void tell(const struct vane_policy_runner *runner, const char *topic)
{
    const struct vane_policy_plugin *plugin = runner->plugin;
    const struct vane_field fields[] = {
        vane_uint64("network_id", runner->network_id),
        vane_uint64("rules", vane_policy_state_policy(runner->state)->rules->len),
        vane_string("file", runner->origin),
    };
    const struct vane_fields payload = {sizeof(fields[0]), runner->origin ? 3 : 2, fields};

    (void)plugin->host->bus->publish(plugin->self, topic, &payload, NULL, NULL);
}

void vane_policy_tell_refused(struct vane_policy_plugin *plugin, uint16_t network_id,
                              const struct vane_policy_problems *problems)
{
    g_autofree char *first = vane_policy_problem_line(problems->list->pdata[0], "document");
    const struct vane_field fields[] = {
        vane_uint64("network_id", network_id),
        vane_uint64("problems", problems->list->len),
        vane_string("reason", first),
    };
    const struct vane_fields payload = VANE_FIELDS(fields);

    (void)plugin->host->bus->publish(plugin->self, "policy.refused", &payload, NULL, NULL);
}

static void free_policy(void *policy)
{
    vane_policy_unref(policy);
}

static void on_freed(void *policy)
{
}

/* One of ten thousand rules is a hundred thousand pieces of memory: off the loop. */
static void let_go(const struct vane_policy_plugin *plugin, struct vane_policy *policy)
{
    if (policy->refs > 1 || plugin->stopping ||
        plugin->host->loop->work(plugin->self, free_policy, on_freed, policy) < 0)
        vane_policy_unref(policy);
}

/* In one step: whoever asks next asks the new one. */
void vane_policy_runner_put(struct vane_policy_plugin *plugin, uint16_t network_id,
                            struct vane_policy *policy, const char *origin)
{
    struct vane_policy_runner *runner = vane_policy_runner_find(plugin, network_id);

    if (runner) {
        struct vane_policy *before = vane_policy_ref(vane_policy_state_policy(runner->state));

        vane_policy_state_swap(runner->state, policy);
        let_go(plugin, before);
        g_hash_table_remove_all(runner->warned);
    } else {
        runner = runner_new(plugin, network_id, policy);
    }
    g_free(runner->origin);
    runner->origin = g_strdup(origin);
    runner->since_ns = g_get_real_time() * 1000;
    vane_policy_listen(plugin);
    vane_policy_membership_begin(runner);
    plugin->host->log->print(plugin->self, VANE_LOG_INFO,
                             "a policy of %u rules is in force for network %u", policy->rules->len,
                             network_id);
    tell(runner, "policy.loaded");
}

void vane_policy_runner_stop(struct vane_policy_runner *runner, bool forget)
{
    struct vane_policy_plugin *plugin = runner->plugin;
    struct vane_policy *policy = vane_policy_ref(vane_policy_state_policy(runner->state));

    if (forget) {
        vane_policy_loadings_cancel(plugin, runner->network_id);
        vane_policy_document_forget(plugin, runner->network_id, runner->origin != NULL);
        tell(runner, "policy.unloaded");
    }
    if (forget)
        vane_policy_members_unlink(runner);
    else
        vane_policy_members_keep_now(runner);
    if (runner->cycle)
        (void)plugin->host->loop->timer_stop(plugin->self, runner->cycle);
    vane_policy_cycle_end(runner);
    g_ptr_array_remove(plugin->runners, runner);
    vane_policy_state_free(runner->state);
    let_go(plugin, policy);
    vane_policy_members_free(runner->members);
    g_hash_table_unref(runner->warned);
    g_free(runner->origin);
    g_free(runner->said);
    g_free(runner);
    if (!plugin->stopping)
        vane_policy_listen(plugin);
}
