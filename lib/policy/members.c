/* Who there is in a network, who comes and who goes. See members.h. */
#include "lib/policy/members-internal.h"

#include <string.h>

static void free_peer(gpointer value)
{
    struct vane_policy_peer *peer = value;

    g_free(peer->name);
    g_strfreev(peer->announced);
    g_strfreev(peer->given);
    g_ptr_array_unref(peer->tags);
    g_free(peer);
}

struct vane_policy_members *vane_policy_members_new(void)
{
    struct vane_policy_members *members = g_new0(struct vane_policy_members, 1);

    members->peers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_peer);
    members->ids = g_hash_table_new(NULL, NULL);
    return members;
}

void vane_policy_members_free(struct vane_policy_members *members)
{
    if (!members)
        return;
    g_hash_table_unref(members->peers);
    g_hash_table_unref(members->ids);
    g_strfreev(members->local_tags);
    g_free(members);
}

/* ---- who there is ---- */

struct vane_policy_peer *vane_policy_members_find(const struct vane_policy_members *members,
                                                  const char *nkey)
{
    return g_hash_table_lookup(members->peers, nkey);
}

struct vane_policy_peer *vane_policy_members_find_id(const struct vane_policy_members *members,
                                                     uint32_t id)
{
    return g_hash_table_lookup(members->ids, GUINT_TO_POINTER(id));
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    const struct vane_policy_peer *left = *(struct vane_policy_peer *const *)a;
    const struct vane_policy_peer *right = *(struct vane_policy_peer *const *)b;
    int order = g_strcmp0(left->name, right->name);

    return order ? order : strcmp(left->nkey, right->nkey);
}

GPtrArray *vane_policy_members_sorted(const struct vane_policy_members *members)
{
    GPtrArray *peers = g_ptr_array_new();
    GHashTableIter iterator;
    gpointer peer;

    g_hash_table_iter_init(&iterator, members->peers);
    while (g_hash_table_iter_next(&iterator, NULL, &peer))
        g_ptr_array_add(peers, peer);
    g_ptr_array_sort(peers, by_name);
    return peers;
}

static void give_up(struct vane_policy_members *members, struct vane_policy_peer *peer)
{
    const struct vane_policy_because full = {.reason = "too many machines are known",
                                             .now_ns = peer->since_ns};

    if (peer->standing == VANE_POLICY_EVICTED)
        vane_policy_members_tell(members, peer, VANE_POLICY_TURN_READMITTED, &full);
    vane_policy_members_forget(members, peer, false, NULL);
}

/* Evictions of who is away make room, the one that ends next first. */
static bool make_room(struct vane_policy_members *members)
{
    struct vane_policy_peer *next = NULL;
    GHashTableIter iterator;
    gpointer value;

    if (g_hash_table_size(members->peers) < VANE_POLICY_MEMBERS_MAX)
        return true;
    g_hash_table_iter_init(&iterator, members->peers);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct vane_policy_peer *peer = value;

        if (!peer->here && (!next || peer->until_ns < next->until_ns))
            next = peer;
    }
    if (next)
        give_up(members, next);
    return next != NULL;
}

struct vane_policy_peer *vane_policy_members_add(struct vane_policy_members *members,
                                                 const char *nkey, uint32_t id)
{
    struct vane_policy_peer *peer;

    if (strlen(nkey) != VANE_NKEY_LENGTH || vane_policy_members_find(members, nkey) ||
        !make_room(members))
        return NULL;
    peer = g_new0(struct vane_policy_peer, 1);
    g_strlcpy(peer->nkey, nkey, sizeof(peer->nkey));
    peer->id = id;
    peer->tags = g_ptr_array_new_with_free_func(g_free);
    g_hash_table_insert(members->ids, GUINT_TO_POINTER(id),
                        g_hash_table_contains(members->ids, GUINT_TO_POINTER(id)) ? NULL : peer);
    g_hash_table_insert(members->peers, peer->nkey, peer);
    return peer;
}

