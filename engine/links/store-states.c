/* States of links: derived from the kernel, or networkd's. See store.h. */
#include "engine/links/store-internal.h"

#include <errno.h>
#include <string.h>

/* How deep the kernel lets links stand upon each other, and some. */
#define MASTERS_MAX 16

static struct vane_link_membership *membership_of(struct vane_link_store *store, uint32_t master)
{
    struct vane_link_membership *membership =
        g_hash_table_lookup(store->memberships, GUINT_TO_POINTER(master));

    if (!membership) {
        membership = g_new0(struct vane_link_membership, 1);
        g_hash_table_insert(store->memberships, GUINT_TO_POINTER(master), membership);
    }
    return membership;
}

static uint32_t members_below(struct vane_link_store *store, uint32_t master)
{
    struct vane_link_membership *membership =
        g_hash_table_lookup(store->memberships, GUINT_TO_POINTER(master));

    return membership ? membership->below : 0;
}

static enum vane_operational_state carrier_of(struct vane_link_store *store,
                                              struct vane_link_record *record)
{
    return vane_carrier_state(&record->facts->kernel, members_below(store, record->index));
}

/* Strikes the record out of its master's count. Returns that master's index, or 0. */
static uint32_t discount(struct vane_link_store *store, struct vane_link_record *record)
{
    uint32_t master = record->counted_master;
    struct vane_link_membership *membership;

    if (!master)
        return 0;
    membership = membership_of(store, master);
    membership->below -= record->counted_below;
    if (--membership->members == 0)
        g_hash_table_remove(store->memberships, GUINT_TO_POINTER(master));
    record->counted_master = 0;
    record->counted_below = false;
    return master;
}

static void count(struct vane_link_store *store, struct vane_link_record *record)
{
    uint32_t master = record->facts->kernel.master;
    struct vane_link_membership *membership;

    if (!master || master == record->index)
        return;
    membership = membership_of(store, master);
    record->counted_master = master;
    record->counted_below = carrier_of(store, record) < VANE_OPERATIONAL_CARRIER;
    membership->members++;
    membership->below += record->counted_below;
}

static enum vane_reach reach_of(const struct vane_link_record *record)
{
    if (record->reach[VANE_REACH_ROUTED] > 0)
        return VANE_REACH_ROUTED;
    return record->reach[VANE_REACH_LINK] > 0 ? VANE_REACH_LINK : VANE_REACH_NONE;
}

static void publish_state(struct vane_link_store *store, struct vane_link_record *record,
                          const struct vane_link_states *previous, const char *const *changed,
                          uint32_t changed_count)
{
    struct vane_field extra[VANE_LINK_EXTRA];
    uint32_t n = 0;

    extra[n++] = vane_strings("changed", changed, changed_count);
    if (previous->operational[0])
        extra[n++] = vane_string("previous_operational_state", previous->operational);
    if (previous->administrative[0])
        extra[n++] = vane_string("previous_administrative_state", previous->administrative);
    vane_link_store_publish(store, "link.state", record, extra, n);
}

/* Which states differ; with `told`, those that it names count as different whatever they are. */
static uint32_t list_changed(const struct vane_link_states *previous,
                             const struct vane_link_states *now,
                             const struct vane_networkd_word *told, const char *changed[static 2])
{
    uint32_t n = 0;

    if (strcmp(previous->administrative, now->administrative) != 0 ||
        (told && told->administrative))
        changed[n++] = "administrative";
    if (strcmp(previous->operational, now->operational) != 0 || (told && told->operational))
        changed[n++] = "operational";
    return n;
}

static void announce(struct vane_link_store *store, struct vane_link_record *record,
                     const struct vane_link_states *previous, const struct vane_networkd_word *told)
{
    const char *changed[2];
    uint32_t n = list_changed(previous, &record->states, told, changed);

    if (n > 0)
        publish_state(store, record, previous, changed, n);
}

static void change_states(struct vane_link_store *store, struct vane_link_record *record,
                          const struct vane_link_states *now, const struct vane_networkd_word *told)
{
    struct vane_link_states previous = record->states;

    record->states = *now;
    vane_link_record_touch(record);
    announce(store, record, &previous, told);
}

static const char *derived_word(struct vane_link_store *store, struct vane_link_record *record)
{
    return vane_operational_word(
        vane_operational_state(carrier_of(store, record), reach_of(record)));
}

void vane_link_record_derive(struct vane_link_store *store, struct vane_link_record *record,
                             struct vane_link_states *previous)
{
    const char *word = derived_word(store, record);

    *previous = record->states;
    if (record->states.from_networkd || strcmp(word, record->states.operational) == 0)
        return;
    g_strlcpy(record->states.operational, word, sizeof(record->states.operational));
    vane_link_record_touch(record);
}

static void update_upwards(struct vane_link_store *store, uint32_t index, unsigned depth);

