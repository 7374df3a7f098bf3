/* A connection to NATS as an operator, for the time of one command. */
#ifndef NETVANE_CLI_CLUSTER_SESSION_H
#define NETVANE_CLI_CLUSTER_SESSION_H

#include <glib.h>

#include "cli/cli.h"
#include "cli/cluster/operator-key.h"
#include "cli/cluster/query.h"
#include "lib/nats/client.h"

struct vane_session {
    struct vane_cli *cli;
    struct vane_nats *nats;
    struct vane_operator_key key;
    char *inbox; /* answers come to subjects below this one */
    int wake;    /* eventfd */
    bool connected;
    uint64_t connections;
    size_t max_payload;
    char *server, *problem;
    GPtrArray *refused; /* what the server does not allow us, in its words */
    GHashTable *tried;  /* servers that did not take us */
    guint servers;
};

/* Connects within the time that is given for the command; on failure says why. An exit status.
 * To be closed in any case. */
int vane_session_open(struct vane_session *session, struct vane_cli *cli,
                      struct vane_asking *asking);
void vane_session_close(struct vane_session *session);

/* Waits for what comes, and delivers it. 0; -EINTR: a signal was noted. */
int vane_session_turn(struct vane_session *session, int64_t timeout_ms);

/* Publishes, waiting while there is no room. An exit status; on failure says why. */
int vane_session_publish(struct vane_session *session, const struct vane_nats_outgoing *message,
                         int64_t timeout_ms);

/* Has the server said that we may not publish to this subject, or subscribe to it? */
bool vane_session_refuses(const struct vane_session *session, const char *subject);

/* Milliseconds of a clock that only goes forward. */
int64_t vane_session_now(void);

#endif
