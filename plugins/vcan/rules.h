/* Who may create and change interfaces of which names, and how many. Pure. */
#ifndef NETVANE_VCAN_RULES_H
#define NETVANE_VCAN_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/* For one user or group, or everybody. Patterns are those of a shell: * ? [a-z]. */
struct vane_can_rule {
    int64_t uid, gid; /* -1: any */
    char **create, **change;
    uint32_t quota; /* interfaces that a user may have; 0: nothing is said */
};

/* Ends with nothing: an array of struct vane_can_rule, the first of which is for everybody. */
GArray *vane_can_rules_new(void);

/* Takes the lists over, which end with NULL and may be NULL. */
void vane_can_rules_add(GArray *rules, const struct vane_can_rule *rule);

/* Who asks. Root is not held to any rule. */
struct vane_can_person {
    int64_t uid, gid;
    const uint32_t *groups;
    uint32_t group_count;
};

bool vane_can_rules_allow(const GArray *rules, const struct vane_can_person *person, bool create,
                          const char *name);

/* The largest of the quotas that hold for the person; UINT32_MAX: none. */
uint32_t vane_can_rules_quota(const GArray *rules, const struct vane_can_person *person);

#endif
