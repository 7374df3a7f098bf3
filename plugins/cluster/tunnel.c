/* The life of tunnels, their timer, and what goes out at the end of a turn. See tunnel.h. */
#include "plugins/cluster/tunnel.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#define TICK_BUSY_MS 200u
#define TICK_IDLE_MS 5000u

struct grave {
    gpointer what;
    GDestroyNotify bury;
};

uint64_t vane_tunnels_now(const struct vane_tunnels *tunnels)
{
    uint64_t now = 0;

    (void)tunnels->cluster->host->loop->now(&now);
    return now;
}

bool vane_tunnels_spend(struct vane_tunnels *tunnels, unsigned *counter)
{
    uint64_t now = vane_tunnels_now(tunnels);

    if (now - tunnels->second_ns >= VANE_NS_PER_S) {
        tunnels->second_ns = now;
        tunnels->hellos = tunnels->unknowns = 0;
    }
    return (*counter)++ < VANE_TUNNEL_HELLOS_MAX;
}

/* ---- room ---- */

size_t vane_tunnels_plain_max(const struct vane_tunnels *tunnels)
{
    size_t overhead = VANE_TUNNEL_SEALED_HEAD + VANE_TUNNEL_TAG_SIZE + strlen("NATS/1.0\r\n\r\n");
    size_t most = tunnels->cluster->link.max_payload;

    most = most > 2 * overhead + 512 ? most - overhead : 512;
    return MIN(most, VANE_TUNNEL_PACKET_MAX - overhead);
}

uint64_t vane_tunnels_window(const struct vane_tunnels *tunnels)
{
    uint64_t streams = MAX(g_hash_table_size(tunnels->numbers), 1);

    return CLAMP(VANE_TUNNEL_RECEIVE_BUDGET / streams, VANE_TUNNEL_WINDOW_MIN,
                 VANE_TUNNEL_WINDOW_MAX);
}

/* ---- in and out ---- */

int vane_tunnels_publish(struct vane_tunnels *tunnels, const char *nkey, const void *bytes,
                         size_t length)
{
    const struct vane_cluster *cluster = tunnels->cluster;
    char subject[256];
    const struct vane_nats_outgoing message = {.subject = subject, .body = bytes, .length = length};

    if (!cluster->nats ||
        g_snprintf(subject, sizeof(subject), "netvane.%s.tunnel.%s.%s", cluster->options.cluster,
                   nkey, cluster->key.nkey) >= (int)sizeof(subject))
        return -EINVAL;
    return vane_nats_publish(cluster->nats, &message);
}

void vane_tunnels_bury(struct vane_tunnels *tunnels, gpointer what, GDestroyNotify bury)
{
    struct grave *grave = g_new(struct grave, 1);

    *grave = (struct grave){what, bury};
    g_ptr_array_add(tunnels->graves, grave);
}

static void free_graves(struct vane_tunnels *tunnels)
{
    for (guint i = 0; i < tunnels->graves->len; i++) {
        struct grave *grave = tunnels->graves->pdata[i];

        grave->bury(grave->what);
    }
    g_ptr_array_set_size(tunnels->graves, 0);
}

static void for_each_stream(struct vane_tunnels *tunnels,
                            void (*each)(struct vane_tunnel_stream *stream, uint64_t now_ns),
                            uint64_t now_ns)
{
    g_autoptr(GList) streams = g_hash_table_get_values(tunnels->numbers);

    for (GList *at = streams; at; at = at->next)
        if (!((struct vane_tunnel_stream *)at->data)->dead)
            each(at->data, now_ns);
}

static void watch_again(struct vane_tunnel_stream *stream, uint64_t now_ns)
{
    vane_tunnel_stream_watch(stream);
}

static void send_acks(struct vane_tunnels *tunnels)
{
    struct vane_tunnel_stream *stream;

    while ((stream = g_queue_pop_head(&tunnels->due))) {
        struct vane_tunnel_frame ack;

        stream->ack_due = false;
        vane_tunnel_receiver_ack(&stream->receiver, vane_tunnels_window(tunnels), false, &ack);
        ack.stream = stream->id;
        vane_session_put(stream->session, &ack);
    }
}

void vane_tunnels_enter(struct vane_cluster *cluster)
{
    if (cluster->tunnels)
        cluster->tunnels->depth++;
}

void vane_tunnels_leave(struct vane_cluster *cluster)
{
    struct vane_tunnels *tunnels = cluster->tunnels;

    if (!tunnels || --tunnels->depth > 0)
        return;
    if (tunnels->starved) {
        tunnels->starved = false;
        for_each_stream(tunnels, watch_again, 0);
    }
    send_acks(tunnels);
    vane_tunnels_pack(tunnels);
    free_graves(tunnels);
}

/* ---- time ---- */

static bool is_busy(const struct vane_tunnels *tunnels)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, tunnels->sessions);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct vane_session *session = value;

        if (session->phase != VANE_SESSION_OPEN || session->flight > 0 || session->asked_ns > 0)
            return true;
    }
    return false;
}

static void on_tick(void *user);

static void set_tick(struct vane_tunnels *tunnels, uint64_t milliseconds)
{
    const struct vane_cluster *cluster = tunnels->cluster;

    if (milliseconds == tunnels->tick_ms)
        return;
    if (tunnels->timer)
        (void)cluster->host->loop->timer_stop(cluster->self, g_steal_pointer(&tunnels->timer));
    tunnels->tick_ms = milliseconds;
    if (milliseconds > 0)
        (void)cluster->host->loop->timer_start(cluster->self, milliseconds, milliseconds, on_tick,
                                               tunnels, &tunnels->timer);
}

