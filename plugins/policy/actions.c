/* What rules want done: log, publish, webhook, and the jobs of jobs.c. See policy.h. */
#include <errno.h>
#include <string.h>

#include "lib/cel/json.h"
#include "plugins/policy/policy.h"

unsigned vane_policy_depth_of(const struct vane_policy_plugin *plugin, uint64_t seq)
{
    for (unsigned i = 0; i < MIN(plugin->made_count, VANE_POLICY_MADE); i++)
        if (plugin->made[i].seq == seq)
            return plugin->made[i].depth;
    return 0;
}

int vane_policy_publish(struct vane_policy_plugin *plugin, const char *topic,
                        const struct vane_fields *fields, const struct vane_event *cause,
                        unsigned depth)
{
    const struct vane_bus *bus = plugin->host->bus;
    const struct vane_event *event = NULL;
    int r = bus->publish(plugin->self, topic, fields, cause, &event);

    if (r < 0)
        return r;
    if (!plugin->made)
        plugin->made = g_new0(struct vane_policy_made, VANE_POLICY_MADE);
    plugin->made[plugin->made_count++ % VANE_POLICY_MADE] =
        (struct vane_policy_made){.seq = bus->event_seq(event), .depth = depth};
    if (plugin->made_count >= 2 * VANE_POLICY_MADE)
        plugin->made_count -= VANE_POLICY_MADE;
    bus->event_unref(event);
    return 0;
}

/* Told once a rule and kind of failure until another policy is in force; counted each time. */
void vane_policy_action_failed(struct vane_policy_runner *runner,
                               const struct vane_policy_rule *rule, const char *format, ...)
{
    g_autofree char *message = NULL, *key = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    runner->counters.failed_actions++;
    key = g_strdup_printf("%s\n%s", rule->name, format);
    if (g_hash_table_size(runner->warned) > 4 * VANE_POLICY_RULES_MAX ||
        !g_hash_table_add(runner->warned, g_steal_pointer(&key)))
        return;
    runner->plugin->host->log->print(runner->plugin->self, VANE_LOG_WARNING,
                                     "rule %s: %s (told once)", rule->name, message);
}

bool vane_policy_is_echo(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                         const char *what)
{
    if (runner->plugin->depth < VANE_POLICY_DEPTH)
        return false;
    vane_policy_action_failed(runner, rule,
                              "%s is left out: rules answer each other's events more than %u deep",
                              what, VANE_POLICY_DEPTH);
    return true;
}

/* ---- log ---- */

static void act_log(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                    const struct vane_policy_action *action)
{
    const struct vane_policy_plugin *plugin = runner->plugin;
    const GArray *values = action->params[VANE_POLICY_MESSAGE].values;
    uint32_t level = (uint32_t)(action->params[VANE_POLICY_LEVEL].number + VANE_POLICY_LEVEL_BASE);
    const struct vane_field fields[] = {
        vane_string("rule", rule->name),
        vane_string("event_id", plugin->cause ? plugin->host->bus->event_id(plugin->cause) : ""),
    };
    const struct vane_fields list = VANE_FIELDS(fields);
    g_autofree char *text = NULL, *line = NULL;

    if (values->len > 0)
        text = vane_policy_resolve_text(runner->state,
                                        &g_array_index(values, struct vane_policy_value, 0));
    line = g_strdup_printf("rule %s: %s", rule->name, text ? text : "matched");
    (void)plugin->host->log->write(plugin->self, level, line, &list);
}

/* ---- publish ---- */

/* Keeps the texts that fields point to. */
struct payload {
    GArray *fields;
    GPtrArray *texts;
};

static bool add_member(struct payload *payload, const char *name, struct vane_cel_value value)
{
    struct vane_json json = {0};
    struct vane_field field;
    size_t length;
    char *text;

    switch ((enum vane_cel_kind)value.kind) {
    case VANE_CEL_ABSENT:
    case VANE_CEL_ERROR:
        return false;
    case VANE_CEL_NULL:
        return true; /* absent in the event */
    case VANE_CEL_BOOL:
        field = vane_bool(name, value.truth);
        break;
    case VANE_CEL_INT:
        field = vane_int64(name, value.integer);
        break;
    case VANE_CEL_UINT:
        field = vane_uint64(name, value.natural);
        break;
    case VANE_CEL_DOUBLE:
        field = vane_double(name, value.real);
        break;
    case VANE_CEL_STRING:
        text = g_strndup(value.text, value.len);
        g_ptr_array_add(payload->texts, text);
        field = vane_string(name, text);
        break;
    default:
        vane_cel_write_json(&json, VANE_CEL_PLAIN, value);
        text = vane_json_steal(&json, &length);
        vane_json_clear(&json);
        g_ptr_array_add(payload->texts, text);
        field = vane_json(name, text, (uint32_t)length);
        break;
    }
    g_array_append_val(payload->fields, field);
    return true;
}

static void payload_clear(struct payload *payload)
{
    g_array_unref(payload->fields);
    g_ptr_array_unref(payload->texts);
}

/* False: a value could not be had, which is told. */
static bool build_payload(struct vane_policy_runner *runner, const struct vane_policy_param *param,
                          struct payload *payload)
{
    payload->fields = g_array_new(FALSE, FALSE, sizeof(struct vane_field));
    payload->texts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < param->values->len; i++) {
        struct vane_cel_value value = vane_policy_resolve(
            runner->state, &g_array_index(param->values, struct vane_policy_value, i));

        if (!add_member(payload, param->keys->pdata[i], value))
            return false;
    }
    return true;
}

