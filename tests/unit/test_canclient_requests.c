/* Calls become requests, and answers results, in both forms of the protocol. */
#include "tests/unit/canclient_fixture.h"

#define VANE(type, ...) ((const struct type){.size = sizeof(struct type), __VA_ARGS__})

/* ---- the second form ---- */

static void test_opening_finds_out_who_is_there(void **state)
{
    struct fake fake = {0};
    struct vane_can_server server = {.size = sizeof(server)};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);

    assert_int_equal(vane_can_get_server(can, &server), 0);
    assert_int_equal(server.classic, 0);
    assert_int_equal(server.supported, 1);
    assert_int_equal(server.uid, geteuid());
    assert_string_equal(server.version, "7.8.9");
    assert_string_equal(server.path, fake.path);

    vane_can_close(can);
    fake_stop(&fake);
}

static void test_an_idle_handle_has_nothing_to_be_read(void **state)
{
    struct fake fake = {0};
    struct vane_can *can;
    struct pollfd polled = {.events = POLLIN};

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_up(can, "vcan0"), 0);

    polled.fd = vane_can_fd(can);
    assert_true(polled.fd >= 0);
    assert_int_equal(poll(&polled, 1, 50), 0);

    vane_can_close(can);
    fake_stop(&fake);
}

static void test_simple_operations_name_the_interface(void **state)
{
    static const struct {
        int (*call)(struct vane_can *can, const char *name);
        uint8_t operation;
    } calls[] = {{vane_can_up, VANE_WIRE_UP},
                 {vane_can_down, VANE_WIRE_DOWN},
                 {vane_can_delete, VANE_WIRE_DELETE}};
    struct fake fake = {0};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(calls[i].call(can, "vcan3"), 0);
        assert_int_equal(fake.last.operation, calls[i].operation);
        assert_string_equal(fake.last.name, "vcan3");
    }
    assert_int_equal(fake.requests, 3);
    vane_can_close(can);
    fake_stop(&fake);
}

static void test_what_to_create_arrives_whole(void **state)
{
    struct fake fake = {0};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);

    assert_int_equal(vane_can_create(can, "vcan0", NULL), 0);
    assert_int_equal(fake.last.present, 1u << VANE_WIRE_NAME);

    assert_int_equal(
        vane_can_create(can, "vxcan0",
                        &VANE(vane_can_create_options, .flags = VANE_CAN_SET_UP | VANE_CAN_LEASE,
                              .lease = 60, .mtu = 72, .kind = "vxcan", .peer = "vxcan1")),
        0);
    assert_int_equal(fake.last.operation, VANE_WIRE_CREATE);
    assert_string_equal(fake.last.name, "vxcan0");
    assert_string_equal(fake.last.kind, "vxcan");
    assert_string_equal(fake.last.peer, "vxcan1");
    assert_int_equal(fake.last.numbers[VANE_WIRE_LEASE], 60);
    assert_int_equal(fake.last.numbers[VANE_WIRE_MTU], 72);
    assert_int_equal(fake.last.numbers[VANE_WIRE_SET_UP], 1);

    vane_can_close(can);
    fake_stop(&fake);
}

static void test_settings_arrive_that_are_meant_and_no_others(void **state)
{
    struct fake fake = {0};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);

    assert_int_equal(vane_can_set_bitrate(can, "can0", 500000), 0);
    assert_int_equal(fake.last.present, 1u << VANE_WIRE_NAME | 1u << VANE_WIRE_BITRATE);
    assert_int_equal(fake.last.numbers[VANE_WIRE_BITRATE], 500000);

    assert_int_equal(vane_can_configure(can, "can0",
                                        &VANE(vane_can_settings, .set = 0xff, .bitrate = 250000,
                                              .sample_point = 875, .data_bitrate = 2000000,
                                              .data_sample_point = 750, .restart_ms = 100,
                                              .modes = VANE_CAN_MODE_FD, .modes_mask = 7,
                                              .termination = 120, .mtu = 16)),
                     0);
    assert_int_equal(fake.last.operation, VANE_WIRE_CONFIGURE);
    assert_int_equal(fake.last.numbers[VANE_WIRE_BITRATE], 250000);
    assert_int_equal(fake.last.numbers[VANE_WIRE_SAMPLE_POINT], 875);
    assert_int_equal(fake.last.numbers[VANE_WIRE_DATA_BITRATE], 2000000);
    assert_int_equal(fake.last.numbers[VANE_WIRE_DATA_SAMPLE_POINT], 750);
    assert_int_equal(fake.last.numbers[VANE_WIRE_RESTART_MS], 100);
    assert_int_equal(fake.last.numbers[VANE_WIRE_MODES], 4);
    assert_int_equal(fake.last.numbers[VANE_WIRE_MODES_MASK], 7);
    assert_int_equal(fake.last.numbers[VANE_WIRE_TERMINATION], 120);
    assert_int_equal(fake.last.numbers[VANE_WIRE_MTU], 16);

    vane_can_close(can);
    fake_stop(&fake);
}

