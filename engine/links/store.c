/* The records of all links. See store.h. */
#include "engine/links/store.h"

#include <errno.h>
#include <string.h>

#include "engine/links/store-internal.h"

/* How long networkd's last word on a removed link is waited for. */
#define DEPARTED_MS 5000
/* So many removed links are remembered at most. */
#define DEPARTED_MAX 4096

static int compare_index(const void *a, const void *b, void *user)
{
    guint x = GPOINTER_TO_UINT(a), y = GPOINTER_TO_UINT(b);

    return x < y ? -1 : x > y;
}

static void free_record(void *pointer)
{
    struct vane_link_record *record = pointer;

    vane_link_identity_unref(record->identity);
    vane_link_facts_unref(record->facts);
    vane_networkd_facts_unref(record->networkd);
    vane_wifi_facts_unref(record->wifi);
    g_tree_unref(record->addresses);
    g_tree_unref(record->routes);
    vane_words_unref(record->address_words);
    vane_words_unref(record->gateway_words);
    if (record->snapshot)
        vane_payload_unref(&record->snapshot->payload);
    g_free(record);
}

static void free_departed(void *pointer)
{
    struct vane_link_departed *departed = pointer;

    vane_payload_unref(&departed->snapshot->payload);
    g_free(departed);
}

struct vane_link_store *vane_link_store_new(const struct vane_link_outlet *outlet)
{
    struct vane_link_store *store = g_new0(struct vane_link_store, 1);

    store->outlet = *outlet;
    store->links = g_tree_new_full(compare_index, NULL, NULL, free_record);
    store->memberships = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    store->departed = g_hash_table_new_full(NULL, NULL, NULL, free_departed);
    store->routes = vane_link_routes_new(true);
    return store;
}

void vane_link_store_free(struct vane_link_store *store)
{
    if (!store)
        return;
    g_tree_unref(store->links);
    g_tree_unref(store->routes);
    g_hash_table_unref(store->memberships);
    g_hash_table_unref(store->departed);
    g_free(store);
}

void vane_link_store_set_live(struct vane_link_store *store, bool live)
{
    store->live = live;
}

struct vane_link_record *vane_link_record_find(const struct vane_link_store *store, uint32_t index)
{
    return g_tree_lookup(store->links, GUINT_TO_POINTER(index));
}

struct vane_link_record *vane_link_record_new(struct vane_link_store *store, uint32_t index)
{
    struct vane_link_record *record = g_new0(struct vane_link_record, 1);

    record->index = index;
    record->addresses = vane_link_addresses_new();
    record->routes = vane_link_routes_new(false);
    g_tree_insert(store->links, GUINT_TO_POINTER(index), record);
    return record;
}

void vane_link_record_touch(struct vane_link_record *record)
{
    if (record->snapshot)
        vane_payload_unref(&record->snapshot->payload);
    record->snapshot = NULL;
}

static const char *name_of(struct vane_link_store *store, uint32_t index)
{
    struct vane_link_record *record = index ? vane_link_record_find(store, index) : NULL;

    return record ? record->facts->kernel.name : NULL;
}

/* What IFLA_LINK says of a veth may be an index in another namespace; a name would be wrong. */
static const char *lower_name(struct vane_link_store *store, const struct vane_rtnl_link *link)
{
    if (link->lower == link->index || strcmp(link->kind, "veth") == 0 ||
        strcmp(link->kind, "vxcan") == 0)
        return NULL;
    return name_of(store, link->lower);
}

const struct vane_link_snapshot *vane_link_record_snapshot(struct vane_link_store *store,
                                                           struct vane_link_record *record)
{
    struct vane_link_parts parts;

    if (record->snapshot)
        return record->snapshot;
    parts = (struct vane_link_parts){
        .identity = record->identity,
        .facts = record->facts,
        .networkd = record->networkd,
        .wifi = record->wifi,
        .addresses = vane_link_record_addresses(record),
        .gateways = vane_link_record_gateways(record),
        .states = &record->states,
        .master = name_of(store, record->facts->kernel.master),
        .lower = lower_name(store, &record->facts->kernel),
    };
    record->snapshot = vane_link_snapshot_new(&parts);
    return record->snapshot;
}

static gboolean is_stale(void *key, void *value, void *user)
{
    return ((struct vane_link_departed *)value)->until_ms <= *(uint64_t *)user;
}

