/* Messages of nl80211 and of the controller. See wifi-parse.h. */
#include "engine/links/wifi-parse.h"

#include <errno.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#define ELEMENT_SSID 0 /* IEEE 802.11-2020, table 9-92 */
#define BSSID_SIZE   6

static const struct nla_policy policy[NL80211_ATTR_MAX + 1] = {
    [NL80211_ATTR_IFINDEX] = {.type = NLA_U32},     [NL80211_ATTR_IFTYPE] = {.type = NLA_U32},
    [NL80211_ATTR_STATUS_CODE] = {.type = NLA_U16}, [NL80211_ATTR_MAC] = {.minlen = BSSID_SIZE},
    [NL80211_ATTR_BSS] = {.type = NLA_NESTED},
};

static const struct nla_policy bss_policy[NL80211_BSS_MAX + 1] = {
    [NL80211_BSS_BSSID] = {.minlen = BSSID_SIZE},
    [NL80211_BSS_STATUS] = {.type = NLA_U32},
};

static void take_bssid(const struct nlattr *attribute, struct vane_nl80211 *out)
{
    memcpy(out->bssid, nla_data(attribute), BSSID_SIZE);
    out->has_bssid = true;
}

static void take_ssid(const uint8_t *bytes, size_t length, struct vane_nl80211 *out)
{
    if (length > VANE_SSID_MAX)
        return;
    memcpy(out->ssid, bytes, length);
    out->ssid_length = (uint8_t)length;
    out->has_ssid = true;
}

/* Elements are a type, a length, and that many bytes each. */
static void find_ssid(const struct nlattr *elements, struct vane_nl80211 *out)
{
    const uint8_t *at = nla_data(elements);
    size_t left = (size_t)nla_len(elements);

    while (left >= 2 && (size_t)at[1] + 2 <= left) {
        if (at[0] == ELEMENT_SSID) {
            take_ssid(at + 2, at[1], out);
            return;
        }
        left -= (size_t)at[1] + 2;
        at += (size_t)at[1] + 2;
    }
}

static int parse_bss(struct nlattr *bss, struct vane_nl80211 *out)
{
    struct nlattr *at[NL80211_BSS_MAX + 1];
    uint32_t status;

    if (nla_parse_nested(at, NL80211_BSS_MAX, bss, bss_policy) < 0)
        return -EBADMSG;
    out->has_bss = true;
    if (at[NL80211_BSS_STATUS]) {
        status = nla_get_u32(at[NL80211_BSS_STATUS]);
        out->associated =
            status == NL80211_BSS_STATUS_ASSOCIATED || status == NL80211_BSS_STATUS_IBSS_JOINED;
    }
    if (at[NL80211_BSS_BSSID])
        take_bssid(at[NL80211_BSS_BSSID], out);
    if (at[NL80211_BSS_INFORMATION_ELEMENTS])
        find_ssid(at[NL80211_BSS_INFORMATION_ELEMENTS], out);
    return 0;
}

int vane_parse_nl80211(const struct nlmsghdr *message, struct vane_nl80211 *out)
{
    struct nlmsghdr *header = (struct nlmsghdr *)message; /* libnl takes no const; it only reads */
    struct nlattr *at[NL80211_ATTR_MAX + 1];

    memset(out, 0, sizeof(*out));
    if (!nlmsg_valid_hdr(header, GENL_HDRLEN) ||
        nlmsg_parse(header, GENL_HDRLEN, at, NL80211_ATTR_MAX, policy) < 0)
        return -EBADMSG;
    out->command = ((struct genlmsghdr *)nlmsg_data(header))->cmd;
    if (at[NL80211_ATTR_IFINDEX])
        out->index = nla_get_u32(at[NL80211_ATTR_IFINDEX]);
    if (at[NL80211_ATTR_IFTYPE])
        out->type = nla_get_u32(at[NL80211_ATTR_IFTYPE]);
    if (at[NL80211_ATTR_STATUS_CODE])
        out->status = nla_get_u16(at[NL80211_ATTR_STATUS_CODE]);
    if (at[NL80211_ATTR_MAC])
        take_bssid(at[NL80211_ATTR_MAC], out);
    if (at[NL80211_ATTR_SSID])
        take_ssid(nla_data(at[NL80211_ATTR_SSID]), (size_t)nla_len(at[NL80211_ATTR_SSID]), out);
    return at[NL80211_ATTR_BSS] ? parse_bss(at[NL80211_ATTR_BSS], out) : 0;
}

static const struct nla_policy family_policy[CTRL_ATTR_MAX + 1] = {
    [CTRL_ATTR_FAMILY_ID] = {.type = NLA_U16},
    [CTRL_ATTR_FAMILY_NAME] = {.type = NLA_NUL_STRING, .maxlen = GENL_NAMSIZ},
    [CTRL_ATTR_MCAST_GROUPS] = {.type = NLA_NESTED},
};

static const struct nla_policy group_policy[CTRL_ATTR_MCAST_GRP_MAX + 1] = {
    [CTRL_ATTR_MCAST_GRP_NAME] = {.type = NLA_NUL_STRING, .maxlen = GENL_NAMSIZ},
    [CTRL_ATTR_MCAST_GRP_ID] = {.type = NLA_U32},
};

static int parse_groups(struct nlattr *groups, struct vane_genl_family *out)
{
    struct nlattr *group, *at[CTRL_ATTR_MCAST_GRP_MAX + 1];
    int left;

    nla_for_each_nested(group, groups, left)
    {
        if (nla_parse_nested(at, CTRL_ATTR_MCAST_GRP_MAX, group, group_policy) < 0)
            return -EBADMSG;
        if (at[CTRL_ATTR_MCAST_GRP_NAME] && at[CTRL_ATTR_MCAST_GRP_ID] &&
            strcmp(nla_get_string(at[CTRL_ATTR_MCAST_GRP_NAME]), "mlme") == 0)
            out->mlme = nla_get_u32(at[CTRL_ATTR_MCAST_GRP_ID]);
    }
    return 0;
}

int vane_parse_genl_family(const struct nlmsghdr *message, struct vane_genl_family *out)
{
    struct nlmsghdr *header = (struct nlmsghdr *)message; /* as above */
    struct nlattr *at[CTRL_ATTR_MAX + 1];

    memset(out, 0, sizeof(*out));
    if (!nlmsg_valid_hdr(header, GENL_HDRLEN) ||
        nlmsg_parse(header, GENL_HDRLEN, at, CTRL_ATTR_MAX, family_policy) < 0 ||
        !at[CTRL_ATTR_FAMILY_ID] || !at[CTRL_ATTR_FAMILY_NAME])
        return -EBADMSG;
    out->command = ((struct genlmsghdr *)nlmsg_data(header))->cmd;
    out->id = nla_get_u16(at[CTRL_ATTR_FAMILY_ID]);
    nla_strlcpy(out->name, at[CTRL_ATTR_FAMILY_NAME], sizeof(out->name));
    return at[CTRL_ATTR_MCAST_GROUPS] ? parse_groups(at[CTRL_ATTR_MCAST_GROUPS], out) : 0;
}
