/* The life of the stream of events, and the way from the bus into it. See stream.h. */
#include "plugins/cluster/stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SUBSCRIPTION_QUEUE (1u << 16)
#define WATCH_MS           1000u
#define DRAIN_MS           1000u

/* The epoch is the process's: a plugin that is restarted goes on behind what it has seen. */
static uint64_t seen_in_this_process;

uint64_t vane_stream_now(const struct vane_stream *stream)
{
    uint64_t now = 0;

    (void)stream->cluster->host->loop->now(&now);
    return now;
}

void vane_stream_timer_stop(struct vane_stream *stream, struct vane_timer **timer)
{
    const struct vane_cluster *cluster = stream->cluster;

    if (*timer)
        (void)cluster->host->loop->timer_stop(cluster->self, g_steal_pointer(timer));
}

void vane_stream_entry_clear(struct vane_stream *stream, struct vane_stream_entry *entry)
{
    if (entry->event)
        stream->cluster->host->bus->event_unref(entry->event);
    g_free(entry->text);
    *entry = (struct vane_stream_entry){0};
}

/* ---- from the bus ---- */

static void enter(struct vane_stream *stream, const struct vane_event *event)
{
    const struct vane_bus *bus = stream->cluster->host->bus;
    struct vane_stream_entry entry = {0};

    if (bus->event_json(event, &entry.json, &entry.length) < 0) {
        vane_stream_dropped(stream, VANE_DROP_OVERFLOW, 1);
        return;
    }
    entry.event = bus->event_ref(event);
    entry.time_ns = bus->event_time(event);
    stream->intake_bytes += entry.length;
    g_array_append_val(stream->intake, entry);
}

static bool is_full(const struct vane_stream *stream)
{
    return !stream->opened || stream->intake->len >= VANE_STREAM_INTAKE_MESSAGES ||
           stream->intake_bytes >= VANE_STREAM_INTAKE_BYTES;
}

static void take_no_more(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;

    if (stream->subscription)
        (void)cluster->host->bus->unsubscribe(cluster->self,
                                              g_steal_pointer(&stream->subscription));
}

/* What happened before the daemon was to stop is still taken. */
uint64_t vane_stream_untaken(const struct vane_stream *stream)
{
    return stream->closing && stream->last_seq > seen_in_this_process
               ? stream->last_seq - seen_in_this_process
               : 0;
}

static int on_event(void *user, const struct vane_event *event)
{
    struct vane_stream *stream = user;
    const struct vane_bus *bus = stream->cluster->host->bus;
    const char *topic = bus->event_topic(event);

    if (is_full(stream)) {
        stream->full = true;
        return VANE_BUSY;
    }
    seen_in_this_process = bus->event_seq(event);
    if (!g_str_has_prefix(topic, VANE_STREAM_OWN_TOPICS) &&
        bus->match(stream->patterns, topic) == 1 &&
        vane_cluster_event_wanted(stream->cluster, topic))
        enter(stream, event);
    if (stream->closing && vane_stream_untaken(stream) == 0)
        take_no_more(stream);
    vane_stream_kick(stream);
    return VANE_OK;
}

static void on_lost(void *user, uint64_t first, uint64_t last)
{
    seen_in_this_process = last;
    vane_stream_dropped(user, VANE_DROP_OVERFLOW, last - first + 1);
}

void vane_stream_intake_resume(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;

    if (!stream->full || !stream->subscription || is_full(stream))
        return;
    stream->full = false;
    (void)cluster->host->bus->resume(cluster->self, stream->subscription);
}

/* All of them, to know by their numbers what was seen. */
static int take_events(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;
    struct vane_subscribe how = {
        .size = sizeof(how),
        .flags = VANE_SUBSCRIBE_REPLAY,
        .queue_length = SUBSCRIPTION_QUEUE,
        .since = seen_in_this_process,
        .lost = on_lost,
    };
    uint64_t next = 1;

    (void)cluster->host->bus->position(cluster->self, &next, NULL);
    if (how.since >= next) /* another engine in the same process */
        how.since = 0;
    return cluster->host->bus->subscribe(cluster->self, ">", &how, on_event, stream,
                                         &stream->subscription);
}

/* ---- life ---- */

static int take_directory(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;
    const struct vane_log *log = cluster->host->log;
    char holder[128] = "";
    const char *directory;
    int r = cluster->host->config->state_directory(cluster->self, &directory);

    if (r == 0)
        r = vane_outbox_lock(directory, &stream->lock, holder, sizeof(holder));
    if (r == -EBUSY)
        (void)log->print(cluster->self, VANE_LOG_ERROR,
                         "%s is in use by %s; stop that, or give this daemon a StateDirectory= of "
                         "its own",
                         directory, holder);
    else if (r < 0)
        (void)log->print(cluster->self, VANE_LOG_ERROR,
                         "EventStream= needs a state directory, which cannot be used: %s",
                         g_strerror(-r));
    if (r == 0)
        stream->outbox.path = g_build_filename(directory, "outbox.sqlite", NULL);
    return r;
}

