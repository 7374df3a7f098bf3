/* rtnetlink messages as checked structs, and broken ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/can/netlink.h>

#include "engine/links/identify.h"
#include "engine/links/ip.h"
#include "engine/links/parse.h"
#include "engine/links/words.h"
#include "tests/unit/netlink-messages.h"

static int parse_link(struct nl_msg *message, struct vane_rtnl_link *link,
                      struct vane_rtnl_names *names)
{
    return vane_parse_link(nlmsg_hdr(message), link, names);
}

static struct nl_msg *plain_link(const char *kind, uint16_t arphrd)
{
    const struct link_text text = {
        .index = 5, .name = "link5", .kind = kind, .arphrd = arphrd, .flags = CARRIED};

    return link_message(RTM_NEWLINK, &text);
}

static void test_a_can_link_is_understood(void **state)
{
    struct nl_msg *message = plain_link("vcan", ARPHRD_CAN);
    struct vane_rtnl_link link;
    struct vane_rtnl_names names;

    assert_int_equal(parse_link(message, &link, &names), 0);
    assert_string_equal(link.kind, "vcan");
    assert_string_equal(vane_arphrd_word(link.arphrd), "can");
    assert_string_equal(vane_kind_devtype("vcan"), "");
    nlmsg_free(message);
}

/* As `ip -details link show` has a controller at 500 kbit/s that nobody acknowledges. */
static struct nl_msg *controller(void)
{
    const struct can_bittiming timing = {.bitrate = 500000, .sample_point = 875};
    const struct can_ctrlmode modes = {.flags = CAN_CTRLMODE_FD | CAN_CTRLMODE_LISTENONLY};
    const struct can_berr_counter counter = {.txerr = 128, .rxerr = 3};
    const struct can_device_stats totals = {.bus_error = 7, .error_passive = 1, .restarts = 2};
    struct nl_msg *message = plain_link(NULL, ARPHRD_CAN);
    struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;

    nla_put_string(message, IFLA_INFO_KIND, "can");
    nla_put(message, IFLA_INFO_XSTATS, sizeof(totals), &totals);
    data = nla_nest_start(message, IFLA_INFO_DATA);
    nla_put_u32(message, IFLA_CAN_STATE, CAN_STATE_ERROR_PASSIVE);
    nla_put(message, IFLA_CAN_BITTIMING, sizeof(timing), &timing);
    nla_put(message, IFLA_CAN_CTRLMODE, sizeof(modes), &modes);
    nla_put(message, IFLA_CAN_BERR_COUNTER, sizeof(counter), &counter);
    nla_put_u32(message, IFLA_CAN_RESTART_MS, 100);
    nla_nest_end(message, data);
    nla_nest_end(message, info);
    nla_put_string(message, IFLA_IFALIAS, "left motor");
    return message;
}

static void test_a_can_controller_tells_its_state_and_timing(void **state)
{
    struct nl_msg *message = controller();
    struct vane_rtnl_link link;
    struct vane_rtnl_names names;
    const char *words[VANE_FLAG_WORDS];

    assert_int_equal(parse_link(message, &link, &names), 0);
    assert_true(link.can.controller);
    assert_string_equal(vane_can_state_word(link.can.state), "error-passive");
    assert_int_equal(link.can.bitrate, 500000);
    assert_int_equal(link.can.sample_point, 875);
    assert_int_equal(link.can.data_bitrate, 0);
    assert_true(link.can.counts_errors);
    assert_int_equal(link.can.transmit_errors, 128);
    assert_int_equal(link.can.receive_errors, 3);
    assert_int_equal(link.can.restart_ms, 100);
    assert_int_equal(link.can.totals.bus_error, 7);
    assert_int_equal(link.can.totals.restarts, 2);
    assert_int_equal(vane_can_mode_words(link.can.modes, words), 2);
    assert_string_equal(words[0], "listen-only");
    assert_string_equal(words[1], "fd");
    assert_string_equal(link.alias, "left motor");
    assert_null(vane_can_state_word(6));
    nlmsg_free(message);
}

