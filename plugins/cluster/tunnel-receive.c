/* Frames that a session was sent, and what each does. See tunnel.h. */
#include <errno.h>
#include <unistd.h>

#include "plugins/cluster/tunnel.h"

static void refuse(struct vane_session *session, uint32_t stream, uint16_t reason)
{
    const struct vane_tunnel_frame reset = {
        .kind = VANE_FRAME_RESET, .stream = stream, .reason = reason};

    vane_session_put(session, &reset);
}

/* Streams of who began the session are odd. */
static bool is_theirs(const struct vane_session *session, uint32_t id)
{
    return (id % 2 == 1) != session->initiator && id != 0;
}

static struct vane_tunnel_stream *find(const struct vane_session *session, uint32_t id)
{
    return g_hash_table_lookup(session->streams, GUINT_TO_POINTER(id));
}

/* ---- streams ---- */

static void accept_stream(struct vane_tunnel_stream *stream)
{
    struct vane_session *session = stream->session;
    struct vane_tunnel_frame frame;

    vane_tunnel_receiver_ack(&stream->receiver, vane_tunnels_window(session->tunnels), false,
                             &frame);
    frame.kind = VANE_FRAME_ACCEPT;
    frame.stream = stream->id;
    vane_session_put(session, &frame);
}

/* The host asks the gate and whoever listens. */
static int arrive(struct vane_tunnel_stream *stream)
{
    struct vane_tunnels *tunnels = stream->session->tunnels;
    struct vane_cluster *cluster = tunnels->cluster;
    struct vane_transport_node node;
    int fd, r = vane_tunnel_stream_connect(stream, &fd);

    if (r < 0)
        return r;
    vane_tunnels_describe(cluster, stream->session->nkey, "connect", stream->port, &node);
    return cluster->host->ports->arrived(cluster->self, tunnels->link, &node, stream->port, fd,
                                         &stream->number);
}

/* One machine gets no more than are left for the others. */
static bool has_its_share(const struct vane_session *session)
{
    guint all = g_hash_table_size(session->tunnels->numbers);

    return all >= VANE_TUNNEL_STREAMS_MAX ||
           g_hash_table_size(session->streams) >= VANE_TUNNEL_STREAMS_MAX - all;
}

/* The gate's rules are asked for each, and a packet has room for thousands. */
static bool opens_too_many(struct vane_session *session)
{
    uint64_t now = vane_tunnels_now(session->tunnels);

    if (now - session->opens_ns >= VANE_NS_PER_S) {
        session->opens_ns = now;
        session->opens = 0;
    }
    return session->opens++ >= VANE_TUNNEL_OPENS_MAX;
}

static void open_stream(struct vane_session *session, const struct vane_tunnel_frame *frame)
{
    struct vane_tunnel_stream *stream;
    int r;

    if (has_its_share(session) || opens_too_many(session)) {
        refuse(session, frame->stream, VANE_TUNNEL_BUSY);
        return;
    }
    stream = vane_tunnel_stream_new(session, frame->stream, frame->port);
    stream->sender.limit = frame->limit;
    r = arrive(stream);
    if (stream->dead)
        return; /* somebody has dropped the session meanwhile */
    if (r < 0) {
        refuse(session, stream->id, vane_tunnel_reason_of(r));
        vane_tunnel_stream_end(stream, 0);
        return;
    }
    g_hash_table_insert(session->tunnels->numbers, &stream->number, stream);
    accept_stream(stream);
    vane_tunnel_stream_watch(stream);
}

static void take_open(struct vane_session *session, const struct vane_tunnel_frame *frame)
{
    struct vane_tunnel_stream *stream = find(session, frame->stream);

    if (!is_theirs(session, frame->stream))
        session->counters.refused++;
    else if (stream)
        accept_stream(stream); /* the first answer was lost */
    else if (!vane_tunnel_heard_first(&session->heard, frame->stream))
        refuse(session, frame->stream, VANE_TUNNEL_GONE);
    else
        open_stream(session, frame);
}

static void take_accept(struct vane_tunnel_stream *stream, const struct vane_tunnel_frame *frame)
{
    struct vane_tunnels *tunnels = stream->session->tunnels;
    struct vane_cluster *cluster = tunnels->cluster;
    int fd, r;

    if (!stream->opening)
        return;
    r = vane_tunnel_stream_connect(stream, &fd);
    if (r < 0) {
        vane_tunnel_stream_reset(stream, r);
        return;
    }
    stream->opening = false;
    stream->sender.limit = frame->limit;
    r = cluster->host->ports->dialled(cluster->self, tunnels->link, stream->number, 0, fd);
    if (stream->dead)
        return;
    if (r < 0)
        vane_tunnel_stream_reset(stream, 0);
    else
        vane_tunnel_stream_watch(stream);
}

static void take_data(struct vane_tunnel_stream *stream, const struct vane_tunnel_frame *frame)
{
    const uint8_t *data;
    size_t length;
    int r = vane_tunnel_receiver_take(&stream->receiver, frame, &data, &length);

    if (r < 0) {
        stream->session->counters.refused++;
        vane_tunnel_stream_reset(stream, -EPROTO);
        return;
    }
    stream->session->counters.received += length;
    vane_tunnel_stream_ack_soon(stream);
    vane_tunnel_stream_deliver(stream, data, length);
}

