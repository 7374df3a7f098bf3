/*
 * A policy: rules about events and about what may happen, read from a JSON document and compiled.
 * It is immutable and counted. What changes while it is in force (tags, facts, limits, statistics)
 * is a state of its own, see state.h. docs/policy.md describes the document.
 */
#ifndef NETVANE_LIB_POLICY_POLICY_H
#define NETVANE_LIB_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "lib/cel/cel.h"
#include "lib/policy/constant.h"
#include "lib/policy/problems.h"

#define VANE_POLICY_SIZE_MAX    (16u << 20) /* bytes of a document */
#define VANE_POLICY_RULES_MAX   16384u
#define VANE_POLICY_ACTIONS_MAX 32u /* of one rule */
#define VANE_POLICY_NAME_MAX    63u /* bytes of a rule's name */
#define VANE_POLICY_PARAMS_MAX  6u
#define VANE_POLICY_CYCLE_MS    30000u

enum vane_policy_verb {
    VANE_POLICY_ALLOW,
    VANE_POLICY_DENY,
    VANE_POLICY_TAG,
    VANE_POLICY_LOG,
    VANE_POLICY_WEBHOOK,
    VANE_POLICY_RATE_LIMIT,
    VANE_POLICY_RUN,
    VANE_POLICY_LINK,
    VANE_POLICY_SET,
    VANE_POLICY_PUBLISH,
    VANE_POLICY_EVICT, /* this one and those behind it act on the members of a network */
    VANE_POLICY_EVICT_WHERE,
    VANE_POLICY_PRUNE,
    VANE_POLICY_FILL,
    VANE_POLICY_PRUNE_TRUST,
    VANE_POLICY_FILL_TRUST,
};

/* "rate_limit" */
const char *vane_policy_verb_name(enum vane_policy_verb verb);
/* Does it act on the members of a network? */
bool vane_policy_verb_is_of_members(enum vane_policy_verb verb);

/* Something that an action is told: constant, or {"cel": EXPRESSION}. One of the two is NULL. */
struct vane_policy_value {
    struct vane_policy_constant *constant;
    struct vane_cel_program *program;
};

/* One parameter. Which of the members means something is its kind's affair (action.c). */
struct vane_policy_param {
    bool given;
    int64_t number; /* also milliseconds, and the index of a choice */
    char *text;
    GArray *values;  /* struct vane_policy_value */
    GPtrArray *keys; /* of an object: char *, as many as values */
};

/* The places of parameters in an action. */
enum {
    VANE_POLICY_REASON = 0,   /* allow, deny, evict, evict_where: text */
    VANE_POLICY_ADD = 0,      /* tag: values */
    VANE_POLICY_REMOVE = 1,   /* tag: values */
    VANE_POLICY_TARGET = 2,   /* tag: enum vane_policy_target */
    VANE_POLICY_MESSAGE = 0,  /* log: value */
    VANE_POLICY_LEVEL = 1,    /* log: a level of syslog(3) less VANE_POLICY_LEVEL_BASE */
    VANE_POLICY_ENDPOINT = 0, /* webhook: text */
    VANE_POLICY_PAYLOAD = 1,  /* webhook, publish: object of values */
    VANE_POLICY_COUNT = 0,    /* rate_limit: number */
    VANE_POLICY_PER = 1,      /* rate_limit: milliseconds */
    VANE_POLICY_KEY = 2,      /* rate_limit: value */
    VANE_POLICY_PATH = 0,     /* run: text */
    VANE_POLICY_ARGUMENTS = 1,
    VANE_POLICY_TIMEOUT = 2, /* run: milliseconds */
    VANE_POLICY_INTERFACE = 0,
    VANE_POLICY_CHANGE = 1, /* link: enum vane_policy_change */
    VANE_POLICY_MTU = 2,
    VANE_POLICY_FACT = 0, /* set: text, "facts.NAME" */
    VANE_POLICY_VALUE = 1,
    VANE_POLICY_TOPIC = 0, /* publish: text */
    VANE_POLICY_FOR = 1,   /* evict, evict_where: milliseconds; 0: until it joins anew */
    VANE_POLICY_WHERE = 2, /* evict_where: value, a condition on each member */
    /* prune, fill, prune_trust, fill_trust; how many are to go or come: VANE_POLICY_COUNT */
    VANE_POLICY_TO = 1,      /* how many there are to be then */
    VANE_POLICY_BY = 2,      /* enum vane_policy_order */
    VANE_POLICY_SCORE = 3,   /* value, a number for each */
    VANE_POLICY_MIN = 4,     /* prune: never fewer than these */
    VANE_POLICY_PERCENT = 5, /* prune: of those that there are */
};

