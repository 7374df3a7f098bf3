/* The `policy` service: the C form of PolicyManager and PolicyRunner. See services/policy.h. */
#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "plugins/policy/policy.h"

/* ---- the manager ---- */

static int get(void *provider, uint16_t network_id, struct vane_policy_runner **runner)
{
    struct vane_policy_runner *found = vane_policy_runner_find(provider, network_id);

    if (!found)
        return -ENOENT;
    *runner = found;
    return 0;
}

static struct vane_policy_loading *loading_new(struct vane_policy_plugin *plugin,
                                               uint16_t network_id, const char *json, size_t length)
{
    struct vane_policy_loading *loading =
        vane_policy_loading_new(plugin, network_id, NULL, NULL, NULL);

    loading->text = g_malloc(length + 1);
    memcpy(loading->text, json, length);
    loading->text[length] = '\0';
    loading->length = length;
    return loading;
}

static void tell_problems(const struct vane_policy_loading *loading,
                          void (*problem)(void *user, const char *rule, uint64_t line,
                                          uint64_t column, const char *message),
                          void *user)
{
    const GPtrArray *list = loading->problems.list;

    for (guint i = 0; problem && list && i < list->len; i++) {
        const struct vane_policy_problem *one = list->pdata[i];

        problem(user, one->rule, one->line, one->column, one->message);
    }
}

static int start(void *provider, uint16_t network_id, const char *json, size_t length,
                 void (*problem)(void *user, const char *rule, uint64_t line, uint64_t column,
                                 const char *message),
                 void *user, struct vane_policy_runner **runner)
{
    struct vane_policy_plugin *plugin = provider;
    struct vane_policy_loading *loading;
    int r;

    if (!json)
        return -EINVAL;
    if (length > VANE_POLICY_START_MAX)
        return -EFBIG;
    if (plugin->asked || vane_policy_is_loading(plugin, network_id))
        return -EBUSY;
    loading = loading_new(plugin, network_id, json, length);
    r = vane_policy_loading_do(loading);
    tell_problems(loading, problem, user);
    vane_policy_loading_free(loading);
    return r < 0 || !runner ? r : get(plugin, network_id, runner);
}

struct waiter {
    struct vane_policy_waiter how;
    void *user;
};

static void on_loaded(struct vane_policy_loading *loading)
{
    g_autofree struct waiter *waiter = loading->user;
    struct vane_policy_runner *runner = NULL;

    tell_problems(loading, waiter->how.problem, waiter->user);
    if (loading->result == 0)
        runner = vane_policy_runner_find(loading->plugin, loading->network_id);
    if (waiter->how.ended)
        waiter->how.ended(waiter->user, loading->result, runner);
}

static int load(void *provider, uint16_t network_id, const char *json, size_t length,
                const struct vane_policy_waiter *how, void *user, struct vane_policy_loading **made)
{
    struct vane_policy_plugin *plugin = provider;
    struct vane_policy_loading *loading;
    struct waiter *waiter;

    if (!json || (how && how->size < sizeof(*how)))
        return -EINVAL;
    if (length > VANE_POLICY_SIZE_MAX)
        return -EFBIG;
    if (plugin->loadings.length >= VANE_POLICY_LOADINGS)
        return -EAGAIN;
    waiter = g_new0(struct waiter, 1);
    waiter->user = user;
    if (how)
        waiter->how = *how;
    loading = loading_new(plugin, network_id, json, length);
    loading->ended = on_loaded;
    loading->user = waiter;
    if (made)
        *made = loading;
    vane_policy_loading_begin(loading);
    return 0;
}

static int leave(struct vane_policy_loading *loading)
{
    if (!loading)
        return -EINVAL;
    ((struct waiter *)loading->user)->how = (struct vane_policy_waiter){0};
    return 0;
}

static int stop_runner(struct vane_policy_runner *runner)
{
    if (!runner)
        return -EINVAL;
    if (runner->plugin->asked)
        return -EBUSY;
    vane_policy_runner_stop(runner, true);
    return 0;
}

static int stop(void *provider, uint16_t network_id)
{
    struct vane_policy_runner *runner = vane_policy_runner_find(provider, network_id);

    if (runner)
        return stop_runner(runner);
    vane_policy_loadings_cancel(provider, network_id);
    return 0;
}

static int all(void *provider, uint32_t index, struct vane_policy_runner **runner)
{
    const struct vane_policy_plugin *plugin = provider;

    if (index >= plugin->runners->len)
        return -ENOENT;
    *runner = g_ptr_array_index(plugin->runners, index);
    return 0;
}

static int stop_all(void *provider)
{
    struct vane_policy_plugin *plugin = provider;

    vane_policy_loadings_cancel(plugin, -1);
    while (plugin->runners->len > 0) {
        int r = stop_runner(g_ptr_array_index(plugin->runners, 0));

        if (r < 0)
            return r;
    }
    return 0;
}

static int load_persisted(void *provider)
{
    const struct vane_policy_plugin *plugin = provider;

    vane_policy_documents_load(provider, true);
    return (int)plugin->runners->len;
}

/* ---- a runner ---- */

