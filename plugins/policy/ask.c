/* Rules are asked: by the gate, and when something happens. */
#include <errno.h>
#include <string.h>

#include "plugins/policy/policy.h"

#define TOLD_A_SECOND 16u

/* ---- what an occurrence says ---- */

struct question {
    const char *asker;
    const struct vane_gate_request *request;
    const struct vane_policy_runner *runner;
    bool known; /* the peer is one of the network's, of which the asker claims nothing */
};

static struct vane_cel_value text(const char *value)
{
    return value ? vane_cel_string(value, strlen(value)) : (struct vane_cel_value){0};
}

/* ABSENT for what the membership knows better than the asker. */
static struct vane_cel_value fact_of_peer(const struct question *question, const char *name,
                                          struct vane_cel_scratch *room)
{
    const struct vane_fields *facts = question->request->facts;
    const struct vane_field *field;

    if (strcmp(name, "peer_networks") == 0)
        return vane_policy_networks_of(question->runner->plugin, facts, room);
    if (question->known)
        return (struct vane_cel_value){0};
    if (strcmp(name, "peer_nkey") == 0)
        return text(vane_policy_nkey_of(facts));
    field = vane_policy_field_find(facts, name);
    return field ? vane_policy_field_value(field, room) : (struct vane_cel_value){0};
}

/* What the engine says of the question cannot be claimed by its facts. */
static struct vane_cel_value fact_of_question(void *data, const char *name,
                                              struct vane_cel_scratch *room)
{
    const struct question *question = data;
    const struct vane_gate_request *request = question->request;
    const struct vane_field *field;

    if (strcmp(name, "asker") == 0)
        return text(question->asker);
    if (strcmp(name, "action") == 0)
        return text(request->action);
    if (strcmp(name, "origin") == 0)
        return text(request->origin == VANE_ORIGIN_LOCAL ? "local" : "remote");
    if (strcmp(name, "access") == 0)
        return text(request->access == VANE_ACCESS_READ ? "read" : "change");
    if (strcmp(name, "cause") == 0)
        return text(request->cause ? question->runner->plugin->host->bus->event_id(request->cause)
                                   : NULL);
    if (g_str_has_prefix(name, "peer_"))
        return fact_of_peer(question, name, room);
    if (strcmp(name, "network_id") == 0 && question->runner->network_id != 0)
        return vane_cel_int(question->runner->network_id);
    field = vane_policy_field_find(request->facts, name);
    return field ? vane_policy_field_value(field, room) : (struct vane_cel_value){0};
}

struct happening {
    const struct vane_bus *bus;
    const struct vane_event *event;
    const struct vane_payload *payload;
};

static struct vane_cel_value fact_of_event(void *data, const char *name,
                                           struct vane_cel_scratch *room)
{
    const struct happening *happening = data;
    const struct vane_bus *bus = happening->bus;
    struct vane_field field;
    int64_t time;

    if (strcmp(name, "topic") == 0)
        return text(bus->event_topic(happening->event));
    if (strcmp(name, "event_id") == 0)
        return text(bus->event_id(happening->event));
    if (strcmp(name, "cause") == 0)
        return text(bus->event_cause(happening->event));
    if (strcmp(name, "time") == 0) {
        time = bus->event_time(happening->event);
        return vane_cel_timestamp(time / 1000000000, (uint32_t)(time % 1000000000));
    }
    for (uint32_t i = 0; bus->member(happening->payload, i, &field, sizeof(field)) == 0; i++)
        if (strcmp(field.name, name) == 0)
            return vane_policy_field_value(&field, room);
    return (struct vane_cel_value){0};
}

static struct vane_cel_value fact_of_fields(void *data, const char *name,
                                            struct vane_cel_scratch *room)
{
    const struct vane_field *field = vane_policy_field_find(data, name);

    return field ? vane_policy_field_value(field, room) : (struct vane_cel_value){0};
}

static bool number_of(const struct vane_fields *facts, const char *name, uint64_t max,
                      uint64_t *number)
{
    const struct vane_field *field = vane_policy_field_find(facts, name);

    if (!field || (field->type != VANE_INT64 && field->type != VANE_UINT64) ||
        field->value.uint64 > max)
        return false;
    *number = field->value.uint64;
    return true;
}

