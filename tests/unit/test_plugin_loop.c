/* Timers, watches, posts and background work, and that they end with their plugin. */
#include "loop-fixture.h"

#include <pthread.h>
#include <unistd.h>

#include "engine/plugins/lifecycle.h"

static struct vane_timer *timer;
static struct vane_watch *watch;

static void say(void *user)
{
    hear(user);
}

#define WORD(text) ((void *)(uintptr_t)(text))

/* ---- timers ---- */

static void test_timers_fire_in_the_order_of_their_delays(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(loop->timer_start(&f->self, 30, 0, say, WORD("b"), NULL), 0);
    assert_int_equal(loop->timer_start(&f->self, 1, 0, say, WORD("a"), NULL), 0);
    run_until_heard(f, "a b");
    assert_null(f->self.ledger.newest);
}

static void stop_at_third(void *user)
{
    hear("x");
    if (fixture->heard->len == strlen("x x x"))
        loop->timer_stop(&fixture->self, timer);
}

static void test_a_timer_repeats_until_its_own_callback_stops_it(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(loop->timer_start(&f->self, 0, 1, stop_at_third, NULL, &timer), 0);
    run_until_heard(f, "x x x");
    run_for(f, 10);
    assert_string_equal(f->heard->str, "x x x");
}

static void test_a_stopped_timer_does_not_fire_though_it_is_due(void **state)
{
    struct fixture *f = *state;

    loop->timer_start(&f->self, 1, 0, say, WORD("x"), &timer);
    g_usleep(3000);
    assert_int_equal(loop->timer_stop(&f->self, timer), 0);
    run_for(f, 10);
    assert_string_equal(f->heard->str, "");
}

static void test_a_timer_without_callback_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(loop->timer_start(&f->self, 1, 0, NULL, NULL, &timer), -EINVAL);
}

/* Two that are slow and start themselves again keep nobody from the loop. */
static unsigned starts;

static void again(void *user)
{
    if (++starts > 1000 || g_str_has_suffix(fixture->heard->str, "post"))
        return;
    if (user)
        g_usleep(2000);
    loop->timer_start(&fixture->self, user ? 1 : 0, 0, again, user, NULL);
    if (starts == 4)
        loop->post(&fixture->self, say, WORD("post"));
}

static void test_timers_that_start_themselves_again_let_others_have_their_turn(void **state)
{
    struct fixture *f = *state;

    for (unsigned slow = 0; slow < 2; slow++) {
        starts = 0;
        g_string_truncate(f->heard, 0);
        for (unsigned i = 0; i <= slow; i++)
            loop->timer_start(&f->self, slow, 0, again, slow ? WORD("slow") : NULL, NULL);
        run_until_heard(f, "post");
        assert_in_range(starts, 4, 100);
    }
}

/* ---- watches ---- */

static void on_watch(void *user, int fd, uint32_t events)
{
    char bytes[8];

    hear(events & VANE_HANGUP ? "hangup" : events & VANE_READABLE ? "readable" : "writable");
    if (read(fd, bytes, sizeof(bytes)) <= 0 || user)
        loop->watch_stop(&fixture->self, watch);
}

static void test_a_watch_tells_of_bytes_and_of_the_end(void **state)
{
    struct fixture *f = *state;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(
        loop->watch_start(&f->self, ends[0], VANE_READABLE | VANE_HANGUP, on_watch, NULL, &watch),
        0);
    run_for(f, 5);
    assert_string_equal(f->heard->str, "");
    assert_int_equal(write(ends[1], "x", 1), 1);
    run_until_heard(f, "readable");
    close(ends[1]);
    run_until_heard(f, "readable hangup");
    close(ends[0]);
}

