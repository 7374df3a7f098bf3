/* What the store publishes for the kernel's messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/links/store.h"
#include "tests/unit/netlink-messages.h"

struct world {
    struct vane_link_store *store;
    GPtrArray *topics;   /* "link.added veth0" */
    GPtrArray *payloads; /* the same events' payloads */
    uint64_t now_ms;
};

static const char *text_of(const struct vane_payload *payload, const char *name)
{
    struct vane_field field;

    return vane_payload_find(payload, name, &field) == 0 && field.type == VANE_STRING
               ? field.value.string
               : NULL;
}

static char *list_of(const struct vane_payload *payload, const char *name)
{
    struct vane_field field;
    GString *joined = g_string_new(NULL);

    if (vane_payload_find(payload, name, &field) == 0)
        for (uint32_t i = 0; i < field.count; i++)
            g_string_append_printf(joined, "%s%s", i ? " " : "", field.value.strings[i]);
    return g_string_free(joined, FALSE);
}

static void publish(void *user, const char *topic, const struct vane_payload *payload)
{
    struct world *world = user;

    g_ptr_array_add(world->topics,
                    g_strdup_printf("%s %s", topic, text_of(payload, "interface_name")));
    g_ptr_array_add(world->payloads, (void *)(uintptr_t)payload);
}

static uint64_t now_ms(void *user)
{
    return ((struct world *)user)->now_ms;
}

static void drop_payload(void *payload)
{
    vane_payload_unref(payload);
}

static int setup(void **state)
{
    struct world *world = g_new0(struct world, 1);
    struct vane_link_outlet outlet = {.publish = publish, .now_ms = now_ms, .user = world};

    world->store = vane_link_store_new(&outlet);
    world->topics = g_ptr_array_new_with_free_func(g_free);
    world->payloads = g_ptr_array_new_with_free_func(drop_payload);
    vane_link_store_set_live(world->store, true);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    vane_link_store_free(world->store);
    g_ptr_array_unref(world->topics);
    g_ptr_array_unref(world->payloads);
    g_free(world);
    return 0;
}

static void apply(struct world *world, struct nl_msg *message)
{
    assert_int_equal(vane_link_store_apply(world->store, nlmsg_hdr(message)), 0);
    nlmsg_free(message);
}

static void forget(struct world *world)
{
    g_ptr_array_set_size(world->topics, 0);
    g_ptr_array_set_size(world->payloads, 0);
}

/* The events since the last look are these, in this order; NULL ends them. */
static void expect_events(struct world *world, ...)
{
    const char *expected;
    va_list list;
    guint i = 0;

    va_start(list, world);
    while ((expected = va_arg(list, const char *)) && i < world->topics->len)
        assert_string_equal(world->topics->pdata[i++], expected);
    va_end(list);
    if (expected)
        fail_msg("event missing: %s", expected);
    if (i < world->topics->len)
        fail_msg("unexpected event: %s", (char *)world->topics->pdata[i]);
}

static const struct vane_payload *payload_at(struct world *world, guint i)
{
    assert_true(i < world->payloads->len);
    return world->payloads->pdata[i];
}

static const struct link_text veth_off = {.index = 7, .name = "veth0", .kind = "veth"};
static const struct link_text veth_up = {
    .index = 7, .name = "veth0", .kind = "veth", .flags = CARRIED, .operstate = IF_OPER_UP};

static void test_a_link_comes_and_goes_with_what_is_known(void **state)
{
    struct world *world = *state;

    apply(world, link_message(RTM_NEWLINK, &veth_off));
    apply(world, link_message(RTM_DELLINK, &veth_off));

    expect_events(world, "link.added veth0", "link.removed veth0", NULL);
    for (guint i = 0; i < 2; i++) {
        assert_string_equal(text_of(payload_at(world, i), "interface_type"), "ether");
        assert_string_equal(text_of(payload_at(world, i), "kind"), "veth");
        assert_string_equal(text_of(payload_at(world, i), "operational_state"), "off");
        assert_string_equal(text_of(payload_at(world, i), "administrative_state"), "unmanaged");
        assert_string_equal(text_of(payload_at(world, i), "source"), "kernel");
        assert_string_equal(text_of(payload_at(world, i), "hardware_address"), "02:00:5e:00:53:01");
    }
}

static void test_the_first_dump_yields_no_events(void **state)
{
    struct world *world = *state;

    vane_link_store_set_live(world->store, false);
    apply(world, link_message(RTM_NEWLINK, &veth_up));
    apply(world, address_message(RTM_NEWADDR, 7, "192.0.2.1", 24, RT_SCOPE_UNIVERSE, 0));
    expect_events(world, NULL);
    assert_int_equal(vane_link_store_count(world->store), 1);
}

