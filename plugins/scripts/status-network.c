/* The part of a link's description that is about the network layer. See describe.h. */
#include <net/if.h>
#include <string.h>

#include "plugins/scripts/addresses.h"
#include "plugins/scripts/describe.h"

static void add_addresses(const struct vane_description *about)
{
    g_autoptr(GPtrArray) addresses = vane_addresses_of(about->bus, about->link);

    for (guint i = 0; i < addresses->len; i++)
        vane_document_add(about->document, "Address", g_ptr_array_index(addresses, i));
}

static void add_gateways(const struct vane_description *about)
{
    const char *const *values;
    uint64_t ifindex = 0;
    uint32_t count;

    (void)about->bus->get_uint64(about->link, "interface_index", &ifindex);
    if (about->bus->get_strings(about->link, "gateway", &values, &count) < 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        g_autofree char *neighbour = about->facts && vane_facts_have_vendors()
                                         ? vane_facts_neighbour((uint32_t)ifindex, values[i])
                                         : NULL;

        vane_describe_with_vendor(about, "Gateway", values[i], neighbour);
    }
}

/* networkd's file has the indexes. */
static void add_links(const struct vane_description *about, const char *label, const char *indexes)
{
    g_auto(GStrv) list = g_strsplit_set(indexes ? indexes : "", " ", -1);
    char name[IF_NAMESIZE];

    for (char **index = list; *index; index++)
        if (if_indextoname((unsigned)g_ascii_strtoull(*index, NULL, 10), name))
            vane_document_add(about->document, label, name);
}

static void add_neighbours(const struct vane_description *about)
{
    const GPtrArray *neighbours = about->facts ? about->facts->neighbours : NULL;

    for (guint i = 0; neighbours && i < neighbours->len; i++)
        vane_document_add(about->document, "Connected To", neighbours->pdata[i]);
}

void vane_describe_network(const struct vane_description *about)
{
    add_addresses(about);
    add_gateways(about);
    vane_describe_list(about, "DNS", "dns", "DNS");
    vane_describe_list(about, "Search Domains", "domain", "DOMAINS");
    vane_describe_list(about, "Route Domains", "route_domain", "ROUTE_DOMAINS");
    vane_describe_list(about, "NTP", "ntp", "NTP");
    vane_describe_list(about, "SIP", "sip", "SIP");
    add_links(about, "Carrier Bound To", vane_describe_file(about, "CARRIER_BOUND_TO"));
    add_links(about, "Carrier Bound By", vane_describe_file(about, "CARRIER_BOUND_BY"));
    vane_describe_text(about, "Activation Policy", "activation_policy", "ACTIVATION_POLICY", NULL);
    vane_describe_text(about, "Required For Online", "required_for_online", "REQUIRED_FOR_ONLINE",
                       NULL);
    add_neighbours(about);
}

static uint8_t octet(const char *hex)
{
    return (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
}

/* The client identifier of RFC 2132 section 9.14 and RFC 4361: a type, then what it is. */
static void add_client_id(const struct vane_description *about, const char *hex)
{
    size_t octets = strlen(hex) / 2;
    const char *rest = hex + 2;

    if (octets < 2 || strspn(hex, "0123456789abcdefABCDEF") != strlen(hex))
        return;
    if (octet(hex) == 255 && octets > 5)
        vane_document_addf(about->document, "DHCP4 Client ID", "IAID:0x%x/DUID",
                           (unsigned)octet(rest) << 24 | (unsigned)octet(rest + 2) << 16 |
                               (unsigned)octet(rest + 4) << 8 | octet(rest + 6));
    else if (octet(hex) == 1 && octets == 7)
        vane_document_addf(about->document, "DHCP4 Client ID", "%02x:%02x:%02x:%02x:%02x:%02x",
                           octet(rest), octet(rest + 2), octet(rest + 4), octet(rest + 6),
                           octet(rest + 8), octet(rest + 10));
    else
        vane_document_add(about->document, "DHCP4 Client ID",
                          octet(hex) == 0   ? "DATA"
                          : octet(hex) == 1 ? "ETHER"
                                            : "ARP/LL");
}

void vane_describe_dhcp(const struct vane_description *about)
{
    const char *client_id = vane_describe_file(about, "lease:CLIENTID");

    vane_document_add(about->document, "Captive Portal",
                      vane_describe_file(about, "CAPTIVE_PORTAL"));
    vane_document_add(about->document, "Time Zone", vane_describe_file(about, "lease:TIMEZONE"));
    if (client_id)
        add_client_id(about, client_id);
    vane_document_add(about->document, "DHCP6 Client IAID",
                      vane_describe_file(about, "DHCP6_CLIENT_IAID"));
    vane_document_add(about->document, "DHCP6 Client DUID",
                      vane_describe_file(about, "DHCP6_CLIENT_DUID"));
}
