/* What RTM_NEWLINK and RTM_DELLINK change. See store.h. */
#include "engine/links/store-internal.h"

#include <errno.h>
#include <string.h>

#include "engine/links/words.h"

static struct vane_link_identity *identify(struct vane_link_store *store,
                                           const struct vane_rtnl_link *link)
{
    const char *devtype;

    if (store->outlet.identify)
        return store->outlet.identify(store->outlet.user, link);
    devtype = link->kind[0] ? vane_kind_devtype(link->kind) : NULL;
    return vane_link_identity_new(devtype && *devtype ? devtype : NULL,
                                  link->kind[0] ? vane_kind_driver(link->kind) : NULL);
}

static void publish_renamed(struct vane_link_store *store, struct vane_link_record *record,
                            const char *old_name)
{
    const struct vane_field extra[] = {vane_string("old_name", old_name)};

    vane_link_store_publish(store, "link.renamed", record, extra, 1);
}

static void publish_mtu(struct vane_link_store *store, struct vane_link_record *record,
                        uint32_t previous)
{
    const struct vane_field extra[] = {vane_uint64("previous_mtu", previous)};

    vane_link_store_publish(store, "link.mtu", record, extra, 1);
}

static void publish_master(struct vane_link_store *store, struct vane_link_record *record,
                           uint32_t previous)
{
    struct vane_link_record *master = previous ? vane_link_record_find(store, previous) : NULL;
    struct vane_field extra[2];
    uint32_t count = 0;

    if (master)
        extra[count++] = vane_string("previous_master", master->facts->kernel.name);
    if (previous)
        extra[count++] = vane_uint64("previous_master_index", previous);
    vane_link_store_publish(store, "link.master", record, extra, count);
}

static void publish_differences(struct vane_link_store *store, struct vane_link_record *record,
                                const struct vane_rtnl_link *old)
{
    const struct vane_rtnl_link *now = &record->facts->kernel;

    if (strcmp(old->name, now->name) != 0)
        publish_renamed(store, record, old->name);
    if (old->mtu != now->mtu)
        publish_mtu(store, record, old->mtu);
    if (old->master != now->master)
        publish_master(store, record, old->master);
    if (vane_link_has_carrier(old) != vane_link_has_carrier(now))
        vane_link_store_publish(store, "link.carrier", record, NULL, 0);
}

/* The snapshots of its members and of links above it carry its name. */
static void touch_all(struct vane_link_store *store)
{
    for (GTreeNode *node = g_tree_node_first(store->links); node; node = g_tree_node_next(node))
        vane_link_record_touch(g_tree_node_value(node));
}

static void tell_appeared(struct vane_link_store *store, struct vane_link_record *record)
{
    if (store->outlet.appeared)
        store->outlet.appeared(store->outlet.user, vane_link_record_snapshot(store, record));
}

static void add_link(struct vane_link_store *store, const struct vane_rtnl_link *link,
                     const struct vane_rtnl_names *names)
{
    struct vane_link_record *record = vane_link_record_new(store, link->index);
    bool live = store->live;

    record->mark = store->mark;
    record->facts = vane_link_facts_new(link, names);
    record->identity = identify(store, link);
    if (!store->networkd_present)
        g_strlcpy(record->states.administrative, "unmanaged", VANE_STATE_WORD);
    store->live = false; /* its first state is no change */
    vane_link_record_update_states(store, record);
    store->live = live;
    vane_link_store_publish(store, "link.added", record, NULL, 0);
    tell_appeared(store, record);
}

/* A link that was renamed while it was looked up is looked up again under its new name. */
static void replace_identity(struct vane_link_store *store, struct vane_link_record *record)
{
    vane_link_identity_unref(record->identity);
    record->identity = identify(store, &record->facts->kernel);
    if (record->identity->complete)
        tell_appeared(store, record);
}

static bool goes_down(const struct vane_rtnl_link *old, const struct vane_rtnl_link *now)
{
    return (old->flags & IFF_UP) && !(now->flags & IFF_UP);
}

static void change_link(struct vane_link_store *store, struct vane_link_record *record,
                        const struct vane_rtnl_link *link, const struct vane_rtnl_names *names)
{
    struct vane_link_facts *old = record->facts;
    struct vane_link_states previous;

    record->facts = vane_link_facts_new(link, names);
    record->mark = store->mark;
    if (!record->identity->complete)
        replace_identity(store, record);
    if (strcmp(old->kernel.name, link->name) != 0)
        touch_all(store);
    vane_link_record_touch(record);
    vane_link_record_derive(store, record, &previous);
    publish_differences(store, record, &old->kernel);
    if (goes_down(&old->kernel, link))
        vane_link_record_drop_routes(store, record, AF_INET, NULL);
    vane_link_record_announce_states(store, record, &previous);
    vane_link_facts_unref(old);
}

static void store_link(struct vane_link_store *store, const struct vane_rtnl_link *link,
                       const struct vane_rtnl_names *names)
{
    struct vane_link_record *record = vane_link_record_find(store, link->index);

    if (record)
        change_link(store, record, link, names);
    else
        add_link(store, link, names);
}

void vane_link_store_remove_link(struct vane_link_store *store, struct vane_link_record *record)
{
    vane_link_record_drop_routes(store, record, AF_UNSPEC, NULL);
    vane_link_record_drop_addresses(store, record, false);
    vane_link_record_leave_master(store, record);
    vane_link_store_publish(store, "link.removed", record, NULL, 0);
    vane_link_record_depart(store, record);
}

int vane_link_store_apply_link(struct vane_link_store *store, const struct nlmsghdr *message)
{
    struct vane_rtnl_names names;
    struct vane_rtnl_link link;
    struct vane_link_record *record;
    int r = vane_parse_link(message, &link, &names);

    if (r < 0)
        return r;
    if (message->nlmsg_type == RTM_NEWLINK) {
        store_link(store, &link, &names);
        return 0;
    }
    record = vane_link_record_find(store, link.index);
    if (record)
        vane_link_store_remove_link(store, record);
    return 0;
}

void vane_link_store_end_links(struct vane_link_store *store)
{
    g_autoptr(GPtrArray) gone = g_ptr_array_new();

    for (GTreeNode *node = g_tree_node_first(store->links); node; node = g_tree_node_next(node))
        if (((struct vane_link_record *)g_tree_node_value(node))->mark != store->mark)
            g_ptr_array_add(gone, g_tree_node_value(node));
    for (guint i = 0; i < gone->len; i++)
        vane_link_store_remove_link(store, gone->pdata[i]);
}
