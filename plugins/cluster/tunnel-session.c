/*
 * Sessions: frames gather to packets, which are sealed and published; and a session that hears
 * nothing where it should is given up. See tunnel.h.
 */
#include <errno.h>
#include <string.h>

#include <sodium.h>

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

/* ---- life ---- */

struct vane_session *vane_session_new(struct vane_tunnels *tunnels, const char *nkey,
                                      bool initiator)
{
    struct vane_session *session;

    if (g_hash_table_size(tunnels->sessions) >= VANE_TUNNEL_SESSIONS_MAX)
        return NULL;
    session = g_new0(struct vane_session, 1);
    session->tunnels = tunnels;
    do
        randombytes_buf(&session->id, sizeof(session->id));
    while (session->id == 0 || g_hash_table_contains(tunnels->sessions, &session->id));
    g_strlcpy(session->nkey, nkey, sizeof(session->nkey));
    session->initiator = initiator;
    session->phase = initiator ? VANE_SESSION_GREETING : VANE_SESSION_ANSWERED;
    session->streams = g_hash_table_new(NULL, NULL);
    session->next_own = initiator ? 1 : 2; /* theirs are odd who began */
    session->begun_ns = session->heard_ns = vane_tunnels_now(tunnels);
    session->progress_ns = session->begun_ns;
    g_hash_table_insert(tunnels->sessions, &session->id, session);
    vane_tunnel_ephemeral_new(&session->own);
    vane_tunnels_arm(tunnels);
    return session;
}

struct vane_session *vane_session_find(const struct vane_tunnels *tunnels, uint64_t id,
                                       const char *nkey)
{
    struct vane_session *session = g_hash_table_lookup(tunnels->sessions, &id);

    return session && strcmp(session->nkey, nkey) == 0 ? session : NULL;
}

static void free_datagram(gpointer bytes)
{
    g_byte_array_unref(bytes);
}

static void free_session(gpointer value)
{
    struct vane_session *session = value;

    g_hash_table_unref(session->streams);
    g_queue_clear_full(&session->datagrams, free_datagram);
    sodium_memzero(&session->own, sizeof(session->own));
    vane_tunnel_keys_wipe(&session->keys);
    g_free(session);
}

static void end_streams(struct vane_session *session, int error)
{
    g_autoptr(GList) streams = g_hash_table_get_values(session->streams);

    for (GList *at = streams; at; at = at->next)
        vane_tunnel_stream_end(at->data, error);
}

void vane_session_drop(struct vane_session *session, int error, uint16_t reason)
{
    struct vane_tunnels *tunnels = session->tunnels;
    const struct vane_tunnel_frame bye = {.kind = VANE_FRAME_BYE, .reason = reason};

    if (session->phase == VANE_SESSION_DEAD)
        return;
    if (session->phase == VANE_SESSION_OPEN) {
        vane_session_put(session, &bye);
        vane_tunnels_pack(tunnels);
        vane_session_tell_down(session, error, reason);
    }
    tunnels->half_open -= session->phase == VANE_SESSION_ANSWERED;
    session->phase = VANE_SESSION_DEAD;
    end_streams(session, error);
    tunnels->refused += session->counters.refused;
    g_hash_table_remove(tunnels->sessions, &session->id);
    vane_tunnels_bury(tunnels, session, free_session);
}

void vane_session_opened(struct vane_session *session)
{
    GByteArray *bytes;

    session->phase = VANE_SESSION_OPEN;
    vane_session_tell_up(session);
    vane_session_tell_streams(session);
    while ((bytes = g_queue_pop_head(&session->datagrams))) {
        const uint8_t *at = bytes->data;
        size_t left = bytes->len;
        struct vane_tunnel_frame frame;

        if (vane_tunnel_frame_next(&at, &left, &frame) == 1)
            vane_session_put(session, &frame);
        g_byte_array_unref(bytes);
    }
}

