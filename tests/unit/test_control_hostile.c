/* The private control socket and those who mean it no good, or do not know better. */
#include "tests/unit/control_fixture.h"

#include "engine/control/access.h"
#include "engine/control/auth.h"
#include "engine/control/frame.h"

/* Writes what the server takes; true when the server has closed the connection. */
static bool is_closed(int fd)
{
    char buffer[512];
    ssize_t length;

    do {
        length = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    } while (length > 0);
    return length == 0 || (length < 0 && errno != EAGAIN);
}

static void write_all(struct fixture *fixture, int fd, const void *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t sent =
            send(fd, (const char *)bytes + done, length - done, MSG_DONTWAIT | MSG_NOSIGNAL);

        uv_run(&fixture->engine.loop, UV_RUN_NOWAIT);
        if (sent < 0 && errno != EAGAIN)
            return;
        done += sent > 0 ? (size_t)sent : 0;
    }
}

static int dial_and_authenticate(struct fixture *fixture)
{
    int fd = dial(fixture);
    char answer[128];
    ssize_t length = -1;

    write_all(fixture, fd, "\0AUTH EXTERNAL\r\nDATA\r\n", 22);
    write_all(fixture, fd, "BEGIN\r\n", 7);
    PUMP_UNTIL(fixture, (length = recv(fd, answer, sizeof(answer), MSG_DONTWAIT)) > 6);
    assert_memory_equal(answer, "DATA\r\nOK ", 9);
    return fd;
}

static void test_garbage_is_closed(void **state)
{
    static const char *const garbage[] = {"GET / HTTP/1.1\r\n\r\n", "\n\n\n", "{\"a\":1}"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(garbage); i++) {
        int fd = dial(fixture);

        write_all(fixture, fd, garbage[i], strlen(garbage[i]));
        PUMP_UNTIL(fixture, is_closed(fd));
        close(fd);
    }
    assert_int_equal(vane_control_clients(&fixture->engine), 0);
}

static void test_garbage_after_authentication_is_closed(void **state)
{
    struct fixture *fixture = *state;
    int fd = dial_and_authenticate(fixture);

    write_all(fixture, fd, "this is not a message", 21);
    PUMP_UNTIL(fixture, is_closed(fd));
    close(fd);
}

static void test_oversize_message_is_closed_at_its_header(void **state)
{
    struct fixture *fixture = *state;
    int fd = dial_and_authenticate(fixture);
    const uint8_t header[16] = {'l', 1, 0, 1, 0, 0, 0x10, 0, 1, 0, 0, 0, 8, 0, 0, 0};

    write_all(fixture, fd, header, sizeof(header));
    PUMP_UNTIL(fixture, is_closed(fd));
    close(fd);
}

static void test_long_header_is_closed_at_its_beginning(void **state)
{
    struct fixture *fixture = *state;
    int fd = dial_and_authenticate(fixture);
    const uint8_t header[16] = {'l', 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 9, 0, 0};

    write_all(fixture, fd, header, sizeof(header));
    PUMP_UNTIL(fixture, is_closed(fd));
    close(fd);
}

/* As many strings as a message has room for. */
static sd_bus_message *crowded_call(sd_bus *bus, const char *member)
{
    sd_bus_message *message = new_call(bus, VANE_CONTROL_PATH, VANE_CONTROL_INTERFACE, member);

    assert_true(sd_bus_message_open_container(message, 'a', "s") >= 0);
    for (unsigned i = 0; i < 120000; i++)
        assert_true(sd_bus_message_append_basic(message, 's', "a") >= 0);
    assert_true(sd_bus_message_close_container(message) >= 0);
    if (strcmp(member, "Complete") == 0)
        assert_true(sd_bus_message_append(message, "u", 0) >= 0);
    return message;
}

/* It took a minute in which the loop stood still; the limit of a call is 5 s. */
static void test_a_hundred_thousand_words_are_refused_at_once(void **state)
{
    static const char *const members[] = {"Execute", "Complete", "Subscribe"};
    static const char *const errors[] = {"UnknownCommand", "UnknownCommand", "InvalidArgument"};
    struct fixture *fixture = *state;
    sd_bus *bus = client_new(fixture, false);

    for (size_t i = 0; i < ELEMENTS(members); i++) {
        sd_bus_message *reply = call(fixture, bus, crowded_call(bus, members[i]));
        g_autofree char *name = g_strconcat(VANE_CONTROL_ERROR ".", errors[i], NULL);

        assert_true(sd_bus_message_is_method_error(reply, name));
        sd_bus_message_unref(reply);
    }
    sd_bus_flush_close_unref(bus);
}

