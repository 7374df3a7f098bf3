/*
 * The one job at a time on the thread pool: what has come in, what was delivered, what endpoints
 * want to read, and what was asked about dead letters. Whatever gathers while a job runs goes
 * together into the next one: that is the group commit. See webhook.h.
 */
#include <errno.h>

#include "plugins/webhook/webhook.h"

#define RETRY_FIRST_MS 500u
#define RETRY_MAX_MS   10000u

static void clear_endpoint(void *pointer)
{
    vane_outbox_endpoint_clear(pointer);
}

static void clear_dying(void *pointer)
{
    g_free(((struct vane_outbox_dying *)pointer)->reason);
}

static GArray *array_of(size_t size, void (*clear)(void *))
{
    GArray *array = g_array_new(FALSE, TRUE, (guint)size);

    if (clear)
        g_array_set_clear_func(array, clear);
    return array;
}

void vane_webhook_jobs_init(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;

    plugin->intake = array_of(sizeof(struct vane_webhook_entry), NULL);
    plugin->dying = array_of(sizeof(struct vane_outbox_dying), clear_dying);
    plugin->strangers = array_of(sizeof(struct vane_outbox_endpoint), clear_endpoint);
    g_queue_init(&plugin->questions);
    job->entries = array_of(sizeof(struct vane_webhook_entry), NULL);
    job->batch.endpoints = array_of(sizeof(struct vane_outbox_endpoint), clear_endpoint);
    job->batch.messages = array_of(sizeof(struct vane_outbox_message), NULL);
    job->batch.dying = array_of(sizeof(struct vane_outbox_dying), clear_dying);
    job->batch.done = array_of(sizeof(struct vane_outbox_done), NULL);
    job->wanted = array_of(sizeof(struct vane_outbox_done), NULL);
    job->read = array_of(sizeof(struct vane_outbox_message), NULL);
    job->known = array_of(sizeof(struct vane_outbox_endpoint), clear_endpoint);
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
    GArray **arrays[] = {
        &plugin->intake,       &plugin->dying,       &plugin->strangers, &job->entries,
        &job->batch.endpoints, &job->batch.messages, &job->batch.dying,  &job->batch.done,
        &job->wanted,          &job->read,           &job->known};

    if (!plugin->intake)
        return;
    clear_entries(plugin, plugin->intake);
    clear_entries(plugin, job->entries);
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_clear_pointer(arrays[i], g_array_unref);
    vane_outbox_close(&plugin->outbox);
    g_clear_pointer(&plugin->outbox.path, g_free);
}

/* ---- on the pool ---- */

static bool has_batch(const struct vane_outbox_batch *batch)
{
    return batch->endpoints->len + batch->messages->len + batch->dying->len + batch->done->len > 0;
}

static int write_batch(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;
    int r = vane_outbox_open(&plugin->outbox, job->known);

    return r == 0 && (has_batch(&job->batch) || job->opened_now)
               ? vane_outbox_write(&plugin->outbox, &job->batch, &job->facts)
               : r;
}

static int read_wanted(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;
    int r = 0;

    for (guint i = 0; r == 0 && i < job->wanted->len; i++) {
        const struct vane_outbox_done *wanted =
            &g_array_index(job->wanted, struct vane_outbox_done, i);

        r = vane_outbox_read(&plugin->outbox, wanted->endpoint, wanted->position,
                             VANE_WINDOW_MESSAGES / 2, VANE_WINDOW_BYTES / 2, job->read);
    }
    return r;
}

static void answer(struct vane_webhook_plugin *plugin, struct vane_webhook_question *question)
{
    struct vane_outbox *outbox = &plugin->outbox;

    switch (question->kind) {
    case VANE_LETTERS_SHOW:
        question->result = vane_outbox_letters_show(outbox, &question->which, question->whole,
                                                    &question->json, &question->length);
        break;
    case VANE_LETTERS_REPLAY:
        question->result =
            vane_outbox_letters_read(outbox, &question->which, 256, 4u << 20, question->messages);
        break;
    case VANE_LETTERS_DELETE:
        question->result = vane_outbox_letters_delete(outbox, &question->which, &question->deleted);
        break;
    }
}

