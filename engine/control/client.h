/* One connection on the private socket, shared by client.c and client_input.c. */
#ifndef NETVANE_ENGINE_CONTROL_CLIENT_H
#define NETVANE_ENGINE_CONTROL_CLIENT_H

#include "engine/control/internal.h"

#define VANE_CLIENT_READ_SIZE 16384u

struct vane_client {
    struct vane_peer peer;
    struct vane_object object;
    GList link;
    uv_poll_t poll;
    int fd;   /* the socket; the library owns it */
    int feed; /* our end of the pair that the library reads from */
    int watching;
    uint64_t since; /* uv_now() when it came */
    struct vane_auth auth;
    struct vane_frame frame;
    size_t at, end; /* what of `input` waits for its turn */
    bool dispatching;
    bool doomed; /* to be closed when the call into the library is over */
    uint8_t input[VANE_CLIENT_READ_SIZE];
};

static inline bool vane_client_has_input(const struct vane_client *client)
{
    return client->at < client->end;
}

/*
 * Writes what waits, reads and takes a bounded number of messages, as long as there is room for
 * answers. 0, or a negative errno: it is to be closed.
 */
int vane_client_take(struct vane_client *client);

#endif
