/* Connections: bytes and messages both ways, slow and vanishing peers, and how it ends. */
#include "tests/unit/ports_fixture.h"

static const char block[65536];

/* Sends blocks until the queue is at its high-water mark. Returns how many were taken. */
static unsigned fill(struct ports_fixture *fixture)
{
    unsigned taken = 0;
    int r;

    while ((r = PORTS->send(&fixture->base.alpha, fixture->heard.connection, block,
                            sizeof(block))) == 0)
        taken++;
    assert_int_equal(r, -EAGAIN);
    return taken;
}

static struct vane_connection_info info_of(struct ports_fixture *fixture)
{
    struct vane_connection_info info = {.size = sizeof(info)};

    assert_int_equal(PORTS->info(&fixture->base.alpha, fixture->heard.connection, &info), 0);
    return info;
}

/* Reads all there is. Returns how many bytes; `*ended` becomes true at the end. */
static size_t read_some(int fd, bool *ended)
{
    static char buffer[1 << 18];
    size_t total = 0;
    ssize_t got;

    while ((got = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0)
        total += (size_t)got;
    *ended = got == 0 || errno != EAGAIN;
    return total;
}

/* Reads what comes until the end, with the loop running. */
static size_t read_to_end(struct ports_fixture *fixture, int fd)
{
    bool ended = false;
    size_t total = 0;

    wait_for(&fixture->base, (total += ended ? 0 : read_some(fd, &ended), ended));
    return total;
}

static void test_bytes_go_both_ways_and_are_counted(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);
    char reply[8] = "";

    assert_int_equal(send(peer, "question", 8, 0), 8);
    wait_for(&fixture->base, heard_bytes(&fixture->heard, "question"));
    assert_int_equal(PORTS->send(&fixture->base.alpha, fixture->heard.connection, "answer", 6), 0);

    assert_int_equal(recv(peer, reply, sizeof(reply), 0), 6);
    assert_string_equal(reply, "answer");
    assert_int_equal(info_of(fixture).bytes_received, 8);
    assert_int_equal(info_of(fixture).bytes_sent, 6);
    assert_int_equal(counters_of(fixture, port).bytes_received, 8);
    assert_int_equal(counters_of(fixture, port).bytes_sent, 6);
    close(peer);
}

static void test_a_unix_peer_is_known(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree gid_t *groups = g_new(gid_t, 65536);
    struct vane_port *port;
    struct stat theirs, ours;
    int peer;

    fixture->options.flags = VANE_PORT_PEER_NETNS;
    peer = one_peer(fixture, SOCK_STREAM, &port);

    assert_int_equal(info_of(fixture).pid, getpid());
    assert_int_equal(info_of(fixture).uid, geteuid());
    assert_int_equal(info_of(fixture).gid, getegid());
    assert_int_equal(info_of(fixture).group_count, getgroups(65536, groups));
    assert_string_equal(info_of(fixture).local, address);
    assert_null(info_of(fixture).remote);
    assert_int_equal(stat("/proc/self/ns/net", &ours), 0);
    if (info_of(fixture).netns_fd >= 0) { /* with CAP_NET_ADMIN */
        assert_int_equal(fstat(info_of(fixture).netns_fd, &theirs), 0);
        assert_int_equal(theirs.st_ino, ours.st_ino);
    } else {
        assert_int_not_equal(geteuid(), 0);
    }
    close(peer);
}

static void test_info_fills_only_what_the_caller_knows(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_connection_info info;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);

    memset(&info, 0x55, sizeof(info));
    info.size = offsetof(struct vane_connection_info, uid);
    assert_int_equal(PORTS->info(&fixture->base.alpha, fixture->heard.connection, &info), 0);
    assert_int_equal(info.pid, getpid());
    assert_int_equal(info.uid, 0x5555555555555555);
    assert_int_equal(info.netns_fd, -1);
    info.size = 4;
    assert_int_equal(PORTS->info(&fixture->base.alpha, fixture->heard.connection, &info), -EINVAL);
    close(peer);
}

