/*
 * The operational state of a link by systemd-networkd's definitions (networkctl(1)), from what the
 * kernel tells. Pure.
 */
#ifndef NETVANE_ENGINE_LINKS_STATE_H
#define NETVANE_ENGINE_LINKS_STATE_H

#include "engine/links/parse.h"

/* Ordered: from `carrier` on, the link carries traffic. "missing" is never derived. */
enum vane_operational_state {
    VANE_OPERATIONAL_OFF,
    VANE_OPERATIONAL_NO_CARRIER,
    VANE_OPERATIONAL_DORMANT,
    VANE_OPERATIONAL_DEGRADED_CARRIER,
    VANE_OPERATIONAL_CARRIER,
    VANE_OPERATIONAL_DEGRADED,
    VANE_OPERATIONAL_ENSLAVED,
    VANE_OPERATIONAL_ROUTABLE,
};

/* How far the usable addresses of a link reach. */
enum vane_reach {
    VANE_REACH_NONE,  /* none, or valid on this host only */
    VANE_REACH_LINK,  /* link-local or site-local */
    VANE_REACH_ROUTED /* beyond */
};

/* The link is up and its lower layer too; a link that is down has none. */
bool vane_link_has_carrier(const struct vane_rtnl_link *link);

/* Of one address; tentative ones reach nowhere yet. */
enum vane_reach vane_address_reach(const struct vane_rtnl_address *address);

/* The link without its addresses; `members_below` is how many links that belong to it are below
 * `carrier`. */
enum vane_operational_state vane_carrier_state(const struct vane_rtnl_link *link,
                                               uint32_t members_below);

enum vane_operational_state vane_operational_state(enum vane_operational_state carrier,
                                                   enum vane_reach reach);

/* "routable", "no-carrier" ... */
const char *vane_operational_word(enum vane_operational_state state);

#endif