void vane_tunnels_arm(struct vane_tunnels *tunnels)
{
    set_tick(tunnels, TICK_BUSY_MS);
}

static void on_tick(void *user)
{
    struct vane_tunnels *tunnels = user;
    g_autoptr(GList) sessions = g_hash_table_get_values(tunnels->sessions);
    uint64_t now = vane_tunnels_now(tunnels);

    vane_tunnels_enter(tunnels->cluster);
    for (GList *at = sessions; at; at = at->next)
        vane_session_tick(at->data, now);
    for_each_stream(tunnels, vane_tunnel_stream_tick, now);
    if (g_hash_table_size(tunnels->sessions) == 0)
        set_tick(tunnels, 0);
    else
        set_tick(tunnels, is_busy(tunnels) ? TICK_BUSY_MS : TICK_IDLE_MS);
    vane_tunnels_leave(tunnels->cluster);
}

/* ---- what happens around ---- */

void vane_tunnels_resume(struct vane_cluster *cluster)
{
    struct vane_tunnels *tunnels = cluster->tunnels;
    g_autoptr(GList) sessions = tunnels ? g_hash_table_get_values(tunnels->sessions) : NULL;

    vane_tunnels_enter(cluster);
    for (GList *at = sessions; at; at = at->next) {
        struct vane_session *session = at->data;

        if (session->phase == VANE_SESSION_GREETING)
            vane_session_greet(session);
        vane_session_tell_streams(session); /* what the other had sent meanwhile is lost */
        vane_session_ping(session);         /* and what we had */
    }
    if (tunnels)
        for_each_stream(tunnels, watch_again, 0);
    vane_tunnels_leave(cluster);
}

void vane_tunnels_interrupt(struct vane_cluster *cluster)
{
    struct vane_tunnels *tunnels = cluster->tunnels;
    GHashTableIter iterator;
    gpointer value;

    if (!tunnels)
        return;
    g_hash_table_iter_init(&iterator, tunnels->sessions);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct vane_session *session = value;

        if (session->asked_ns == 0)
            session->asked_ns = vane_tunnels_now(tunnels);
        vane_tunnels_arm(tunnels);
    }
}

static int drop_all(struct vane_cluster *cluster, const char *nkey, int error, uint16_t reason)
{
    struct vane_tunnels *tunnels = cluster->tunnels;
    g_autoptr(GList) sessions = tunnels ? g_hash_table_get_values(tunnels->sessions) : NULL;
    int count = 0;

    vane_tunnels_enter(cluster);
    for (GList *at = sessions; at; at = at->next) {
        struct vane_session *session = at->data;

        if (session->phase == VANE_SESSION_DEAD || (nkey && strcmp(session->nkey, nkey) != 0))
            continue;
        vane_session_drop(session, error, reason);
        count++;
    }
    vane_tunnels_leave(cluster);
    return count;
}

void vane_tunnels_left(struct vane_cluster *cluster, const char *nkey)
{
    (void)drop_all(cluster, nkey, -ECONNRESET, VANE_TUNNEL_GONE);
}

int vane_tunnels_drop(struct vane_cluster *cluster, const char *name)
{
    const struct vane_node *node;
    int r = vane_tunnels_find(cluster, name, &node);

    return r < 0 ? r : drop_all(cluster, node->nkey, -ECONNABORTED, VANE_TUNNEL_DROPPED);
}

/* ---- life ---- */

void vane_tunnels_start(struct vane_cluster *cluster)
{
    struct vane_tunnels *tunnels = g_new0(struct vane_tunnels, 1);
    g_autofree char *own =
        g_strdup_printf("netvane.%s.tunnel.%s.*", cluster->options.cluster, cluster->key.nkey);

    tunnels->cluster = cluster;
    randombytes_buf(tunnels->life, sizeof(tunnels->life));
    tunnels->sessions = g_hash_table_new(g_int64_hash, g_int64_equal);
    tunnels->numbers = g_hash_table_new(g_int64_hash, g_int64_equal);
    tunnels->graves = g_ptr_array_new_with_free_func(g_free);
    tunnels->plain = g_malloc(VANE_TUNNEL_PACKET_MAX);
    tunnels->packet = g_malloc(VANE_TUNNEL_PACKET_MAX);
    tunnels->opened = g_malloc(VANE_TUNNEL_PACKET_MAX);
    cluster->tunnels = tunnels;
    vane_nats_subscribe(cluster->nats, own, NULL, vane_tunnels_received, cluster);
    if (vane_tunnels_provide(tunnels) < 0)
        vane_tunnels_stop(cluster); /* another plugin does it; the log says so */
}

void vane_tunnels_stop(struct vane_cluster *cluster)
{
    struct vane_tunnels *tunnels = cluster->tunnels;

    if (!tunnels)
        return;
    (void)drop_all(cluster, NULL, -ENETDOWN, VANE_TUNNEL_STOPPING);
    set_tick(tunnels, 0);
    (void)cluster->host->ports->withdraw(cluster->self, g_steal_pointer(&tunnels->link));
    free_graves(tunnels);
    cluster->tunnels = NULL;
    g_queue_clear_full(&tunnels->loops, g_free);
    g_hash_table_unref(tunnels->sessions);
    g_hash_table_unref(tunnels->numbers);
    g_ptr_array_unref(tunnels->graves);
    sodium_memzero(tunnels->plain, VANE_TUNNEL_PACKET_MAX);
    sodium_memzero(tunnels->opened, VANE_TUNNEL_PACKET_MAX);
    g_free(tunnels->plain);
    g_free(tunnels->packet);
    g_free(tunnels->opened);
    g_free(tunnels);
}
