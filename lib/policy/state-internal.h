/* What the files of the state share. */
#ifndef NETVANE_LIB_POLICY_STATE_INTERNAL_H
#define NETVANE_LIB_POLICY_STATE_INTERNAL_H

#include "lib/policy/limit.h"
#include "lib/policy/state.h"

/* The slots of one group of rules; filled when `generation` is the state's. */
struct vane_policy_slots {
    struct vane_cel_value *values;
    uint64_t generation;
    struct vane_cel_input input; /* of `values` */
};

struct vane_policy_state {
    struct vane_policy *policy;
    struct vane_policy_hands hands;
    struct vane_policy_statistics *statistics; /* by rule */
    struct vane_policy_slots *slots;           /* by group */
    GHashTable *limits;                        /* by struct vane_policy_action */
    GHashTable *subjects[2]; /* of events, of the gate: by subject, GArray of uint16_t: rules */

    GPtrArray *tags;    /* char * */
    GHashTable *peers;  /* by id: GPtrArray of char * */
    GArray *tag_values; /* struct vane_cel_value, of `tags` */
    GArray *peer_values, *given_values;
    GHashTable *facts; /* "facts.NAME": struct vane_policy_constant */
    uint16_t network_id;
    uint64_t member_count, cycles;
    struct vane_policy_members *members; /* NULL: none */
    /* Whom a condition or a score is evaluated for; NULL: the peer of the occurrence. */
    const struct vane_policy_peer *each;

    struct vane_cel_scratch *scratch, *room; /* of evaluations, of facts */
    uint64_t cost_left;                      /* for all evaluations of a run */
    uint64_t generation;                     /* of what is in slots */
    uint64_t runs;
    bool busy;
    int64_t wall_ns;
    uint64_t now_ns;
    const struct vane_policy_occurrence *occurrence; /* during a run */
    const struct vane_policy_rule *rule;
};

/* state.c: what a rule's program gets; and evaluates it, at the cost of the run. */
const struct vane_cel_input *vane_policy_input(struct vane_policy_state *state,
                                               const struct vane_policy_rule *rule);
struct vane_cel_value vane_policy_evaluate(struct vane_policy_state *state,
                                           const struct vane_policy_rule *rule,
                                           const struct vane_cel_program *program);
void vane_policy_begin(struct vane_policy_state *state,
                       const struct vane_policy_occurrence *occurrence);
void vane_policy_end(struct vane_policy_state *state);
/* The rules about a subject, in order: uint16_t. */
const GArray *vane_policy_rules_about(struct vane_policy_state *state, const char *subject,
                                      bool gate);
struct vane_policy_limit *vane_policy_limit_of(struct vane_policy_state *state,
                                               const struct vane_policy_action *action);

/* run.c: counts that a rule could not do what it says, and tells why. */
void vane_policy_failed(struct vane_policy_state *state, const struct vane_policy_rule *rule,
                        const char *why);

/* Do verdicts count? */
static inline bool vane_policy_is_judged(const struct vane_policy_occurrence *occurrence)
{
    return occurrence->gate || occurrence->judged;
}
/* The peer that it is about; NULL: there is none, or it is not known. */
struct vane_policy_peer *vane_policy_peer_of(const struct vane_policy_state *state);
/* facts.c: what expressions get for a name. */
struct vane_cel_value vane_policy_find_fact(struct vane_policy_state *state, const char *name);
struct vane_cel_value vane_policy_timestamp(int64_t ns);

/* act.c: the actions that are the state's own. */
void vane_policy_do_tag(struct vane_policy_state *state, const struct vane_policy_action *action);
void vane_policy_do_set(struct vane_policy_state *state, const struct vane_policy_action *action);
/* False: no more, and outcome->reason says so. */
bool vane_policy_within_limit(struct vane_policy_state *state,
                              const struct vane_policy_action *action, bool only_ask,
                              struct vane_policy_outcome *outcome);
/* What holds when no rule has decided. */
void vane_policy_decide_by_default(const struct vane_policy *policy,
                                   struct vane_policy_outcome *outcome);

#endif