static bool refuse_by_name(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    send_answer(fd, request, (uint8_t)atoi(request->name), "because");
    return true;
}

static void test_each_code_is_an_errno_and_the_daemon_has_the_word(void **state)
{
    static const int errors[] = {0,       -EOPNOTSUPP, -EINVAL, -EPERM,      -EMEDIUMTYPE,
                                 -ENODEV, -EIO,        -EDQUOT, -EOPNOTSUPP, -EINVAL,
                                 -EEXIST, -ESHUTDOWN,  -EIO};
    struct fake fake = {.answer = refuse_by_name};
    struct vane_can *can;
    char name[16], sentence[64];

    fake_start(&fake);
    can = client_of(&fake, 5000);
    for (int code = 0; code < 13; code++) {
        snprintf(name, sizeof(name), "%d", code);
        assert_int_equal(vane_can_up(can, name), errors[code]);
        snprintf(sentence, sizeof(sentence), "cannot raise %d: because", code);
        if (code)
            assert_string_equal(vane_can_error(), sentence);
    }
    assert_int_equal(fake.accepted, 1);
    vane_can_close(can);
    fake_stop(&fake);
}

static void test_what_is_wrong_here_is_not_sent(void **state)
{
    struct fake fake = {0};
    struct vane_can *can;
    const struct {
        struct vane_can_settings settings;
        uint32_t newer;
    } grown = {{.size = sizeof(grown)}, 1}, unset = {{.size = sizeof(grown)}, 0};

    fake_start(&fake);
    can = client_of(&fake, 5000);

    assert_int_equal(vane_can_up(can, NULL), -EINVAL);
    assert_int_equal(vane_can_create(can, "a b", NULL), -EINVAL);
    assert_string_equal(vane_can_error(), "cannot create an interface whose name has white space");
    assert_int_equal(vane_can_down(can, "sixteen-bytes-xx"), -EINVAL);
    assert_int_equal(vane_can_create(can, "vcan0", &VANE(vane_can_create_options, .flags = 4)),
                     -EINVAL);
    assert_int_equal(vane_can_create(can, "vcan0", &VANE(vane_can_create_options, .lease = 9)),
                     -EINVAL);
    assert_int_equal(vane_can_configure(can, "can0", &VANE(vane_can_settings, .set = 1u << 30)),
                     -EINVAL);
    assert_int_equal(vane_can_configure(can, "can0", &(const struct vane_can_settings){0}),
                     -EINVAL);
    assert_int_equal(vane_can_configure(can, "can0", &grown.settings), -E2BIG);
    assert_int_equal(fake.requests, 0);
    assert_int_equal(vane_can_configure(can, "can0", &unset.settings), 0);

    vane_can_close(can);
    fake_stop(&fake);
}

/* ---- looking ---- */

static void send_interface(int fd, const struct vane_wire_request *request, const char *name,
                           uint32_t index, bool more)
{
    const struct vane_wire_head head = {
        .operation = (uint8_t)(request->operation | (more ? VANE_WIRE_MORE : 0)),
        .id = request->id};
    struct vane_wire_writer writer;
    uint8_t bytes[256];

    vane_wire_begin(&writer, bytes, sizeof(bytes), &head);
    vane_wire_put_text(&writer, VANE_WIRE_NAME, name);
    vane_wire_put_text(&writer, VANE_WIRE_KIND, "can");
    vane_wire_put_u32(&writer, VANE_WIRE_INDEX, index);
    vane_wire_put_u32(&writer, VANE_WIRE_FLAGS, 65);
    vane_wire_put_u32(&writer, VANE_WIRE_MTU, 16);
    vane_wire_put_u32(&writer, VANE_WIRE_BITRATE, 500000);
    vane_wire_put_u32(&writer, VANE_WIRE_STATE, VANE_CAN_STATE_ERROR_PASSIVE);
    vane_wire_put_u32(&writer, VANE_WIRE_LEASE_LEFT, VANE_WIRE_LEASE_CONNECTION);
    vane_wire_put_u32(&writer, 5000, 1); /* of a newer daemon */
    write_all(fd, bytes, vane_wire_end(&writer));
}

