/*
 * Starting, stopping and reloading plugins. See lifecycle.h. The state of a plugin changes here
 * and in set.c only.
 */
#include "engine/plugins/lifecycle.h"

#include <errno.h>
#include <string.h>

#include "engine/loop/loop.h"
#include "engine/plugins/outcome.h"
#include "engine/plugins/set.h"
#include "engine/watchdog.h"

struct step {
    enum vane_step step;
    struct vane_plugin_entry *entry;
};

static void run_steps(struct vane_plugin_set *set);

static const char *step_word(enum vane_step step)
{
    switch (step) {
    case VANE_STEP_INIT:
        return "init";
    case VANE_STEP_RELOAD:
        return "reload";
    case VANE_STEP_SHUTDOWN:
        return "shutdown";
    }
    return "";
}

static struct vane_self *self_of(const struct vane_plugin_entry *entry)
{
    return &entry->registration->self;
}

void vane_lifecycle_add(struct vane_plugin_set *set, enum vane_step step,
                        struct vane_plugin_entry *entry)
{
    struct step *new = g_new0(struct step, 1);

    new->step = step;
    new->entry = entry;
    g_queue_push_tail(&set->lifecycle.steps, new);
}

bool vane_lifecycle_busy(const struct vane_plugin_set *set)
{
    return set->lifecycle.done != NULL;
}

/* ---- the end of a step ---- */

/* Work in the pool uses the plugin's memory: it may end first, within the deadline. */
static bool must_drain(const struct vane_lifecycle *lifecycle, int result)
{
    return lifecycle->step == VANE_STEP_SHUTDOWN && result != -ETIMEDOUT &&
           self_of(lifecycle->entry)->works > 0;
}

static void finish(struct vane_plugin_set *set, int result)
{
    struct vane_lifecycle *lifecycle = &set->lifecycle;
    struct vane_plugin_entry *entry = lifecycle->entry;

    if (must_drain(lifecycle, result)) {
        lifecycle->draining = true;
        lifecycle->result = result;
        return;
    }
    lifecycle->entry = NULL;
    lifecycle->draining = false;
    vane_timer_stop(g_steal_pointer(&lifecycle->timer));
    vane_timer_stop(g_steal_pointer(&lifecycle->answer));
    vane_watchdog_deadline(set->engine->watchdog, 0);
    vane_outcome(set, lifecycle->step, entry, result);
}

static void on_deadline(void *user)
{
    struct vane_plugin_set *set = user;

    set->lifecycle.timer = NULL;
    finish(set, -ETIMEDOUT);
    run_steps(set);
}

static void on_answer(void *user)
{
    struct vane_plugin_set *set = user;

    set->lifecycle.answer = NULL;
    finish(set, set->lifecycle.result);
    run_steps(set);
}

/* Taken note of now and acted upon from the loop: what done() was called from, maybe a callback of
 * a child or a port that is revoked next, has to come to its end first. */
int vane_lifecycle_done(struct vane_self *self, int result)
{
    struct vane_plugin_set *set = self->engine->plugins;
    struct vane_lifecycle *lifecycle = &set->lifecycle;

    if (!lifecycle->entry || self_of(lifecycle->entry) != self || lifecycle->draining ||
        lifecycle->answered)
        return -EALREADY;
    lifecycle->answered = true;
    lifecycle->result = result;
    if (!lifecycle->calling)
        vane_timer_start(set->engine, NULL, 0, 0, on_answer, set, &lifecycle->answer);
    return 0;
}

int vane_lifecycle_deadline(struct vane_self *self, uint64_t *milliseconds)
{
    const struct vane_lifecycle *lifecycle = &self->engine->plugins->lifecycle;
    uint64_t now = vane_monotonic_ns();

    if (!lifecycle->entry || self_of(lifecycle->entry) != self)
        return -EALREADY;
    *milliseconds = lifecycle->deadline_ns > now ? (lifecycle->deadline_ns - now) / 1000000 : 0;
    return 0;
}

void vane_lifecycle_work_finished(struct vane_self *self)
{
    struct vane_plugin_set *set = self->engine ? self->engine->plugins : NULL;

    if (!set || !set->lifecycle.draining || self_of(set->lifecycle.entry) != self ||
        self->works > 0)
        return;
    finish(set, set->lifecycle.result);
    run_steps(set);
}

/* ---- a step ---- */

static uint64_t timeout_ms(const struct vane_engine *engine, enum vane_step step)
{
    const struct vane_engine_settings *settings =
        vane_configuration_settings(engine->configuration);
    int64_t usec = step == VANE_STEP_INIT     ? settings->start_timeout
                   : step == VANE_STEP_RELOAD ? settings->reload_timeout
                                              : settings->shutdown_timeout;

    return (uint64_t)MIN(usec, (int64_t)365 * 86400 * 1000000) / 1000;
}

/* What it required is not running: it cannot be started. */
static const char *missing_requirement(struct vane_plugin_set *set,
                                       const struct vane_plugin_entry *entry)
{
    const char *const *each = entry->registration->descriptor->requires_plugins;

    for (; each && *each; each++) {
        const struct vane_plugin_entry *needed = vane_plugin_set_find(set, *each);

        if (!needed || needed->state != VANE_PLUGIN_RUNNING)
            return *each;
    }
    return NULL;
}

