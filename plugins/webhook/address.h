/*
 * Which addresses a webhook may connect to. Names are resolved first and every address is checked
 * when a connection is made, so a name that leads elsewhere the second time is of no use. Pure.
 */
#ifndef NETVANE_WEBHOOK_ADDRESS_H
#define NETVANE_WEBHOOK_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* A network; IPv4 as ::ffff:0:0/96 has it. */
struct vane_network {
    uint8_t bytes[16];
    unsigned bits;
};

/* "10.0.0.0/8", "192.0.2.7", "fd00::/8". -EINVAL: it is none, or has bits behind its prefix. */
int vane_network_parse(const char *text, struct vane_network *network);

bool vane_network_has(const struct vane_network *network, const uint8_t address[16]);

/* The address of a socket in 16 bytes. -EAFNOSUPPORT. */
int vane_address_from(const struct sockaddr *address, socklen_t length, uint8_t bytes[16]);

/*
 * May it be connected to? Public addresses may; loopback, link-local, private and carrier-grade NAT
 * ones, those of cloud metadata services, multicast, reserved ones and documentation may not,
 * neither as themselves nor as the IPv4 address within a translated IPv6 one, unless one of
 * `allowed` has them. `why` says for people what is wrong ("10.0.0.1 is a private address").
 */
bool vane_address_may(const uint8_t address[16], const struct vane_network *allowed, size_t count,
                      char *why, size_t why_size);

#endif
