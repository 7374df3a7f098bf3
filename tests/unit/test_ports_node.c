/* Ports between machines, with a transport that leads back to this one: alpha provides it, and
 * listens; beta dials. */
#include <netvane/gate.h>

#include "engine/gate.h"
#include "tests/unit/ports_fixture.h"

static const char *const tags[] = {"role=edge"};

/* What the transport was asked for; one fixture is alive at a time. */
static struct {
    struct vane_transport_link *link;
    struct vane_transport_node node;
    unsigned dials, cancels, datagrams;
    uint64_t id, cancelled;
    uint16_t port, from;
    int fail_with;
    GByteArray *sent;
} carrier;

/* What the gate was asked. */
static struct {
    unsigned asked;
    bool allow;
    int64_t peer_id, network_id, port;
    uint32_t origin, access;
    char action[32], node[64], tag[32];
} noted;

static int on_find(void *user, const char *name, struct vane_transport_node *node)
{
    if (g_str_equal(name, "twins"))
        return -ENOTUNIQ;
    if (!g_str_equal(name, "robot") && !g_str_equal(name, "UROBOT"))
        return -EHOSTUNREACH;
    *node = carrier.node;
    return 0;
}

static int on_dial(void *user, const char *key, uint16_t port, uint64_t id)
{
    assert_string_equal(key, "UROBOT");
    carrier.dials++;
    carrier.id = id;
    carrier.port = port;
    return carrier.fail_with;
}

static void on_cancel(void *user, uint64_t id)
{
    carrier.cancels++;
    carrier.cancelled = id;
}

static int on_send_datagram(void *user, const char *key, uint16_t from, uint16_t to,
                            const void *data, size_t length)
{
    carrier.datagrams++;
    carrier.from = from;
    carrier.port = to;
    g_byte_array_append(carrier.sent, data, (guint)length);
    return carrier.fail_with;
}

static const struct vane_transport transport = {
    .size = sizeof(transport),
    .find = on_find,
    .dial = on_dial,
    .cancel = on_cancel,
    .send_datagram = on_send_datagram,
};

static int decide(void *user, const char *asker, const struct vane_gate_request *request,
                  struct vane_verdict *verdict)
{
    noted.asked++;
    noted.origin = request->origin;
    noted.access = request->access;
    g_strlcpy(noted.action, request->action, sizeof(noted.action));
    for (uint32_t i = 0; i < request->facts->count; i++) {
        const struct vane_field *field = &request->facts->at[i];

        if (g_str_equal(field->name, "peer_id"))
            noted.peer_id = field->value.int64;
        else if (g_str_equal(field->name, "network_id"))
            noted.network_id = field->value.int64;
        else if (g_str_equal(field->name, "port"))
            noted.port = field->value.int64;
        else if (g_str_equal(field->name, "node"))
            g_strlcpy(noted.node, field->value.string, sizeof(noted.node));
        else if (g_str_equal(field->name, "peer_tags"))
            g_strlcpy(noted.tag, field->value.strings[0], sizeof(noted.tag));
    }
    verdict->allowed = noted.allow;
    return 0;
}

static int start(void **state)
{
    struct vane_engine *engine;

    memset(&carrier, 0, sizeof(carrier));
    memset(&noted, 0, sizeof(noted));
    carrier.sent = g_byte_array_new();
    carrier.node = (struct vane_transport_node){
        .size = sizeof(carrier.node),
        .node_id = 4711,
        .access = VANE_ACCESS_GRANTED,
        .network_id = 7,
        .tags = tags,
        .tag_count = 1,
        .key = "UROBOT",
    };
    ports_start(state);
    engine = &((struct ports_fixture *)*state)->base.engine;
    assert_int_equal(vane_event_bus_new(&engine->loop, 64, &engine->bus), 0);
    assert_int_equal(vane_gatekeeper_new(engine, &engine->gate), 0);
    assert_int_equal(PORTS->provide(&((struct ports_fixture *)*state)->base.alpha, "node",
                                    &transport, NULL, &carrier.link),
                     0);
    return 0;
}

