/* A job has ended: what is committed may be sent, what was read comes into the windows. See
 * webhook.h. */
#include <errno.h>

#include "plugins/webhook/webhook.h"

#define RETRY_FIRST_MS 500u
#define RETRY_MAX_MS   10000u

static void on_retry(void *user)
{
    struct vane_webhook_plugin *plugin = user;

    plugin->retry_timer = NULL;
    vane_webhook_kick(plugin);
}

static void note_failure(struct vane_webhook_plugin *plugin, int error)
{
    bool first = !plugin->failing;

    for (guint i = 0; i < plugin->job.changes.endpoints->len; i++) {
        int64_t number =
            g_array_index(plugin->job.changes.endpoints, struct vane_outbox_endpoint, i).number;
        struct vane_webhook_endpoint *endpoint = vane_endpoint_by_number(plugin, number);

        if (endpoint)
            endpoint->changed = true;
    }
    for (guint i = 0; i < plugin->job.changes.uncut->len; i++) {
        struct vane_webhook_endpoint *endpoint =
            vane_endpoint_by_number(plugin, g_array_index(plugin->job.changes.uncut, int64_t, i));

        if (endpoint)
            endpoint->uncut = true;
    }
    plugin->failing = true;
    g_snprintf(plugin->last_error, sizeof(plugin->last_error), "%s (%s)", g_strerror(-error),
               plugin->outbox.detail);
    if (first) {
        plugin->retry_ms = RETRY_FIRST_MS;
        vane_report_outbox_failed(plugin);
    }
    if (!plugin->closing)
        (void)plugin->host->loop->timer_start(plugin->self, plugin->retry_ms, 0, on_retry, plugin,
                                              &plugin->retry_timer);
    plugin->retry_ms = MIN(plugin->retry_ms * 2, RETRY_MAX_MS);
}

static void take_read(struct vane_webhook_plugin *plugin)
{
    GArray *read = plugin->job.read;

    for (guint i = 0; i < read->len; i++) {
        struct vane_outbox_message *row = &g_array_index(read, struct vane_outbox_message, i);
        struct vane_webhook_endpoint *endpoint = vane_endpoint_by_number(plugin, row->endpoint);
        struct vane_webhook_message message = {
            .position = row->position,
            .text = row->json,
            .json = row->json,
            .length = row->length,
        };

        if (endpoint)
            message.time_ns = vane_endpoint_read_time(endpoint, row->position, row->time_ns);
        if (!endpoint || row->position <= endpoint->loaded ||
            !vane_endpoint_load(endpoint, &message))
            g_free(message.text);
    }
    g_array_set_size(read, 0);
}

/* What should be there and is not was lost to damage; to ask for it again would never end. */
static void note_missing(struct vane_webhook_plugin *plugin)
{
    GArray *wanted = plugin->job.wanted;

    for (guint i = 0; i < wanted->len; i++) {
        const struct vane_outbox_done *one = &g_array_index(wanted, struct vane_outbox_done, i);
        struct vane_webhook_endpoint *endpoint = vane_endpoint_by_number(plugin, one->endpoint);
        uint64_t lost;

        if (!endpoint || endpoint->loaded != one->position || endpoint->loaded >= endpoint->stored)
            continue;
        lost = endpoint->stored - endpoint->loaded;
        endpoint->dropped += lost;
        endpoint->loaded = endpoint->stored;
        if (endpoint->window.length == 0)
            endpoint->head = endpoint->stored + 1;
        vane_report_dropped(plugin, endpoint->options->name, "damage", lost);
    }
}

static void take_acks(struct vane_webhook_plugin *plugin)
{
    GArray *done = plugin->job.changes.done;

    for (guint i = 0; i < done->len; i++) {
        const struct vane_outbox_done *one = &g_array_index(done, struct vane_outbox_done, i);
        struct vane_webhook_endpoint *endpoint = vane_endpoint_by_number(plugin, one->endpoint);

        if (endpoint)
            endpoint->acked = one->position;
    }
    plugin->unnoted -= plugin->job.noting;
}

static void take_cuts(struct vane_webhook_plugin *plugin)
{
    GArray *cuts = plugin->job.changes.cuts;

    for (guint i = 0; i < cuts->len; i++) {
        const struct vane_outbox_done *one = &g_array_index(cuts, struct vane_outbox_done, i);
        struct vane_webhook_endpoint *endpoint = vane_endpoint_by_number(plugin, one->endpoint);

        if (endpoint)
            vane_cuts_stored(endpoint, one->position);
    }
}

