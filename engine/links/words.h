/* The words for what the kernel says in numbers: flags, link types, drivers, scopes, protocols. */
#ifndef NETVANE_ENGINE_LINKS_WORDS_H
#define NETVANE_ENGINE_LINKS_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define VANE_FLAG_WORDS 32

/* Static words for IFF_... ("up", "lower-up"), at most VANE_FLAG_WORDS. Returns how many. */
uint32_t vane_link_flag_words(uint32_t flags, const char *words[static VANE_FLAG_WORDS]);

/* The same for IFA_F_...: "permanent", "tentative" ... */
uint32_t vane_address_flag_words(uint32_t flags, const char *words[static VANE_FLAG_WORDS]);

/* The same for CAN_CTRLMODE_...: "loopback", "listen-only", "fd" ... */
uint32_t vane_can_mode_words(uint32_t modes, const char *words[static VANE_FLAG_WORDS]);

/* enum can_state: "error-active", "bus-off" ...; NULL: unknown. */
const char *vane_can_state_word(uint32_t state);

/* ARPHRD_... in lower case: "ether", "loopback", "can"; NULL: unknown. */
const char *vane_arphrd_word(uint16_t arphrd);

/*
 * The DEVTYPE that the kernel's drivers of a kind set ("bridge", "vlan"), "" when links of that
 * kind have none ("veth"), NULL when the kind is not known here and sysfs has to tell.
 */
const char *vane_kind_devtype(const char *kind);

/* What ethtool calls the driver of links of a kind. Mostly the kind itself. */
const char *vane_kind_driver(const char *kind);

/* "global", "site", "link", "host", "nowhere"; NULL: a number without a name. */
const char *vane_scope_word(uint8_t scope);

/* "kernel", "boot", "static", "dhcp", "ra", "bird" ...; NULL. */
const char *vane_route_protocol_word(uint8_t protocol);

/* "eui64", "none", "stable-privacy", "random"; NULL. */
const char *vane_address_mode_word(int8_t mode);

#endif
