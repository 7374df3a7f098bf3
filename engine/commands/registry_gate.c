/* Before a command changes something, and before another machine reads: the gate is asked. */
#include "engine/commands/registry_internal.h"

void vane_command_registry_set_gate(struct vane_command_registry *registry,
                                    int (*check)(void *user, const struct vane_self *asker,
                                                 const struct vane_gate_request *request,
                                                 struct vane_verdict *verdict),
                                    void *user)
{
    registry->gate_check = check;
    registry->gate_user = user;
}

/* What holds as long as there is no gate to ask, as in netvane/gate.h. */
static int without_gate(const struct vane_gate_request *request, struct vane_verdict *verdict)
{
    if (request->origin == VANE_ORIGIN_LOCAL || request->access != VANE_ACCESS_CHANGE)
        return 1;
    g_strlcpy(verdict->reason, "another machine may only read", sizeof(verdict->reason));
    return 0;
}

static void add_fact(GArray *facts, struct vane_field field)
{
    g_array_append_val(facts, field);
}

static GArray *collect_facts(const struct vane_request *request)
{
    GArray *facts = g_array_new(FALSE, FALSE, sizeof(struct vane_field));
    const struct vane_fields *more = request->asker.facts;

    add_fact(facts, vane_string("command", request->line));
    add_fact(facts, vane_int64("uid", request->asker.uid));
    add_fact(facts, vane_string("origin", request->asker.uid < 0 ? "remote" : "local"));
    for (uint32_t i = 0; more && i < more->count; i++)
        add_fact(facts, vane_fields_at(more, i));
    return facts;
}

/* What is not for everybody here is for no other machine either, unless somebody allows it. */
static uint32_t access_of(const struct vane_request *request)
{
    uint32_t flags = request->command->command.flags;
    bool hidden = flags & VANE_COMMAND_PRIVILEGED && !request->asker.privileged;

    if (!(flags & VANE_COMMAND_CHANGES) && !hidden)
        return VANE_ACCESS_READ;
    return request->asker.granted ? VANE_ACCESS_GRANTED : VANE_ACCESS_CHANGE;
}

static int check(struct vane_request *request, struct vane_verdict *verdict)
{
    const struct vane_command_registry *registry = request->registry;
    g_autoptr(GArray) facts = collect_facts(request);
    const struct vane_fields fields = {sizeof(struct vane_field), facts->len,
                                       (const struct vane_field *)(const void *)facts->data};
    const struct vane_gate_request question = {
        .size = sizeof(question),
        .origin = request->asker.uid < 0 ? VANE_ORIGIN_REMOTE : VANE_ORIGIN_LOCAL,
        .access = access_of(request),
        .action = "command.execute",
        .facts = &fields,
    };

    if (!registry->gate_check)
        return without_gate(&question, verdict);
    return registry->gate_check(registry->gate_user, request->command->owner, &question, verdict);
}

int vane_request_ask_gate(struct vane_request *request, char **why)
{
    bool changes = request->command->command.flags & VANE_COMMAND_CHANGES;
    struct vane_verdict verdict = {.size = sizeof(verdict)};

    if (!changes && request->asker.uid >= 0)
        return 0;
    if (check(request, &verdict) > 0)
        return 0;
    *why = g_strdup_printf("\"%s\" is denied: %s", request->line,
                           verdict.reason[0] ? verdict.reason : "the policy does not allow it");
    return -EACCES;
}
