/* Name patterns and quotas. See rules.h. */
#include "plugins/vcan/rules.h"

#include <fnmatch.h>

static void clear_rule(gpointer data)
{
    struct vane_can_rule *rule = data;

    g_strfreev(rule->create);
    g_strfreev(rule->change);
}

GArray *vane_can_rules_new(void)
{
    GArray *rules = g_array_new(FALSE, FALSE, sizeof(struct vane_can_rule));

    g_array_set_clear_func(rules, clear_rule);
    return rules;
}

void vane_can_rules_add(GArray *rules, const struct vane_can_rule *rule)
{
    g_array_append_vals(rules, rule, 1);
}

static bool is_in_group(const struct vane_can_person *person, int64_t gid)
{
    if (person->gid == gid)
        return true;
    for (uint32_t i = 0; i < person->group_count; i++)
        if (person->groups[i] == gid)
            return true;
    return false;
}

static bool is_for(const struct vane_can_rule *rule, const struct vane_can_person *person)
{
    return (rule->uid < 0 || rule->uid == person->uid) &&
           (rule->gid < 0 || is_in_group(person, rule->gid));
}

static bool any_matches(char **patterns, const char *name)
{
    for (; patterns && *patterns; patterns++)
        if (fnmatch(*patterns, name, 0) == 0)
            return true;
    return false;
}

bool vane_can_rules_allow(const GArray *rules, const struct vane_can_person *person, bool create,
                          const char *name)
{
    if (person->uid == 0)
        return true;
    for (guint i = 0; i < rules->len; i++) {
        const struct vane_can_rule *rule = &g_array_index(rules, struct vane_can_rule, i);

        if (is_for(rule, person) && any_matches(create ? rule->create : rule->change, name))
            return true;
    }
    return false;
}

uint32_t vane_can_rules_quota(const GArray *rules, const struct vane_can_person *person)
{
    uint32_t quota = 0;

    if (person->uid == 0)
        return UINT32_MAX;
    for (guint i = 0; i < rules->len; i++) {
        const struct vane_can_rule *rule = &g_array_index(rules, struct vane_can_rule, i);

        if (is_for(rule, person))
            quota = MAX(quota, rule->quota);
    }
    return quota;
}
