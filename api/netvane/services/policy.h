/*
 * The service "policy", version 1: policies of networks, what they say and how they do. Network 0
 * is the local machine, whose policy answers the gate. All functions are called on the loop thread.
 *
 *     host->services->watch(self, VANE_POLICY_SERVICE, VANE_POLICY_VERSION, changed, ...);
 *     policy->get(provider, 7, &runner);
 *
 * A runner is valid until its policy is stopped, by whoever it is: get() it anew at each use.
 */
#ifndef NETVANE_SERVICES_POLICY_H
#define NETVANE_SERVICES_POLICY_H

#include <netvane/abi.h>
#include <netvane/fields.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VANE_POLICY_SERVICE "policy"
#define VANE_POLICY_VERSION 1u

/* Types of events for evaluate_port_gate() (the first three) and evaluate_actions(). Since 1. */
#define VANE_POLICY_EVENT_CONNECT  "connect"
#define VANE_POLICY_EVENT_DIAL     "dial"
#define VANE_POLICY_EVENT_DATAGRAM "datagram"
#define VANE_POLICY_EVENT_JOIN     "join"
#define VANE_POLICY_EVENT_LEAVE    "leave"
#define VANE_POLICY_EVENT_CYCLE    "cycle"

/* Bytes of a document that start() takes. */
#define VANE_POLICY_START_MAX 65536u

struct vane_policy_runner;  /* opaque: the policy of one network */
struct vane_policy_loading; /* opaque: a document on its way into force */

/* Who waits for one; members may be NULL. Since 1.1. */
struct vane_policy_waiter {
    uint32_t size, reserved; /* sizeof(struct vane_policy_waiter); 0 */
    /* A mistake, as with start(). */
    void (*problem)(void *user, const char *rule, uint64_t line, uint64_t column,
                    const char *message);
    /* The last call: 0 and the runner, or the error and NULL. */
    void (*ended)(void *user, int error, struct vane_policy_runner *runner);
};

/* What wants to pass a port. Since 1. */
struct vane_policy_port {
    uint32_t size; /* sizeof(struct vane_policy_port) */
    uint16_t port;
    uint16_t reserved;
    const char *event_type; /* VANE_POLICY_EVENT_CONNECT ... */
    const char *direction;  /* "in" or "out" */
    uint64_t payload_size;  /* bytes; 0: none yet */
    uint32_t peer_id;       /* its node id; 0: none */
    uint32_t local_tag_count;
    const char *const *local_tags; /* NULL: those that rules have given this machine */
    const char *const *peer_tags;  /* NULL: those that rules have given the peer */
    uint32_t peer_tag_count;
    uint32_t reserved2;
    /* Its NKey, which then decides who it is: two keys can be made to have one id. NULL: the id
     * does. Read when `size` reaches so far. */
    const char *peer_nkey;
};

struct vane_policy_manager {
    uint32_t size, version;

    /*
     * Puts a document in force for a network, in one step in the place of the one before, and keeps
     * it over restarts. -EINVAL when anything is wrong with it; the one before stays, and
     * `problem` (may be NULL) is called for each mistake: the rule (NULL: none), line and column
     * in the document (0: none), one sentence. All of this before it returns, on the loop: so a
     * document of more than VANE_POLICY_START_MAX bytes is -EFBIG, and for load(). -EBUSY: another
     * one of that network is on its way. Other errors: it cannot be kept. Since 1.
     */
    int (*start)(void *provider, uint16_t network_id, const char *json, size_t length,
                 void (*problem)(void *user, const char *rule, uint64_t line, uint64_t column,
                                 const char *message),
                 void *user, struct vane_policy_runner **runner);

    /* Ends a network's policy and forgets its document; without one, nothing. Since 1. */
    int (*stop)(void *provider, uint16_t network_id);

    /* The policy of a network; -ENOENT. Since 1. */
    int (*get)(void *provider, uint16_t network_id, struct vane_policy_runner **runner);

    /* One after the other, by network: the one at `index`, from 0; -ENOENT past the last. Since 1.
     */
    int (*all)(void *provider, uint32_t index, struct vane_policy_runner **runner);

    /* Ends all, and forgets their documents. Since 1. */
    int (*stop_all)(void *provider);

    /* Puts in force what was kept, for networks without a policy. Returns how many run. Since 1. */
    int (*load_persisted)(void *provider);

    /* ---- of one runner ---- */

    /* Since 1. */
    uint16_t (*network_id)(struct vane_policy_runner *runner);

    /* 1 when the peer is a member: it announces the network in the cluster, and the rules here let
     * it in; else 0, also when several machines have that id. Since 1. */
    int (*has_member)(struct vane_policy_runner *runner, uint32_t peer_id);

    /* May it pass? 1 or 0. Where the network has members, nobody else passes; a policy that does
     * not decide lets a member pass. -EINVAL; -EBUSY from within a question. Since 1. */
    int (*evaluate_port_gate)(struct vane_policy_runner *runner,
                              const struct vane_policy_port *port);

    /* Tells the rules what has happened, with its facts. -EINVAL, -EBUSY. Since 1. */
    int (*evaluate_actions)(struct vane_policy_runner *runner, const char *event_type,
                            const struct vane_fields *facts);

    /* How it does, as a JSON object; and the members, as an array of what `show policy members`
     * has. The text is the runner's, until the next call of either. Since 1. */
    int (*status)(struct vane_policy_runner *runner, const char **json, size_t *length);
    int (*peer_list)(struct vane_policy_runner *runner, const char **json, size_t *length);

    /* Has the rules on "cycle" run now; status() tells what came of it. With thousands of members
     * it ends at a later turn of the loop. -EALREADY: one is under way; -EBUSY. Since 1. */
    int (*force_cycle)(struct vane_policy_runner *runner);

    /* Compares the members with the cluster's roster now, which is done anyway with each change of
     * it; without a cluster, nothing. Since 1. */
    int (*reconcile_now)(struct vane_policy_runner *runner);

    /* The document; the runner's, as long as it is in force. Since 1. */
    int (*policy_json)(struct vane_policy_runner *runner, const char **json, size_t *length);

    /* As the manager's stop(), of this one. Since 1. */
    int (*stop_runner)(struct vane_policy_runner *runner);

    /* ---- of the manager again ---- */

    /*
     * As start(), for documents of up to 16 MiB: copied, read and kept on another thread, while the
     * loop goes on. Documents come into force in the order of the calls. `how` (may be NULL) hears
     * of it at a later turn of the loop; -ECANCELED then, or at once from within stop(): it was
     * stopped meanwhile. -EAGAIN: too many wait. A plugin that ends before it was told calls
     * leave(). Since 1.1.
     */
    int (*load)(void *provider, uint16_t network_id, const char *json, size_t length,
                const struct vane_policy_waiter *how, void *user,
                struct vane_policy_loading **loading);

    /* No call comes for this document any more, which goes on its way. Valid until `ended` was
     * called. Since 1.1. */
    int (*leave)(struct vane_policy_loading *loading);
};

#ifdef __cplusplus
}
#endif

#endif
