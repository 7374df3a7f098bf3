/*
 * The one job at a time on the thread pool: what has come in, what JetStream has taken, and what is
 * to be read. Whatever gathers while a job runs goes together into the next one: that is the group
 * commit. See stream.h.
 */
#include "plugins/cluster/stream.h"

#include <errno.h>

#define ENDPOINT       1        /* of the outbox, which has one here */
#define COMMIT_NS      5000000u /* writes are so far apart, but for the first */
#define UNNOTED        512u
#define NOTE_MS        250u
#define RETRY_FIRST_MS 500u
#define RETRY_MOST_MS  10000u
#define NS_PER_MS      1000000u

void vane_stream_jobs_init(struct vane_stream *stream)
{
    struct vane_stream_job *job = &stream->job;

    stream->intake = g_array_new(FALSE, TRUE, sizeof(struct vane_stream_entry));
    job->entries = g_array_new(FALSE, TRUE, sizeof(struct vane_stream_entry));
    vane_outbox_changes_init(&job->changes);
    job->known = vane_outbox_endpoints_new();
    job->read = vane_outbox_messages_new();
}

static void clear_entries(struct vane_stream *stream, GArray *entries)
{
    for (guint i = 0; i < entries->len; i++)
        vane_stream_entry_clear(stream, &g_array_index(entries, struct vane_stream_entry, i));
    g_array_set_size(entries, 0);
}

void vane_stream_jobs_release(struct vane_stream *stream)
{
    struct vane_stream_job *job = &stream->job;
    GArray *arrays[] = {stream->intake, job->entries, job->known, job->read};

    clear_entries(stream, stream->intake);
    clear_entries(stream, job->entries);
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_array_unref(arrays[i]);
    vane_outbox_changes_release(&job->changes);
    vane_outbox_close(&stream->outbox);
    g_free(stream->outbox.path);
}

/* ---- on the thread pool ---- */

static int commit(struct vane_stream *stream)
{
    struct vane_stream_job *job = &stream->job;

    return vane_outbox_commit(&stream->outbox, &job->changes, job->known, &job->facts,
                              &job->relieved);
}

/* A disk that is so full that nothing can be deleted gets its room back when nothing waits. */
static void run(void *user)
{
    struct vane_stream *stream = user;
    struct vane_stream_job *job = &stream->job;

    job->result = commit(stream);
    if (job->result == -ENOSPC && job->worthless && vane_outbox_discard(&stream->outbox) == 0)
        job->result = commit(stream);
    if (job->wanted && stream->outbox.db)
        job->result = MIN(job->result, vane_outbox_read(&stream->outbox, ENDPOINT, job->after,
                                                        VANE_STREAM_WINDOW_MESSAGES / 2,
                                                        VANE_STREAM_WINDOW_BYTES / 2, job->read));
    if (stream->outbox.db && job->entries->len == 0)
        (void)vane_outbox_shrink(&stream->outbox);
    if (job->last)
        vane_outbox_close(&stream->outbox);
}

/* ---- the end of a job ---- */

static void on_again(void *user)
{
    struct vane_stream *stream = user;

    stream->job_timer = NULL;
    vane_stream_kick(stream);
}

static void on_note(void *user)
{
    struct vane_stream *stream = user;

    stream->note_timer = NULL;
    stream->note_due = true;
    vane_stream_kick(stream);
}

static void call_in(struct vane_stream *stream, uint64_t delay_ms, void (*callback)(void *),
                    struct vane_timer **timer)
{
    const struct vane_cluster *cluster = stream->cluster;

    if (!*timer && !stream->closing)
        (void)cluster->host->loop->timer_start(cluster->self, delay_ms, 0, callback, stream, timer);
}

