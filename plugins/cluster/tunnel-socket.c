/*
 * The socket of a stream: what it has goes to the session as the other makes room, what comes is
 * written to it, and room is told as it takes that. See tunnel.h.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugins/cluster/tunnel.h"

/* What is read from one socket in one turn of the loop. */
#define READS_A_TURN 4
/* What may stand before the bytes in a packet: our signature, and the head of the frame. */
#define PACKET_HEADS (1 + VANE_TUNNEL_SIGNATURE_SIZE + VANE_FRAME_DATA_HEAD)

/* ---- from the socket ---- */

static uint64_t room_of(const struct vane_tunnel_stream *stream)
{
    const struct vane_session *session = stream->session;
    struct vane_tunnels *tunnels = session->tunnels;
    uint64_t room = vane_tunnel_sender_room(&stream->sender);

    if (room == 0 || session->phase != VANE_SESSION_OPEN || !tunnels->cluster->link.connected ||
        stream->sender.chunks.length >= VANE_TUNNEL_CHUNKS_MAX)
        return 0;
    if (!vane_tunnel_flight_allows(session->flight, tunnels->flight)) {
        tunnels->starved = true;
        return 0;
    }
    return MIN(room, MIN(VANE_TUNNEL_CHUNK, vane_tunnels_plain_max(tunnels) - PACKET_HEADS));
}

/* Returns false when there is no more for now. */
static bool read_some(struct vane_tunnel_stream *stream)
{
    struct vane_session *session = stream->session;
    uint8_t *buffer = session->tunnels->opened; /* nothing is in it now */
    uint64_t room = room_of(stream);
    ssize_t length;

    if (room == 0)
        return false;
    length = read(stream->fd, buffer, room);
    if (length < 0)
        return false; /* EAGAIN; whatever else it is, writing tells */
    if (length == 0) {
        stream->read_end = true;
        vane_tunnel_sender_end(&stream->sender);
        vane_session_flight(session, 1);
    } else {
        vane_tunnel_sender_push(&stream->sender, buffer, (size_t)length);
        vane_session_flight(session, length);
        session->counters.sent += (uint64_t)length;
    }
    vane_tunnel_stream_send(stream);
    return length > 0;
}

/* ---- to the socket ---- */

static size_t waiting(const struct vane_tunnel_stream *stream)
{
    return stream->pending ? stream->pending->len - stream->pending_from : 0;
}

/* Returns how many bytes it took, or -1: our side is gone. */
static ssize_t write_out(struct vane_tunnel_stream *stream, const uint8_t *data, size_t length)
{
    ssize_t written;

    if (length == 0)
        return 0;
    do
        written = send(stream->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (written < 0 && errno == EINTR);
    if (written < 0)
        return errno == EAGAIN ? 0 : -1;
    vane_tunnel_receiver_consume(&stream->receiver, (size_t)written);
    if (vane_tunnel_receiver_opens(&stream->receiver,
                                   vane_tunnels_window(stream->session->tunnels)))
        vane_tunnel_stream_ack_soon(stream);
    return written;
}

static void keep(struct vane_tunnel_stream *stream, const uint8_t *data, size_t length)
{
    if (length == 0)
        return;
    if (!stream->pending)
        stream->pending = g_byte_array_new();
    if (stream->pending_from > stream->pending->len / 2) {
        g_byte_array_remove_range(stream->pending, 0, stream->pending_from);
        stream->pending_from = 0;
    }
    g_byte_array_append(stream->pending, data, (guint)length);
}

static void end_of_input(struct vane_tunnel_stream *stream)
{
    if (!stream->receiver.ended || stream->write_end || waiting(stream) > 0)
        return;
    stream->write_end = true;
    (void)shutdown(stream->fd, SHUT_WR);
    vane_tunnel_stream_settle(stream);
}

void vane_tunnel_stream_deliver(struct vane_tunnel_stream *stream, const uint8_t *data,
                                size_t length)
{
    ssize_t written = waiting(stream) > 0 ? 0 : write_out(stream, data, length);

    if (written < 0) {
        vane_tunnel_stream_reset(stream, 0); /* nobody reads any more */
        return;
    }
    keep(stream, data + written, length - (size_t)written);
    end_of_input(stream);
    if (!stream->dead)
        vane_tunnel_stream_watch(stream);
}

/* False: it is over. */
static bool write_pending(struct vane_tunnel_stream *stream)
{
    ssize_t written =
        write_out(stream, stream->pending->data + stream->pending_from, waiting(stream));

    if (written < 0) {
        vane_tunnel_stream_reset(stream, 0);
        return false;
    }
    stream->pending_from += (guint)written;
    if (waiting(stream) == 0) {
        g_byte_array_unref(g_steal_pointer(&stream->pending));
        stream->pending_from = 0;
    }
    end_of_input(stream);
    return !stream->dead;
}

/* ---- both ---- */

static void on_ready(void *user, int fd, uint32_t events)
{
    struct vane_tunnel_stream *stream = user;
    struct vane_cluster *cluster = stream->session->tunnels->cluster;

    vane_tunnels_enter(cluster);
    if ((!(events & VANE_WRITABLE) || waiting(stream) == 0 || write_pending(stream)) &&
        events & VANE_READABLE)
        for (int i = 0; i < READS_A_TURN && !stream->dead && read_some(stream); i++)
            ;
    if (!stream->dead)
        vane_tunnel_stream_settle(stream);
    if (!stream->dead)
        vane_tunnel_stream_watch(stream);
    vane_tunnels_leave(cluster);
}

void vane_tunnel_stream_watch(struct vane_tunnel_stream *stream)
{
    const struct vane_cluster *cluster = stream->session->tunnels->cluster;
    uint32_t mask = waiting(stream) > 0 ? VANE_WRITABLE : 0;

    if (stream->dead || stream->fd < 0)
        return;
    if (!stream->read_end && room_of(stream) > 0)
        mask |= VANE_READABLE;
    if (mask == stream->mask)
        return;
    stream->mask = mask;
    if (stream->watch)
        (void)cluster->host->loop->watch_change(cluster->self, stream->watch, mask);
    else if (mask)
        (void)cluster->host->loop->watch_start(cluster->self, stream->fd, mask, on_ready, stream,
                                               &stream->watch);
}

int vane_tunnel_stream_connect(struct vane_tunnel_stream *stream, int *fd)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
        return errno == EMFILE || errno == ENFILE ? -EBUSY : -errno;
    stream->fd = ends[0];
    *fd = ends[1];
    return 0;
}
