/* A daemon that dies, hangs, stutters or talks nonsense, and one that comes back. */
#include "tests/unit/canclient_fixture.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Half of an answer on the first connection, then the end. */
static bool die_midway(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    uint8_t bytes[128];

    if (fake->accepted > 1) {
        send_answer(fd, request, 0, NULL);
        return true;
    }
    write_all(fd, bytes,
              build_answer(bytes, sizeof(bytes), request->operation, 0, request->id, "half") - 3);
    return false;
}

static void test_a_daemon_that_dies_midway_is_asked_again_when_it_is_back(void **state)
{
    struct fake fake = {.answer = die_midway};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_up(can, "vcan0"), 0);
    assert_int_equal(fake.requests, 2);
    assert_int_equal(fake.accepted, 2);
    vane_can_close(can);
    fake_stop(&fake);
}

static bool die(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    return false;
}

static void test_a_daemon_that_dies_again_is_given_up(void **state)
{
    struct fake fake = {.answer = die};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_up(can, "vcan0"), -ECONNRESET);
    assert_error_has("cannot raise vcan0: the daemon at ");
    assert_error_has("closed the connection");
    assert_int_equal(fake.requests, 2);
    vane_can_close(can);
    fake_stop(&fake);
}

static bool delete_then_die(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    if (fake->accepted == 1)
        return false;
    send_answer(fd, request, VANE_WIRE_NOT_FOUND, "it is gone");
    return true;
}

static void test_a_deletion_whose_answer_was_lost_is_done(void **state)
{
    struct fake fake = {.answer = delete_then_die};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_delete(can, "vcan0"), 0);
    assert_int_equal(vane_can_delete(can, "vcan0"), -ENODEV);
    vane_can_close(can);
    fake_stop(&fake);
}

static void test_no_signal_comes_of_a_connection_that_broke(void **state)
{
    struct fake fake = {0};
    struct vane_can *can;

    assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    fake_start(&fake);
    can = client_of(&fake, 5000);
    shutdown(vane_can_fd(can), SHUT_WR); /* ends the serving thread: the peer is closed */
    wait_for(fake.ended == 1);
    assert_int_equal(vane_can_up(can, "vcan0"), 0);
    assert_int_equal(fake.accepted, 2);
    vane_can_close(can);
    fake_stop(&fake);
}

static void test_after_a_restart_the_next_call_connects_again(void **state)
{
    struct fake fake = {0}, next = {0};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    shutdown(vane_can_fd(can), SHUT_WR);
    fake_stop(&fake);
    assert_int_equal(vane_can_up(can, "vcan0"), -ENOENT);
    assert_error_has("no CAN interface daemon");
    assert_int_equal(mkdir(fake.directory, 0700), 0);

    next.path = fake.path;
    fake_start(&next);
    assert_int_equal(vane_can_up(can, "vcan0"), 0);
    assert_int_equal(next.requests, 1);
    vane_can_close(can);
    fake_stop(&next);
    rmdir(fake.directory);
}

/* ---- time ---- */

static bool answer_late(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    static struct vane_wire_request kept;

    if (strcmp(request->name, "slow") == 0) {
        kept = *request;
        return true;
    }
    send_answer(fd, &kept, VANE_WIRE_QUOTA, "the answer to slow");
    send_answer(fd, request, 0, NULL);
    return true;
}

static void test_a_late_answer_is_not_taken_for_that_to_the_next_request(void **state)
{
    struct fake fake = {.answer = answer_late};
    struct vane_can *can;
    int64_t began;

    fake_start(&fake);
    can = client_of(&fake, 2000);
    began = now_ms();
    assert_int_equal(vane_can_up(can, "slow"), -ETIMEDOUT);
    assert_in_range(now_ms() - began, 1995, 20000);
    assert_error_has("does not answer");

    assert_int_equal(vane_can_up(can, "quick"), 0);
    assert_int_equal(fake.accepted, 1); /* a lease of the connection would still hold */
    vane_can_close(can);
    fake_stop(&fake);
}

static void stay_silent(struct fake *fake, int fd, unsigned nth)
{
    uint8_t byte;

    while (read_all(fd, &byte, 1))
        ;
}

static void test_a_daemon_that_never_answers_ends_no_wait_late(void **state)
{
    struct fake fake = {.serve = stay_silent};
    struct vane_can_options options = {.size = sizeof(options), .timeout_ms = 100};
    struct vane_can *can;
    int64_t began = now_ms();

    fake_start(&fake);
    options.path = fake.path;
    assert_int_equal(vane_can_open(&can, &options), -ETIMEDOUT);
    assert_null(can);
    assert_in_range(now_ms() - began, 95, 20000);
    fake_stop(&fake);
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
}

static bool answer_after_50_ms(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    poll(NULL, 0, 50);
    send_answer(fd, request, 0, NULL);
    return true;
}

