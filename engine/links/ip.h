/* Addresses of the network layer: size, order, text. */
#ifndef NETVANE_ENGINE_LINKS_IP_H
#define NETVANE_ENGINE_LINKS_IP_H

#include <stddef.h>

#include "engine/links/parse.h"

struct nlattr;

/* "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128" and its NUL. */
#define VANE_IP_TEXT 64

/* Bytes of an address; 0 for an unknown family. */
size_t vane_ip_size(uint8_t family);

/* -EBADMSG when the attribute is not of the family's size. */
int vane_ip_from_attribute(const struct nlattr *attribute, uint8_t family, struct vane_ip *out);

/* IPv4 before IPv6, then by the bytes. */
int vane_ip_compare(const struct vane_ip *a, const struct vane_ip *b);

/* Writes "192.0.2.1", or "192.0.2.1/24" when `prefix_length` is not negative. */
void vane_ip_text(const struct vane_ip *ip, int prefix_length, char text[static VANE_IP_TEXT]);

/* "192.0.2.1/24"; without a prefix length it is the whole address. -EINVAL. */
int vane_ip_parse(const char *text, struct vane_ip *ip, uint8_t *prefix_length);

#endif