/* Who goes first; who comes first is in the order of "by" in docs/policy.md. */
enum vane_policy_order {
    VANE_POLICY_BY_AGE,
    VANE_POLICY_BY_NEWEST,
    VANE_POLICY_BY_ACTIVITY,
    VANE_POLICY_BY_RANDOM,
    VANE_POLICY_BY_SCORE,
};

enum vane_policy_target { VANE_POLICY_TARGET_LOCAL, VANE_POLICY_TARGET_PEER };
enum vane_policy_change { VANE_POLICY_UP, VANE_POLICY_DOWN, VANE_POLICY_MTU_CHANGE };
#define VANE_POLICY_LEVEL_BASE 3 /* the first choice is "error", syslog's 3 */

struct vane_policy_action {
    enum vane_policy_verb verb;
    struct vane_policy_param params[VANE_POLICY_PARAMS_MAX];
};

/* Rules whose `on` gives them the same names share the slots that facts are filled into. */
struct vane_policy_group {
    GArray *names; /* struct vane_cel_name: a slot each */
    GArray *used;  /* uint16_t: the slots that some expression reads, in order */
    unsigned index;
};

struct vane_policy_rule {
    char *name, *on;
    unsigned sides; /* enum vane_policy_side */
    unsigned index;
    bool decides;                    /* it has an allow or a deny */
    bool of_peer;                    /* it is about one peer: on "cycle" it is asked for each */
    struct vane_policy_group *group; /* borrowed */
    struct vane_cel_program *match;  /* NULL: it always matches */
    GArray *actions;                 /* struct vane_policy_action */
};

enum vane_policy_default {
    VANE_POLICY_GATES_OWN, /* what holds without a policy */
    VANE_POLICY_DEFAULT_ALLOW,
    VANE_POLICY_DEFAULT_DENY,
};

struct vane_policy {
    unsigned refs;
    enum vane_policy_default default_verdict;
    bool fail_closed;
    uint64_t cycle_ms;
    unsigned max_peers;  /* members of the network, at most; 0: any number */
    GPtrArray *rules;    /* struct vane_policy_rule */
    GPtrArray *groups;   /* struct vane_policy_group */
    GPtrArray *optional; /* char *: names that may be absent */
    GPtrArray *facts;    /* char *: "facts.NAME", of all set actions */
    char *text;          /* the document */
    size_t length;
};

/*
 * Reads and compiles a document. Returns 0 and a policy with a reference; or -EINVAL, with
 * everything that is wrong in `problems` (which is initialised here, and cleared by the caller in
 * any case). What is sound but maybe not meant is in `remarks` (may be NULL; the same holds).
 */
int vane_policy_read(const char *text, size_t length, struct vane_policy **policy,
                     struct vane_policy_problems *problems, struct vane_policy_problems *remarks);

struct vane_policy *vane_policy_ref(struct vane_policy *policy);
/* NULL is a no-op. */
void vane_policy_unref(struct vane_policy *policy);

/* Is some rule about a subject ("cycle")? */
bool vane_policy_has(const struct vane_policy *policy, const char *subject);

static inline struct vane_policy_rule *vane_policy_rule_at(const struct vane_policy *policy,
                                                           unsigned index)
{
    return (struct vane_policy_rule *)g_ptr_array_index(policy->rules, index);
}

#endif