static void test_a_slow_reader_fills_its_queue_and_is_told_when_it_drains(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    size_t sent, received = 0;
    static char some[16384];
    bool ended = false;
    int peer;

    fixture->options.high_water = 1 << 19;
    fixture->options.low_water = 1 << 17;
    peer = one_peer(fixture, SOCK_STREAM, &port);
    sent = fill(fixture) * sizeof(block);
    assert_true(info_of(fixture).bytes_queued >= 1 << 19);
    assert_true(info_of(fixture).bytes_queued < (1 << 19) + sizeof(block));

    while (info_of(fixture).bytes_queued >= 1 << 17) {
        assert_int_equal(fixture->heard.drained, 0);
        received += (size_t)recv(peer, some, sizeof(some), 0);
        turn(&fixture->base);
    }
    wait_for(&fixture->base, (received += read_some(peer, &ended)) == sent);
    assert_int_equal(fixture->heard.drained, 1);
    assert_false(ended);
    assert_int_equal(PORTS->send(&fixture->base.alpha, fixture->heard.connection, "x", 1), 0);
    close(peer);
}

static void test_reading_can_be_paused(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);

    assert_int_equal(PORTS->read(&fixture->base.alpha, fixture->heard.connection, 0), 0);
    assert_int_equal(send(peer, "later", 5, 0), 5);
    close(peer);
    turn(&fixture->base);
    assert_int_equal(fixture->heard.messages, 0);

    assert_int_equal(PORTS->read(&fixture->base.alpha, fixture->heard.connection, 1), 0);
    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_true(heard_bytes(&fixture->heard, "later"));
}

static void test_one_peer_gets_a_bounded_share_of_a_turn(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port), size = 1 << 18;

    setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    assert_int_equal(send(peer, block, sizeof(block), MSG_DONTWAIT), sizeof(block));
    assert_int_equal(send(peer, block, sizeof(block), MSG_DONTWAIT), sizeof(block));

    wait_for(&fixture->base, fixture->heard.bytes->len == 2 * sizeof(block));
    assert_true(fixture->heard.messages >= 2);
    close(peer);
}

static void test_after_a_half_close_the_rest_is_written_and_then_it_ends(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);
    size_t sent = fill(fixture) * sizeof(block);

    assert_int_equal(shutdown(peer, SHUT_WR), 0);
    wait_for(&fixture->base, fixture->heard.half_closed == 1);
    turn(&fixture->base);
    assert_int_equal(fixture->heard.closed, 0);

    assert_int_equal(read_to_end(fixture, peer), sent);
    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_int_equal(fixture->heard.close_error, 0);
    close(peer);
}

static void test_keep_open_goes_on_sending_until_the_peer_is_gone(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    char byte;
    int peer;

    fixture->options.flags = VANE_PORT_KEEP_OPEN;
    peer = one_peer(fixture, SOCK_STREAM, &port);
    assert_int_equal(shutdown(peer, SHUT_WR), 0);
    wait_for(&fixture->base, fixture->heard.half_closed == 1);
    turn(&fixture->base);
    assert_int_equal(fixture->heard.closed, 0);
    assert_int_equal(PORTS->send(&fixture->base.alpha, fixture->heard.connection, "x", 1), 0);
    assert_int_equal(recv(peer, &byte, 1, 0), 1);

    close(peer);
    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_int_equal(fixture->heard.half_closed, 1);
}

static void test_what_a_peer_sent_before_it_went_is_read_though_writing_fails(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);

    assert_int_equal(send(peer, "last words", 10, 0), 10);
    close(peer);
    assert_int_equal(PORTS->send(&fixture->base.alpha, fixture->heard.connection, "x", 1), -EPIPE);

    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_true(heard_bytes(&fixture->heard, "last words"));
    assert_int_equal(fixture->heard.close_error, -EPIPE);
}

static void test_closed_comes_once_from_the_loop(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_self *alpha = &fixture->base.alpha;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);

    assert_int_equal(PORTS->close(alpha, fixture->heard.connection, 0), 0);
    assert_int_equal(PORTS->close(alpha, fixture->heard.connection, 1), 0);
    assert_int_equal(PORTS->send(alpha, fixture->heard.connection, "x", 1), -EPIPE);
    assert_int_equal(PORTS->read(alpha, fixture->heard.connection, 1), -EPIPE);
    assert_int_equal(fixture->heard.closed, 0);

    wait_for(&fixture->base, fixture->heard.closed == 1);
    turn(&fixture->base);
    assert_int_equal(fixture->heard.closed, 1);
    assert_int_equal(fixture->heard.close_error, 0);
    close(peer);
}