static bool show(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    if (request->operation == VANE_WIRE_GET) {
        send_interface(fd, request, request->name, 4, false);
        return true;
    }
    for (uint32_t i = 0; i < 100; i++) {
        char name[16];

        snprintf(name, sizeof(name), "can%u", i);
        send_interface(fd, request, name, i + 1, true);
    }
    send_answer(fd, request, 0, NULL);
    return true;
}

static void test_an_interface_is_told_with_what_is_known(void **state)
{
    struct fake fake = {.answer = show};
    struct vane_can_info info = {.size = sizeof(info)};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_get(can, "can7", &info), 0);

    assert_string_equal(info.name, "can7");
    assert_string_equal(info.kind, "can");
    assert_int_equal(info.index, 4);
    assert_int_equal(info.flags, 65);
    assert_int_equal(info.bitrate, 500000);
    assert_int_equal(info.state, VANE_CAN_STATE_ERROR_PASSIVE);
    assert_int_equal(info.lease_left, VANE_CAN_LEASE_CONNECTION);
    assert_int_equal(info.known, VANE_CAN_KNOWN_MTU | VANE_CAN_KNOWN_BITRATE |
                                     VANE_CAN_KNOWN_STATE | VANE_CAN_KNOWN_LEASE_LEFT);
    assert_int_equal(info.owner, 0);

    vane_can_close(can);
    fake_stop(&fake);
}

static void test_an_older_program_gets_what_its_struct_has(void **state)
{
    struct fake fake = {.answer = show};
    struct {
        uint32_t size, known;
        char name[16];
        uint8_t beyond[8];
    } older = {.size = offsetof(struct vane_can_info, kind), .beyond = "intact"};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_get(can, "can7", (struct vane_can_info *)&older), 0);
    assert_string_equal(older.name, "can7");
    assert_string_equal((char *)older.beyond, "intact");
    assert_int_equal(older.size, 24);
    vane_can_close(can);
    fake_stop(&fake);
}

struct seen {
    struct vane_can *can;
    unsigned count, stop_at;
};

static int see(void *user, const struct vane_can_info *info)
{
    struct seen *seen = user;

    assert_int_equal(info->index, ++seen->count);
    assert_int_equal(vane_can_up(seen->can, info->name), 0); /* the handle is free */
    return seen->count == seen->stop_at ? 42 : 0;
}

static bool show_or_do(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    if (request->operation == VANE_WIRE_LIST)
        return show(fake, fd, request);
    send_answer(fd, request, 0, NULL);
    return true;
}

static void test_a_list_goes_to_its_end_or_where_it_is_stopped(void **state)
{
    struct fake fake = {.answer = show_or_do};
    struct seen all = {0}, some = {.stop_at = 3};

    fake_start(&fake);
    all.can = some.can = client_of(&fake, 5000);
    assert_int_equal(vane_can_list(all.can, see, &all), 0);
    assert_int_equal(all.count, 100);
    assert_int_equal(vane_can_list(some.can, see, &some), 42);
    assert_int_equal(some.count, 3);
    vane_can_close(all.can);
    fake_stop(&fake);
}

/* ---- the classic form ---- */

static void close_after_one(struct fake *fake, int fd, unsigned nth)
{
    if (read_classic(fake, fd))
        answer_classic(fake, fd);
}

static void hang_up_on_what_is_unknown(struct fake *fake, int fd, unsigned nth)
{
    while (read_classic(fake, fd) && fake->classic[fake->classic_count % 8].operation <= 3)
        answer_classic(fake, fd);
}

