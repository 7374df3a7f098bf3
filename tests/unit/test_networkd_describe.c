/* What systemd-networkd describes, as facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "engine/links/describe.h"

static int describe(const char *text, struct vane_networkd_description *out)
{
    struct vane_json_view root;
    int r = vane_describe_open(text, strlen(text), &root);

    return r < 0 ? r : vane_describe_link(root, out);
}

static void test_a_description_is_read(void **state)
{
    struct vane_networkd_description out;

    assert_int_equal(
        describe("{\"Index\":2,\"Name\":\"veth0\",\"AdministrativeState\":\"configured\","
                 "\"OperationalState\":\"routable\",\"OnlineState\":\"online\","
                 "\"NetworkFile\":\"/run/systemd/network/10-veth0.network\","
                 "\"RequiredForOnline\":true,\"ActivationPolicy\":\"up\",\"DNS\":["
                 "{\"Family\":2,\"Address\":[10,99,0,2],\"ConfigSource\":\"static\"},"
                 "{\"Family\":10,\"Address\":[253,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1],\"Port\":853,"
                 "\"ServerName\":\"dns.example\"}],"
                 "\"NTP\":[{\"Server\":\"pool.example\"},{\"Family\":2,\"Address\":[1,2,3,4]}],"
                 "\"SearchDomains\":[{\"Domain\":\"example.test\"}],"
                 "\"RouteDomains\":[{\"Domain\":\".\"}],\"Routes\":[{},[],{\"a\":1}]}",
                 &out),
        0);
    assert_int_equal(out.index, 2);
    assert_string_equal(out.operational, "routable");
    assert_string_equal(out.administrative, "configured");
    assert_string_equal(out.facts->online_state, "online");
    assert_string_equal(out.facts->network_file, "/run/systemd/network/10-veth0.network");
    assert_int_equal(out.facts->required_for_online, 1);
    assert_int_equal(out.facts->dns->count, 2);
    assert_string_equal(out.facts->dns->at[0], "10.99.0.2");
    assert_string_equal(out.facts->dns->at[1], "[fd00::1]:853#dns.example");
    assert_string_equal(out.facts->ntp->at[0], "pool.example");
    assert_string_equal(out.facts->ntp->at[1], "1.2.3.4");
    assert_string_equal(out.facts->search_domains->at[0], "example.test");
    assert_string_equal(out.facts->route_domains->at[0], ".");
    vane_networkd_facts_unref(out.facts);
}

static void test_what_is_of_another_type_counts_as_not_told(void **state)
{
    struct vane_networkd_description out;

    assert_int_equal(describe("{\"Index\":3,\"OnlineState\":null,\"OperationalState\":7,"
                              "\"NetworkFile\":[],\"RequiredForOnline\":\"yes\",\"DNS\":{},"
                              "\"NTP\":[1,{\"Address\":[1,2,3]},{\"Address\":[1,2,3,256]}]}",
                              &out),
                     0);
    assert_string_equal(out.operational, "");
    assert_null(out.facts->online_state);
    assert_null(out.facts->network_file);
    assert_int_equal(out.facts->required_for_online, -1);
    assert_null(out.facts->dns);
    assert_null(out.facts->ntp);
    vane_networkd_facts_unref(out.facts);
}

static void test_a_description_of_nothing_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "[]",
                                        "{}",
                                        "{\"Index\":0}",
                                        "{\"Index\":-1}",
                                        "{\"Index\":99999999999}",
                                        "{\"Index\":2",
                                        NULL};
    struct vane_networkd_description out;

    for (size_t i = 0; texts[i]; i++)
        assert_int_equal(describe(texts[i], &out), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_description_is_read),
        cmocka_unit_test(test_what_is_of_another_type_counts_as_not_told),
        cmocka_unit_test(test_a_description_of_nothing_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