static void test_close_with_flush_writes_all_that_is_queued(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);
    size_t sent = fill(fixture) * sizeof(block);

    assert_int_equal(PORTS->close(&fixture->base.alpha, fixture->heard.connection, 1), 0);
    turn(&fixture->base);
    assert_int_equal(fixture->heard.closed, 0);

    assert_int_equal(read_to_end(fixture, peer), sent);
    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_int_equal(fixture->heard.close_error, 0);
    close(peer);
}

static void test_close_with_flush_does_not_wait_for_ever(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);
    uint64_t start;

    fill(fixture);
    uv_update_time(&fixture->base.engine.loop);
    start = uv_hrtime();
    assert_int_equal(PORTS->close(&fixture->base.alpha, fixture->heard.connection, 1), 0);

    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_in_range((uv_hrtime() - start) / 1000000, 4900, 7000);
    assert_int_equal(fixture->heard.close_error, -ETIMEDOUT);
    close(peer);
}

static void test_closing_at_once_does_not_wait_for_the_queue(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);

    fill(fixture);
    assert_int_equal(PORTS->close(&fixture->base.alpha, fixture->heard.connection, 1), 0);
    assert_int_equal(PORTS->close(&fixture->base.alpha, fixture->heard.connection, 0), 0);
    turn(&fixture->base);
    assert_int_equal(fixture->heard.closed, 1);
    close(peer);
}

static void test_an_idle_peer_is_dropped_and_a_busy_one_is_not(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    uint64_t start = uv_hrtime(), said = start;
    int peer;

    fixture->options.idle_timeout_ms = 1000; /* far longer than a busy machine lets us wait */
    peer = one_peer(fixture, SOCK_STREAM, &port);
    while (uv_hrtime() - start < 2400000000) { /* longer than the limit, but never silent so long */
        if (uv_hrtime() - start < 1200000000)
            assert_int_equal(send(peer, "x", 1, 0), 1);
        else
            assert_int_equal(PORTS->send(&fixture->base.alpha, fixture->heard.connection, "y", 1),
                             0);
        said = uv_hrtime();
        wait_for(&fixture->base, uv_hrtime() - said > 20000000);
    }
    assert_int_equal(fixture->heard.closed, 0);

    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_true(uv_hrtime() - said >= 980000000);
    assert_int_equal(fixture->heard.close_error, -ETIMEDOUT);
    close(peer);
}

static void test_seqpacket_keeps_messages_apart(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_SEQPACKET, &port);
    char message[8] = "";

    assert_int_equal(send(peer, "one", 3, 0), 3);
    assert_int_equal(send(peer, "", 0, 0), 0);
    assert_int_equal(send(peer, "two", 3, 0), 3);
    wait_for(&fixture->base, fixture->heard.messages == 3);
    assert_true(heard_bytes(&fixture->heard, "onetwo"));

    PORTS->send(&fixture->base.alpha, fixture->heard.connection, "a", 1);
    PORTS->send(&fixture->base.alpha, fixture->heard.connection, "bc", 2);
    assert_int_equal(recv(peer, message, sizeof(message), 0), 1);
    assert_int_equal(recv(peer, message, sizeof(message), 0), 2);
    assert_int_equal(PORTS->send(&fixture->base.alpha, fixture->heard.connection, "", 0), -EINVAL);

    close(peer);
    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_int_equal(fixture->heard.half_closed, 1);
    assert_int_equal(fixture->heard.close_error, 0);
}

static void test_queued_messages_stay_apart(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_SEQPACKET, &port);
    unsigned sent = 0, received = 0;
    static char message[1 << 16];

    while (PORTS->send(&fixture->base.alpha, fixture->heard.connection, block, 10000) == 0)
        sent++;
    while (received < sent) {
        ssize_t got = recv(peer, message, sizeof(message), MSG_DONTWAIT);

        if (got >= 0) {
            assert_int_equal(got, 10000);
            received++;
        } else {
            uv_run(&fixture->base.engine.loop, UV_RUN_ONCE);
        }
    }
    turn(&fixture->base);
    assert_int_equal(fixture->heard.drained, 1);
    close(peer);
}

static void test_a_message_over_64_kib_ends_the_connection(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_SEQPACKET, &port);
    static const char long_message[65537];

    assert_int_equal(send(peer, long_message, sizeof(long_message), 0), sizeof(long_message));
    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_int_equal(fixture->heard.bytes->len, 65536);
    assert_int_equal(fixture->heard.close_error, -EMSGSIZE);
    close(peer);
}