static void take_moves(struct vane_webhook_plugin *plugin)
{
    GArray *moves = plugin->job.changes.moves;

    for (guint i = 0; i < moves->len; i++) {
        const struct vane_outbox_move *one = &g_array_index(moves, struct vane_outbox_move, i);
        struct vane_webhook_endpoint *endpoint = vane_endpoint_by_number(plugin, one->endpoint);

        if (endpoint)
            vane_endpoint_moved(endpoint, one->ns);
    }
}

/* The next in order goes into the window at once; behind a gap it is read when its turn comes. */
static void admit(struct vane_webhook_plugin *plugin, struct vane_webhook_entry *entry)
{
    struct vane_webhook_endpoint *endpoint = entry->endpoint;

    endpoint->incoming--;
    endpoint->accepted++;
    endpoint->stored = entry->message.position;
    if (endpoint->loaded + 1 != entry->message.position ||
        !vane_endpoint_load(endpoint, &entry->message))
        vane_message_clear(plugin, &entry->message);
}

static void take_committed(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;

    for (guint i = 0; i < job->entries->len; i++) {
        struct vane_webhook_entry *entry =
            &g_array_index(job->entries, struct vane_webhook_entry, i);

        admit(plugin, entry);
    }
    g_array_set_size(job->entries, 0);
    g_array_set_size(job->changes.messages, 0);
    g_array_set_size(job->changes.dying, 0);
}

static void note_damage(struct vane_webhook_plugin *plugin)
{
    vane_report_outbox_damaged(plugin);
    plugin->outbox.set_aside[0] = '\0';
    for (guint i = 0; i < plugin->endpoints->len; i++) {
        struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];
        uint64_t lost = vane_endpoint_forget(endpoint);

        endpoint->dropped += lost;
        if (lost > 0)
            vane_report_dropped(plugin, endpoint->options->name, "damage", lost);
    }
}

static void take_counts(struct vane_webhook_plugin *plugin)
{
    const GArray *counts = plugin->job.facts.counts;

    plugin->facts = plugin->job.facts;
    for (guint i = 0; i < plugin->endpoints->len; i++)
        ((struct vane_webhook_endpoint *)plugin->endpoints->pdata[i])->letters = 0;
    for (guint i = 0; i < counts->len; i++) {
        const struct vane_outbox_count *count = &g_array_index(counts, struct vane_outbox_count, i);
        struct vane_webhook_endpoint *endpoint = vane_endpoint_by_number(plugin, count->endpoint);

        if (endpoint)
            endpoint->letters = count->letters;
    }
}

static void note_success(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;

    if (plugin->failing)
        vane_report_outbox_recovered(plugin);
    plugin->failing = false;
    if (job->facts.dead_dropped > 0)
        vane_report_dropped(plugin, NULL, "dead letters", job->facts.dead_dropped);
    job->facts.dead_dropped = 0;
    take_committed(plugin);
    take_cuts(plugin);
}

static void end_last(struct vane_webhook_plugin *plugin)
{
    guint lost = plugin->job.entries->len + plugin->intake->len;

    if (lost > 0)
        plugin->host->log->print(plugin->self, VANE_LOG_WARNING,
                                 "%u events could not be written to the outbox and are lost", lost);
    plugin->closed = true;
    vane_webhook_closed(plugin);
}

void vane_webhook_job_finished(void *user)
{
    struct vane_webhook_plugin *plugin = user;
    struct vane_webhook_job *job = &plugin->job;

    job->running = false;
    vane_webhook_mind_clock(plugin);
    if (plugin->outbox.set_aside[0])
        note_damage(plugin);
    if (job->committed)
        take_moves(plugin);
    take_read(plugin);
    if (job->result == 0)
        note_missing(plugin);
    if (job->result == 0 || job->relieved)
        take_acks(plugin);
    if (job->result == 0)
        note_success(plugin);
    else
        note_failure(plugin, job->result);
    if (job->result == 0 && !plugin->opened)
        vane_webhook_opened(plugin);
    if (job->result == 0)
        take_counts(plugin);
    if (job->question)
        vane_webhook_question_answer(plugin, g_steal_pointer(&job->question));
    if (job->last) {
        end_last(plugin);
        return;
    }
    if (plugin->starting)
        (void)plugin->host->loop->done(plugin->self, 0);
    plugin->starting = false;
    vane_webhook_limit_size(plugin);
    for (guint i = 0; i < plugin->endpoints->len; i++)
        vane_endpoint_pump(plugin->endpoints->pdata[i]);
    vane_webhook_intake_resume(plugin);
    vane_webhook_kick(plugin);
}
