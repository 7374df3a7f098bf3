/*
 * How a session begins: hello, answer, and the proof that comes sealed with the first frames. A
 * hello proves nothing, so it costs little: few are taken a second, each machine has one half-open
 * session, and what is open stays until the new one is proven. See tunnel-crypt.h.
 */
#include <errno.h>
#include <string.h>

#include "plugins/cluster/presence.h"
#include "plugins/cluster/request.h"
#include "plugins/cluster/tunnel.h"

/* One machine is not answered anew more often than this. */
#define HELLO_PAUSE_NS (VANE_NS_PER_S / 4)

/* ---- we begin ---- */

static struct vane_session *best_with(const struct vane_tunnels *tunnels, const char *nkey)
{
    struct vane_session *found = NULL;
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, tunnels->sessions);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct vane_session *session = value;

        if (session->phase == VANE_SESSION_ANSWERED || strcmp(session->nkey, nkey) != 0)
            continue;
        if (!found || (session->phase == found->phase ? session->begun_ns > found->begun_ns
                                                      : session->phase == VANE_SESSION_OPEN))
            found = session;
    }
    return found;
}

struct vane_session *vane_session_with(struct vane_tunnels *tunnels, const char *nkey)
{
    struct vane_session *session = best_with(tunnels, nkey);

    if (session)
        return session;
    session = vane_session_new(tunnels, nkey, true);
    if (!session)
        return NULL;
    vane_tunnel_hello_put(session->hello, session->id, tunnels->life, session->own.public_key);
    vane_session_greet(session);
    return session;
}

void vane_session_greet(struct vane_session *session)
{
    struct vane_tunnels *tunnels = session->tunnels;

    session->retry_ns = vane_tunnels_now(tunnels);
    (void)vane_tunnels_publish(tunnels, session->nkey, session->hello, sizeof(session->hello));
}

/* ---- the other begins ---- */

/* Keys that the cluster has heard of, or the configuration names. */
static bool is_known(const struct vane_cluster *cluster, const char *nkey)
{
    const struct vane_roster *roster = vane_presence_roster(cluster);

    return (roster && g_hash_table_contains(roster->nodes, nkey)) ||
           vane_access_names(&cluster->options, nkey);
}

/* `last` is the half-open session with it; NULL: none. */
static bool may_greet(struct vane_tunnels *tunnels, const char *nkey,
                      const struct vane_session *last)
{
    if (last && vane_tunnels_now(tunnels) - last->begun_ns < HELLO_PAUSE_NS)
        return false;
    return is_known(tunnels->cluster, nkey) && vane_tunnels_spend(tunnels, &tunnels->hellos);
}

static struct vane_session *half_open_with(const struct vane_tunnels *tunnels, const char *nkey)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, tunnels->sessions);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct vane_session *session = value;

        if (session->phase == VANE_SESSION_ANSWERED && strcmp(session->nkey, nkey) == 0)
            return session;
    }
    return NULL;
}

static void publish_answer(struct vane_session *session)
{
    (void)vane_tunnels_publish(session->tunnels, session->nkey, session->answer,
                               sizeof(session->answer));
}

static int answer(struct vane_session *session, const struct vane_tunnel_packet *packet,
                  const uint8_t *hello)
{
    struct vane_cluster *cluster = session->tunnels->cluster;
    int r;

    memcpy(session->hello, hello, sizeof(session->hello));
    memcpy(session->life, packet->life, sizeof(session->life));
    session->remote = packet->from;
    vane_tunnel_answer_put(session->answer, session->remote, session->id, session->tunnels->life,
                           session->own.public_key);
    vane_tunnel_transcript(cluster->options.cluster, session->nkey, cluster->key.nkey,
                           session->hello, session->answer, session->hash);
    r = vane_key_sign_bytes(cluster, VANE_TUNNEL_ANSWER_CONTEXT, session->hash,
                            sizeof(session->hash), session->answer + VANE_TUNNEL_ANSWER_SIGNED);
    if (r == 0)
        r = vane_tunnel_keys_derive(&session->keys, false, &session->own, packet->key,
                                    session->hash);
    return r;
}

