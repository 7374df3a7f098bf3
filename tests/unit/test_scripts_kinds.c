/* What is shown of each kind of link, from the kernel's attributes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>

#include <cmocka.h>

#include <netlink/msg.h>

#include <linux/if_link.h>

#include "plugins/scripts/kinds.h"

struct fixture {
    struct nl_msg *message;
    struct nlattr *data;
    vane_details *details;
};

static int setup(void **state)
{
    static struct fixture fixture;

    fixture.message = nlmsg_alloc();
    fixture.data = nla_nest_start(fixture.message, IFLA_INFO_DATA);
    fixture.details = g_ptr_array_new_with_free_func(g_free);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    nlmsg_free(fixture->message);
    g_ptr_array_unref(fixture->details);
    return 0;
}

static void assert_details(struct fixture *fixture, const char *kind, const char *expected)
{
    GString *text = g_string_new(NULL);

    nla_nest_end(fixture->message, fixture->data);
    vane_kind_details(fixture->details, kind, fixture->data);
    for (guint i = 0; i + 1 < fixture->details->len; i += 2)
        g_string_append_printf(text, "%s%s: %s", i ? "\n" : "",
                               (char *)g_ptr_array_index(fixture->details, i),
                               (char *)g_ptr_array_index(fixture->details, i + 1));
    assert_string_equal(text->str, expected);
    g_string_free(text, TRUE);
}

static void test_time_spans_are_written_as_networkctl_does(void **state)
{
    static const struct {
        uint64_t milliseconds;
        const char *text;
    } spans[] = {{0, "0"},
                 {15000, "15s"},
                 {2360, "2.360s"},
                 {500, "500ms"},
                 {300000, "5min"},
                 {300500, "5min 500ms"},
                 {65500, "1min 5.500s"},
                 {3600000, "1h"},
                 {90061001, "1d 1h 1min 1.001s"}};

    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++) {
        g_autofree char *text = vane_span_text(spans[i].milliseconds);

        assert_string_equal(text, spans[i].text);
    }
}

static void test_bridge_has_its_timers_and_what_networkctl_takes_for_its_cost(void **state)
{
    struct fixture *fixture = *state;

    nla_put_u32(fixture->message, IFLA_BR_FORWARD_DELAY, 236);
    nla_put_u32(fixture->message, IFLA_BR_HELLO_TIME, 200);
    nla_put_u32(fixture->message, IFLA_BR_MAX_AGE, 610);
    nla_put_u32(fixture->message, IFLA_BR_AGEING_TIME, 30050);
    nla_put_u32(fixture->message, IFLA_BR_STP_STATE, 1);
    nla_put_u16(fixture->message, IFLA_BR_PRIORITY, 32768);
    nla_put_u8(fixture->message, IFLA_BR_MCAST_IGMP_VERSION, 2);

    assert_details(fixture, "bridge",
                   "Forward Delay: 2.360s\nHello Time: 2s\nMax Age: 6.100s\n"
                   "Ageing Time: 5min 500ms\nPriority: 32768\nSTP: yes\n"
                   "Multicast IGMP Version: 2\nCost: 610\nPort State: disabled");
}

static void test_macvlan_has_its_mode(void **state)
{
    struct fixture *fixture = *state;

    nla_put_u32(fixture->message, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
    assert_details(fixture, "macvlan", "Mode: bridge");
}

static void test_vlan_has_its_number(void **state)
{
    struct fixture *fixture = *state;

    nla_put_u16(fixture->message, IFLA_VLAN_ID, 42);
    assert_details(fixture, "vlan", "VLan Id: 42");
}

static void test_vxlan_names_its_group(void **state)
{
    struct fixture *fixture = *state;
    const uint8_t group[] = {239, 1, 1, 1};

    nla_put_u32(fixture->message, IFLA_VXLAN_ID, 7);
    nla_put(fixture->message, IFLA_VXLAN_GROUP, sizeof(group), group);
    assert_details(fixture, "vxlan",
                   "VNI: 7\nGroup: 239.1.1.1\nLearning: no\nRSC: no\nL3MISS: no\nL2MISS: no\n"
                   "TTL: auto");
}

static void test_attributes_of_the_wrong_size_are_passed_over(void **state)
{
    struct fixture *fixture = *state;

    nla_put_u8(fixture->message, IFLA_VLAN_ID, 42);
    assert_details(fixture, "vlan", "");
}

static void test_kind_without_details_has_none(void **state)
{
    assert_details(*state, "veth", "");
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_spans_are_written_as_networkctl_does),
        STORY(test_bridge_has_its_timers_and_what_networkctl_takes_for_its_cost),
        STORY(test_macvlan_has_its_mode),
        STORY(test_vlan_has_its_number),
        STORY(test_vxlan_names_its_group),
        STORY(test_attributes_of_the_wrong_size_are_passed_over),
        STORY(test_kind_without_details_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