static void note_failure(struct vane_stream *stream, int error)
{
    g_snprintf(stream->disk_problem, sizeof(stream->disk_problem), "%s (%s)", g_strerror(-error),
               stream->outbox.detail);
    if (!stream->failing)
        vane_stream_tell_failed(stream);
    if (!stream->failing || (stream->job.wanted && stream->loaded > stream->job.after))
        stream->retry_ms = RETRY_FIRST_MS; /* reading goes on */
    stream->failing = true;
    call_in(stream, stream->retry_ms, on_again, &stream->job_timer);
    stream->retry_ms = MIN(stream->retry_ms * 2, RETRY_MOST_MS);
}

static void note_opened(struct vane_stream *stream)
{
    const GArray *known = stream->job.known;

    stream->opened = true;
    if (known->len == 0)
        return;
    stream->head = g_array_index(known, struct vane_outbox_endpoint, 0).first;
    stream->stored = g_array_index(known, struct vane_outbox_endpoint, 0).last;
    stream->acked = stream->loaded = stream->head - 1;
    stream->stored = MAX(stream->stored, stream->loaded);
    stream->next_position = stream->stored + 1;
}

static void take_read(struct vane_stream *stream)
{
    GArray *read = stream->job.read;

    for (guint i = 0; i < read->len; i++) {
        struct vane_outbox_message *row = &g_array_index(read, struct vane_outbox_message, i);
        struct vane_stream_entry entry = {
            .position = row->position,
            .text = row->json,
            .json = row->json,
            .length = row->length,
            .time_ns = row->time_ns,
        };

        if (row->position <= stream->loaded || !vane_stream_load(stream, &entry))
            g_free(entry.text);
    }
    g_array_set_size(read, 0);
}

/* What should be there and is not was lost to damage; to ask for it again would never end. */
static void note_missing(struct vane_stream *stream)
{
    const struct vane_stream_job *job = &stream->job;

    if (!job->wanted || stream->loaded != job->after || stream->loaded >= stream->stored)
        return;
    vane_stream_dropped(stream, VANE_DROP_DAMAGE, stream->stored - stream->loaded);
    stream->loaded = stream->stored;
    if (stream->window.length == 0)
        stream->head = stream->stored + 1;
}

/* The next in order goes into the window at once; behind a gap it is read when its turn comes. */
static void take_committed(struct vane_stream *stream)
{
    GArray *entries = stream->job.entries;

    for (guint i = 0; i < entries->len; i++) {
        struct vane_stream_entry *entry = &g_array_index(entries, struct vane_stream_entry, i);

        stream->stored = entry->position;
        if (stream->loaded + 1 != entry->position || !vane_stream_load(stream, entry))
            vane_stream_entry_clear(stream, entry);
    }
    g_array_set_size(entries, 0);
}

static void note_success(struct vane_stream *stream)
{
    if (stream->failing)
        vane_stream_tell_recovered(stream);
    stream->failing = false;
    stream->bytes = stream->job.facts.size;
    if (!stream->opened)
        note_opened(stream);
    note_missing(stream);
    take_committed(stream);
    vane_stream_limit(stream, true);
}

static void end_last(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;
    uint64_t lost = stream->job.entries->len + stream->intake->len + vane_stream_untaken(stream);

    if (lost > 0)
        (void)cluster->host->log->print(
            cluster->self, VANE_LOG_WARNING,
            "%" G_GUINT64_FORMAT " events could not be written to the outbox and are lost", lost);
    stream->closed = true;
    vane_stream_new_attempt(stream);
    vane_stream_timer_stop(stream, &stream->draining);
    vane_cluster_stream_closed(stream->cluster);
}

static void finished(void *user)
{
    struct vane_stream *stream = user;
    struct vane_stream_job *job = &stream->job;
    const GArray *done = job->changes.done;

    job->running = false;
    if (stream->outbox.set_aside[0]) {
        vane_stream_tell_damaged(stream);
        vane_stream_forget(stream);
        stream->outbox.set_aside[0] = '\0';
    }
    take_read(stream);
    if ((job->result == 0 || job->relieved) && done->len > 0)
        stream->acked = g_array_index(done, struct vane_outbox_done, 0).position;
    if (job->result == 0)
        note_success(stream);
    else
        note_failure(stream, job->result);
    if (job->last) {
        end_last(stream);
        return;
    }
    vane_stream_pump(stream);
    vane_stream_watch(stream);
    vane_stream_intake_resume(stream);
    vane_stream_kick(stream);
}