static void test_alternative_names_and_ipv6_mode_are_read(void **state)
{
    struct nl_msg *message = plain_link("veth", ARPHRD_ETHER);
    struct nlattr *list = nla_nest_start(message, IFLA_PROP_LIST), *family;
    struct vane_rtnl_link link;
    struct vane_rtnl_names names;

    nla_put_string(message, IFLA_ALT_IFNAME, "a-name-longer-than-sixteen");
    nla_put(message, IFLA_ALT_IFNAME, 3, "abc"); /* no NUL */
    nla_put_string(message, IFLA_ALT_IFNAME, "other");
    nla_nest_end(message, list);
    list = nla_nest_start(message, IFLA_AF_SPEC);
    family = nla_nest_start(message, AF_INET6);
    nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_STABLE_PRIVACY);
    nla_nest_end(message, family);
    nla_nest_end(message, list);

    assert_int_equal(parse_link(message, &link, &names), 0);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.at[0], "a-name-longer-than-sixteen");
    assert_string_equal(names.at[1], "other");
    assert_string_equal(vane_address_mode_word(link.address_mode), "stable-privacy");
    nlmsg_free(message);
}

static void test_a_wireless_event_tells_nothing_of_the_link(void **state)
{
    struct nl_msg *message = plain_link(NULL, ARPHRD_ETHER);
    struct vane_rtnl_link link;
    struct vane_rtnl_names names;

    nla_put(message, IFLA_WIRELESS, 4, "\0\0\0\0");
    assert_int_equal(parse_link(message, &link, &names), -ENOMSG);
    nlmsg_free(message);
}