static void check_classic(void (*serve)(struct fake *, int, unsigned))
{
    static const uint8_t expected[] = {1, 2, 3, 1, 2};
    struct fake fake = {.serve = serve};
    struct vane_can_server server = {.size = sizeof(server)};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_get_server(can, &server), 0);
    assert_int_equal(server.classic, 1);

    assert_int_equal(vane_can_create(can, "vcan0", NULL), 0);
    assert_int_equal(vane_can_up(can, "vcan0"), 0);
    assert_int_equal(vane_can_down(can, "vcan0"), 0);
    assert_int_equal(
        vane_can_create(can, "vcan1", &VANE(vane_can_create_options, .flags = VANE_CAN_SET_UP)), 0);
    assert_int_equal(vane_can_check(can), 0);

    vane_can_close(can);
    fake_stop(&fake);
    assert_int_equal(fake.classic_count, 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(fake.classic[i].operation, expected[i]);
        assert_string_equal(fake.classic_names[i], i < 3 ? "vcan0" : "vcan1");
    }
}

static void test_a_classic_daemon_does_what_it_can(void **state)
{
    check_classic(serve_classic);
}

static void test_a_classic_daemon_may_close_after_each_answer(void **state)
{
    check_classic(close_after_one);
}

static void test_a_classic_daemon_may_hang_up_on_what_it_does_not_know(void **state)
{
    check_classic(hang_up_on_what_is_unknown);
}

static void test_what_a_classic_daemon_cannot_do_is_said(void **state)
{
    struct fake fake = {.serve = serve_classic};
    struct vane_can_info info = {.size = sizeof(info)};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_delete(can, "vcan0"), -EOPNOTSUPP);
    assert_error_has("cannot delete vcan0: the daemon at ");
    assert_error_has("speaks only the classic protocol");
    assert_int_equal(vane_can_get(can, "vcan0", &info), -EOPNOTSUPP);
    assert_int_equal(vane_can_set_bitrate(can, "can0", 125000), -EOPNOTSUPP);
    assert_int_equal(
        vane_can_create(can, "vcan0", &VANE(vane_can_create_options, .flags = VANE_CAN_LEASE)),
        -EOPNOTSUPP);
    assert_int_equal(fake.classic_count, 0);
    assert_int_equal(vane_can_up(can, "vcan0"), 0);
    vane_can_close(can);
    fake_stop(&fake);
}

static void refuse_classic(struct fake *fake, int fd, unsigned nth)
{
    uint8_t bytes[64];

    while (read_classic(fake, fd))
        write_all(fd, bytes,
                  vane_wire_classic_answer_put(bytes, sizeof(bytes), VANE_WIRE_NOT_FOUND,
                                               "no \x1b[31mred\x1b[0m interface", false));
}

static void test_a_classic_refusal_comes_without_what_steers_a_terminal(void **state)
{
    struct fake fake = {.serve = refuse_classic};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_up(can, "vcan9"), -ENODEV);
    assert_string_equal(vane_can_error(), "cannot raise vcan9: no ?[31mred?[0m interface");
    assert_int_equal(fake.accepted, 2); /* one to find out the form, one to talk */
    vane_can_close(can);
    fake_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opening_finds_out_who_is_there),
        cmocka_unit_test(test_an_idle_handle_has_nothing_to_be_read),
        cmocka_unit_test(test_simple_operations_name_the_interface),
        cmocka_unit_test(test_what_to_create_arrives_whole),
        cmocka_unit_test(test_settings_arrive_that_are_meant_and_no_others),
        cmocka_unit_test(test_each_code_is_an_errno_and_the_daemon_has_the_word),
        cmocka_unit_test(test_what_is_wrong_here_is_not_sent),
        cmocka_unit_test(test_an_interface_is_told_with_what_is_known),
        cmocka_unit_test(test_an_older_program_gets_what_its_struct_has),
        cmocka_unit_test(test_a_list_goes_to_its_end_or_where_it_is_stopped),
        cmocka_unit_test(test_a_classic_daemon_does_what_it_can),
        cmocka_unit_test(test_a_classic_daemon_may_close_after_each_answer),
        cmocka_unit_test(test_a_classic_daemon_may_hang_up_on_what_it_does_not_know),
        cmocka_unit_test(test_what_a_classic_daemon_cannot_do_is_said),
        cmocka_unit_test(test_a_classic_refusal_comes_without_what_steers_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