/* ---- the beginning of a job ---- */

/* What could not be written before goes first, as it is. */
static void fill_messages(struct vane_stream *stream)
{
    struct vane_stream_job *job = &stream->job;
    GArray *empty = job->entries;

    if (job->entries->len > 0)
        return;
    job->entries = stream->intake;
    stream->intake = empty;
    stream->intake_bytes = 0;
    g_array_set_size(job->changes.messages, 0);
    for (guint i = 0; i < job->entries->len; i++) {
        struct vane_stream_entry *entry = &g_array_index(job->entries, struct vane_stream_entry, i);
        struct vane_outbox_message message = {
            .endpoint = ENDPOINT,
            .position = entry->position = stream->next_position++,
            .time_ns = entry->time_ns,
            .json = (char *)entry->json,
            .length = entry->length,
        };

        g_array_append_val(job->changes.messages, message);
    }
}

static void fill(struct vane_stream *stream)
{
    struct vane_stream_job *job = &stream->job;
    struct vane_outbox_endpoint row = {.number = ENDPOINT};
    const struct vane_outbox_done done = {ENDPOINT, stream->head - 1};

    g_array_set_size(job->changes.endpoints, 0);
    g_array_set_size(job->changes.done, 0);
    job->wanted = vane_stream_wants_more(stream);
    job->after = stream->loaded;
    job->worthless = stream->opened && vane_stream_waiting(stream) == 0;
    if (!stream->opened)
        return;
    fill_messages(stream);
    row.name = g_strdup("events");
    g_array_append_val(job->changes.endpoints, row);
    if (stream->head > stream->acked + 1)
        g_array_append_val(job->changes.done, done);
}

static bool has_work(struct vane_stream *stream)
{
    uint64_t unnoted = stream->head - 1 - stream->acked;
    bool is_due = stream->note_due || unnoted >= UNNOTED;

    if (!stream->opened || stream->intake->len > 0 || stream->job.entries->len > 0 ||
        vane_stream_wants_more(stream))
        return true;
    if (unnoted > 0 && !is_due)
        call_in(stream, NOTE_MS, on_note, &stream->note_timer);
    return unnoted > 0 && is_due;
}

static bool too_early(struct vane_stream *stream, uint64_t now_ns)
{
    uint64_t since_ns = now_ns - stream->job_began_ns;

    if (stream->closing || !stream->opened || since_ns >= COMMIT_NS)
        return false;
    call_in(stream, (COMMIT_NS - since_ns + NS_PER_MS - 1) / NS_PER_MS, on_again,
            &stream->job_timer);
    return true;
}

/* While the daemon stops, what waits may still go for a moment, unless JetStream does not take it.
 */
static bool is_over(const struct vane_stream *stream)
{
    bool can_go = stream->setup == VANE_STREAM_READY &&
                  (vane_stream_waiting(stream) > 0 || stream->intake->len > 0 ||
                   stream->job.entries->len > 0);

    return stream->closing &&
           (!stream->draining || stream->failing || (!stream->subscription && !can_go));
}

void vane_stream_kick(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;
    struct vane_stream_job *job = &stream->job;
    uint64_t now_ns = vane_stream_now(stream);

    if (job->running || stream->closed || stream->job_timer)
        return;
    job->last = is_over(stream);
    if (!job->last && (!has_work(stream) || too_early(stream, now_ns)))
        return;
    stream->job_began_ns = now_ns;
    stream->note_due = false;
    fill(stream);
    job->running = cluster->host->loop->work(cluster->self, run, finished, stream) == 0;
}
