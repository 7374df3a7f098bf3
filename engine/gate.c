/* The gate. See gate.h. */
#include "engine/gate.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "engine/denials.h"
#include "engine/engine.h"

struct vane_gatekeeper {
    struct vane_ledger_entry entry; /* of the keeper */
    struct vane_engine *engine;
    struct vane_self *keeper; /* NULL: none */
    int (*decide)(void *user, const char *asker, const struct vane_gate_request *request,
                  struct vane_verdict *verdict);
    void *user;
    bool deciding; /* what the keeper asks meanwhile gets the default */
    struct vane_gate_counters counters;
    struct vane_denials *denials;
};

int vane_gatekeeper_new(struct vane_engine *engine, struct vane_gatekeeper **gate)
{
    *gate = g_new0(struct vane_gatekeeper, 1);
    (*gate)->engine = engine;
    (*gate)->denials = vane_denials_new(engine);
    return 0;
}

void vane_gatekeeper_free(struct vane_gatekeeper *gate)
{
    if (!gate)
        return;
    vane_ledger_strike(&gate->entry);
    vane_denials_free(gate->denials);
    g_free(gate);
}

void vane_gate_clear_counted(struct vane_gatekeeper *gate)
{
    gate->counters = (struct vane_gate_counters){0};
}

struct vane_gate_counters vane_gate_counted(const struct vane_gatekeeper *gate)
{
    return gate->counters;
}

const char *vane_gate_keeper(const struct vane_gatekeeper *gate)
{
    return gate->keeper ? gate->keeper->name : NULL;
}

static void set_verdict(struct vane_verdict *verdict, bool allowed, const char *rule,
                        const char *reason)
{
    *verdict = (struct vane_verdict){.size = sizeof(*verdict), .allowed = allowed};
    g_strlcpy(verdict->rule, rule, sizeof(verdict->rule));
    g_strlcpy(verdict->reason, reason, sizeof(verdict->reason));
}

static void decide_by_default(const struct vane_gate_request *request, const char *rule,
                              struct vane_verdict *verdict)
{
    if (request->origin == VANE_ORIGIN_LOCAL)
        set_verdict(verdict, true, rule, "requests from this machine are allowed");
    else if (request->access == VANE_ACCESS_READ)
        set_verdict(verdict, true, rule, "other machines may read");
    else if (request->access == VANE_ACCESS_GRANTED)
        set_verdict(verdict, true, rule, "the configuration allows it to this caller");
    else
        set_verdict(verdict, false, rule, "other machines may not do this without a rule");
}

static void keeper_failed(struct vane_gatekeeper *gate, const struct vane_gate_request *request,
                          int error, struct vane_verdict *verdict)
{
    g_autofree char *reason =
        g_strdup_printf("the gatekeeper %s failed: %s", gate->keeper->name, strerror(-error));

    gate->counters.errors++;
    vane_warning("gate", "%s: %s", request->action, reason);
    if (request->origin == VANE_ORIGIN_LOCAL)
        decide_by_default(request, "default", verdict);
    else
        set_verdict(verdict, false, "error", reason);
}

/* The texts come from a plugin: they end where they must. */
static void tidy_verdict(struct vane_verdict *verdict)
{
    verdict->size = sizeof(*verdict);
    verdict->allowed = verdict->allowed != 0;
    verdict->rule[sizeof(verdict->rule) - 1] = '\0';
    verdict->reason[sizeof(verdict->reason) - 1] = '\0';
}

static void ask_keeper(struct vane_gatekeeper *gate, const char *asker,
                       const struct vane_gate_request *request, struct vane_verdict *verdict)
{
    struct vane_call call;
    int r;

    decide_by_default(request, "default", verdict);
    gate->deciding = true;
    vane_call_begin(&call, gate->keeper, "gate");
    r = gate->decide(gate->user, asker, request, verdict);
    vane_call_end(&call);
    gate->deciding = false;
    if (r < 0 && gate->keeper)
        keeper_failed(gate, request, r, verdict);
    else if (r < 0)
        decide_by_default(request, "no-gatekeeper", verdict); /* it gave up its office in there */
    tidy_verdict(verdict);
}

