/*
 * Leases that end with the connection: remembered, so that they can be taken up again on a new one
 * when the daemon was restarted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/can.h"

static struct vane_canlib_lease **find(struct vane_can *can, const char *name)
{
    struct vane_canlib_lease **at = &can->leases;

    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

static void drop(struct vane_canlib_lease **at)
{
    struct vane_canlib_lease *lease = *at;

    *at = lease->next;
    free(lease);
}

int vane_canlib_lease_note(struct vane_can *can, const char *name,
                           enum vane_canlib_lease_change change)
{
    struct vane_canlib_lease **at;

    if (change == VANE_CANLIB_LEASE_SAME)
        return 0;
    at = find(can, name);
    if (change == VANE_CANLIB_LEASE_FREE && *at)
        drop(at);
    if (change != VANE_CANLIB_LEASE_TIED || *at)
        return 0;
    *at = calloc(1, sizeof(**at));
    if (!*at)
        return vane_canlib_because(can, -ENOMEM, "it is done, but its lease cannot be remembered");
    strncpy((*at)->name, name, VANE_WIRE_NAME_MAX);
    return 0;
}

void vane_canlib_lease_clear(struct vane_can *can)
{
    while (can->leases)
        drop(&can->leases);
}

/* 1: it is ours again; 0: it is lost. */
static int renew(struct vane_can *can, const char *name, int64_t deadline)
{
    struct vane_canlib_request request;
    struct vane_canlib_answer answer;
    int r;

    vane_canlib_begin(&request, VANE_WIRE_RENEW, "renew", name);
    vane_wire_put_u32(&request.writer, VANE_WIRE_LEASE, 0);
    r = vane_canlib_exchange(can, &request, deadline, &answer);
    if (r == -EOPNOTSUPP)
        return 0;
    return r < 0 ? r : answer.code == VANE_WIRE_OK;
}

int vane_canlib_lease_renew_all(struct vane_can *can, int64_t deadline)
{
    struct vane_canlib_lease **at = &can->leases;

    while (*at) {
        int r = renew(can, (*at)->name, deadline);

        if (r < 0)
            return r;
        if (r > 0) {
            at = &(*at)->next;
            continue;
        }
        memcpy(can->lost, (*at)->name, sizeof(can->lost));
        drop(at);
    }
    return 0;
}
