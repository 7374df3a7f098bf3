/* Bounds of tunnels: what a packet has room for, what is under way, and numbers that end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugins/cluster/tunnel-flow.h"
#include "plugins/cluster/tunnel-numbers.h"

static const struct vane_tunnel_frame reset = {.kind = VANE_FRAME_RESET, .stream = 1};
#define RESET_SIZE 7u /* kind, stream, reason: docs/cluster.md */

static void test_a_packet_is_filled_to_its_end_and_no_further(void **state)
{
    uint8_t packet[4 * RESET_SIZE] = {0};

    assert_int_equal(vane_tunnel_frame_append(packet, 0, RESET_SIZE, &reset), RESET_SIZE);
    assert_int_equal(vane_tunnel_frame_append(packet, RESET_SIZE, 2 * RESET_SIZE, &reset),
                     RESET_SIZE);
    assert_int_equal(vane_tunnel_frame_append(packet, RESET_SIZE, 2 * RESET_SIZE - 1, &reset), 0);
    assert_int_equal(packet[RESET_SIZE], VANE_FRAME_RESET);
    assert_int_equal(packet[2 * RESET_SIZE], 0);
}

/* Reconnected, in one turn, to a server whose max_payload is smaller. */
static void test_a_packet_that_is_longer_than_it_may_be_by_now_takes_nothing(void **state)
{
    uint8_t packet[4 * RESET_SIZE] = {0};

    assert_int_equal(vane_tunnel_frame_append(packet, 2 * RESET_SIZE, 2 * RESET_SIZE, &reset), 0);
    assert_int_equal(vane_tunnel_frame_append(packet, 2 * RESET_SIZE, RESET_SIZE, &reset), 0);
    assert_int_equal(vane_tunnel_frame_append(packet, 2 * RESET_SIZE, 0, &reset), 0);
    assert_int_equal(packet[2 * RESET_SIZE], 0);
}

/* Four peers that acknowledge nothing hold all that may be under way. */
static void test_a_tunnel_has_some_room_whatever_others_hold(void **state)
{
    uint64_t all = 4 * VANE_TUNNEL_SESSION_FLIGHT;

    assert_true(all >= VANE_TUNNEL_TOTAL_FLIGHT);
    assert_true(vane_tunnel_flight_allows(0, all));
    assert_true(vane_tunnel_flight_allows(VANE_TUNNEL_OWN_FLIGHT - 1, all));
    assert_false(vane_tunnel_flight_allows(VANE_TUNNEL_OWN_FLIGHT, all));
    assert_true(vane_tunnel_flight_allows(VANE_TUNNEL_OWN_FLIGHT, all - 1));
    assert_true(vane_tunnel_flight_allows(VANE_TUNNEL_SESSION_FLIGHT - 1, all - 1));
    assert_false(vane_tunnel_flight_allows(VANE_TUNNEL_SESSION_FLIGHT, 0));
}

static void test_numbers_of_streams_end_and_never_begin_again(void **state)
{
    assert_int_equal(vane_tunnel_stream_after(1), 3);
    assert_int_equal(vane_tunnel_stream_after(2), 4);
    assert_int_equal(vane_tunnel_stream_after(UINT32_MAX - 2), UINT32_MAX);
    assert_int_equal(vane_tunnel_stream_after(UINT32_MAX - 3), UINT32_MAX - 1);
    assert_int_equal(vane_tunnel_stream_after(UINT32_MAX - 1), 0);
    assert_int_equal(vane_tunnel_stream_after(UINT32_MAX), 0);
}

static void test_a_number_is_taken_once_in_whatever_order(void **state)
{
    static const uint32_t order[] = {3, 1, 9, 7, 135, 5, 137, 133};
    static const bool first[] = {true, true, true, true, true, false, true, true};
    struct vane_tunnel_heard heard = {0};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        assert_int_equal(vane_tunnel_heard_first(&heard, order[i]), first[i]);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        assert_false(vane_tunnel_heard_first(&heard, order[i]));
}

/* 137 is the last: 64 numbers before it is 9. */
static void test_what_is_too_far_behind_is_not_taken(void **state)
{
    struct vane_tunnel_heard heard = {0};

    assert_true(vane_tunnel_heard_first(&heard, 137));
    assert_false(vane_tunnel_heard_first(&heard, 7));
    assert_true(vane_tunnel_heard_first(&heard, 9));
    assert_false(vane_tunnel_heard_first(&heard, 9));
    assert_true(vane_tunnel_heard_first(&heard, UINT32_MAX));
    assert_false(vane_tunnel_heard_first(&heard, UINT32_MAX));
    assert_false(vane_tunnel_heard_first(&heard, 139));
}

/* The one before stays known when the next is exactly at the window's end. */
static void test_what_was_last_is_remembered_to_the_end_of_the_window(void **state)
{
    struct vane_tunnel_heard heard = {0};

    assert_true(vane_tunnel_heard_first(&heard, 2));
    assert_true(vane_tunnel_heard_first(&heard, 130));
    assert_false(vane_tunnel_heard_first(&heard, 2));
    assert_true(vane_tunnel_heard_first(&heard, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_packet_is_filled_to_its_end_and_no_further),
        cmocka_unit_test(test_a_packet_that_is_longer_than_it_may_be_by_now_takes_nothing),
        cmocka_unit_test(test_a_tunnel_has_some_room_whatever_others_hold),
        cmocka_unit_test(test_numbers_of_streams_end_and_never_begin_again),
        cmocka_unit_test(test_a_number_is_taken_once_in_whatever_order),
        cmocka_unit_test(test_what_is_too_far_behind_is_not_taken),
        cmocka_unit_test(test_what_was_last_is_remembered_to_the_end_of_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
