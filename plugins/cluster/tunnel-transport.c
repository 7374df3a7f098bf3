/*
 * What the host asks of us: whom an address means, dials, datagrams. A port of this very machine
 * is reached without the network. See netvane/transport.h.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugins/cluster/presence.h"
#include "plugins/cluster/request.h"
#include "plugins/cluster/tunnel.h"

/* A dial to ourselves, which is answered on the next turn. */
struct vane_loop_dial {
    uint64_t number;
    uint16_t port;
};

/* ---- whom an address means ---- */

static bool is_own(const struct vane_cluster *cluster, const char *name)
{
    return !*name || strcmp(name, cluster->key.nkey) == 0 ||
           strcmp(name, cluster->options.node_name) == 0;
}

static bool is_called(const struct vane_node *node, const char *name)
{
    return node->state != VANE_NODE_LEFT &&
           (strcmp(node->nkey, name) == 0 || g_strcmp0(node->presence.name, name) == 0);
}

int vane_tunnels_find(const struct vane_cluster *cluster, const char *name,
                      const struct vane_node **node)
{
    const struct vane_roster *roster = vane_presence_roster(cluster);
    GHashTableIter iterator;
    gpointer value;
    unsigned count = 0;

    if (!roster)
        return -EHOSTUNREACH;
    *node = g_hash_table_lookup(roster->nodes, name);
    if (*node)
        return (*node)->state == VANE_NODE_LEFT ? -EHOSTUNREACH : 0;
    g_hash_table_iter_init(&iterator, roster->nodes);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        if (!is_called(value, name))
            continue;
        *node = value;
        count++;
    }
    if (count > 1)
        return -ENOTUNIQ;
    return count == 1 ? 0 : -EHOSTUNREACH;
}

/* The lowest that both are in. */
static uint16_t common_network(const struct vane_cluster *cluster, const struct vane_node *node)
{
    uint64_t lowest = UINT64_MAX;

    for (char **at = cluster->options.networks; *at; at++) {
        uint64_t number = g_ascii_strtoull(*at, NULL, 10);

        if (number < lowest && vane_node_in(node, (uint16_t)number))
            lowest = number;
    }
    return lowest == UINT64_MAX ? 0 : (uint16_t)lowest;
}

static void describe_node(const struct vane_cluster *cluster, const struct vane_node *node,
                          struct vane_transport_node *to)
{
    const struct vane_membership *in;

    to->network_id = common_network(cluster, node);
    in = vane_node_in(node, (uint16_t)to->network_id);
    to->tags = (const char *const *)(in && *in->tags ? in->tags : node->presence.tags);
    to->tag_count = to->tags ? g_strv_length((char **)to->tags) : 0;
    to->age_s = MAX(g_get_real_time() / 1000 - node->joined_ms, 0) / 1000;
}

void vane_tunnels_describe(const struct vane_cluster *cluster, const char *nkey, const char *action,
                           uint16_t port, struct vane_transport_node *to)
{
    const struct vane_roster *roster = vane_presence_roster(cluster);
    const struct vane_node *node = roster ? g_hash_table_lookup(roster->nodes, nkey) : NULL;

    *to = (struct vane_transport_node){
        .size = sizeof(*to),
        .node_id = vane_cluster_node_id(nkey),
        .access = vane_access_port(&cluster->options, nkey, action, port) ? VANE_ACCESS_GRANTED
                                                                          : VANE_ACCESS_CHANGE,
        .local = strcmp(nkey, cluster->key.nkey) == 0,
        .key = nkey,
    };
    if (node)
        describe_node(cluster, node, to);
}

static int on_find(void *user, const char *name, struct vane_transport_node *to)
{
    const struct vane_cluster *cluster = ((struct vane_tunnels *)user)->cluster;
    const struct vane_node *node = NULL;
    int r = is_own(cluster, name) ? 0 : vane_tunnels_find(cluster, name, &node);

    if (r < 0)
        return r;
    vane_tunnels_describe(cluster, node ? node->nkey : cluster->key.nkey, "dial", 0, to);
    return 0;
}

/* ---- dials ---- */

static void connect_to_self(struct vane_tunnels *tunnels, const struct vane_loop_dial *dial)
{
    struct vane_cluster *cluster = tunnels->cluster;
    const struct vane_ports *ports = cluster->host->ports;
    struct vane_transport_node node;
    int ends[2] = {-1, -1}, r = 0;
    uint64_t number;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
        r = -errno;
    vane_tunnels_describe(cluster, cluster->key.nkey, "connect", dial->port, &node);
    if (r == 0)
        r = ports->arrived(cluster->self, tunnels->link, &node, dial->port, ends[0], &number);
    if (r < 0 && ends[1] >= 0)
        close(ends[1]);
    (void)ports->dialled(cluster->self, tunnels->link, dial->number, r, r == 0 ? ends[1] : -1);
}