static int stop(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_engine *engine = &fixture->base.engine;

    fixture_revoke(&fixture->base.alpha);
    fixture_revoke(&fixture->base.beta);
    vane_gatekeeper_free(g_steal_pointer(&engine->gate));
    vane_event_bus_free(g_steal_pointer(&engine->bus));
    g_byte_array_free(carrier.sent, TRUE);
    return ports_stop(state);
}

static void make_pair(int ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
}

static int arrive(struct ports_fixture *fixture, uint16_t port, int *far_end, uint64_t *id)
{
    int ends[2], r;

    make_pair(ends);
    r = PORTS->arrived(&fixture->base.alpha, carrier.link, &carrier.node, port, ends[0], id);
    *far_end = ends[1];
    return r;
}

static int dial(struct ports_fixture *fixture, const char *address,
                const struct vane_port_options *options, struct heard *heard,
                struct vane_connection **connection)
{
    return PORTS->dial(&fixture->base.beta, address, options, &heard_events, heard, connection);
}

/* beta has dialled, and is connected; the other end of its socket. */
static int dialled(struct ports_fixture *fixture, struct heard *heard,
                   struct vane_connection **connection)
{
    int ends[2];

    assert_int_equal(dial(fixture, "node:robot:7", NULL, heard, connection), 0);
    make_pair(ends);
    assert_int_equal(PORTS->dialled(&fixture->base.alpha, carrier.link, carrier.id, 0, ends[0]), 0);
    assert_int_equal(heard->connected, 1);
    return ends[1];
}

static void start_heard(struct heard *heard)
{
    memset(heard, 0, sizeof(*heard));
    heard->bytes = g_byte_array_new();
}

static void test_a_connection_arrives_and_talks(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_connection_info info = {.size = sizeof(info)};
    struct vane_port *port = listen_on(fixture, "node:7");
    char bytes[8];
    uint64_t id;
    int far_end;

    assert_int_equal(arrive(fixture, 7, &far_end, &id), 0);
    assert_int_equal(fixture->heard.accepted, 1);
    assert_int_equal(PORTS->info(&fixture->base.alpha, fixture->heard.connection, &info), 0);
    assert_string_equal(info.local, "node:7");
    assert_string_equal(info.remote, "node:UROBOT:0");
    assert_int_equal(write(far_end, "ping", 4), 4);
    wait_for(&fixture->base, heard_bytes(&fixture->heard, "ping"));
    PORTS->send(&fixture->base.alpha, fixture->heard.connection, "pong", 4);
    assert_int_equal(read(far_end, bytes, sizeof(bytes)), 4);
    assert_int_equal(counters_of(fixture, port).bytes_sent, 4);
    close(far_end);
    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_int_equal(carrier.cancels, 0);
}

static void test_ports_are_taken_once_and_zero_chooses_one(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *first = listen_on(fixture, "node:7"), *other;
    const char *address;

    assert_int_equal(try_listen(fixture, &fixture->base.beta, "node:7", &other), -EADDRINUSE);
    assert_true(logged(&fixture->base, "beta: cannot listen on node:7: plugin alpha has bound it"));
    assert_int_equal(try_listen(fixture, &fixture->base.beta, "node:robot:8", &other), -EINVAL);
    assert_int_equal(try_listen(fixture, &fixture->base.beta, "node:0", &other), 0);
    assert_int_equal(PORTS->address(&fixture->base.beta, other, &address), 0);
    assert_string_equal(address, "node:49152");
    assert_int_equal(PORTS->unbind(&fixture->base.alpha, first), 0);
    assert_int_equal(try_listen(fixture, &fixture->base.beta, "node:7", &other), 0);
}

