/* The private control socket, seen by a real D-Bus client. */
#include "tests/unit/control_fixture.h"

static void assert_error(sd_bus_message *reply, const char *name)
{
    assert_true(sd_bus_message_is_method_error(reply, name));
    sd_bus_message_unref(reply);
}

static char *read_text(sd_bus_message *reply)
{
    const char *text;
    char *copy;

    assert_false(sd_bus_message_is_method_error(reply, NULL));
    assert_true(sd_bus_message_read(reply, "s", &text) > 0);
    copy = g_strdup(text);
    sd_bus_message_unref(reply);
    return copy;
}

static void test_command_is_executed_for_a_peer_and_for_a_bus_client(void **state)
{
    struct fixture *fixture = *state;

    for (int says_hello = 0; says_hello < 2; says_hello++) {
        sd_bus *bus = client_new(fixture, says_hello);
        g_autofree char *text =
            read_text(call(fixture, bus, manager_call(bus, "Execute", "sh ver")));

        assert_non_null(strstr(text, "\"command\":\"show version\""));
        assert_non_null(strstr(text, "\"version\":\"9.8.7\""));
        sd_bus_close_unref(bus);
    }
}

static void test_errors_have_names(void **state)
{
    struct fixture *fixture = *state;
    sd_bus *bus = client_new(fixture, true);

    assert_error(call(fixture, bus, manager_call(bus, "Execute", "show nonsense")),
                 "org.netvane1.Error.UnknownCommand");
    assert_error(call(fixture, bus, manager_call(bus, "Execute", "show")),
                 "org.netvane1.Error.Incomplete");
    assert_error(call(fixture, bus, manager_call(bus, "Execute", "show v e")),
                 "org.netvane1.Error.UnknownCommand");
    assert_error(call(fixture, bus, manager_call(bus, "Execute", "show event 1-1")),
                 "org.netvane1.Error.NotFound");
    assert_error(call(fixture, bus, manager_call(bus, "Execute", "reload")),
                 "org.netvane1.Error.NotSupported");
    sd_bus_close_unref(bus);
}

static void test_completion_is_json_with_help(void **state)
{
    struct fixture *fixture = *state;
    sd_bus *bus = client_new(fixture, true);
    sd_bus_message *method = manager_call(bus, "Complete", "plugin options");
    g_autofree char *text = NULL;

    sd_bus_message_append(method, "u", 2);
    text = read_text(call(fixture, bus, method));
    assert_string_equal(
        text, "[{\"word\":\"NAME\",\"help\":\"the name of a plugin\",\"kind\":"
              "\"parameter\"},{\"word\":\"acme\",\"help\":\"running\",\"kind\":\"value\"}]");
    sd_bus_close_unref(bus);
}

static void test_properties_are_typed(void **state)
{
    struct fixture *fixture = *state;
    sd_bus *bus = client_new(fixture, true);
    sd_bus_message *method =
        new_call(bus, VANE_CONTROL_PATH, "org.freedesktop.DBus.Properties", "Get");
    sd_bus_message *reply;
    const char *name, *word, *version;

    sd_bus_message_append(method, "ss", VANE_CONTROL_INTERFACE, "Plugins");
    reply = call(fixture, bus, method);
    assert_true(sd_bus_message_enter_container(reply, 'v', "a(sss)") > 0);
    assert_true(sd_bus_message_enter_container(reply, 'a', "(sss)") > 0);
    assert_true(sd_bus_message_read(reply, "(sss)", &name, &word, &version) > 0);
    assert_string_equal(name, "acme");
    assert_string_equal(word, "running");
    assert_string_equal(version, "1.5");
    sd_bus_message_unref(reply);
    sd_bus_close_unref(bus);
}

struct heard {
    GString *topics;
    uint64_t first_lost, last_lost, events;
    unsigned gaps;
    uint64_t last_seq;
    bool disorder;
    unsigned changes;
};

/* Events and gaps together must account for every seq. */
static void account(struct heard *heard, uint64_t first, uint64_t last)
{
    heard->disorder |= heard->last_seq > 0 && first != heard->last_seq + 1;
    heard->last_seq = last;
}

