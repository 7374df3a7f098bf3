/* What the parts of the document's reader share. */
#ifndef NETVANE_LIB_POLICY_READ_INTERNAL_H
#define NETVANE_LIB_POLICY_READ_INTERNAL_H

#include "lib/policy/policy.h"

struct vane_policy_reading {
    struct vane_policy *policy;
    struct vane_policy_problems *problems, *remarks;
    GHashTable *groups; /* by scope (subjects.h): struct vane_policy_group, borrowed */
    GHashTable *abouts; /* by "on": struct vane_policy_about */
    GHashTable *names;  /* of rules, borrowed from them */
    const char *rule;   /* the one that is read, for messages; NULL: none */
};

/* Says that one member of an object is not known, with the nearest of `known`. */
void vane_policy_unknown_member(struct vane_policy_reading *reading, struct vane_json_view key,
                                const char *where, const char *const *known, size_t count);

/* A text that is neither empty nor longer than `max` bytes; NULL: it was complained about. To be
 * freed. */
char *vane_policy_read_text(struct vane_policy_reading *reading, struct vane_json_view json,
                            const char *member, size_t max);

/* Compiles a JSON string; `flags` of the environment. NULL: it was complained about. */
struct vane_cel_program *vane_policy_compile(struct vane_policy_reading *reading,
                                             struct vane_json_view json, const char *member,
                                             struct vane_policy_group *group, unsigned flags);

/* group.c: what follows from a valid "on". */
struct vane_policy_about {
    unsigned sides;
    bool documented;
    struct vane_policy_group *group; /* NULL: `sides` is 0, nothing is called so */
};
const struct vane_policy_about *vane_policy_about(struct vane_policy_reading *reading,
                                                  const char *on);
/* Of a rule that is whole: which names it reads, and whether it is about one peer. */
void vane_policy_note_rule(struct vane_policy_rule *rule);

/* action.c: one element of "actions"; false: it was complained about. */
bool vane_policy_action_read(struct vane_policy_reading *reading, struct vane_json_view json,
                             struct vane_policy_rule *rule, struct vane_policy_action *action);
void vane_policy_action_clear(struct vane_policy_action *action);

/* rule.c: one element of "rules"; NULL: it was complained about. */
struct vane_policy_rule *vane_policy_rule_read(struct vane_policy_reading *reading,
                                               struct vane_json_view json, unsigned index);
void vane_policy_rule_free(struct vane_policy_rule *rule);

/* The lines that tell what "set" actions there are are read before any expression is. */
void vane_policy_collect_facts(struct vane_policy_reading *reading, struct vane_json_view rules);

#endif
