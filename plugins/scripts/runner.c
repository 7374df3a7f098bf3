/* Running scripts. See runner.h. */
#include "plugins/scripts/runner.h"

#include <errno.h>
#include <unistd.h>

#include "lib/trust.h"
#include "plugins/scripts/catalog.h"
#include "plugins/scripts/refusals.h"
#include "plugins/scripts/report.h"

static void job_free(struct vane_job *job)
{
    vane_occurrence_unref(job->occurrence);
    vane_trigger_free(job->trigger);
    if (job->candidates)
        g_ptr_array_unref(job->candidates);
    g_free(job);
}

static gboolean job_supersedes(const struct vane_job *newer, const struct vane_job *older)
{
    return vane_trigger_supersedes(newer->trigger, older->trigger);
}

/* One event may have several triggers, of which none replaces another: their kinds differ, and an
 * address event comes once an address. */
void vane_runner_init(struct vane_scripts *scripts)
{
    vane_lanes_init(&scripts->lanes);
    scripts->lanes.owner = scripts;
    scripts->lanes.release = job_free;
    scripts->lanes.supersedes = job_supersedes;
}

void vane_scripts_unreadable(void *user, const char *directory, int error)
{
    const struct vane_scripts *scripts = user;

    if (vane_refusals_note(scripts->refusals, directory, g_strerror(error), 0))
        scripts->host->log->print(scripts->self, VANE_LOG_ERROR,
                                  "cannot read the script directory %s: %s", directory,
                                  g_strerror(error));
}

/* ---- one script after the other ---- */

/* Candidates of one name are alternatives: the others are passed over once one has run. */
static void skip_name(struct vane_job *job, const char *name)
{
    while (job->next < job->candidates->len) {
        const struct vane_candidate *candidate = g_ptr_array_index(job->candidates, job->next);

        if (g_strcmp0(candidate->name, name) != 0)
            return;
        job->next++;
    }
}

static bool is_trusted(const struct vane_job *job, const struct vane_candidate *candidate)
{
    const char *path = candidate->path;
    struct vane_refusal refusal = {0};
    int r;

    if (candidate->unfit) {
        refusal.reason = g_strdup_printf("%s %s", path, candidate->unfit);
        r = -EACCES;
    } else {
        r = vane_trust_check(path, VANE_TRUST_PROGRAM, geteuid(), &refusal);
    }
    if (r == 0)
        vane_refusals_forget(job->scripts->refusals, path);
    else if (refusal.reason)
        vane_report_refused(job->scripts, path, refusal.reason, refusal.change);
    else if (r != -ENOENT)
        vane_report_refused(job->scripts, path, g_strerror(-r), 0);
    vane_refusal_clear(&refusal);
    return r == 0;
}

static void on_output(void *user, const char *line, size_t length, uint32_t error)
{
    vane_report_output(user, line, length, error != 0);
}

static void run_next(struct vane_job *job);

static void on_exited(void *user, const struct vane_child_status *status)
{
    struct vane_job *job = user;
    struct vane_scripts *scripts = job->scripts;

    job->child = NULL;
    vane_report_ended(job, status);
    run_next(job);
    vane_runner_go_on(scripts);
}

static int start(struct vane_job *job, const char *path)
{
    struct vane_scripts *scripts = job->scripts;
    g_auto(GStrv) environment = vane_occurrence_environment(job->occurrence, job->trigger);
    const char *arguments[] = {path, NULL};
    const struct vane_spawn spawn = {
        .size = sizeof(spawn),
        .path = path,
        .arguments = arguments,
        .environment = (const char *const *)environment,
        .timeout_ms = scripts->options.timeout_ms,
        .kill_delay_ms = VANE_KILL_DELAY_MS,
        .output = on_output,
        .exited = on_exited,
        .user = job,
    };

    job->path = path;
    return scripts->host->loop->spawn(scripts->self, &spawn, &job->child);
}

/* Tries one candidate: true when it runs now. */
static bool try(struct vane_job *job, const struct vane_candidate *candidate)
{
    int r;

    if (!is_trusted(job, candidate))
        return false;
    skip_name(job, candidate->name);
    if (!vane_report_permitted(job, candidate->path))
        return false;
    r = start(job, candidate->path);
    if (r < 0) {
        vane_report_failed(job, candidate->path, r);
        return false;
    }
    (void)job->scripts->host->loop->now(&job->started);
    vane_report_started(job);
    return true;
}

