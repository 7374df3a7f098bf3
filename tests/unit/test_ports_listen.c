/* Binding addresses: whose they are, what lies in the way, who may connect, how many. */
#include <grp.h>

#include "tests/unit/ports_fixture.h"

static void test_a_taken_address_names_its_holder(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    struct vane_port *port = NULL;

    listen_on(fixture, address);

    assert_int_equal(try_listen(fixture, &fixture->base.beta, address, &port), -EADDRINUSE);
    assert_true(logged(&fixture->base, "beta: cannot listen on"));
    assert_true(logged(&fixture->base, "plugin alpha has bound it"));
}

static void test_a_taken_tcp_port_names_its_holder(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port = listen_on(fixture, "tcp:127.0.0.1:0"), *second = NULL;
    const char *address = NULL;

    assert_int_equal(PORTS->address(&fixture->base.alpha, port, &address), 0);
    assert_string_not_equal(address, "tcp:127.0.0.1:0");

    assert_int_equal(try_listen(fixture, &fixture->base.beta, address, &second), -EADDRINUSE);
    assert_true(logged(&fixture->base, "plugin alpha has bound it"));
}

static void test_unbinding_frees_the_address_and_may_be_repeated(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port *port = listen_on(fixture, address);

    assert_int_equal(PORTS->unbind(&fixture->base.alpha, port), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(PORTS->unbind(&fixture->base.alpha, NULL), 0);
    assert_int_equal(try_listen(fixture, &fixture->base.beta, address, &port), 0);
}

static void test_somebody_elses_port_cannot_be_unbound(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port = listen_on(fixture, "tcp:127.0.0.1:0");

    assert_int_equal(PORTS->unbind(&fixture->base.beta, port), -EPERM);
    assert_int_equal(PORTS->unbind(NULL, port), -EINVAL);
    assert_int_equal(PORTS->unbind(&fixture->base.alpha, port), 0);
}

static void test_a_stale_socket_file_is_replaced(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct sockaddr_un name = unix_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    close(fd);

    listen_on(fixture, address);
    fd = connect_unix(path, SOCK_STREAM);
    assert_true(fd >= 0);
    close(fd);
}

static void test_a_socket_with_a_listener_is_left_alone(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct sockaddr_un name = unix_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), peer;
    struct vane_port *port = NULL;

    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(listen(fd, 5), 0);

    assert_int_equal(try_listen(fixture, &fixture->base.alpha, address, &port), -EADDRINUSE);
    assert_true(logged(&fixture->base, "another process listens there"));
    peer = connect_unix(path, SOCK_STREAM);
    assert_true(peer >= 0);
    close(peer);
    close(fd);
}

static void test_a_file_that_is_no_socket_is_left_alone(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port *port = NULL;

    assert_true(g_file_set_contents(path, "precious", -1, NULL));

    assert_int_equal(try_listen(fixture, &fixture->base.alpha, address, &port), -EADDRINUSE);
    assert_int_equal(access(path, F_OK), 0);
    assert_true(logged(&fixture->base, "no socket is in the way"));
}

static void test_a_socket_file_of_another_user_is_left_alone(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct sockaddr_un name = unix_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct vane_port *port = NULL;

    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    close(fd);
    if (geteuid() == 0)
        assert_int_equal(chown(path, 12345, 12345), 0);
    else
        return; /* only root can make such a file */

    assert_int_equal(try_listen(fixture, &fixture->base.alpha, address, &port), -EADDRINUSE);
    assert_int_equal(access(path, F_OK), 0);
    assert_true(logged(&fixture->base, "belongs to user 12345"));
}

static void test_a_file_that_took_our_place_survives_unbind(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port *port = listen_on(fixture, address);

    assert_int_equal(unlink(path), 0);
    assert_true(g_file_set_contents(path, "theirs", -1, NULL));

    assert_int_equal(PORTS->unbind(&fixture->base.alpha, port), 0);
    assert_int_equal(access(path, F_OK), 0);
}

static void test_the_socket_file_has_the_mode_asked_for_whatever_the_umask(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port *port;
    mode_t umask_before = umask(077);
    struct stat st;

    fixture->options.mode = 0666;
    port = listen_on(fixture, address);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0666);
    PORTS->unbind(&fixture->base.alpha, port);

    umask(0);
    fixture->options.mode = 0;
    listen_on(fixture, address);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    umask(umask_before);
}

static mode_t mode_before_chmod;

/* In place of the C library's: looks at what the file was until now. */
int chmod(const char *path, mode_t mode)
{
    struct stat st;

    if (stat(path, &st) == 0)
        mode_before_chmod = st.st_mode & 07777;
    return fchmodat(AT_FDCWD, path, mode, 0);
}

