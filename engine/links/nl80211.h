/* Finding nl80211 among the kernel's generic netlink families. */
#ifndef NETVANE_ENGINE_LINKS_NL80211_H
#define NETVANE_ENGINE_LINKS_NL80211_H

#include <stdint.h>

/*
 * A non-blocking socket that is subscribed to nl80211's "mlme" group, and the family's number.
 * Lists the families instead of asking for this one: that would have the kernel load the wireless
 * modules on machines without Wi-Fi. The descriptor; -ENOENT without nl80211.
 */
int vane_nl80211_open(uint16_t *family);

#endif
