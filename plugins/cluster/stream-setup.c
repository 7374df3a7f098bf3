/* The stream that events go to: found, or made. See stream.h. */
#include <string.h>

#include "plugins/cluster/jetstream.h"
#include "plugins/cluster/stream.h"

#define NOT_FOUND 404

static char *subject_of(const struct vane_stream *stream, const char *last)
{
    return g_strdup_printf("netvane.%s.event.%s", stream->cluster->options.cluster, last);
}

static void ask(struct vane_stream *stream, const char *what, const char *body, size_t length)
{
    const struct vane_cluster *cluster = stream->cluster;
    g_autofree char *subject =
        g_strdup_printf("$JS.API.STREAM.%s.%s", what, cluster->options.event_stream);
    g_autofree char *reply =
        g_strdup_printf("%s.%" G_GUINT64_FORMAT ".setup", stream->inbox, stream->attempt);
    const struct vane_nats_outgoing message = {
        .subject = subject,
        .reply = reply,
        .body = body,
        .length = length,
        .connection = cluster->link.connections,
    };

    stream->progress_ns = vane_stream_now(stream);
    (void)vane_nats_publish(cluster->nats, &message); /* or the watch finds no answer */
    vane_stream_watch(stream);
}

static void ask_for_it(struct vane_stream *stream)
{
    stream->setup = VANE_STREAM_ASKED;
    ask(stream, "INFO", NULL, 0);
}

static void make(struct vane_stream *stream)
{
    const struct vane_cluster_options *options = &stream->cluster->options;
    g_autofree char *subject = subject_of(stream, ">");
    const struct vane_jetstream_config config = {
        .name = options->event_stream,
        .subject = subject,
        .max_age_ns = (uint64_t)options->stream_max_age_ns,
        .max_bytes = options->stream_max_bytes,
    };
    size_t length;
    g_autofree char *body = vane_jetstream_format(&config, &length);

    stream->setup = VANE_STREAM_MAKING;
    ask(stream, "CREATE", body, length);
}

/* All that Events= can let through, so that nothing is found missing later; NULL: they are. */
static char *find_uncovered(const struct vane_stream *stream, char *const *subjects)
{
    const struct vane_cluster *cluster = stream->cluster;

    for (char **at = cluster->options.events; *at; at++) {
        g_autofree char *last = g_strconcat(cluster->key.nkey, ".", *at, NULL);
        g_autofree char *subject = subject_of(stream, last);

        if (**at != '!' && !vane_jetstream_covers(subjects, subject))
            return g_steal_pointer(&subject);
    }
    return NULL;
}

static void look_at(struct vane_stream *stream, const struct vane_jetstream_answer *answer)
{
    const struct vane_cluster *cluster = stream->cluster;
    g_autofree char *uncovered = find_uncovered(stream, answer->subjects);
    g_autofree char *subjects = answer->subjects ? g_strjoinv(" ", answer->subjects) : NULL;

    if (uncovered) {
        vane_stream_stall(stream, g_strdup_printf("the stream %s takes \"%s\", which is not all "
                                                  "of %s: give it that subject, too, or another "
                                                  "EventStream=",
                                                  cluster->options.event_stream,
                                                  subjects ? subjects : "", uncovered));
        return;
    }
    if (stream->setup == VANE_STREAM_MAKING)
        (void)cluster->host->log->print(cluster->self, VANE_LOG_INFO, "made the stream %s",
                                        cluster->options.event_stream);
    stream->setup = VANE_STREAM_READY;
}

void vane_stream_setup_answered(struct vane_stream *stream, const struct vane_nats_message *message)
{
    struct vane_jetstream_answer answer = {0};

    if (stream->setup != VANE_STREAM_ASKED && stream->setup != VANE_STREAM_MAKING)
        return;
    if (message->no_responders)
        vane_stream_stall(stream, g_strdup("JetStream is off at the server, or for this account"));
    else if (vane_jetstream_parse(message->body, message->length, &answer) < 0)
        vane_stream_stall(stream, g_strdup("JetStream's answer is not understood"));
    else if (!answer.why)
        look_at(stream, &answer);
    else if (answer.code == NOT_FOUND && stream->setup == VANE_STREAM_ASKED)
        make(stream);
    else
        vane_stream_stall(
            stream,
            g_strdup_printf("the stream %s cannot be %s: %s", stream->cluster->options.event_stream,
                            stream->setup == VANE_STREAM_ASKED ? "found" : "made", answer.why));
    vane_jetstream_clear(&answer);
}

void vane_stream_set_up(struct vane_stream *stream)
{
    if (!stream->cluster->link.connected || stream->closed)
        return;
    if (stream->cluster->options.stream_create) {
        ask_for_it(stream);
        return;
    }
    stream->setup = VANE_STREAM_READY; /* what it is not, JetStream says at the first event */
    vane_stream_pump(stream);
}
