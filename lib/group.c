/* Groups by name. See group.h. */
#include "lib/group.h"

#include <grp.h>

#include <glib.h>

int64_t vane_group_id(struct vane_group *group)
{
    int64_t now = g_get_monotonic_time();
    const struct group *entry;

    if (group->found)
        return group->gid;
    if (group->asked_usec != 0 && now - group->asked_usec < VANE_GROUP_AGAIN_USEC)
        return -1;
    entry = getgrnam(group->name);
    group->asked_usec = g_get_monotonic_time();
    group->found = entry != NULL;
    group->gid = entry ? (int64_t)entry->gr_gid : -1;
    return group->gid;
}
