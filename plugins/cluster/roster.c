/* Who is in the cluster. See roster.h. */
#include "plugins/cluster/roster.h"

#include <errno.h>
#include <string.h>

/* A little less than is crowded, so that it is not told again and again. */
#define UNCROWDED (VANE_ROSTER_MAX / 10 * 9)

static void free_node(gpointer value)
{
    struct vane_node *node = value;

    vane_presence_clear(&node->presence);
    g_free(node);
}

void vane_roster_init(struct vane_roster *roster)
{
    roster->nodes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_node);
}

void vane_roster_clear(struct vane_roster *roster)
{
    g_clear_pointer(&roster->nodes, g_hash_table_unref);
}

static void set_state(struct vane_roster *roster, struct vane_node *node,
                      enum vane_node_state state, int64_t now_ms)
{
    enum vane_node_state before = node->state;

    if (before == state)
        return;
    node->state = state;
    node->changed_ms = now_ms;
    if (state == VANE_NODE_HERE) {
        node->joined_ms = now_ms;
        if (roster->joined)
            roster->joined(roster->user, node);
    } else if (before == VANE_NODE_HERE && roster->left) {
        roster->left(roster->user, node);
    }
}

static void set_crowded(struct vane_roster *roster, bool is_crowded)
{
    if (roster->is_crowded == is_crowded)
        return;
    roster->is_crowded = is_crowded;
    if (roster->crowded)
        roster->crowded(roster->user, is_crowded);
}

static bool goes_before(const struct vane_node *node, const struct vane_node *other)
{
    bool is_here = node->state == VANE_NODE_HERE;

    if (!other || is_here != (other->state == VANE_NODE_HERE))
        return !other || !is_here;
    return node->heard_number < other->heard_number;
}

/* Who goes when somebody else comes; NULL: nobody. */
static struct vane_node *find_dispensable(const struct vane_roster *roster)
{
    struct vane_node *first = NULL;
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, roster->nodes);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct vane_node *node = value;

        if (!node->is_named && goes_before(node, first))
            first = node;
    }
    return first;
}

/* Who says goodbye without having been known takes nobody's place. */
static bool make_room(struct vane_roster *roster, bool leaving, int64_t now_ms)
{
    struct vane_node *node;

    if (g_hash_table_size(roster->nodes) < VANE_ROSTER_MAX)
        return true;
    node = find_dispensable(roster);
    if (!leaving && (!node || node->state == VANE_NODE_HERE))
        set_crowded(roster, true);
    if (!node || (leaving && node->state == VANE_NODE_HERE))
        return false;
    if (node->state == VANE_NODE_HERE)
        set_state(roster, node, VANE_NODE_SILENT, now_ms);
    return g_hash_table_remove(roster->nodes, node->nkey);
}

static struct vane_node *find_or_add(struct vane_roster *roster, const char *nkey, bool leaving,
                                     int64_t now_ms)
{
    struct vane_node *node = g_hash_table_lookup(roster->nodes, nkey);

    if (node || !make_room(roster, leaving, now_ms))
        return node;
    node = g_new0(struct vane_node, 1);
    g_strlcpy(node->nkey, nkey, sizeof(node->nkey));
    node->state = VANE_NODE_LEFT;
    node->is_named = roster->named && roster->named(roster->user, nkey);
    g_hash_table_insert(roster->nodes, node->nkey, node);
    return node;
}

int vane_roster_hear(struct vane_roster *roster, const char *nkey, struct vane_presence *presence,
                     int64_t signed_ms, int64_t now_ms)
{
    struct vane_node *node = find_or_add(roster, nkey, presence->leaving, now_ms);
    bool differs;

    if (!node || signed_ms <= node->signed_ms) {
        vane_presence_clear(presence);
        return node ? -ESTALE : -ENOBUFS;
    }
    differs = node->state == VANE_NODE_HERE && !presence->leaving &&
              !vane_presence_equal(&node->presence, presence);
    vane_presence_clear(&node->presence);
    node->presence = *presence;
    node->signed_ms = signed_ms;
    node->heard_ms = now_ms;
    node->heard_number = ++roster->heard;
    set_state(roster, node, presence->leaving ? VANE_NODE_LEFT : VANE_NODE_HERE, now_ms);
    if (differs && roster->changed)
        roster->changed(roster->user, node);
    return 0;
}

void vane_roster_check(struct vane_roster *roster, int64_t now_ms)
{
    GHashTableIter iterator;
    gpointer value;
    unsigned here = 0;

    g_hash_table_iter_init(&iterator, roster->nodes);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct vane_node *node = value;
        int64_t patience = (int64_t)node->presence.interval_ms * VANE_ROSTER_PATIENCE;

        if (node->state == VANE_NODE_HERE && now_ms - node->heard_ms > patience)
            set_state(roster, node, VANE_NODE_SILENT, now_ms);
        here += node->state == VANE_NODE_HERE;
    }
    if (here < UNCROWDED)
        set_crowded(roster, false);
}

void vane_roster_listen_anew(struct vane_roster *roster, int64_t now_ms)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, roster->nodes);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        ((struct vane_node *)value)->heard_ms = now_ms;
}

const struct vane_membership *vane_node_in(const struct vane_node *node, uint16_t network)
{
    const GArray *networks = node->presence.networks;

    for (guint i = 0; networks && i < networks->len; i++)
        if (g_array_index(networks, struct vane_membership, i).network == network)
            return &g_array_index(networks, struct vane_membership, i);
    return NULL;
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const struct vane_node *left = *(struct vane_node *const *)a;
    const struct vane_node *right = *(struct vane_node *const *)b;
    int order = g_strcmp0(left->presence.name, right->presence.name);

    return order ? order : strcmp(left->nkey, right->nkey);
}

GPtrArray *vane_roster_sorted(const struct vane_roster *roster)
{
    GPtrArray *nodes = g_ptr_array_new();
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, roster->nodes);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        g_ptr_array_add(nodes, value);
    g_ptr_array_sort(nodes, compare);
    return nodes;
}

const char *vane_node_state_word(enum vane_node_state state)
{
    switch (state) {
    case VANE_NODE_HERE:
        return "here";
    case VANE_NODE_SILENT:
        return "silent";
    case VANE_NODE_LEFT:
        return "left";
    }
    return "?";
}
