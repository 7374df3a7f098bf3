/* Who may read and change what through the control interfaces. */
#ifndef NETVANE_ENGINE_CONTROL_ACCESS_H
#define NETVANE_ENGINE_CONTROL_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What identifies an asker on this machine. */
struct vane_credentials {
    uid_t uid;
    gid_t *groups; /* all of them, the primary one too; owned */
    size_t group_count;
};

void vane_credentials_clear(struct vane_credentials *credentials);

/* Those of a connected Unix socket's peer (SO_PEERCRED and SO_PEERGROUPS, unix(7)). */
int vane_credentials_of_socket(int fd, struct vane_credentials *credentials);

/* Root and the daemon's own user: no group need be asked for. */
bool vane_access_is_owner(const struct vane_credentials *credentials);

/* May this one change things and see everything? Owners, and the members of the control group
 * ((gid_t)-1: there is no such group). */
bool vane_access_privileged(const struct vane_credentials *credentials, gid_t control_group);

/* May everybody see events of this topic? */
bool vane_access_public_topic(const char *topic);

/* Could a pattern match a topic that everybody may see? */
bool vane_access_public_pattern(const char *pattern);

#endif
