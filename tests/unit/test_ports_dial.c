/* Dialling out, TCP, and datagrams. */
#include <netinet/tcp.h>

#include "tests/unit/ports_fixture.h"

/* What the one who dialled hears; its `user` is the connection_user. */
struct dialler {
    struct heard heard;
    struct vane_connection *connection;
};

static void start_dialler(struct dialler *dialler)
{
    memset(dialler, 0, sizeof(*dialler));
    dialler->heard.bytes = g_byte_array_new();
}

static void stop_dialler(struct dialler *dialler)
{
    g_byte_array_free(dialler->heard.bytes, TRUE);
}

static int dial(struct ports_fixture *fixture, const char *address, struct dialler *dialler)
{
    return PORTS->dial(&fixture->base.beta, address, NULL, &heard_events, &dialler->heard,
                       &dialler->connection);
}

static const char *address_of(struct ports_fixture *fixture, struct vane_port *port)
{
    const char *address = NULL;

    assert_int_equal(PORTS->address(&fixture->base.alpha, port, &address), 0);
    return address;
}

/* beta dials `dialled`, alpha accepts, and both talk and part. */
static void assert_conversation(struct ports_fixture *fixture, const char *dialled)
{
    struct heard *server = &fixture->heard;
    struct dialler client;

    start_dialler(&client);
    assert_int_equal(dial(fixture, dialled, &client), 0);
    assert_int_equal(client.heard.connected, 0);
    wait_for(&fixture->base, client.heard.connected == 1 && server->accepted == 1);
    assert_int_equal(client.heard.connect_error, 0);

    assert_int_equal(PORTS->send(&fixture->base.beta, client.connection, "ping", 4), 0);
    wait_for(&fixture->base, heard_bytes(server, "ping"));
    assert_int_equal(PORTS->send(&fixture->base.alpha, server->connection, "pong", 4), 0);
    wait_for(&fixture->base, heard_bytes(&client.heard, "pong"));

    assert_int_equal(PORTS->close(&fixture->base.beta, client.connection, 1), 0);
    wait_for(&fixture->base, client.heard.closed == 1 && server->closed == 1);
    assert_int_equal(server->close_error, 0);
    stop_dialler(&client);
}

static void test_tcp_over_ipv4(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port = listen_on(fixture, "tcp:127.0.0.1:0");

    assert_conversation(fixture, address_of(fixture, port));
}

static void test_tcp_over_ipv6(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port = listen_on(fixture, "tcp:[::1]:0");

    assert_true(g_str_has_prefix(address_of(fixture, port), "tcp:[::1]:"));
    assert_conversation(fixture, address_of(fixture, port));
}

static void test_unix_and_seqpacket_can_be_dialled(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix-seqpacket:", "sock");

    listen_on(fixture, address);
    assert_conversation(fixture, address);
}

static void test_names_are_resolved_and_each_address_is_tried(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port = listen_on(fixture, "tcp:127.0.0.1:0");
    const char *number = strrchr(address_of(fixture, port), ':');
    g_autofree char *address = g_strconcat("tcp:localhost", number, NULL);

    assert_conversation(fixture, address);
}

static void test_a_tcp_peer_is_known_by_its_address(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port = listen_on(fixture, "tcp:127.0.0.1:0");
    struct vane_connection_info info = {.size = sizeof(info)};
    struct dialler client;

    start_dialler(&client);
    dial(fixture, address_of(fixture, port), &client);
    wait_for(&fixture->base, fixture->heard.accepted == 1);

    assert_int_equal(PORTS->info(&fixture->base.alpha, fixture->heard.connection, &info), 0);
    assert_string_equal(info.local, address_of(fixture, port));
    assert_true(g_str_has_prefix(info.remote, "tcp:127.0.0.1:"));
    assert_int_equal(info.uid, -1);
    assert_int_equal(info.pid, -1);
    assert_int_equal(info.netns_fd, -1);
    fixture_revoke(&fixture->base.beta);
    stop_dialler(&client);
}

static void test_a_refused_dial_tells_it_from_the_loop_and_nothing_more(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *missing = in_directory(fixture, "unix:", "missing");
    struct vane_port *port = listen_on(fixture, "tcp:127.0.0.1:0");
    g_autofree char *gone = g_strdup(address_of(fixture, port));
    struct dialler unix_client, tcp_client;

    start_dialler(&unix_client);
    start_dialler(&tcp_client);
    PORTS->unbind(&fixture->base.alpha, port);
    assert_int_equal(dial(fixture, missing, &unix_client), 0);
    assert_int_equal(dial(fixture, gone, &tcp_client), 0);
    assert_int_equal(unix_client.heard.connected, 0);

    wait_for(&fixture->base, unix_client.heard.connected && tcp_client.heard.connected);
    assert_int_equal(unix_client.heard.connect_error, -ENOENT);
    assert_int_equal(tcp_client.heard.connect_error, -ECONNREFUSED);
    turn(&fixture->base);
    assert_int_equal(unix_client.heard.connected + tcp_client.heard.connected, 2);
    assert_int_equal(unix_client.heard.closed + tcp_client.heard.closed, 0);
    stop_dialler(&unix_client);
    stop_dialler(&tcp_client);
}

static void test_an_unknown_name_cannot_be_dialled(void **state)
{
    struct ports_fixture *fixture = *state;
    struct dialler client;

    start_dialler(&client);
    assert_int_equal(dial(fixture, "tcp:no-such-host.invalid:1", &client), 0);
    wait_for(&fixture->base, client.heard.connected == 1);
    assert_true(client.heard.connect_error < 0);
    stop_dialler(&client);
}