static void test_what_nobody_listens_on_is_refused(void **state)
{
    struct ports_fixture *fixture = *state;
    uint64_t id;
    char byte;
    int far_end;

    assert_int_equal(arrive(fixture, 9, &far_end, &id), -ECONNREFUSED);
    assert_int_equal(read(far_end, &byte, 1), 0);
    close(far_end);
    fixture->options.max_connections = 1;
    listen_on(fixture, "node:9");
    assert_int_equal(arrive(fixture, 9, &far_end, &id), 0);
    close(far_end);
    assert_int_equal(arrive(fixture, 9, &far_end, &id), -EBUSY);
    close(far_end);
    fixture->heard.refuse_with = -EBADE;
    fixture->options.max_connections = 0;
    listen_on(fixture, "node:10");
    assert_int_equal(arrive(fixture, 10, &far_end, &id), -EBADE);
    close(far_end);
}

/* Without a policy it is denied; what the configuration grants is allowed. */
static void test_the_gate_is_always_asked_about_other_machines(void **state)
{
    struct ports_fixture *fixture = *state;
    uint64_t id;
    int far_end;

    listen_on(fixture, "node:7");
    carrier.node.access = VANE_ACCESS_CHANGE;
    assert_int_equal(arrive(fixture, 7, &far_end, &id), -EACCES);
    close(far_end);
    assert_int_equal(
        PORTS->datagram_arrived(&fixture->base.alpha, carrier.link, &carrier.node, 1, 7, "x", 1),
        -EACCES);
    assert_int_equal(fixture->heard.accepted + fixture->heard.messages, 0);

    assert_int_equal(vane_gate_table.keep(&fixture->base.beta, decide, NULL), 0);
    assert_int_equal(arrive(fixture, 7, &far_end, &id), -EACCES);
    close(far_end);
    assert_string_equal(noted.action, "connect");
    assert_int_equal(noted.peer_id, 4711);
    assert_int_equal(noted.network_id, 7);
    assert_int_equal(noted.port, 7);
    assert_int_equal(noted.origin, VANE_ORIGIN_REMOTE);
    assert_int_equal(noted.access, VANE_ACCESS_CHANGE);
    assert_string_equal(noted.node, "UROBOT");
    assert_string_equal(noted.tag, "role=edge");
    noted.allow = true;
    assert_int_equal(arrive(fixture, 7, &far_end, &id), 0);
    close(far_end);
}

static void test_a_dial_that_is_denied_never_reaches_the_transport(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_connection *connection;
    struct heard heard = {0};

    assert_int_equal(vane_gate_table.keep(&fixture->base.alpha, decide, NULL), 0);
    assert_int_equal(dial(fixture, "node:robot:7", NULL, &heard, &connection), -EACCES);
    assert_string_equal(noted.action, "dial");
    assert_int_equal(noted.peer_id, 4711);
    assert_int_equal(noted.origin, VANE_ORIGIN_LOCAL);
    assert_int_equal(carrier.dials, 0);
}

static void test_a_dial_finds_its_node_or_says_why_not(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_connection *connection;
    struct heard heard;

    start_heard(&heard);
    assert_int_equal(dial(fixture, "node:nobody:7", NULL, &heard, &connection), -EHOSTUNREACH);
    assert_true(logged(&fixture->base, "cannot dial node:nobody:7: no machine of this name"));
    assert_int_equal(dial(fixture, "node:twins:7", NULL, &heard, &connection), -ENOTUNIQ);
    assert_int_equal(dial(fixture, "node:robot:0", NULL, &heard, &connection), -EINVAL);

    assert_int_equal(dial(fixture, "node:robot:7", NULL, &heard, &connection), 0);
    assert_int_equal(carrier.port, 7);
    assert_int_equal(
        PORTS->dialled(&fixture->base.alpha, carrier.link, carrier.id, -ECONNREFUSED, -1), 0);
    wait_for(&fixture->base, heard.connected == 1);
    assert_int_equal(heard.connect_error, -ECONNREFUSED);
    carrier.fail_with = -ENETDOWN;
    assert_int_equal(dial(fixture, "node:robot:7", NULL, &heard, &connection), 0);
    wait_for(&fixture->base, heard.connected == 2);
    assert_int_equal(heard.connect_error, -ENETDOWN);
    g_byte_array_free(heard.bytes, TRUE);
}

