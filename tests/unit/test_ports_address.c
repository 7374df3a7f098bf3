/* Addresses of ports: what is understood, what is refused, and the way back to text. */
#include "engine/ports/address.h"
#include <arpa/inet.h>
#include <errno.h>

#include "tests/unit/engine_fixture.h"

static struct vane_address parse(const char *text)
{
    struct vane_address address;
    const char *problem = NULL;

    assert_int_equal(vane_address_parse(text, &address, &problem), 0);
    return address;
}

static void assert_refused(const char *text, const char *because)
{
    struct vane_address address;
    const char *problem = NULL;

    assert_int_equal(vane_address_parse(text, &address, &problem), -EINVAL);
    if (!strstr(problem, because))
        fail_msg("%s is refused because: %s", text, problem);
}

static void test_unix_schemes_give_their_socket_types(void **state)
{
    assert_int_equal(parse("unix:/run/x").type, SOCK_STREAM);
    assert_int_equal(parse("unix-seqpacket:/run/x").type, SOCK_SEQPACKET);
    assert_int_equal(parse("unix-datagram:/run/x").type, SOCK_DGRAM);
    assert_string_equal(parse("unix:/run/x").socket.un.sun_path, "/run/x");
}

static void test_a_path_may_fill_sun_path_but_for_its_nul(void **state)
{
    g_autofree char *path = g_strnfill(107, 'x');
    g_autofree char *fits = NULL, *too_long = NULL;

    path[0] = '/';
    fits = g_strconcat("unix:", path, NULL);
    too_long = g_strconcat("unix:", path, "x", NULL);
    assert_string_equal(parse(fits).socket.un.sun_path, path);
    assert_refused(too_long, "107 bytes");
}

static void test_relative_and_abstract_sockets_are_refused(void **state)
{
    assert_refused("unix:run/x", "absolute");
    assert_refused("unix:", "absolute");
    assert_refused("unix:@x", "abstract");
}

static void test_ip_addresses_are_literal(void **state)
{
    struct vane_address four = parse("tcp:192.0.2.7:65535");
    struct vane_address six = parse("udp:[2001:db8::1]:0");

    assert_int_equal(four.kind, VANE_ADDRESS_INET);
    assert_int_equal(ntohs(four.socket.in.sin_port), 65535);
    assert_int_equal(ntohl(four.socket.in.sin_addr.s_addr), 0xc0000207);
    assert_int_equal(six.type, SOCK_DGRAM);
    assert_int_equal(six.socket.in6.sin6_addr.s6_addr[15], 1);
}

static void test_a_link_local_address_names_its_interface(void **state)
{
    struct vane_address address = parse("tcp:[fe80::1%lo]:80");

    assert_string_equal(address.zone, "lo");
    assert_int_equal(vane_address_resolve_zone(&address), 0);
    assert_int_equal(address.socket.in6.sin6_scope_id, if_nametoindex("lo"));
    assert_refused("tcp:[fe80::1%]:80", "interface");
    assert_refused("tcp:[fe80::1%abcdefghijklmnop]:80", "interface");
}

static void test_names_are_kept_for_the_resolver(void **state)
{
    struct vane_address address = parse("tcp:host-1.example.org:443");

    assert_int_equal(address.kind, VANE_ADDRESS_HOST);
    assert_string_equal(address.name, "host-1.example.org");
    assert_int_equal(address.port, 443);
}

static void test_what_only_looks_like_an_address_is_refused(void **state)
{
    assert_refused("tcp:1.2.3:80", "neither");
    assert_refused("tcp:256.1.1.1:80", "neither");
    assert_refused("tcp::80", "neither");
    assert_refused("tcp:a b:80", "neither");
    assert_refused("tcp:2001:db8::1:80", "brackets");
    assert_refused("tcp:[::1:80", "not closed");
    assert_refused("tcp:[]:80", "no IPv6");
    assert_refused("tcp:[:80", "not closed");
    assert_refused("tcp:localhost", "port is missing");
}

static void test_ports_have_sixteen_bits(void **state)
{
    assert_int_equal(parse("tcp:127.0.0.1:00080").port, 80);
    assert_refused("tcp:127.0.0.1:65536", "65535");
    assert_refused("tcp:127.0.0.1:", "65535");
    assert_refused("tcp:127.0.0.1:-1", "65535");
    assert_refused("tcp:127.0.0.1:+1", "65535");
    assert_refused("tcp:127.0.0.1:99999999999999999999", "65535");
}

static void test_passed_in_sockets_and_nodes_have_names(void **state)
{
    assert_string_equal(parse("fd:control").name, "control");
    assert_refused("fd:", "name");
    assert_int_equal(parse("node:7").port, 7);
    assert_string_equal(parse("node:7").name, "");
    assert_string_equal(parse("node:robot-3:7").name, "robot-3");
    assert_refused("node::7", "node");
    assert_refused("node:x", "65535");
}

static void test_unknown_kinds_are_refused_with_those_there_are(void **state)
{
    g_autofree char *endless = g_strnfill(100000, 'x');

    assert_refused("", "unix:");
    assert_refused("sctp:1.2.3.4:5", "unix:");
    assert_refused(endless, "512");
}

static void assert_round_trip(const char *text)
{
    struct vane_address address = parse(text);
    g_autofree char *again = NULL;

    assert_int_equal(vane_address_resolve_zone(&address), 0);
    again = vane_address_format(address.type, &address.socket, address.length);
    assert_string_equal(again, text);
}

static void test_addresses_come_back_as_they_were_written(void **state)
{
    assert_round_trip("unix:/run/x");
    assert_round_trip("unix-seqpacket:/run/x");
    assert_round_trip("unix-datagram:/run/x");
    assert_round_trip("tcp:127.0.0.1:80");
    assert_round_trip("udp:[::1]:53");
    assert_round_trip("tcp:[fe80::1%lo]:80");
}

static void test_an_unnamed_peer_has_no_address(void **state)
{
    union vane_socket_address unnamed = {.un.sun_family = AF_UNIX};

    assert_null(vane_address_format(SOCK_STREAM, &unnamed, sizeof(sa_family_t)));
    assert_null(vane_address_format(SOCK_STREAM, &unnamed, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unix_schemes_give_their_socket_types),
        cmocka_unit_test(test_a_path_may_fill_sun_path_but_for_its_nul),
        cmocka_unit_test(test_relative_and_abstract_sockets_are_refused),
        cmocka_unit_test(test_ip_addresses_are_literal),
        cmocka_unit_test(test_a_link_local_address_names_its_interface),
        cmocka_unit_test(test_names_are_kept_for_the_resolver),
        cmocka_unit_test(test_what_only_looks_like_an_address_is_refused),
        cmocka_unit_test(test_ports_have_sixteen_bits),
        cmocka_unit_test(test_passed_in_sockets_and_nodes_have_names),
        cmocka_unit_test(test_unknown_kinds_are_refused_with_those_there_are),
        cmocka_unit_test(test_addresses_come_back_as_they_were_written),
        cmocka_unit_test(test_an_unnamed_peer_has_no_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