static void prepare(struct vane_plugin_set *set, struct vane_plugin_entry *entry,
                    enum vane_step step)
{
    struct vane_self *self = self_of(entry);

    if (step == VANE_STEP_INIT) {
        self->engine = set->engine;
        g_clear_pointer(&self->unavailable, g_free);
        vane_poster_admit(self);
        vane_plugin_entry_set(entry, VANE_PLUGIN_STARTING, NULL);
    } else if (step == VANE_STEP_SHUTDOWN) {
        vane_plugin_entry_set(entry, VANE_PLUGIN_STOPPING, NULL);
    }
}

static int call(struct vane_plugin_entry *entry, enum vane_step step)
{
    const struct vane_plugin *plugin = entry->registration->descriptor;
    struct vane_self *self = self_of(entry);
    struct vane_call frame;
    int r = 0;

    vane_call_begin(&frame, self, step_word(step));
    switch (step) {
    case VANE_STEP_INIT:
        r = plugin->init(self, &vane_host_tables);
        break;
    case VANE_STEP_RELOAD:
        r = plugin->reload(self);
        break;
    case VANE_STEP_SHUTDOWN:
        r = plugin->shutdown ? plugin->shutdown(self) : 0;
        break;
    }
    vane_call_end(&frame);
    return r;
}

static void start_deadline(struct vane_plugin_set *set, enum vane_step step)
{
    struct vane_lifecycle *lifecycle = &set->lifecycle;
    uint64_t milliseconds = timeout_ms(set->engine, step);

    lifecycle->deadline_ns = vane_monotonic_ns() + milliseconds * 1000000;
    vane_timer_start(set->engine, NULL, milliseconds, 0, on_deadline, set, &lifecycle->timer);
    if (step == VANE_STEP_SHUTDOWN)
        vane_watchdog_deadline(set->engine->watchdog, lifecycle->deadline_ns);
}

static bool is_due(const struct vane_plugin_entry *entry, enum vane_step step)
{
    if (step == VANE_STEP_INIT)
        return entry->registration && entry->state != VANE_PLUGIN_RUNNING;
    return entry->state == VANE_PLUGIN_RUNNING;
}

static void begin(struct vane_plugin_set *set, enum vane_step step, struct vane_plugin_entry *entry)
{
    struct vane_lifecycle *lifecycle = &set->lifecycle;
    const char *missing = step == VANE_STEP_INIT ? missing_requirement(set, entry) : NULL;
    int r;

    if (missing) {
        vane_outcome_without(set, entry, missing);
        return;
    }
    lifecycle->entry = entry;
    lifecycle->step = step;
    lifecycle->calling = true;
    lifecycle->answered = lifecycle->draining = false;
    prepare(set, entry, step);
    start_deadline(set, step);
    r = call(entry, step);
    lifecycle->calling = false;
    if (r != -EINPROGRESS)
        finish(set, r);
    else if (lifecycle->answered)
        finish(set, lifecycle->result);
}

static void end_sequence(struct vane_plugin_set *set)
{
    struct vane_lifecycle *lifecycle = &set->lifecycle;
    vane_sequence_done done = lifecycle->done;
    GString *errors = g_steal_pointer(&lifecycle->errors);

    lifecycle->done = NULL;
    done(lifecycle->user, lifecycle->first_error, errors->str);
    g_string_free(errors, TRUE);
}

static void run_steps(struct vane_plugin_set *set)
{
    struct vane_lifecycle *lifecycle = &set->lifecycle;

    while (!lifecycle->entry) {
        g_autofree struct step *next = g_queue_pop_head(&lifecycle->steps);

        if (!next) {
            end_sequence(set);
            return;
        }
        if (is_due(next->entry, next->step))
            begin(set, next->step, next->entry);
    }
}

static void on_start(void *user)
{
    struct vane_plugin_set *set = user;

    set->lifecycle.start = NULL;
    run_steps(set);
}

void vane_lifecycle_cancel(struct vane_plugin_set *set)
{
    struct vane_lifecycle *lifecycle = &set->lifecycle;

    g_queue_clear_full(&lifecycle->steps, g_free);
    if (!lifecycle->entry || lifecycle->step == VANE_STEP_SHUTDOWN)
        return;
    finish(set, -ECANCELED);
    run_steps(set);
}

int vane_lifecycle_run(struct vane_plugin_set *set, vane_sequence_done done, void *user)
{
    struct vane_lifecycle *lifecycle = &set->lifecycle;

    if (lifecycle->done)
        return -EBUSY;
    lifecycle->done = done;
    lifecycle->user = user;
    lifecycle->errors = g_string_new(NULL);
    lifecycle->first_error = 0;
    if (!vane_call_in_plugin())
        run_steps(set);
    else
        vane_timer_start(set->engine, NULL, 0, 0, on_start, set, &lifecycle->start);
    return 0;
}
