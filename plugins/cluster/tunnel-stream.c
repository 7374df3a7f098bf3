/*
 * A stream: what its socket has goes to the session as the other makes room, what comes is written
 * to the socket, and room is told as the socket takes it. See tunnel.h.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugins/cluster/tunnel.h"

/* What is read from one socket in one turn of the loop. */
#define READS_A_TURN 4
/* What may stand before the bytes in a packet: our signature, and the head of the frame. */
#define PACKET_HEADS (1 + VANE_TUNNEL_SIGNATURE_SIZE + VANE_FRAME_DATA_HEAD)
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

static void repeat(struct vane_tunnel_stream *stream)
{
    if (!stream->repeat_due || !vane_tunnel_stream_may_repeat(stream))
        return;
    vane_tunnel_sender_rewind(&stream->sender);
    stream->session->counters.again++;
    vane_tunnel_stream_send(stream);
}

/* ---- to the socket ---- */

void vane_tunnel_stream_ack_soon(struct vane_tunnel_stream *stream)
{
    if (stream->ack_due)
        return;
    stream->ack_due = true;
    g_queue_push_tail(&stream->session->tunnels->due, stream);
}

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

/* ---- the socket ---- */

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
