/*
 * The mark on every interface that was made here: its alias. It says for whom, by which socket, and
 * how long, and lives exactly as long as the interface, in any namespace and over restarts of the
 * daemon. Whoever changes the alias takes the interface over. Pure functions.
 *
 *     netvane-vcan uid=1000 lease=connection socket=unix:/run/hycan_daemon.sock
 */
#ifndef NETVANE_VCAN_MARK_H
#define NETVANE_VCAN_MARK_H

#include <stdbool.h>
#include <stdint.h>

#define VANE_MARK_SIZE 240 /* an alias has at most 255 bytes */

enum vane_lease_kind {
    VANE_LEASE_NONE,
    VANE_LEASE_CONNECTION,
    VANE_LEASE_UNTIL, /* a moment of CLOCK_BOOTTIME */
};

struct vane_mark {
    uint32_t uid;
    enum vane_lease_kind lease;
    uint64_t until;   /* seconds of CLOCK_BOOTTIME */
    bool peer;        /* the other end of a pair: counted and leased with the first */
    char socket[128]; /* where it was asked for; empty: by a command */
};

void vane_mark_write(const struct vane_mark *mark, char text[static VANE_MARK_SIZE]);

/* False: the alias is somebody else's, or none (NULL). */
bool vane_mark_read(const char *alias, struct vane_mark *mark);

#endif