static void remember_departed(struct vane_link_store *store, struct vane_link_record *record)
{
    uint64_t now = store->outlet.now_ms(store->outlet.user);
    struct vane_link_departed *departed;

    if (now >= store->departed_sweep_ms || g_hash_table_size(store->departed) >= DEPARTED_MAX) {
        g_hash_table_foreach_remove(store->departed, is_stale, &now);
        store->departed_sweep_ms = now + DEPARTED_MS;
    }
    if (g_hash_table_size(store->departed) >= DEPARTED_MAX)
        g_hash_table_remove_all(store->departed);
    departed = g_new0(struct vane_link_departed, 1);
    departed->snapshot = vane_link_record_snapshot(store, record);
    vane_payload_ref(&departed->snapshot->payload);
    departed->until_ms = now + DEPARTED_MS;
    g_hash_table_replace(store->departed, GUINT_TO_POINTER(record->index), departed);
}

void vane_link_record_depart(struct vane_link_store *store, struct vane_link_record *record)
{
    if (store->networkd_present)
        remember_departed(store, record);
    g_tree_remove(store->links, GUINT_TO_POINTER(record->index));
}

bool vane_link_store_departed(struct vane_link_store *store, uint32_t index)
{
    struct vane_link_departed *departed =
        g_hash_table_lookup(store->departed, GUINT_TO_POINTER(index));

    return departed && departed->until_ms > store->outlet.now_ms(store->outlet.user);
}

int vane_link_store_apply(struct vane_link_store *store, const struct nlmsghdr *message)
{
    switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        return vane_link_store_apply_link(store, message);
    case RTM_NEWADDR:
    case RTM_DELADDR:
        return vane_link_store_apply_address(store, message);
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        return vane_link_store_apply_route(store, message);
    }
    return -ENOMSG;
}

void vane_link_store_begin_dump(struct vane_link_store *store)
{
    store->mark++;
}

static const struct vane_link_snapshot *referenced(struct vane_link_store *store,
                                                   struct vane_link_record *record)
{
    const struct vane_link_snapshot *snapshot;

    if (!record)
        return NULL;
    snapshot = vane_link_record_snapshot(store, record);
    vane_payload_ref(&snapshot->payload);
    return snapshot;
}

const struct vane_link_snapshot *vane_link_store_get(struct vane_link_store *store, uint32_t index)
{
    return referenced(store, vane_link_record_find(store, index));
}

static bool has_name(const struct vane_link_facts *facts, const char *name)
{
    const struct vane_words *others = facts->alternative_names;

    if (strcmp(facts->kernel.name, name) == 0)
        return true;
    for (uint32_t i = 0; others && i < others->count; i++)
        if (strcmp(others->at[i], name) == 0)
            return true;
    return false;
}

const struct vane_link_snapshot *vane_link_store_get_by_name(struct vane_link_store *store,
                                                             const char *name)
{
    for (GTreeNode *node = g_tree_node_first(store->links); node; node = g_tree_node_next(node)) {
        struct vane_link_record *record = g_tree_node_value(node);

        if (has_name(record->facts, name))
            return referenced(store, record);
    }
    return NULL;
}

const struct vane_link_snapshot *vane_link_store_next(struct vane_link_store *store, uint32_t after)
{
    GTreeNode *node = g_tree_upper_bound(store->links, GUINT_TO_POINTER(after));

    return node ? referenced(store, g_tree_node_value(node)) : NULL;
}

uint32_t vane_link_store_count(const struct vane_link_store *store)
{
    return (uint32_t)g_tree_nnodes(store->links);
}

bool vane_link_store_has(const struct vane_link_store *store, uint32_t index)
{
    return vane_link_record_find(store, index) != NULL;
}

void vane_link_store_publish(struct vane_link_store *store, const char *topic,
                             struct vane_link_record *record, const struct vane_field *extra,
                             uint32_t count)
{
    if (!store->live)
        return;
    store->outlet.publish(
        store->outlet.user, topic,
        vane_link_event_payload(vane_link_record_snapshot(store, record), extra, count));
}

void vane_link_store_publish_fields(struct vane_link_store *store, const char *topic,
                                    const struct vane_field *fields, uint32_t count)
{
    struct vane_fields list = {sizeof(*fields), count, fields};
    struct vane_payload *payload;

    if (store->live && vane_payload_new(&list, &payload) == 0)
        store->outlet.publish(store->outlet.user, topic, payload);
}
