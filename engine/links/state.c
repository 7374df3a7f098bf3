/* The operational state of a link from the kernel. See state.h. */
#include "engine/links/state.h"

#include <stddef.h>

#include <linux/if_addr.h>

bool vane_link_has_carrier(const struct vane_rtnl_link *link)
{
    return (link->flags & IFF_LOWER_UP) != 0;
}

enum vane_reach vane_address_reach(const struct vane_rtnl_address *address)
{
    if (address->flags & IFA_F_TENTATIVE)
        return VANE_REACH_NONE;
    if (address->scope < RT_SCOPE_SITE)
        return VANE_REACH_ROUTED;
    return address->scope < RT_SCOPE_HOST ? VANE_REACH_LINK : VANE_REACH_NONE;
}

/* Drivers that keep no operational state leave it unknown; then the flags tell
 * (Documentation/networking/operstates.rst of the kernel). */
static bool carries(const struct vane_rtnl_link *link)
{
    const uint32_t wanted = IFF_LOWER_UP | IFF_RUNNING;

    if (link->operstate != IF_OPER_UNKNOWN)
        return link->operstate == IF_OPER_UP;
    return (link->flags & wanted) == wanted && !(link->flags & IFF_DORMANT);
}

enum vane_operational_state vane_carrier_state(const struct vane_rtnl_link *link,
                                               uint32_t members_below)
{
    if (link->operstate == IF_OPER_DORMANT)
        return VANE_OPERATIONAL_DORMANT;
    if (!carries(link))
        return link->flags & IFF_UP ? VANE_OPERATIONAL_NO_CARRIER : VANE_OPERATIONAL_OFF;
    if (members_below > 0)
        return VANE_OPERATIONAL_DEGRADED_CARRIER;
    return link->master ? VANE_OPERATIONAL_ENSLAVED : VANE_OPERATIONAL_CARRIER;
}

enum vane_operational_state vane_operational_state(enum vane_operational_state carrier,
                                                   enum vane_reach reach)
{
    if (carrier < VANE_OPERATIONAL_CARRIER || reach == VANE_REACH_NONE)
        return carrier;
    return reach == VANE_REACH_ROUTED ? VANE_OPERATIONAL_ROUTABLE : VANE_OPERATIONAL_DEGRADED;
}

const char *vane_operational_word(enum vane_operational_state state)
{
    switch (state) {
    case VANE_OPERATIONAL_OFF:
        return "off";
    case VANE_OPERATIONAL_NO_CARRIER:
        return "no-carrier";
    case VANE_OPERATIONAL_DORMANT:
        return "dormant";
    case VANE_OPERATIONAL_DEGRADED_CARRIER:
        return "degraded-carrier";
    case VANE_OPERATIONAL_CARRIER:
        return "carrier";
    case VANE_OPERATIONAL_DEGRADED:
        return "degraded";
    case VANE_OPERATIONAL_ENSLAVED:
        return "enslaved";
    case VANE_OPERATIONAL_ROUTABLE:
        return "routable";
    }
    return NULL;
}
