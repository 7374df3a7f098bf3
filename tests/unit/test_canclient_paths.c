/* Which daemon is talked to: where it is looked for, and who it may be. */
#include "tests/unit/canclient_fixture.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define SERVICE "/run/hycan_daemon.sock"
#define BY_HAND "/tmp/hycan_daemon.sock"

/* ---- in a process of its own, whose /run and /tmp are empty ---- */

static void empty_directories(void)
{
    assert_int_equal(unshare(CLONE_NEWNS), 0);
    assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    assert_int_equal(mount("tmpfs", "/run", "tmpfs", 0, NULL), 0);
    assert_int_equal(mount("tmpfs", "/tmp", "tmpfs", 0, NULL), 0);
    unsetenv("HYCAN_DAEMON_SOCKET");
}

/* cmocka's failures in the child end it with a status other than 0. */
static void apart(void (*body)(void))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        empty_directories();
        body();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void open_and_expect(const char *path)
{
    struct vane_can_server server = {.size = sizeof(server)};
    struct vane_can *can;

    if (vane_can_open(&can, NULL) < 0)
        fail_msg("%s", vane_can_error());
    assert_int_equal(vane_can_get_server(can, &server), 0);
    assert_string_equal(server.path, path);
    vane_can_close(can);
}

static void choose_by_path(void)
{
    struct fake service = {.path = SERVICE}, by_hand = {.path = BY_HAND};

    fake_start(&by_hand);
    open_and_expect(BY_HAND);
    fake_start(&service);
    open_and_expect(SERVICE);
    fake_stop(&service);
    open_and_expect(BY_HAND);
    fake_stop(&by_hand);
}

static void test_the_service_comes_first_and_the_next_when_it_fails(void **state)
{
    apart(choose_by_path);
}

static void obey_variable(void)
{
    struct fake named = {.path = "/run/other.sock"}, service = {.path = SERVICE};
    struct vane_can *can;

    fake_start(&named);
    fake_start(&service);
    setenv("HYCAN_DAEMON_SOCKET", named.path, 1);
    open_and_expect(named.path);
    fake_stop(&named);
    assert_int_equal(vane_can_open(&can, NULL), -ENOENT);
    assert_error_has("/run/other.sock: No such file or directory");
    assert_null(strstr(vane_can_error(), SERVICE));
    setenv("HYCAN_DAEMON_SOCKET", "", 1);
    open_and_expect(SERVICE);
    fake_stop(&service);
}

static void test_with_the_variable_no_other_path_is_tried(void **state)
{
    apart(obey_variable);
}

static void tell_all_reasons(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SERVICE};
    int left = socket(AF_UNIX, SOCK_STREAM, 0); /* as a daemon that was killed leaves it */
    struct vane_can *can;

    assert_int_equal(vane_can_open(&can, NULL), -ENOENT);
    assert_null(can);
    assert_string_equal(vane_can_error(),
                        "no CAN interface daemon (" SERVICE ": No such file or directory; " BY_HAND
                        ": No such file or directory); start it (hycan-daemon.service), or set "
                        "HYCAN_DAEMON_SOCKET");
    assert_int_equal(bind(left, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(left);
    assert_int_equal(vane_can_open(&can, NULL), -ECONNREFUSED);
    assert_error_has(SERVICE ": Connection refused; " BY_HAND ": No such file");
}

static void test_without_a_daemon_every_path_is_told_with_its_reason(void **state)
{
    apart(tell_all_reasons);
}

static void stay_silent(struct fake *fake, int fd, unsigned nth)
{
    uint8_t byte;

    while (read_all(fd, &byte, 1))
        ;
}

static void pass_over_silence(void)
{
    const struct vane_can_options options = {.size = sizeof(options), .timeout_ms = 3000};
    struct fake service = {.path = SERVICE, .serve = stay_silent}, by_hand = {.path = BY_HAND};
    struct vane_can *can;

    fake_start(&service);
    fake_start(&by_hand);
    assert_int_equal(vane_can_open(&can, &options), 0);
    vane_can_close(can);
    fake_stop(&service);
    fake_stop(&by_hand);
}

static void test_a_daemon_that_hangs_leaves_time_for_the_next_path(void **state)
{
    apart(pass_over_silence);
}

/* ---- whose it is ---- */

/* A daemon of this user: the process that listens is the one that SO_PEERCRED names. */
static pid_t serve_as(uid_t uid, struct fake *fake)
{
    int ready[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setresuid(uid, uid, uid) < 0)
            _exit(1);
        fake_start(fake);
        (void)!write(ready[1], "r", 1);
        pause();
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void refuse_strangers(void)
{
    struct fake stranger = {.path = BY_HAND}, service = {.path = SERVICE};
    struct vane_can *can;
    pid_t child;

    chmod("/tmp", 01777);
    child = serve_as(65534, &stranger);
    assert_int_equal(vane_can_open(&can, NULL), -EPERM);
    assert_error_has(BY_HAND ": its server runs as uid 65534, and only root and uid 0 are trusted");

    fake_start(&service);
    open_and_expect(SERVICE);
    fake_stop(&service);
    end(child);
}

static void test_a_strangers_socket_is_not_talked_to(void **state)
{
    apart(refuse_strangers);
}

static void accept_root_and_own(void)
{
    struct fake own = {.path = BY_HAND}, service = {.path = SERVICE};
    pid_t child;

    chmod("/tmp", 01777);
    fake_start(&service);
    chmod(SERVICE, 0666);
    child = serve_as(1234, &own);
    assert_int_equal(setresuid(1234, 1234, 0), 0);
    open_and_expect(SERVICE); /* root's */
    assert_int_equal(setresuid(0, 0, 0), 0);
    fake_stop(&service);
    assert_int_equal(setresuid(1234, 1234, 0), 0);
    open_and_expect(BY_HAND); /* one's own */
    assert_int_equal(setresuid(0, 0, 0), 0);
    end(child);
}

static void test_roots_and_ones_own_daemon_are_talked_to(void **state)
{
    apart(accept_root_and_own);
}

static void test_a_path_that_no_socket_can_have_is_told(void **state)
{
    char path[200];
    const struct vane_can_options options = {.size = sizeof(options), .path = path};
    struct vane_can *can;

    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(vane_can_open(&can, &options), -ENAMETOOLONG);
    assert_error_has("File name too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_service_comes_first_and_the_next_when_it_fails),
        cmocka_unit_test(test_with_the_variable_no_other_path_is_tried),
        cmocka_unit_test(test_without_a_daemon_every_path_is_told_with_its_reason),
        cmocka_unit_test(test_a_daemon_that_hangs_leaves_time_for_the_next_path),
        cmocka_unit_test(test_a_strangers_socket_is_not_talked_to),
        cmocka_unit_test(test_roots_and_ones_own_daemon_are_talked_to),
        cmocka_unit_test(test_a_path_that_no_socket_can_have_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
