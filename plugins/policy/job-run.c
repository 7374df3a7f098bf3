/* Programs that rules want run. See job.h. */
#include <unistd.h>

#include "lib/trust.h"
#include "plugins/policy/job.h"

static void on_exited(void *user, const struct vane_child_status *status)
{
    struct vane_policy_job *job = user;
    struct vane_policy_plugin *plugin = job->plugin;
    const struct vane_field fields[] = {
        vane_string("rule", job->rule),
        vane_string("path", job->path),
        vane_int64("exit_status", status->exit_status),
        vane_int64("signal", status->signal),
        vane_double("duration_ms", (double)status->duration_ns / 1e6),
    };
    const struct vane_fields payload = VANE_FIELDS(fields);

    if (status->exit_status != 0)
        vane_policy_job_complain(job, "%s ended with status %d, signal %d", job->path,
                                 status->exit_status, status->signal);
    (void)vane_policy_publish(plugin, "policy.ran", &payload, job->cause, job->depth);
    vane_policy_job_end(job);
}

static bool is_trusted(const struct vane_policy_job *job)
{
    struct vane_refusal refusal = {0};
    int r = vane_trust_check(job->path, VANE_TRUST_PROGRAM, geteuid(), &refusal);

    if (r < 0)
        vane_policy_job_complain(job, "%s is not run: %s", job->path,
                                 refusal.reason ? refusal.reason : g_strerror(-r));
    vane_refusal_clear(&refusal);
    return r == 0;
}

static uint32_t facts_of_run(const struct vane_policy_job *job, struct vane_field *facts)
{
    uint32_t n = 0, index;

    facts[n++] = vane_string("script", job->path);
    facts[n++] = vane_string("state", "policy");
    if (!job->interface)
        return n;
    facts[n++] = vane_string("interface_name", job->interface);
    if (job->plugin->host->links->index_of(job->plugin->self, job->interface, -1, &index) == 0)
        facts[n++] = vane_int64("interface_index", index);
    return n;
}

/* True: the job is the child's now. */
bool vane_policy_job_start(struct vane_policy_job *job)
{
    struct vane_policy_plugin *plugin = job->plugin;
    const struct vane_bus *bus = plugin->host->bus;
    struct vane_field facts[4];
    const struct vane_fields list = {sizeof(facts[0]), facts_of_run(job, facts), facts};
    g_autofree char *id =
        g_strconcat("NETVANE_EVENT_ID=", job->cause ? bus->event_id(job->cause) : "", NULL);
    g_autofree char *rule = g_strconcat("NETVANE_RULE=", job->rule, NULL);
    const char *environment[] = {rule, id, NULL};
    const struct vane_spawn spawn = {
        .size = sizeof(spawn),
        .path = job->path,
        .arguments = (const char *const *)job->arguments->pdata,
        .environment = environment,
        .timeout_ms = job->timeout_ms,
        .exited = on_exited,
        .user = job,
    };
    int r;

    if (!is_trusted(job) || !vane_policy_job_permitted(job, "script.run", &list))
        return false;
    r = plugin->host->loop->spawn(plugin->self, &spawn, &job->child);
    if (r < 0)
        vane_policy_job_complain(job, "%s cannot be run: %s", job->path, g_strerror(-r));
    else
        vane_policy_job_begin(job);
    return r == 0;
}

void vane_policy_job_run(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                         const struct vane_policy_action *action)
{
    const GArray *values = action->params[VANE_POLICY_ARGUMENTS].values;
    struct vane_policy_job *job;

    if (vane_policy_is_echo(runner, rule, "run"))
        return;
    job = vane_policy_job_new(runner, rule);
    job->path = g_strdup(action->params[VANE_POLICY_PATH].text);
    job->timeout_ms = (uint64_t)action->params[VANE_POLICY_TIMEOUT].number;
    job->arguments = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(job->arguments, g_strdup(job->path));
    for (guint i = 0; i < values->len; i++) {
        char *text = vane_policy_resolve_text(runner->state,
                                              &g_array_index(values, struct vane_policy_value, i));

        if (!text) { /* told already */
            vane_policy_job_free(job);
            return;
        }
        g_ptr_array_add(job->arguments, text);
    }
    g_ptr_array_add(job->arguments, NULL);
    job->interface = vane_policy_job_interface(runner->plugin);
    vane_policy_job_push(runner, rule, job);
}
