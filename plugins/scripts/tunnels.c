/* The ends of tunnels, VXLANs and GENEVEs. See kinds.h. */
#include <arpa/inet.h>
#include <string.h>

#include <linux/if_link.h>
#include <linux/if_tunnel.h>

#include "lib/array.h"
#include "plugins/scripts/kinds.h"

static void add_known(vane_details *details, const char *label, char *value)
{
    if (value)
        vane_details_add(details, label, value);
}

static void add_number(vane_details *details, const char *label, uint32_t value)
{
    vane_details_add(details, label, g_strdup_printf("%u", value));
}

static void add_positive(vane_details *details, const char *label, uint32_t value)
{
    if (value > 0)
        add_number(details, label, value);
}

static void add_yes_no(vane_details *details, const char *label, uint8_t value)
{
    vane_details_add(details, label, g_strdup(value ? "yes" : "no"));
}

static char *either(struct nlattr *const *data, int type4, int type6)
{
    char *address = vane_attribute_address(data, type4, AF_INET);

    return address ? address : vane_attribute_address(data, type6, AF_INET6);
}

static bool is_multicast(const char *address)
{
    return strchr(address, ':') ? g_ascii_strncasecmp(address, "ff", 2) == 0
                                : (ntohl(inet_addr(address)) >> 28) == 0xe;
}

static void vxlan(vane_details *details, struct nlattr *const *data)
{
    char *remote = either(data, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6);
    uint8_t tos = vane_attribute_u8(data, IFLA_VXLAN_TOS);
    uint8_t ttl = vane_attribute_u8(data, IFLA_VXLAN_TTL);

    add_positive(details, "VNI", vane_attribute_u32(data, IFLA_VXLAN_ID));
    add_known(details, remote && is_multicast(remote) ? "Group" : "Remote", remote);
    add_known(details, "Local", either(data, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6));
    add_positive(details, "Destination Port", ntohs(vane_attribute_u16(data, IFLA_VXLAN_PORT)));
    add_yes_no(details, "Learning", vane_attribute_u8(data, IFLA_VXLAN_LEARNING));
    add_yes_no(details, "RSC", vane_attribute_u8(data, IFLA_VXLAN_RSC));
    add_yes_no(details, "L3MISS", vane_attribute_u8(data, IFLA_VXLAN_L3MISS));
    add_yes_no(details, "L2MISS", vane_attribute_u8(data, IFLA_VXLAN_L2MISS));
    add_positive(details, "TOS", tos > 1 ? tos : 0);
    vane_details_add(details, "TTL", ttl ? g_strdup_printf("%u", ttl) : g_strdup("auto"));
}

static void geneve(vane_details *details, struct nlattr *const *data)
{
    add_number(details, "VNI", vane_attribute_u32(data, IFLA_GENEVE_ID));
    add_known(details, "Remote", either(data, IFLA_GENEVE_REMOTE, IFLA_GENEVE_REMOTE6));
    add_positive(details, "TTL", vane_attribute_u8(data, IFLA_GENEVE_TTL));
    add_positive(details, "TOS", vane_attribute_u8(data, IFLA_GENEVE_TOS));
    add_number(details, "Port", vane_attribute_u16(data, IFLA_GENEVE_PORT));
    add_yes_no(details, "UDPChecksum", vane_attribute_u8(data, IFLA_GENEVE_UDP_CSUM));
    add_yes_no(details, "UDP6ZeroChecksumTx",
               vane_attribute_u8(data, IFLA_GENEVE_UDP_ZERO_CSUM6_TX));
    add_yes_no(details, "UDP6ZeroChecksumRx",
               vane_attribute_u8(data, IFLA_GENEVE_UDP_ZERO_CSUM6_RX));
    add_positive(details, "FlowLabel", vane_attribute_u32(data, IFLA_GENEVE_LABEL));
}

/* Where each kind of tunnel keeps its two ends. */
static const struct {
    const char *kind;
    int family, local, remote;
} tunnels[] = {
    {"ipip", AF_INET, IFLA_IPTUN_LOCAL, IFLA_IPTUN_REMOTE},
    {"sit", AF_INET, IFLA_IPTUN_LOCAL, IFLA_IPTUN_REMOTE},
    {"gre", AF_INET, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE},
    {"gretap", AF_INET, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE},
    {"erspan", AF_INET, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE},
    {"vti", AF_INET, IFLA_VTI_LOCAL, IFLA_VTI_REMOTE},
    {"ip6gre", AF_INET6, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE},
    {"ip6gretap", AF_INET6, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE},
    {"ip6erspan", AF_INET6, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE},
    {"vti6", AF_INET6, IFLA_VTI_LOCAL, IFLA_VTI_REMOTE},
};

static void tunnel(vane_details *details, const char *kind, struct nlattr *const *data)
{
    for (size_t i = 0; i < ELEMENTS(tunnels); i++) {
        if (strcmp(kind, tunnels[i].kind) != 0)
            continue;
        add_known(details, "Local",
                  vane_attribute_address(data, tunnels[i].local, tunnels[i].family));
        add_known(details, "Remote",
                  vane_attribute_address(data, tunnels[i].remote, tunnels[i].family));
    }
}

bool vane_tunnel_has_details(const char *kind)
{
    for (size_t i = 0; i < ELEMENTS(tunnels); i++)
        if (strcmp(kind, tunnels[i].kind) == 0)
            return true;
    return strcmp(kind, "vxlan") == 0 || strcmp(kind, "geneve") == 0;
}

void vane_tunnel_details(vane_details *details, const char *kind, struct nlattr *const *data)
{
    if (strcmp(kind, "vxlan") == 0)
        vxlan(details, data);
    else if (strcmp(kind, "geneve") == 0)
        geneve(details, data);
    else
        tunnel(details, kind, data);
}
