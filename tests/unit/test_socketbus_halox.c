/* Which events HaloX has, and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "lib/cloudevent.h"
#include "plugins/socketbus/halox.h"

static struct vane_halox_tracker *tracker;

static int setup(void **state)
{
    tracker = vane_halox_tracker_new();
    return 0;
}

static int teardown(void **state)
{
    vane_halox_tracker_free(tracker);
    return 0;
}

static void assert_kind(const char *topic, const char *administrative, enum vane_halox_kind kind)
{
    assert_int_equal(vane_halox_judge(tracker, topic, 7, administrative), kind);
}

static void test_a_removed_link_is_removed_once_and_last(void **state)
{
    assert_kind("link.added", NULL, VANE_HALOX_ADDED);
    assert_kind("link.state", "configured", VANE_HALOX_STATE_CHANGE);
    assert_kind("link.removed", NULL, VANE_HALOX_REMOVED);
    assert_kind("link.state", "linger", VANE_HALOX_NONE);
    assert_kind("link.state", "unmanaged", VANE_HALOX_NONE);
    assert_kind("address.removed", NULL, VANE_HALOX_NONE);
    assert_kind("link.removed", NULL, VANE_HALOX_NONE);
}

static void test_a_link_that_lingers_first_is_removed_then(void **state)
{
    assert_kind("link.state", "linger", VANE_HALOX_REMOVED);
    assert_kind("address.removed", NULL, VANE_HALOX_NONE);
    assert_kind("link.removed", NULL, VANE_HALOX_NONE);
}

static void test_an_index_that_comes_again_is_a_new_link(void **state)
{
    assert_kind("link.removed", NULL, VANE_HALOX_REMOVED);
    assert_kind("link.added", NULL, VANE_HALOX_ADDED);
    assert_kind("address.added", NULL, VANE_HALOX_ADDRESS_ADDED);
    assert_kind("link.removed", NULL, VANE_HALOX_REMOVED);
}

static void test_other_events_are_unknown_to_it(void **state)
{
    assert_kind("link.mtu", NULL, VANE_HALOX_NONE);
    assert_kind("link.renamed", NULL, VANE_HALOX_NONE);
    assert_kind("route.added", NULL, VANE_HALOX_NONE);
    assert_kind("wifi.connected", NULL, VANE_HALOX_NONE);
}

static void assert_line(enum vane_halox_kind kind, const char *json, const char *type,
                        const char *line)
{
    size_t length;
    g_autofree char *text = vane_halox_render(kind, json, strlen(json), type, &length);

    assert_string_equal(text, line);
    assert_int_equal(length, strlen(line));
}

#define HEAD                                                                                       \
    "{\"seq\":1,\"id\":\"ab-1\",\"time\":\"2025-01-01T17:30:00.000000001Z\",\"topic\":\"x\","      \
    "\"payload\":"

#define TAIL "\"seq\":1,\"id\":\"ab-1\"}"

static void test_lines_have_the_members_of_halox_in_its_order(void **state)
{
    assert_line(VANE_HALOX_STATE_CHANGE,
                HEAD "{\"interface_name\":\"wlan0\",\"interface_index\":3,"
                     "\"interface_type\":\"wlan\",\"operational_state\":\"routable\","
                     "\"administrative_state\":\"configured\",\"address\":[\"192.0.2.1/24\"],"
                     "\"gateway\":[\"192.0.2.254\"],\"dns\":[\"8.8.8.8\"],\"domain\":[\"a.b\"],"
                     "\"essid\":\"My Home Net\",\"mtu\":1500}}",
                NULL,
                "{\"type\":\"interface_state_change\",\"timestamp\":"
                "\"2025-01-01T17:30:00.000000001Z\",\"interface_name\":\"wlan0\","
                "\"interface_index\":3,\"operational_state\":\"routable\","
                "\"administrative_state\":\"configured\",\"interface_type\":\"wlan\","
                "\"address\":[\"192.0.2.1/24\"],\"gateway\":[\"192.0.2.254\"],"
                "\"dns\":[\"8.8.8.8\"],\"essid\":\"My Home Net\",\"data\":{\"Type\":\"wlan\","
                "\"OperationalState\":\"routable\",\"AdministrativeState\":\"configured\","
                "\"InterfaceName\":\"wlan0\",\"State\":\"routable (configured)\","
                "\"ESSID\":\"My Home Net\",\"Address\":[\"192.0.2.1/24\"],"
                "\"Gateway\":[\"192.0.2.254\"],\"DNS\":[\"8.8.8.8\"],\"Domain\":[\"a.b\"]}," TAIL);
}

static void test_empty_members_are_left_out(void **state)
{
    assert_line(VANE_HALOX_REMOVED,
                HEAD "{\"interface_name\":\"eth0\",\"interface_index\":2,\"address\":[]}}", NULL,
                "{\"type\":\"interface_removed\",\"timestamp\":\"2025-01-01T17:30:00.000000001Z\","
                "\"interface_name\":\"eth0\",\"interface_index\":2," TAIL);
    assert_line(VANE_HALOX_STATE_CHANGE,
                HEAD "{\"interface_name\":\"eth0\",\"interface_index\":2,\"address\":[],"
                     "\"operational_state\":\"off\",\"administrative_state\":\"unmanaged\"}}",
                NULL,
                "{\"type\":\"interface_state_change\",\"timestamp\":"
                "\"2025-01-01T17:30:00.000000001Z\",\"interface_name\":\"eth0\","
                "\"interface_index\":2,\"operational_state\":\"off\","
                "\"administrative_state\":\"unmanaged\",\"data\":{\"Type\":\"\","
                "\"OperationalState\":\"off\",\"AdministrativeState\":\"unmanaged\","
                "\"InterfaceName\":\"eth0\",\"State\":\"off (unmanaged)\"}," TAIL);
}

static void test_addresses_have_their_prefix_length(void **state)
{
    assert_line(VANE_HALOX_ADDRESS_ADDED,
                HEAD "{\"interface_name\":\"eth0\",\"interface_index\":2,"
                     "\"address\":\"fd00::1\",\"prefix_length\":64,\"family\":\"ipv6\"}}",
                "ether",
                "{\"type\":\"ip_address_added\",\"timestamp\":\"2025-01-01T17:30:00.000000001Z\","
                "\"interface_name\":\"eth0\",\"interface_index\":2,\"interface_type\":\"ether\","
                "\"address\":[\"fd00::1/64\"]," TAIL);
}

static void test_cloudevents_wrap_the_payload(void **state)
{
    static const char json[] =
        "{\"seq\":9,\"epoch\":\"00ff00ff00ff00ff\",\"id\":\"00ff00ff00ff00ff-9\",\"time\":"
        "\"2025-01-01T17:30:00.000000001Z\",\"monotonic_ns\":5,\"topic\":\"link.mtu\",\"cause\":"
        "\"00ff00ff00ff00ff-8\",\"payload\":{\"interface_name\":\"eth0\",\"mtu\":1400}}";
    size_t length;
    g_autofree char *text = vane_cloudevent(json, strlen(json), "/netvane/host", &length);

    assert_string_equal(text, "{\"specversion\":\"1.0\",\"id\":\"00ff00ff00ff00ff-9\",\"source\":"
                              "\"/netvane/host\",\"type\":\"org.netvane.link.mtu\",\"time\":"
                              "\"2025-01-01T17:30:00.000000001Z\",\"subject\":\"eth0\","
                              "\"datacontenttype\":\"application/json\",\"seq\":9,\"cause\":"
                              "\"00ff00ff00ff00ff-8\",\"data\":{\"interface_name\":\"eth0\","
                              "\"mtu\":1400}}");
    assert_null(vane_cloudevent("[]", 2, "/netvane/host", &length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_removed_link_is_removed_once_and_last, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_link_that_lingers_first_is_removed_then, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_an_index_that_comes_again_is_a_new_link, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_other_events_are_unknown_to_it, setup, teardown),
        cmocka_unit_test(test_lines_have_the_members_of_halox_in_its_order),
        cmocka_unit_test(test_empty_members_are_left_out),
        cmocka_unit_test(test_addresses_have_their_prefix_length),
        cmocka_unit_test(test_cloudevents_wrap_the_payload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
