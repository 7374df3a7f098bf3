/*
 * The id of a group by its name, asked for when somebody comes whom it concerns: the name service's
 * libraries are large, and most hosts never need them here. That there is no such group is
 * believed for a while only: it may be made, or the service may come up, later.
 */
#ifndef NETVANE_LIB_GROUP_H
#define NETVANE_LIB_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#define VANE_GROUP_AGAIN_USEC INT64_C(5000000)

struct vane_group {
    const char *name; /* borrowed */
    int64_t gid;      /* once it was found */
    bool found;
    int64_t asked_usec; /* in vain, in monotonic time; 0: not yet */
};

/* -1: there is none. */
int64_t vane_group_id(struct vane_group *group);

#endif
