/*
 * What RTM_NEWROUTE and RTM_DELROUTE change: default routes only, one entry a next hop, so that a
 * full routing table costs nothing. See store.h.
 */
#include "engine/links/store-internal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/links/ip.h"
#include "engine/links/words.h"

struct route_entry {
    uint8_t family, tos, protocol, scope;
    uint32_t table, metric, index;
    struct vane_ip gateway;
    struct vane_ip source;
    uint32_t mark;
};

static int compare_numbers(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

/* Next hops of one route stand side by side. */
static int compare_routes(const struct route_entry *a, const struct route_entry *b)
{
    int r = compare_numbers(a->family, b->family);

    if (r == 0)
        r = compare_numbers(a->table, b->table);
    if (r == 0)
        r = compare_numbers(a->metric, b->metric);
    return r ? r : compare_numbers(a->tos, b->tos);
}

static int compare_entries(const void *a, const void *b, void *user)
{
    const struct route_entry *x = a, *y = b;
    int r = compare_routes(x, y);

    if (r == 0)
        r = compare_numbers(x->index, y->index);
    return r ? r : vane_ip_compare(&x->gateway, &y->gateway);
}

GTree *vane_link_routes_new(bool owned)
{
    return g_tree_new_full(compare_entries, NULL, owned ? g_free : NULL, NULL);
}

static int compare_shown(const void *a, const void *b)
{
    const struct route_entry *x = *(const void *const *)a, *y = *(const void *const *)b;
    int r = compare_numbers(x->gateway.family, y->gateway.family);

    if (r == 0)
        r = compare_numbers(x->metric, y->metric);
    return r ? r : vane_ip_compare(&x->gateway, &y->gateway);
}

static bool is_repeated(GPtrArray *texts, const char *text)
{
    return texts->len > 0 && strcmp(texts->pdata[texts->len - 1], text) == 0;
}

static GPtrArray *shown_gateways(GTree *routes)
{
    GPtrArray *shown = g_ptr_array_new();

    for (GTreeNode *node = g_tree_node_first(routes); node; node = g_tree_node_next(node)) {
        struct route_entry *entry = g_tree_node_value(node);

        if (entry->table == RT_TABLE_MAIN && entry->gateway.family)
            g_ptr_array_add(shown, entry);
    }
    g_ptr_array_sort(shown, compare_shown);
    return shown;
}

struct vane_words *vane_link_record_gateways(struct vane_link_record *record)
{
    g_autoptr(GPtrArray) shown = NULL;
    g_autoptr(GPtrArray) texts = NULL;

    if (record->gateways_fresh)
        return record->gateway_words;
    shown = shown_gateways(record->routes);
    texts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < shown->len; i++) {
        char text[VANE_IP_TEXT];

        vane_ip_text(&((struct route_entry *)shown->pdata[i])->gateway, -1, text);
        if (!is_repeated(texts, text))
            g_ptr_array_add(texts, g_strdup(text));
    }
    vane_words_unref(record->gateway_words);
    record->gateway_words = vane_words_new((const char *const *)texts->pdata, texts->len);
    record->gateways_fresh = true;
    return record->gateway_words;
}

static void publish_route(struct vane_link_store *store, const char *topic,
                          const struct vane_link_record *record, const struct route_entry *entry)
{
    char gateway[VANE_IP_TEXT], source[VANE_IP_TEXT];
    const char *protocol = vane_route_protocol_word(entry->protocol);
    struct vane_field fields[10];
    uint32_t n = 0;

    fields[n++] = vane_string("interface_name", record->facts->kernel.name);
    fields[n++] = vane_uint64("interface_index", record->index);
    fields[n++] = vane_string("family", entry->family == AF_INET ? "ipv4" : "ipv6");
    fields[n++] = vane_string("destination", entry->family == AF_INET ? "0.0.0.0/0" : "::/0");
    if (entry->gateway.family) {
        vane_ip_text(&entry->gateway, -1, gateway);
        fields[n++] = vane_string("gateway", gateway);
    }
    if (entry->source.family) {
        vane_ip_text(&entry->source, -1, source);
        fields[n++] = vane_string("preferred_source", source);
    }
    if (protocol)
        fields[n++] = vane_string("protocol", protocol);
    fields[n++] = vane_uint64("table", entry->table);
    fields[n++] = vane_uint64("metric", entry->metric);
    vane_link_store_publish_fields(store, topic, fields, n);
}

static void touch_gateways(struct vane_link_record *record)
{
    record->gateways_fresh = false;
    vane_link_record_touch(record);
}

static void remove_entry(struct vane_link_store *store, struct route_entry *entry)
{
    struct vane_link_record *record = vane_link_record_find(store, entry->index);

    if (record) {
        g_tree_remove(record->routes, entry);
        touch_gateways(record);
        publish_route(store, "route.removed", record, entry);
    }
    g_tree_remove(store->routes, entry);
}

