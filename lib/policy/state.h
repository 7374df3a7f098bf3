/*
 * What changes while a policy is in force: tags, facts that rules have set, what limits have let
 * through, and statistics. And asking it: which rules match, what do they do, what is the verdict.
 */
#ifndef NETVANE_LIB_POLICY_STATE_H
#define NETVANE_LIB_POLICY_STATE_H

#include "lib/policy/members.h"
#include "lib/policy/policy.h"

#define VANE_POLICY_TAGS_MAX  256u  /* of this machine, and of one peer */
#define VANE_POLICY_PEERS_MAX 4096u /* that have tags */
/* Steps (cel.h) that all rules together may take for one occurrence: some ten milliseconds. */
#define VANE_POLICY_COST_MAX 1000000u

/* Which of the rules are asked: on "cycle" those about one peer, for each, and then the others. */
enum vane_policy_part {
    VANE_POLICY_ALL_RULES,
    VANE_POLICY_RULES_OF_PEERS,
    VANE_POLICY_OTHER_RULES
};

/* What is decided upon. `fact` tells one by name, VANE_CEL_ABSENT if there is none; what it points
 * to lives as long as the occurrence, `room` is for what must be built. */
struct vane_policy_occurrence {
    const char *subject; /* topic, action, or "connect" ... */
    bool gate;
    bool judged; /* no question to the gate, but verdicts count: somebody wants to join */
    enum vane_policy_part part;
    bool has_peer;
    uint32_t peer_id;
    const char *peer_nkey; /* NULL: it is not known, and the id must do */
    struct vane_cel_value (*fact)(void *data, const char *name, struct vane_cel_scratch *room);
    void *data;
};

struct vane_policy_statistics {
    uint64_t hits, errors;
    uint64_t evaluations;
    uint64_t sampled, sampled_ns; /* evaluations that were timed, and their time */
    int64_t last_match_ns;        /* since 1970; 0: never */
    int64_t last_error_ns;        /* likewise */
    char last_error[96];          /* a sentence, or its beginning */
};

enum vane_policy_verdict { VANE_POLICY_NONE, VANE_POLICY_ALLOWED, VANE_POLICY_DENIED };

struct vane_policy_outcome {
    enum vane_policy_verdict verdict;
    const struct vane_policy_rule *rule; /* NULL: none decided */
    char reason[192];
};

struct vane_policy_state;

/* What somebody does for the rules; calls come in the order of rules and their actions. */
struct vane_policy_hands {
    /* An action other than allow, deny, tag, set and rate_limit. Values are read with
     * vane_policy_resolve() during the call, and vane_policy_act_on_members() does those on
     * members. */
    void (*act)(void *user, const struct vane_policy_rule *rule,
                const struct vane_policy_action *action);
    /* These are the tags now; `peer` is NULL for this machine's. */
    void (*tagged)(void *user, const struct vane_policy_rule *rule, const GPtrArray *tags,
                   const uint32_t *peer);
    /* The match of a rule, or a value of an action, could not be evaluated. */
    void (*failed)(void *user, const struct vane_policy_rule *rule, const char *why);
    void *user;
};

/* Takes a reference on the policy. `hands` are copied. */
struct vane_policy_state *vane_policy_state_new(struct vane_policy *policy,
                                                const struct vane_policy_hands *hands);
void vane_policy_state_free(struct vane_policy_state *state);

/* Puts another policy in force: tags and facts stay, and for rules of the same name their
 * statistics, and what an equal limit has let through. */
void vane_policy_state_swap(struct vane_policy_state *state, struct vane_policy *policy);

struct vane_policy *vane_policy_state_policy(const struct vane_policy_state *state);
const struct vane_policy_statistics *vane_policy_state_statistics(
    const struct vane_policy_state *state, const struct vane_policy_rule *rule);

/* The members of the network, borrowed; NULL: there is no membership. */
void vane_policy_state_set_members(struct vane_policy_state *state,
                                   struct vane_policy_members *members);
struct vane_policy_members *vane_policy_state_members(const struct vane_policy_state *state);

/* What the names network_id, members and cycle_num say. */
void vane_policy_state_describe(struct vane_policy_state *state, uint16_t network_id,
                                uint64_t members, uint64_t cycles);

/* Is some rule about this subject? Cheap. */
bool vane_policy_state_concerns(struct vane_policy_state *state, const char *subject, bool gate);

/* Lets the rules have their say on an occurrence. Times are those of the clock; may not be called
 * from within itself (-EBUSY). */
int vane_policy_state_run(struct vane_policy_state *state,
                          const struct vane_policy_occurrence *occurrence,
                          struct vane_policy_outcome *outcome);

/* A value of an action, within act(). ABSENT: it could not be had, and failed() was called. Valid
 * until the next call. */
struct vane_cel_value vane_policy_resolve(struct vane_policy_state *state,
                                          const struct vane_policy_value *value);
/* The same as text ("1500", "a, b"), to be freed; NULL: it could not be had. */
char *vane_policy_resolve_text(struct vane_policy_state *state,
                               const struct vane_policy_value *value);

/* One of the actions on members, within act(). -ENOENT: there is no membership; -ESRCH: no peer to
 * evict. What of it could not be evaluated was told by failed(). */
int vane_policy_act_on_members(struct vane_policy_state *state, const struct vane_policy_rule *rule,
                               const struct vane_policy_action *action);

/*
 * Has the rules about an occurrence explain themselves, without any effect: rows of a table
 * {"subject","rule","on","result","because","value","verdict"}, of which the last is the outcome.
 * Limits are looked at, not used up.
 */
void vane_policy_state_explain(struct vane_policy_state *state,
                               const struct vane_policy_occurrence *occurrence,
                               struct vane_json *json, struct vane_policy_outcome *outcome);

/* Tags, in the order they came. */
const GPtrArray *vane_policy_state_tags(const struct vane_policy_state *state,
                                        const uint32_t *peer);
/* Each fact that was set. */
void vane_policy_state_write_facts(const struct vane_policy_state *state, struct vane_json *json);

#endif
