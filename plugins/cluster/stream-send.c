/*
 * Publishing what waits, many at a time, and what JetStream answers. Whatever is refused stops the
 * attempt: one that was refused is never followed by one published later, but by what was under way
 * with it. See stream.h.
 */
#include "plugins/cluster/stream.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "lib/json/reader.h"
#include "lib/text/number.h"
#include "plugins/cluster/jetstream.h"

#define IN_FLIGHT_MOST   512u
#define ANSWER_MS        5000u
#define BACKOFF_FIRST_MS 500u
#define BACKOFF_MOST_MS  30000u

/* ---- publishing ---- */

/* A text of the event's JSON, to be freed; of one that was read from the outbox. */
static char *member_of(const struct vane_stream_entry *entry, const char *name)
{
    struct vane_json_view value;
    char *text = NULL;

    if (vane_json_find(vane_json_root(entry->json, entry->length), name, &value))
        (void)vane_json_get_string(value, &text);
    return text;
}

static char *id_of(const struct vane_stream *stream, const struct vane_stream_entry *entry)
{
    return entry->event ? g_strdup(stream->cluster->host->bus->event_id(entry->event))
                        : member_of(entry, "id");
}

static char *topic_of(const struct vane_stream *stream, const struct vane_stream_entry *entry)
{
    return entry->event ? g_strdup(stream->cluster->host->bus->event_topic(entry->event))
                        : member_of(entry, "topic");
}

/* The id is the event's own, the same at each attempt. -EBADMSG: the outbox does not hold an event.
 */
static int publish(struct vane_stream *stream, const struct vane_stream_entry *entry)
{
    const struct vane_cluster *cluster = stream->cluster;
    g_autofree char *id = id_of(stream, entry);
    g_autofree char *topic = topic_of(stream, entry);
    g_autofree char *subject = g_strdup_printf("netvane.%s.event.%s.%s", cluster->options.cluster,
                                               cluster->key.nkey, topic);
    g_autofree char *reply = g_strdup_printf("%s.%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT,
                                             stream->inbox, stream->attempt, entry->position);
    const struct vane_nats_header headers[] = {
        {"Nats-Msg-Id", id},
        {"Nats-Expected-Stream", cluster->options.event_stream},
        {NULL, NULL},
    };
    const struct vane_nats_outgoing message = {
        .subject = subject,
        .reply = reply,
        .headers = headers,
        .body = entry->json,
        .length = entry->length,
        .connection = cluster->link.connections,
    };
    int r = id && topic ? vane_nats_publish(cluster->nats, &message) : -EBADMSG;

    return r == -EINVAL ? -EBADMSG : r;
}

static bool is_hopeless(int error)
{
    return error == -EMSGSIZE || error == -EBADMSG;
}

static void give_up(struct vane_stream *stream, struct vane_stream_entry *entry,
                    enum vane_stream_drop reason)
{
    vane_stream_dropped(stream, reason, 1);
    vane_stream_done(stream, entry);
}

/* 0: the next one may go. */
static int send_next(struct vane_stream *stream)
{
    GList *link = stream->next;
    struct vane_stream_entry *entry = link->data;
    int r = entry->done ? 0 : publish(stream, entry);

    if (r < 0 && !is_hopeless(r))
        return r; /* the connection is lost, or its queue is full: answers or the watch go on */
    stream->next = link->next;
    if (r < 0) {
        give_up(stream, entry, r == -EMSGSIZE ? VANE_DROP_TOO_LARGE : VANE_DROP_DAMAGE);
    } else if (!entry->done) {
        if (stream->in_flight++ == 0)
            stream->progress_ns = vane_stream_now(stream);
        entry->sent = true;
    }
    return 0;
}

void vane_stream_pump(struct vane_stream *stream)
{
    while (stream->setup == VANE_STREAM_READY && stream->next &&
           stream->in_flight < stream->allowed)
        if (send_next(stream) < 0)
            break;
    vane_stream_watch(stream);
    vane_stream_kick(stream);
}

/* ---- attempts ---- */

void vane_stream_new_attempt(struct vane_stream *stream)
{
    for (GList *at = stream->window.head; at; at = at->next)
        ((struct vane_stream_entry *)at->data)->sent = false;
    stream->next = stream->window.head;
    stream->in_flight = 0;
    stream->allowed = 1;
    stream->attempt++;
    stream->setup = VANE_STREAM_UNKNOWN;
    vane_stream_timer_stop(stream, &stream->retry);
}

static void on_retry(void *user)
{
    struct vane_stream *stream = user;

    stream->retry = NULL;
    vane_stream_set_up(stream);
}

