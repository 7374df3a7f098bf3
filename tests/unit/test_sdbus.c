/* An sd_bus pair on one uv loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>

#include <glib.h>

#include "lib/sdbus/sdbus.h"

struct pair {
    uv_loop_t loop;
    uv_timer_t deadline;
    sd_bus *server, *client;
    struct vane_sdbus *server_attached, *client_attached;
    unsigned replies, timeouts, expected;
    int gone_error;
};

static void give_up(uv_timer_t *timer)
{
    fail_msg("nothing came within the deadline");
}

static void on_gone(void *user, int error)
{
    struct pair *pair = user;

    pair->gone_error = error;
    uv_stop(&pair->loop);
}

static sd_bus *open_end(int fd, int server)
{
    sd_bus *bus = NULL;
    sd_id128_t id = {.qwords = {1, 2}};

    assert_int_equal(sd_bus_new(&bus), 0);
    assert_int_equal(sd_bus_set_fd(bus, fd, fd), 0);
    if (server)
        assert_int_equal(sd_bus_set_server(bus, 1, id), 0);
    assert_true(sd_bus_start(bus) >= 0);
    return bus;
}

static int setup(void **state)
{
    struct pair *pair = g_new0(struct pair, 1);
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    uv_loop_init(&pair->loop);
    uv_timer_init(&pair->loop, &pair->deadline);
    uv_timer_start(&pair->deadline, give_up, 10000, 0);
    pair->server = open_end(fds[0], 1);
    pair->client = open_end(fds[1], 0);
    assert_int_equal(
        vane_sdbus_attach(pair->server, &pair->loop, on_gone, pair, &pair->server_attached), 0);
    assert_int_equal(
        vane_sdbus_attach(pair->client, &pair->loop, on_gone, pair, &pair->client_attached), 0);
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    vane_sdbus_detach(pair->server_attached);
    vane_sdbus_detach(pair->client_attached);
    uv_close((uv_handle_t *)&pair->deadline, NULL);
    uv_run(&pair->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&pair->loop), 0);
    sd_bus_unref(pair->server);
    sd_bus_unref(pair->client);
    g_free(pair);
    return 0;
}

static int count_reply(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct pair *pair = user;

    if (sd_bus_message_is_method_error(message, SD_BUS_ERROR_NO_REPLY))
        pair->timeouts++;
    if (++pair->replies == pair->expected)
        uv_stop(&pair->loop);
    return 0;
}

static void call(struct pair *pair, const char *member, uint64_t timeout_usec)
{
    sd_bus_message *message = NULL;

    assert_true(sd_bus_message_new_method_call(pair->client, &message, NULL, "/",
                                               "org.freedesktop.DBus.Peer", member) >= 0);
    assert_true(sd_bus_call_async(pair->client, NULL, message, count_reply, pair, timeout_usec) >=
                0);
    sd_bus_message_unref(message);
}

static void test_many_calls_are_all_answered(void **state)
{
    struct pair *pair = *state;

    pair->expected = 1000;
    for (unsigned i = 0; i < pair->expected; i++)
        call(pair, "Ping", 0);
    uv_run(&pair->loop, UV_RUN_DEFAULT);
    assert_int_equal(pair->replies, 1000);
    assert_int_equal(pair->timeouts, 0);
}

static int keep_silent(sd_bus_message *message, void *user, sd_bus_error *error)
{
    return sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Peer", "Silence");
}

static void test_an_unanswered_call_times_out(void **state)
{
    struct pair *pair = *state;

    assert_true(sd_bus_add_filter(pair->server, NULL, keep_silent, pair) >= 0);
    pair->expected = 1;
    call(pair, "Silence", 20000);
    uv_run(&pair->loop, UV_RUN_DEFAULT);
    assert_int_equal(pair->timeouts, 1);
}

static void test_the_end_of_the_peer_is_told_once(void **state)
{
    struct pair *pair = *state;

    pair->expected = 1;
    call(pair, "Ping", 0);
    uv_run(&pair->loop, UV_RUN_DEFAULT);

    vane_sdbus_detach(g_steal_pointer(&pair->server_attached));
    uv_run(&pair->loop, UV_RUN_DEFAULT);
    assert_true(pair->gone_error < 0);
    pair->gone_error = 0;
    uv_run(&pair->loop, UV_RUN_NOWAIT);
    assert_int_equal(pair->gone_error, 0);
}

static int count_signal(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct pair *pair = user;

    pair->replies += sd_bus_message_is_signal(message, "org.example", "Last") > 0;
    return 0;
}

/* A peer that ends with unread messages leaves an error on the socket, in front of what it has sent
 * itself; and that is more than one turn takes. */
static void test_what_a_peer_sent_before_its_abrupt_end_still_comes(void **state)
{
    struct pair *pair = *state;

    pair->expected = 1;
    call(pair, "Ping", 0);
    uv_run(&pair->loop, UV_RUN_DEFAULT);
    pair->replies = 0;
    assert_true(sd_bus_add_filter(pair->client, NULL, count_signal, pair) >= 0);
    for (unsigned i = 0; i < 150; i++)
        assert_true(sd_bus_emit_signal(pair->server, "/", "org.example", "Last", "u", i) >= 0);
    assert_int_equal(sd_bus_flush(pair->server), 0);
    assert_true(sd_bus_emit_signal(pair->client, "/", "org.example", "Unread", "") >= 0);
    assert_int_equal(sd_bus_flush(pair->client), 0);
    vane_sdbus_detach(g_steal_pointer(&pair->server_attached));
    uv_run(&pair->loop, UV_RUN_DEFAULT);
    assert_int_equal(pair->replies, 150);
    assert_true(pair->gone_error < 0);
}

static int detach_in_reply(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct pair *pair = user;

    pair->replies++;
    vane_sdbus_detach(g_steal_pointer(&pair->client_attached));
    uv_stop(&pair->loop);
    return 0;
}

static void test_detaching_from_a_callback_is_the_last_call(void **state)
{
    struct pair *pair = *state;

    for (unsigned i = 0; i < 2; i++)
        assert_true(sd_bus_call_method_async(pair->client, NULL, NULL, "/",
                                             "org.freedesktop.DBus.Peer", "Ping", detach_in_reply,
                                             pair, NULL) >= 0);
    uv_run(&pair->loop, UV_RUN_DEFAULT);
    uv_run(&pair->loop, UV_RUN_NOWAIT);
    assert_int_equal(pair->replies, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_many_calls_are_all_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_unanswered_call_times_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_end_of_the_peer_is_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_peer_sent_before_its_abrupt_end_still_comes,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_detaching_from_a_callback_is_the_last_call, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
