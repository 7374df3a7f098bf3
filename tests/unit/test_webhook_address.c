/* Which addresses webhooks may go to: every kind that leads inwards, in every disguise. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "lib/array.h"
#include "plugins/webhook/address.h"

static char why[192];

static void to_bytes(const char *text, uint8_t bytes[16])
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1) {
        assert_int_equal(vane_address_from((struct sockaddr *)&ipv4, sizeof(ipv4), bytes), 0);
        return;
    }
    assert_int_equal(inet_pton(AF_INET6, text, &ipv6.sin6_addr), 1);
    assert_int_equal(vane_address_from((struct sockaddr *)&ipv6, sizeof(ipv6), bytes), 0);
}

static bool may(const char *text, const char *allowed)
{
    struct vane_network network;
    uint8_t bytes[16];

    why[0] = '\0';
    to_bytes(text, bytes);
    if (allowed)
        assert_int_equal(vane_network_parse(allowed, &network), 0);
    return vane_address_may(bytes, &network, allowed ? 1 : 0, why, sizeof(why));
}

static void test_public_addresses_are_free(void **state)
{
    static const char *const public[] = {
        "1.1.1.1",         "9.255.255.255", "11.0.0.0",        "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0",     "169.253.255.255", "172.15.255.255", "172.32.0.0",
        "192.167.255.255", "192.169.0.0",   "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
        "2606:4700::1111", "2a00::5eff:1"};

    for (size_t i = 0; i < ELEMENTS(public); i++)
        if (!may(public[i], NULL))
            fail_msg("%s: %s", public[i], why);
}

static void test_inward_addresses_are_refused_in_every_form(void **state)
{
    static const char *const inward[] = {"0.0.0.0",
                                         "10.0.0.1",
                                         "100.64.0.1",
                                         "100.127.255.255",
                                         "100.100.100.200",
                                         "127.0.0.1",
                                         "127.255.255.254",
                                         "169.254.169.254",
                                         "169.254.1.1",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.168.1.1",
                                         "168.63.129.16",
                                         "192.0.0.192",
                                         "198.18.0.1",
                                         "224.0.0.1",
                                         "239.1.1.1",
                                         "240.0.0.1",
                                         "255.255.255.255",
                                         "192.0.2.1",
                                         "::",
                                         "::1",
                                         "fe80::1",
                                         "febf::1",
                                         "fc00::1",
                                         "fdff::1",
                                         "fd00:ec2::254",
                                         "fec0::1",
                                         "ff02::1",
                                         "2001:db8::1",
                                         "100::1",
                                         "::ffff:127.0.0.1",
                                         "::ffff:10.1.2.3",
                                         "::ffff:169.254.169.254",
                                         "::10.0.0.1",
                                         "::8.8.8.8",
                                         "64:ff9b::10.0.0.1",
                                         "64:ff9b::7f00:1",
                                         "64:ff9b:1::808:808",
                                         "2002:7f00:1::1",
                                         "2002:a00:1::1",
                                         "2002:808:808::1",
                                         "2001::1",
                                         "2001:0:808:808:0:0:80ff:fffe",
                                         "2a00::5efe:10.0.0.1",
                                         "2a00::200:5efe:127.0.0.1",
                                         "::ffff:0:127.0.0.1",
                                         "::ffff:0:8.8.8.8",
                                         "::1:0:0:0",
                                         "1fff::1",
                                         "4000::1",
                                         "64:ff9b:2::808:808",
                                         "ffff::1"};

    for (size_t i = 0; i < ELEMENTS(inward); i++) {
        if (may(inward[i], NULL))
            fail_msg("%s may be reached", inward[i]);
        assert_true(strstr(why, " is ") || strstr(why, " leads to "));
    }
}

static void test_refusal_names_the_address_within(void **state)
{
    assert_false(may("64:ff9b::192.168.7.9", NULL));
    assert_string_equal(why, "64:ff9b::c0a8:709 leads to 192.168.7.9, a private address, and "
                             "AllowAddresses= does not name it");
    assert_true(may("64:ff9b::192.168.7.9", "64:ff9b::c0a8:700/120"));
    assert_false(may("::ffff:169.254.169.254", NULL));
    assert_string_equal(why, "169.254.169.254 is the address of a cloud's metadata service, which "
                             "AllowAddresses= does not name");
}

static void test_listed_networks_are_allowed_and_no_others(void **state)
{
    assert_true(may("10.1.2.3", "10.1.0.0/16"));
    assert_false(may("10.2.0.0", "10.1.0.0/16"));
    assert_true(may("::ffff:10.1.2.3", "10.1.0.0/16"));
    assert_true(may("127.0.0.1", "127.0.0.1"));
    assert_false(may("127.0.0.2", "127.0.0.1"));
    assert_true(may("::1", "::1"));
    assert_false(may("64:ff9b::10.1.2.3", "10.1.0.0/16"));
    assert_true(may("fd12::1", "fd00::/8"));
    assert_true(may("172.31.255.255", "172.16.0.0/12"));
}

static void test_networks_are_read_strictly(void **state)
{
    static const char *const bad[] = {"",          "10.0.0.0/33", "10.0.0.1/8",  "10.0.0.0/-1",
                                      "10.0.0/8",  "localhost",   "::1/129",     "::1/",
                                      "fe80::1%2", "10.0.0.0/08", "10.0.0.0/8 ", "/8"};
    struct vane_network network;

    for (size_t i = 0; i < ELEMENTS(bad); i++)
        assert_int_equal(vane_network_parse(bad[i], &network), -EINVAL);
    assert_int_equal(vane_network_parse("0.0.0.0/0", &network), 0);
    assert_int_equal(network.bits, 96);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_addresses_are_free),
        cmocka_unit_test(test_inward_addresses_are_refused_in_every_form),
        cmocka_unit_test(test_refusal_names_the_address_within),
        cmocka_unit_test(test_listed_networks_are_allowed_and_no_others),
        cmocka_unit_test(test_networks_are_read_strictly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
