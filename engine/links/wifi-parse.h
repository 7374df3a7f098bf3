/*
 * One message of nl80211, or of the controller that lists the families of generic netlink, as a
 * checked struct. Pure, bounded, fuzzed. linux/nl80211.h, linux/genetlink.h.
 */
#ifndef NETVANE_ENGINE_LINKS_WIFI_PARSE_H
#define NETVANE_ENGINE_LINKS_WIFI_PARSE_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#define VANE_SSID_MAX 32 /* IEEE 802.11-2020, 9.4.2.2 */

struct vane_nl80211 {
    uint8_t command; /* NL80211_CMD_... */
    uint32_t index;  /* of the link; 0: not told */
    uint32_t type;   /* NL80211_IFTYPE_... */
    uint16_t status; /* of a connection attempt; 0 is success */
    bool has_ssid, has_bssid;
    bool has_bss;    /* it is a scan result */
    bool associated; /* the scan result is the network that we are connected to */
    uint8_t ssid_length;
    uint8_t ssid[VANE_SSID_MAX];
    uint8_t bssid[6];
};

/* `message` as for vane_parse_link(). 0 or -EBADMSG. */
int vane_parse_nl80211(const struct nlmsghdr *message, struct vane_nl80211 *out);

struct vane_genl_family {
    uint8_t command; /* CTRL_CMD_... */
    uint16_t id;
    char name[GENL_NAMSIZ];
    uint32_t mlme; /* its multicast group of this name; 0: none */
};

/* `message` as for vane_parse_link(), of the family GENL_ID_CTRL. 0 or -EBADMSG. */
int vane_parse_genl_family(const struct nlmsghdr *message, struct vane_genl_family *out);

#endif
