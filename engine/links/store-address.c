/* What RTM_NEWADDR and RTM_DELADDR change. See store.h. */
#include "engine/links/store-internal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_addr.h>

#include "engine/links/ip.h"
#include "engine/links/words.h"

struct address_entry {
    struct vane_rtnl_address address;
    uint32_t mark;
    bool announced; /* address.added was due: it has been usable */
};

/* What the kernel tells addresses of a link apart by. */
static int compare_entries(const void *a, const void *b, void *user)
{
    const struct vane_rtnl_address *x = a, *y = b;
    int r = vane_ip_compare(&x->local, &y->local);

    if (r == 0)
        r = (int)x->prefix_length - (int)y->prefix_length;
    return r ? r : vane_ip_compare(&x->peer, &y->peer);
}

/* The order in which networkctl shows them. */
static int compare_shown(const void *a, const void *b)
{
    const struct vane_rtnl_address *x = *(const void *const *)a, *y = *(const void *const *)b;

    if (x->local.family != y->local.family)
        return x->local.family < y->local.family ? -1 : 1;
    if (x->scope != y->scope)
        return x->scope < y->scope ? -1 : 1;
    if (x->metric != y->metric)
        return x->metric < y->metric ? -1 : 1;
    return compare_entries(x, y, NULL);
}

GTree *vane_link_addresses_new(void)
{
    return g_tree_new_full(compare_entries, NULL, g_free, NULL);
}

/* Deprecated ones are not for new connections, and networkctl leaves them out. */
static GPtrArray *shown_addresses(GTree *addresses)
{
    GPtrArray *shown = g_ptr_array_new();

    for (GTreeNode *node = g_tree_node_first(addresses); node; node = g_tree_node_next(node)) {
        struct address_entry *entry = g_tree_node_value(node);

        if (!(entry->address.flags & IFA_F_DEPRECATED))
            g_ptr_array_add(shown, &entry->address);
    }
    g_ptr_array_sort(shown, compare_shown);
    return shown;
}

struct vane_words *vane_link_record_addresses(struct vane_link_record *record)
{
    g_autoptr(GPtrArray) shown = NULL;
    g_autoptr(GPtrArray) texts = NULL;

    if (record->addresses_fresh)
        return record->address_words;
    shown = shown_addresses(record->addresses);
    texts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < shown->len; i++) {
        const struct vane_rtnl_address *address = shown->pdata[i];
        char text[VANE_IP_TEXT];

        vane_ip_text(&address->local, address->prefix_length, text);
        g_ptr_array_add(texts, g_strdup(text));
    }
    vane_words_unref(record->address_words);
    record->address_words = vane_words_new((const char *const *)texts->pdata, texts->len);
    record->addresses_fresh = true;
    return record->address_words;
}

static uint32_t add_ends(struct vane_field *fields, const struct vane_rtnl_address *address,
                         char local[static VANE_IP_TEXT], char peer[static VANE_IP_TEXT])
{
    uint32_t n = 0;

    vane_ip_text(&address->local, -1, local);
    fields[n++] = vane_string("address", local);
    fields[n++] = vane_uint64("prefix_length", address->prefix_length);
    fields[n++] = vane_string("family", address->local.family == AF_INET ? "ipv4" : "ipv6");
    if (address->peer.family) {
        vane_ip_text(&address->peer, -1, peer);
        fields[n++] = vane_string("peer", peer);
    }
    return n;
}

static void publish_address(struct vane_link_store *store, struct vane_link_record *record,
                            const char *topic, const struct vane_rtnl_address *address)
{
    char local[VANE_IP_TEXT], peer[VANE_IP_TEXT];
    const char *flags[VANE_FLAG_WORDS];
    struct vane_field fields[10];
    uint32_t n = 0;

    if (!store->live)
        return;
    fields[n++] = vane_string("interface_name", record->facts->kernel.name);
    fields[n++] = vane_uint64("interface_index", record->index);
    n += add_ends(fields + n, address, local, peer);
    if (vane_scope_word(address->scope))
        fields[n++] = vane_string("scope", vane_scope_word(address->scope));
    fields[n++] = vane_strings("flags", flags, vane_address_flag_words(address->flags, flags));
    if (address->label[0])
        fields[n++] = vane_string("label", address->label);
    vane_link_store_publish_fields(store, topic, fields, n);
}

