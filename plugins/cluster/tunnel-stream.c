/*
 * A stream: made, offered, ended, and its frames to the session. See tunnel.h; tunnel-socket.c has
 * its bytes.
 */
#include <poll.h>
#include <unistd.h>

#include "plugins/cluster/tunnel.h"

/* All that is under way is sent again no more often: to ask for it costs a few bytes. */
#define REPEAT_NS (VANE_NS_PER_S / 5)

struct vane_tunnel_stream *vane_tunnel_stream_new(struct vane_session *session, uint32_t id,
                                                  uint16_t port)
{
    struct vane_tunnel_stream *stream = g_new0(struct vane_tunnel_stream, 1);

    stream->session = session;
    stream->id = id;
    stream->port = port;
    stream->fd = -1;
    g_hash_table_insert(session->streams, GUINT_TO_POINTER(id), stream);
    return stream;
}

/* ---- its end ---- */

static void free_stream(gpointer value)
{
    struct vane_tunnel_stream *stream = value;

    vane_tunnel_sender_clear(&stream->sender);
    if (stream->pending)
        g_byte_array_unref(stream->pending);
    g_free(stream);
}

static void tell_host(const struct vane_tunnel_stream *stream, int error)
{
    const struct vane_tunnels *tunnels = stream->session->tunnels;
    const struct vane_cluster *cluster = tunnels->cluster;
    const struct vane_ports *ports = cluster->host->ports;

    if (stream->number == 0)
        return;
    if (stream->opening)
        (void)ports->dialled(cluster->self, tunnels->link, stream->number,
                             error ? error : -ECONNRESET, -1);
    else
        (void)ports->dropped(cluster->self, tunnels->link, stream->number, error);
}

void vane_tunnel_stream_end(struct vane_tunnel_stream *stream, int error)
{
    struct vane_session *session = stream->session;
    struct vane_tunnels *tunnels = session->tunnels;
    const struct vane_cluster *cluster = tunnels->cluster;

    if (stream->dead)
        return;
    stream->dead = true;
    g_hash_table_remove(session->streams, GUINT_TO_POINTER(stream->id));
    if (stream->number != 0)
        g_hash_table_remove(tunnels->numbers, &stream->number);
    if (stream->ack_due)
        g_queue_remove(&tunnels->due, stream);
    vane_session_flight(session, -(int64_t)(stream->sender.end - stream->sender.acked));
    if (stream->watch)
        (void)cluster->host->loop->watch_stop(cluster->self, g_steal_pointer(&stream->watch));
    vane_tunnels_bury(tunnels, stream, free_stream);
    tell_host(stream, error);
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
}

void vane_tunnel_stream_reset(struct vane_tunnel_stream *stream, int error)
{
    const struct vane_tunnel_frame reset = {
        .kind = VANE_FRAME_RESET,
        .stream = stream->id,
        .reason = vane_tunnel_reason_of(error),
    };

    vane_session_put(stream->session, &reset);
    vane_tunnel_stream_end(stream, error);
}

/* Both directions have ended, and both sides know. */
void vane_tunnel_stream_settle(struct vane_tunnel_stream *stream)
{
    if (stream->dead || !stream->write_end || !vane_tunnel_sender_done(&stream->sender))
        return;
    vane_tunnel_stream_end(stream, 0);
}

/* ---- its frames ---- */

void vane_tunnel_stream_offer(struct vane_tunnel_stream *stream)
{
    struct vane_tunnel_frame frame;

    vane_tunnel_receiver_ack(&stream->receiver, vane_tunnels_window(stream->session->tunnels),
                             false, &frame);
    frame.kind = VANE_FRAME_OPEN;
    frame.stream = stream->id;
    frame.port = stream->port;
    vane_session_put(stream->session, &frame);
}

void vane_tunnel_stream_send(struct vane_tunnel_stream *stream)
{
    struct vane_tunnel_frame frame;

    if (stream->dead || stream->opening || stream->session->phase != VANE_SESSION_OPEN ||
        !stream->session->tunnels->cluster->link.connected)
        return;
    while (vane_tunnel_sender_next(&stream->sender, &frame)) {
        frame.stream = stream->id;
        vane_session_put(stream->session, &frame);
    }
    vane_tunnel_stream_watch(stream);
}

bool vane_tunnel_stream_may_repeat(struct vane_tunnel_stream *stream)
{
    uint64_t now = vane_tunnels_now(stream->session->tunnels);

    stream->repeat_due = stream->repeat_ns != 0 && now - stream->repeat_ns < REPEAT_NS;
    if (!stream->repeat_due)
        stream->repeat_ns = now;
    return !stream->repeat_due;
}

void vane_tunnel_stream_ack_soon(struct vane_tunnel_stream *stream)
{
    if (stream->ack_due)
        return;
    stream->ack_due = true;
    g_queue_push_tail(&stream->session->tunnels->due, stream);
}

/* ---- time ---- */

static void repeat(struct vane_tunnel_stream *stream)
{
    if (!stream->repeat_due || !vane_tunnel_stream_may_repeat(stream))
        return;
    vane_tunnel_sender_rewind(&stream->sender);
    stream->session->counters.again++;
    vane_tunnel_stream_send(stream);
}

/* Our side neither says nor takes anything more. While it is watched, reading tells that. */
static bool is_closed_here(const struct vane_tunnel_stream *stream)
{
    struct pollfd state = {.fd = stream->fd};

    return stream->fd >= 0 && !(stream->mask & VANE_READABLE) && poll(&state, 1, 0) > 0 &&
           state.revents & POLLHUP;
}

/* What is closed here is nobody's any more: the other must not keep it for ever by giving no room,
 * acknowledging nothing or never ending, however well it answers pings. */
void vane_tunnel_stream_tick(struct vane_tunnel_stream *stream, uint64_t now_ns)
{
    const struct vane_cluster *cluster = stream->session->tunnels->cluster;
    uint64_t patience = cluster->options.tunnel_close_ms * VANE_NS_PER_MS;

    repeat(stream);
    if (!cluster->link.connected || !is_closed_here(stream)) {
        stream->closed_ns = 0;
    } else if (stream->closed_ns == 0) {
        stream->closed_ns = now_ns;
    } else if (now_ns - stream->closed_ns > patience) {
        stream->session->counters.given_up++;
        vane_tunnel_stream_reset(stream, 0);
    }
}
