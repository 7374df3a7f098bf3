/* Bridges, bonds, VLANs, macvlans and ipvlans. See kinds.h; tunnels are in tunnels.c. */
#include "plugins/scripts/kinds.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_link.h>

#include "lib/array.h"

void vane_details_add(vane_details *details, const char *label, char *value)
{
    g_ptr_array_add(details, g_strdup(label));
    g_ptr_array_add(details, value);
}

uint32_t vane_attribute_u32(struct nlattr *const *attributes, int type)
{
    return attributes[type] && nla_len(attributes[type]) == 4 ? nla_get_u32(attributes[type]) : 0;
}

uint16_t vane_attribute_u16(struct nlattr *const *attributes, int type)
{
    return attributes[type] && nla_len(attributes[type]) == 2 ? nla_get_u16(attributes[type]) : 0;
}

uint8_t vane_attribute_u8(struct nlattr *const *attributes, int type)
{
    return attributes[type] && nla_len(attributes[type]) == 1 ? nla_get_u8(attributes[type]) : 0;
}

char *vane_attribute_address(struct nlattr *const *attributes, int type, int family)
{
    static const uint8_t unspecified[16];
    char text[INET6_ADDRSTRLEN];
    int length = family == AF_INET6 ? 16 : 4;

    if (!attributes[type] || nla_len(attributes[type]) != length ||
        memcmp(nla_data(attributes[type]), unspecified, (size_t)length) == 0 ||
        !inet_ntop(family, nla_data(attributes[type]), text, sizeof(text)))
        return NULL;
    return g_strdup(text);
}

/* Largest unit first; what is below a minute and not whole is written with three decimals. */
char *vane_span_text(uint64_t milliseconds)
{
    static const struct {
        uint64_t length;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < ELEMENTS(units); i++) {
        if (milliseconds < units[i].length)
            continue;
        g_string_append(text, text->len ? " " : "");
        if (units[i].length == 1000 && milliseconds % 1000) {
            g_string_append_printf(text, "%u.%03us", (unsigned)(milliseconds / 1000),
                                   (unsigned)(milliseconds % 1000));
            break;
        }
        g_string_append_printf(text, "%" G_GUINT64_FORMAT "%s", milliseconds / units[i].length,
                               units[i].name);
        milliseconds %= units[i].length;
    }
    return g_string_free(text->len ? text : g_string_append_c(text, '0'), FALSE);
}

/* The kernel counts in ticks of USER_HZ. */
static char *ticks_text(uint32_t ticks)
{
    long hertz = sysconf(_SC_CLK_TCK);

    return vane_span_text(hertz > 0 ? (uint64_t)ticks * 1000 / (uint64_t)hertz : 0);
}

static char *number(uint32_t value)
{
    return g_strdup_printf("%u", value);
}

static char *yes_no(int value)
{
    return g_strdup(value ? "yes" : "no");
}

/*
 * networkctl(1) of systemd 252 reads "Cost" and "Port State" with the numbers of bridge port
 * attributes, which in a bridge mean the maximum age and something of another size. Scripts have
 * come to see these values, so they get them.
 */
static void bridge(vane_details *details, struct nlattr *const *data)
{
    vane_details_add(details, "Forward Delay",
                     ticks_text(vane_attribute_u32(data, IFLA_BR_FORWARD_DELAY)));
    vane_details_add(details, "Hello Time",
                     ticks_text(vane_attribute_u32(data, IFLA_BR_HELLO_TIME)));
    vane_details_add(details, "Max Age", ticks_text(vane_attribute_u32(data, IFLA_BR_MAX_AGE)));
    vane_details_add(details, "Ageing Time",
                     ticks_text(vane_attribute_u32(data, IFLA_BR_AGEING_TIME)));
    vane_details_add(details, "Priority", number(vane_attribute_u16(data, IFLA_BR_PRIORITY)));
    vane_details_add(details, "STP", yes_no(vane_attribute_u32(data, IFLA_BR_STP_STATE) > 0));
    vane_details_add(details, "Multicast IGMP Version",
                     number(vane_attribute_u8(data, IFLA_BR_MCAST_IGMP_VERSION)));
    vane_details_add(details, "Cost", number(vane_attribute_u32(data, IFLA_BR_MAX_AGE)));
    vane_details_add(details, "Port State", g_strdup("disabled"));
}