static void test_nobody_can_connect_until_the_mode_is_set(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    mode_t umask_before = umask(0);

    mode_before_chmod = 07777;
    listen_on(fixture, address);
    assert_int_equal(mode_before_chmod, 0);
    umask(umask_before);
}

static void test_the_socket_file_goes_to_the_group_asked_for(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    const struct group *group = getgrnam(geteuid() == 0 ? "daemon" : getgrgid(getegid())->gr_name);
    gid_t gid = group->gr_gid;
    struct stat st;

    fixture->options.group = group->gr_name;
    listen_on(fixture, address);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_gid, gid);
}

static void test_an_unknown_group_is_an_error_that_leaves_no_file(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port *port = NULL;

    fixture->options.group = "no-such-group";
    assert_int_equal(try_listen(fixture, &fixture->base.alpha, address, &port), -EINVAL);
    assert_true(logged(&fixture->base, "there is no group no-such-group"));
    assert_int_equal(access(path, F_OK), -1);
}

static void test_what_cannot_be_listened_on_says_why(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_self *alpha = &fixture->base.alpha;
    struct vane_port *port = NULL;

    assert_int_equal(try_listen(fixture, alpha, "node:7", &port), -EPROTONOSUPPORT);
    assert_true(logged(&fixture->base, "cannot listen on node:7: no transport"));
    assert_int_equal(try_listen(fixture, alpha, "tcp:localhost:0", &port), -EINVAL);
    assert_int_equal(try_listen(fixture, alpha, "fd:nothing", &port), -ENOENT);
    assert_int_equal(try_listen(fixture, alpha, "unix:/nonexistent/sock", &port), -ENOENT);
    fixture->options.low_water = 10;
    fixture->options.high_water = 5;
    assert_int_equal(try_listen(fixture, alpha, "tcp:127.0.0.1:0", &port), -EINVAL);
    assert_null(port);
}

static bool is_ended(int fd)
{
    char byte;

    return is_readable(fd) && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

static void test_peers_over_the_limit_are_turned_away_and_counted(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port *port;
    int first, second;

    fixture->options.max_connections = 1;
    first = one_peer(fixture, SOCK_STREAM, &port);
    second = connect_unix(path, SOCK_STREAM);

    wait_for(&fixture->base, is_ended(second));
    assert_false(is_readable(first));
    assert_int_equal(counters_of(fixture, port).accepted, 1);
    assert_int_equal(counters_of(fixture, port).refused, 1);
    assert_int_equal(counters_of(fixture, port).connections, 1);

    close(second);
    close(first);
    wait_for(&fixture->base, fixture->heard.closed == 1);
    first = connect_unix(path, SOCK_STREAM);
    wait_for(&fixture->base, fixture->heard.accepted == 2);
    close(first);
}

/* A child of another user connects three times, and exits with how many stayed open. */
static pid_t start_other_user(const char *path)
{
    int open_count = 0, fds[3];
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    if (setgid(12345) < 0 || setuid(12345) < 0)
        _exit(100);
    for (int i = 0; i < 3; i++)
        fds[i] = connect_unix(path, SOCK_STREAM);
    for (int i = 0; i < 3; i++) {
        struct pollfd state = {.fd = fds[i], .events = POLLIN};
        char byte;

        /* what stays open is greeted, what is refused ends */
        if (poll(&state, 1, 10000) == 1 && recv(fds[i], &byte, 1, 0) == 1)
            open_count++;
    }
    _exit(open_count);
}

/* Once it has ended, `pid` is 0. */
static bool has_ended(pid_t *pid, int *status)
{
    if (*pid > 0 && waitpid(*pid, status, WNOHANG) == *pid)
        *pid = 0;
    return *pid == 0;
}

static int greet(void *user, struct vane_connection *connection, void **theirs)
{
    struct ports_fixture *fixture = user;

    *theirs = &fixture->heard;
    return PORTS->send(&fixture->base.alpha, connection, "!", 1);
}

static void test_one_user_cannot_take_all_places_but_root_is_exempt(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port_events events = heard_events;
    struct vane_port *port = NULL;
    int status = 0, fds[3];
    pid_t pid;

    if (geteuid() != 0)
        return; /* only root can become another user */
    assert_int_equal(chmod(fixture->base.directory, 0711), 0);
    events.accepted = greet;
    fixture->options.mode = 0666;
    fixture->options.max_connections_per_uid = 2;
    assert_int_equal(
        PORTS->listen(&fixture->base.alpha, address, &fixture->options, &events, fixture, &port),
        0);

    pid = start_other_user(path);
    wait_for(&fixture->base, has_ended(&pid, &status));
    assert_int_equal(WEXITSTATUS(status), 2);
    assert_int_equal(counters_of(fixture, port).refused, 1);

    for (int i = 0; i < 3; i++)
        fds[i] = connect_unix(path, SOCK_STREAM);
    wait_for(&fixture->base, counters_of(fixture, port).accepted == 5);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
}

static void test_a_peer_that_the_plugin_turns_away_is_closed_without_a_word(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer;

    fixture->heard.refuse_with = -EACCES;
    peer = one_peer(fixture, SOCK_STREAM, &port);

    wait_for(&fixture->base, is_ended(peer));
    assert_int_equal(fixture->heard.closed, 0);
    close(peer);
}

static void test_revocation_takes_port_and_peers_without_a_callback(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);

    assert_int_equal(vane_ledger_revoke(&fixture->base.alpha.ledger, "alpha"), 2);
    assert_true(logged(&fixture->base, "connection, port"));
    wait_for(&fixture->base, is_ended(peer));
    assert_int_equal(fixture->heard.closed, 0);
    assert_int_equal(access(path, F_OK), -1);
    close(peer);
}

