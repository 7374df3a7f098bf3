/* Which addresses a webhook may connect to. See address.h. */
#include "plugins/webhook/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "lib/array.h"
#include "lib/text/number.h"

/* IANA's special-purpose registries, and addresses of metadata services that are not within. */
static const struct {
    const char *network;
    const char *what;
} special[] = {
    {"0.0.0.0/8", "an address of this host"},
    {"10.0.0.0/8", "a private address"},
    {"100.64.0.0/10", "an address of carrier-grade NAT"},
    {"127.0.0.0/8", "a loopback address"},
    {"168.63.129.16", "the address of a cloud's metadata service"},
    {"169.254.169.254", "the address of a cloud's metadata service"},
    {"169.254.0.0/16", "a link-local address"},
    {"172.16.0.0/12", "a private address"},
    {"192.0.0.0/24", "a reserved address"},
    {"192.0.2.0/24", "an address of documentation"},
    {"192.88.99.0/24", "a reserved address"},
    {"192.168.0.0/16", "a private address"},
    {"198.18.0.0/15", "an address of benchmarks"},
    {"198.51.100.0/24", "an address of documentation"},
    {"203.0.113.0/24", "an address of documentation"},
    {"224.0.0.0/4", "a multicast address"},
    {"240.0.0.0/4", "a reserved address"},
    {"::", "an address of this host"},
    {"::1", "a loopback address"},
    {"64:ff9b:1::/48", "an address of a local translation"},
    {"100::/64", "an address that discards"},
    {"2001:2::/48", "an address of benchmarks"},
    {"2001:db8::/32", "an address of documentation"},
    {"3fff::/20", "an address of documentation"},
    {"5f00::/16", "a segment-routing address"},
    {"fd00:ec2::254", "the address of a cloud's metadata service"},
    {"fc00::/7", "a private address"},
    {"fe80::/10", "a link-local address"},
    {"fec0::/10", "a site-local address"},
    {"ff00::/8", "a multicast address"},
};

/* Tunnels that lead to an IPv4 address of the sender's choice; nobody serves webhooks there. */
static const struct {
    const char *network;
    const char *what;
} tunnels[] = {
    {"::/96", "an IPv4-compatible address"},
    {"::ffff:0:0:0/96", "an IPv4-translated address"},
    {"2001::/32", "a Teredo address"},
    {"2002::/16", "a 6to4 address"},
};

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};

static void map(const uint8_t ipv4[4], uint8_t bytes[16])
{
    memcpy(bytes, mapped, sizeof(mapped));
    memcpy(bytes + sizeof(mapped), ipv4, 4);
}

bool vane_network_has(const struct vane_network *network, const uint8_t address[16])
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;

    if (memcmp(network->bytes, address, whole) != 0)
        return false;
    return rest == 0 || ((network->bytes[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

static bool bits_behind(const struct vane_network *network)
{
    for (unsigned bit = network->bits; bit < 128; bit++)
        if (network->bytes[bit / 8] & (0x80 >> (bit % 8)))
            return true;
    return false;
}

int vane_network_parse(const char *text, struct vane_network *network)
{
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchrnul(text, '/');
    uint64_t bits, longest = 128;
    uint8_t ipv4[4];

    if ((size_t)(slash - text) >= sizeof(address))
        return -EINVAL;
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = '\0';
    if (inet_pton(AF_INET, address, ipv4) == 1) {
        map(ipv4, network->bytes);
        longest = 32;
    } else if (inet_pton(AF_INET6, address, network->bytes) != 1) {
        return -EINVAL;
    }
    bits = longest;
    if (*slash && vane_text_parse_uint64(slash + 1, 0, longest, &bits) < 0)
        return -EINVAL;
    network->bits = (unsigned)(bits + 128 - longest);
    return bits_behind(network) ? -EINVAL : 0;
}

int vane_address_from(const struct sockaddr *address, socklen_t length, uint8_t bytes[16])
{
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;

    if (length >= sizeof(ipv4) && address->sa_family == AF_INET) {
        memcpy(&ipv4, address, sizeof(ipv4));
        map((const uint8_t *)&ipv4.sin_addr, bytes);
        return 0;
    }
    if (length >= sizeof(ipv6) && address->sa_family == AF_INET6) {
        memcpy(&ipv6, address, sizeof(ipv6));
        memcpy(bytes, &ipv6.sin6_addr, 16);
        return 0;
    }
    return -EAFNOSUPPORT;
}

static bool within(const char *network, const uint8_t address[16])
{
    struct vane_network parsed;

    return vane_network_parse(network, &parsed) == 0 && vane_network_has(&parsed, address);
}

/* IANA gives out addresses within 2000::/3 alone; NAT64 has its place outside. */
static bool is_global(const uint8_t address[16])
{
    return (address[0] & 0xe0) == 0x20 || memcmp(address, mapped, sizeof(mapped)) == 0 ||
           memcmp(address, nat64, sizeof(nat64)) == 0;
}

/* What is special about it; NULL: nothing. */
static const char *what_is(const uint8_t address[16])
{
    for (size_t i = 0; i < ELEMENTS(special); i++)
        if (within(special[i].network, address))
            return special[i].what;
    for (size_t i = 0; i < ELEMENTS(tunnels); i++)
        if (within(tunnels[i].network, address))
            return tunnels[i].what;
    return is_global(address) ? NULL : "an address that nobody was given";
}

static void write_address(const uint8_t address[16], char text[INET6_ADDRSTRLEN])
{
    bool ipv4 = memcmp(address, mapped, sizeof(mapped)) == 0;

    if (!inet_ntop(ipv4 ? AF_INET : AF_INET6, ipv4 ? address + 12 : address, text,
                   INET6_ADDRSTRLEN))
        strcpy(text, "?");
}

/* `inner`: the address that it leads to; or NULL. */
static void describe(const uint8_t address[16], const uint8_t *inner, const char *what, char *why,
                     size_t why_size)
{
    char text[INET6_ADDRSTRLEN], inner_text[INET6_ADDRSTRLEN];

    write_address(address, text);
    if (inner) {
        write_address(inner, inner_text);
        snprintf(why, why_size, "%s leads to %s, %s, and AllowAddresses= does not name it", text,
                 inner_text, what);
    } else {
        snprintf(why, why_size, "%s is %s, which AllowAddresses= does not name", text, what);
    }
}

/* The IPv4 address that NAT64 or ISATAP takes it to. */
static bool translates(const uint8_t address[16], uint8_t inner[16])
{
    static const uint8_t isatap[] = {0x00, 0x00, 0x5e, 0xfe};
    bool is_isatap = (address[8] & ~0x02) == isatap[0] && memcmp(address + 9, isatap + 1, 3) == 0;

    if (memcmp(address, nat64, sizeof(nat64)) != 0 && !is_isatap)
        return false;
    map(address + 12, inner);
    return true;
}

bool vane_address_may(const uint8_t address[16], const struct vane_network *allowed, size_t count,
                      char *why, size_t why_size)
{
    const char *what = what_is(address);
    uint8_t inner[16];

    for (size_t i = 0; i < count; i++)
        if (vane_network_has(&allowed[i], address))
            return true;
    if (what) {
        describe(address, NULL, what, why, why_size);
        return false;
    }
    if (!translates(address, inner))
        return true;
    what = what_is(inner);
    if (what)
        describe(address, inner, what, why, why_size);
    return !what;
}