/* Of several with one id only one may be left. */
static void drop(struct vane_policy_members *members, struct vane_policy_peer *gone)
{
    GHashTableIter iterator;
    gpointer value;
    bool shared = !vane_policy_members_find_id(members, gone->id);
    uint32_t id = gone->id;

    g_hash_table_remove(members->ids, GUINT_TO_POINTER(id));
    g_hash_table_remove(members->peers, gone->nkey);
    if (!shared)
        return;
    g_hash_table_iter_init(&iterator, members->peers);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        if (((struct vane_policy_peer *)value)->id == id)
            g_hash_table_insert(members->ids, GUINT_TO_POINTER(id),
                                g_hash_table_contains(members->ids, GUINT_TO_POINTER(id)) ? NULL
                                                                                          : value);
}

/* ---- coming and going ---- */

static char **copy_tags(const char *const *tags, size_t n)
{
    char **copy = g_new0(char *, n + 1);

    for (size_t i = 0; i < n; i++)
        copy[i] = g_strdup(tags[i]);
    return copy;
}

static bool replace_tags(char ***tags, const char *const *by, size_t n)
{
    char **copy = copy_tags(by, n);
    bool changed = !*tags || !g_strv_equal((const char *const *)*tags, (const char *const *)copy);

    g_strfreev(*tags);
    *tags = copy;
    return changed;
}

struct vane_policy_peer *vane_policy_members_see(struct vane_policy_members *members,
                                                 const struct vane_policy_sight *sight)
{
    struct vane_policy_peer *peer = vane_policy_members_find(members, sight->nkey);
    bool changed;

    if (!peer)
        peer = vane_policy_members_add(members, sight->nkey, sight->id);
    if (!peer)
        return NULL;
    changed = replace_tags(&peer->announced, sight->tags, sight->tag_count);
    changed |= replace_tags(&peer->given, sight->given, sight->given_count);
    changed |= g_strcmp0(peer->name, sight->name) != 0;
    g_free(peer->name);
    peer->name = g_strdup(sight->name);
    peer->heard_ns = sight->heard_ns;
    if (changed && peer->standing == VANE_POLICY_REFUSED)
        peer->asked = false; /* it may be another now */
    if (!peer->here)
        vane_policy_members_set_here(members, peer, true);
    return peer;
}

void vane_policy_members_unhear(struct vane_policy_members *members, struct vane_policy_peer *peer)
{
    vane_policy_members_set_here(members, peer, false);
}

bool vane_policy_members_go(struct vane_policy_members *members, struct vane_policy_peer *peer)
{
    bool was_member = peer->standing == VANE_POLICY_MEMBER;

    vane_policy_members_set_here(members, peer, false);
    if (peer->standing != VANE_POLICY_EVICTED)
        vane_policy_members_stand(members, peer, VANE_POLICY_NEW, NULL);
    return was_member;
}

void vane_policy_members_forget(struct vane_policy_members *members, struct vane_policy_peer *peer,
                                bool was_member, const struct vane_policy_because *because)
{
    vane_policy_members_set_here(members, peer, false);
    if (was_member)
        vane_policy_members_tell(members, peer, VANE_POLICY_TURN_LEFT, because);
    if (peer->standing == VANE_POLICY_EVICTED && because && peer->until_ns > because->now_ns)
        return;
    members->revision++;
    drop(members, peer);
}

int64_t vane_policy_members_next_end(const struct vane_policy_members *members)
{
    GHashTableIter iterator;
    gpointer value;
    int64_t next = 0;

    g_hash_table_iter_init(&iterator, members->peers);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct vane_policy_peer *peer = value;

        if (peer->standing == VANE_POLICY_EVICTED && peer->until_ns > 0 &&
            (next == 0 || peer->until_ns < next))
            next = peer->until_ns;
    }
    return next;
}