static void test_a_dial_ends_at_its_deadline_and_late_answers_find_nobody(void **state)
{
    struct ports_fixture *fixture = *state;
    const struct vane_port_options options = {.size = sizeof(options), .dial_timeout_ms = 50};
    struct vane_connection *connection;
    struct heard heard;
    int ends[2];
    char byte;

    start_heard(&heard);
    assert_int_equal(dial(fixture, "node:robot:7", &options, &heard, &connection), 0);
    wait_for(&fixture->base, heard.connected == 1);
    assert_int_equal(heard.connect_error, -ETIMEDOUT);
    assert_int_equal(carrier.cancelled, carrier.id);
    make_pair(ends);
    assert_int_equal(PORTS->dialled(&fixture->base.alpha, carrier.link, carrier.id, 0, ends[0]),
                     -ENOENT);
    assert_int_equal(read(ends[1], &byte, 1), 0);
    close(ends[1]);
    g_byte_array_free(heard.bytes, TRUE);
}

static void test_a_dial_can_be_cancelled(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_connection *connection;
    struct heard heard;

    start_heard(&heard);
    assert_int_equal(dial(fixture, "node:robot:7", NULL, &heard, &connection), 0);
    assert_int_equal(PORTS->close(&fixture->base.beta, connection, 0), 0);
    wait_for(&fixture->base, heard.connected == 1);
    assert_int_equal(heard.connect_error, -ECANCELED);
    assert_int_equal(carrier.cancelled, carrier.id);

    assert_int_equal(dial(fixture, "node:robot:7", NULL, &heard, &connection), 0);
    fixture_revoke(&fixture->base.beta);
    assert_int_equal(carrier.cancels, 2);
    g_byte_array_free(heard.bytes, TRUE);
}

static void test_the_end_of_sending_is_heard_and_answers_still_come(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_connection *connection;
    struct heard heard;
    char bytes[16];
    int far_end;

    start_heard(&heard);
    far_end = dialled(fixture, &heard, &connection);
    assert_int_equal(PORTS->send(&fixture->base.beta, connection, "question", 8), 0);
    assert_int_equal(PORTS->shutdown(&fixture->base.beta, connection), 0);
    assert_int_equal(PORTS->shutdown(&fixture->base.beta, connection), 0);
    assert_int_equal(PORTS->send(&fixture->base.beta, connection, "more", 4), -EPIPE);
    assert_int_equal(read(far_end, bytes, sizeof(bytes)), 8);
    assert_int_equal(read(far_end, bytes, sizeof(bytes)), 0);
    assert_int_equal(write(far_end, "answer", 6), 6);
    close(far_end);
    wait_for(&fixture->base, heard.closed == 1);
    assert_true(heard_bytes(&heard, "answer"));
    assert_int_equal(heard.close_error, 0);
    g_byte_array_free(heard.bytes, TRUE);
}

static void test_the_end_of_sending_waits_for_the_queue(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *much = g_malloc0(1 << 20);
    struct vane_connection *connection;
    struct heard heard;
    size_t sum = 0;
    ssize_t got = 1;
    int far_end;

    start_heard(&heard);
    far_end = dialled(fixture, &heard, &connection);
    assert_int_equal(PORTS->send(&fixture->base.beta, connection, much, 1 << 20), 0);
    assert_int_equal(PORTS->shutdown(&fixture->base.beta, connection), 0);
    while (got != 0) {
        wait_for(&fixture->base, is_readable(far_end));
        got = read(far_end, much, 1 << 20);
        sum += got > 0 ? (size_t)got : 0;
    }
    assert_int_equal(sum, 1 << 20);
    assert_int_equal(heard.closed, 0);
    close(far_end);
    wait_for(&fixture->base, heard.closed == 1);
    g_byte_array_free(heard.bytes, TRUE);
}

