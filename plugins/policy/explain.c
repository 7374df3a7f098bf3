/* `policy explain`: which rules matched, which did not, and why. See policy.h. */
#include <errno.h>
#include <string.h>

#include "lib/policy/example.h"
#include "plugins/policy/policy.h"

static uint16_t network_of(const struct vane_policy_example *example)
{
    struct vane_json_view view;
    int64_t network = 0;

    if (vane_json_find(example->facts, "network_id", &view))
        (void)vane_json_get_int64(view, &network);
    return (uint16_t)network;
}

/* Appends rows. -ENOENT: there is no policy for it. */
static int explain_text(struct vane_policy_plugin *plugin, const char *text, size_t length,
                        struct vane_json *json)
{
    struct vane_policy_example example;
    struct vane_policy_outcome outcome;
    struct vane_policy_runner *runner;
    g_autofree char *why = NULL;
    int r = vane_policy_example_read(text, length, &example, &why);

    if (r < 0)
        return r;
    runner = vane_policy_runner_find(plugin, network_of(&example));
    if (runner)
        vane_policy_state_explain(runner->state, &example.occurrence, json, &outcome);
    vane_policy_example_clear(&example);
    return runner ? 0 : -ENOENT;
}

/* What was decided then, which rules of today need not decide. */
static void write_decision(const struct vane_policy_decision *decision, struct vane_json *json)
{
    g_autofree char *text = g_strdup_printf("at that time: %s by %s",
                                            decision->allowed ? "allow" : "deny", decision->rule);

    vane_json_object_begin(json);
    vane_json_member_string(json, "rule", "(then)");
    vane_json_member_string(json, "because", text);
    vane_json_member_string(json, "verdict", decision->allowed ? "allow" : "deny");
    vane_json_object_end(json);
}

/* The answers that the gate gave because of an event, oldest first. Returns how many. */
static unsigned explain_decisions(struct vane_policy_plugin *plugin, const char *id,
                                  struct vane_json *json)
{
    uint64_t count = MIN(plugin->decided, VANE_POLICY_DECISIONS);
    unsigned found = 0;

    for (uint64_t i = plugin->decided - count; i < plugin->decided; i++) {
        const struct vane_policy_decision *decision = &plugin->decisions[i % VANE_POLICY_DECISIONS];

        if (strcmp(decision->cause, id) != 0 || !decision->text)
            continue;
        if (explain_text(plugin, decision->text, strlen(decision->text), json) < 0)
            continue;
        write_decision(decision, json);
        found++;
    }
    return found;
}

static const char *text_of(const struct vane_policy_plugin *plugin, const struct vane_event *event,
                           const char *name)
{
    const struct vane_bus *bus = plugin->host->bus;
    const char *text = NULL;

    return bus->get_string(bus->event_payload(event), name, &text) == 0 ? text : NULL;
}

/* What became of somebody's membership, and by which rule, whatever the rules of today say. */
static void write_turn(const struct vane_policy_plugin *plugin, const struct vane_event *event,
                       struct vane_json *json)
{
    const char *topic = plugin->host->bus->event_topic(event);
    const char *rule = text_of(plugin, event, "rule"), *action = text_of(plugin, event, "action");
    const char *reason = text_of(plugin, event, "reason");
    g_autofree char *text = NULL;

    if (!g_str_has_prefix(topic, "policy.member."))
        return;
    text = g_strdup_printf("at that time: %s by %s%s%s%s%s", topic + strlen("policy.member."),
                           rule     ? rule
                           : action ? "the operator"
                                    : "the cluster",
                           action ? ", " : "", action ? action : "", reason ? ": " : "",
                           reason ? reason : "");
    vane_json_object_begin(json);
    vane_json_member_string(json, "rule", "(then)");
    vane_json_member_string(json, "because", text);
    vane_json_object_end(json);
}

static int explain_event(struct vane_policy_plugin *plugin, const char *id, struct vane_json *json)
{
    const struct vane_bus *bus = plugin->host->bus;
    const struct vane_event *event;
    const char *text;
    size_t length;
    int r = bus->find(plugin->self, id, &event);

    if (r < 0)
        return r;
    r = bus->event_json(event, &text, &length);
    if (r == 0)
        r = explain_text(plugin, text, length, json);
    write_turn(plugin, event, json);
    bus->event_unref(event);
    return r;
}

int vane_policy_explain_command(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    const struct vane_commands *commands = plugin->host->commands;
    const char *id = commands->argument(request, "ID");
    struct vane_json json = {0};
    const char *text;
    size_t length;
    unsigned found;
    int r;

    if (plugin->runners->len == 0)
        return commands->fail(request, -ENOENT, "there is no policy in force");
    vane_json_array_begin(&json);
    r = explain_event(plugin, id, &json);
    found = explain_decisions(plugin, id, &json);
    vane_json_array_end(&json);
    text = vane_json_text(&json, &length);
    if (r == 0 || found > 0)
        r = commands->reply(request, text, length);
    else
        r = commands->fail(request, -ENOENT,
                           "that event is not kept any more, or has never been (\"show events\" "
                           "has those that are; try \"netvane policy test\" with its JSON)");
    vane_json_clear(&json);
    return r;
}
