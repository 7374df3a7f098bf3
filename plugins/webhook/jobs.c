/*
 * The one job at a time on the thread pool: what has come in, what was delivered, what endpoints
 * want to read, and what was asked about dead letters. Whatever gathers while a job runs goes
 * together into the next one: that is the group commit. See webhook.h.
 */
#include "plugins/webhook/webhook.h"

void vane_webhook_jobs_init(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;

    plugin->intake = g_array_new(FALSE, TRUE, sizeof(struct vane_webhook_entry));
    plugin->dying = vane_outbox_dying_new();
    plugin->strangers = vane_outbox_endpoints_new();
    g_queue_init(&plugin->questions);
    job->entries = g_array_new(FALSE, TRUE, sizeof(struct vane_webhook_entry));
    vane_outbox_changes_init(&job->changes);
    job->wanted = g_array_new(FALSE, TRUE, sizeof(struct vane_outbox_done));
    job->read = vane_outbox_messages_new();
    job->known = vane_outbox_endpoints_new();
    job->facts.counts = g_array_new(FALSE, FALSE, sizeof(struct vane_outbox_count));
}

static void clear_entries(struct vane_webhook_plugin *plugin, GArray *entries)
{
    for (guint i = 0; i < entries->len; i++)
        vane_message_clear(plugin, &g_array_index(entries, struct vane_webhook_entry, i).message);
    g_array_set_size(entries, 0);
}

void vane_webhook_jobs_release(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;
    GArray **arrays[] = {&plugin->intake, &plugin->dying, &plugin->strangers, &job->entries,
                         &job->wanted,    &job->read,     &job->known,        &job->facts.counts};

    if (!plugin->intake)
        return;
    clear_entries(plugin, plugin->intake);
    clear_entries(plugin, job->entries);
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_clear_pointer(arrays[i], g_array_unref);
    vane_outbox_changes_release(&job->changes);
    vane_outbox_close(&plugin->outbox);
    g_clear_pointer(&plugin->outbox.path, g_free);
}

/* ---- what there is to do ---- */

static void stop_timer(struct vane_webhook_plugin *plugin, struct vane_timer **timer)
{
    if (*timer)
        (void)plugin->host->loop->timer_stop(plugin->self, g_steal_pointer(timer));
}

static bool wants_more(const struct vane_webhook_endpoint *endpoint)
{
    return endpoint->number > 0 && endpoint->window.length < VANE_WINDOW_MESSAGES / 2 &&
           endpoint->loaded < endpoint->stored && endpoint->window_bytes < VANE_WINDOW_BYTES / 2;
}

static bool is_quiet(const struct vane_webhook_plugin *plugin)
{
    for (guint i = 0; i < plugin->endpoints->len; i++) {
        const struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];

        if (endpoint->changed || endpoint->head > endpoint->acked + 1 || wants_more(endpoint) ||
            vane_cuts_new_ones(endpoint) || endpoint->moved_ns != 0)
            return false;
    }
    return true;
}

static bool transfers_under_way(const struct vane_webhook_plugin *plugin)
{
    return plugin->http.active > 0;
}

static bool has_work(const struct vane_webhook_plugin *plugin)
{
    if (!plugin->awake)
        return false;
    if (plugin->closing)
        return !transfers_under_way(plugin);
    if (plugin->retry_timer)
        return false;
    return !plugin->opened || plugin->intake->len > 0 || plugin->job.entries->len > 0 ||
           plugin->dying->len > 0 || plugin->job.changes.dying->len > 0 ||
           plugin->questions.length > 0 || !is_quiet(plugin);
}

/* ---- filling a job ---- */

static void fill_messages(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;
    GArray *empty = job->entries;

    if (job->entries->len > 0) /* what could not be written before */
        return;
    job->entries = plugin->intake;
    plugin->intake = empty;
    plugin->intake_bytes = 0;
    g_array_set_size(job->changes.messages, 0);
    for (guint i = 0; i < job->entries->len; i++) {
        struct vane_webhook_entry *entry =
            &g_array_index(job->entries, struct vane_webhook_entry, i);
        struct vane_outbox_message message = {
            .endpoint = entry->endpoint->number,
            .position = entry->message.position = entry->endpoint->next++,
            .time_ns = entry->message.time_ns,
            .json = (char *)entry->message.json,
            .length = entry->message.length,
            .dead = entry->dead,
        };

        g_array_append_val(job->changes.messages, message);
    }
}

