/* Requests about links: the bytes that the kernel would get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/can/netlink.h>
#include <linux/can/vxcan.h>

#include "engine/links/build.h"
#include "tests/unit/netlink-messages.h"

static struct nlmsghdr *message_at(GPtrArray *messages, guint i)
{
    assert_true(i < messages->len);
    return (struct nlmsghdr *)(uintptr_t)g_bytes_get_data(messages->pdata[i], NULL);
}

static struct nlattr *find(struct nlmsghdr *message, int type)
{
    return nlmsg_find_attr(message, sizeof(struct ifinfomsg), type);
}

static struct nlattr *find_in(struct nlattr *nest, int type)
{
    assert_non_null(nest);
    return nla_find(nla_data(nest), nla_len(nest), type);
}

static struct vane_link_create request_for(const char *name, const char *kind)
{
    return (struct vane_link_create){
        .size = sizeof(struct vane_link_create),
        .netns_fd = -1,
        .peer_netns_fd = -1,
        .name = name,
        .kind = kind,
    };
}

static void test_a_vcan_link_is_asked_for(void **state)
{
    struct vane_link_create request = request_for("vcan0", "vcan");
    g_autoptr(GPtrArray) messages = NULL;
    struct nlmsghdr *message;

    request.up = 1;
    request.mtu = 72;
    assert_int_equal(vane_build_create(&request, &messages), 0);
    assert_int_equal(messages->len, 1);
    message = message_at(messages, 0);
    assert_int_equal(message->nlmsg_type, RTM_NEWLINK);
    assert_int_equal(message->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
    assert_int_equal(((struct ifinfomsg *)nlmsg_data(message))->ifi_flags, IFF_UP);
    assert_string_equal(nla_get_string(find(message, IFLA_IFNAME)), "vcan0");
    assert_int_equal(nla_get_u32(find(message, IFLA_MTU)), 72);
    assert_string_equal(nla_get_string(find_in(find(message, IFLA_LINKINFO), IFLA_INFO_KIND)),
                        "vcan");
}

static void test_a_vxcan_pair_names_its_other_end_and_where_it_goes(void **state)
{
    struct vane_link_create request = request_for("vxcan0", "vxcan");
    g_autoptr(GPtrArray) messages = NULL;
    struct nlattr *peer, *name;

    request.peer_name = "can0";
    request.peer_netns_fd = 9;
    assert_int_equal(vane_build_create(&request, &messages), 0);
    peer = find_in(find_in(find(message_at(messages, 0), IFLA_LINKINFO), IFLA_INFO_DATA),
                   VXCAN_INFO_PEER);
    assert_non_null(peer);
    /* a header of its own, then its attributes */
    name = nla_find((struct nlattr *)(void *)((char *)nla_data(peer) + sizeof(struct ifinfomsg)),
                    nla_len(peer) - (int)sizeof(struct ifinfomsg), IFLA_IFNAME);
    assert_non_null(name);
    assert_string_equal(nla_get_string(name), "can0");
    name = nla_find((struct nlattr *)(void *)((char *)nla_data(peer) + sizeof(struct ifinfomsg)),
                    nla_len(peer) - (int)sizeof(struct ifinfomsg), IFLA_NET_NS_FD);
    assert_int_equal(nla_get_u32(name), 9);
}

static void test_a_new_pair_gets_what_is_only_known_by_name(void **state)
{
    struct vane_link_create request = request_for("vxcan0", "vxcan");
    g_autoptr(GPtrArray) messages = NULL;
    struct ifinfomsg *info;

    request.peer_name = "vxcan1";
    request.alias = "here";
    request.peer_alias = "there";
    request.peer_up = 1;
    assert_int_equal(vane_build_create(&request, &messages), 0);
    assert_int_equal(messages->len, 3);
    assert_string_equal(nla_get_string(find(message_at(messages, 1), IFLA_IFNAME)), "vxcan0");
    assert_memory_equal(nla_data(find(message_at(messages, 1), IFLA_IFALIAS)), "here", 4);
    info = nlmsg_data(message_at(messages, 1));
    assert_int_equal(info->ifi_change, 0);
    assert_string_equal(nla_get_string(find(message_at(messages, 2), IFLA_IFNAME)), "vxcan1");
    assert_memory_equal(nla_data(find(message_at(messages, 2), IFLA_IFALIAS)), "there", 5);
    info = nlmsg_data(message_at(messages, 2));
    assert_int_equal(info->ifi_index, 0);
    assert_int_equal(info->ifi_change, IFF_UP);
    assert_int_equal(info->ifi_flags, IFF_UP);
}

static void test_what_a_controller_has_can_be_switched_off(void **state)
{
    const struct vane_can can = {
        .size = sizeof(can), .restart_ms = VANE_CAN_NONE, .termination = VANE_CAN_NONE};
    const struct vane_link_change change = {
        .size = sizeof(change), .what = VANE_LINK_CAN, .can = &can};
    g_autoptr(GPtrArray) messages = NULL;
    struct nlattr *data;

    assert_int_equal(vane_build_change(4, &change, &messages), 0);
    data = find_in(find(message_at(messages, 0), IFLA_LINKINFO), IFLA_INFO_DATA);
    assert_int_equal(nla_get_u32(find_in(data, IFLA_CAN_RESTART_MS)), 0);
    assert_int_equal(nla_get_u16(find_in(data, IFLA_CAN_TERMINATION)), 0);
    assert_null(find_in(data, IFLA_CAN_BITTIMING));
}