/* Counts the record anew where it belongs now; the masters follow. */
static void update_masters(struct vane_link_store *store, struct vane_link_record *record,
                           unsigned depth)
{
    bool was_below = record->counted_below;
    uint32_t left = discount(store, record), joined;

    count(store, record);
    joined = record->counted_master;
    if (left != joined)
        update_upwards(store, left, depth + 1);
    if (left != joined || was_below != record->counted_below)
        update_upwards(store, joined, depth + 1);
}

/* While networkd is there, a link waits for its word in silence. */
static void announce_upwards(struct vane_link_store *store, struct vane_link_record *record,
                             const struct vane_link_states *previous, unsigned depth)
{
    if (!store->networkd_present)
        announce(store, record, previous, NULL);
    update_masters(store, record, depth);
}

static void update_upwards(struct vane_link_store *store, uint32_t index, unsigned depth)
{
    struct vane_link_record *record = index ? vane_link_record_find(store, index) : NULL;
    struct vane_link_states previous;

    if (!record || depth == MASTERS_MAX)
        return;
    vane_link_record_derive(store, record, &previous);
    announce_upwards(store, record, &previous, depth);
}

void vane_link_record_announce_states(struct vane_link_store *store,
                                      struct vane_link_record *record,
                                      const struct vane_link_states *previous)
{
    announce_upwards(store, record, previous, 0);
}

void vane_link_record_update_states(struct vane_link_store *store, struct vane_link_record *record)
{
    update_upwards(store, record->index, 0);
}

void vane_link_record_leave_master(struct vane_link_store *store, struct vane_link_record *record)
{
    update_upwards(store, discount(store, record), 0);
}

void vane_link_store_set_networkd_present(struct vane_link_store *store, bool present)
{
    store->networkd_present = present;
}

static void take_word(struct vane_link_states *states, const struct vane_networkd_word *word)
{
    if (word->operational || word->administrative)
        states->from_networkd = true;
    if (word->operational)
        g_strlcpy(states->operational, word->operational, sizeof(states->operational));
    if (word->administrative)
        g_strlcpy(states->administrative, word->administrative, sizeof(states->administrative));
}

/* networkd's last word on a link ("linger") comes after the kernel's. */
static int set_departed(struct vane_link_store *store, uint32_t index,
                        const struct vane_networkd_word *word)
{
    struct vane_link_departed *departed =
        g_hash_table_lookup(store->departed, GUINT_TO_POINTER(index));
    struct vane_link_record ghost = {.index = index};
    struct vane_link_states previous, now;
    const char *changed[2];
    uint32_t n;

    if (!departed || !vane_link_store_departed(store, index))
        return -ENODEV;
    previous = now = departed->snapshot->states;
    take_word(&now, word);
    ghost.snapshot = vane_link_snapshot_with_states(departed->snapshot, &now);
    vane_payload_unref(&departed->snapshot->payload);
    departed->snapshot = ghost.snapshot;
    n = list_changed(&previous, &now, NULL, changed);
    if (n > 0)
        publish_state(store, &ghost, &previous, changed, n);
    return 0;
}

/* The signal's own online state is of its moment, whenever the facts are from. */
static void take_facts(struct vane_link_record *record, const struct vane_networkd_word *word)
{
    struct vane_networkd_facts *old = record->networkd;

    if (word->online)
        record->networkd =
            vane_networkd_facts_with_online(word->facts ? word->facts : old, word->online);
    else if (word->facts)
        record->networkd = vane_networkd_facts_ref(word->facts);
    if (record->networkd != old)
        vane_networkd_facts_unref(old);
}

int vane_link_store_set_states(struct vane_link_store *store, uint32_t index,
                               const struct vane_networkd_word *word)
{
    struct vane_link_record *record = vane_link_record_find(store, index);
    struct vane_link_states now;
    bool first;

    if (!record)
        return set_departed(store, index, word);
    first = word->signalled && !record->states.from_networkd;
    now = record->states;
    take_word(&now, word);
    take_facts(record, word);
    change_states(store, record, &now, first ? word : NULL);
    return 0;
}

const struct vane_link_states *vane_link_store_networkd_states(struct vane_link_store *store,
                                                               uint32_t index)
{
    struct vane_link_record *record = vane_link_record_find(store, index);

    return record && record->states.from_networkd ? &record->states : NULL;
}

static void drop_one(struct vane_link_store *store, struct vane_link_record *record)
{
    struct vane_link_states now = {.administrative = "unmanaged"};

    g_strlcpy(now.operational, derived_word(store, record), sizeof(now.operational));
    vane_networkd_facts_unref(record->networkd);
    record->networkd = NULL;
    change_states(store, record, &now, NULL);
}

void vane_link_store_drop_networkd(struct vane_link_store *store)
{
    store->networkd_present = false;
    for (GTreeNode *node = g_tree_node_first(store->links); node; node = g_tree_node_next(node))
        drop_one(store, g_tree_node_value(node));
}