static void test_a_connection_is_cut_off_with_the_reason(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_connection *connection;
    struct heard heard;
    int far_end;

    start_heard(&heard);
    far_end = dialled(fixture, &heard, &connection);
    assert_int_equal(PORTS->dropped(&fixture->base.alpha, carrier.link, carrier.id, 0), 0);
    turn(&fixture->base);
    assert_int_equal(heard.closed, 0); /* the socket tells its end */
    assert_int_equal(PORTS->dropped(&fixture->base.alpha, carrier.link, carrier.id, -ECONNRESET),
                     0);
    wait_for(&fixture->base, heard.closed == 1);
    assert_int_equal(heard.close_error, -ECONNRESET);
    assert_int_equal(PORTS->dropped(&fixture->base.alpha, carrier.link, carrier.id, -ECONNRESET),
                     -ENOENT);
    assert_int_equal(carrier.cancels, 0);
    close(far_end);
    g_byte_array_free(heard.bytes, TRUE);
}

static void test_a_connection_can_be_had_as_a_descriptor(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_connection *connection;
    struct heard heard;
    char bytes[8];
    int32_t fd;
    int far_end;

    start_heard(&heard);
    far_end = dialled(fixture, &heard, &connection);
    assert_int_equal(PORTS->stream(&fixture->base.beta, connection, &fd), 0);
    assert_int_equal(PORTS->stream(&fixture->base.beta, connection, &fd), -EPIPE);
    assert_int_equal(PORTS->send(&fixture->base.beta, connection, "x", 1), -EPIPE);
    assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(write(fd, "ping", 4), 4);
    assert_int_equal(read(far_end, bytes, sizeof(bytes)), 4);
    assert_int_equal(write(far_end, "pong", 4), 4);
    assert_int_equal(read(fd, bytes, sizeof(bytes)), 4);
    turn(&fixture->base);
    assert_int_equal(heard.closed, 0);
    assert_int_equal(PORTS->dropped(&fixture->base.alpha, carrier.link, carrier.id, -ECONNRESET),
                     0);
    wait_for(&fixture->base, heard.closed == 1);
    assert_int_equal(heard.close_error, -ECONNRESET);
    close(far_end);
    close(fd);

    far_end = dialled(fixture, (heard.connected = 0, &heard), &connection);
    assert_int_equal(PORTS->stream(&fixture->base.beta, connection, &fd), 0);
    assert_int_equal(PORTS->close(&fixture->base.beta, connection, 0), 0);
    wait_for(&fixture->base, heard.closed == 2);
    assert_int_equal(carrier.cancelled, carrier.id);
    close(far_end);
    close(fd);
    g_byte_array_free(heard.bytes, TRUE);
}

static void test_a_unix_connection_can_be_had_as_a_descriptor(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);
    char bytes[8];
    int32_t fd;

    assert_int_equal(PORTS->stream(&fixture->base.alpha, fixture->heard.connection, &fd), 0);
    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_int_equal(fixture->heard.close_error, 0);
    assert_int_equal(write(peer, "ping", 4), 4);
    assert_int_equal(read(fd, bytes, sizeof(bytes)), 4);
    close(fd);
    close(peer);
}