static void test_can_parameters_become_attributes(void **state)
{
    const struct vane_can can = {
        .size = sizeof(can),
        .bitrate = 500000,
        .sample_point = 875,
        .data_bitrate = 2000000,
        .restart_ms = 100,
        .modes = VANE_CAN_FD,
        .modes_mask = VANE_CAN_FD | VANE_CAN_LOOPBACK,
        .termination = 120,
    };
    const struct vane_link_change change = {
        .size = sizeof(change), .what = VANE_LINK_CAN | VANE_LINK_UP, .can = &can};
    g_autoptr(GPtrArray) messages = NULL;
    const struct can_bittiming *timing;
    const struct can_ctrlmode *modes;
    struct nlattr *data;

    assert_int_equal(vane_build_change(4, &change, &messages), 0);
    assert_int_equal(messages->len, 2); /* the bit rate first: it is fixed while up */
    data = find_in(find(message_at(messages, 0), IFLA_LINKINFO), IFLA_INFO_DATA);
    timing = nla_data(find_in(data, IFLA_CAN_BITTIMING));
    assert_int_equal(timing->bitrate, 500000);
    assert_int_equal(timing->sample_point, 875);
    timing = nla_data(find_in(data, IFLA_CAN_DATA_BITTIMING));
    assert_int_equal(timing->bitrate, 2000000);
    modes = nla_data(find_in(data, IFLA_CAN_CTRLMODE));
    assert_int_equal(modes->mask, CAN_CTRLMODE_FD | CAN_CTRLMODE_LOOPBACK);
    assert_int_equal(modes->flags, CAN_CTRLMODE_FD);
    assert_int_equal(nla_get_u32(find_in(data, IFLA_CAN_RESTART_MS)), 100);
    assert_int_equal(nla_get_u16(find_in(data, IFLA_CAN_TERMINATION)), 120);
    assert_int_equal(((struct ifinfomsg *)nlmsg_data(message_at(messages, 1)))->ifi_change, IFF_UP);
}

static void test_a_change_is_asked_for_part_by_part(void **state)
{
    const struct vane_link_change change = {
        .size = sizeof(change),
        .what = VANE_LINK_DOWN | VANE_LINK_RENAME | VANE_LINK_MTU | VANE_LINK_MASTER |
                VANE_LINK_ADDRESS_ADD,
        .new_name = "lan0",
        .mtu = 1400,
        .master = 9,
        .address = "2001:db8::1/64",
    };
    g_autoptr(GPtrArray) messages = NULL;
    const struct ifaddrmsg *address;

    assert_int_equal(vane_build_change(4, &change, &messages), 0);
    assert_int_equal(messages->len, 5);
    assert_int_equal(((struct ifinfomsg *)nlmsg_data(message_at(messages, 0)))->ifi_flags, 0);
    assert_string_equal(nla_get_string(find(message_at(messages, 1), IFLA_IFNAME)), "lan0");
    assert_int_equal(nla_get_u32(find(message_at(messages, 2), IFLA_MTU)), 1400);
    assert_int_equal(nla_get_u32(find(message_at(messages, 3), IFLA_MASTER)), 9);
    assert_int_equal(message_at(messages, 4)->nlmsg_type, RTM_NEWADDR);
    address = nlmsg_data(message_at(messages, 4));
    assert_int_equal(address->ifa_family, AF_INET6);
    assert_int_equal(address->ifa_prefixlen, 64);
    assert_int_equal(address->ifa_index, 4);
}

static void test_names_that_no_kernel_takes_are_refused(void **state)
{
    static const char *const names[] = {"", ".", "..", "a/b", "a b", "a:b", "a\tb", NULL};

    for (size_t i = 0; names[i]; i++)
        assert_int_equal(vane_link_name_check(names[i]), -EINVAL);
    assert_int_equal(vane_link_name_check(NULL), -EINVAL);
    assert_int_equal(vane_link_name_check("sixteen-bytes-xx"), -ENAMETOOLONG);
    assert_int_equal(vane_link_name_check("fifteen-bytes-x"), 0);
}

static void test_contradictions_are_refused(void **state)
{
    struct vane_link_create vlan = request_for("vlan5", "vlan");
    struct vane_link_change change = {.what = VANE_LINK_UP | VANE_LINK_DOWN, .move_netns_fd = -1};
    GPtrArray *messages;

    assert_int_equal(vane_build_create(&vlan, &messages), -EINVAL); /* no id, no link below */
    assert_int_equal(vane_build_change(4, &change, &messages), -EINVAL);
    change.what = VANE_LINK_NETNS;
    assert_int_equal(vane_build_change(4, &change, &messages), -EINVAL);
    change.what = VANE_LINK_ADDRESS_ADD;
    change.address = "nonsense";
    assert_int_equal(vane_build_change(4, &change, &messages), -EINVAL);
    change.what = VANE_LINK_CAN;
    assert_int_equal(vane_build_change(4, &change, &messages), -EINVAL);
    assert_int_equal(vane_build_remove(0, &messages), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_vcan_link_is_asked_for),
        cmocka_unit_test(test_a_vxcan_pair_names_its_other_end_and_where_it_goes),
        cmocka_unit_test(test_a_new_pair_gets_what_is_only_known_by_name),
        cmocka_unit_test(test_what_a_controller_has_can_be_switched_off),
        cmocka_unit_test(test_can_parameters_become_attributes),
        cmocka_unit_test(test_a_change_is_asked_for_part_by_part),
        cmocka_unit_test(test_names_that_no_kernel_takes_are_refused),
        cmocka_unit_test(test_contradictions_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
