/* Sessions: made and ended, and frames that gather to packets, which are sealed and published. See
 * tunnel.h. */
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "plugins/cluster/tunnel.h"

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

void vane_session_flight(struct vane_session *session, int64_t change)
{
    if (session->flight == 0 && change > 0)
        session->progress_ns = vane_tunnels_now(session->tunnels);
    session->flight = (uint64_t)((int64_t)session->flight + change);
    session->tunnels->flight = (uint64_t)((int64_t)session->tunnels->flight + change);
    if (change > 0)
        vane_tunnels_arm(session->tunnels);
}
