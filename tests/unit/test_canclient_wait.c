/* Waiting until an interface is up, with the kernel's own news, in a network namespace of its own.
 */
#include "tests/unit/canclient_fixture.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <time.h>

#include "client/link-message.h"

static int enter_namespace(void **state)
{
    return unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : -1;
}

static void set_link(const char *name, bool up)
{
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    request.ifr_flags = up ? IFF_UP : 0;
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
}

static void rename_loopback(const char *from, const char *to)
{
    struct ifreq request;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", from);
    snprintf(request.ifr_newname, sizeof(request.ifr_newname), "%s", to);
    assert_int_equal(ioctl(fd, SIOCSIFNAME, &request), 0);
    close(fd);
}

static void test_what_is_not_there_and_what_is_down_is_told_apart(void **state)
{
    set_link("lo", false);
    assert_int_equal(vane_can_wait_up(NULL, "vcan0", 0), -ETIMEDOUT);
    assert_string_equal(vane_can_error(),
                        "vcan0 is not up in time: there is no interface of this name");
    assert_int_equal(vane_can_wait_up(NULL, "lo", 20), -ETIMEDOUT);
    assert_string_equal(vane_can_error(), "lo is not up in time: it is down");
    assert_int_equal(vane_can_wait_up(NULL, "", 0), -EINVAL);
}

static void test_what_is_up_needs_no_wait(void **state)
{
    set_link("lo", true);
    assert_int_equal(vane_can_wait_up(NULL, "lo", 0), 0);
    set_link("lo", false);
}

/* The threads are in the same namespace. */
static void *wait_for_ever(void *data)
{
    return vane_can_wait_up(NULL, data, -1) == 0 ? data : NULL;
}

static void check_wait(const char *name, void (*make_it_so)(void))
{
    pthread_t thread;
    void *done = NULL;
    struct timespec deadline;

    assert_int_equal(pthread_create(&thread, NULL, wait_for_ever, (void *)name), 0);
    make_it_so();
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 10;
    assert_int_equal(pthread_timedjoin_np(thread, &done, &deadline), 0);
    assert_ptr_equal(done, name);
}

static void raise_after_others(void)
{
    for (int i = 0; i < 20; i++) { /* news that do not matter */
        rename_loopback("lo", "other");
        rename_loopback("other", "lo");
    }
    set_link("lo", true);
}

static void test_the_wait_ends_when_it_is_raised(void **state)
{
    set_link("lo", false);
    check_wait("lo", raise_after_others);
    set_link("lo", false);
}

static void raise_under_a_new_name(void)
{
    rename_loopback("lo", "newname");
    set_link("newname", true);
}

static void test_the_wait_ends_when_another_gets_the_name_and_is_raised(void **state)
{
    check_wait("newname", raise_under_a_new_name);
    set_link("newname", false);
    rename_loopback("newname", "lo");
}

/* ---- the kernel's messages ---- */

static void test_messages_that_are_cut_off_are_none(void **state)
{
    uint8_t bytes[] = {36, 0, 0, 0, 16, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, /* RTM_NEWLINK */
                       0,  0, 1, 0, 7,  0, 0, 0, 65, 0, 0, 0, 0, 0, 0, 0, /* ifindex 7, up */
                       4,  0, 3, 0};                                      /* an empty name */
    struct vane_canlib_link_message message;

    for (size_t cut = 1; cut < sizeof(bytes); cut++) {
        const uint8_t *at = bytes;
        size_t size = cut;

        assert_int_equal(vane_canlib_link_next(&at, &size, &message), -EPROTO);
    }
    for (uint8_t length = 0; length < 4; length++) {
        const uint8_t *at = bytes;
        size_t size = sizeof(bytes);

        bytes[32] = length;
        assert_int_equal(vane_canlib_link_next(&at, &size, &message), -EPROTO);
    }
    bytes[32] = 4;
    const uint8_t *at = bytes;
    size_t size = sizeof(bytes);
    assert_int_equal(vane_canlib_link_next(&at, &size, &message), 1);
    assert_int_equal(message.index, 7);
    assert_int_equal(message.flags, 65);
    assert_int_equal(vane_canlib_link_next(&at, &size, &message), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_there_and_what_is_down_is_told_apart),
        cmocka_unit_test(test_what_is_up_needs_no_wait),
        cmocka_unit_test(test_the_wait_ends_when_it_is_raised),
        cmocka_unit_test(test_the_wait_ends_when_another_gets_the_name_and_is_raised),
        cmocka_unit_test(test_messages_that_are_cut_off_are_none),
    };

    return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