static void find_peer(const struct vane_fields *facts, struct vane_policy_occurrence *occurrence)
{
    uint64_t id = 0;

    occurrence->has_peer = number_of(facts, "peer_id", UINT32_MAX, &id) && id != 0;
    occurrence->peer_id = (uint32_t)id;
    occurrence->peer_nkey = vane_policy_nkey_of(facts);
}

/* ---- asking ---- */

void vane_policy_run(struct vane_policy_runner *runner,
                     const struct vane_policy_occurrence *occurrence,
                     const struct vane_event *cause, unsigned depth,
                     struct vane_policy_outcome *outcome)
{
    struct vane_policy_plugin *plugin = runner->plugin;

    plugin->asked = runner;
    plugin->cause = cause;
    plugin->depth = depth;
    plugin->subject = occurrence->subject;
    (void)vane_policy_state_run(runner->state, occurrence, outcome);
    plugin->asked = NULL;
    plugin->cause = NULL;
    plugin->depth = 0;
    plugin->subject = NULL;
    vane_policy_members_keep(plugin);
}

int vane_policy_ask(struct vane_policy_runner *runner, const char *subject, bool gate,
                    const struct vane_fields *facts, struct vane_policy_outcome *outcome)
{
    struct vane_policy_occurrence occurrence = {
        .subject = subject, .gate = gate, .fact = fact_of_fields, .data = (void *)facts};

    find_peer(facts, &occurrence);
    if (runner->plugin->asked)
        return -EBUSY;
    vane_policy_run(runner, &occurrence, NULL, 0, outcome);
    if (outcome->verdict == VANE_POLICY_NONE)
        return -ENODATA;
    return outcome->verdict == VANE_POLICY_ALLOWED;
}

/* ---- the gate ---- */

/* Peers that connect and datagrams may come by the thousand: as for denials, so many a second. */
static bool may_tell(struct vane_policy_plugin *plugin, const char *action)
{
    int64_t now = g_get_monotonic_time();

    if (strchr(action, '.'))
        return true;
    if (now - plugin->told_since >= G_USEC_PER_SEC) {
        plugin->told_since = now;
        plugin->told = 0;
    }
    return plugin->told++ < TOLD_A_SECOND;
}

void vane_policy_tell_would_deny(struct vane_policy_runner *runner, const char *action,
                                 const char *asker, const char *rule, const char *reason,
                                 const struct vane_event *cause)
{
    struct vane_policy_plugin *plugin = runner->plugin;
    const struct vane_field fields[] = {
        vane_string("action", action),
        vane_string("asker", asker),
        vane_string("rule", rule),
        vane_string("reason", reason),
    };
    const struct vane_fields payload = VANE_FIELDS(fields);

    runner->counters.would_deny++;
    if (!may_tell(plugin, action))
        return;
    plugin->host->log->print(plugin->self, VANE_LOG_NOTICE, "would deny %s of %s by %s: %s", action,
                             asker, rule, reason);
    (void)plugin->host->bus->publish(plugin->self, "policy.would_deny", &payload, cause, NULL);
}

static void give_verdict(struct vane_policy_runner *runner,
                         const struct vane_policy_outcome *outcome, struct vane_verdict *verdict)
{
    if (outcome->verdict == VANE_POLICY_NONE) { /* the verdict came in as the gate's own */
        runner->counters.unanswered++;
        return;
    }
    verdict->allowed = outcome->verdict == VANE_POLICY_ALLOWED;
    g_strlcpy(verdict->rule, outcome->rule ? outcome->rule->name : "default",
              sizeof(verdict->rule));
    g_strlcpy(verdict->reason, outcome->reason, sizeof(verdict->reason));
}

static uint16_t network_of(const struct vane_fields *facts)
{
    uint64_t network = 0;

    (void)number_of(facts, "network_id", UINT16_MAX, &network);
    return (uint16_t)network;
}

/* One policy's word on a question. */
static enum vane_policy_verdict judge(struct vane_policy_runner *runner, const char *asker,
                                      const struct vane_gate_request *request,
                                      struct vane_verdict *verdict)
{
    struct question question = {asker, request, runner, false};
    struct vane_policy_occurrence occurrence = {
        .subject = request->action, .gate = true, .fact = fact_of_question, .data = &question};
    struct vane_policy_outcome outcome;