static void test_a_watch_pauses_and_goes_on(void **state)
{
    struct fixture *f = *state;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    loop->watch_start(&f->self, ends[0], VANE_READABLE, on_watch, WORD("once"), &watch);
    assert_int_equal(loop->watch_change(&f->self, watch, 0), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    run_for(f, 5);
    assert_string_equal(f->heard->str, "");
    assert_int_equal(loop->watch_change(&f->self, watch, VANE_READABLE), 0);
    run_until_heard(f, "readable");
    close(ends[0]);
    close(ends[1]);
}

static void test_a_descriptor_is_watched_once_and_must_be_pollable(void **state)
{
    struct fixture *f = *state;
    struct vane_watch *second;
    int ends[2], file = fileno(tmpfile());

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(loop->watch_start(&f->self, ends[0], VANE_READABLE, on_watch, NULL, &watch),
                     0);
    assert_int_equal(loop->watch_start(&f->self, ends[0], VANE_READABLE, on_watch, NULL, &second),
                     -EEXIST);
    assert_int_equal(loop->watch_start(&f->self, file, VANE_READABLE, on_watch, NULL, &second),
                     -EPERM);
    assert_int_equal(loop->watch_start(&f->self, -1, VANE_READABLE, on_watch, NULL, &second),
                     -EINVAL);
    assert_int_equal(loop->watch_stop(&f->self, watch), 0);
    assert_int_equal(loop->watch_start(&f->self, ends[0], VANE_READABLE, on_watch, NULL, &watch),
                     0);
    loop->watch_stop(&f->self, watch);
    close(ends[0]);
    close(ends[1]);
}

/* ---- posts ---- */

static void *post_three(void *user)
{
    struct vane_self *self = user;

    loop->post(self, say, WORD("a"));
    loop->post(self, say, WORD("b"));
    loop->post(self, say, WORD("c"));
    return NULL;
}

static void test_posts_of_a_thread_keep_their_order(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;

    pthread_create(&thread, NULL, post_three, &f->self);
    pthread_join(thread, NULL);
    assert_string_equal(f->heard->str, "");
    run_until_heard(f, "a b c");
}

static void test_a_post_after_revocation_is_refused_and_queued_ones_are_dropped(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(loop->post(&f->self, say, WORD("dropped")), 0);
    revoke_all(f);
    assert_int_equal(loop->post(&f->self, say, WORD("refused")), -ESHUTDOWN);
    run_for(f, 5);
    assert_string_equal(f->heard->str, "");
}

static void test_a_post_of_an_earlier_life_is_not_run_in_the_next(void **state)
{
    struct fixture *f = *state;

    loop->post(&f->self, say, WORD("old"));
    revoke_all(f);
    vane_poster_admit(&f->self);
    loop->post(&f->self, say, WORD("new"));
    run_until_heard(f, "new");
}

static void *post_for_ever(void *user)
{
    struct vane_self *self = user;
    unsigned long count = 0;

    while (loop->post(self, say, WORD("")) == 0)
        count++;
    return (void *)count;
}

static void test_a_thread_may_post_while_its_plugin_goes(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    void *count;

    pthread_create(&thread, NULL, post_for_ever, &f->self);
    run_for(f, 20);
    revoke_all(f);
    pthread_join(thread, &count);
    assert_true((unsigned long)count > 0);
}

/* ---- work ---- */

static pthread_t worker;

static void body(void *user)
{
    worker = pthread_self();
}

static void test_work_runs_on_another_thread_and_ends_on_this(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(loop->work(&f->self, body, say, WORD("finished")), 0);
    assert_int_equal(f->self.works, 1);
    run_until_heard(f, "finished");
    assert_false(pthread_equal(worker, pthread_self()));
    assert_int_equal(f->self.works, 0);
}

static void test_work_of_a_revoked_plugin_ends_unheard(void **state)
{
    struct fixture *f = *state;

    loop->work(&f->self, body, say, WORD("finished"));
    revoke_all(f);
    while (f->self.works > 0)
        uv_run(&f->engine.loop, UV_RUN_ONCE);
    assert_string_equal(f->heard->str, "");
}

/* ---- the door ---- */

static void *call_elsewhere(void *user)
{
    struct vane_self *self = user;
    void *native;
    int64_t refused = 0;

    refused += loop->timer_start(self, 1, 0, say, NULL, NULL) == -EPERM;
    refused += loop->work(self, body, say, NULL) == -EPERM;
    refused += loop->native(self, "libuv.so.1", &native) == -EPERM;
    return (void *)refused;
}

static void test_calls_from_another_thread_are_refused(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    void *refused;

    pthread_create(&thread, NULL, call_elsewhere, &f->self);
    pthread_join(thread, &refused);
    assert_int_equal((int64_t)refused, 3);
}

static void test_calls_after_revocation_are_refused(void **state)
{
    struct fixture *f = *state;

    f->self.engine = NULL;
    assert_int_equal(loop->timer_start(&f->self, 1, 0, say, NULL, NULL), -ESHUTDOWN);
    f->self.engine = &f->engine;
    assert_int_equal(loop->timer_start(NULL, 1, 0, say, NULL, NULL), -EINVAL);
}

static void test_the_native_loop_is_for_the_same_library_only(void **state)
{
    struct fixture *f = *state;
    void *native = NULL;

    assert_int_equal(loop->native(&f->self, "libuv.so.1", &native), 0);
    assert_ptr_equal(native, &f->engine.loop);
    assert_int_equal(loop->native(&f->self, "libuv.so.2", &native), -ENOTSUP);
    assert_int_equal(loop->native(&f->self, NULL, &native), -ENOTSUP);
}

/* ---- the ledger ---- */

static void test_what_is_left_is_revoked_newest_first(void **state)
{
    struct fixture *f = *state;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    loop->timer_start(&f->self, 0, 1, say, WORD("x"), &timer);
    loop->watch_start(&f->self, ends[1], VANE_WRITABLE, on_watch, NULL, &watch);
    assert_string_equal(f->self.ledger.newest->kind, "watch");
    assert_string_equal(f->self.ledger.newest->older->kind, "timer");
    assert_int_equal(revoke_all(f), 2);
    assert_null(f->self.ledger.newest);
    run_for(f, 5);
    assert_string_equal(f->heard->str, "");
    close(ends[0]);
    close(ends[1]);
}

static void test_striking_out_of_the_middle_keeps_the_others(void **state)
{
    struct vane_ledger ledger = {0};
    struct vane_ledger_entry entries[3];

    for (int i = 0; i < 3; i++)
        vane_ledger_enter(&ledger, &entries[i], "thing", NULL);
    vane_ledger_strike(&entries[1]);
    vane_ledger_strike(&entries[1]);
    assert_ptr_equal(ledger.newest, &entries[2]);
    assert_ptr_equal(entries[2].older, &entries[0]);
    assert_ptr_equal(entries[0].newer, &entries[2]);
    vane_ledger_strike(&entries[2]);
    vane_ledger_strike(&entries[0]);
    assert_null(ledger.newest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_timers_fire_in_the_order_of_their_delays),
        TEST(test_a_timer_repeats_until_its_own_callback_stops_it),
        TEST(test_a_stopped_timer_does_not_fire_though_it_is_due),
        TEST(test_a_timer_without_callback_is_refused),
        TEST(test_timers_that_start_themselves_again_let_others_have_their_turn),
        TEST(test_a_watch_tells_of_bytes_and_of_the_end),
        TEST(test_a_watch_pauses_and_goes_on),
        TEST(test_a_descriptor_is_watched_once_and_must_be_pollable),
        TEST(test_posts_of_a_thread_keep_their_order),
        TEST(test_a_post_after_revocation_is_refused_and_queued_ones_are_dropped),
        TEST(test_a_post_of_an_earlier_life_is_not_run_in_the_next),
        TEST(test_a_thread_may_post_while_its_plugin_goes),
        TEST(test_work_runs_on_another_thread_and_ends_on_this),
        TEST(test_work_of_a_revoked_plugin_ends_unheard),
        TEST(test_calls_from_another_thread_are_refused),
        TEST(test_calls_after_revocation_are_refused),
        TEST(test_the_native_loop_is_for_the_same_library_only),
        TEST(test_what_is_left_is_revoked_newest_first),
        TEST(test_striking_out_of_the_middle_keeps_the_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
