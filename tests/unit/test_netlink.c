/* The watch on the real kernel, as far as everybody may: the first dump, and an end at any time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <net/if.h>

#include "engine/links/exchange.h"
#include "engine/links/build.h"
#include "engine/links/netlink.h"
#include "engine/links/netns.h"
#include "lib/cleanup.h"

struct world {
    uv_loop_t loop;
    struct vane_link_store *store;
    struct vane_netlink *netlink;
    unsigned events, ready;
};

static void publish(void *user, const char *topic, const struct vane_payload *payload)
{
    ((struct world *)user)->events++;
    vane_payload_unref(payload);
}

static uint64_t now_ms(void *user)
{
    return 0;
}

static void on_ready(void *user)
{
    struct world *world = user;

    world->ready++;
    vane_netlink_stop(g_steal_pointer(&world->netlink));
}

static void on_lost(void *user, uint64_t count)
{
}

static void start(struct world *world, uint32_t buffer)
{
    struct vane_link_outlet outlet = {.publish = publish, .now_ms = now_ms, .user = world};
    struct vane_netlink_callbacks callbacks = {on_ready, on_lost, world};

    uv_loop_init(&world->loop);
    world->store = vane_link_store_new(&outlet);
    assert_int_equal(
        vane_netlink_start(&world->loop, world->store, buffer, &callbacks, &world->netlink), 0);
}

static void finish(struct world *world)
{
    vane_netlink_stop(g_steal_pointer(&world->netlink));
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    vane_link_store_free(world->store);
}

static void test_the_first_dump_finds_the_loopback_link(void **state)
{
    struct world world = {0};
    const struct vane_link_snapshot *link;

    start(&world, 1 << 20);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_int_equal(world.ready, 1);
    assert_int_equal(world.events, 0);
    link = vane_link_store_get_by_name(world.store, "lo");
    assert_non_null(link);
    assert_int_equal(link->facts->kernel.index, if_nametoindex("lo"));
    vane_payload_unref(&link->payload);
    finish(&world);
}

static void test_it_ends_cleanly_before_the_dump_is_through(void **state)
{
    struct world world = {0};

    start(&world, 1 << 20);
    finish(&world);
    assert_int_equal(world.ready, 0);
}

static void test_a_drain_takes_what_is_there(void **state)
{
    struct world world = {0};

    start(&world, 1 << 20);
    vane_netlink_drain(world.netlink);
    assert_true(vane_link_store_has(world.store, if_nametoindex("lo")));
    finish(&world);
}

static void test_the_kernel_answers_a_request(void **state)
{
    struct vane_link_create request = {
        .netns_fd = -1, .peer_netns_fd = -1, .name = "netvane-test", .kind = "no-such-kind"};
    _cleanup_close_ int fd = vane_netns_open_route_socket(-1);
    g_autoptr(GPtrArray) messages = NULL;
    g_autofree char *text = NULL;

    assert_true(fd >= 0);
    assert_int_equal(vane_build_create(&request, &messages), 0);
    /* -EPERM for some, -EOPNOTSUPP for others */
    assert_true(vane_netlink_exchange(fd, messages->pdata[0], &text) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_dump_finds_the_loopback_link),
        cmocka_unit_test(test_it_ends_cleanly_before_the_dump_is_through),
        cmocka_unit_test(test_a_drain_takes_what_is_there),
        cmocka_unit_test(test_the_kernel_answers_a_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
