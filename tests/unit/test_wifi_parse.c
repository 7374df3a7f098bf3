/* nl80211 messages as kernels send them, and broken ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "engine/links/facts.h"
#include "engine/links/wifi-parse.h"

static const uint8_t access_point[6] = {0x02, 0, 0, 0, 0x01, 0x10};

static struct nl_msg *begin(uint8_t command, uint32_t index)
{
    struct genlmsghdr body = {.cmd = command};
    struct nl_msg *message = nlmsg_alloc_simple(0x1c, 0);

    nlmsg_append(message, &body, sizeof(body), NLMSG_ALIGNTO);
    nla_put_u32(message, NL80211_ATTR_IFINDEX, index);
    return message;
}

static struct nl_msg *scan_result(uint32_t status, const void *elements, int size)
{
    struct nl_msg *message = begin(NL80211_CMD_NEW_SCAN_RESULTS, 4);
    struct nlattr *bss = nla_nest_start(message, NL80211_ATTR_BSS);

    nla_put(message, NL80211_BSS_BSSID, sizeof(access_point), access_point);
    nla_put_u32(message, NL80211_BSS_STATUS, status);
    nla_put(message, NL80211_BSS_INFORMATION_ELEMENTS, size, elements);
    nla_nest_end(message, bss);
    return message;
}

static int parse(struct nl_msg *message, struct vane_nl80211 *out)
{
    int r = vane_parse_nl80211(nlmsg_hdr(message), out);

    nlmsg_free(message);
    return r;
}

static void test_the_associated_scan_result_has_ssid_and_bssid(void **state)
{
    static const char elements[] = "\x01\x02\x82\x84\x00\x0bMy Home Net\x03\x01\x06";
    struct vane_nl80211 out;

    assert_int_equal(
        parse(scan_result(NL80211_BSS_STATUS_ASSOCIATED, elements, sizeof(elements) - 1), &out), 0);
    assert_int_equal(out.index, 4);
    assert_true(out.has_bss && out.associated && out.has_ssid && out.has_bssid);
    assert_int_equal(out.ssid_length, 11);
    assert_memory_equal(out.ssid, "My Home Net", 11);
    assert_memory_equal(out.bssid, access_point, 6);
}

static void test_a_neighbour_is_not_ours(void **state)
{
    static const char elements[] = "\x00\x03net";
    struct vane_nl80211 out;

    assert_int_equal(
        parse(scan_result(NL80211_BSS_STATUS_AUTHENTICATED, elements, sizeof(elements) - 1), &out),
        0);
    assert_true(out.has_bss);
    assert_false(out.associated);
}

static void test_broken_elements_yield_no_ssid(void **state)
{
    static const struct {
        const char *bytes;
        int size;
    } cases[] = {
        {"", 0},
        {"\x00", 1},
        {"\x00\x05net", 5},         /* longer than what is there */
        {"\x01\xff\x00\x03net", 7}, /* skips behind the end */
        {"\x00\x21"
         "0123456789012345678901234567890123",
         36}, /* 33 bytes */
    };
    struct vane_nl80211 out;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            parse(scan_result(NL80211_BSS_STATUS_ASSOCIATED, cases[i].bytes, cases[i].size), &out),
            0);
        assert_false(out.has_ssid);
    }
}

static void test_a_connection_tells_its_outcome(void **state)
{
    struct nl_msg *message = begin(NL80211_CMD_CONNECT, 4);
    struct vane_nl80211 out;

    nla_put_u16(message, NL80211_ATTR_STATUS_CODE, 17);
    assert_int_equal(parse(message, &out), 0);
    assert_int_equal(out.command, NL80211_CMD_CONNECT);
    assert_int_equal(out.status, 17);
}

