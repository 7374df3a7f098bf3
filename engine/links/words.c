/* The words for the kernel's numbers. See words.h. */
#include "engine/links/words.h"

#include <stddef.h>
#include <string.h>

#include <linux/can/netlink.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "lib/array.h"

struct number_word {
    uint32_t number;
    const char *word;
};

struct text_word {
    const char *text;
    const char *word;
};

/* In the order of the bits, as networkctl and ip show them. */
static const struct number_word link_flags[] = {
    {IFF_UP, "up"},
    {IFF_BROADCAST, "broadcast"},
    {IFF_DEBUG, "debug"},
    {IFF_LOOPBACK, "loopback"},
    {IFF_POINTOPOINT, "point-to-point"},
    {IFF_NOTRAILERS, "no-trailers"},
    {IFF_RUNNING, "running"},
    {IFF_NOARP, "no-arp"},
    {IFF_PROMISC, "promiscuous"},
    {IFF_ALLMULTI, "all-multicast"},
    {IFF_MASTER, "master"},
    {IFF_SLAVE, "slave"},
    {IFF_MULTICAST, "multicast"},
    {IFF_PORTSEL, "portsel"},
    {IFF_AUTOMEDIA, "auto-media"},
    {IFF_DYNAMIC, "dynamic"},
    {IFF_LOWER_UP, "lower-up"},
    {IFF_DORMANT, "dormant"},
    {IFF_ECHO, "echo"},
};

static const struct number_word can_modes[] = {
    {CAN_CTRLMODE_LOOPBACK, "loopback"},
    {CAN_CTRLMODE_LISTENONLY, "listen-only"},
    {CAN_CTRLMODE_3_SAMPLES, "triple-sampling"},
    {CAN_CTRLMODE_ONE_SHOT, "one-shot"},
    {CAN_CTRLMODE_BERR_REPORTING, "bus-error-reporting"},
    {CAN_CTRLMODE_FD, "fd"},
    {CAN_CTRLMODE_PRESUME_ACK, "presume-ack"},
    {CAN_CTRLMODE_FD_NON_ISO, "fd-non-iso"},
    {CAN_CTRLMODE_CC_LEN8_DLC, "cc-len8-dlc"},
    {CAN_CTRLMODE_TDC_AUTO, "tdc-auto"},
    {CAN_CTRLMODE_TDC_MANUAL, "tdc-manual"},
};

static const struct number_word address_flags[] = {
    {IFA_F_SECONDARY, "secondary"},
    {IFA_F_NODAD, "nodad"},
    {IFA_F_OPTIMISTIC, "optimistic"},
    {IFA_F_DADFAILED, "dadfailed"},
    {IFA_F_HOMEADDRESS, "home-address"},
    {IFA_F_DEPRECATED, "deprecated"},
    {IFA_F_TENTATIVE, "tentative"},
    {IFA_F_PERMANENT, "permanent"},
    {IFA_F_MANAGETEMPADDR, "manage-temporary-address"},
    {IFA_F_NOPREFIXROUTE, "no-prefixroute"},
    {IFA_F_MCAUTOJOIN, "auto-join"},
    {IFA_F_STABLE_PRIVACY, "stable-privacy"},
};

static const struct number_word arphrd_words[] = {
    {ARPHRD_ETHER, "ether"},
    {ARPHRD_LOOPBACK, "loopback"},
    {ARPHRD_CAN, "can"},
    {ARPHRD_NONE, "none"},
    {ARPHRD_PPP, "ppp"},
    {ARPHRD_SLIP, "slip"},
    {ARPHRD_INFINIBAND, "infiniband"},
    {ARPHRD_IEEE1394, "ieee1394"},
    {ARPHRD_TUNNEL, "tunnel"},
    {ARPHRD_TUNNEL6, "tunnel6"},
    {ARPHRD_SIT, "sit"},
    {ARPHRD_IPGRE, "ipgre"},
    {ARPHRD_IP6GRE, "ip6gre"},
    {ARPHRD_IEEE80211, "ieee80211"},
    {ARPHRD_IEEE80211_PRISM, "ieee80211_prism"},
    {ARPHRD_IEEE80211_RADIOTAP, "ieee80211_radiotap"},
    {ARPHRD_IEEE802154, "ieee802154"},
    {ARPHRD_IEEE802154_MONITOR, "ieee802154_monitor"},
    {ARPHRD_PHONET, "phonet"},
    {ARPHRD_PHONET_PIPE, "phonet_pipe"},
    {ARPHRD_CAIF, "caif"},
    {ARPHRD_NETLINK, "netlink"},
    {ARPHRD_6LOWPAN, "6lowpan"},
    {ARPHRD_VSOCKMON, "vsockmon"},
    {ARPHRD_RAWIP, "rawip"},
    {ARPHRD_HDLC, "cisco"}, /* ARPHRD_CISCO has the same number and is the first name of it */
    {ARPHRD_RAWHDLC, "rawhdlc"},
    {ARPHRD_DLCI, "dlci"},
    {ARPHRD_FRAD, "frad"},
    {ARPHRD_X25, "x25"},
    {ARPHRD_LAPB, "lapb"},
    {ARPHRD_AX25, "ax25"},
    {ARPHRD_NETROM, "netrom"},
    {ARPHRD_ROSE, "rose"},
    {ARPHRD_ATM, "atm"},
    {ARPHRD_APPLETLK, "appletlk"},
    {ARPHRD_LOCALTLK, "localtlk"},
    {ARPHRD_FDDI, "fddi"},
    {ARPHRD_HIPPI, "hippi"},
    {ARPHRD_IRDA, "irda"},
    {ARPHRD_FCPP, "fcpp"},
    {ARPHRD_VOID, "void"},
};