/* Cut anywhere, it is read within its bounds (ASan watches) or refused. */
static void cut_anywhere(struct nl_msg *whole)
{
    struct vane_rtnl_link link;
    struct vane_rtnl_names names;

    for (uint32_t length = NLMSG_HDRLEN; length < nlmsg_hdr(whole)->nlmsg_len; length++) {
        struct nlmsghdr *cut = g_memdup2(nlmsg_hdr(whole), length);

        cut->nlmsg_len = length;
        if (length < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
            assert_int_equal(vane_parse_link(cut, &link, &names), -EBADMSG);
        else
            (void)vane_parse_link(cut, &link, &names);
        g_free(cut);
    }
    nlmsg_free(whole);
}

static void test_a_truncated_message_does_no_harm(void **state)
{
    cut_anywhere(plain_link("bridge", ARPHRD_ETHER));
    cut_anywhere(controller());
}

static void test_wrong_sizes_are_refused(void **state)
{
    struct nl_msg *message = address_message(RTM_NEWADDR, 5, "192.0.2.1", 33, 0, 0);
    struct vane_rtnl_address address;

    assert_int_equal(vane_parse_address(nlmsg_hdr(message), &address), -EBADMSG);
    nlmsg_free(message);
    message = address_message(RTM_NEWADDR, 5, "192.0.2.1", 24, 0, 0);
    ((struct ifaddrmsg *)nlmsg_data(nlmsg_hdr(message)))->ifa_family = AF_INET6;
    assert_int_equal(vane_parse_address(nlmsg_hdr(message), &address), -EBADMSG);
    nlmsg_free(message);
}

static void put_hop(struct nl_msg *message, int index, const char *gateway)
{
    struct {
        struct rtnexthop head;
        struct nlattr attribute;
        uint8_t gateway[4];
    } hop = {.head = {.rtnh_len = sizeof(hop), .rtnh_ifindex = index},
             .attribute = {.nla_len = 8, .nla_type = RTA_GATEWAY}};

    inet_pton(AF_INET, gateway, hop.gateway);
    nlmsg_append(message, &hop, sizeof(hop), 0);
}

static void test_a_multipath_route_has_all_its_hops(void **state)
{
    struct rtmsg info = {
        .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST};
    struct nl_msg *message = begin(RTM_NEWROUTE, 0, &info, sizeof(info));
    struct nlattr *list = nla_nest_start(message, RTA_MULTIPATH);
    struct vane_rtnl_route route;
    char text[VANE_IP_TEXT];

    put_hop(message, 5, "192.0.2.1");
    put_hop(message, 6, "192.0.2.2");
    nla_nest_end(message, list);
    assert_true(vane_route_is_default(nlmsg_hdr(message)));
    assert_int_equal(vane_parse_route(nlmsg_hdr(message), &route), 0);
    assert_int_equal(route.nexthop_count, 2);
    assert_int_equal(route.nexthops[1].index, 6);
    vane_ip_text(&route.nexthops[1].gateway, -1, text);
    assert_string_equal(text, "192.0.2.2");
    nlmsg_free(message);
}

static void test_an_ipv4_route_may_go_through_an_ipv6_gateway(void **state)
{
    struct rtmsg info = {.rtm_family = AF_INET, .rtm_type = RTN_UNICAST};
    struct nl_msg *message = begin(RTM_NEWROUTE, 0, &info, sizeof(info));
    struct vane_rtnl_route route;
    uint8_t via[18] = {AF_INET6, 0, 0xfe, 0x80};
    char text[VANE_IP_TEXT];

    nla_put_u32(message, RTA_OIF, 5);
    nla_put(message, RTA_VIA, sizeof(via), via);
    assert_int_equal(vane_parse_route(nlmsg_hdr(message), &route), 0);
    vane_ip_text(&route.nexthops[0].gateway, -1, text);
    assert_string_equal(text, "fe80::");
    nlmsg_free(message);
}

static void test_an_extended_ack_has_the_kernels_words(void **state)
{
    struct nlmsgerr body = {.error = -EPERM};
    struct nl_msg *message = begin(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, &body, sizeof(body));
    const char *text;

    nla_put_string(message, NLMSGERR_ATTR_MSG, "not today");
    assert_int_equal(vane_parse_ack(nlmsg_hdr(message), &text), -EPERM);
    assert_string_equal(text, "not today");
    /* uncapped, the request would lie between; here it would reach behind the end */
    nlmsg_hdr(message)->nlmsg_flags = NLM_F_ACK_TLVS;
    ((struct nlmsgerr *)nlmsg_data(nlmsg_hdr(message)))->msg.nlmsg_len = 4096;
    assert_int_equal(vane_parse_ack(nlmsg_hdr(message), &text), -EPERM);
    assert_null(text);
    nlmsg_free(message);
}

static void test_flags_become_words(void **state)
{
    const char *words[VANE_FLAG_WORDS];
    uint32_t count = vane_link_flag_words(CARRIED, words);
    static const char *const expected[] = {"up", "broadcast", "running", "multicast", "lower-up"};

    assert_int_equal(count, 5);
    for (uint32_t i = 0; i < count; i++)
        assert_string_equal(words[i], expected[i]);
    assert_int_equal(vane_link_flag_words(UINT32_MAX, words), 19);
}

static void test_a_devtype_counts_for_its_own_index_only(void **state)
{
    static const char uevent[] = "DEVTYPE=wlan\nINTERFACE=wlan0\nIFINDEX=5\n";
    g_autofree char *devtype = vane_uevent_devtype(uevent, 5);
    g_autofree char *none = vane_uevent_devtype("INTERFACE=eth0\nIFINDEX=5\n", 5);

    assert_string_equal(devtype, "wlan");
    assert_null(vane_uevent_devtype(uevent, 6)); /* the name is another link's by now */
    assert_string_equal(none, "");
}

static void test_addresses_are_read_from_text(void **state)
{
    struct vane_ip ip;
    uint8_t length;

    assert_int_equal(vane_ip_parse("192.0.2.1/24", &ip, &length), 0);
    assert_int_equal(length, 24);
    assert_int_equal(vane_ip_parse("2001:db8::1", &ip, &length), 0);
    assert_int_equal(length, 128);
    assert_int_equal(vane_ip_parse("192.0.2.1/33", &ip, &length), -EINVAL);
    assert_int_equal(vane_ip_parse("192.0.2.1/", &ip, &length), -EINVAL);
    assert_int_equal(vane_ip_parse("host/24", &ip, &length), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_can_link_is_understood),
        cmocka_unit_test(test_a_can_controller_tells_its_state_and_timing),
        cmocka_unit_test(test_alternative_names_and_ipv6_mode_are_read),
        cmocka_unit_test(test_a_wireless_event_tells_nothing_of_the_link),
        cmocka_unit_test(test_a_truncated_message_does_no_harm),
        cmocka_unit_test(test_wrong_sizes_are_refused),
        cmocka_unit_test(test_a_multipath_route_has_all_its_hops),
        cmocka_unit_test(test_an_ipv4_route_may_go_through_an_ipv6_gateway),
        cmocka_unit_test(test_an_extended_ack_has_the_kernels_words),
        cmocka_unit_test(test_flags_become_words),
        cmocka_unit_test(test_a_devtype_counts_for_its_own_index_only),
        cmocka_unit_test(test_addresses_are_read_from_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