static void bond(vane_details *details, struct nlattr *const *data)
{
    static const char *const modes[] = {"balance-rr", "active-backup", "balance-xor", "broadcast",
                                        "802.3ad",    "balance-tlb",   "balance-alb"};
    uint8_t mode = vane_attribute_u8(data, IFLA_BOND_MODE);

    vane_details_add(details, "Mode", g_strdup(mode < ELEMENTS(modes) ? modes[mode] : ""));
    vane_details_add(details, "Miimon", vane_span_text(vane_attribute_u32(data, IFLA_BOND_MIIMON)));
    vane_details_add(details, "Updelay",
                     vane_span_text(vane_attribute_u32(data, IFLA_BOND_UPDELAY)));
    vane_details_add(details, "Downdelay",
                     vane_span_text(vane_attribute_u32(data, IFLA_BOND_DOWNDELAY)));
}

static void vlan(vane_details *details, struct nlattr *const *data)
{
    uint16_t id = vane_attribute_u16(data, IFLA_VLAN_ID);

    if (id > 0)
        vane_details_add(details, "VLan Id", number(id));
}

static void macvlan(vane_details *details, struct nlattr *const *data)
{
    static const struct {
        uint32_t mode;
        const char *name;
    } modes[] = {{MACVLAN_MODE_PRIVATE, "private"},
                 {MACVLAN_MODE_VEPA, "vepa"},
                 {MACVLAN_MODE_BRIDGE, "bridge"},
                 {MACVLAN_MODE_PASSTHRU, "passthru"},
                 {MACVLAN_MODE_SOURCE, "source"}};
    uint32_t mode = vane_attribute_u32(data, IFLA_MACVLAN_MODE);

    for (size_t i = 0; i < ELEMENTS(modes); i++)
        if (modes[i].mode == mode)
            vane_details_add(details, "Mode", g_strdup(modes[i].name));
}

static void ipvlan(vane_details *details, struct nlattr *const *data)
{
    static const char *const modes[] = {"L2", "L3", "L3S"};
    uint16_t mode = vane_attribute_u16(data, IFLA_IPVLAN_MODE);
    uint16_t flags = vane_attribute_u16(data, IFLA_IPVLAN_FLAGS);
    const char *flag = flags & IPVLAN_F_PRIVATE ? "private"
                       : flags & IPVLAN_F_VEPA  ? "vepa"
                                                : "bridge";

    vane_details_add(details, "Mode",
                     g_strdup_printf("%s (%s)", mode < ELEMENTS(modes) ? modes[mode] : "", flag));
}

static const struct {
    const char *kind;
    void (*fill)(vane_details *details, struct nlattr *const *data);
} kinds[] = {{"bridge", bridge},   {"bond", bond},       {"vlan", vlan},
             {"macvlan", macvlan}, {"macvtap", macvlan}, {"ipvlan", ipvlan}};

bool vane_kind_has_details(const char *kind)
{
    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if (strcmp(kind, kinds[i].kind) == 0)
            return true;
    return vane_tunnel_has_details(kind);
}

void vane_kind_details(vane_details *details, const char *kind, struct nlattr *data)
{
    struct nlattr *attributes[VANE_KIND_ATTRIBUTES + 1];

    if (nla_parse_nested(attributes, VANE_KIND_ATTRIBUTES, data, NULL) < 0)
        return;
    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if (strcmp(kind, kinds[i].kind) == 0)
            kinds[i].fill(details, attributes);
    vane_tunnel_details(details, kind, attributes);
}
