/* Messages from other machines: each to the session that it is for. See tunnel.h. */
#include <string.h>

#include "plugins/cluster/tunnel.h"

/* Whoever hears that its session is unknown has so long to hear the contrary. */
#define DOUBT_NS (3 * VANE_NS_PER_S)

static void tell_unknown(struct vane_tunnels *tunnels, const char *nkey, uint64_t to)
{
    uint8_t bytes[VANE_TUNNEL_UNKNOWN_SIZE];

    if (!vane_tunnels_spend(tunnels, &tunnels->unknowns))
        return;
    vane_tunnel_unknown_put(bytes, to);
    (void)vane_tunnels_publish(tunnels, nkey, bytes, sizeof(bytes));
}

static void take_sealed(struct vane_tunnels *tunnels, const char *nkey,
                        const struct vane_tunnel_packet *packet, const uint8_t *bytes)
{
    struct vane_session *session = vane_session_find(tunnels, packet->to, nkey);
    int length;

    if (!session || session->phase == VANE_SESSION_GREETING) {
        tunnels->refused += session != NULL;
        tell_unknown(tunnels, nkey, packet->to);
        return;
    }
    length = packet->sealed_length <= VANE_TUNNEL_PACKET_MAX
                 ? vane_tunnel_open(&session->keys.receives, packet, bytes, tunnels->opened)
                 : -EBADMSG;
    if (length < 0)
        session->counters.refused++;
    else
        vane_session_receive(session, tunnels->opened, (size_t)length);
}

/* Anybody can say so; who has the session says something sealed before long. */
static void take_unknown(struct vane_tunnels *tunnels, const char *nkey, uint64_t remote)
{
    uint64_t patience = tunnels->cluster->options.tunnel_timeout_ms * VANE_NS_PER_MS;
    g_autoptr(GList) sessions = g_hash_table_get_values(tunnels->sessions);

    for (GList *at = sessions; at; at = at->next) {
        struct vane_session *session = at->data;

        if (session->phase != VANE_SESSION_OPEN || session->remote != remote ||
            strcmp(session->nkey, nkey) != 0)
            continue;
        if (session->asked_ns == 0)
            vane_session_ping(session);
        session->asked_ns =
            MIN(session->asked_ns, vane_tunnels_now(tunnels) - patience + MIN(DOUBT_NS, patience));
    }
}

/* netvane.CLUSTER.tunnel.TO.FROM */
void vane_tunnels_received(void *user, const struct vane_nats_message *message)
{
    struct vane_tunnels *tunnels = ((struct vane_cluster *)user)->tunnels;
    const char *from = strrchr(message->subject, '.');
    const uint8_t *bytes = (const uint8_t *)message->body;
    struct vane_tunnel_packet packet;

    if (!tunnels)
        return; /* it comes while we go */
    if (!from || !vane_nkey_valid(++from) ||
        vane_tunnel_packet_parse(bytes, message->length, &packet) < 0) {
        tunnels->refused++;
        return;
    }
    vane_tunnels_enter(tunnels->cluster);
    switch (packet.kind) {
    case VANE_TUNNEL_HELLO:
        vane_session_take_hello(tunnels, from, &packet, bytes);
        break;
    case VANE_TUNNEL_ANSWER:
        vane_session_take_answer(tunnels, from, &packet, bytes);
        break;
    case VANE_TUNNEL_SEALED:
        take_sealed(tunnels, from, &packet, bytes);
        break;
    case VANE_TUNNEL_UNKNOWN:
        take_unknown(tunnels, from, packet.to);
        break;
    }
    vane_tunnels_leave(tunnels->cluster);
}