static void finish(struct vane_job *job)
{
    struct vane_scripts *scripts = job->scripts;

    vane_lanes_end(&scripts->lanes, job->lane);
    job_free(job);
    if (!scripts->stopping || scripts->lanes.running > 0)
        return;
    if (scripts->kill_timer)
        scripts->host->loop->timer_stop(scripts->self, scripts->kill_timer);
    scripts->kill_timer = NULL;
    scripts->idle(scripts);
}

static void run_next(struct vane_job *job)
{
    while (!job->scripts->stopping && job->next < job->candidates->len)
        if (try(job, g_ptr_array_index(job->candidates, job->next++)))
            return;
    finish(job);
}

/* ---- one job after the other ---- */

static char *subdirectory_of(const struct vane_trigger *trigger)
{
    return g_strconcat(trigger->state, ".d", NULL);
}

static void begin(struct vane_job *job, struct vane_lane *lane)
{
    g_autofree char *subdirectory = subdirectory_of(job->trigger);

    job->lane = lane;
    job->candidates = vane_catalog_scan(job->scripts->options.directories, subdirectory,
                                        vane_scripts_unreadable, job->scripts);
    run_next(job);
}

void vane_runner_go_on(struct vane_scripts *scripts)
{
    struct vane_lane *lane;
    struct vane_job *job;

    while (!scripts->paused && !scripts->stopping &&
           (job = vane_lanes_start(&scripts->lanes, &lane)))
        begin(job, lane);
}

static void on_quiet(void *user)
{
    struct vane_lane *lane = user;
    struct vane_scripts *scripts = lane->lanes->owner;

    lane->timer = NULL;
    vane_lanes_let_go(&scripts->lanes, lane);
    vane_runner_go_on(scripts);
}

/* Each job begins the wait anew. When no timer is to be had, the lane does not wait. */
static void wait_for_quiet(struct vane_scripts *scripts, struct vane_lane *lane)
{
    const struct vane_loop *loop = scripts->host->loop;
    struct vane_timer *timer = NULL;

    if (scripts->options.debounce_ms == 0)
        return;
    if (lane->timer)
        (void)loop->timer_stop(scripts->self, lane->timer);
    lane->timer = NULL;
    if (loop->timer_start(scripts->self, scripts->options.debounce_ms, 0, on_quiet, lane, &timer) <
        0) {
        vane_lanes_let_go(&scripts->lanes, lane);
        return;
    }
    lane->timer = timer;
    vane_lanes_hold(&scripts->lanes, lane);
}

static struct vane_job *job_new(struct vane_scripts *scripts, struct vane_occurrence *occurrence,
                                const struct vane_trigger *trigger)
{
    struct vane_job *job = g_new0(struct vane_job, 1);

    job->scripts = scripts;
    job->occurrence = vane_occurrence_ref(occurrence);
    job->trigger = vane_trigger_copy(trigger);
    return job;
}

static void push(struct vane_scripts *scripts, struct vane_job *job)
{
    const char *name = job->occurrence->interface_name;
    struct vane_lane *lane = vane_lanes_push(&scripts->lanes, job->occurrence->ifindex, name, job);

    if (lane->overflowing && !lane->complained)
        scripts->host->log->print(scripts->self, VANE_LOG_WARNING,
                                  "more than QueueLength=%u triggers wait for scripts of %s; the "
                                  "oldest ones are dropped",
                                  scripts->options.queue_length, *name ? name : "no interface");
    lane->complained = lane->overflowing;
    wait_for_quiet(scripts, lane);
}

void vane_runner_push(struct vane_scripts *scripts, struct vane_occurrence *occurrence,
                      const struct vane_trigger *trigger)
{
    g_autofree char *subdirectory = subdirectory_of(trigger);

    if (scripts->stopping || !vane_catalog_exists(scripts->options.directories, subdirectory))
        return;
    push(scripts, job_new(scripts, occurrence, trigger));
}
