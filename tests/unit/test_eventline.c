/* Events as lines for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "lib/eventline.h"

#define HEAD "{\"time\":\"2026-01-31T12:34:56.123456789Z\",\"topic\":"

static void assert_line(const char *json, const char *expected)
{
    g_autofree char *line = vane_eventline(json, strlen(json));

    assert_string_equal(line, expected);
}

static void test_a_state_says_what_it_was(void **state)
{
    assert_line(HEAD "\"link.state\",\"payload\":{\"interface_name\":\"eth0\","
                     "\"operational_state\":\"routable\",\"administrative_state\":\"configured\","
                     "\"address\":[\"192.0.2.1/24\",\"2001:db8::1/64\"],"
                     "\"previous_operational_state\":\"carrier\"}}",
                "12:34:56.123 link.state       eth0       routable (configured), was carrier, "
                "192.0.2.1/24,2001:db8::1/64");
    assert_line(HEAD "\"link.state\",\"payload\":{\"interface_name\":\"eth0\","
                     "\"operational_state\":\"off\",\"administrative_state\":\"linger\","
                     "\"previous_administrative_state\":\"configured\"}}",
                "12:34:56.123 link.state       eth0       off (linger), was (configured)");
}

static void test_addresses_and_routes_are_written_as_ip_writes_them(void **state)
{
    assert_line(HEAD "\"address.added\",\"payload\":{\"interface_name\":\"eth0\","
                     "\"address\":\"192.0.2.1\",\"prefix_length\":24}}",
                "12:34:56.123 address.added    eth0       192.0.2.1/24");
    assert_line(HEAD "\"route.added\",\"payload\":{\"interface_name\":\"eth0\","
                     "\"destination\":\"0.0.0.0/0\",\"gateway\":\"192.0.2.254\"}}",
                "12:34:56.123 route.added      eth0       0.0.0.0/0 via 192.0.2.254");
}

static void test_a_script_says_how_it_ended(void **state)
{
    assert_line(HEAD "\"script.finished\",\"payload\":{\"interface_name\":\"eth0\","
                     "\"script\":\"/etc/netvane/scripts/off.d/10-x\",\"exit_status\":1,"
                     "\"signal\":0,\"duration_ms\":80.5}}",
                "12:34:56.123 script.finished  eth0       off.d/10-x exited with 1 after 80.5 ms");
    assert_line(HEAD "\"script.finished\",\"payload\":{\"interface_name\":\"eth0\","
                     "\"script\":\"x\",\"exit_status\":-1,\"signal\":15,\"duration_ms\":3}}",
                "12:34:56.123 script.finished  eth0       x ended by signal 15 after 3 ms");
}

static void test_a_script_that_took_too_long_says_how_long_it_had(void **state)
{
    assert_line(
        HEAD "\"script.timeout\",\"payload\":{\"interface_name\":\"eth0\","
             "\"script\":\"/etc/netvane/scripts/off.d/10-x\",\"timeout_ms\":90000}}",
        "12:34:56.123 script.timeout   eth0       off.d/10-x ran longer than its timeout of "
        "90000 ms");
}

static void test_unknown_topics_show_their_members(void **state)
{
    assert_line(HEAD "\"acme.done\",\"payload\":{\"x\":1,\"list\":[\"a\",\"b\"]}}",
                "12:34:56.123 acme.done                   x=1 list=a,b");
}

static void test_a_hostile_name_cannot_steer_a_terminal(void **state)
{
    assert_line(HEAD "\"link.renamed\",\"payload\":{\"interface_name\":\"\\u001b[2J\","
                     "\"old_name\":\"a\\nb\"}}",
                "12:34:56.123 link.renamed     \\x1b[2J    was a\\nb");
}

static void test_what_is_no_event_is_shown_as_it_is(void **state)
{
    assert_line("{\"gap\":1}", "{\"gap\":1}");
    assert_line("not json\x07", "not json\\x07");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_state_says_what_it_was),
        cmocka_unit_test(test_addresses_and_routes_are_written_as_ip_writes_them),
        cmocka_unit_test(test_a_script_says_how_it_ended),
        cmocka_unit_test(test_a_script_that_took_too_long_says_how_long_it_had),
        cmocka_unit_test(test_unknown_topics_show_their_members),
        cmocka_unit_test(test_a_hostile_name_cannot_steer_a_terminal),
        cmocka_unit_test(test_what_is_no_event_is_shown_as_it_is),
    };

    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