static int publish(struct vane_policy_runner *runner, const char *topic,
                   const struct payload *payload)
{
    struct vane_policy_plugin *plugin = runner->plugin;
    const struct vane_fields fields = {
        sizeof(struct vane_field), payload->fields->len,
        (const struct vane_field *)(const void *)payload->fields->data};

    return vane_policy_publish(plugin, topic, &fields, plugin->cause, plugin->depth + 1);
}

static void act_publish(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                        const struct vane_policy_action *action)
{
    const char *topic = action->params[VANE_POLICY_TOPIC].text;
    struct payload payload;
    int r;

    if (vane_policy_is_echo(runner, rule, topic))
        return;
    if (build_payload(runner, &action->params[VANE_POLICY_PAYLOAD], &payload)) {
        r = publish(runner, topic, &payload);
        if (r < 0)
            vane_policy_action_failed(runner, rule, "%s cannot be published: %s", topic,
                                      g_strerror(-r));
    }
    payload_clear(&payload);
}

/* ---- webhook: an event that endpoints take for it ---- */

static void act_webhook(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                        const struct vane_policy_action *action)
{
    const char *endpoint = action->params[VANE_POLICY_ENDPOINT].text;
    struct payload payload;
    struct vane_field field;
    int r = 0;

    if (vane_policy_is_echo(runner, rule, "policy.webhook"))
        return;
    if (build_payload(runner, &action->params[VANE_POLICY_PAYLOAD], &payload)) {
        field = vane_string("rule", rule->name);
        g_array_append_val(payload.fields, field);
        field = vane_string("endpoint", endpoint);
        if (endpoint)
            g_array_append_val(payload.fields, field);
        r = publish(runner, "policy.webhook", &payload);
    }
    if (r < 0)
        vane_policy_action_failed(runner, rule, "no webhook is called: %s", g_strerror(-r));
    payload_clear(&payload);
}

/* ---- members of the network ---- */

static void act_on_members(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                           const struct vane_policy_action *action)
{
    const char *verb = vane_policy_verb_name(action->verb);
    int r;

    if (runner->members)
        runner->plugin->members_asked = runner->members->count;
    r = vane_policy_act_on_members(runner->state, rule, action);
    if (r == -ENOENT && runner->network_id == 0)
        vane_policy_action_failed(runner, rule,
                                  "%s: network 0 is this machine, which has no members", verb);
    else if (r == -ENOENT)
        vane_policy_action_failed(runner, rule,
                                  "%s: nobody is known in network %u, as there is no cluster "
                                  "(plugin cluster, Servers=)",
                                  verb, runner->network_id);
    else if (r == -ESRCH)
        vane_policy_action_failed(runner, rule, "%s: there is no peer that is known", verb);
}

/* ---- all of them ---- */

static void act(void *user, const struct vane_policy_rule *rule,
                const struct vane_policy_action *action)
{
    struct vane_policy_plugin *plugin = user;
    struct vane_policy_runner *runner = plugin->asked;

    if (action->verb != VANE_POLICY_LOG && plugin->settings.dry_run) {
        plugin->host->log->print(plugin->self, VANE_LOG_NOTICE, "rule %s: would do: %s", rule->name,
                                 vane_policy_verb_name(action->verb));
        return;
    }
    switch (action->verb) {
    case VANE_POLICY_LOG:
        act_log(runner, rule, action);
        break;
    case VANE_POLICY_PUBLISH:
        act_publish(runner, rule, action);
        break;
    case VANE_POLICY_WEBHOOK:
        act_webhook(runner, rule, action);
        break;
    case VANE_POLICY_RUN:
        vane_policy_job_run(runner, rule, action);
        break;
    case VANE_POLICY_LINK:
        vane_policy_job_link(runner, rule, action);
        break;
    case VANE_POLICY_EVICT:
    case VANE_POLICY_EVICT_WHERE:
    case VANE_POLICY_PRUNE:
    case VANE_POLICY_FILL:
    case VANE_POLICY_PRUNE_TRUST:
    case VANE_POLICY_FILL_TRUST:
        act_on_members(runner, rule, action);
        break;
    case VANE_POLICY_ALLOW:
    case VANE_POLICY_DENY:
    case VANE_POLICY_TAG:
    case VANE_POLICY_RATE_LIMIT:
    case VANE_POLICY_SET:
        break; /* the state's own */
    }
}

static void tagged(void *user, const struct vane_policy_rule *rule, const GPtrArray *tags,
                   const uint32_t *peer)
{
    struct vane_policy_plugin *plugin = user;
    const struct vane_field fields[] = {
        vane_string("rule", rule->name),
        vane_strings("tags", (const char *const *)tags->pdata, tags->len),
        vane_uint64("network_id", plugin->asked->network_id),
        vane_uint64("peer_id", peer ? *peer : 0),
    };
    const struct vane_fields payload = {sizeof(fields[0]), peer ? 4 : 3, fields};

    if (!vane_policy_is_echo(plugin->asked, rule, "policy.tagged"))
        (void)vane_policy_publish(plugin, "policy.tagged", &payload, plugin->cause,
                                  plugin->depth + 1);
}

static void failed(void *user, const struct vane_policy_rule *rule, const char *why)
{
    const struct vane_policy_plugin *plugin = user;

    vane_policy_action_failed(plugin->asked, rule, "it cannot be evaluated: %s", why);
}

const struct vane_policy_hands vane_policy_hands = {.act = act, .tagged = tagged, .failed = failed};