/* Tokens of [a-z0-9_-] with dots between them, as a topic. */
static bool is_action(const char *action)
{
    size_t length = action ? strnlen(action, 129) : 0;

    if (length == 0 || length > 128 || action[0] == '.' || action[length - 1] == '.' ||
        strstr(action, ".."))
        return false;
    return action[strspn(action, "abcdefghijklmnopqrstuvwxyz0123456789_-.")] == '\0';
}

/* An origin or access that this host does not know is not guessed at. */
static int take_request(const struct vane_gate_request *from, struct vane_gate_request *request)
{
    if (!from || from->size < offsetof(struct vane_gate_request, facts))
        return -EINVAL;
    memset(request, 0, sizeof(*request));
    memcpy(request, from, MIN(from->size, sizeof(*request)));
    request->size = sizeof(*request);
    if (!is_action(request->action) || request->origin > VANE_ORIGIN_REMOTE ||
        request->access > VANE_ACCESS_GRANTED)
        return -EINVAL;
    if (request->facts && request->facts->count > 0 && !request->facts->at)
        return -EINVAL;
    return 0;
}

static void give_verdict(struct vane_verdict *to, const struct vane_verdict *verdict)
{
    uint32_t size = to->size;

    memcpy(to, verdict, MIN(size, sizeof(*verdict)));
    to->size = size;
}

static void take_decision(struct vane_gatekeeper *gate, const char *asker,
                          const struct vane_gate_request *request, struct vane_verdict *verdict)
{
    if (gate->keeper && !gate->deciding)
        ask_keeper(gate, asker, request, verdict);
    else
        decide_by_default(request, gate->keeper ? "default" : "no-gatekeeper", verdict);
    if (verdict->allowed)
        gate->counters.allowed++;
    else
        gate->counters.denied++;
}

int vane_gate_ask(struct vane_gatekeeper *gate, const char *asker,
                  const struct vane_gate_request *from, struct vane_verdict *to)
{
    struct vane_gate_request request;
    struct vane_verdict verdict;
    int r = take_request(from, &request);

    if (r < 0 || (to && to->size < offsetof(struct vane_verdict, rule)))
        return -EINVAL;
    take_decision(gate, asker, &request, &verdict);
    if (!verdict.allowed)
        vane_denials_tell(gate->denials, asker, &request, &verdict);
    if (to)
        give_verdict(to, &verdict);
    return (int)verdict.allowed;
}

static void give_up_office(struct vane_gatekeeper *gate)
{
    vane_ledger_strike(&gate->entry);
    gate->keeper = NULL;
    gate->decide = NULL;
    gate->user = NULL;
}

static void revoke_office(struct vane_ledger_entry *entry)
{
    struct vane_gatekeeper *gate = (struct vane_gatekeeper *)(void *)entry;

    G_STATIC_ASSERT(offsetof(struct vane_gatekeeper, entry) == 0);
    vane_notice("gate", "the gatekeeper %s has gone; the default rules are in force",
                gate->keeper->name);
    give_up_office(gate);
}

static int gate_check(struct vane_self *self, const struct vane_gate_request *request,
                      struct vane_verdict *verdict)
{
    int r = vane_enter(self);

    return r < 0 ? r : vane_gate_ask(self->engine->gate, self->name, request, verdict);
}

static int gate_keep(struct vane_self *self,
                     int (*decide)(void *user, const char *asker,
                                   const struct vane_gate_request *request,
                                   struct vane_verdict *verdict),
                     void *user)
{
    struct vane_gatekeeper *gate;
    int r = vane_enter(self);

    if (r < 0)
        return r;
    gate = self->engine->gate;
    if (!decide && gate->keeper == self)
        give_up_office(gate);
    if (!decide)
        return 0;
    if (gate->keeper) {
        vane_error(self->name, "cannot become the gatekeeper: plugin %s is it", gate->keeper->name);
        return -EEXIST;
    }
    vane_ledger_enter(&self->ledger, &gate->entry, "gatekeeper", revoke_office);
    gate->keeper = self;
    gate->decide = decide;
    gate->user = user;
    return 0;
}

const struct vane_gate vane_gate_table = {
    .size = sizeof(struct vane_gate),
    .version = 0,
    .check = gate_check,
    .keep = gate_keep,
};
