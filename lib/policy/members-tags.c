/* The tags of a machine in a network. See members.h. */
#include "lib/policy/members.h"

static bool is_in(char *const *tags, const char *tag)
{
    return tags && g_strv_contains((const gchar *const *)tags, tag);
}

void vane_policy_peer_tags(const struct vane_policy_peer *peer, bool given_only,
                           void (*visit)(void *user, const char *tag), void *user)
{
    char *const *announced = given_only ? NULL : peer->announced;

    for (char *const *at = announced; at && *at; at++)
        visit(user, *at);
    for (char *const *at = peer->given; at && *at; at++)
        if (!is_in(announced, *at))
            visit(user, *at);
    for (guint i = 0; i < peer->tags->len; i++)
        if (!is_in(announced, peer->tags->pdata[i]) && !is_in(peer->given, peer->tags->pdata[i]))
            visit(user, peer->tags->pdata[i]);
}
