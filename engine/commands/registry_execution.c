/*
 * A plugin that executes a command for somebody: its callback is called on its own account, and
 * no more once the plugin is gone.
 */
#include "engine/commands/registry_internal.h"

struct execution {
    struct vane_ledger_entry entry;
    struct vane_self *caller;
    struct vane_request *request; /* NULL: within vane_command_execute() */
    void (*done)(void *user, int error, const char *text, size_t length);
    void *user;
};

static void on_revoke(struct vane_ledger_entry *entry)
{
    struct execution *execution = (struct execution *)entry;

    vane_ledger_strike(entry);
    if (!execution->request) {
        execution->done = NULL;
        return;
    }
    vane_request_abandon(execution->request);
    g_free(execution);
}

static void on_done(void *user, int error, const char *text, size_t length)
{
    struct execution *execution = user;
    struct vane_call call;

    vane_ledger_strike(&execution->entry);
    if (execution->done) {
        vane_call_begin(&call, execution->caller, "command result");
        execution->done(execution->user, error, text, length);
        vane_call_end(&call);
    }
    g_free(execution);
}

int vane_execution_start(struct vane_self *caller, const char *const *words, uint32_t count,
                         const struct vane_asker *asker, vane_command_done done, void *user)
{
    struct execution *execution;
    struct vane_request *request = NULL;

    if (count == 0)
        return -EINVAL;
    execution = g_new0(struct execution, 1);
    execution->caller = caller;
    execution->done = done;
    execution->user = user;
    vane_ledger_enter(&caller->ledger, &execution->entry, "execution", on_revoke);
    vane_command_execute(caller->engine->commands, words, count, asker, on_done, execution,
                         &request);
    if (request)
        execution->request = request;
    return 0;
}