static void test_each_difference_is_its_own_event(void **state)
{
    struct world *world = *state;
    struct link_text changed = veth_up;

    apply(world, link_message(RTM_NEWLINK, &veth_off));
    forget(world);
    apply(world, link_message(RTM_NEWLINK, &veth_up));
    expect_events(world, "link.carrier veth0", "link.state veth0", NULL);
    assert_string_equal(text_of(payload_at(world, 0), "operational_state"), "carrier");
    assert_string_equal(text_of(payload_at(world, 1), "previous_operational_state"), "off");
    assert_string_equal(text_of(payload_at(world, 1), "operational_state"), "carrier");

    forget(world);
    changed.mtu = 9000;
    changed.name = "wan";
    apply(world, link_message(RTM_NEWLINK, &changed));
    expect_events(world, "link.renamed wan", "link.mtu wan", NULL);
    assert_string_equal(text_of(payload_at(world, 0), "old_name"), "veth0");

    forget(world);
    apply(world, link_message(RTM_NEWLINK, &changed));
    expect_events(world, NULL);
}

static void test_an_event_keeps_the_snapshot_of_its_moment(void **state)
{
    struct world *world = *state;
    struct link_text changed = veth_up;

    apply(world, link_message(RTM_NEWLINK, &veth_up));
    changed.mtu = 1280;
    apply(world, link_message(RTM_NEWLINK, &changed));
    changed.mtu = 1400;
    apply(world, link_message(RTM_NEWLINK, &changed));

    for (guint i = 0; i < 3; i++) {
        static const uint64_t mtu[] = {1500, 1280, 1400};
        struct vane_field field;

        assert_int_equal(vane_payload_find(payload_at(world, i), "mtu", &field), 0);
        assert_int_equal(field.value.uint64, mtu[i]);
    }
}

static void test_addresses_make_a_link_routable(void **state)
{
    struct world *world = *state;

    apply(world, link_message(RTM_NEWLINK, &veth_up));
    forget(world);
    apply(world, address_message(RTM_NEWADDR, 7, "fe80::1", 64, RT_SCOPE_LINK, 0));
    apply(world, address_message(RTM_NEWADDR, 7, "192.0.2.1", 24, RT_SCOPE_UNIVERSE, 0));
    apply(world, address_message(RTM_DELADDR, 7, "192.0.2.1", 24, RT_SCOPE_UNIVERSE, 0));

    expect_events(world, "address.added veth0", "link.state veth0", "address.added veth0",
                  "link.state veth0", "address.removed veth0", "link.state veth0", NULL);
    assert_string_equal(text_of(payload_at(world, 1), "operational_state"), "degraded");
    assert_string_equal(text_of(payload_at(world, 2), "address"), "192.0.2.1");
    assert_string_equal(text_of(payload_at(world, 3), "operational_state"), "routable");
    assert_string_equal(text_of(payload_at(world, 5), "operational_state"), "degraded");
}

static void test_a_tentative_address_counts_once_it_is_usable(void **state)
{
    struct world *world = *state;

    apply(world, link_message(RTM_NEWLINK, &veth_up));
    forget(world);
    apply(world,
          address_message(RTM_NEWADDR, 7, "2001:db8::1", 64, RT_SCOPE_UNIVERSE, IFA_F_TENTATIVE));
    expect_events(world, NULL);
    apply(world, address_message(RTM_NEWADDR, 7, "2001:db8::1", 64, RT_SCOPE_UNIVERSE, 0));
    apply(world, address_message(RTM_NEWADDR, 7, "2001:db8::1", 64, RT_SCOPE_UNIVERSE, 0));
    expect_events(world, "address.added veth0", "link.state veth0", NULL);
}

static void test_addresses_are_listed_as_networkctl_does(void **state)
{
    struct world *world = *state;
    const struct vane_link_snapshot *link;
    g_autofree char *list = NULL;

    apply(world, link_message(RTM_NEWLINK, &veth_up));
    apply(world, address_message(RTM_NEWADDR, 7, "fe80::1", 64, RT_SCOPE_LINK, 0));
    apply(world, address_message(RTM_NEWADDR, 7, "2001:db8::2", 64, RT_SCOPE_UNIVERSE, 0));
    apply(world,
          address_message(RTM_NEWADDR, 7, "2001:db8::1", 64, RT_SCOPE_UNIVERSE, IFA_F_DEPRECATED));
    apply(world, address_message(RTM_NEWADDR, 7, "169.254.0.1", 16, RT_SCOPE_LINK, 0));
    apply(world, address_message(RTM_NEWADDR, 7, "192.0.2.9", 24, RT_SCOPE_UNIVERSE, 0));
    apply(world, address_message(RTM_NEWADDR, 7, "10.0.0.1", 8, RT_SCOPE_UNIVERSE, 0));

    link = vane_link_store_get(world->store, 7);
    list = list_of(&link->payload, "address");
    assert_string_equal(list, "10.0.0.1/8 192.0.2.9/24 169.254.0.1/16 2001:db8::2/64 fe80::1/64");
    vane_payload_unref(&link->payload);
}

