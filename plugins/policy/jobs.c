/*
 * Jobs: scripts and changes of links that rules want. They ask the gate themselves, so they are
 * done when the rules have had their say, from the loop.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/trust.h"
#include "plugins/policy/policy.h"

#define JOBS_MAX    256u
#define RUNNING_MAX 8u

struct vane_policy_job {
    struct vane_policy_plugin *plugin;
    uint16_t network_id;
    char rule[VANE_POLICY_NAME_MAX + 1];
    const struct vane_event *cause; /* a reference, or NULL */
    unsigned depth;                 /* of the events that come of it */
    char *path, *interface;         /* of the link; of the event, when a program is to be run */
    GPtrArray *arguments;           /* of run: char *, ends with NULL */
    uint64_t timeout_ms;
    struct vane_link_change change;
    const char *change_word;
    GList link; /* in `active` while it is being done */
    struct vane_child *child;
};

static void job_free(struct vane_policy_job *job)
{
    if (job->cause)
        job->plugin->host->bus->event_unref(job->cause);
    if (job->arguments)
        g_ptr_array_unref(job->arguments);
    g_free(job->path);
    g_free(job->interface);
    g_free(job);
}

static void complain(const struct vane_policy_job *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void complain(const struct vane_policy_job *job, const char *format, ...)
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

static bool permitted(const struct vane_policy_job *job, const char *action,
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
    complain(job, "%s is denied by %s: %s", action, verdict.rule, verdict.reason);
    return false;
}

static void work_off(void *user);

static void begin(struct vane_policy_job *job)
{
    job->link.data = job;
    g_queue_push_tail_link(&job->plugin->active, &job->link);
}

/* The last one that a stop waits for lets it go on. */
static void end(struct vane_policy_job *job)
{
    struct vane_policy_plugin *plugin = job->plugin;

    g_queue_unlink(&plugin->active, &job->link);
    job_free(job);
    if (plugin->stopping && vane_policy_is_idle(plugin))
        vane_policy_stopped(plugin);
    else if (!plugin->stopping)
        work_off(plugin);
}

/* ---- run ---- */

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
        complain(job, "%s ended with status %d, signal %d", job->path, status->exit_status,
                 status->signal);
    (void)vane_policy_publish(plugin, "policy.ran", &payload, job->cause, job->depth);
    end(job);
}