static void body(void *user)
{
    struct vane_webhook_plugin *plugin = user;
    struct vane_webhook_job *job = &plugin->job;

    job->relieved = false;
    job->opened_now = plugin->outbox.db == NULL;
    job->result = write_batch(plugin);
    if (job->result == -EBADMSG) {
        vane_outbox_close(&plugin->outbox);
        job->result = vane_sql_set_aside(plugin->outbox.path, plugin->outbox.set_aside,
                                         sizeof(plugin->outbox.set_aside));
        if (job->result == 0)
            job->result = write_batch(plugin);
    }
    if (job->result == -ENOSPC && plugin->outbox.db)
        job->relieved = vane_outbox_relieve(&plugin->outbox, &job->batch) == 0;
    if (plugin->outbox.db && (job->result == 0 || job->relieved))
        job->result = MIN(job->result, read_wanted(plugin));
    if (job->question && plugin->outbox.db)
        answer(plugin, job->question);
    if (job->shrink && plugin->outbox.db)
        (void)vane_outbox_shrink(&plugin->outbox);
    if (job->last)
        vane_outbox_close(&plugin->outbox);
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

        if (endpoint->changed || endpoint->head > endpoint->acked + 1 || wants_more(endpoint))
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
    if (plugin->closing)
        return !transfers_under_way(plugin);
    if (plugin->retry_timer)
        return false;
    return !plugin->opened || plugin->intake->len > 0 || plugin->job.entries->len > 0 ||
           plugin->dying->len > 0 || plugin->job.batch.dying->len > 0 ||
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
    g_array_set_size(job->batch.messages, 0);
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

        g_array_append_val(job->batch.messages, message);
    }
}

static void fill_dying(struct vane_webhook_plugin *plugin)
{
    GArray *empty = plugin->job.batch.dying;

    if (empty->len > 0)
        return;
    plugin->job.batch.dying = plugin->dying;
    plugin->dying = empty;
}

static void fill_endpoint(struct vane_webhook_job *job, struct vane_webhook_endpoint *endpoint)
{
    const struct vane_outbox_endpoint row = {
        .number = endpoint->number,
        .name = g_strdup(endpoint->options->name),
        .state = endpoint->state,
        .attempts = endpoint->attempts,
        .due_ns = endpoint->due_ns,
        .reason = g_strdup(endpoint->reason),
        .url = g_strdup(endpoint->set_url),
    };

    g_array_append_val(job->batch.endpoints, row);
    endpoint->changed = false;
}

static void fill_state(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;

    g_array_set_size(job->batch.endpoints, 0);
    g_array_set_size(job->batch.done, 0);
    g_array_set_size(job->wanted, 0);
    for (guint i = 0; plugin->opened && i < plugin->endpoints->len; i++) {
        struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];
        const struct vane_outbox_done done = {endpoint->number, endpoint->head - 1};
        const struct vane_outbox_done wanted = {endpoint->number, endpoint->loaded};

        if (endpoint->changed)
            fill_endpoint(job, endpoint);
        if (endpoint->head > endpoint->acked + 1)
            g_array_append_val(job->batch.done, done);
        if (wants_more(endpoint))
            g_array_append_val(job->wanted, wanted);
    }
}

/* ---- when it has ended ---- */

static void on_retry(void *user)
{
    struct vane_webhook_plugin *plugin = user;

    plugin->retry_timer = NULL;
    vane_webhook_kick(plugin);
}

static void note_failure(struct vane_webhook_plugin *plugin, int error)
{
    bool first = !plugin->failing;

    for (guint i = 0; i < plugin->job.batch.endpoints->len; i++) {
        int64_t number =
            g_array_index(plugin->job.batch.endpoints, struct vane_outbox_endpoint, i).number;
        struct vane_webhook_endpoint *endpoint = vane_endpoint_by_number(plugin, number);

        if (endpoint)
            endpoint->changed = true;
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
            .time_ns = row->time_ns,
        };

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
    GArray *done = plugin->job.batch.done;

    for (guint i = 0; i < done->len; i++) {
        const struct vane_outbox_done *one = &g_array_index(done, struct vane_outbox_done, i);
        struct vane_webhook_endpoint *endpoint = vane_endpoint_by_number(plugin, one->endpoint);

        if (endpoint)
            endpoint->acked = one->position;
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
    g_array_set_size(job->batch.messages, 0);
    g_array_set_size(job->batch.dying, 0);
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

static void note_success(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;

    if (plugin->failing)
        vane_report_outbox_recovered(plugin);
    plugin->failing = false;
    plugin->facts = job->facts;
    if (job->facts.dead_dropped > 0)
        vane_report_dropped(plugin, NULL, "dead letters", job->facts.dead_dropped);
    take_committed(plugin);
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

static void finished(void *user)
{
    struct vane_webhook_plugin *plugin = user;
    struct vane_webhook_job *job = &plugin->job;

    job->running = false;
    if (plugin->outbox.set_aside[0])
        note_damage(plugin);
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
    if (job->question)
        vane_webhook_question_answer(plugin, g_steal_pointer(&job->question));
    if (job->last) {
        end_last(plugin);
        return;
    }
    vane_webhook_limit_size(plugin);
    for (guint i = 0; i < plugin->endpoints->len; i++)
        vane_endpoint_pump(plugin->endpoints->pdata[i]);
    vane_webhook_intake_resume(plugin);
    vane_webhook_kick(plugin);
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
    job->batch.dead_max = plugin->options.max_dead;
    job->question = g_queue_pop_head(&plugin->questions);
    job->last = plugin->closing;
    job->shrink = job->entries->len == 0;
    job->running = true;
    if (plugin->host->loop->work(plugin->self, body, finished, plugin) < 0)
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
