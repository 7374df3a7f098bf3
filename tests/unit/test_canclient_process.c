/* Threads that share a handle, children that inherit it, and programs that are started. */
#include "tests/unit/canclient_fixture.h"

#include <fcntl.h>

/* ---- threads ---- */

#define THREADS 8
#define CALLS   100

static bool refuse_naming(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    send_answer(fd, request, VANE_WIRE_NOT_FOUND, request->name);
    return true;
}

struct caller {
    struct vane_can *can;
    char name[16];
    unsigned wrong;
};

static void *call_often(void *data)
{
    struct caller *caller = data;
    char sentence[64];

    snprintf(sentence, sizeof(sentence), "cannot raise %s: %s", caller->name, caller->name);
    for (unsigned i = 0; i < CALLS; i++)
        caller->wrong += vane_can_up(caller->can, caller->name) != -ENODEV ||
                         strcmp(vane_can_error(), sentence) != 0;
    return NULL;
}

static void test_threads_that_share_a_handle_get_their_own_answers_and_sentences(void **state)
{
    struct fake fake = {.answer = refuse_naming};
    struct caller callers[THREADS] = {0};
    pthread_t threads[THREADS];
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 20000);
    for (int i = 0; i < THREADS; i++) {
        callers[i].can = can;
        snprintf(callers[i].name, sizeof(callers[i].name), "thread%d", i);
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(callers[i].wrong, 0);
    }
    assert_int_equal(fake.requests, THREADS * CALLS);
    assert_int_equal(fake.accepted, 1);
    vane_can_close(can);
    fake_stop(&fake);
}

/* ---- fork ---- */

static int status_of(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void test_a_child_talks_on_a_connection_of_its_own(void **state)
{
    const struct vane_can_create_options leased = {.size = sizeof(leased), .flags = VANE_CAN_LEASE};
    struct fake fake = {0};
    struct vane_can *can;
    pid_t child;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(vane_can_create(can, "vcan0", &leased), 0);

    child = fork();
    if (child == 0)
        _exit(vane_can_fd(can) != -1 || vane_can_up(can, "vcan1") != 0);
    assert_int_equal(status_of(child), 0);
    assert_int_equal(fake.accepted, 2);
    assert_int_equal(fake.requests, 2); /* the child did not renew the parent's lease */

    assert_int_equal(vane_can_up(can, "vcan2"), 0);
    assert_int_equal(fake.accepted, 2);
    vane_can_close(can);
    fake_stop(&fake);
}

static void test_a_child_does_not_keep_the_parents_connection(void **state)
{
    struct fake fake = {0};
    struct vane_can *can;
    int hold[2];
    pid_t child;
    char byte;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        close(hold[1]);
        (void)!read(hold[0], &byte, 1); /* lives until the parent says so */
        _exit(0);
    }
    vane_can_close(can);
    wait_for(fake.ended == 1); /* so a lease of the connection ends with the parent */
    close(hold[1]);
    close(hold[0]);
    assert_int_equal(status_of(child), 0);
    fake_stop(&fake);
}

static bool answer_when_told(struct fake *fake, int fd, const struct vane_wire_request *request)
{
    if (strcmp(request->name, "held") == 0)
        wait_for(fake->ended > 0); /* until the child's connection has come and gone */
    send_answer(fd, request, 0, NULL);
    return true;
}

static void *raise_held(void *data)
{
    return vane_can_up(data, "held") == 0 ? data : NULL;
}

static void test_a_child_is_free_of_a_call_that_another_thread_was_in(void **state)
{
    struct fake fake = {.answer = answer_when_told};
    struct vane_can *can;
    pthread_t thread;
    void *done;
    pid_t child;

    fake_start(&fake);
    can = client_of(&fake, 20000);
    assert_int_equal(pthread_create(&thread, NULL, raise_held, can), 0);
    wait_for(fake.requests == 1);

    child = fork();
    if (child == 0) {
        int r = vane_can_up(can, "free");

        vane_can_close(can);
        _exit(r != 0);
    }
    assert_int_equal(status_of(child), 0);
    pthread_join(thread, &done);
    assert_ptr_equal(done, can);
    vane_can_close(can);
    fake_stop(&fake);
}

static void test_descriptors_do_not_reach_other_programs(void **state)
{
    struct fake fake = {0};
    struct vane_can *can;

    fake_start(&fake);
    can = client_of(&fake, 5000);
    assert_int_equal(fcntl(vane_can_fd(can), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    vane_can_close(can);
    fake_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_that_share_a_handle_get_their_own_answers_and_sentences),
        cmocka_unit_test(test_a_child_talks_on_a_connection_of_its_own),
        cmocka_unit_test(test_a_child_does_not_keep_the_parents_connection),
        cmocka_unit_test(test_a_child_is_free_of_a_call_that_another_thread_was_in),
        cmocka_unit_test(test_descriptors_do_not_reach_other_programs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