static void on_loop(void *user)
{
    struct vane_cluster *cluster = user;
    struct vane_loop_dial *dial =
        cluster->tunnels ? g_queue_pop_head(&cluster->tunnels->loops) : NULL;

    if (dial)
        connect_to_self(cluster->tunnels, dial);
    g_free(dial);
}

static int dial_self(struct vane_tunnels *tunnels, uint16_t port, uint64_t number)
{
    const struct vane_cluster *cluster = tunnels->cluster;
    struct vane_loop_dial *dial = g_new(struct vane_loop_dial, 1);
    int r;

    *dial = (struct vane_loop_dial){number, port};
    g_queue_push_tail(&tunnels->loops, dial);
    r = cluster->host->loop->post(cluster->self, on_loop, (void *)cluster);
    if (r < 0)
        g_free(g_queue_pop_tail(&tunnels->loops));
    return r;
}

static int begin_dial(struct vane_tunnels *tunnels, const char *key, uint16_t port, uint64_t number)
{
    struct vane_session *session;
    struct vane_tunnel_stream *stream;

    if (g_hash_table_size(tunnels->numbers) >= VANE_TUNNEL_STREAMS_MAX)
        return -EBUSY;
    session = vane_session_with(tunnels, key);
    if (!session || session->next_own == 0)
        return -EBUSY;
    stream = vane_tunnel_stream_new(session, session->next_own, port);
    session->next_own = vane_tunnel_stream_after(session->next_own);
    stream->number = number;
    stream->opening = true;
    g_hash_table_insert(tunnels->numbers, &stream->number, stream);
    vane_tunnel_stream_offer(stream);
    session->progress_ns = vane_tunnels_now(tunnels);
    vane_tunnels_arm(tunnels);
    return 0;
}

static int on_dial(void *user, const char *key, uint16_t port, uint64_t number)
{
    struct vane_tunnels *tunnels = user;
    int r;

    if (strcmp(key, tunnels->cluster->key.nkey) == 0)
        return dial_self(tunnels, port, number);
    vane_tunnels_enter(tunnels->cluster);
    r = begin_dial(tunnels, key, port, number);
    vane_tunnels_leave(tunnels->cluster);
    return r;
}

static void on_cancel(void *user, uint64_t number)
{
    struct vane_tunnels *tunnels = user;
    struct vane_tunnel_stream *stream = g_hash_table_lookup(tunnels->numbers, &number);

    if (!stream)
        return;
    vane_tunnels_enter(tunnels->cluster);
    g_hash_table_remove(tunnels->numbers, &number);
    stream->number = 0;
    vane_tunnel_stream_reset(stream, 0);
    vane_tunnels_leave(tunnels->cluster);
}

/* ---- datagrams ---- */

static int send_frame(struct vane_tunnels *tunnels, const char *key,
                      const struct vane_tunnel_frame *frame)
{
    struct vane_session *session = vane_session_with(tunnels, key);

    if (!session)
        return -EAGAIN;
    session->counters.sent += frame->length;
    if (session->phase != VANE_SESSION_OPEN)
        return vane_session_queue_datagram(session, frame);
    vane_session_put(session, frame);
    return 0;
}

static int on_send_datagram(void *user, const char *key, uint16_t from, uint16_t to,
                            const void *data, size_t length)
{
    struct vane_tunnels *tunnels = user;
    struct vane_cluster *cluster = tunnels->cluster;
    const struct vane_tunnel_frame frame = {.kind = VANE_FRAME_DATAGRAM,
                                            .from = from,
                                            .port = to,
                                            .data = data,
                                            .length = (uint32_t)length};
    struct vane_transport_node node;
    int r;

    if (length > VANE_TUNNEL_CHUNK || length + 128 > vane_tunnels_plain_max(tunnels))
        return -EMSGSIZE;
    if (strcmp(key, cluster->key.nkey) == 0) {
        vane_tunnels_describe(cluster, key, "datagram", to, &node);
        (void)cluster->host->ports->datagram_arrived(cluster->self, tunnels->link, &node, from, to,
                                                     data, length);
        return 0; /* nobody is told what becomes of a datagram */
    }
    if (!cluster->link.connected)
        return -ENETDOWN;
    vane_tunnels_enter(cluster);
    r = send_frame(tunnels, key, &frame);
    vane_tunnels_leave(cluster);
    return r;
}

int vane_tunnels_provide(struct vane_tunnels *tunnels)
{
    static const struct vane_transport transport = {
        .size = sizeof(transport),
        .find = on_find,
        .dial = on_dial,
        .cancel = on_cancel,
        .send_datagram = on_send_datagram,
    };
    const struct vane_cluster *cluster = tunnels->cluster;

    return cluster->host->ports->provide(cluster->self, "node", &transport, tunnels,
                                         &tunnels->link);
}
