/*
 * How a session begins: hello, answer, and the proof that comes sealed with the first frames. A
 * hello proves nothing, so it costs little: few are taken a second, each machine has few half-open
 * sessions, and what is open stays until a new one is proven. See tunnel-crypt.h.
 */
#include <errno.h>
#include <string.h>

#include "plugins/cluster/presence.h"
#include "plugins/cluster/request.h"
#include "plugins/cluster/tunnel.h"

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

/* What is half-open when a hello comes. Anybody who may publish here can say hello in another's
 * name, so each machine may have several: what is spoofed does not end what is genuine. */
struct half_open {
    struct vane_session *same; /* begun by this very hello */
    unsigned of_it, lately;    /* with the machine, and of these in the last second */
    struct vane_session *oldest, *oldest_of_it;
};

static struct vane_session *older(struct vane_session *one, struct vane_session *other)
{
    return one && one->begun_ns <= other->begun_ns ? one : other;
}

static void count_in(struct half_open *all, struct vane_session *session, const char *nkey,
                     const uint8_t *hello)
{
    uint64_t age = vane_tunnels_now(session->tunnels) - session->begun_ns;

    if (session->phase != VANE_SESSION_ANSWERED)
        return;
    all->oldest = older(all->oldest, session);
    if (strcmp(session->nkey, nkey) != 0)
        return;
    all->oldest_of_it = older(all->oldest_of_it, session);
    all->of_it++;
    all->lately += age < VANE_NS_PER_S;
    if (memcmp(session->hello, hello, sizeof(session->hello)) == 0)
        all->same = session;
}

static struct half_open look(const struct vane_tunnels *tunnels, const char *nkey,
                             const uint8_t *hello)
{
    struct half_open all = {0};
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, tunnels->sessions);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        count_in(&all, value, nkey, hello);
    return all;
}

/* What is in the way of a new one goes. By the bounds on hellos the oldest of a machine has had a
 * second to be proven, and the oldest of all four. */
static void make_room(struct vane_tunnels *tunnels, const struct half_open *all)
{
    struct vane_session *oldest = all->of_it >= VANE_TUNNEL_HELLOS_OF_ONE ? all->oldest_of_it
                                  : tunnels->half_open >= VANE_TUNNEL_HALF_OPEN_MAX ? all->oldest
                                                                                    : NULL;

    if (oldest)
        vane_session_drop(oldest, -ECONNRESET, VANE_TUNNEL_GONE);
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
    struct half_open all = look(tunnels, nkey, bytes);
    struct vane_session *session;

    if (all.same) {
        publish_answer(all.same); /* the first one was lost */
        return;
    }
    if (!is_known(tunnels->cluster, nkey) || all.lately >= VANE_TUNNEL_HELLOS_OF_ONE ||
        !vane_tunnels_spend(tunnels, &tunnels->hellos)) {
        tunnels->refused++;
        return;
    }
    make_room(tunnels, &all);
    session = vane_session_new(tunnels, nkey, false);
    if (!session) {
        tunnels->refused++;
        return;
    }
    tunnels->half_open++;
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