static void test_somebody_else_s_uid_and_anonymous_are_rejected(void **state)
{
    static const char *const claims[] = {"\0AUTH EXTERNAL 3635353334\r\n", "\0AUTH ANONYMOUS\r\n"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(claims); i++) {
        int fd = dial(fixture);
        char answer[64];
        ssize_t length = -1;

        write_all(fixture, fd, claims[i], 1 + strlen(claims[i] + 1));
        PUMP_UNTIL(fixture, (length = recv(fd, answer, sizeof(answer), MSG_DONTWAIT)) > 0);
        assert_memory_equal(answer, "REJECTED EXTERNAL\r\n", 19);
        write_all(fixture, fd, "BEGIN\r\n", 7);
        PUMP_UNTIL(fixture, is_closed(fd));
        close(fd);
    }
}

static void test_silent_client_is_closed_after_the_limit(void **state)
{
    struct fixture *fixture = *state;
    int fd;

    stop(fixture);
    start(fixture, 1);
    fd = dial(fixture);
    write_all(fixture, fd, "\0AUTH ", 6);
    PUMP_UNTIL(fixture, is_closed(fd));
    close(fd);
}

static void test_message_may_come_byte_by_byte_and_many_at_once(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t hello[96] = "l\1\0\1\0\0\0\0\1\0\0\0\116\0\0\0"
                                     "\1\1o\0\25\0\0\0/org/freedesktop/DBus\0\0\0"
                                     "\2\1s\0\24\0\0\0org.freedesktop.DBus\0\0\0\0"
                                     "\3\1s\0\5\0\0\0Hello";
    const size_t size = sizeof(hello);
    int fd = dial_and_authenticate(fixture);
    uint8_t many[sizeof(hello) * 100];
    uint8_t reply[4096];
    ssize_t length = -1;
    size_t total = 0;

    for (size_t i = 0; i < 100; i++)
        memcpy(many + i * size, hello, size);
    for (size_t i = 0; i < size; i++)
        write_all(fixture, fd, many + i, 1);
    PUMP_UNTIL(fixture, (length = recv(fd, reply, sizeof(reply), MSG_DONTWAIT)) > 0);
    assert_int_equal(reply[1], 2);
    write_all(fixture, fd, many, size * 100);
    PUMP_UNTIL(fixture, (length = recv(fd, reply, sizeof(reply), MSG_DONTWAIT)) < 0 ||
                            (total += (size_t)length) >= 100u * 60);
    close(fd);
}

static void test_frame_scanner_finds_the_ends_of_messages(void **state)
{
    const uint8_t two[] = {'l', 1,   0,   1,   3,   0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
                           0,   'a', 'b', 'c', 'B', 2, 0, 1, 0, 0, 0, 0, 0, 0, 0,
                           1,   0,   0,   0,   1,   0, 0, 0, 0, 0, 0, 0, 0};
    struct vane_frame frame = {0};
    bool complete;

    assert_int_equal(vane_frame_scan(&frame, two, 10, &complete), 10);
    assert_false(complete);
    assert_int_equal(vane_frame_scan(&frame, two + 10, sizeof(two) - 10, &complete), 9);
    assert_true(complete);
    assert_int_equal(vane_frame_scan(&frame, two + 19, sizeof(two) - 19, &complete), 24);
    assert_true(complete);
}

static void test_public_topics_are_those_of_the_network(void **state)
{
    assert_true(vane_access_public_topic("link.state"));
    assert_true(vane_access_public_topic("wifi.connected"));
    assert_false(vane_access_public_topic("linker.state"));
    assert_false(vane_access_public_topic("script.started"));
    assert_true(vane_access_public_pattern(">"));
    assert_true(vane_access_public_pattern("*.added"));
    assert_false(vane_access_public_pattern("policy.>"));
}

static void test_privilege_is_root_the_daemon_and_the_control_group(void **state)
{
    gid_t groups[] = {100, 500};
    struct vane_credentials member = {.uid = 4711, .groups = groups, .group_count = 2};
    struct vane_credentials root = {.uid = 0};

    assert_true(vane_access_privileged(&root, (gid_t)-1));
    assert_true(vane_access_privileged(&member, 500));
    assert_false(vane_access_privileged(&member, 501));
    assert_false(vane_access_privileged(&member, (gid_t)-1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_garbage_is_closed),
        TEST(test_garbage_after_authentication_is_closed),
        TEST(test_oversize_message_is_closed_at_its_header),
        TEST(test_long_header_is_closed_at_its_beginning),
        TEST(test_a_hundred_thousand_words_are_refused_at_once),
        TEST(test_somebody_else_s_uid_and_anonymous_are_rejected),
        TEST(test_silent_client_is_closed_after_the_limit),
        TEST(test_message_may_come_byte_by_byte_and_many_at_once),
        cmocka_unit_test(test_frame_scanner_finds_the_ends_of_messages),
        cmocka_unit_test(test_public_topics_are_those_of_the_network),
        cmocka_unit_test(test_privilege_is_root_the_daemon_and_the_control_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
