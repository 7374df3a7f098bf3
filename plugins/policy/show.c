/* `show policy`: rules, and each network's policy as a whole. See policy.h. */
#include <errno.h>
#include <string.h>

#include "plugins/policy/policy.h"

#define ROWS_MAX 2000u /* of a table of rules */

char *vane_policy_format_time(int64_t ns)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(ns / 1000000000);
    g_autofree char *seconds = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");

    return g_strdup_printf("%s.%03dZ", seconds, (int)(ns / 1000000 % 1000));
}

static void member_time(struct vane_json *json, const char *key, int64_t ns)
{
    g_autofree char *text = ns > 0 ? vane_policy_format_time(ns) : NULL;

    if (text)
        vane_json_member_string(json, key, text);
}

static void write_actions(struct vane_json *json, const struct vane_policy_rule *rule)
{
    vane_json_key(json, "actions");
    vane_json_array_begin(json);
    for (guint i = 0; i < rule->actions->len; i++)
        vane_json_string(
            json,
            vane_policy_verb_name(g_array_index(rule->actions, struct vane_policy_action, i).verb));
    vane_json_array_end(json);
}

/* Of one rule: also what it says, and why it failed. */
static void write_details(struct vane_json *json, const struct vane_policy_runner *runner,
                          const struct vane_policy_rule *rule)
{
    const struct vane_policy_statistics *statistics =
        vane_policy_state_statistics(runner->state, rule);

    if (rule->match)
        vane_json_member_string(json, "match", vane_cel_program_text(rule->match, NULL));
    write_actions(json, rule);
    if (statistics->errors > 0)
        vane_json_member_string(json, "last_error", statistics->last_error);
    member_time(json, "last_error_time", statistics->last_error_ns);
}

static void write_rule(struct vane_json *json, const struct vane_policy_runner *runner,
                       const struct vane_policy_rule *rule, bool whole)
{
    const struct vane_policy_statistics *statistics =
        vane_policy_state_statistics(runner->state, rule);

    vane_json_object_begin(json);
    vane_json_member_uint64(json, "network_id", runner->network_id);
    vane_json_member_string(json, "rule", rule->name);
    vane_json_member_string(json, "on", rule->on);
    vane_json_member_uint64(json, "hits", statistics->hits);
    vane_json_member_uint64(json, "errors", statistics->errors);
    vane_json_member_uint64(json, "evaluations", statistics->evaluations);
    if (statistics->sampled > 0)
        vane_json_member_uint64(json, "mean_ns", statistics->sampled_ns / statistics->sampled);
    member_time(json, "last_match", statistics->last_match_ns);
    if (whole)
        write_details(json, runner, rule);
    vane_json_object_end(json);
}

static void write_counters(struct vane_json *json, const struct vane_policy_counters *counters)
{
    vane_json_member_uint64(json, "allowed", counters->allowed);
    vane_json_member_uint64(json, "denied", counters->denied);
    vane_json_member_uint64(json, "would_deny", counters->would_deny);
    vane_json_member_uint64(json, "no_rule_decided", counters->unanswered);
    vane_json_member_uint64(json, "failed_actions", counters->failed_actions);
    vane_json_member_uint64(json, "dropped_actions", counters->dropped_actions);
    vane_json_member_uint64(json, "outsiders", counters->outsiders);
    vane_json_member_uint64(json, "late_cycles", counters->late_cycles);
}

static const char *default_word(enum vane_policy_default verdict)
{
    switch (verdict) {
    case VANE_POLICY_GATES_OWN:
        return "none";
    case VANE_POLICY_DEFAULT_ALLOW:
        return "allow";
    case VANE_POLICY_DEFAULT_DENY:
        return "deny";
    }
    return "none";
}

static void write_tags(struct vane_json *json, const GPtrArray *tags)
{
    vane_json_key(json, "local_tags");
    vane_json_array_begin(json);
    for (guint i = 0; i < tags->len; i++)
        vane_json_string(json, tags->pdata[i]);
    vane_json_array_end(json);
}

