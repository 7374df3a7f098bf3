/* Access to the control interfaces. See access.h. */
#include "engine/control/access.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "lib/array.h"

static const char *const public_tokens[] = {"link", "address", "route", "wifi"};

void vane_credentials_clear(struct vane_credentials *credentials)
{
    g_clear_pointer(&credentials->groups, g_free);
    credentials->group_count = 0;
}

/* The kernel says -ERANGE, and how much room it wants, until there is enough. */
static int read_groups(int fd, gid_t primary, struct vane_credentials *credentials)
{
    g_autofree gid_t *groups = g_new(gid_t, 65);
    socklen_t size = 64 * sizeof(gid_t);

    while (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
        if (errno == ENOPROTOOPT) {
            size = 0;
            break;
        }
        if (errno != ERANGE)
            return -errno;
        groups = g_realloc(groups, size + sizeof(gid_t));
    }
    credentials->group_count = size / sizeof(gid_t);
    groups[credentials->group_count++] = primary;
    credentials->groups = g_steal_pointer(&groups);
    return 0;
}

int vane_credentials_of_socket(int fd, struct vane_credentials *credentials)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return -errno;
    credentials->uid = peer.uid;
    return read_groups(fd, peer.gid, credentials);
}

bool vane_access_is_owner(const struct vane_credentials *credentials)
{
    return credentials->uid == 0 || credentials->uid == geteuid();
}

bool vane_access_privileged(const struct vane_credentials *credentials, gid_t control_group)
{
    if (vane_access_is_owner(credentials))
        return true;
    for (size_t i = 0; control_group != (gid_t)-1 && i < credentials->group_count; i++) {
        if (credentials->groups[i] == control_group)
            return true;
    }
    return false;
}

static bool first_token_is(const char *text, const char *token)
{
    size_t length = strlen(token);

    return strncmp(text, token, length) == 0 && (text[length] == '.' || text[length] == '\0');
}

bool vane_access_public_topic(const char *topic)
{
    for (size_t i = 0; i < ELEMENTS(public_tokens); i++) {
        if (first_token_is(topic, public_tokens[i]))
            return true;
    }
    return false;
}

bool vane_access_public_pattern(const char *pattern)
{
    return first_token_is(pattern, "*") || first_token_is(pattern, ">") ||
           vane_access_public_topic(pattern);
}
