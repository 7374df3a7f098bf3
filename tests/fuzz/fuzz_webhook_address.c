/*
 * Any address against a second judgement, written the other way round: what is behind it in IPv4,
 * by arithmetic on one number, and for IPv6 only 2000::/3 without its special parts.
 */
#include <string.h>

#include <glib.h>

#include "plugins/webhook/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gboolean between(uint32_t address, uint32_t first, uint32_t last)
{
    return address >= first && address <= last;
}

static gboolean ipv4_is_public(uint32_t address)
{
    return !between(address, 0x00000000, 0x00ffffff) && !between(address, 0x0a000000, 0x0affffff) &&
           !between(address, 0x64400000, 0x647fffff) && !between(address, 0x7f000000, 0x7fffffff) &&
           !between(address, 0xa9fe0000, 0xa9feffff) && !between(address, 0xac100000, 0xac1fffff) &&
           !between(address, 0xc0000000, 0xc00000ff) && !between(address, 0xc0000200, 0xc00002ff) &&
           !between(address, 0xc0586300, 0xc05863ff) && !between(address, 0xc0a80000, 0xc0a8ffff) &&
           !between(address, 0xc6120000, 0xc613ffff) && !between(address, 0xc6336400, 0xc63364ff) &&
           !between(address, 0xcb007100, 0xcb0071ff) && address < 0xe0000000 &&
           address != 0xa83f8110;
}

static uint32_t word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static gboolean is_public(const uint8_t address[16])
{
    uint32_t first = word(address), second = word(address + 4), third = word(address + 8);
    uint32_t last = word(address + 12);
    gboolean isatap = (third & ~UINT32_C(0x02000000)) == 0x00005efe;

    if (first == 0 && second == 0 && third == 0x0000ffff)
        return ipv4_is_public(last);
    if (first == 0x0064ff9b && second == 0 && third == 0)
        return ipv4_is_public(last);
    if (first >> 29 != 1)
        return FALSE;
    if (first == 0x20010db8 || first == 0x20010000 || first >> 16 == 0x2002 ||
        first >> 12 == 0x3fff0 || first >> 16 == 0x5f00 ||
        (first == 0x20010002 && second >> 16 == 0))
        return FALSE;
    return !isatap || ipv4_is_public(last);
}

/* The first bytes choose a prefix, so that the interesting ones come up often. */
static void place(const uint8_t *data, size_t size, uint8_t address[16])
{
    static const uint8_t prefixes[][16] = {
        {[10] = 0xff, [11] = 0xff},
        {0x00, 0x64, 0xff, 0x9b},
        {0x20, 0x02},
        {0x20, 0x01},
        {[10] = 0x5e, [11] = 0xfe},
        {0xfe, 0x80},
        {0},
        {0x3f, 0xff},
    };

    memset(address, 0, 16);
    if (size > 16)
        memcpy(address, prefixes[data[16] % G_N_ELEMENTS(prefixes)], 16);
    for (size_t i = 0; i < 16 && i < size; i++)
        address[i] |= data[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    struct vane_network network;
    char why[128] = "";
    uint8_t address[16];

    if (vane_network_parse(text, &network) == 0)
        g_assert(network.bits <= 128 && vane_network_has(&network, network.bytes));
    place(data, size, address);
    g_assert(vane_address_may(address, NULL, 0, why, sizeof(why)) == is_public(address));
    g_assert(is_public(address) == !why[0]);
    return 0;
}
