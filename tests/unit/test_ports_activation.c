/* Sockets that the service manager passes in. Each test is a child process with descriptors 3 and
 * 4 and the environment of sd_listen_fds(3). */
#include "tests/unit/ports_fixture.h"

static int bound(const char *path, int type)
{
    struct sockaddr_un name = unix_address(path);
    int fd = socket(AF_UNIX, type, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(listen(fd, 5), 0);
    return fd;
}

/* In the child: "first" and "second" become descriptors 3 and 4. */
static void become_activated(struct ports_fixture *fixture, const char *pid)
{
    g_autofree char *first = in_directory(fixture, "", "first");
    g_autofree char *second = in_directory(fixture, "", "second");
    int fds[] = {bound(first, SOCK_STREAM), bound(second, SOCK_SEQPACKET)};
    int moved[] = {fcntl(fds[0], F_DUPFD, 100), fcntl(fds[1], F_DUPFD, 100)};

    assert_int_equal(dup2(moved[0], 3), 3);
    assert_int_equal(dup2(moved[1], 4), 4);
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_FDNAMES", "one:two", 1);
}

/* The child's own engine, which has none of the parent's descriptors. */
static void run_child(void (*body)(struct ports_fixture *fixture), bool for_us)
{
    g_autofree char *pid = g_strdup_printf("%d", for_us ? getpid() : 1);
    struct ports_fixture *fixture;
    void *state = NULL;

    for (int fd = 3; fd < 100; fd++)
        close(fd);
    for (int fd = 3; fd < 20; fd++) /* so that what the engine opens lies above 3 and 4 */
        assert_true(open("/dev/null", O_RDONLY) >= 0);
    ports_start(&state);
    fixture = state;
    become_activated(fixture, pid);
    body(fixture);
    ports_stop(&state);
    _exit(0);
}

static void in_child(void (*body)(struct ports_fixture *fixture), bool for_us)
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0)
        run_child(body, for_us); /* a failed assertion ends it with a signal or status */
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A child has no cmocka around it: what fails there aborts. */
#define expect(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "failed: %s\n", #condition);                                           \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static void expect_peer(struct ports_fixture *fixture, const char *name, int type)
{
    g_autofree char *path = in_directory(fixture, "", name);
    unsigned before = fixture->heard.accepted;
    int peer = connect_unix(path, type);

    expect(peer >= 0);
    wait_for(&fixture->base, fixture->heard.accepted == before + 1);
    close(peer);
    wait_for(&fixture->base, fixture->heard.closed == before + 1);
}

static void use_names(struct ports_fixture *fixture)
{
    struct vane_port *one = NULL, *two = NULL, *again = NULL;
    const char *address = NULL;
    g_autofree char *expected = in_directory(fixture, "unix-seqpacket:", "second");

    expect(try_listen(fixture, &fixture->base.alpha, "fd:one", &one) == 0);
    expect(try_listen(fixture, &fixture->base.alpha, "fd:two", &two) == 0);
    expect(try_listen(fixture, &fixture->base.beta, "fd:two", &again) == -ENOENT);
    expect(try_listen(fixture, &fixture->base.beta, "fd:three", &again) == -ENOENT);
    expect(PORTS->address(&fixture->base.alpha, two, &address) == 0);
    expect(strcmp(address, expected) == 0);
    expect(fcntl(3, F_GETFD) & FD_CLOEXEC);
    expect(!getenv("LISTEN_FDS"));
    expect_peer(fixture, "first", SOCK_STREAM);
    expect_peer(fixture, "second", SOCK_SEQPACKET);
}

static void test_passed_in_sockets_are_found_by_name(void **state)
{
    in_child(use_names, true);
}

static void use_address(struct ports_fixture *fixture)
{
    g_autofree char *address = in_directory(fixture, "unix:", "first");
    struct vane_port *port = NULL, *again = NULL;

    expect(try_listen(fixture, &fixture->base.alpha, address, &port) == 0);
    expect_peer(fixture, "first", SOCK_STREAM);
    expect(try_listen(fixture, &fixture->base.beta, address, &again) == -EADDRINUSE);
    expect(logged(&fixture->base, "plugin alpha has bound it"));
}

static void test_an_address_finds_the_socket_that_has_it(void **state)
{
    in_child(use_address, true);
}

static void use_again(struct ports_fixture *fixture)
{
    g_autofree char *path = in_directory(fixture, "", "first");
    struct vane_port *port = NULL;
    int peer;

    expect(try_listen(fixture, &fixture->base.alpha, "fd:one", &port) == 0);
    expect(PORTS->unbind(&fixture->base.alpha, port) == 0);
    expect(access(path, F_OK) == 0);
    peer = connect_unix(path, SOCK_STREAM); /* comes while nobody listens, and waits */
    expect(peer >= 0);
    expect(try_listen(fixture, &fixture->base.beta, "fd:one", &port) == 0);
    wait_for(&fixture->base, fixture->heard.accepted == 1);
    close(peer);
}

static void test_a_passed_in_socket_survives_its_port(void **state)
{
    in_child(use_again, true);
}

static void use_nothing(struct ports_fixture *fixture)
{
    struct vane_port *port = NULL;

    expect(try_listen(fixture, &fixture->base.alpha, "fd:one", &port) == -ENOENT);
}

static void test_sockets_for_another_process_are_not_taken(void **state)
{
    in_child(use_nothing, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passed_in_sockets_are_found_by_name),
        cmocka_unit_test(test_an_address_finds_the_socket_that_has_it),
        cmocka_unit_test(test_a_passed_in_socket_survives_its_port),
        cmocka_unit_test(test_sockets_for_another_process_are_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