static void test_a_transport_that_goes_takes_its_connections_and_leaves_ports(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_transport_link *second = NULL;
    struct vane_connection *connection, *dialling;
    struct heard heard, other;
    struct vane_port *port;
    uint64_t id;
    int far_end, far;

    start_heard(&heard);
    start_heard(&other);
    far_end = dialled(fixture, &heard, &connection);
    assert_int_equal(dial(fixture, "node:robot:7", NULL, &other, &dialling), 0);
    assert_int_equal(try_listen(fixture, &fixture->base.beta, "node:7", &port), 0);
    assert_int_equal(PORTS->provide(&fixture->base.beta, "node", &transport, NULL, &second),
                     -EEXIST);
    assert_int_equal(PORTS->withdraw(&fixture->base.alpha, carrier.link), 0);
    wait_for(&fixture->base, heard.closed == 1 && other.connected == 1);
    assert_int_equal(heard.close_error, -ENETDOWN);
    assert_int_equal(other.connect_error, -ENETDOWN);
    assert_int_equal(carrier.cancels, 0);
    assert_int_equal(dial(fixture, "node:robot:7", NULL, &other, &dialling), -EPROTONOSUPPORT);
    assert_int_equal(PORTS->dropped(&fixture->base.alpha, carrier.link, carrier.id, -EIO), -EINVAL);

    assert_int_equal(PORTS->provide(&fixture->base.alpha, "node", &transport, NULL, &carrier.link),
                     0);
    assert_int_equal(arrive(fixture, 7, &far, &id), 0);
    assert_int_equal(fixture->heard.accepted, 1);
    close(far);
    close(far_end);
    g_byte_array_free(heard.bytes, TRUE);
    g_byte_array_free(other.bytes, TRUE);
}

static void test_datagrams_go_both_ways_at_a_bound_port(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_self *alpha = &fixture->base.alpha;
    struct vane_port *port = listen_on(fixture, "node:7");

    assert_int_equal(PORTS->send_datagram(alpha, port, "node:robot:9", "out", 3), 0);
    assert_int_equal(carrier.from, 7);
    assert_int_equal(carrier.port, 9);
    assert_memory_equal(carrier.sent->data, "out", 3);
    assert_int_equal(PORTS->send_datagram(alpha, port, "node:nobody:9", "x", 1), -EHOSTUNREACH);
    assert_int_equal(PORTS->send_datagram(alpha, port, "node:9", "x", 1), -EHOSTUNREACH);
    assert_int_equal(PORTS->send_datagram(alpha, port, "udp:127.0.0.1:9", "x", 1), -EINVAL);
    carrier.fail_with = -EMSGSIZE;
    assert_int_equal(PORTS->send_datagram(alpha, port, "node:robot:9", "x", 1), -EMSGSIZE);

    assert_int_equal(PORTS->datagram_arrived(alpha, carrier.link, &carrier.node, 9, 7, "back", 4),
                     0);
    assert_true(heard_bytes(&fixture->heard, "back"));
    assert_string_equal(fixture->heard.from, "node:UROBOT:9");
    assert_int_equal(PORTS->datagram_arrived(alpha, carrier.link, &carrier.node, 9, 8, "x", 1),
                     -ECONNREFUSED);
}

#define node_test(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        node_test(test_a_connection_arrives_and_talks),
        node_test(test_ports_are_taken_once_and_zero_chooses_one),
        node_test(test_what_nobody_listens_on_is_refused),
        node_test(test_the_gate_is_always_asked_about_other_machines),
        node_test(test_a_dial_that_is_denied_never_reaches_the_transport),
        node_test(test_a_dial_finds_its_node_or_says_why_not),
        node_test(test_a_dial_ends_at_its_deadline_and_late_answers_find_nobody),
        node_test(test_a_dial_can_be_cancelled),
        node_test(test_the_end_of_sending_is_heard_and_answers_still_come),
        node_test(test_the_end_of_sending_waits_for_the_queue),
        node_test(test_a_connection_is_cut_off_with_the_reason),
        node_test(test_a_connection_can_be_had_as_a_descriptor),
        node_test(test_a_unix_connection_can_be_had_as_a_descriptor),
        node_test(test_a_transport_that_goes_takes_its_connections_and_leaves_ports),
        node_test(test_datagrams_go_both_ways_at_a_bound_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