static void test_a_dial_can_be_given_up_while_its_name_is_looked_up(void **state)
{
    struct ports_fixture *fixture = *state;
    struct dialler client;

    start_dialler(&client);
    assert_int_equal(dial(fixture, "tcp:localhost:1", &client), 0);
    assert_int_equal(PORTS->send(&fixture->base.beta, client.connection, "x", 1), -ENOTCONN);
    assert_int_equal(PORTS->close(&fixture->base.beta, client.connection, 0), 0);
    wait_for(&fixture->base, client.heard.connected == 1);
    assert_int_equal(client.heard.connect_error, -ECANCELED);

    assert_int_equal(dial(fixture, "tcp:localhost:1", &client), 0);
    fixture_revoke(&fixture->base.beta);
    turn(&fixture->base);
    assert_int_equal(client.heard.connected, 1);
    stop_dialler(&client);
}

static void test_what_cannot_be_dialled_says_why(void **state)
{
    struct ports_fixture *fixture = *state;
    struct dialler client;

    start_dialler(&client);
    assert_int_equal(dial(fixture, "node:robot:7", &client), -EPROTONOSUPPORT);
    assert_true(logged(&fixture->base, "beta: cannot dial node:robot:7: no transport"));
    assert_int_equal(dial(fixture, "fd:control", &client), -EINVAL);
    assert_int_equal(dial(fixture, "nonsense", &client), -EINVAL);
    stop_dialler(&client);
}

/* Unread input would make the kernel reset the connection and drop what we sent last. */
static void test_last_words_over_tcp_arrive_though_input_is_unread(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port = listen_on(fixture, "tcp:127.0.0.1:0");
    struct dialler client;

    start_dialler(&client);
    dial(fixture, address_of(fixture, port), &client);
    wait_for(&fixture->base, fixture->heard.accepted == 1 && client.heard.connected == 1);
    PORTS->read(&fixture->base.alpha, fixture->heard.connection, 0);
    PORTS->send(&fixture->base.beta, client.connection, "unread", 6);
    turn(&fixture->base);

    PORTS->send(&fixture->base.alpha, fixture->heard.connection, "goodbye", 7);
    PORTS->close(&fixture->base.alpha, fixture->heard.connection, 1);
    wait_for(&fixture->base, client.heard.closed == 1);
    assert_true(heard_bytes(&client.heard, "goodbye"));
    assert_int_equal(client.heard.close_error, 0);
    stop_dialler(&client);
}

static void assert_datagrams(struct ports_fixture *fixture, struct vane_port *alphas,
                             const char *betas_address)
{
    struct heard heard = {.bytes = g_byte_array_new()};
    struct vane_port *betas = NULL;

    assert_int_equal(
        PORTS->listen(&fixture->base.beta, betas_address, NULL, &heard_events, &heard, &betas), 0);
    assert_int_equal(
        PORTS->send_datagram(&fixture->base.beta, betas, address_of(fixture, alphas), "there", 5),
        0);
    wait_for(&fixture->base, heard_bytes(&fixture->heard, "there"));
    assert_int_equal(
        PORTS->send_datagram(&fixture->base.alpha, alphas, fixture->heard.from, "back", 4), 0);
    wait_for(&fixture->base, heard_bytes(&heard, "back"));
    assert_string_equal(heard.from, address_of(fixture, alphas));
    assert_int_equal(counters_of(fixture, alphas).bytes_received, 5);
    assert_int_equal(counters_of(fixture, alphas).bytes_sent, 4);
    PORTS->unbind(&fixture->base.beta, betas);
    g_free(heard.from);
    g_byte_array_free(heard.bytes, TRUE);
}

static void test_datagrams_can_be_answered(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *first = in_directory(fixture, "unix-datagram:", "one");
    g_autofree char *second = in_directory(fixture, "unix-datagram:", "two");

    assert_datagrams(fixture, listen_on(fixture, first), second);
    g_byte_array_set_size(fixture->heard.bytes, 0);
    assert_datagrams(fixture, listen_on(fixture, "udp:127.0.0.1:0"), "udp:127.0.0.1:0");
}

static void test_datagrams_go_only_where_they_fit(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *udp = listen_on(fixture, "udp:127.0.0.1:0");
    struct vane_self *alpha = &fixture->base.alpha;
    static const char huge[70000];

    assert_int_equal(PORTS->send_datagram(alpha, udp, "udp:[::1]:9", "x", 1), -EAFNOSUPPORT);
    assert_int_equal(PORTS->send_datagram(alpha, udp, "tcp:127.0.0.1:9", "x", 1), -EINVAL);
    assert_int_equal(PORTS->send_datagram(alpha, udp, "udp:localhost:9", "x", 1), -EINVAL);
    assert_int_equal(PORTS->send_datagram(alpha, udp, "udp:127.0.0.1:9", huge, sizeof(huge)),
                     -EMSGSIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ports_test(test_tcp_over_ipv4),
        ports_test(test_tcp_over_ipv6),
        ports_test(test_unix_and_seqpacket_can_be_dialled),
        ports_test(test_names_are_resolved_and_each_address_is_tried),
        ports_test(test_a_tcp_peer_is_known_by_its_address),
        ports_test(test_a_refused_dial_tells_it_from_the_loop_and_nothing_more),
        ports_test(test_an_unknown_name_cannot_be_dialled),
        ports_test(test_a_dial_can_be_given_up_while_its_name_is_looked_up),
        ports_test(test_what_cannot_be_dialled_says_why),
        ports_test(test_last_words_over_tcp_arrive_though_input_is_unread),
        ports_test(test_datagrams_can_be_answered),
        ports_test(test_datagrams_go_only_where_they_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