/* Half to one and a half times the delay: a thousand machines must not come back at once. */
void vane_stream_stall(struct vane_stream *stream, char *why)
{
    const struct vane_cluster *cluster = stream->cluster;
    bool is_news = g_strcmp0(stream->problem, why) != 0;
    uint64_t delay_ms = MAX(stream->backoff_ms, BACKOFF_FIRST_MS);

    vane_stream_new_attempt(stream);
    g_free(stream->problem);
    stream->problem = why;
    if (is_news)
        vane_stream_tell_stalled(stream);
    stream->backoff_ms = MIN(delay_ms * 2, BACKOFF_MOST_MS);
    (void)cluster->host->loop->timer_start(cluster->self,
                                           delay_ms / 2 + randombytes_uniform((uint32_t)delay_ms),
                                           0, on_retry, stream, &stream->retry);
}

/* ---- answers ---- */

static void take_stored(struct vane_stream *stream, struct vane_stream_entry *entry, bool duplicate)
{
    stream->cluster->counters.events++;
    stream->duplicates += duplicate;
    stream->progress_ns = vane_stream_now(stream);
    stream->allowed = MIN(stream->allowed + 1, IN_FLIGHT_MOST);
    stream->backoff_ms = 0;
    vane_stream_done(stream, entry);
    if (stream->problem)
        vane_stream_tell_resumed(stream);
    g_clear_pointer(&stream->problem, g_free);
    if (vane_stream_waiting(stream) == 0)
        stream->drops_logged = 0;
}

static void take_refusal(struct vane_stream *stream, struct vane_stream_entry *entry,
                         const struct vane_jetstream_answer *answer)
{
    if (answer->number == VANE_JETSTREAM_TOO_LARGE) {
        give_up(stream, entry, VANE_DROP_TOO_LARGE);
        return;
    }
    vane_stream_stall(stream,
                      g_strdup_printf("JetStream refuses them: %s (%" G_GUINT64_FORMAT ")",
                                      answer->why, answer->number ? answer->number : answer->code));
}

/* It counts whenever it comes; a refusal does in its own attempt. */
static void take(struct vane_stream *stream, const struct vane_nats_message *message,
                 struct vane_stream_entry *entry, bool current)
{
    const char *name = stream->cluster->options.event_stream;
    struct vane_jetstream_answer answer = {0};

    if (message->no_responders) {
        if (current)
            vane_stream_stall(stream, g_strdup_printf("no stream takes the subject of events: "
                                                      "there is no stream %s that does, or "
                                                      "JetStream is off; make it, or set "
                                                      "EventStreamCreate=yes",
                                                      name));
        return;
    }
    if (vane_jetstream_parse(message->body, message->length, &answer) < 0)
        return; /* nobody has answered who knows how: waiting for the answer ends */
    if (!answer.why && strcmp(answer.stream, name) == 0)
        take_stored(stream, entry, answer.duplicate);
    else if (answer.why && current)
        take_refusal(stream, entry, &answer);
    vane_jetstream_clear(&answer);
}

/* What stands behind the inbox: ATTEMPT.POSITION, or ATTEMPT.setup. */
void vane_stream_answered(void *user, const struct vane_nats_message *message)
{
    struct vane_stream *stream = user;
    size_t length = strlen(stream->inbox);
    g_auto(GStrv) tokens = NULL;
    struct vane_stream_entry *entry;
    uint64_t attempt, position;

    if (strncmp(message->subject, stream->inbox, length) != 0)
        return;
    tokens = g_strsplit(message->subject + length, ".", 4);
    if (g_strv_length(tokens) != 3 ||
        vane_text_parse_uint64(tokens[1], 0, UINT64_MAX, &attempt) < 0)
        return;
    if (strcmp(tokens[2], "setup") == 0) {
        if (attempt == stream->attempt)
            vane_stream_setup_answered(stream, message);
    } else if (vane_text_parse_uint64(tokens[2], 0, UINT64_MAX, &position) == 0 &&
               (entry = vane_stream_find(stream, position)) && !entry->done) {
        take(stream, message, entry, attempt == stream->attempt);
    }
    vane_stream_pump(stream);
}

void vane_stream_check_answers(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;
    uint64_t waited_ns = vane_stream_now(stream) - stream->progress_ns;
    bool asked = stream->setup == VANE_STREAM_ASKED || stream->setup == VANE_STREAM_MAKING;

    if ((stream->in_flight == 0 && !asked) || waited_ns < ANSWER_MS * G_GUINT64_CONSTANT(1000000))
        return;
    vane_stream_stall(
        stream, g_strdup_printf("JetStream does not answer: is there the stream %s, and may "
                                "this machine %s and subscribe to _INBOX.%s.>?",
                                cluster->options.event_stream,
                                asked ? "ask for it" : "publish its events", cluster->key.nkey));
}
