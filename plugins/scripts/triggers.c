/* Which directories an event calls for. See triggers.h. */
#include "plugins/scripts/triggers.h"

#include <string.h>

#include "plugins/scripts/addresses.h"
#include "plugins/scripts/states.h"

void vane_trigger_free(struct vane_trigger *trigger)
{
    g_free(trigger->state);
    g_free(trigger->address);
    g_free(trigger);
}

struct vane_trigger *vane_trigger_copy(const struct vane_trigger *trigger)
{
    struct vane_trigger *copy = g_new0(struct vane_trigger, 1);

    copy->kind = trigger->kind;
    copy->state = g_strdup(trigger->state);
    copy->address = g_strdup(trigger->address);
    return copy;
}

static void add(GPtrArray *triggers, enum vane_trigger_kind kind, const char *state, char *address)
{
    struct vane_trigger *trigger = g_new0(struct vane_trigger, 1);

    trigger->kind = kind;
    trigger->state = g_strdup(state);
    trigger->address = address;
    g_ptr_array_add(triggers, trigger);
}

/* A word that is in no table has no directory, and is no error either: networkd may be newer. */
static void add_state(GPtrArray *triggers, enum vane_state_kind kind, const char *word)
{
    const char *state = vane_state_lookup(kind, word);

    if (state)
        add(triggers,
            kind == VANE_STATE_ADMINISTRATIVE ? VANE_TRIGGER_ADMINISTRATIVE
                                              : VANE_TRIGGER_OPERATIONAL,
            state, NULL);
}

static void add_changes(GPtrArray *triggers, const struct vane_trigger_facts *facts)
{
    if (facts->administrative_changed)
        add_state(triggers, VANE_STATE_ADMINISTRATIVE, facts->administrative);
    if (facts->operational_changed)
        add_state(triggers, VANE_STATE_OPERATIONAL, facts->operational);
}

/* When networkd runs, its first word on a new link comes as a link.state and is waited for. */
static void add_first_states(GPtrArray *triggers, const struct vane_trigger_facts *facts)
{
    if (!facts->administrative)
        return;
    add_state(triggers, VANE_STATE_ADMINISTRATIVE, facts->administrative);
    add_state(triggers, VANE_STATE_OPERATIONAL, facts->operational);
}

/* networkd says itself that a link lingers; without it, that is what a removed one does. */
static void add_removal(GPtrArray *triggers, const struct vane_trigger_facts *facts)
{
    if (!facts->from_networkd)
        add_state(triggers, VANE_STATE_ADMINISTRATIVE, VANE_STATE_LINGER);
}

static void add_address(GPtrArray *triggers, const struct vane_trigger_facts *facts)
{
    const char *state = strcmp(facts->topic, "address.added") == 0 ? "ip-added" : "ip-removed";

    if (facts->address)
        add(triggers, VANE_TRIGGER_ADDRESS, state, vane_address_without_prefix(facts->address));
}

static void add_topic(GPtrArray *triggers, const struct vane_trigger_facts *facts)
{
    gboolean about_link =
        g_str_has_prefix(facts->topic, "link.") || g_str_has_prefix(facts->topic, "wifi.");

    if (vane_topic_is_directory(facts->topic))
        add(triggers, about_link ? VANE_TRIGGER_LINK : VANE_TRIGGER_EVENT, facts->topic,
            facts->address ? vane_address_without_prefix(facts->address) : NULL);
}

static GPtrArray *no_triggers(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)vane_trigger_free);
}

GPtrArray *vane_triggers_of(const struct vane_trigger_facts *facts)
{
    GPtrArray *triggers = no_triggers();

    if (strcmp(facts->topic, "link.state") == 0)
        add_changes(triggers, facts);
    else if (strcmp(facts->topic, "link.added") == 0)
        add_first_states(triggers, facts);
    else if (strcmp(facts->topic, "link.removed") == 0)
        add_removal(triggers, facts);
    else if (g_str_has_prefix(facts->topic, "address."))
        add_address(triggers, facts);
    add_topic(triggers, facts);
    return triggers;
}

GPtrArray *vane_triggers_of_start(const char *administrative, const char *operational)
{
    GPtrArray *triggers = no_triggers();

    add_state(triggers, VANE_STATE_ADMINISTRATIVE, administrative);
    add_state(triggers, VANE_STATE_OPERATIONAL, operational);
    return triggers;
}

gboolean vane_trigger_supersedes(const struct vane_trigger *newer, const struct vane_trigger *older)
{
    if (newer->kind != older->kind)
        return FALSE;
    switch (newer->kind) {
    case VANE_TRIGGER_ADMINISTRATIVE:
    case VANE_TRIGGER_OPERATIONAL:
        return TRUE;
    case VANE_TRIGGER_ADDRESS:
        return g_strcmp0(newer->address, older->address) == 0;
    case VANE_TRIGGER_LINK:
        return strcmp(newer->state, older->state) == 0;
    case VANE_TRIGGER_EVENT:
        return FALSE;
    }
    return FALSE;
}