static void test_signals_do_not_end_a_call(void **state)
{
    const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {0};
    const struct sigaction action = {.sa_handler = on_alarm}; /* without SA_RESTART */
    struct fake fake = {.answer = answer_after_50_ms};
    struct vane_can *can;
    sigset_t alarm_only;

    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigaction(SIGALRM, &action, NULL);
    pthread_sigmask(SIG_BLOCK, &alarm_only, NULL); /* the daemon's threads inherit it */
    fake_start(&fake);
    can = client_of(&fake, 5000);
    pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);

    setitimer(ITIMER_REAL, &often, NULL);
    assert_int_equal(vane_can_up(can, "vcan0"), 0);
    setitimer(ITIMER_REAL, &never, NULL);
    vane_can_close(can);
    fake_stop(&fake);
}

/* ---- bytes ---- */

static bool stutter(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    uint8_t bytes[128];
    size_t size = build_answer(bytes, sizeof(bytes), request->operation, VANE_WIRE_KERNEL,
                               request->id, "one byte at a time");

    for (size_t i = 0; i < size; i++) {
        write_all(fd, bytes + i, 1);
        poll(NULL, 0, 1);
    }
    return true;
}

static void test_an_answer_may_come_byte_by_byte(void **state)
{
    struct fake fake = {.answer = stutter};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_up(can, "vcan0"), -EIO);
    assert_string_equal(vane_can_error(), "cannot raise vcan0: one byte at a time");
    vane_can_close(can);
    fake_stop(&fake);
}

static bool babble_first(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    uint8_t bytes[64];

    memset(bytes, 0xff, sizeof(bytes));
    if (fake->accepted == 1)
        write_all(fd, bytes, sizeof(bytes));
    else
        send_answer(fd, request, 0, NULL);
    return true;
}

static void test_nonsense_ends_the_connection_and_not_the_handle(void **state)
{
    struct fake fake = {.answer = babble_first};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_up(can, "vcan0"), -EPROTO);
    assert_error_has("is no answer");
    assert_int_equal(vane_can_fd(can), -1);
    assert_int_equal(vane_can_up(can, "vcan0"), 0);
    vane_can_close(can);
    fake_stop(&fake);
}

static void greet_in_english(struct fake *fake, int fd, unsigned nth)
{
    write_all(fd, "220 ready\r\n", 11);
    stay_silent(fake, fd, nth);
}

static void test_what_is_no_can_daemon_is_not_talked_to(void **state)
{
    struct fake fake = {.serve = greet_in_english};
    struct vane_can_options options = {.size = sizeof(options)};
    struct vane_can *can;

    fake_start(&fake);
    options.path = fake.path;
    assert_int_equal(vane_can_open(&can, &options), -EPROTO);
    assert_error_has("is no CAN interface daemon");
    fake_stop(&fake);
}

/* ---- leases over a restart ---- */

/* From the second connection on, "vcan-b" is gone. */
static bool forget_b(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    bool gone = request->operation == VANE_WIRE_RENEW && strcmp(request->name, "vcan-b") == 0;

    send_answer(fd, request, gone ? VANE_WIRE_NOT_FOUND : VANE_WIRE_OK, gone ? "gone" : NULL);
    return true;
}

static void test_leases_are_taken_up_again_and_a_lost_one_is_told_once(void **state)
{
    const struct vane_can_create_options leased = {.size = sizeof(leased), .flags = VANE_CAN_LEASE};
    struct fake fake = {.answer = forget_b};
    struct pollfd polled = {.events = POLLIN};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_create(can, "vcan-a", &leased), 0);
    assert_int_equal(vane_can_create(can, "vcan-b", &leased), 0);
    assert_int_equal(vane_can_create(can, "vcan-c", NULL), 0);
    assert_int_equal(vane_can_create(can, "vcan-d", &leased), 0);
    assert_int_equal(vane_can_delete(can, "vcan-d"), 0);
    assert_int_equal(fake.requests, 5);

    polled.fd = vane_can_fd(can);
    shutdown(polled.fd, SHUT_WR);
    assert_int_equal(poll(&polled, 1, 5000), 1); /* a program that polls learns of it */
    assert_int_equal(vane_can_check(can), -ENODEV);
    assert_string_equal(vane_can_error(), "vcan-b is gone: its lease ended with the connection");
    assert_int_equal(fake.requests, 7); /* RENEW of a and b, and of no other */
    assert_int_equal(fake.last.numbers[VANE_WIRE_LEASE], 0);
    assert_int_equal(vane_can_check(can), 0);

    vane_can_close(can);
    fake_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_daemon_that_dies_midway_is_asked_again_when_it_is_back),
        cmocka_unit_test(test_a_daemon_that_dies_again_is_given_up),
        cmocka_unit_test(test_a_deletion_whose_answer_was_lost_is_done),
        cmocka_unit_test(test_no_signal_comes_of_a_connection_that_broke),
        cmocka_unit_test(test_after_a_restart_the_next_call_connects_again),
        cmocka_unit_test(test_a_late_answer_is_not_taken_for_that_to_the_next_request),
        cmocka_unit_test(test_a_daemon_that_never_answers_ends_no_wait_late),
        cmocka_unit_test(test_signals_do_not_end_a_call),
        cmocka_unit_test(test_an_answer_may_come_byte_by_byte),
        cmocka_unit_test(test_nonsense_ends_the_connection_and_not_the_handle),
        cmocka_unit_test(test_what_is_no_can_daemon_is_not_talked_to),
        cmocka_unit_test(test_leases_are_taken_up_again_and_a_lost_one_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