    if (vane_policy_is_outsider(runner, request, verdict))
        return VANE_POLICY_DENIED;
    find_peer(request->facts, &occurrence);
    question.known = vane_policy_knows(runner, request->facts);
    vane_policy_run(runner, &occurrence, request->cause, 0, &outcome);
    give_verdict(runner, &outcome, verdict);
    return outcome.verdict;
}

/* At ports the machine's own policy has its say, that of the network, and those of all networks
 * that know the peer: each must let it pass. */
static bool is_concerned(const struct vane_policy_runner *runner,
                         const struct vane_gate_request *request, uint16_t network_id)
{
    if (runner->network_id == network_id)
        return true;
    return vane_policy_is_port(request->action) &&
           (runner->network_id == 0 || vane_policy_knows(runner, request->facts));
}

/* The first denial decides, else the first one that allows it. */
static enum vane_policy_verdict judge_all(struct vane_policy_plugin *plugin, const char *asker,
                                          const struct vane_gate_request *request,
                                          struct vane_verdict *verdict,
                                          struct vane_policy_runner **by)
{
    uint16_t network_id = network_of(request->facts);
    enum vane_policy_verdict all = VANE_POLICY_NONE;

    for (guint i = 0; i < plugin->runners->len && all != VANE_POLICY_DENIED; i++) {
        struct vane_policy_runner *runner = g_ptr_array_index(plugin->runners, i);
        struct vane_verdict one = *verdict;
        enum vane_policy_verdict said;

        if (!is_concerned(runner, request, network_id))
            continue;
        said = judge(runner, asker, request, &one);
        *by = *by ? *by : runner;
        if (said == VANE_POLICY_NONE || said == all)
            continue;
        *by = runner;
        *verdict = one;
        all = said;
    }
    return all;
}

/* The daemon comes up, and the rules are still being read: they may deny anything. */
static void decide_without_rules(const struct vane_policy_plugin *plugin,
                                 struct vane_verdict *verdict)
{
    if (plugin->settings.dry_run)
        return;
    verdict->allowed = 0;
    g_strlcpy(verdict->rule, "starting", sizeof(verdict->rule));
    g_strlcpy(verdict->reason, "the policy is not read yet; ask again", sizeof(verdict->reason));
}

int vane_policy_decide(void *user, const char *asker, const struct vane_gate_request *request,
                       struct vane_verdict *verdict)
{
    struct vane_policy_plugin *plugin = user;
    struct vane_policy_runner *runner = NULL;
    enum vane_policy_verdict said;

    if (plugin->asked)
        return 0;
    if (plugin->starting) {
        decide_without_rules(plugin, verdict);
        return 0;
    }
    said = judge_all(plugin, asker, request, verdict, &runner);
    if (!runner)
        return 0;
    if (request->cause)
        vane_policy_remember(plugin, asker, request, verdict);
    if (said == VANE_POLICY_DENIED && plugin->settings.dry_run) {
        vane_policy_tell_would_deny(runner, request->action, asker, verdict->rule, verdict->reason,
                                    request->cause);
        verdict->allowed = 1;
    }
    if (verdict->allowed)
        runner->counters.allowed++;
    else
        runner->counters.denied++;
    return 0;
}

/* ---- events ---- */

int vane_policy_on_event(void *user, const struct vane_event *event)
{
    struct vane_policy_plugin *plugin = user;
    const struct vane_bus *bus = plugin->host->bus;
    struct happening happening = {bus, event, bus->event_payload(event)};
    const struct vane_policy_occurrence occurrence = {
        .subject = bus->event_topic(event), .fact = fact_of_event, .data = &happening};
    struct vane_policy_runner *runner = vane_policy_runner_find(plugin, 0);
    struct vane_policy_outcome outcome;

    if (!runner || plugin->stopping ||
        !vane_policy_state_concerns(runner->state, occurrence.subject, false))
        return 0;
    vane_policy_run(runner, &occurrence, event, vane_policy_depth_of(plugin, bus->event_seq(event)),
                    &outcome);
    return 0;
}