/* The kernel's SET_NETDEV_DEVTYPE() users among the kinds, and kinds that are known to set none. */
static const struct text_word devtypes[] = {
    {"amt", "amt"},       {"bareudp", "bareudp"},
    {"batadv", "batadv"}, {"bond", "bond"},
    {"bridge", "bridge"}, {"can", ""},
    {"dummy", ""},        {"geneve", "geneve"},
    {"gre", ""},          {"gretap", ""},
    {"gtp", "gtp"},       {"hsr", "hsr"},
    {"ifb", ""},          {"ip6gre", ""},
    {"ip6gretap", ""},    {"ip6tnl", ""},
    {"ipip", ""},         {"ipvlan", ""},
    {"macsec", "macsec"}, {"macvlan", ""},
    {"nlmon", ""},        {"ppp", "ppp"},
    {"sit", ""},          {"slcan", ""},
    {"team", ""},         {"veth", ""},
    {"vcan", ""},         {"vlan", "vlan"},
    {"vrf", ""},          {"vti", ""},
    {"vti6", ""},         {"vxcan", ""},
    {"vxlan", "vxlan"},   {"wireguard", "wireguard"},
    {"wwan", "wwan"},     {"xfrm", ""},
};

static const struct text_word drivers[] = {
    {"bond", "bonding"},
    {"vlan", "802.1Q VLAN Support"},
};

static const struct number_word scopes[] = {
    {RT_SCOPE_UNIVERSE, "global"}, {RT_SCOPE_SITE, "site"},       {RT_SCOPE_LINK, "link"},
    {RT_SCOPE_HOST, "host"},       {RT_SCOPE_NOWHERE, "nowhere"},
};

static const struct number_word protocols[] = {
    {RTPROT_REDIRECT, "redirect"}, {RTPROT_KERNEL, "kernel"},   {RTPROT_BOOT, "boot"},
    {RTPROT_STATIC, "static"},     {RTPROT_GATED, "gated"},     {RTPROT_RA, "ra"},
    {RTPROT_MRT, "mrt"},           {RTPROT_ZEBRA, "zebra"},     {RTPROT_BIRD, "bird"},
    {RTPROT_DNROUTED, "dnrouted"}, {RTPROT_XORP, "xorp"},       {RTPROT_NTK, "ntk"},
    {RTPROT_DHCP, "dhcp"},         {RTPROT_MROUTED, "mrouted"}, {RTPROT_KEEPALIVED, "keepalived"},
    {RTPROT_BABEL, "babel"},       {RTPROT_BGP, "bgp"},         {RTPROT_ISIS, "isis"},
    {RTPROT_OSPF, "ospf"},         {RTPROT_RIP, "rip"},         {RTPROT_EIGRP, "eigrp"},
};

static const struct number_word address_modes[] = {
    {IN6_ADDR_GEN_MODE_EUI64, "eui64"},
    {IN6_ADDR_GEN_MODE_NONE, "none"},
    {IN6_ADDR_GEN_MODE_STABLE_PRIVACY, "stable-privacy"},
    {IN6_ADDR_GEN_MODE_RANDOM, "random"},
};

static const char *find_number(const struct number_word *table, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].number == number)
            return table[i].word;
    return NULL;
}

static const char *find_text(const struct text_word *table, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].text, text) == 0)
            return table[i].word;
    return NULL;
}

static uint32_t collect(const struct number_word *table, size_t count, uint32_t flags,
                        const char *words[static VANE_FLAG_WORDS])
{
    uint32_t found = 0;

    for (size_t i = 0; i < count && found < VANE_FLAG_WORDS; i++)
        if (flags & table[i].number)
            words[found++] = table[i].word;
    return found;
}

uint32_t vane_link_flag_words(uint32_t flags, const char *words[static VANE_FLAG_WORDS])
{
    return collect(link_flags, ELEMENTS(link_flags), flags, words);
}

uint32_t vane_address_flag_words(uint32_t flags, const char *words[static VANE_FLAG_WORDS])
{
    return collect(address_flags, ELEMENTS(address_flags), flags, words);
}

uint32_t vane_can_mode_words(uint32_t modes, const char *words[static VANE_FLAG_WORDS])
{
    return collect(can_modes, ELEMENTS(can_modes), modes, words);
}

const char *vane_can_state_word(uint32_t state)
{
    static const char *const words[] = {"error-active", "error-warning", "error-passive",
                                        "bus-off",      "stopped",       "sleeping"};

    return state < ELEMENTS(words) ? words[state] : NULL;
}

const char *vane_arphrd_word(uint16_t arphrd)
{
    return find_number(arphrd_words, ELEMENTS(arphrd_words), arphrd);
}

const char *vane_kind_devtype(const char *kind)
{
    return find_text(devtypes, ELEMENTS(devtypes), kind);
}

const char *vane_kind_driver(const char *kind)
{
    const char *driver = find_text(drivers, ELEMENTS(drivers), kind);

    return driver ? driver : kind;
}

const char *vane_scope_word(uint8_t scope)
{
    return find_number(scopes, ELEMENTS(scopes), scope);
}

const char *vane_route_protocol_word(uint8_t protocol)
{
    return find_number(protocols, ELEMENTS(protocols), protocol);
}

const char *vane_address_mode_word(int8_t mode)
{
    return mode < 0 ? NULL : find_number(address_modes, ELEMENTS(address_modes), (uint32_t)mode);
}
