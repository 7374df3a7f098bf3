/* The members that a link's payload can have, by number. */
#ifndef NETVANE_ENGINE_LINKS_SNAPSHOT_MEMBERS_H
#define NETVANE_ENGINE_LINKS_SNAPSHOT_MEMBERS_H

#include "engine/links/snapshot.h"

/* At most 64: a snapshot keeps a bit for each. */
uint32_t vane_link_member_count(void);
const char *vane_link_member_name(uint32_t number);

/* Fills `field`; false: the link has no such member. */
bool vane_link_member_read(const struct vane_link_snapshot *link, uint32_t number,
                           struct vane_field *field);

#endif
