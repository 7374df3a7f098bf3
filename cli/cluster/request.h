/*
 * What goes out to machines and what comes back, with the signatures on both: NATS tells nobody who
 * sent something.
 */
#ifndef NETVANE_CLI_CLUSTER_REQUEST_H
#define NETVANE_CLI_CLUSTER_REQUEST_H

#include "cli/cluster/answers.h"
#include "cli/cluster/session.h"
#include "lib/keys/signed.h"

#define VANE_COMMAND_SUBJECT "netvane.command." /* and an NKey */

struct vane_request {
    const char *body;
    size_t length;
    const char *call_header; /* NULL: no call of D-Bus */
    bool variants;           /* variants are to come with their signatures */
    char time[24];
    char nonce[VANE_NONCE_LENGTH + 1]; /* answers repeat it */
};

/* Now, and a nonce of its own. */
void vane_request_init(struct vane_request *request, const char *body, const char *call_header);

/* Sends it, signed when the operator has a key. An exit status; on failure says why. */
int vane_request_send(struct vane_session *session, const struct vane_request *request,
                      const char *subject, const char *inbox, int64_t timeout_ms);

/*
 * What a message says as an answer to that request: of whom, what, and whether it is proven.
 * `asked` is the NKey of the machine that was asked alone; NULL: it went to all. NULL: the message
 * does not say whose it is.
 */
struct vane_answer *vane_request_answer(const struct vane_session *session,
                                        const struct vane_request *request,
                                        const struct vane_nats_message *message, const char *asked);

#endif
