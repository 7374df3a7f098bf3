/* What the parts of the members share. */
#ifndef NETVANE_LIB_POLICY_MEMBERS_INTERNAL_H
#define NETVANE_LIB_POLICY_MEMBERS_INTERNAL_H

#include "lib/policy/members.h"

/* members-standing.c */

/* Something has changed that is to be kept; with a reason it is also told. */
void vane_policy_members_tell(struct vane_policy_members *members,
                              const struct vane_policy_peer *peer, enum vane_policy_turn turn,
                              const struct vane_policy_because *because);
void vane_policy_members_set_here(struct vane_policy_members *members,
                                  struct vane_policy_peer *peer, bool here);
/* Without a reason, since and why it stands so stay as they were. */
void vane_policy_members_stand(struct vane_policy_members *members, struct vane_policy_peer *peer,
                               enum vane_policy_standing standing,
                               const struct vane_policy_because *because);

#endif