static int on_signal(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct heard *heard = userdata;
    const char *topic, *json, *seq;

    if (sd_bus_message_is_signal(message, "org.freedesktop.DBus.Properties", "PropertiesChanged"))
        heard->changes++;
    if (sd_bus_message_is_signal(message, VANE_CONTROL_INTERFACE, "Event")) {
        sd_bus_message_read(message, "ss", &topic, &json);
        g_string_append_printf(heard->topics, "%s ", topic);
        heard->events++;
        seq = strstr(json, "\"seq\":") + strlen("\"seq\":");
        account(heard, strtoull(seq, NULL, 10), strtoull(seq, NULL, 10));
    }
    if (sd_bus_message_is_signal(message, VANE_CONTROL_INTERFACE, "Lost")) {
        uint64_t first, last;

        sd_bus_message_read(message, "tt", &first, &last);
        heard->gaps++;
        account(heard, first, last);
    }
    return 0;
}

static void subscribe(struct fixture *fixture, sd_bus *bus, struct heard *heard,
                      const char *patterns)
{
    sd_bus_message *reply;

    heard->topics = g_string_new(NULL);
    assert_true(sd_bus_add_filter(bus, NULL, on_signal, heard) >= 0);
    reply = call(fixture, bus, manager_call(bus, "Subscribe", patterns));
    assert_false(sd_bus_message_is_method_error(reply, NULL));
    sd_bus_message_unref(reply);
}

static void test_subscriber_gets_what_matches_and_nobody_else_does(void **state)
{
    struct fixture *fixture = *state;
    sd_bus *one = client_new(fixture, true), *other = client_new(fixture, true);
    struct heard heard = {0}, heard_by_other = {0};

    subscribe(fixture, one, &heard, "link.* script.>");
    subscribe(fixture, other, &heard_by_other, "route.added");
    publish(fixture, "link.added");
    publish(fixture, "address.added");
    publish(fixture, "script.started");
    publish(fixture, "route.added");
    PUMP_UNTIL(fixture,
               process(one) && process(other) && heard.events == 2 && heard_by_other.events == 1);
    assert_string_equal(heard.topics->str, "link.added script.started ");
    assert_string_equal(heard_by_other.topics->str, "route.added ");
    g_string_free(heard.topics, TRUE);
    g_string_free(heard_by_other.topics, TRUE);
    sd_bus_close_unref(one);
    sd_bus_close_unref(other);
}

static void test_bad_pattern_is_refused_and_the_old_ones_stay(void **state)
{
    struct fixture *fixture = *state;
    sd_bus *bus = client_new(fixture, true);
    struct heard heard = {0};

    subscribe(fixture, bus, &heard, "link.*");
    assert_error(call(fixture, bus, manager_call(bus, "Subscribe", "link..x")),
                 "org.netvane1.Error.InvalidArgument");
    publish(fixture, "link.added");
    PUMP_UNTIL(fixture, process(bus) && heard.events == 1);
    g_string_free(heard.topics, TRUE);
    sd_bus_close_unref(bus);
}

static void test_property_changes_reach_who_listens(void **state)
{
    struct fixture *fixture = *state;
    sd_bus *bus = client_new(fixture, true);
    struct heard heard = {0};

    subscribe(fixture, bus, &heard, "link.*");
    publish(fixture, "plugin.failed");
    PUMP_UNTIL(fixture, process(bus) && heard.changes == 1);
    g_string_free(heard.topics, TRUE);
    sd_bus_close_unref(bus);
}

static void publish_large(struct fixture *fixture, size_t size)
{
    g_autofree char *text = g_strnfill(size, 'x');
    const struct vane_field fields[] = {vane_string("text", text)};
    const struct vane_fields payload = VANE_FIELDS(fields);

    assert_int_equal(
        vane_event_bus_publish_fields(fixture->engine.bus, "script.output", &payload, NULL), 0);
}

static void turn(struct fixture *fixture)
{
    uv_run(&fixture->engine.loop, UV_RUN_NOWAIT);
}

static void test_client_that_does_not_read_loses_the_oldest_and_is_told_which(void **state)
{
    struct fixture *fixture = *state;
    sd_bus *slow = client_new(fixture, true), *quick = client_new(fixture, true);
    struct heard heard = {0}, heard_by_quick = {0};
    const uint64_t count = 3000;

    subscribe(fixture, slow, &heard, "script.>");
    subscribe(fixture, quick, &heard_by_quick, "script.>");
    for (uint64_t i = 0; i < count; i++) {
        publish_large(fixture, 2000);
        turn(fixture);
        process(quick);
    }
    PUMP_UNTIL(fixture, process(quick) && heard_by_quick.last_seq == count);
    PUMP_UNTIL(fixture, process(slow) && heard.last_seq == count);
    assert_int_equal(heard_by_quick.events, count);
    assert_int_equal(heard_by_quick.gaps, 0);
    assert_true(heard.gaps > 0);
    assert_true(heard.events < count);
    assert_false(heard.disorder);
    g_string_free(heard.topics, TRUE);
    g_string_free(heard_by_quick.topics, TRUE);
    sd_bus_close_unref(slow);
    sd_bus_close_unref(quick);
}

