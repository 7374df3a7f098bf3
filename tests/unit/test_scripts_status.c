/* The json and the variables of a script, from a link's snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include <linux/ethtool.h>

#include "fake-payload.h"
#include "plugins/scripts/addresses.h"
#include "plugins/scripts/environment.h"
#include "plugins/scripts/status.h"

static const char *const addresses[] = {"9.1.1.1/8",   "10.98.0.101/24", "169.254.3.4/16",
                                        "127.0.0.1/8", "2001:db8::5/64", "fe80::1/64"};
static const char *const gateways[] = {"10.98.0.1", "fe80::2"};
static const char *const domains[] = {"example.test", "example.org"};
static const char *const names[] = {"zeta", "alpha"};

static const struct vane_field fields[] = {
    {"interface_name", VANE_STRING, 0, {.string = "eth0"}},
    {"interface_index", VANE_UINT64, 0, {.uint64 = 4000000}},
    {"interface_type", VANE_STRING, 0, {.string = "ether"}},
    {"kind", VANE_STRING, 0, {.string = "veth"}},
    {"mtu", VANE_UINT64, 0, {.uint64 = 1500}},
    {"mtu_minimum", VANE_UINT64, 0, {.uint64 = 68}},
    {"mtu_maximum", VANE_UINT64, 0, {.uint64 = 65535}},
    {"hardware_address", VANE_STRING, 0, {.string = "02:00:5e:00:53:01"}},
    {"permanent_hardware_address", VANE_STRING, 0, {.string = "02:00:5e:00:53:02"}},
    {"alternative_names", VANE_STRINGS, 2, {.strings = names}},
    {"address", VANE_STRINGS, 6, {.strings = addresses}},
    {"gateway", VANE_STRINGS, 2, {.strings = gateways}},
    {"domain", VANE_STRINGS, 2, {.strings = domains}},
    {"required_for_online", VANE_BOOL, 0, {.boolean = 1}},
    {"queueing_discipline", VANE_STRING, 0, {.string = "noqueue"}},
    {"transmit_queues", VANE_UINT64, 0, {.uint64 = 2}},
    {"receive_queues", VANE_UINT64, 0, {.uint64 = 3}},
};
static const struct vane_payload link_payload = FAKE_PAYLOAD(fields);

static char *describe(const struct vane_payload *payload, bool gone, const struct vane_facts *facts)
{
    const struct vane_status_input input = {.bus = &fake_bus,
                                            .link = payload,
                                            .administrative_state = gone ? "linger" : "configured",
                                            .operational_state = "routable",
                                            .gone = gone};
    struct vane_document *document = vane_status_document(&input, facts);
    char *json = vane_document_json(document);

    vane_document_free(document);
    return json;
}

static void assert_has(const char *json, const char *part)
{
    if (!strstr(json, part))
        fail_msg("no %s in %s", part, json);
}

static void assert_has_not(const char *json, const char *part)
{
    if (strstr(json, part))
        fail_msg("%s in %s", part, json);
}

static void test_document_has_the_labels_and_types_of_networkd_dispatcher(void **state)
{
    g_autofree char *json = describe(&link_payload, false, NULL);

    assert_string_equal(
        json, "{\"Address\": [\"9.1.1.1\", \"10.98.0.101\", \"169.254.3.4\", \"127.0.0.1\", "
              "\"2001:db8::5\", \"fe80::1\"], "
              "\"AdministrativeState\": \"configured\", "
              "\"Alternative Names\": [\"alpha\", \"zeta\"], "
              "\"Gateway\": [\"10.98.0.1\", \"fe80::2\"], "
              "\"Hardware Address\": [\"02:00:5e:00:53:01\"], "
              "\"InterfaceName\": \"eth0\", "
              "\"Kind\": [\"veth\"], "
              "\"Link File\": [\"n/a\"], "
              "\"MTU\": [\"1500 (min: 68, max: 65535)\"], "
              "\"Network File\": [\"n/a\"], "
              "\"Number of Queues (Tx/Rx)\": [\"2/3\"], "
              "\"Online state\": [\"unknown\"], "
              "\"OperationalState\": \"routable\", "
              "\"Permanent Hardware Address\": [\"02:00:5e:00:53:02\"], "
              "\"QDisc\": [\"noqueue\"], "
              "\"Required For Online\": [\"yes\"], "
              "\"Search Domains\": [\"example.test\", \"example.org\"], "
              "\"State\": \"routable (configured)\", "
              "\"Type\": \"ether\"}");
}

static void test_link_that_lingers_has_its_states_and_nothing_else(void **state)
{
    g_autofree char *json = describe(&link_payload, true, NULL);

    assert_string_equal(json, "{\"AdministrativeState\": \"linger\", \"InterfaceName\": \"eth0\", "
                              "\"OperationalState\": \"routable\", "
                              "\"State\": \"routable (linger)\", \"Type\": \"ether\"}");
}

static void test_medium_is_shown_as_networkctl_rounds_it(void **state)
{
    struct vane_facts facts;
    g_autofree char *json = NULL, *unknown = NULL;

    vane_facts_init(&facts);
    facts.medium = (struct vane_medium){.known = true,
                                        .autonegotiation = AUTONEG_ENABLE,
                                        .duplex = DUPLEX_FULL,
                                        .port = PORT_FIBRE,
                                        .speed = 2500000000};
    json = describe(&link_payload, false, &facts);
    facts.medium = (struct vane_medium){
        .known = true, .autonegotiation = 0, .duplex = DUPLEX_UNKNOWN, .port = PORT_NONE};
    unknown = describe(&link_payload, false, &facts);
    vane_facts_clear(&facts);

    assert_has(json, "\"Auto negotiation\": [\"yes\"]");
    assert_has(json, "\"Speed\": [\"2Gbps\"]");
    assert_has(json, "\"Duplex\": [\"full\"]");
    assert_has(json, "\"Port\": [\"fibre\"]");
    assert_has(unknown, "\"Auto negotiation\": [\"no\"]");
    assert_has_not(unknown, "Speed");
    assert_has_not(unknown, "Duplex");
    assert_has_not(unknown, "Port");
}

static void test_networkd_files_and_lease_fill_in_what_the_snapshot_lacks(void **state)
{
    struct vane_facts facts;
    g_autofree char *json = NULL, *directory = g_dir_make_tmp("netvane-XXXXXX", NULL);
    g_autofree char *links = g_build_filename(directory, "links", NULL);
    g_autofree char *leases = g_build_filename(directory, "leases", NULL);
    g_autofree char *link = g_build_filename(links, "7", NULL);
    g_autofree char *lease = g_build_filename(leases, "7", NULL);

    assert_int_equal(g_mkdir(links, 0700), 0);
    assert_int_equal(g_mkdir(leases, 0700), 0);
    assert_true(g_file_set_contents(link,
                                    "# comment\nNETWORK_FILE=/run/10.network\nDNS=10.0.0.1 "
                                    "fd98::1\nNTP=\nACTIVATION_POLICY=up\n"
                                    "DHCP6_CLIENT_DUID=DUID-EN/Vendor:0000ab11\n",
                                    -1, NULL));
    assert_true(g_file_set_contents(
        lease, "TIMEZONE=Etc/UTC\nCLIENTID=ffed3c85e500020000ab11dede0fabf5e9fca3\n", -1, NULL));

    vane_facts_init(&facts);
    vane_facts_files(facts.files, directory, 7);
    json = describe(&link_payload, false, &facts);
    vane_facts_clear(&facts);

    assert_has(json, "\"Network File\": [\"/run/10.network\"]");
    assert_has(json, "\"DNS\": [\"10.0.0.1\", \"fd98::1\"]");
    assert_has(json, "\"Activation Policy\": [\"up\"]");
    assert_has(json, "\"Time Zone\": [\"Etc/UTC\"]");
    assert_has(json, "\"DHCP4 Client ID\": [\"IAID:0xed3c85e5/DUID\"]");
    assert_has(json, "\"DHCP6 Client DUID\": [\"DUID-EN/Vendor:0000ab11\"]");
    assert_has_not(json, "NTP");
    unlink(link);
    unlink(lease);
    rmdir(links);
    rmdir(leases);
    rmdir(directory);
}

static void test_wireless_network_name_is_taken_whole(void **state)
{
    const struct vane_field wireless[] = {
        vane_string("interface_name", "wlan0"),
        vane_string("interface_type", "wlan"),
        vane_string("essid", "My Home Net \xc3\xa9"),
        vane_string("bssid", "02:00:5e:00:53:09"),
    };
    const struct vane_payload payload = FAKE_PAYLOAD(wireless);
    g_autofree char *json = describe(&payload, false, NULL);

    assert_has(json, "\"ESSID\": \"My Home Net \\u00e9\"");
    assert_has(json, "\"Wi-Fi access point\"");
}

static char **environment_of(const char *address, const char *json, const char *event,
                             const char *event_file)
{
    const struct vane_status_input input = {.bus = &fake_bus,
                                            .link = &link_payload,
                                            .administrative_state = "configured",
                                            .operational_state = "routable"};
    struct vane_document *document = vane_status_document(&input, NULL);
    char **environment = vane_environment_build(&(struct vane_environment){
        .interface_name = "eth0",
        .state = "routable",
        .address = address,
        .document = document,
        .json = json,
        .event_id = event ? "0123456789abcdef-7" : NULL,
        .topic = event ? "link.state" : NULL,
        .event = event,
        .event_file = event_file,
    });

    vane_document_free(document);
    return environment;
}

static void assert_variable(char **environment, const char *name, const char *expected)
{
    const char *value = g_environ_getenv(environment, name);

    if (g_strcmp0(value, expected) != 0)
        fail_msg("%s is %s, not %s", name, value, expected);
}

static void test_variables_are_those_of_the_contract(void **state)
{
    g_auto(GStrv) environment = environment_of(NULL, "{}", "{\"seq\":7}", NULL);

    assert_variable(environment, "IFACE", "eth0");
    assert_variable(environment, "STATE", "routable");
    assert_variable(environment, "ADDR", "9.1.1.1");
    assert_variable(environment, "IP_ADDRS", "9.1.1.1 10.98.0.101 169.254.3.4");
    assert_variable(environment, "IP6_ADDRS", "2001:db8::5");
    assert_variable(environment, "ESSID", "");
    assert_variable(environment, "AdministrativeState", "configured");
    assert_variable(environment, "OperationalState", "routable");
    assert_variable(environment, "json", "{}");
    assert_variable(environment, "NETVANE_EVENT_ID", "0123456789abcdef-7");
    assert_variable(environment, "NETVANE_TOPIC", "link.state");
    assert_variable(environment, "NETVANE_EVENT", "{\"seq\":7}");
    assert_variable(environment, "NETVANE_EVENT_FILE", NULL);
    assert_int_equal(g_strv_length(environment), 12);
}

static void test_address_trigger_brings_its_own_address(void **state)
{
    g_auto(GStrv) environment = environment_of("192.0.2.9", "{}", NULL, NULL);

    assert_variable(environment, "ADDR", "192.0.2.9");
    assert_variable(environment, "NETVANE_EVENT_ID", NULL);
    assert_variable(environment, "NETVANE_EVENT", NULL);
}

static void test_event_too_long_for_a_variable_goes_to_a_file(void **state)
{
    g_autofree char *blanks = g_strnfill(VANE_VARIABLE_MAX, ' ');
    g_autofree char *large = g_strdup_printf("{%s}", blanks);
    g_auto(GStrv) environment = environment_of(NULL, "{}", large, "/run/netvane/x.json");
    g_autofree char *file = vane_environment_file_text(large, "{}");
    g_autofree char *none = vane_environment_file_text("{\"seq\":7}", "{}");

    assert_variable(environment, "NETVANE_EVENT", NULL);
    assert_variable(environment, "NETVANE_EVENT_FILE", "/run/netvane/x.json");
    assert_variable(environment, "json", "{}");
    assert_string_equal(file, large);
    assert_null(none);
}

static void test_json_too_long_for_a_variable_joins_the_event_in_the_file(void **state)
{
    g_autofree char *blanks = g_strnfill(VANE_VARIABLE_MAX, ' ');
    g_autofree char *large = g_strdup_printf("{%s}", blanks);
    g_auto(GStrv) environment = environment_of(NULL, large, "{\"seq\":7}", "/x");
    g_autofree char *file = vane_environment_file_text("{\"seq\":7}", large);
    g_autofree char *expected = g_strdup_printf("{\"seq\":7,\"json\":%s}", large);

    assert_variable(environment, "json", NULL);
    assert_variable(environment, "NETVANE_EVENT", "{\"seq\":7}");
    assert_string_equal(file, expected);
}

static void test_address_list_is_cut_between_addresses(void **state)
{
    g_autoptr(GPtrArray) list = vane_addresses_of(&fake_bus, &link_payload);
    g_autofree char *text = vane_addresses_join(list, FALSE, strlen("9.1.1.1 10.98.0.101") + 3);

    assert_string_equal(text, "9.1.1.1 10.98.0.101");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document_has_the_labels_and_types_of_networkd_dispatcher),
        cmocka_unit_test(test_link_that_lingers_has_its_states_and_nothing_else),
        cmocka_unit_test(test_medium_is_shown_as_networkctl_rounds_it),
        cmocka_unit_test(test_networkd_files_and_lease_fill_in_what_the_snapshot_lacks),
        cmocka_unit_test(test_wireless_network_name_is_taken_whole),
        cmocka_unit_test(test_variables_are_those_of_the_contract),
        cmocka_unit_test(test_address_trigger_brings_its_own_address),
        cmocka_unit_test(test_event_too_long_for_a_variable_goes_to_a_file),
        cmocka_unit_test(test_json_too_long_for_a_variable_joins_the_event_in_the_file),
        cmocka_unit_test(test_address_list_is_cut_between_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
