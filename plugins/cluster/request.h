/* Calls from other machines: from a message to its answer. See cluster.h for who does what. */
#ifndef NETVANE_CLUSTER_REQUEST_H
#define NETVANE_CLUSTER_REQUEST_H

#include "plugins/cluster/cluster.h"

/* Nats-Service-Error-Code, in the manner of HTTP. */
#define VANE_ERROR_BAD       "400" /* the request says nothing that could be done */
#define VANE_ERROR_SIGNATURE "401"
#define VANE_ERROR_DENIED    "403"
#define VANE_ERROR_ABSENT    "404" /* no such name, object or member */
#define VANE_ERROR_TOO_LONG  "413"
#define VANE_ERROR_SERVICE   "500" /* the service answers with an error of its own */
#define VANE_ERROR_NO_BUS    "502"
#define VANE_ERROR_BUSY      "503"
#define VANE_ERROR_DEADLINE  "504"

/* Bits of the header Method-Flag, those of a D-Bus message. */
#define VANE_FLAG_NO_REPLY    1u
#define VANE_FLAG_NO_START    2u
#define VANE_FLAG_INTERACTIVE 4u

/* Who sent a message: no key, or one whose signature was verified; and what an answer is to repeat,
 * if it is to be signed. */
struct vane_sender {
    char nkey[VANE_NKEY_LENGTH + 1];
    char nonce[VANE_NONCE_LENGTH + 1];
    char why[192]; /* it is not taken; empty: it is */
};

enum vane_call_phase {
    VANE_CALL_WAITING, /* for its turn in a lane */
    VANE_CALL_AT_BUS,  /* the bus has a message of it */
};

struct vane_lane;

struct vane_call {
    struct vane_cluster *cluster;
    struct vane_bus_call what;
    enum vane_call_phase phase;
    char *reply;     /* subject; NULL: no answer is wanted, or it was given */
    char *arguments; /* JSON that was scanned */
    size_t bytes;
    struct vane_sender sender;
    unsigned flags;
    bool variants;
    bool described_anew; /* the object was introspected for this very call */
    uint64_t begun_ns, deadline_ns;
    struct vane_lane *lane;
    sd_bus_slot *slot;
    GList *place; /* in cluster->calls; NULL: its deadline has passed */
};

/* ---- request.c ---- */

void vane_request_received(void *user, const struct vane_nats_message *message);
void vane_call_free(struct vane_call *call);

/* ---- sender.c ---- */

/*
 * 0, with an empty sender for who does not sign, and for strangers while too many of them do: they
 * may what anybody may. Negative errno: the sender's `why` says what is wrong.
 */
int vane_sender_verify(struct vane_cluster *cluster, const struct vane_nats_message *message,
                       struct vane_sender *sender);

/* ---- access.c ---- */

/* The configuration names this key, so that it may have rights. */
bool vane_access_names(const struct vane_cluster_options *options, const char *nkey);

/* Does the configuration let this key connect to, or send datagrams to, a port? */
bool vane_access_port(const struct vane_cluster_options *options, const char *nkey,
                      const char *action, uint16_t port);

/* Asks the gate; false: denied, and the caller is told. */
bool vane_access_call(struct vane_call *call);

/* What commands->execute() is to be told of the sender of a command. */
uint32_t vane_access_command(const struct vane_call *call);

/* ---- lanes.c ---- */

void vane_lanes_add(struct vane_call *call);
/* The bus has no more of this call: the next one's turn. Frees it. */
void vane_lanes_done(struct vane_call *call);
/* The bus has gone, or we go: everything is answered with an error. */
void vane_lanes_end(struct vane_cluster *cluster, const char *code, const char *why);

/* ---- invoke.c ---- */

/* Its turn. Ends in vane_lanes_done(). */
void vane_invoke_begin(struct vane_call *call);

/* ---- answer.c ---- */

/* Each answers once; what follows is ignored. */
void vane_answer_value(struct vane_call *call, const char *json, size_t length,
                       const char *signature);
__attribute__((format(printf, 3, 4))) void vane_answer_error(struct vane_call *call,
                                                             const char *code, const char *format,
                                                             ...);

#endif
