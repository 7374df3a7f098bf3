/* One who calls, and how much may wait to be written to him. */
#include "engine/control/internal.h"

void vane_peer_clear(struct vane_peer *peer)
{
    vane_manager_unsubscribe(peer);
    vane_manager_forget_calls(peer);
    g_clear_pointer(&peer->name, g_free);
}

static uint64_t waiting(const struct vane_peer *peer)
{
    uint64_t count = 0;

    sd_bus_get_n_queued_write(peer->bus, &count);
    return count;
}

bool vane_peer_full(struct vane_peer *peer)
{
    uint64_t count = waiting(peer);

    if (count == 0)
        peer->bytes = 0;
    return count >= VANE_PEER_MESSAGES_MAX || peer->bytes >= VANE_PEER_BYTES_MAX;
}

void vane_peer_drained(struct vane_peer *peer)
{
    if (vane_peer_full(peer) || !peer->stalled)
        return;
    peer->stalled = false;
    vane_subscription_resume(peer->subscription);
}

int vane_peer_send(struct vane_peer *peer, sd_bus_message *message, size_t bytes)
{
    int r = sd_bus_send(peer->bus, message, NULL);

    if (r < 0)
        return r;
    peer->bytes += bytes;
    peer->sent(peer);
    return 0;
}