static bool is_trusted(const struct vane_policy_job *job)
{
    struct vane_refusal refusal = {0};
    int r = vane_trust_check(job->path, VANE_TRUST_PROGRAM, geteuid(), &refusal);

    if (r < 0)
        complain(job, "%s is not run: %s", job->path,
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
static bool run(struct vane_policy_job *job)
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

    if (!is_trusted(job) || !permitted(job, "script.run", &list))
        return false;
    r = plugin->host->loop->spawn(plugin->self, &spawn, &job->child);
    if (r < 0)
        complain(job, "%s cannot be run: %s", job->path, g_strerror(-r));
    else
        begin(job);
    return r == 0;
}

/* ---- link ---- */

static void on_changed(void *user, int result, const char *message)
{
    struct vane_policy_job *job = user;

    if (result < 0)
        complain(job, "the kernel refused \"%s\" for %s: %s", job->change_word, job->interface,
                 message ? message : g_strerror(-result));
    end(job);
}

static bool change_link(struct vane_policy_job *job)
{
    const struct vane_host *host = job->plugin->host;
    const struct vane_field facts[] = {vane_string("interface_name", job->interface),
                                       vane_string("change", job->change_word)};
    const struct vane_fields list = VANE_FIELDS(facts);
    uint32_t index;
    int r = host->links->index_of(job->plugin->self, job->interface, -1, &index);

    if (r < 0) {
        complain(job, "there is no interface %s", job->interface);
        return false;
    }
    if (!permitted(job, "link.change", &list))
        return false;
    begin(job); /* it may be through before the call returns */
    r = host->links->change(job->plugin->self, index, &job->change, on_changed, job);
    if (r < 0) {
        complain(job, "%s cannot be changed: %s", job->interface, g_strerror(-r));
        g_queue_unlink(&job->plugin->active, &job->link);
    }
    return r == 0;
}

/* ---- the queue ---- */

static void work_off(void *user)
{
    struct vane_policy_plugin *plugin = user;
    guint count = plugin->jobs.length; /* what is queued meanwhile comes the next time */

    plugin->posted = false;
    while (count-- > 0 && !plugin->stopping && plugin->active.length < RUNNING_MAX) {
        struct vane_policy_job *job = g_queue_pop_head(&plugin->jobs);

        if (job && !(job->path ? run(job) : change_link(job)))
            job_free(job);
    }
    if (plugin->jobs.length > 0 && plugin->active.length < RUNNING_MAX && !plugin->posted &&
        !plugin->stopping)
        plugin->posted = plugin->host->loop->post(plugin->self, work_off, plugin) == 0;
}

static struct vane_policy_job *job_new(struct vane_policy_runner *runner,
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

static void push(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                 struct vane_policy_job *job)
{
    struct vane_policy_plugin *plugin = runner->plugin;

    if (plugin->jobs.length >= JOBS_MAX) {
        runner->counters.dropped_actions++;
        vane_policy_action_failed(runner, rule,
                                  "more than %u actions wait to be done; further ones are dropped "
                                  "and counted",
                                  JOBS_MAX);
        job_free(job);
        return;
    }
    g_queue_push_tail(&plugin->jobs, job);
    if (!plugin->posted && plugin->active.length < RUNNING_MAX)
        plugin->posted = plugin->host->loop->post(plugin->self, work_off, plugin) == 0;
}

/* NULL: it is about none. */
static char *interface_of_event(const struct vane_policy_plugin *plugin)
{
    const struct vane_bus *bus = plugin->host->bus;
    const char *name;

    if (!plugin->cause ||
        bus->get_string(bus->event_payload(plugin->cause), "interface_name", &name) < 0)
        return NULL;
    return g_strdup(name);
}

void vane_policy_job_run(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                         const struct vane_policy_action *action)
{
    const GArray *values = action->params[VANE_POLICY_ARGUMENTS].values;
    struct vane_policy_job *job;

    if (vane_policy_is_echo(runner, rule, "run"))
        return;
    job = job_new(runner, rule);
    job->path = g_strdup(action->params[VANE_POLICY_PATH].text);
    job->timeout_ms = (uint64_t)action->params[VANE_POLICY_TIMEOUT].number;
    job->arguments = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(job->arguments, g_strdup(job->path));
    for (guint i = 0; i < values->len; i++) {
        char *text = vane_policy_resolve_text(runner->state,
                                              &g_array_index(values, struct vane_policy_value, i));

        if (!text) { /* told already */
            job_free(job);
            return;
        }
        g_ptr_array_add(job->arguments, text);
    }
    g_ptr_array_add(job->arguments, NULL);
    job->interface = interface_of_event(runner->plugin);
    push(runner, rule, job);
}

static char *interface_of(struct vane_policy_runner *runner,
                          const struct vane_policy_action *action)
{
    const GArray *values = action->params[VANE_POLICY_INTERFACE].values;

    if (values->len > 0)
        return vane_policy_resolve_text(runner->state,
                                        &g_array_index(values, struct vane_policy_value, 0));
    return interface_of_event(runner->plugin);
}

void vane_policy_job_link(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                          const struct vane_policy_action *action)
{
    static const struct {
        const char *word;
        uint32_t what;
    } changes[] = {
        [VANE_POLICY_UP] = {"up", VANE_LINK_UP},
        [VANE_POLICY_DOWN] = {"down", VANE_LINK_DOWN},
        [VANE_POLICY_MTU_CHANGE] = {"mtu", VANE_LINK_MTU},
    };
    int64_t change = action->params[VANE_POLICY_CHANGE].number;
    struct vane_policy_job *job = job_new(runner, rule);

    job->interface = interface_of(runner, action);
    if (!job->interface) {
        vane_policy_action_failed(runner, rule, "link: it is not known which interface");
        job_free(job);
        return;
    }
    job->change_word = changes[change].word;
    job->change = (struct vane_link_change){
        .size = sizeof(job->change),
        .what = changes[change].what,
        .netns_fd = -1,
        .move_netns_fd = -1,
        .mtu = (uint32_t)action->params[VANE_POLICY_MTU].number,
    };
    push(runner, rule, job);
}

void vane_policy_jobs_clear(struct vane_policy_plugin *plugin)
{
    struct vane_policy_job *job;

    while ((job = g_queue_pop_head(&plugin->jobs)))
        job_free(job);
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