static void take_ack(struct vane_tunnel_stream *stream, const struct vane_tunnel_frame *frame)
{
    struct vane_session *session = stream->session;
    const GList *next = stream->sender.next;
    struct vane_tunnel_frame ack = *frame;
    int64_t arrived;

    ack.again = frame->again && vane_tunnel_stream_may_repeat(stream);
    arrived = vane_tunnel_sender_acked(&stream->sender, &ack);
    if (arrived < 0) {
        session->counters.refused++;
        return;
    }
    session->counters.again += stream->sender.next && next != stream->sender.next;
    if (arrived > 0) {
        session->progress_ns = vane_tunnels_now(session->tunnels);
        session->backoff = 0;
        stream->closed_ns = 0;
        vane_session_flight(session, -arrived);
    }
    vane_tunnel_stream_send(stream);
    vane_tunnel_stream_settle(stream);
}

/* Its last acknowledgement may be what was lost. */
static bool is_through(const struct vane_tunnel_stream *stream, uint16_t reason)
{
    return reason == VANE_TUNNEL_GONE && stream->sender.ended && stream->write_end;
}

static void take_reset(struct vane_tunnel_stream *stream, uint16_t reason)
{
    vane_tunnel_stream_end(stream, is_through(stream, reason) ? 0 : vane_tunnel_error_of(reason));
}

static void take_of_stream(struct vane_session *session, const struct vane_tunnel_frame *frame)
{
    struct vane_tunnel_stream *stream = find(session, frame->stream);

    if (!stream) {
        if (frame->kind != VANE_FRAME_RESET)
            refuse(session, frame->stream, VANE_TUNNEL_GONE);
    } else if (frame->kind == VANE_FRAME_ACCEPT) {
        take_accept(stream, frame);
    } else if (frame->kind == VANE_FRAME_RESET) {
        take_reset(stream, frame->reason);
    } else if (stream->opening) {
        session->counters.refused++; /* nothing comes before it is accepted */
    } else if (frame->kind == VANE_FRAME_ACK) {
        take_ack(stream, frame);
    } else {
        take_data(stream, frame);
    }
}

/* ---- the rest ---- */

static void take_datagram(struct vane_session *session, const struct vane_tunnel_frame *frame)
{
    struct vane_cluster *cluster = session->tunnels->cluster;
    struct vane_transport_node node;

    session->counters.received += frame->length;
    vane_tunnels_describe(cluster, session->nkey, "datagram", frame->port, &node);
    (void)cluster->host->ports->datagram_arrived(cluster->self, session->tunnels->link, &node,
                                                 frame->from, frame->port, frame->data,
                                                 frame->length);
}

/* Once for a packet: an answer is as long as there are streams, and a ping one byte. */
static void answer_ping(struct vane_session *session)
{
    const struct vane_tunnel_frame pong = {.kind = VANE_FRAME_PONG};

    if (!session->pinged)
        return;
    session->pinged = false;
    vane_session_tell_streams(session);
    vane_session_put(session, &pong);
}

static void take(struct vane_session *session, const struct vane_tunnel_frame *frame)
{
    switch (frame->kind) {
    case VANE_FRAME_FINISH: /* comes first, and was looked at */
    case VANE_FRAME_PONG:
        return;
    case VANE_FRAME_OPEN:
        take_open(session, frame);
        return;
    case VANE_FRAME_ACCEPT:
    case VANE_FRAME_DATA:
    case VANE_FRAME_END:
    case VANE_FRAME_ACK:
    case VANE_FRAME_RESET:
        take_of_stream(session, frame);
        return;
    case VANE_FRAME_DATAGRAM:
        take_datagram(session, frame);
        return;
    case VANE_FRAME_PING:
        session->pinged = true;
        return;
    case VANE_FRAME_BYE:
        vane_session_drop(session, vane_tunnel_error_of(frame->reason), VANE_TUNNEL_GONE);
        return;
    }
}

/* The first frame shows who has sent it, until it is known. */
static bool is_proven(struct vane_session *session, const struct vane_tunnel_frame *frame)
{
    if (session->initiator) {
        session->proven = true;
        return true;
    }
    if (frame->kind == VANE_FRAME_FINISH)
        return vane_session_take_finish(session, frame);
    return session->phase == VANE_SESSION_OPEN;
}

void vane_session_receive(struct vane_session *session, const uint8_t *plain, size_t length)
{
    struct vane_tunnel_frame frame;
    int r;

    session->heard_ns = vane_tunnels_now(session->tunnels);
    session->asked_ns = 0;
    while ((r = vane_tunnel_frame_next(&plain, &length, &frame)) == 1) {
        if (session->phase == VANE_SESSION_DEAD)
            return;
        if (!is_proven(session, &frame)) {
            session->counters.refused++;
            vane_session_drop(session, -EBADMSG, VANE_TUNNEL_GONE);
            return;
        }
        take(session, &frame);
    }
    answer_ping(session);
    if (r < 0)
        session->counters.refused++;
}
