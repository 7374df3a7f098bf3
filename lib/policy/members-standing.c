/* Standings: what a machine is in a network, and how that changes. See members.h. */
#include "lib/policy/members-internal.h"

const char *vane_policy_standing_word(enum vane_policy_standing standing)
{
    switch (standing) {
    case VANE_POLICY_NEW:
        return "new";
    case VANE_POLICY_MEMBER:
        return "member";
    case VANE_POLICY_WAITING:
        return "waiting";
    case VANE_POLICY_REFUSED:
        return "refused";
    case VANE_POLICY_EVICTED:
        return "evicted";
    }
    return "?";
}

void vane_policy_members_tell(struct vane_policy_members *members,
                              const struct vane_policy_peer *peer, enum vane_policy_turn turn,
                              const struct vane_policy_because *because)
{
    members->revision++;
    if (members->changed && because)
        members->changed(members->user, peer, turn, because);
}

static void count(struct vane_policy_members *members, const struct vane_policy_peer *peer,
                  int step)
{
    if (!vane_policy_is_member(peer))
        return;
    members->count += (unsigned)step;
    members->trusted += peer->trusted ? (unsigned)step : 0;
}

void vane_policy_members_set_here(struct vane_policy_members *members,
                                  struct vane_policy_peer *peer, bool here)
{
    count(members, peer, -1);
    peer->here = here;
    count(members, peer, 1);
}

/* Trust ends with membership. */
void vane_policy_members_stand(struct vane_policy_members *members, struct vane_policy_peer *peer,
                               enum vane_policy_standing standing,
                               const struct vane_policy_because *because)
{
    count(members, peer, -1);
    peer->standing = standing;
    peer->trusted = peer->trusted && standing == VANE_POLICY_MEMBER;
    peer->until_ns = 0;
    if (because) {
        peer->since_ns = because->now_ns;
        g_strlcpy(peer->rule, because->rule ? because->rule : "", sizeof(peer->rule));
        g_strlcpy(peer->reason, because->reason ? because->reason : "", sizeof(peer->reason));
    }
    count(members, peer, 1);
}

void vane_policy_members_let_in(struct vane_policy_members *members, struct vane_policy_peer *peer,
                                const struct vane_policy_because *because)
{
    if (peer->standing == VANE_POLICY_MEMBER)
        return;
    vane_policy_members_stand(members, peer, VANE_POLICY_MEMBER, because);
    peer->joined_ns = because->now_ns;
    vane_policy_members_tell(members, peer, VANE_POLICY_TURN_JOINED, because);
}

void vane_policy_members_put_off(struct vane_policy_members *members, struct vane_policy_peer *peer,
                                 const struct vane_policy_because *because)
{
    if (peer->standing == VANE_POLICY_WAITING)
        return;
    vane_policy_members_stand(members, peer, VANE_POLICY_WAITING, because);
    vane_policy_members_tell(members, peer, VANE_POLICY_TURN_WAITING, because);
}

void vane_policy_members_admit(struct vane_policy_members *members, struct vane_policy_peer *peer,
                               const struct vane_policy_because *because)
{
    struct vane_policy_because full = *because;

    if (peer->standing == VANE_POLICY_MEMBER || peer->standing == VANE_POLICY_WAITING)
        return;
    full.reason = "there is no place";
    if (members->max > 0 && members->count >= members->max)
        vane_policy_members_put_off(members, peer, &full);
    else
        vane_policy_members_let_in(members, peer, because);
}

void vane_policy_members_refuse(struct vane_policy_members *members, struct vane_policy_peer *peer,
                                const struct vane_policy_because *because)
{
    bool again = peer->standing == VANE_POLICY_REFUSED;

    vane_policy_members_stand(members, peer, VANE_POLICY_REFUSED, because);
    if (!again)
        vane_policy_members_tell(members, peer, VANE_POLICY_TURN_REFUSED, because);
}

void vane_policy_members_evict(struct vane_policy_members *members, struct vane_policy_peer *peer,
                               int64_t until_ns, const struct vane_policy_because *because)
{
    vane_policy_members_stand(members, peer, VANE_POLICY_EVICTED, because);
    peer->until_ns = until_ns;
    vane_policy_members_tell(members, peer, VANE_POLICY_TURN_EVICTED, because);
}

void vane_policy_members_pardon(struct vane_policy_members *members, struct vane_policy_peer *peer,
                                const struct vane_policy_because *because)
{
    if (peer->standing != VANE_POLICY_EVICTED)
        return;
    vane_policy_members_stand(members, peer, VANE_POLICY_NEW, because);
    peer->asked = false;
    vane_policy_members_tell(members, peer, VANE_POLICY_TURN_READMITTED, because);
}

void vane_policy_members_trust(struct vane_policy_members *members, struct vane_policy_peer *peer,
                               bool trusted, const struct vane_policy_because *because)
{
    if (peer->standing != VANE_POLICY_MEMBER || peer->trusted == trusted)
        return;
    count(members, peer, -1);
    peer->trusted = trusted;
    count(members, peer, 1);
    vane_policy_members_tell(
        members, peer, trusted ? VANE_POLICY_TURN_TRUSTED : VANE_POLICY_TURN_UNTRUSTED, because);
}