static void test_default_routes_are_told_and_listed(void **state)
{
    struct world *world = *state;
    const struct vane_link_snapshot *link;
    g_autofree char *list = NULL;

    apply(world, link_message(RTM_NEWLINK, &veth_up));
    forget(world);
    apply(world, route_message(RTM_NEWROUTE, 0, 7, "fe80::2", 1024));
    apply(world, route_message(RTM_NEWROUTE, 0, 7, "192.0.2.200", 10));
    apply(world, route_message(RTM_NEWROUTE, 0, 7, "192.0.2.100", 20));
    expect_events(world, "route.added veth0", "route.added veth0", "route.added veth0", NULL);
    assert_string_equal(text_of(payload_at(world, 1), "gateway"), "192.0.2.200");
    assert_string_equal(text_of(payload_at(world, 1), "protocol"), "static");
    link = vane_link_store_get(world->store, 7);
    list = list_of(&link->payload, "gateway");
    assert_string_equal(list, "192.0.2.200 192.0.2.100 fe80::2");
    vane_payload_unref(&link->payload);

    forget(world);
    apply(world, route_message(RTM_NEWROUTE, NLM_F_REPLACE, 7, "192.0.2.101", 20));
    expect_events(world, "route.removed veth0", "route.added veth0", NULL);
    assert_string_equal(text_of(payload_at(world, 0), "gateway"), "192.0.2.100");
}

static void test_ipv4_routes_go_silently_when_a_link_goes_down(void **state)
{
    struct world *world = *state;

    apply(world, link_message(RTM_NEWLINK, &veth_up));
    apply(world, route_message(RTM_NEWROUTE, 0, 7, "fe80::2", 1024));
    apply(world, route_message(RTM_NEWROUTE, 0, 7, "192.0.2.254", 10));
    forget(world);
    apply(world, link_message(RTM_NEWLINK, &veth_off));
    expect_events(world, "link.carrier veth0", "route.removed veth0", "link.state veth0", NULL);
    assert_string_equal(text_of(payload_at(world, 1), "gateway"), "192.0.2.254");
}

static void test_a_bridge_is_degraded_while_a_port_has_no_carrier(void **state)
{
    struct world *world = *state;
    struct link_text bridge = veth_up, port = veth_up;

    bridge.index = 3;
    bridge.name = "br0";
    bridge.kind = "bridge";
    port.master = 3;
    apply(world, link_message(RTM_NEWLINK, &port)); /* before its master, as dumps may have it */
    apply(world, link_message(RTM_NEWLINK, &bridge));
    forget(world);
    port.flags = UP;
    port.operstate = IF_OPER_LOWERLAYERDOWN;
    apply(world, link_message(RTM_NEWLINK, &port));
    expect_events(world, "link.carrier veth0", "link.state veth0", "link.state br0", NULL);
    assert_string_equal(text_of(payload_at(world, 1), "previous_operational_state"), "enslaved");
    assert_string_equal(text_of(payload_at(world, 2), "operational_state"), "degraded-carrier");
    assert_string_equal(text_of(payload_at(world, 2), "interface_type"), "bridge");
    assert_string_equal(text_of(payload_at(world, 0), "master"), "br0");

    forget(world);
    apply(world, link_message(RTM_DELLINK, &port));
    expect_events(world, "link.state br0", "link.removed veth0", NULL);
}

static void test_a_bridges_view_of_a_port_is_not_the_end_of_the_link(void **state)
{
    struct world *world = *state;
    struct nl_msg *message = link_message(RTM_DELLINK, &veth_up);

    apply(world, link_message(RTM_NEWLINK, &veth_up));
    forget(world);
    ((struct ifinfomsg *)nlmsg_data(nlmsg_hdr(message)))->ifi_family = AF_BRIDGE;
    assert_int_equal(vane_link_store_apply(world->store, nlmsg_hdr(message)), -ENOMSG);
    nlmsg_free(message);
    expect_events(world, NULL);
}