static void test_a_message_that_the_socket_cannot_take_is_refused(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_SEQPACKET, &port);
    g_autofree char *huge = g_malloc0(1 << 24);

    assert_int_equal(PORTS->send(&fixture->base.alpha, fixture->heard.connection, huge, 1 << 24),
                     -EMSGSIZE);
    turn(&fixture->base);
    assert_int_equal(fixture->heard.closed, 0);
    close(peer);
}

static void test_somebody_elses_connection_is_refused(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_connection *connection;
    struct vane_self *beta = &fixture->base.beta;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);

    connection = fixture->heard.connection;
    assert_int_equal(PORTS->send(beta, connection, "x", 1), -EPERM);
    assert_int_equal(PORTS->close(beta, connection, 0), -EPERM);
    assert_int_equal(PORTS->set_user(beta, connection, NULL), -EPERM);
    assert_int_equal(PORTS->send(&fixture->base.alpha, NULL, "x", 1), -EINVAL);
    assert_false(is_readable(peer));
    close(peer);
}

static void close_inside(void *user, struct vane_connection *connection, const void *data,
                         size_t length)
{
    struct ports_fixture *fixture = user;

    fixture->heard.messages++;
    assert_int_equal(PORTS->close(&fixture->base.alpha, connection, 0), 0);
    assert_int_equal(PORTS->set_user(&fixture->base.alpha, connection, &fixture->heard), 0);
    assert_int_equal(fixture->heard.closed, 0);
}

static void test_a_callback_may_close_its_own_connection(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix-seqpacket:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port_events events = {.size = sizeof(events), .closed = on_closed};
    struct vane_port *port = NULL;
    int peer;

    events.received = close_inside;
    assert_int_equal(PORTS->listen(&fixture->base.alpha, address, NULL, &events, fixture, &port),
                     0);
    peer = connect_unix(path, SOCK_SEQPACKET);
    assert_int_equal(send(peer, "1", 1, 0), 1);
    assert_int_equal(send(peer, "2", 1, 0), 1);

    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_int_equal(fixture->heard.messages, 1);
    close(peer);
}

static void pause_inside(void *user, struct vane_connection *connection, const void *data,
                         size_t length)
{
    struct ports_fixture *fixture = user;

    fixture->heard.messages++;
    assert_int_equal(PORTS->read(&fixture->base.alpha, connection, 0), 0);
}

static void test_a_callback_may_pause_before_the_next_message(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix-seqpacket:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port_events events = {.size = sizeof(events), .received = pause_inside};
    struct vane_port *port = NULL;
    int peer;

    assert_int_equal(PORTS->listen(&fixture->base.alpha, address, NULL, &events, fixture, &port),
                     0);
    peer = connect_unix(path, SOCK_SEQPACKET);
    assert_int_equal(send(peer, "1", 1, 0), 1);
    assert_int_equal(send(peer, "2", 1, 0), 1);

    wait_for(&fixture->base, fixture->heard.messages > 0);
    turn(&fixture->base);
    assert_int_equal(fixture->heard.messages, 1);
    close(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ports_test(test_bytes_go_both_ways_and_are_counted),
        ports_test(test_a_unix_peer_is_known),
        ports_test(test_info_fills_only_what_the_caller_knows),
        ports_test(test_a_slow_reader_fills_its_queue_and_is_told_when_it_drains),
        ports_test(test_reading_can_be_paused),
        ports_test(test_one_peer_gets_a_bounded_share_of_a_turn),
        ports_test(test_after_a_half_close_the_rest_is_written_and_then_it_ends),
        ports_test(test_keep_open_goes_on_sending_until_the_peer_is_gone),
        ports_test(test_what_a_peer_sent_before_it_went_is_read_though_writing_fails),
        ports_test(test_closed_comes_once_from_the_loop),
        ports_test(test_close_with_flush_writes_all_that_is_queued),
        ports_test(test_close_with_flush_does_not_wait_for_ever),
        ports_test(test_closing_at_once_does_not_wait_for_the_queue),
        ports_test(test_an_idle_peer_is_dropped_and_a_busy_one_is_not),
        ports_test(test_seqpacket_keeps_messages_apart),
        ports_test(test_queued_messages_stay_apart),
        ports_test(test_a_message_over_64_kib_ends_the_connection),
        ports_test(test_a_message_that_the_socket_cannot_take_is_refused),
        ports_test(test_somebody_elses_connection_is_refused),
        ports_test(test_a_callback_may_close_its_own_connection),
        ports_test(test_a_callback_may_pause_before_the_next_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