/* The outbox is opened in the background; until then events wait in the subscription's queue. */
int vane_stream_start(struct vane_cluster *cluster, const char *patterns)
{
    struct vane_stream *stream = g_new0(struct vane_stream, 1);
    char inbox[VANE_NATS_INBOX_SIZE];
    int r;

    cluster->stream = stream;
    stream->cluster = cluster;
    stream->patterns = g_strdup(patterns);
    stream->lock = -1;
    stream->head = stream->next_position = 1;
    vane_nats_inbox(inbox);
    g_snprintf(stream->inbox, sizeof(stream->inbox), "_INBOX.%s.%s", cluster->key.nkey,
               strchr(inbox, '.') + 1);
    vane_stream_jobs_init(stream);
    r = take_directory(stream);
    if (r == 0)
        r = take_events(stream);
    return r;
}

void vane_stream_listen(struct vane_cluster *cluster)
{
    g_autofree char *all = NULL;

    if (!cluster->stream)
        return;
    vane_stream_kick(cluster->stream);
    all = g_strconcat(cluster->stream->inbox, ".*.*", NULL);
    vane_nats_subscribe(cluster->nats, all, NULL, vane_stream_answered, cluster->stream);
}

void vane_stream_connected(struct vane_cluster *cluster)
{
    if (!cluster->stream)
        return;
    vane_stream_new_attempt(cluster->stream);
    vane_stream_set_up(cluster->stream);
}

void vane_stream_disconnected(struct vane_cluster *cluster)
{
    if (!cluster->stream)
        return;
    vane_stream_new_attempt(cluster->stream);
    vane_stream_kick(cluster->stream);
}

static void on_watch(void *user)
{
    struct vane_stream *stream = user;

    stream->tick = NULL;
    vane_stream_check_answers(stream);
    vane_stream_limit(stream, false);
    vane_stream_tell_dropped(stream);
    vane_stream_pump(stream);
}

static bool is_all_told(const struct vane_stream *stream)
{
    return memcmp(stream->dropped, stream->told, sizeof(stream->told)) == 0;
}

/* An answer that may not come, a place in a queue, what grows old, what is to be told. */
static bool is_to_be_watched(const struct vane_stream *stream)
{
    bool asked = stream->setup == VANE_STREAM_ASKED || stream->setup == VANE_STREAM_MAKING;
    bool can_go = stream->setup == VANE_STREAM_READY && stream->next;
    bool ages = stream->cluster->options.outbox_max_age_ns > 0 && vane_stream_waiting(stream) > 0;

    return asked || stream->in_flight > 0 || can_go || ages || !is_all_told(stream);
}

void vane_stream_watch(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;

    if (!stream->tick && !stream->closing && is_to_be_watched(stream))
        (void)cluster->host->loop->timer_start(cluster->self, WATCH_MS, 0, on_watch, stream,
                                               &stream->tick);
}

/* ---- the end ---- */

static void on_drained(void *user)
{
    struct vane_stream *stream = user;

    stream->draining = NULL;
    take_no_more(stream);
    vane_stream_kick(stream);
}

/* What JetStream takes in a moment goes now, and the rest at the next start. */
void vane_stream_stop(struct vane_cluster *cluster)
{
    struct vane_stream *stream = cluster->stream;
    uint64_t next = 1;

    (void)cluster->host->bus->position(cluster->self, &next, NULL);
    stream->last_seq = next - 1;
    stream->closing = true;
    if (vane_stream_untaken(stream) == 0)
        take_no_more(stream);
    vane_stream_timer_stop(stream, &stream->tick);
    vane_stream_timer_stop(stream, &stream->job_timer);
    vane_stream_timer_stop(stream, &stream->note_timer);
    (void)cluster->host->loop->timer_start(cluster->self, DRAIN_MS, 0, on_drained, stream,
                                           &stream->draining);
    vane_stream_kick(stream);
}

void vane_stream_free(struct vane_stream *stream)
{
    if (!stream)
        return;
    take_no_more(stream);
    vane_stream_timer_stop(stream, &stream->tick);
    vane_stream_timer_stop(stream, &stream->job_timer);
    vane_stream_timer_stop(stream, &stream->note_timer);
    vane_stream_timer_stop(stream, &stream->retry);
    vane_stream_timer_stop(stream, &stream->draining);
    vane_stream_window_clear(stream);
    vane_stream_jobs_release(stream);
    if (stream->lock >= 0)
        close(stream->lock);
    g_free(stream->patterns);
    g_free(stream->problem);
    g_free(stream);
}