static void test_a_dump_after_a_loss_yields_the_differences(void **state)
{
    struct world *world = *state;
    struct link_text other = veth_up, changed = veth_up;

    other.index = 8;
    other.name = "veth8";
    apply(world, link_message(RTM_NEWLINK, &veth_up));
    apply(world, link_message(RTM_NEWLINK, &other));
    apply(world, address_message(RTM_NEWADDR, 7, "192.0.2.1", 24, RT_SCOPE_UNIVERSE, 0));
    apply(world, route_message(RTM_NEWROUTE, 0, 7, "192.0.2.254", 10));
    forget(world);

    changed.mtu = 1400;
    vane_link_store_begin_dump(world->store);
    apply(world, link_message(RTM_NEWLINK, &changed));
    vane_link_store_end_links(world->store);
    apply(world, address_message(RTM_NEWADDR, 7, "198.51.100.1", 24, RT_SCOPE_UNIVERSE, 0));
    vane_link_store_end_addresses(world->store);
    apply(world, route_message(RTM_NEWROUTE, 0, 7, "192.0.2.254", 10));
    vane_link_store_end_routes(world->store);
    expect_events(world, "link.mtu veth0", "link.removed veth8", "address.added veth0",
                  "address.removed veth0", NULL);
}

static void test_networkds_word_comes_before_the_kernels(void **state)
{
    struct world *world = *state;
    struct vane_networkd_word word = {.operational = "off", .signalled = true};
    struct vane_networkd_word later = {.operational = "galactic", .administrative = "configured"};

    vane_link_store_set_networkd_present(world->store, true);
    apply(world, link_message(RTM_NEWLINK, &veth_off));
    forget(world);
    /* its first word on a new link is news even if the kernel's state has the same name */
    vane_link_store_set_states(world->store, 7, &word);
    vane_link_store_set_states(world->store, 7, &word);
    apply(world, link_message(RTM_NEWLINK, &veth_up));
    vane_link_store_set_states(world->store, 7, &later);
    expect_events(world, "link.state veth0", "link.carrier veth0", "link.state veth0", NULL);
    assert_string_equal(text_of(payload_at(world, 2), "operational_state"), "galactic");
    assert_string_equal(text_of(payload_at(world, 2), "source"), "networkd");

    forget(world);
    vane_link_store_drop_networkd(world->store);
    expect_events(world, "link.state veth0", NULL);
    assert_string_equal(text_of(payload_at(world, 0), "operational_state"), "carrier");
    assert_string_equal(text_of(payload_at(world, 0), "administrative_state"), "unmanaged");
}

static void test_networkds_last_word_finds_a_link_that_is_gone(void **state)
{
    struct world *world = *state;
    struct vane_networkd_word word = {.administrative = "linger", .signalled = true};

    vane_link_store_set_networkd_present(world->store, true);
    apply(world, link_message(RTM_NEWLINK, &veth_off));
    apply(world, link_message(RTM_DELLINK, &veth_off));
    forget(world);
    assert_int_equal(vane_link_store_set_states(world->store, 7, &word), 0);
    expect_events(world, "link.state veth0", NULL);
    assert_string_equal(text_of(payload_at(world, 0), "administrative_state"), "linger");

    world->now_ms += 60000;
    assert_int_equal(vane_link_store_set_states(world->store, 7, &word), -ENODEV);
}

static void test_a_payload_lists_what_it_finds(void **state)
{
    struct world *world = *state;
    struct link_text changed = veth_up;
    struct vane_field listed, found;
    uint32_t count = 0;

    apply(world, link_message(RTM_NEWLINK, &veth_up));
    changed.mtu = 1400;
    apply(world, link_message(RTM_NEWLINK, &changed));
    for (; payload_at(world, 1)->class->member(payload_at(world, 1), count, &listed) == 0;
         count++) {
        assert_int_equal(vane_payload_find(payload_at(world, 1), listed.name, &found), 0);
        assert_int_equal(found.type, listed.type);
        assert_true(found.value.uint64 == listed.value.uint64);
    }
    assert_true(count > 10);
    assert_string_equal(listed.name, "previous_mtu");
    assert_ptr_equal(vane_link_of_payload(payload_at(world, 0)), payload_at(world, 0));
    assert_ptr_not_equal(vane_link_of_payload(payload_at(world, 1)), payload_at(world, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_link_comes_and_goes_with_what_is_known),
        TEST(test_the_first_dump_yields_no_events),
        TEST(test_each_difference_is_its_own_event),
        TEST(test_an_event_keeps_the_snapshot_of_its_moment),
        TEST(test_addresses_make_a_link_routable),
        TEST(test_a_tentative_address_counts_once_it_is_usable),
        TEST(test_addresses_are_listed_as_networkctl_does),
        TEST(test_default_routes_are_told_and_listed),
        TEST(test_ipv4_routes_go_silently_when_a_link_goes_down),
        TEST(test_a_bridge_is_degraded_while_a_port_has_no_carrier),
        TEST(test_a_bridges_view_of_a_port_is_not_the_end_of_the_link),
        TEST(test_a_dump_after_a_loss_yields_the_differences),
        TEST(test_networkds_word_comes_before_the_kernels),
        TEST(test_networkds_last_word_finds_a_link_that_is_gone),
        TEST(test_a_payload_lists_what_it_finds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
