/* Sessions and time: who hears nothing where it should asks, and gives the session up. See
 * tunnel.h. */
#include <errno.h>

#include "plugins/cluster/tunnel.h"

#define HELLO_RETRY_NS VANE_NS_PER_S
/* Nobody has dialled for so long: it goes. */
#define IDLE_NS (60 * VANE_NS_PER_S)
/* How long a half-open session may take. */
#define HALF_OPEN_NS (10 * VANE_NS_PER_S)
/* With streams and in silence: is the other still there? */
#define KEEP_ALIVE_NS (15 * VANE_NS_PER_S)
/* Something of ours is not acknowledged for so long: it may be lost. Doubled each time. */
#define LOST_NS     (2 * VANE_NS_PER_S)
#define BACKOFF_MAX 3u

void vane_session_ping(struct vane_session *session)
{
    const struct vane_tunnel_frame ping = {.kind = VANE_FRAME_PING};

    if (session->asked_ns == 0)
        session->asked_ns = vane_tunnels_now(session->tunnels);
    vane_session_put(session, &ping);
    vane_tunnels_arm(session->tunnels);
}

static gint by_number(gconstpointer a, gconstpointer b)
{
    uint32_t first = ((const struct vane_tunnel_stream *)a)->id;
    uint32_t second = ((const struct vane_tunnel_stream *)b)->id;

    return first < second ? -1 : first > second;
}

/* The other refuses to open one that is far below the last that it has heard of. */
static GList *streams_in_order(const struct vane_session *session)
{
    return g_list_sort(g_hash_table_get_values(session->streams), by_number);
}

void vane_session_tell_streams(struct vane_session *session)
{
    g_autoptr(GList) streams = streams_in_order(session);

    for (GList *at = streams; at; at = at->next) {
        struct vane_tunnel_stream *stream = at->data;
        struct vane_tunnel_frame ack;

        if (stream->opening) {
            vane_tunnel_stream_offer(stream);
            continue;
        }
        vane_tunnel_receiver_ack(&stream->receiver, vane_tunnels_window(session->tunnels), true,
                                 &ack);
        ack.stream = stream->id;
        vane_session_put(session, &ack);
    }
}

/* The first frame of each stream again, so that the other says where it is; or that it knows
 * nothing of it. */
static void probe(struct vane_session *session)
{
    g_autoptr(GList) streams = streams_in_order(session);

    session->counters.again++;
    session->backoff = MIN(session->backoff + 1, BACKOFF_MAX);
    session->progress_ns = vane_tunnels_now(session->tunnels);
    for (GList *at = streams; at; at = at->next) {
        struct vane_tunnel_stream *stream = at->data;
        GList *next = stream->sender.next;
        struct vane_tunnel_frame frame;

        if (stream->opening) {
            vane_tunnel_stream_offer(stream);
            continue;
        }
        vane_tunnel_sender_rewind(&stream->sender);
        if (vane_tunnel_sender_next(&stream->sender, &frame)) {
            frame.stream = stream->id;
            vane_session_put(session, &frame);
        }
        stream->sender.next = next;
    }
    vane_session_ping(session);
}

static bool waits_for_acceptance(const struct vane_session *session)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, session->streams);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        if (((const struct vane_tunnel_stream *)value)->opening)
            return true;
    return false;
}

static void tick_open(struct vane_session *session, uint64_t now_ns)
{
    uint64_t patience = session->tunnels->cluster->options.tunnel_timeout_ms * VANE_NS_PER_MS;
    bool owes = session->flight > 0 || waits_for_acceptance(session);

    if (session->asked_ns > 0 && now_ns - session->asked_ns > patience) {
        vane_session_drop(session,
                          session->tunnels->cluster->link.connected ? -ETIMEDOUT : -ENETDOWN,
                          VANE_TUNNEL_GONE);
    } else if (session->too_big) {
        vane_session_drop(session, -EMSGSIZE, VANE_TUNNEL_GONE);
    } else if (g_hash_table_size(session->streams) == 0) {
        if (now_ns - session->heard_ns > IDLE_NS)
            vane_session_drop(session, 0, VANE_TUNNEL_GONE);
    } else if (owes && now_ns - session->progress_ns > LOST_NS << session->backoff) {
        probe(session);
    } else if (session->asked_ns == 0 && now_ns - session->heard_ns > KEEP_ALIVE_NS) {
        vane_session_ping(session);
    }
}

static bool is_wanted(const struct vane_session *session)
{
    return g_hash_table_size(session->streams) > 0 || session->datagrams.length > 0;
}

void vane_session_tick(struct vane_session *session, uint64_t now_ns)
{
    switch (session->phase) {
    case VANE_SESSION_GREETING:
        if (!is_wanted(session) || now_ns - session->begun_ns > IDLE_NS)
            vane_session_drop(session, -ETIMEDOUT, VANE_TUNNEL_GONE);
        else if (now_ns - session->retry_ns >= HELLO_RETRY_NS)
            vane_session_greet(session);
        return;
    case VANE_SESSION_ANSWERED:
        if (now_ns - session->begun_ns > HALF_OPEN_NS)
            vane_session_drop(session, -ETIMEDOUT, VANE_TUNNEL_GONE);
        return;
    case VANE_SESSION_OPEN:
        tick_open(session, now_ns);
        return;
    case VANE_SESSION_DEAD:
        return;
    }
}
