/*
 * The server's side of D-Bus authentication (D-Bus Specification, "Authentication Protocol"): only
 * EXTERNAL, only the uid that the kernel reports, no descriptors. Pure: bytes in, what to do out.
 */
#ifndef NETVANE_ENGINE_CONTROL_AUTH_H
#define NETVANE_ENGINE_CONTROL_AUTH_H

#include <stddef.h>
#include <stdint.h>

#define VANE_AUTH_LINE_MAX  256u
#define VANE_AUTH_LINES_MAX 16u

enum vane_auth_state {
    VANE_AUTH_NUL,     /* the first byte, a NUL */
    VANE_AUTH_COMMAND, /* waiting for AUTH */
    VANE_AUTH_DATA,    /* waiting for DATA */
    VANE_AUTH_BEGIN,   /* accepted, waiting for BEGIN */
    VANE_AUTH_OVER,    /* what follows are messages */
};

struct vane_auth {
    enum vane_auth_state state;
    uint32_t uid; /* the peer's */
    uint32_t lines;
    size_t length;
    char line[VANE_AUTH_LINE_MAX];
};

enum vane_auth_action {
    VANE_AUTH_WAIT,   /* for more bytes */
    VANE_AUTH_ANSWER, /* send `answer` */
    VANE_AUTH_ACCEPT, /* send OK */
    VANE_AUTH_START,  /* messages follow */
};

void vane_auth_init(struct vane_auth *auth, uint32_t uid);

/*
 * Takes bytes up to the end of one line; `used` says how many. Returns an action, or -EPROTO for
 * what is no authentication, -E2BIG for too much of it: the connection is to be closed.
 */
int vane_auth_feed(struct vane_auth *auth, const uint8_t *bytes, size_t length, size_t *used,
                   const char **answer);

#endif