static void test_unread_answers_stop_the_server_from_listening(void **state)
{
    struct fixture *fixture = *state;
    sd_bus *bus = client_new(fixture, true);
    int fd;
    uint64_t unsent, cookie;
    unsigned sent = 0;

    sd_bus_message_unref(call(fixture, bus, manager_call(bus, "Execute", "show version")));
    fd = sd_bus_get_fd(bus);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){65536}, sizeof(int));
    for (unsigned idle = 0; idle < 200 && sent < 100000;) {
        sd_bus_message *method = manager_call(bus, "Execute", "show status");

        assert_true(sd_bus_send(bus, method, &cookie) >= 0);
        sd_bus_message_unref(method);
        turn(fixture);
        sd_bus_get_n_queued_write(bus, &unsent);
        idle = unsent > 0 ? idle + 1 : 0;
        sent++;
    }
    assert_true(unsent > 0);
    assert_true(sent < 10000);
    sd_bus_close_unref(bus);
}

static void test_a_hundred_clients_are_served_and_forgotten(void **state)
{
    struct fixture *fixture = *state;
    sd_bus *clients[100];

    for (size_t i = 0; i < ELEMENTS(clients); i++) {
        clients[i] = client_new(fixture, i % 2);
        sd_bus_message_unref(
            call(fixture, clients[i], manager_call(clients[i], "Execute", "show version")));
    }
    assert_int_equal(vane_control_clients(&fixture->engine), 100);
    for (size_t i = 0; i < ELEMENTS(clients); i++)
        sd_bus_close_unref(clients[i]);
    PUMP_UNTIL(fixture, vane_control_clients(&fixture->engine) == 0);
}

static int wait_for_ever(void *user, struct vane_request *request)
{
    *(struct vane_request **)user = request;
    return -EINPROGRESS;
}

static void test_client_may_go_while_its_command_is_under_way(void **state)
{
    struct fixture *fixture = *state;
    sd_bus *bus = client_new(fixture, true);
    struct vane_request *request = NULL;
    const struct vane_command command = {
        .size = sizeof(command), .syntax = "wait", .run = wait_for_ever, .user = &request};
    sd_bus_message *method = manager_call(bus, "Execute", "wait");

    assert_int_equal(vane_command_add(fixture->engine.commands, NULL, &command, NULL), 0);
    assert_true(sd_bus_send(bus, method, NULL) >= 0);
    sd_bus_message_unref(method);
    PUMP_UNTIL(fixture, process(bus) && request);
    sd_bus_close_unref(bus);
    PUMP_UNTIL(fixture, vane_control_clients(&fixture->engine) == 0);
    assert_int_equal(vane_commands_table.reply(request, "{}", 2), 0);
}

static void test_server_starts_again_in_the_same_process(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 100; i++) {
        sd_bus *bus = client_new(fixture, true);

        sd_bus_message_unref(call(fixture, bus, manager_call(bus, "Execute", "show version")));
        stop(fixture);
        start(fixture, 0);
        sd_bus_close_unref(bus);
    }
}

static void test_second_server_on_the_same_socket_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct vane_control *first = fixture->engine.control;
    const struct vane_control_settings settings = {.socket_path = fixture->path};

    assert_int_equal(vane_control_start(&fixture->engine, &settings), -EADDRINUSE);
    fixture->engine.control = first;
    assert_int_equal(access(fixture->path, F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_command_is_executed_for_a_peer_and_for_a_bus_client),
        TEST(test_errors_have_names),
        TEST(test_completion_is_json_with_help),
        TEST(test_properties_are_typed),
        TEST(test_subscriber_gets_what_matches_and_nobody_else_does),
        TEST(test_bad_pattern_is_refused_and_the_old_ones_stay),
        TEST(test_property_changes_reach_who_listens),
        TEST(test_client_that_does_not_read_loses_the_oldest_and_is_told_which),
        TEST(test_unread_answers_stop_the_server_from_listening),
        TEST(test_a_hundred_clients_are_served_and_forgotten),
        TEST(test_client_may_go_while_its_command_is_under_way),
        TEST(test_server_starts_again_in_the_same_process),
        TEST(test_second_server_on_the_same_socket_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