static void count_address(struct vane_link_record *record, const struct vane_rtnl_address *address,
                          int by)
{
    record->reach[vane_address_reach(address)] += (uint32_t)by;
    if (address->local.family == AF_INET)
        record->ipv4_addresses += (uint32_t)by;
    record->addresses_fresh = false;
    vane_link_record_touch(record);
}

static bool is_usable(const struct vane_rtnl_address *address)
{
    return !(address->flags & IFA_F_TENTATIVE) || (address->flags & IFA_F_OPTIMISTIC);
}

static void store_address(struct vane_link_store *store, struct vane_link_record *record,
                          const struct vane_rtnl_address *address)
{
    struct address_entry *entry = g_tree_lookup(record->addresses, address);
    bool announced = entry && entry->announced;

    if (entry) {
        count_address(record, &entry->address, -1);
    } else {
        entry = g_new0(struct address_entry, 1);
        entry->address = *address; /* the key */
        g_tree_insert(record->addresses, entry, entry);
    }
    entry->address = *address;
    entry->mark = store->mark;
    entry->announced = announced || is_usable(address);
    count_address(record, address, 1);
    if (entry->announced && !announced)
        publish_address(store, record, "address.added", address);
    vane_link_record_update_states(store, record);
}

static void remove_entry(struct vane_link_store *store, struct vane_link_record *record,
                         struct address_entry *entry)
{
    struct vane_rtnl_address address = entry->address;
    bool announced = entry->announced;

    count_address(record, &address, -1);
    g_tree_remove(record->addresses, entry);
    if (announced)
        publish_address(store, record, "address.removed", &address);
    if (address.local.family == AF_INET)
        vane_link_record_drop_routes(store, record, AF_INET,
                                     record->ipv4_addresses > 0 ? &address.local : NULL);
}

void vane_link_record_drop_addresses(struct vane_link_store *store, struct vane_link_record *record,
                                     bool unmarked_only)
{
    g_autoptr(GPtrArray) gone = g_ptr_array_new();

    for (GTreeNode *node = g_tree_node_first(record->addresses); node;
         node = g_tree_node_next(node)) {
        struct address_entry *entry = g_tree_node_value(node);

        if (!unmarked_only || entry->mark != store->mark)
            g_ptr_array_add(gone, entry);
    }
    for (guint i = 0; i < gone->len; i++)
        remove_entry(store, record, gone->pdata[i]);
}

int vane_link_store_apply_address(struct vane_link_store *store, const struct nlmsghdr *message)
{
    struct vane_rtnl_address address;
    struct vane_link_record *record;
    struct address_entry *entry;
    int r = vane_parse_address(message, &address);

    if (r < 0)
        return r;
    record = vane_link_record_find(store, address.index);
    if (!record)
        return -ENOMSG;
    if (message->nlmsg_type == RTM_NEWADDR) {
        store_address(store, record, &address);
        return 0;
    }
    entry = g_tree_lookup(record->addresses, &address);
    if (entry) {
        remove_entry(store, record, entry);
        vane_link_record_update_states(store, record);
    }
    return 0;
}

void vane_link_store_end_addresses(struct vane_link_store *store)
{
    for (GTreeNode *node = g_tree_node_first(store->links); node; node = g_tree_node_next(node)) {
        struct vane_link_record *record = g_tree_node_value(node);

        vane_link_record_drop_addresses(store, record, true);
        vane_link_record_update_states(store, record);
    }
}
