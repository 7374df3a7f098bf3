/* What the stream of events says of itself: log lines, events, `show cluster`. See stream.h. */
#include <inttypes.h>
#include <string.h>

#include "plugins/cluster/stream.h"

#define TELL_NS UINT64_C(10000000000)

static const char *const words[VANE_DROP_REASONS] = {
    [VANE_DROP_COUNT] = "count",       [VANE_DROP_SIZE] = "size",
    [VANE_DROP_AGE] = "age",           [VANE_DROP_TOO_LARGE] = "too large",
    [VANE_DROP_OVERFLOW] = "overflow", [VANE_DROP_DAMAGE] = "damage",
};

static const char *const advice[VANE_DROP_REASONS] = {
    [VANE_DROP_COUNT] = "more than EventOutboxMaxEvents= wait, and the oldest go",
    [VANE_DROP_SIZE] = "the outbox is larger than EventOutboxMaxSize=, and the oldest go",
    [VANE_DROP_AGE] = "they have waited for longer than EventOutboxMaxAge=",
    [VANE_DROP_TOO_LARGE] = "they are larger than the server (max_payload) or the stream takes",
    [VANE_DROP_OVERFLOW] = "they come faster than the disk takes them",
    [VANE_DROP_DAMAGE] = "the outbox was damaged",
};

static void publish(const struct vane_stream *stream, const char *topic,
                    const struct vane_field *fields, uint32_t count)
{
    const struct vane_cluster *cluster = stream->cluster;
    const struct vane_fields payload = {(uint32_t)sizeof(*fields), count, fields};

    (void)cluster->host->bus->publish(cluster->self, topic, &payload, NULL, NULL);
}

/* ---- what is lost ---- */

static void tell_dropped(struct vane_stream *stream, enum vane_stream_drop reason)
{
    const struct vane_field fields[] = {
        vane_string("stream", stream->cluster->options.event_stream),
        vane_string("reason", words[reason]),
        vane_uint64("count", stream->dropped[reason] - stream->told[reason]),
    };

    stream->told[reason] = stream->dropped[reason];
    publish(stream, "cluster.outbox.dropped", fields, G_N_ELEMENTS(fields));
}

/* A flood of them is told of each ten seconds. */
void vane_stream_tell_dropped(struct vane_stream *stream)
{
    uint64_t now_ns = vane_stream_now(stream);

    if (memcmp(stream->dropped, stream->told, sizeof(stream->told)) == 0 ||
        (stream->told_ns > 0 && now_ns - stream->told_ns < TELL_NS))
        return;
    stream->told_ns = now_ns;
    for (enum vane_stream_drop reason = 0; reason < VANE_DROP_REASONS; reason++)
        if (stream->dropped[reason] != stream->told[reason])
            tell_dropped(stream, reason);
}

/* The log is told once of each reason, until all that waits has gone. */
void vane_stream_dropped(struct vane_stream *stream, enum vane_stream_drop reason, uint64_t count)
{
    const struct vane_cluster *cluster = stream->cluster;

    stream->dropped[reason] += count;
    stream->cluster->counters.events_lost += count;
    if (!(stream->drops_logged & 1u << reason))
        (void)cluster->host->log->print(cluster->self, VANE_LOG_WARNING,
                                        "events are dropped that should go to the stream %s: %s; "
                                        "\"show cluster\" counts them",
                                        cluster->options.event_stream, advice[reason]);
    stream->drops_logged |= 1u << reason;
    vane_stream_tell_dropped(stream);
    vane_stream_watch(stream);
}

/* ---- JetStream ---- */

void vane_stream_tell_stalled(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;
    const struct vane_field fields[] = {
        vane_string("stream", cluster->options.event_stream),
        vane_string("reason", stream->problem),
        vane_uint64("waiting", vane_stream_waiting(stream)),
    };

    (void)cluster->host->log->print(cluster->self, VANE_LOG_WARNING,
                                    "events for the stream %s wait in the outbox: %s; trying again",
                                    cluster->options.event_stream, stream->problem);
    publish(stream, "cluster.outbox.stalled", fields, G_N_ELEMENTS(fields));
}

void vane_stream_tell_resumed(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;
    const struct vane_field fields[] = {
        vane_string("stream", cluster->options.event_stream),
        vane_uint64("waiting", vane_stream_waiting(stream)),
    };

    (void)cluster->host->log->print(cluster->self, VANE_LOG_NOTICE,
                                    "the stream %s takes events again, of which %" PRIu64 " wait",
                                    cluster->options.event_stream, vane_stream_waiting(stream));
    publish(stream, "cluster.outbox.resumed", fields, G_N_ELEMENTS(fields));
}

/* ---- the disk ---- */

static void publish_file(const struct vane_stream *stream, const char *topic, const char *reason)
{
    const struct vane_field fields[] = {
        vane_string("file", stream->outbox.path),
        vane_string("reason", reason),
    };

    publish(stream, topic, fields, reason ? 2 : 1);
}

void vane_stream_tell_failed(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;

    (void)cluster->host->log->print(cluster->self, VANE_LOG_ERROR,
                                    "cannot write %s: %s; events wait in memory until it works "
                                    "again, and the oldest go when that is full",
                                    stream->outbox.path, stream->disk_problem);
    publish_file(stream, "cluster.outbox.failed", stream->disk_problem);
}

void vane_stream_tell_recovered(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;

    (void)cluster->host->log->print(cluster->self, VANE_LOG_NOTICE, "writing %s works again",
                                    stream->outbox.path);
    publish_file(stream, "cluster.outbox.recovered", NULL);
}

void vane_stream_tell_damaged(struct vane_stream *stream)
{
    const struct vane_cluster *cluster = stream->cluster;

    (void)cluster->host->log->print(cluster->self, VANE_LOG_ERROR,
                                    "%s cannot be used: %s; it is now %s, and a new one was begun",
                                    stream->outbox.path, stream->outbox.detail,
                                    stream->outbox.set_aside);
    publish_file(stream, "cluster.outbox.damaged", stream->outbox.set_aside);
}

/* ---- show ---- */

void vane_stream_show(const struct vane_stream *stream, struct vane_json *json)
{
    vane_json_member_string(json, "event_stream", stream->cluster->options.event_stream);
    if (stream->problem)
        vane_json_member_string(json, "event_stream_problem", stream->problem);
    if (stream->failing)
        vane_json_member_string(json, "event_outbox_problem", stream->disk_problem);
    if (stream->opened) /* before, nobody knows what the outbox holds */
        vane_json_member_uint64(json, "events_waiting",
                                vane_stream_waiting(stream) + stream->job.entries->len +
                                    stream->intake->len);
    vane_json_member_uint64(json, "events_in_flight", stream->in_flight);
    vane_json_member_uint64(json, "event_duplicates", stream->duplicates);
    vane_json_member_uint64(json, "event_outbox_bytes", stream->bytes);
}