static void test_unbinding_closes_the_peers_and_tells(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port;
    int peer = one_peer(fixture, SOCK_STREAM, &port);

    assert_int_equal(PORTS->unbind(&fixture->base.alpha, port), 0);
    assert_int_equal(fixture->heard.closed, 0);
    wait_for(&fixture->base, fixture->heard.closed == 1);
    assert_int_equal(fixture->heard.close_error, 0);
    close(peer);
}

static void test_without_descriptors_peers_are_turned_away_and_the_loop_rests(void **state)
{
    struct ports_fixture *fixture = *state;
    g_autofree char *address = in_directory(fixture, "unix:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    struct vane_port *port = listen_on(fixture, address);
    struct sockaddr_un name = unix_address(path);
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    int peer = socket(AF_UNIX, SOCK_STREAM, 0), fd;

    turn(&fixture->base);
    assert_int_equal(connect(peer, (struct sockaddr *)&name, sizeof(name)), 0);
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        g_array_append_val(fds, fd);
    assert_int_equal(errno, EMFILE);

    wait_for(&fixture->base, is_ended(peer));
    for (guint i = 0; i < fds->len; i++)
        close(g_array_index(fds, int, i));
    assert_int_equal(counters_of(fixture, port).refused, 1);
    close(peer);
    peer = connect_unix(path, SOCK_STREAM);
    wait_for(&fixture->base, fixture->heard.accepted == 1);
    close(peer);
}

static void test_another_thread_is_refused(void **state)
{
    struct ports_fixture *fixture = *state;
    struct vane_port *port = NULL;

    memset(&fixture->base.engine.thread, 0x5a, sizeof(fixture->base.engine.thread));
    assert_int_equal(try_listen(fixture, &fixture->base.alpha, "tcp:127.0.0.1:0", &port), -EPERM);
    fixture->base.engine.thread = uv_thread_self();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ports_test(test_a_taken_address_names_its_holder),
        ports_test(test_a_taken_tcp_port_names_its_holder),
        ports_test(test_unbinding_frees_the_address_and_may_be_repeated),
        ports_test(test_somebody_elses_port_cannot_be_unbound),
        ports_test(test_a_stale_socket_file_is_replaced),
        ports_test(test_a_socket_with_a_listener_is_left_alone),
        ports_test(test_a_file_that_is_no_socket_is_left_alone),
        ports_test(test_a_socket_file_of_another_user_is_left_alone),
        ports_test(test_a_file_that_took_our_place_survives_unbind),
        ports_test(test_the_socket_file_has_the_mode_asked_for_whatever_the_umask),
        ports_test(test_nobody_can_connect_until_the_mode_is_set),
        ports_test(test_the_socket_file_goes_to_the_group_asked_for),
        ports_test(test_an_unknown_group_is_an_error_that_leaves_no_file),
        ports_test(test_what_cannot_be_listened_on_says_why),
        ports_test(test_peers_over_the_limit_are_turned_away_and_counted),
        ports_test(test_one_user_cannot_take_all_places_but_root_is_exempt),
        ports_test(test_a_peer_that_the_plugin_turns_away_is_closed_without_a_word),
        ports_test(test_revocation_takes_port_and_peers_without_a_callback),
        ports_test(test_unbinding_closes_the_peers_and_tells),
        ports_test(test_without_descriptors_peers_are_turned_away_and_the_loop_rests),
        ports_test(test_another_thread_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
