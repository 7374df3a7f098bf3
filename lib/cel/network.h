/* Networks as "10.0.0.0/8" and "fd00::/8", and whether an address lies in one. */
#ifndef NETVANE_LIB_CEL_NETWORK_H
#define NETVANE_LIB_CEL_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vane_cel_network {
    int family;
    unsigned prefix;
    uint8_t address[16];
};

/* "ADDRESS/LENGTH", or an address alone for itself. False for anything else. */
bool vane_cel_network_parse(const char *text, size_t len, struct vane_cel_network *network);

/* Whether `inner` (an address, too) lies wholly in `outer`. IPv4-mapped IPv6 addresses are IPv4. */
bool vane_cel_network_contains(const struct vane_cel_network *outer,
                               const struct vane_cel_network *inner);

bool vane_cel_network_equal(const struct vane_cel_network *a, const struct vane_cel_network *b);

/* As it is written; `text` has room for VANE_CEL_NETWORK_TEXT bytes. Returns the length. */
#define VANE_CEL_NETWORK_TEXT 64
size_t vane_cel_network_format(const struct vane_cel_network *network,
                               char text[VANE_CEL_NETWORK_TEXT]);

#endif
