/*
 * Which machines there are. Those that are there answer a ping of NATS's services (ADR-32), but for
 * agents of CBus, who do not know it; the first that do are asked for the roster ("show cluster
 * nodes"), which has those, too, that have gone. What one tells that has come a moment ago is not
 * all: it may know nobody.
 */
#ifndef NETVANE_CLI_CLUSTER_DISCOVERY_H
#define NETVANE_CLI_CLUSTER_DISCOVERY_H

#include "cli/cluster/request.h"
#include "cli/cluster/roster.h"
#include "cli/cluster/session.h"

#define VANE_DISCOVERY_ASKED 3u

struct vane_discovery {
    struct vane_session *session;
    GPtrArray *roster; /* of the caller; grows */
    /* NULL: not wanted. */
    void (*found)(void *user, const char *nkey, enum vane_machine_state state);
    void *user;
    const struct vane_asking *asking; /* its nodes are looked for until its timeout; NULL: none */

    uint32_t pings, rows; /* subscriptions */
    struct vane_request question;
    char *who[VANE_DISCOVERY_ASKED + 1]; /* was asked for the roster; then NULL */
    unsigned asked, told, refused;
    unsigned newcomers;  /* have told, but have come a moment ago */
    int64_t begun, last; /* the ping, and the last news */
    bool nobody;         /* nobody answers pings */
};

/* Asks; answers come with the turns of the session. To be ended. An exit status; on failure says
 * why. */
int vane_discovery_begin(struct vane_discovery *discovery);
void vane_discovery_end(struct vane_discovery *discovery);

/* All who were asked for the roster have told it; or only newcomers, and nobody else for a while.
 */
bool vane_discovery_complete(const struct vane_discovery *discovery, int64_t now_ms);

/* How long more is to be waited for; 0: no longer. */
int64_t vane_discovery_wait(const struct vane_discovery *discovery, int64_t now_ms);

/*
 * Whom the options mean: asks who there is where they name somebody otherwise than by NKey. An exit
 * status; on failure says why. The targets are to be cleared in any case.
 */
int vane_discover_targets(struct vane_session *session, const struct vane_asking *asking,
                          struct vane_targets *targets);

#endif
