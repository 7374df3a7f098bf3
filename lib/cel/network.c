/* Networks and addresses. See network.h. */
#include "lib/cel/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static unsigned bits(const struct vane_cel_network *network)
{
    return network->family == AF_INET ? 32 : 128;
}

/* ::ffff:a.b.c.d is a.b.c.d, with whatever prefix reaches into it. */
static void unmap(struct vane_cel_network *network)
{
    if (network->family != AF_INET6 || network->prefix < 96 ||
        memcmp(network->address, mapped, sizeof(mapped)) != 0)
        return;
    memmove(network->address, network->address + sizeof(mapped), 4);
    memset(network->address + 4, 0, sizeof(network->address) - 4);
    network->family = AF_INET;
    network->prefix -= 96;
}

static bool parse_prefix(const char *text, unsigned max, unsigned *prefix)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 3 || text[digits] || (digits > 1 && text[0] == '0'))
        return false;
    *prefix = 0;
    for (; *text; text++)
        *prefix = *prefix * 10 + (unsigned)(*text - '0');
    return *prefix <= max;
}

bool vane_cel_network_parse(const char *text, size_t len, struct vane_cel_network *network)
{
    char copy[VANE_CEL_NETWORK_TEXT], *slash;

    if (len >= sizeof(copy) || memchr(text, '\0', len))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    slash = strchr(copy, '/');
    if (slash)
        *slash = '\0';
    *network = (struct vane_cel_network){.family = strchr(copy, ':') ? AF_INET6 : AF_INET};
    if (inet_pton(network->family, copy, network->address) != 1)
        return false;
    network->prefix = bits(network);
    if (slash && !parse_prefix(slash + 1, bits(network), &network->prefix))
        return false;
    unmap(network);
    return true;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned count)
{
    unsigned bytes = count / 8, rest = count % 8;

    if (memcmp(a, b, bytes) != 0)
        return false;
    return rest == 0 || ((a[bytes] ^ b[bytes]) & (0xff00U >> rest) & 0xffU) == 0;
}

bool vane_cel_network_contains(const struct vane_cel_network *outer,
                               const struct vane_cel_network *inner)
{
    return outer->family == inner->family && outer->prefix <= inner->prefix &&
           same_bits(outer->address, inner->address, outer->prefix);
}

bool vane_cel_network_equal(const struct vane_cel_network *a, const struct vane_cel_network *b)
{
    return a->prefix == b->prefix && vane_cel_network_contains(a, b);
}

size_t vane_cel_network_format(const struct vane_cel_network *network,
                               char text[VANE_CEL_NETWORK_TEXT])
{
    char address[INET6_ADDRSTRLEN] = "";

    inet_ntop(network->family, network->address, address, sizeof(address));
    return (size_t)snprintf(text, VANE_CEL_NETWORK_TEXT, "%s/%u", address, network->prefix);
}
