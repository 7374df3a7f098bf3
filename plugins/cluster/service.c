/* The service "cluster". See netvane/services/cluster.h. */
#include <errno.h>
#include <string.h>

#include <netvane/services/cluster.h>
#include <sodium.h>

#include "plugins/cluster/presence.h"
#include "plugins/cluster/tunnel.h"

#define NS_PER_MS 1000000

/* As the engine makes it of its own key (netvane/identity.h). */
uint32_t vane_cluster_node_id(const char *nkey)
{
    uint8_t key[32], hash[crypto_hash_sha256_BYTES];
    uint32_t id;

    if (vane_nkey_parse(nkey, key) < 0)
        return 0;
    crypto_hash_sha256(hash, key, sizeof(key));
    id = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
    return id ? id : 1;
}

static uint32_t state_of(const struct vane_node *node)
{
    switch (node->state) {
    case VANE_NODE_HERE:
        return VANE_MEMBER_HERE;
    case VANE_NODE_SILENT:
        return VANE_MEMBER_SILENT;
    case VANE_NODE_LEFT:
        return VANE_MEMBER_LEFT;
    }
    return VANE_MEMBER_LEFT;
}

/* What MemberTags= gives to a key; the texts are borrowed. */
static GPtrArray *given_tags(const struct vane_cluster *cluster, const char *nkey)
{
    GPtrArray *given = g_ptr_array_new();

    for (char **at = cluster->options.member_tags; at && *at; at++)
        if (strncmp(*at, nkey, VANE_NKEY_LENGTH) == 0 && (*at)[VANE_NKEY_LENGTH] == '=')
            g_ptr_array_add(given, *at + VANE_NKEY_LENGTH + 1);
    return given;
}

static struct vane_cluster_member describe(const struct vane_cluster *cluster,
                                           const struct vane_node *node, char **tags)
{
    return (struct vane_cluster_member){
        .size = sizeof(struct vane_cluster_member),
        .state = state_of(node),
        .node_id = vane_cluster_node_id(node->nkey),
        .local = strcmp(node->nkey, cluster->key.nkey) == 0,
        .nkey = node->nkey,
        .name = node->presence.name,
        .version = node->presence.version,
        .tags = (const char *const *)tags,
        .tag_count = g_strv_length(tags),
        .joined_ns = node->joined_ms * NS_PER_MS,
        .heard_ns = node->heard_ms * NS_PER_MS,
        .gone_ns = node->state == VANE_NODE_HERE ? 0 : node->changed_ms * NS_PER_MS,
    };
}

static int tell(const struct vane_cluster *cluster, const struct vane_node *node, char **tags,
                int (*each)(void *user, const struct vane_cluster_member *member), void *user)
{
    g_autoptr(GPtrArray) given = given_tags(cluster, node->nkey);
    struct vane_cluster_member member = describe(cluster, node, tags);

    member.given_tags = (const char *const *)given->pdata;
    member.given_tag_count = given->len;
    member.machine_tags = (const char *const *)node->presence.tags;
    member.machine_tag_count = g_strv_length(node->presence.tags);
    return each(user, &member);
}

static int members(void *provider, uint32_t network,
                   int (*each)(void *user, const struct vane_cluster_member *member), void *user)
{
    const struct vane_cluster *cluster = provider;
    const struct vane_roster *roster = vane_presence_roster(cluster);
    g_autoptr(GPtrArray) nodes = NULL;
    int r = 0;

    if (!roster)
        return 0;
    if (!each || (network > UINT16_MAX && network != VANE_CLUSTER_ANY_NETWORK))
        return -EINVAL;
    nodes = vane_roster_sorted(roster);
    for (guint i = 0; i < nodes->len && r == 0; i++) {
        const struct vane_node *node = nodes->pdata[i];
        const struct vane_membership *in =
            network == VANE_CLUSTER_ANY_NETWORK ? NULL : vane_node_in(node, (uint16_t)network);

        if (in)
            r = tell(cluster, node, in->tags, each, user);
        else if (network == VANE_CLUSTER_ANY_NETWORK)
            r = tell(cluster, node, node->presence.tags, each, user);
    }
    return r;
}

static bool is_tag(const char *tag)
{
    size_t length = tag ? strnlen(tag, VANE_ROSTER_TEXT_MAX + 1) : 0;

    for (const char *at = tag; length > 0 && length <= VANE_ROSTER_TEXT_MAX && *at; at++)
        if (g_ascii_iscntrl(*at))
            return false;
    return length > 0 && length <= VANE_ROSTER_TEXT_MAX && g_utf8_validate(tag, -1, NULL);
}

int vane_cluster_set_tags(struct vane_cluster *cluster, uint16_t network, const char *const *tags,
                          uint32_t count)
{
    if (count > VANE_ROSTER_WORDS_MAX || (count > 0 && !tags))
        return -EINVAL;
    for (uint32_t i = 0; i < count; i++)
        if (!is_tag(tags[i]))
            return -EINVAL;
    return vane_presence_set_tags(cluster, network, tags, count);
}

static int set_tags(void *provider, uint16_t network, const char *const *tags, uint32_t count)
{
    return vane_cluster_set_tags(provider, network, tags, count);
}

static int remove_peer(void *provider, const char *node)
{
    return node ? vane_tunnels_drop(provider, node) : -EINVAL;
}

static const struct vane_cluster_table table = {
    .size = sizeof(table),
    .version = VANE_CLUSTER_VERSION,
    .members = members,
    .set_tags = set_tags,
    .remove_peer = remove_peer,
};

int vane_cluster_offer(struct vane_cluster *cluster)
{
    return cluster->host->services->offer(cluster->self, VANE_CLUSTER_SERVICE, VANE_CLUSTER_VERSION,
                                          &table, cluster, &cluster->service);
}
