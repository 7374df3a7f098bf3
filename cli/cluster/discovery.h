/*
 * Which machines there are right now: all of them answer a ping of NATS's services (ADR-32), but
 * for agents of CBus, who do not know it.
 */
#ifndef NETVANE_CLI_CLUSTER_DISCOVERY_H
#define NETVANE_CLI_CLUSTER_DISCOVERY_H

#include "cli/cluster/roster.h"
#include "cli/cluster/session.h"

struct vane_discovery {
    struct vane_session *session;
    GPtrArray *roster;                           /* of the caller */
    void (*found)(void *user, const char *nkey); /* NULL: not wanted */
    void *user;
    uint32_t subscription;
    int64_t last; /* news */
    bool nobody;
};

/* Asks; answers come with the turns of the session. To be ended. An exit status; on failure says
 * why. */
int vane_discovery_begin(struct vane_discovery *discovery);
void vane_discovery_end(struct vane_discovery *discovery);

/*
 * Whom the options mean: asks who there is where they name somebody otherwise than by NKey, and
 * waits until no more answers come. An exit status; on failure says why. The targets are to be
 * cleared in any case.
 */
int vane_discover_targets(struct vane_session *session, const struct vane_asking *asking,
                          struct vane_targets *targets);

#endif
