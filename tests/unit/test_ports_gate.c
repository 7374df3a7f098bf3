/* What passes a port passes the gate, with its facts; what is denied does not pass. */
#include "engine/gate.h"
#include "tests/unit/ports_fixture.h"

/* What the gatekeeper was asked, and answers; one fixture is alive at a time. */
static struct {
    struct vane_subscription *subscription;
    unsigned denials, asked;
    bool allow;
    char action[32], direction[8], remote[128];
    int64_t port, size, uid;
    uint32_t origin;
} noted;

static int on_denied(void *user, const struct vane_event *event)
{
    noted.denials++;
    return 0;
}

static void note(const struct vane_field *field)
{
    if (g_str_equal(field->name, "port"))
        noted.port = field->value.int64;
    else if (g_str_equal(field->name, "size"))
        noted.size = field->value.int64;
    else if (g_str_equal(field->name, "uid"))
        noted.uid = field->value.int64;
    else if (g_str_equal(field->name, "direction"))
        g_strlcpy(noted.direction, field->value.string, sizeof(noted.direction));
    else if (g_str_equal(field->name, "remote"))
        g_strlcpy(noted.remote, field->value.string, sizeof(noted.remote));
}

static int decide(void *user, const char *asker, const struct vane_gate_request *request,
                  struct vane_verdict *verdict)
{
    noted.asked++;
    noted.origin = request->origin;
    g_strlcpy(noted.action, request->action, sizeof(noted.action));
    for (uint32_t i = 0; i < request->facts->count; i++)
        note(&request->facts->at[i]);
    verdict->allowed = noted.allow;
    g_strlcpy(verdict->rule, "test", sizeof(verdict->rule));
    return 0;
}

static int start(void **state)
{
    struct vane_engine *engine;

    memset(&noted, 0, sizeof(noted));
    ports_start(state);
    engine = &((struct ports_fixture *)*state)->base.engine;
    assert_int_equal(vane_event_bus_new(&engine->loop, 64, &engine->bus), 0);
    assert_int_equal(vane_event_bus_subscribe(engine->bus, NULL, "policy.denied", NULL, on_denied,
                                              NULL, &noted.subscription),
                     0);
    assert_int_equal(vane_gatekeeper_new(engine, &engine->gate), 0);
    assert_int_equal(
        vane_gate_table.keep(&((struct ports_fixture *)*state)->base.beta, decide, NULL), 0);
    return 0;
}

static int stop(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_engine *engine = &fixture->base.engine;

    fixture_revoke(&fixture->base.alpha);
    fixture_revoke(&fixture->base.beta);
    vane_subscription_free(noted.subscription);
    vane_gatekeeper_free(g_steal_pointer(&engine->gate));
    vane_event_bus_free(g_steal_pointer(&engine->bus));
    return ports_stop(state);
}

static void test_a_peer_that_is_denied_is_turned_away(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port *port = listen_on(fixture, address);
    int fd = connect_unix(path, SOCK_STREAM);
    char byte;

    wait_for(&fixture->base, noted.asked == 1 && is_readable(fd));
    assert_int_equal(read(fd, &byte, 1), 0);
    assert_int_equal(fixture->heard.accepted, 0);
    assert_int_equal(fixture->heard.closed, 0);
    assert_int_equal(counters_of(fixture, port).refused, 1);
    assert_string_equal(noted.action, "connect");
    assert_string_equal(noted.direction, "in");
    assert_int_equal(noted.uid, getuid());
    assert_int_equal(noted.origin, VANE_ORIGIN_LOCAL);
    wait_for(&fixture->base, noted.denials == 1);
    close(fd);

    noted.allow = true;
    fd = connect_unix(path, SOCK_STREAM);
    wait_for(&fixture->base, fixture->heard.accepted == 1);
    close(fd);
}

static void test_a_dial_that_is_denied_fails_at_once(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_connection *connection = NULL;

    assert_int_equal(PORTS->dial(&fixture->base.alpha, "tcp:192.0.2.9:4711", NULL, &heard_events,
                                 &fixture->heard, &connection),
                     -EACCES);
    assert_null(connection);
    assert_string_equal(noted.action, "dial");
    assert_string_equal(noted.direction, "out");
    assert_string_equal(noted.remote, "tcp:192.0.2.9:4711");
    assert_int_equal(noted.port, 4711);
    assert_true(logged(&fixture->base, "the policy denies it"));
}

static const char *address_of(struct ports_fixture *fixture, struct vane_port *port)
{
    const char *address = NULL;

    assert_int_equal(PORTS->address(&fixture->base.alpha, port, &address), 0);
    return address;
}

static void test_datagrams_pass_one_by_one(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port = listen_on(fixture, "udp:127.0.0.1:0");
    const char *address = address_of(fixture, port);

    assert_int_equal(PORTS->send_datagram(&fixture->base.alpha, port, address, "12345", 5),
                     -EACCES);
    assert_string_equal(noted.action, "datagram");
    assert_string_equal(noted.direction, "out");
    assert_int_equal(noted.size, 5);

    noted.allow = true;
    assert_int_equal(PORTS->send_datagram(&fixture->base.alpha, port, address, "123", 3), 0);
    wait_for(&fixture->base, fixture->heard.messages == 1);
    assert_string_equal(noted.direction, "in");
    assert_int_equal(noted.size, 3);
    assert_true(noted.port > 0);
}

/* A peer must not be able to fill the history with what was denied to it. */
static void test_a_flood_of_denials_is_told_in_part_and_counted_in_full(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port = listen_on(fixture, "udp:127.0.0.1:0");
    const char *address = address_of(fixture, port);
    unsigned asked;

    for (int i = 0; i < 1000; i++)
        (void)PORTS->send_datagram(&fixture->base.alpha, port, address, "x", 1);
    asked = noted.asked;
    turn(&fixture->base);
    assert_int_equal(asked, 1000);
    assert_true(noted.denials >= 1 && noted.denials <= 64);
    assert_true(vane_gate_counted(fixture->base.engine.gate).denied >= 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_peer_that_is_denied_is_turned_away, start, stop),
        cmocka_unit_test_setup_teardown(test_a_dial_that_is_denied_fails_at_once, start, stop),
        cmocka_unit_test_setup_teardown(test_datagrams_pass_one_by_one, start, stop),
        cmocka_unit_test_setup_teardown(test_a_flood_of_denials_is_told_in_part_and_counted_in_full,
                                        start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