int vane_session_queue_datagram(struct vane_session *session, const struct vane_tunnel_frame *frame)
{
    size_t size = VANE_FRAME_DATAGRAM_HEAD + (size_t)frame->length;
    GByteArray *bytes;

    if (session->datagrams.length >= VANE_TUNNEL_DATAGRAMS_MAX)
        return -EAGAIN;
    bytes = g_byte_array_set_size(g_byte_array_sized_new((guint)size), (guint)size);
    (void)vane_tunnel_frame_put(bytes->data, size, frame);
    g_queue_push_tail(&session->datagrams, bytes);
    return 0;
}

/* ---- frames to packets ---- */

void vane_tunnels_pack(struct vane_tunnels *tunnels)
{
    struct vane_session *session = tunnels->packing;
    size_t length = tunnels->used;

    tunnels->packing = NULL;
    tunnels->used = 0;
    if (!session || length == 0 || session->phase != VANE_SESSION_OPEN ||
        !tunnels->cluster->link.connected)
        return;
    vane_tunnel_seal(&session->keys.sends, session->remote, tunnels->plain, length,
                     tunnels->packet);
    /* what finds no room is lost, as on the way */
    (void)vane_tunnels_publish(tunnels, session->nkey, tunnels->packet,
                               VANE_TUNNEL_SEALED_HEAD + length + VANE_TUNNEL_TAG_SIZE);
}

static size_t append(struct vane_tunnels *tunnels, const struct vane_tunnel_frame *frame)
{
    size_t size = vane_tunnel_frame_append(tunnels->plain, tunnels->used,
                                           vane_tunnels_plain_max(tunnels), frame);

    tunnels->used += size;
    return size;
}

/* Until the other has shown that it knows us, each packet brings our signature. */
static void begin_packet(struct vane_session *session)
{
    struct vane_tunnels *tunnels = session->tunnels;
    const struct vane_tunnel_frame finish = {.kind = VANE_FRAME_FINISH, .data = session->finish};

    tunnels->packing = session;
    if (session->initiator && !session->proven)
        (void)append(tunnels, &finish);
}

void vane_session_put(struct vane_session *session, const struct vane_tunnel_frame *frame)
{
    struct vane_tunnels *tunnels = session->tunnels;

    if (session->phase != VANE_SESSION_OPEN)
        return;
    if (tunnels->packing != session) {
        vane_tunnels_pack(tunnels);
        begin_packet(session);
    }
    if (append(tunnels, frame) > 0)
        return;
    vane_tunnels_pack(tunnels);
    begin_packet(session);
    if (append(tunnels, frame) == 0)
        session->too_big = true; /* the server takes less than the one before */
}

/* ---- time ---- */

void vane_session_ping(struct vane_session *session)
{
    const struct vane_tunnel_frame ping = {.kind = VANE_FRAME_PING};

    if (session->asked_ns == 0)
        session->asked_ns = vane_tunnels_now(session->tunnels);
    vane_session_put(session, &ping);
    vane_tunnels_arm(session->tunnels);
}

void vane_session_tell_streams(struct vane_session *session)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, session->streams);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct vane_tunnel_stream *stream = value;
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

void vane_session_flight(struct vane_session *session, int64_t change)
{
    if (session->flight == 0 && change > 0)
        session->progress_ns = vane_tunnels_now(session->tunnels);
    session->flight = (uint64_t)((int64_t)session->flight + change);
    session->tunnels->flight = (uint64_t)((int64_t)session->tunnels->flight + change);
    if (change > 0)
        vane_tunnels_arm(session->tunnels);
}

/* The first frame of each stream again, so that the other says where it is; or that it knows
 * nothing of it. */
static void probe(struct vane_session *session)
{
    GHashTableIter iterator;
    gpointer value;

    session->counters.again++;
    session->backoff = MIN(session->backoff + 1, BACKOFF_MAX);
    session->progress_ns = vane_tunnels_now(session->tunnels);
    g_hash_table_iter_init(&iterator, session->streams);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct vane_tunnel_stream *stream = value;
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