void vane_policy_write_status(struct vane_json *json, const struct vane_policy_runner *runner)
{
    const struct vane_policy *policy = vane_policy_state_policy(runner->state);

    vane_json_object_begin(json);
    vane_json_member_uint64(json, "network_id", runner->network_id);
    vane_json_member_string(json, "file", runner->origin ? runner->origin : "");
    member_time(json, "since", runner->since_ns);
    vane_json_member_uint64(json, "rules", policy->rules->len);
    vane_json_member_string(json, "default_verdict", default_word(policy->default_verdict));
    vane_json_member_bool(json, "fail_closed", policy->fail_closed);
    vane_json_member_bool(json, "dry_run", runner->plugin->settings.dry_run);
    vane_json_member_uint64(json, "cycles", runner->cycles);
    vane_json_member_uint64(json, "members", runner->members ? runner->members->count : 0);
    vane_json_member_uint64(json, "trusted", runner->members ? runner->members->trusted : 0);
    if (policy->max_peers > 0)
        vane_json_member_uint64(json, "max_peers", policy->max_peers);
    write_counters(json, &runner->counters);
    write_tags(json, vane_policy_state_tags(runner->state, NULL));
    vane_json_key(json, "facts");
    vane_policy_state_write_facts(runner->state, json);
    vane_json_object_end(json);
}

int vane_policy_reply(const struct vane_policy_plugin *plugin, struct vane_request *request,
                      struct vane_json *json)
{
    size_t length;
    const char *text = vane_json_text(json, &length);
    int r = plugin->host->commands->reply(request, text, length);

    vane_json_clear(json);
    return r;
}

/* Says in a row of its own that not all are shown. */
static void write_more(struct vane_json *json, unsigned count)
{
    g_autofree char *text =
        g_strdup_printf("(%u more: \"show policy rule NAME\" shows any)", count);

    vane_json_object_begin(json);
    vane_json_member_string(json, "rule", text);
    vane_json_object_end(json);
}

/* NAME may be NULL: all. Returns how many there are. */
static unsigned write_rules(struct vane_json *json, const struct vane_policy_plugin *plugin,
                            const char *name)
{
    unsigned rows = 0;

    for (guint i = 0; i < plugin->runners->len; i++) {
        const struct vane_policy_runner *runner = g_ptr_array_index(plugin->runners, i);
        const struct vane_policy *policy = vane_policy_state_policy(runner->state);

        for (guint n = 0; n < policy->rules->len; n++) {
            const struct vane_policy_rule *rule = vane_policy_rule_at(policy, n);

            if (!name || strcmp(name, rule->name) == 0)
                if (rows++ < ROWS_MAX)
                    write_rule(json, runner, rule, name != NULL);
        }
    }
    return rows;
}

int vane_policy_show_rules(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    const char *name = plugin->host->commands->argument(request, "NAME");
    struct vane_json json = {0};
    unsigned rows;

    vane_json_array_begin(&json);
    rows = write_rules(&json, plugin, name);
    if (rows > ROWS_MAX)
        write_more(&json, rows - ROWS_MAX);
    vane_json_array_end(&json);
    if (!name || rows > 0)
        return vane_policy_reply(plugin, request, &json);
    vane_json_clear(&json);
    return plugin->host->commands->fail(request, -ENOENT, "no policy in force has such a rule");
}

void vane_policy_offer_rules(void *user, const char *parameter, struct vane_completion *completion)
{
    const struct vane_policy_plugin *plugin = user;

    (void)parameter;
    for (guint i = 0; i < plugin->runners->len; i++) {
        const struct vane_policy_runner *runner = g_ptr_array_index(plugin->runners, i);
        const struct vane_policy *policy = vane_policy_state_policy(runner->state);

        for (guint n = 0; n < MIN(policy->rules->len, ROWS_MAX); n++)
            (void)plugin->host->commands->offer(completion, vane_policy_rule_at(policy, n)->name,
                                                NULL);
    }
}

int vane_policy_show_status(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    struct vane_json json = {0};

    if (plugin->runners->len == 0)
        return plugin->host->commands->fail(request, -ENOENT, "there is no policy in force");
    vane_json_array_begin(&json);
    for (guint i = 0; i < plugin->runners->len; i++)
        vane_policy_write_status(&json, g_ptr_array_index(plugin->runners, i));
    vane_json_array_end(&json);
    return vane_policy_reply(plugin, request, &json);
}
