/*
 * What follows from a rule's "on": whether it is about questions or events, and the names that its
 * expressions may use. Rules about the same share one group of names. Worked out once for each
 * text, as a document has ten thousand rules about a few things. See policy.h.
 */
#include "lib/policy/read-internal.h"
#include "lib/policy/subjects.h"

static struct vane_policy_group *group_of(struct vane_policy_reading *reading, const char *on)
{
    g_autofree char *scope = vane_policy_scope(on);
    struct vane_policy_group *group = g_hash_table_lookup(reading->groups, scope);

    if (group)
        return group;
    group = g_new0(struct vane_policy_group, 1);
    group->names = vane_policy_names(on, reading->policy->optional, reading->policy->facts);
    group->used = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    group->index = reading->policy->groups->len;
    g_ptr_array_add(reading->policy->groups, group);
    g_hash_table_insert(reading->groups, g_steal_pointer(&scope), group);
    return group;
}

const struct vane_policy_about *vane_policy_about(struct vane_policy_reading *reading,
                                                  const char *on)
{
    struct vane_policy_about *about = g_hash_table_lookup(reading->abouts, on);

    if (about)
        return about;
    about = g_new(struct vane_policy_about, 1);
    about->sides = vane_policy_sides(on);
    about->documented = vane_policy_documented(on);
    about->group = about->sides ? group_of(reading, on) : NULL;
    g_hash_table_insert(reading->abouts, g_strdup(on), about);
    return about;
}

/* ---- which names are read ---- */

static bool is_used(const struct vane_policy_group *group, uint16_t slot)
{
    for (guint i = 0; i < group->used->len; i++)
        if (g_array_index(group->used, uint16_t, i) == slot)
            return true;
    return false;
}

static void note_used(struct vane_policy_group *group, const struct vane_cel_program *program)
{
    for (uint16_t slot = 0; program && slot < group->names->len; slot++)
        if (vane_cel_program_name(program, slot) && !is_used(group, slot))
            g_array_append_val(group->used, slot);
}

/* Does an expression read what is said of one peer? */
static bool reads_peer(const struct vane_policy_group *group,
                       const struct vane_cel_program *program)
{
    for (guint slot = 0; program && slot < group->names->len; slot++)
        if (vane_cel_program_name(program, slot) &&
            g_str_has_prefix(vane_cel_program_name(program, slot), "peer_"))
            return true;
    return false;
}

/* An action on members chooses its own; all others are about the peer that they name. */
static bool is_of_peer(const struct vane_policy_group *group,
                       const struct vane_policy_action *action)
{
    if (action->verb == VANE_POLICY_EVICT)
        return true;
    if (action->verb == VANE_POLICY_TAG &&
        action->params[VANE_POLICY_TARGET].number == VANE_POLICY_TARGET_PEER)
        return true;
    if (vane_policy_verb_is_of_members(action->verb))
        return false;
    for (size_t i = 0; i < VANE_POLICY_PARAMS_MAX; i++) {
        const GArray *values = action->params[i].values;

        for (guint n = 0; values && n < values->len; n++)
            if (reads_peer(group, g_array_index(values, struct vane_policy_value, n).program))
                return true;
    }
    return false;
}

static void note_action(struct vane_policy_group *group, const struct vane_policy_action *action)
{
    for (size_t i = 0; i < VANE_POLICY_PARAMS_MAX; i++) {
        const GArray *values = action->params[i].values;

        for (guint n = 0; values && n < values->len; n++)
            note_used(group, g_array_index(values, struct vane_policy_value, n).program);
    }
}

void vane_policy_note_rule(struct vane_policy_rule *rule)
{
    note_used(rule->group, rule->match);
    rule->of_peer = reads_peer(rule->group, rule->match);
    for (guint i = 0; i < rule->actions->len; i++) {
        const struct vane_policy_action *action =
            &g_array_index(rule->actions, struct vane_policy_action, i);

        note_action(rule->group, action);
        rule->of_peer |= is_of_peer(rule->group, action);
    }
}