static void store_nexthop(struct vane_link_store *store, const struct route_entry *hop)
{
    struct vane_link_record *record = vane_link_record_find(store, hop->index);
    struct route_entry *entry = g_tree_lookup(store->routes, hop);

    if (entry) {
        *entry = *hop;
        return;
    }
    if (!record)
        return;
    entry = g_memdup2(hop, sizeof(*hop));
    g_tree_insert(store->routes, entry, entry);
    g_tree_insert(record->routes, entry, entry);
    touch_gateways(record);
    publish_route(store, "route.added", record, entry);
}

static struct route_entry entry_of(const struct vane_link_store *store,
                                   const struct vane_rtnl_route *route, uint32_t hop)
{
    return (struct route_entry){
        .family = route->family,
        .tos = route->tos,
        .protocol = route->protocol,
        .scope = route->scope,
        .table = route->table,
        .metric = route->metric,
        .source = route->preferred_source,
        .mark = store->mark,
        .index = hop < route->nexthop_count ? route->nexthops[hop].index : 0,
        .gateway = hop < route->nexthop_count ? route->nexthops[hop].gateway : (struct vane_ip){0},
    };
}

static bool has_hop(const struct vane_rtnl_route *route, const struct route_entry *entry)
{
    for (uint32_t i = 0; i < route->nexthop_count; i++)
        if (route->nexthops[i].index == entry->index &&
            vane_ip_compare(&route->nexthops[i].gateway, &entry->gateway) == 0)
            return true;
    return false;
}

/* The kernel tells of a replaced route by its successor only. */
static void remove_replaced(struct vane_link_store *store, const struct vane_rtnl_route *route)
{
    struct route_entry first = entry_of(store, route, route->nexthop_count);
    g_autoptr(GPtrArray) gone = g_ptr_array_new();

    for (GTreeNode *node = g_tree_lower_bound(store->routes, &first);
         node && compare_routes(g_tree_node_key(node), &first) == 0; node = g_tree_node_next(node))
        if (!has_hop(route, g_tree_node_key(node)))
            g_ptr_array_add(gone, g_tree_node_key(node));
    for (guint i = 0; i < gone->len; i++)
        remove_entry(store, gone->pdata[i]);
}

static void remove_hops(struct vane_link_store *store, const struct vane_rtnl_route *route)
{
    for (uint32_t i = 0; i < route->nexthop_count; i++) {
        struct route_entry hop = entry_of(store, route, i);
        struct route_entry *entry = g_tree_lookup(store->routes, &hop);

        if (entry)
            remove_entry(store, entry);
    }
}

int vane_link_store_apply_route(struct vane_link_store *store, const struct nlmsghdr *message)
{
    struct vane_rtnl_route route;
    int r;

    if (!vane_route_is_default(message))
        return -ENOMSG;
    r = vane_parse_route(message, &route);
    if (r < 0)
        return r;
    if (message->nlmsg_type == RTM_DELROUTE) {
        remove_hops(store, &route);
        return 0;
    }
    if (message->nlmsg_flags & NLM_F_REPLACE)
        remove_replaced(store, &route);
    for (uint32_t i = 0; i < route.nexthop_count; i++) {
        struct route_entry hop = entry_of(store, &route, i);

        store_nexthop(store, &hop);
    }
    return 0;
}

void vane_link_record_drop_routes(struct vane_link_store *store, struct vane_link_record *record,
                                  uint8_t family, const struct vane_ip *source)
{
    g_autoptr(GPtrArray) gone = NULL;

    if (g_tree_nnodes(record->routes) == 0)
        return;
    gone = g_ptr_array_new();
    for (GTreeNode *node = g_tree_node_first(record->routes); node; node = g_tree_node_next(node)) {
        struct route_entry *entry = g_tree_node_value(node);

        if (family != AF_UNSPEC && entry->family != family)
            continue;
        if (!source || vane_ip_compare(source, &entry->source) == 0)
            g_ptr_array_add(gone, entry);
    }
    for (guint i = 0; i < gone->len; i++)
        remove_entry(store, gone->pdata[i]);
}

void vane_link_store_end_routes(struct vane_link_store *store)
{
    g_autoptr(GPtrArray) gone = g_ptr_array_new();

    for (GTreeNode *node = g_tree_node_first(store->routes); node; node = g_tree_node_next(node))
        if (((struct route_entry *)g_tree_node_value(node))->mark != store->mark)
            g_ptr_array_add(gone, g_tree_node_value(node));
    for (guint i = 0; i < gone->len; i++)
        remove_entry(store, gone->pdata[i]);
}
