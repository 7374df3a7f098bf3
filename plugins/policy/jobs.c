/*
 * Jobs: programs and changes of links that rules want. They ask the gate themselves, so they are
 * done when the rules have had their say, from the loop. Here is their queue; see job.h.
 */
#include <signal.h>

#include "plugins/policy/job.h"

#define JOBS_MAX    256u
#define RUNNING_MAX 8u

void vane_policy_job_free(struct vane_policy_job *job)
{
    if (job->cause)
        job->plugin->host->bus->event_unref(job->cause);
    if (job->arguments)
        g_ptr_array_unref(job->arguments);
    g_free(job->path);
    g_free(job->interface);
    g_free(job);
}

void vane_policy_job_complain(const struct vane_policy_job *job, const char *format, ...)
{
    struct vane_policy_runner *runner = vane_policy_runner_find(job->plugin, job->network_id);
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (runner)
        runner->counters.failed_actions++;
    job->plugin->host->log->print(job->plugin->self, VANE_LOG_ERROR, "rule %s: %s", job->rule,
                                  message);
}

bool vane_policy_job_permitted(const struct vane_policy_job *job, const char *action,
                               const struct vane_fields *facts)
{
    struct vane_verdict verdict = {.size = sizeof(verdict)};
    const struct vane_gate_request request = {
        .size = sizeof(request),
        .origin = VANE_ORIGIN_LOCAL,
        .access = VANE_ACCESS_CHANGE,
        .action = action,
        .facts = facts,
        .cause = job->cause,
    };

    if (job->plugin->host->gate->check(job->plugin->self, &request, &verdict) == 1)
        return true;
    vane_policy_job_complain(job, "%s is denied by %s: %s", action, verdict.rule, verdict.reason);
    return false;
}

static void work_off(void *user);

void vane_policy_job_begin(struct vane_policy_job *job)
{
    job->link.data = job;
    g_queue_push_tail_link(&job->plugin->active, &job->link);
}

/* The last one that a stop waits for lets it go on. */
void vane_policy_job_end(struct vane_policy_job *job)
{
    struct vane_policy_plugin *plugin = job->plugin;

    g_queue_unlink(&plugin->active, &job->link);
    vane_policy_job_free(job);
    if (plugin->stopping && vane_policy_is_idle(plugin))
        vane_policy_stopped(plugin);
    else if (!plugin->stopping)
        work_off(plugin);
}

/* ---- the queue ---- */

static void work_off(void *user)
{
    struct vane_policy_plugin *plugin = user;
    guint count = plugin->jobs.length; /* what is queued meanwhile comes the next time */

    plugin->posted = false;
    while (count-- > 0 && !plugin->stopping && plugin->active.length < RUNNING_MAX) {
        struct vane_policy_job *job = g_queue_pop_head(&plugin->jobs);

        if (job && !(job->path ? vane_policy_job_start(job) : vane_policy_job_change(job)))
            vane_policy_job_free(job);
    }
    if (plugin->jobs.length > 0 && plugin->active.length < RUNNING_MAX && !plugin->posted &&
        !plugin->stopping)
        plugin->posted = plugin->host->loop->post(plugin->self, work_off, plugin) == 0;
}

struct vane_policy_job *vane_policy_job_new(struct vane_policy_runner *runner,
                                            const struct vane_policy_rule *rule)
{
    struct vane_policy_plugin *plugin = runner->plugin;
    struct vane_policy_job *job = g_new0(struct vane_policy_job, 1);

    job->plugin = plugin;
    job->network_id = runner->network_id;
    job->depth = plugin->depth + 1;
    g_strlcpy(job->rule, rule->name, sizeof(job->rule));
    if (plugin->cause)
        job->cause = plugin->host->bus->event_ref(plugin->cause);
    return job;
}

void vane_policy_job_push(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                          struct vane_policy_job *job)
{
    struct vane_policy_plugin *plugin = runner->plugin;

    if (plugin->jobs.length >= JOBS_MAX) {
        runner->counters.dropped_actions++;
        vane_policy_action_failed(runner, rule,
                                  "more than %u actions wait to be done; further ones are dropped "
                                  "and counted",
                                  JOBS_MAX);
        vane_policy_job_free(job);
        return;
    }
    g_queue_push_tail(&plugin->jobs, job);
    if (!plugin->posted && plugin->active.length < RUNNING_MAX)
        plugin->posted = plugin->host->loop->post(plugin->self, work_off, plugin) == 0;
}

/* NULL: it is about none. */
char *vane_policy_job_interface(const struct vane_policy_plugin *plugin)
{
    const struct vane_bus *bus = plugin->host->bus;
    const char *name;

    if (!plugin->cause ||
        bus->get_string(bus->event_payload(plugin->cause), "interface_name", &name) < 0)
        return NULL;
    return g_strdup(name);
}

void vane_policy_jobs_clear(struct vane_policy_plugin *plugin)
{
    struct vane_policy_job *job;

    while ((job = g_queue_pop_head(&plugin->jobs)))
        vane_policy_job_free(job);
}

bool vane_policy_jobs_end(struct vane_policy_plugin *plugin)
{
    vane_policy_jobs_clear(plugin);
    for (GList *at = plugin->active.head; at; at = at->next) {
        const struct vane_policy_job *job = at->data;

        if (job->child)
            (void)plugin->host->loop->child_kill(plugin->self, job->child, SIGTERM);
    }
    return vane_policy_is_idle(plugin);
}

bool vane_policy_is_idle(const struct vane_policy_plugin *plugin)
{
    return plugin->active.length == 0 && !plugin->keeping && plugin->loadings.length == 0;
}