static void test_short_attributes_are_refused(void **state)
{
    struct nl_msg *message = begin(NL80211_CMD_CONNECT, 4);
    struct vane_nl80211 out;

    nla_put(message, NL80211_ATTR_MAC, 3, access_point);
    assert_int_equal(parse(message, &out), -EBADMSG);
    message = begin(NL80211_CMD_CONNECT, 4);
    nlmsg_hdr(message)->nlmsg_len = NLMSG_HDRLEN + 2;
    assert_int_equal(parse(message, &out), -EBADMSG);
}

static void test_an_ssid_of_any_bytes_is_shown_and_kept(void **state)
{
    static const uint8_t ssid[] = {'c', 'a', 'f', 0xe9, 0x00, '!'};
    struct vane_wifi_facts *facts = vane_wifi_facts_new(ssid, sizeof(ssid), access_point);

    assert_true(g_str_has_prefix(facts->essid, "caf\xef\xbf\xbd"));
    assert_true(g_utf8_validate(facts->essid, -1, NULL));
    assert_string_equal(facts->essid_hex, "636166e90021");
    assert_string_equal(facts->bssid, "02:00:00:00:01:10");
    vane_wifi_facts_unref(facts);
}

static struct nl_msg *family(const char *name, const char *group)
{
    struct genlmsghdr body = {.cmd = CTRL_CMD_NEWFAMILY};
    struct nl_msg *message = nlmsg_alloc_simple(GENL_ID_CTRL, 0);
    struct nlattr *groups, *one;

    nlmsg_append(message, &body, sizeof(body), NLMSG_ALIGNTO);
    nla_put_string(message, CTRL_ATTR_FAMILY_NAME, name);
    nla_put_u16(message, CTRL_ATTR_FAMILY_ID, 0x22);
    groups = nla_nest_start(message, CTRL_ATTR_MCAST_GROUPS);
    for (int i = 0; i < 2; i++) {
        one = nla_nest_start(message, i + 1);
        nla_put_u32(message, CTRL_ATTR_MCAST_GRP_ID, (uint32_t)(7 + i));
        nla_put_string(message, CTRL_ATTR_MCAST_GRP_NAME, i == 0 ? "config" : group);
        nla_nest_end(message, one);
    }
    nla_nest_end(message, groups);
    return message;
}

static int parse_family(struct nl_msg *message, struct vane_genl_family *out)
{
    int r = vane_parse_genl_family(nlmsg_hdr(message), out);

    nlmsg_free(message);
    return r;
}

static void test_a_family_and_its_group(void **state)
{
    struct vane_genl_family out;

    assert_int_equal(parse_family(family("nl80211", "mlme"), &out), 0);
    assert_string_equal(out.name, "nl80211");
    assert_int_equal(out.command, CTRL_CMD_NEWFAMILY);
    assert_int_equal(out.id, 0x22);
    assert_int_equal(out.mlme, 8);
    assert_int_equal(parse_family(family("ethtool", "monitor"), &out), 0);
    assert_int_equal(out.mlme, 0);
}

static void test_a_family_without_name_or_with_too_long_a_one_is_refused(void **state)
{
    struct nl_msg *message = begin(CTRL_CMD_NEWFAMILY, 4);
    struct vane_genl_family out;

    assert_int_equal(parse_family(message, &out), -EBADMSG);
    assert_int_equal(parse_family(family("a-name-of-a-family", "mlme"), &out), -EBADMSG);
    assert_int_equal(parse_family(family("nl80211", "a-name-of-a-group"), &out), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_associated_scan_result_has_ssid_and_bssid),
        cmocka_unit_test(test_a_neighbour_is_not_ours),
        cmocka_unit_test(test_broken_elements_yield_no_ssid),
        cmocka_unit_test(test_a_connection_tells_its_outcome),
        cmocka_unit_test(test_short_attributes_are_refused),
        cmocka_unit_test(test_a_family_and_its_group),
        cmocka_unit_test(test_a_family_without_name_or_with_too_long_a_one_is_refused),
        cmocka_unit_test(test_an_ssid_of_any_bytes_is_shown_and_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