static uint16_t network_id(struct vane_policy_runner *runner)
{
    return runner->network_id;
}

static int has_member(struct vane_policy_runner *runner, uint32_t peer_id)
{
    return runner && vane_policy_has_member(runner, peer_id);
}

static bool is_type(const char *type)
{
    return vane_policy_is_port(type) || strcmp(type, VANE_POLICY_EVENT_JOIN) == 0 ||
           strcmp(type, VANE_POLICY_EVENT_LEAVE) == 0 || strcmp(type, VANE_POLICY_EVENT_CYCLE) == 0;
}

static bool is_outside(struct vane_policy_runner *runner, const char *type,
                       const struct vane_fields *facts)
{
    const struct vane_gate_request request = {
        .size = sizeof(request), .action = type, .facts = facts};
    struct vane_verdict verdict = {.size = sizeof(verdict)};

    return vane_policy_is_outsider(runner, &request, &verdict) && !runner->plugin->settings.dry_run;
}

static int evaluate_port_gate(struct vane_policy_runner *runner,
                              const struct vane_policy_port *asked)
{
    struct vane_policy_port port = {0};
    struct vane_field fields[8];
    struct vane_fields facts = {sizeof(fields[0]), 0, fields};
    struct vane_policy_outcome outcome;
    int r;

    if (!runner || !asked || asked->size < offsetof(struct vane_policy_port, payload_size))
        return -EINVAL;
    memcpy(&port, asked, MIN(asked->size, sizeof(port)));
    if (!port.event_type || !vane_policy_is_port(port.event_type))
        return -EINVAL;
    fields[facts.count++] = vane_int64("port", port.port);
    fields[facts.count++] = vane_uint64("peer_id", port.peer_id);
    fields[facts.count++] = vane_uint64("size", port.payload_size);
    fields[facts.count++] = vane_string("direction", port.direction ? port.direction : "in");
    fields[facts.count++] = vane_int64("network_id", runner->network_id);
    if (port.peer_nkey)
        fields[facts.count++] = vane_string("peer_nkey", port.peer_nkey);
    if (port.local_tags)
        fields[facts.count++] = vane_strings("local_tags", port.local_tags, port.local_tag_count);
    if (port.peer_tags)
        fields[facts.count++] = vane_strings("peer_tags", port.peer_tags, port.peer_tag_count);
    if (is_outside(runner, port.event_type, &facts))
        return 0;
    r = vane_policy_ask(runner, port.event_type, true, &facts, &outcome);
    return r == -ENODATA ? 1 : r;
}

static int evaluate_actions(struct vane_policy_runner *runner, const char *event_type,
                            const struct vane_fields *facts)
{
    struct vane_policy_outcome outcome;
    int r;

    if (!runner || !event_type || !is_type(event_type))
        return -EINVAL;
    r = vane_policy_ask(runner, event_type, false, facts, &outcome);
    return r == -ENODATA || r > 0 ? 0 : r;
}

static int say(struct vane_policy_runner *runner, struct vane_json *json, const char **text,
               size_t *length)
{
    g_free(runner->said);
    runner->said = vane_json_steal(json, length);
    vane_json_clear(json);
    *text = runner->said;
    return 0;
}

static int status(struct vane_policy_runner *runner, const char **text, size_t *length)
{
    struct vane_json json = {0};

    if (!runner || !text || !length)
        return -EINVAL;
    vane_policy_write_status(&json, runner);
    return say(runner, &json, text, length);
}

static int peer_list(struct vane_policy_runner *runner, const char **text, size_t *length)
{
    struct vane_json json = {0};

    if (!runner || !text || !length)
        return -EINVAL;
    vane_policy_write_members(&json, runner);
    return say(runner, &json, text, length);
}

static int force_cycle(struct vane_policy_runner *runner)
{
    if (!runner)
        return -EINVAL;
    if (runner->plugin->asked)
        return -EBUSY;
    return vane_policy_cycle(runner) ? 0 : -EALREADY;
}

static int reconcile_now(struct vane_policy_runner *runner)
{
    if (!runner)
        return -EINVAL;
    vane_policy_look(runner);
    return 0;
}

static int policy_json(struct vane_policy_runner *runner, const char **text, size_t *length)
{
    const struct vane_policy *policy;

    if (!runner || !text || !length)
        return -EINVAL;
    policy = vane_policy_state_policy(runner->state);
    *text = policy->text;
    *length = policy->length;
    return 0;
}

const struct vane_policy_manager vane_policy_manager_table = {
    .size = sizeof(struct vane_policy_manager),
    .version = 1,
    .start = start,
    .stop = stop,
    .get = get,
    .all = all,
    .stop_all = stop_all,
    .load_persisted = load_persisted,
    .network_id = network_id,
    .has_member = has_member,
    .evaluate_port_gate = evaluate_port_gate,
    .evaluate_actions = evaluate_actions,
    .status = status,
    .peer_list = peer_list,
    .force_cycle = force_cycle,
    .reconcile_now = reconcile_now,
    .policy_json = policy_json,
    .stop_runner = stop_runner,
    .load = load,
    .leave = leave,
};