void vane_session_take_hello(struct vane_tunnels *tunnels, const char *nkey,
                             const struct vane_tunnel_packet *packet, const uint8_t *bytes)
{
    struct vane_session *session = half_open_with(tunnels, nkey);

    if (session && memcmp(session->hello, bytes, sizeof(session->hello)) == 0) {
        publish_answer(session); /* the first one was lost */
        return;
    }
    if (!may_greet(tunnels, nkey, session)) {
        tunnels->refused++;
        return;
    }
    if (session)
        vane_session_drop(session, -ECONNRESET, VANE_TUNNEL_GONE);
    session = tunnels->half_open < VANE_TUNNEL_HALF_OPEN_MAX
                  ? vane_session_new(tunnels, nkey, false)
                  : NULL;
    if (!session) {
        tunnels->refused++;
        return;
    }
    tunnels->half_open++;
    tunnels->greetings++;
    if (answer(session, packet, bytes) == 0)
        publish_answer(session);
    else
        vane_session_drop(session, -EBADMSG, VANE_TUNNEL_GONE);
}

/* Sessions of a life of the other that is over, or that it began before this one: it has forgotten
 * them. So each machine has a few, and not all that there may be. */
static bool is_former(const struct vane_session *session, const struct vane_session *with)
{
    bool replaced = !session->initiator && !with->initiator;

    return session->phase == VANE_SESSION_OPEN && strcmp(session->nkey, with->nkey) == 0 &&
           (replaced || memcmp(session->life, with->life, sizeof(with->life)) != 0);
}

static void drop_former(struct vane_session *with)
{
    g_autoptr(GList) sessions = g_hash_table_get_values(with->tunnels->sessions);

    for (GList *at = sessions; at; at = at->next) {
        struct vane_session *session = at->data;

        if (is_former(session, with))
            vane_session_drop(session, -ECONNRESET, VANE_TUNNEL_GONE);
    }
}

bool vane_session_take_finish(struct vane_session *session, const struct vane_tunnel_frame *frame)
{
    const struct vane_tunnel_frame pong = {.kind = VANE_FRAME_PONG};

    if (session->phase != VANE_SESSION_ANSWERED)
        return session->phase == VANE_SESSION_OPEN; /* it comes until it is answered */
    if (vane_tunnel_verify(VANE_TUNNEL_FINISH_CONTEXT, session->hash, session->nkey, frame->data) <
        0)
        return false;
    session->tunnels->half_open--;
    drop_former(session);
    session->proven = true;
    vane_session_opened(session);
    vane_session_put(session, &pong);
    return true;
}

/* ---- the other's answer ---- */

void vane_session_take_answer(struct vane_tunnels *tunnels, const char *nkey,
                              const struct vane_tunnel_packet *packet, const uint8_t *bytes)
{
    struct vane_session *session = vane_session_find(tunnels, packet->to, nkey);
    const struct vane_cluster *cluster = tunnels->cluster;
    int r;

    if (!session || session->phase != VANE_SESSION_GREETING)
        return; /* of before, or the second one */
    vane_tunnel_transcript(cluster->options.cluster, cluster->key.nkey, nkey, session->hello, bytes,
                           session->hash);
    r = vane_tunnel_verify(VANE_TUNNEL_ANSWER_CONTEXT, session->hash, nkey, packet->signature);
    if (r < 0) {
        tunnels->refused++;
        return;
    }
    r = vane_key_sign_bytes(tunnels->cluster, VANE_TUNNEL_FINISH_CONTEXT, session->hash,
                            sizeof(session->hash), session->finish);
    if (r == 0)
        r = vane_tunnel_keys_derive(&session->keys, true, &session->own, packet->key,
                                    session->hash);
    if (r < 0) {
        vane_session_drop(session, r, VANE_TUNNEL_GONE);
        return;
    }
    session->remote = packet->from;
    memcpy(session->life, packet->life, sizeof(session->life));
    session->heard_ns = session->progress_ns = vane_tunnels_now(tunnels);
    drop_former(session);
    vane_session_opened(session);
    vane_session_ping(session);
}
