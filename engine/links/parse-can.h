/* The parts of a link message that CAN controllers fill. linux/can/netlink.h. */
#ifndef NETVANE_ENGINE_LINKS_PARSE_CAN_H
#define NETVANE_ENGINE_LINKS_PARSE_CAN_H

#include <netlink/attr.h>

#include "engine/links/parse.h"

/* IFLA_INFO_DATA of a link of kind "can": 0 or -EBADMSG. */
int vane_parse_can(struct nlattr *data, struct vane_rtnl_can *out);

/* IFLA_INFO_XSTATS of one; a shorter one is not read. */
void vane_parse_can_totals(struct nlattr *statistics, struct vane_rtnl_can *out);

#endif