static void fill_dying(struct vane_webhook_plugin *plugin)
{
    GArray *empty = plugin->job.changes.dying;

    if (empty->len > 0)
        return;
    plugin->job.changes.dying = plugin->dying;
    plugin->dying = empty;
}

static void fill_endpoint(struct vane_webhook_job *job, struct vane_webhook_endpoint *endpoint)
{
    const struct vane_outbox_endpoint row = vane_endpoint_row(endpoint);

    g_array_append_val(job->changes.endpoints, row);
    endpoint->changed = false;
}

static void fill_cuts(struct vane_webhook_job *job, struct vane_webhook_endpoint *endpoint)
{
    if (endpoint->uncut)
        g_array_append_val(job->changes.uncut, endpoint->number);
    endpoint->uncut = false;
    for (guint i = 0; i < endpoint->cuts->len; i++) {
        const struct vane_webhook_cut *cut =
            &g_array_index(endpoint->cuts, struct vane_webhook_cut, i);
        const struct vane_outbox_done end = {endpoint->number, cut->position};

        if (!cut->stored)
            g_array_append_val(job->changes.cuts, end);
    }
}

static void fill_move(struct vane_webhook_job *job, const struct vane_webhook_endpoint *endpoint)
{
    const struct vane_outbox_move move = {
        .endpoint = endpoint->number,
        .after = endpoint->inherited,
        .to = endpoint->moved_to,
        .ns = endpoint->moved_ns,
    };

    if (move.ns != 0)
        g_array_append_val(job->changes.moves, move);
}

static void fill_state(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;

    g_array_set_size(job->changes.endpoints, 0);
    g_array_set_size(job->changes.done, 0);
    g_array_set_size(job->changes.uncut, 0);
    g_array_set_size(job->changes.cuts, 0);
    g_array_set_size(job->changes.moves, 0);
    g_array_set_size(job->wanted, 0);
    for (guint i = 0; plugin->opened && i < plugin->endpoints->len; i++) {
        struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];
        const struct vane_outbox_done done = {endpoint->number, endpoint->head - 1};
        const struct vane_outbox_done wanted = {endpoint->number, endpoint->loaded};

        if (endpoint->changed)
            fill_endpoint(job, endpoint);
        fill_cuts(job, endpoint);
        fill_move(job, endpoint);
        if (endpoint->head > endpoint->acked + 1)
            g_array_append_val(job->changes.done, done);
        if (wants_more(endpoint))
            g_array_append_val(job->wanted, wanted);
    }
}

/* ---- starting ---- */

static void on_interval(void *user)
{
    struct vane_webhook_plugin *plugin = user;

    plugin->job_timer = NULL;
    vane_webhook_kick(plugin);
}

static bool too_early(struct vane_webhook_plugin *plugin, uint64_t now)
{
    uint64_t interval = (uint64_t)plugin->options.commit_ns;
    uint64_t since = now - plugin->job_began_ns;

    if (plugin->closing || !plugin->opened || since >= interval)
        return false;
    (void)plugin->host->loop->timer_start(plugin->self, (interval - since + 999999) / 1000000, 0,
                                          on_interval, plugin, &plugin->job_timer);
    return true;
}

static void start(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;

    if (plugin->opened) {
        fill_messages(plugin);
        fill_dying(plugin);
    }
    fill_state(plugin);
    job->changes.dead_max = plugin->options.max_dead;
    job->noting = plugin->unnoted;
    job->question = g_queue_pop_head(&plugin->questions);
    job->last = plugin->closing;
    job->shrink = job->entries->len == 0;
    job->running = true;
    if (plugin->host->loop->work(plugin->self, vane_webhook_job_body, vane_webhook_job_finished,
                                 plugin) < 0)
        job->running = false;
}

void vane_webhook_kick(struct vane_webhook_plugin *plugin)
{
    uint64_t now = 0;

    if (plugin->job.running || plugin->job_timer || plugin->closed || !has_work(plugin))
        return;
    (void)plugin->host->loop->now(&now);
    if (too_early(plugin, now))
        return;
    plugin->job_began_ns = now;
    stop_timer(plugin, &plugin->retry_timer);
    start(plugin);
}
