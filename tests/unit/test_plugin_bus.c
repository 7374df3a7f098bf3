/* The bus: order, bounded queues, gaps, replay, and what a callback may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "engine/bus.h"

#define HISTORY 8u

/* A bus, and one subscriber that writes down what it hears: "1 2 lost(3,4) 5 ended". */
struct fixture {
    uv_loop_t loop;
    struct vane_event_bus *bus;
    struct vane_subscription *subscription;
    struct vane_subscribe options;
    GString *heard;
    int depth;
    int answer;                                         /* what the callback returns */
    void (*act)(struct fixture *fixture, uint64_t seq); /* what it does first; NULL: nothing */
};

static int on_event(void *user, const struct vane_event *event)
{
    struct fixture *f = user;

    assert_int_equal(f->depth++, 0);
    g_string_append_printf(f->heard, "%s%d", f->heard->len ? " " : "", (int)event->seq);
    if (f->act)
        f->act(f, event->seq);
    f->depth--;
    return f->answer;
}

static void on_lost(void *user, uint64_t first, uint64_t last)
{
    struct fixture *f = user;

    g_string_append_printf(f->heard, "%slost(%d,%d)", f->heard->len ? " " : "", (int)first,
                           (int)last);
}

static void on_ended(void *user, int error)
{
    struct fixture *f = user;

    assert_int_equal(error, -ENOBUFS);
    f->subscription = NULL;
    g_string_append_printf(f->heard, "%sended", f->heard->len ? " " : "");
}

static int setup(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);

    f->heard = g_string_new(NULL);
    f->options =
        (struct vane_subscribe){.size = sizeof(f->options), .lost = on_lost, .ended = on_ended};
    uv_loop_init(&f->loop);
    *state = f;
    return vane_event_bus_new(&f->loop, HISTORY, &f->bus);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    vane_subscription_free(f->subscription);
    vane_event_bus_free(f->bus);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    g_string_free(f->heard, TRUE);
    g_free(f);
    return 0;
}

static void subscribe(struct fixture *f, const char *patterns, uint32_t flags, uint32_t length)
{
    f->options.flags = flags;
    f->options.queue_length = length;
    assert_int_equal(vane_event_bus_subscribe(f->bus, NULL, patterns, &f->options, on_event, f,
                                              &f->subscription),
                     0);
}

static void publish(struct fixture *f, const char *topic)
{
    assert_int_equal(vane_event_bus_publish_fields(f->bus, topic, NULL, NULL), 0);
}

static void publish_many(struct fixture *f, unsigned count)
{
    while (count-- > 0)
        publish(f, "a.b");
}

/* The loop is turned until nothing is left to hand out: it would sleep. */
static void run(struct fixture *f)
{
    for (unsigned turn = 0; turn < 100 && uv_loop_alive(&f->loop); turn++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_false(uv_loop_alive(&f->loop));
}

static void assert_heard(struct fixture *f, const char *expected)
{
    run(f);
    assert_string_equal(f->heard->str, expected);
    g_string_truncate(f->heard, 0);
}

static void test_events_come_in_order_from_the_loop_and_not_from_publish(void **state)
{
    struct fixture *f = *state;

    subscribe(f, "a.*", 0, 0);
    publish_many(f, 3);

    assert_string_equal(f->heard->str, "");
    assert_heard(f, "1 2 3");
}

static void test_only_what_matches_is_heard(void **state)
{
    struct fixture *f = *state;

    subscribe(f, "x.> a.b", 0, 0);
    publish(f, "a.b");
    publish(f, "a.c");
    publish(f, "x.y.z");
    assert_heard(f, "1 3");
}

static void test_slow_subscriber_loses_the_oldest_and_is_told_the_exact_gap(void **state)
{
    struct fixture *f = *state;

    subscribe(f, ">", 0, 3);
    publish_many(f, 7);
    assert_heard(f, "lost(1,4) 5 6 7");

    publish_many(f, 3);
    assert_heard(f, "8 9 10");
}

static void test_strict_subscriber_ends_with_one_error(void **state)
{
    struct fixture *f = *state;

    subscribe(f, ">", VANE_SUBSCRIBE_STRICT, 3);
    publish_many(f, 3);
    assert_heard(f, "1 2 3");

    publish_many(f, 6);
    assert_heard(f, "ended");
    publish_many(f, 2);
    assert_heard(f, "");
}

static void test_strict_beside_lossy_both_overflow(void **state)
{
    struct fixture *f = *state;
    struct vane_subscribe lossy = {.size = sizeof(lossy), .queue_length = 2, .lost = on_lost};
    struct vane_subscription *other;

    assert_int_equal(vane_event_bus_subscribe(f->bus, NULL, ">", &lossy, on_event, f, &other), 0);
    subscribe(f, ">", VANE_SUBSCRIBE_STRICT, 2);
    publish_many(f, 5);
    assert_heard(f, "lost(1,3) 4 5 ended");
    vane_subscription_free(other);
}

static void be_busy_at_two(struct fixture *f, uint64_t seq)
{
    f->answer = seq == 2 ? VANE_BUSY : 0;
}

static void test_busy_subscriber_gets_the_same_event_again_after_resume(void **state)
{
    struct fixture *f = *state;

    subscribe(f, ">", 0, 3);
    f->act = be_busy_at_two;
    publish_many(f, 3);
    assert_heard(f, "1 2");

    publish_many(f, 3);
    assert_heard(f, "");
    f->act = NULL;
    f->answer = 0;
    vane_subscription_resume(f->subscription);
    assert_heard(f, "2 lost(3,3) 4 5 6");
}

static void resume_at_once(struct fixture *f, uint64_t seq)
{
    bool first = strcmp(f->heard->str, "1") == 0;

    f->answer = first ? VANE_BUSY : 0;
    if (first)
        vane_subscription_resume(f->subscription);
}

static void test_resume_before_the_callback_returns_busy_counts(void **state)
{
    struct fixture *f = *state;

    subscribe(f, ">", 0, 0);
    f->act = resume_at_once;
    publish_many(f, 2);
    assert_heard(f, "1 1 2");
    publish_many(f, 1);
    assert_heard(f, "3");
}

static void test_busy_strict_subscriber_is_told_its_end(void **state)
{
    struct fixture *f = *state;

    subscribe(f, ">", VANE_SUBSCRIBE_STRICT, 2);
    f->answer = VANE_BUSY;
    publish_many(f, 1);
    assert_heard(f, "1");
    publish_many(f, 3);
    assert_heard(f, "ended");
}

static void unsubscribe_at_two(struct fixture *f, uint64_t seq)
{
    if (seq == 2)
        vane_subscription_free(g_steal_pointer(&f->subscription));
}

static void test_unsubscribing_in_the_callback_is_the_last_call(void **state)
{
    struct fixture *f = *state;

    subscribe(f, ">", 0, 0);
    f->act = unsubscribe_at_two;
    publish_many(f, 4);
    assert_heard(f, "1 2");
}

static void unsubscribe_busy(struct fixture *f, uint64_t seq)
{
    unsubscribe_at_two(f, 2);
    f->answer = VANE_BUSY;
}

static void test_unsubscribing_and_busy_leaks_nothing(void **state)
{
    struct fixture *f = *state;

    subscribe(f, ">", 0, 0);
    f->act = unsubscribe_busy;
    publish_many(f, 2);
    assert_heard(f, "1");
}

static void publish_at_one(struct fixture *f, uint64_t seq)
{
    if (seq == 1)
        publish_many(f, 2);
}

static void test_publishing_in_the_callback_queues(void **state)
{
    struct fixture *f = *state;

    subscribe(f, ">", 0, 0);
    f->act = publish_at_one;
    publish_many(f, 2);
    assert_heard(f, "1 2 3 4");
}

static void publish_and_flush(struct fixture *f, uint64_t seq)
{
    if (seq == 1)
        publish_many(f, 2);
    vane_event_bus_flush(f->bus);
}

static void test_flushing_in_the_callback_does_not_call_it_again(void **state)
{
    struct fixture *f = *state;

    f->act = publish_and_flush;
    subscribe(f, ">", 0, 0);
    publish(f, "a.b");
    run(f);
    assert_heard(f, "1 2 3");
}

static void publish_for_ever(struct fixture *f, uint64_t seq)
{
    publish_many(f, 1);
}

static void test_a_publishing_loop_lets_others_run(void **state)
{
    struct fixture *f = *state;

    subscribe(f, ">", 0, 0);
    f->act = publish_for_ever;
    publish_many(f, 1);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    f->act = NULL;
    run(f);
    assert_true(vane_event_bus_next_seq(f->bus) < 2 * 8192); /* a turn hands out 8192 */
}

static void test_replay_is_followed_by_live_events_without_loss_or_double(void **state)
{
    struct fixture *f = *state;

    publish_many(f, 4);
    f->options.since = 2;
    subscribe(f, ">", VANE_SUBSCRIBE_REPLAY, 0);
    publish_many(f, 1);
    assert_heard(f, "3 4 5");
    publish_many(f, 2);
    assert_heard(f, "6 7");
}

/* Neither of what is replayed nor later; and they take no place of others in the queue. */
static void test_excepted_topics_do_not_come(void **state)
{
    struct fixture *f = *state;

    f->options.except = "other.> more.*";
    publish_many(f, 1);
    publish(f, "other.one");
    subscribe(f, ">", VANE_SUBSCRIBE_REPLAY, 2);
    publish_many(f, 1);
    assert_heard(f, "1 3");
    publish_many(f, 1);
    for (int i = 0; i < 5; i++)
        publish(f, "more.two");
    assert_heard(f, "4");
    f->options.except = "..";
    assert_int_equal(vane_event_bus_subscribe(f->bus, NULL, ">", &f->options, on_event, f, NULL),
                     -EINVAL);
}

static void test_publishing_during_replay_comes_after_it(void **state)
{
    struct fixture *f = *state;

    publish_many(f, 3);
    subscribe(f, ">", VANE_SUBSCRIBE_REPLAY, 0);
    f->act = publish_at_one;
    assert_heard(f, "1 2 3 4 5");
}

static void test_replay_from_the_oldest_kept_loses_nothing(void **state)
{
    struct fixture *f = *state;

    publish_many(f, HISTORY + 3);
    subscribe(f, ">", VANE_SUBSCRIBE_REPLAY, 0);
    assert_heard(f, "4 5 6 7 8 9 10 11");
}

static void test_replay_from_before_the_oldest_kept_tells_the_gap(void **state)
{
    struct fixture *f = *state;

    publish_many(f, HISTORY + 3);
    f->options.since = 1;
    subscribe(f, ">", VANE_SUBSCRIBE_REPLAY, 0);
    assert_heard(f, "lost(2,3) 4 5 6 7 8 9 10 11");
}

static void publish_on_loss(void *user, uint64_t first, uint64_t last)
{
    on_lost(user, first, last);
    publish(user, "c.d");
}

static void test_publishing_when_told_of_a_loss_is_heard_at_once(void **state)
{
    struct fixture *f = *state;

    publish_many(f, HISTORY + 3);
    f->options.since = 1;
    f->options.lost = publish_on_loss;
    subscribe(f, "c.d", VANE_SUBSCRIBE_REPLAY, 0);
    assert_heard(f, "lost(2,3) 12");
}

static void test_strict_replay_from_before_the_oldest_kept_ends(void **state)
{
    struct fixture *f = *state;

    publish_many(f, HISTORY + 3);
    f->options.since = 1;
    subscribe(f, ">", VANE_SUBSCRIBE_REPLAY | VANE_SUBSCRIBE_STRICT, 0);
    assert_heard(f, "ended");
}

static void test_replay_of_busy_subscriber_goes_on_where_it_was(void **state)
{
    struct fixture *f = *state;

    publish_many(f, 3);
    subscribe(f, ">", VANE_SUBSCRIBE_REPLAY, 0);
    f->act = be_busy_at_two;
    assert_heard(f, "1 2");
    publish_many(f, 1);
    f->act = NULL;
    f->answer = 0;
    vane_subscription_resume(f->subscription);
    assert_heard(f, "2 3 4");
}

static void test_long_queue_keeps_what_the_history_forgets_meanwhile(void **state)
{
    struct fixture *f = *state;

    publish_many(f, 3);
    subscribe(f, ">", VANE_SUBSCRIBE_REPLAY, HISTORY + 4);
    f->act = be_busy_at_two;
    assert_heard(f, "1 2");
    publish_many(f, HISTORY + 1);
    f->act = NULL;
    f->answer = 0;
    vane_subscription_resume(f->subscription);
    assert_heard(f, "2 3 4 5 6 7 8 9 10 11 12");
}

static void test_replay_from_the_future_is_refused(void **state)
{
    struct fixture *f = *state;

    publish_many(f, 2);
    f->options.since = 3;
    f->options.flags = VANE_SUBSCRIBE_REPLAY;
    assert_int_equal(
        vane_event_bus_subscribe(f->bus, NULL, ">", &f->options, on_event, f, &f->subscription),
        -ERANGE);
    f->options.since = 2;
    subscribe(f, ">", VANE_SUBSCRIBE_REPLAY, 0);
    publish_many(f, 1);
    assert_heard(f, "3");
}

static void test_options_of_a_shorter_struct_are_taken(void **state)
{
    struct fixture *f = *state;

    f->options.size = offsetof(struct vane_subscribe, lost);
    subscribe(f, ">", 0, 2);
    publish_many(f, 4);
    assert_heard(f, "3 4");
}

static void test_kept_events_are_found_by_id(void **state)
{
    struct fixture *f = *state;
    g_autofree char *first = g_strdup_printf("%s-1", vane_event_bus_epoch(f->bus));
    g_autofree char *last = g_strdup_printf("%s-%u", vane_event_bus_epoch(f->bus), HISTORY + 1);
    g_autofree char *odd = g_strdup_printf("%s-1x", vane_event_bus_epoch(f->bus));
    const struct vane_event *event;

    publish_many(f, 1);
    event = vane_event_bus_find(f->bus, first);
    assert_non_null(event);
    vane_event_unref(event);
    assert_null(vane_event_bus_find(f->bus, odd));
    assert_null(vane_event_bus_find(f->bus, ""));
    assert_null(vane_event_bus_find(f->bus, "0123456789abcdef-1"));

    publish_many(f, HISTORY);
    assert_null(vane_event_bus_find(f->bus, first));
    event = vane_event_bus_find(f->bus, last);
    assert_int_equal(event->seq, HISTORY + 1);
    vane_event_unref(event);
}

static void test_events_have_increasing_seq_id_and_times(void **state)
{
    struct fixture *f = *state;
    const struct vane_event *first, *second;

    publish_many(f, 1);
    first = vane_event_bus_at(f->bus, 1);
    assert_int_equal(vane_event_bus_publish_fields(f->bus, "a.c", NULL, first->id), 0);
    second = vane_event_bus_at(f->bus, 2);
    assert_string_equal(second->cause, first->id);
    assert_string_equal(second->topic, "a.c");
    assert_true(second->monotonic_ns >= first->monotonic_ns);
    assert_null(vane_event_bus_at(f->bus, 3));
    assert_null(vane_event_bus_at(f->bus, 0));
}

static void test_events_render_as_json_once(void **state)
{
    struct fixture *f = *state;
    const struct vane_field fields[] = {vane_string("word", "a\"b"), vane_int64("number", -1)};
    const struct vane_fields list = VANE_FIELDS(fields);
    const struct vane_event *event;
    g_autofree char *start = NULL;
    const char *text, *again;
    size_t length;

    vane_event_bus_publish_fields(f->bus, "a.b", &list, "cause-1");
    event = vane_event_bus_at(f->bus, 1);
    vane_event_json(event, &text, &length);
    vane_event_json(event, &again, NULL);
    assert_ptr_equal(text, again);
    assert_int_equal(length, strlen(text));
    start = g_strdup_printf("{\"seq\":1,\"epoch\":\"%s\",\"id\":\"%s-1\",\"time\":\"2",
                            vane_event_bus_epoch(f->bus), vane_event_bus_epoch(f->bus));
    assert_true(g_str_has_prefix(text, start));
    assert_true(g_str_has_suffix(text, ",\"topic\":\"a.b\",\"cause\":\"cause-1\","
                                       "\"payload\":{\"word\":\"a\\\"b\",\"number\":-1}}"));
}

static void test_a_malformed_topic_is_refused_and_takes_no_seq(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(vane_event_bus_publish_fields(f->bus, "A.b", NULL, NULL), -EINVAL);
    assert_int_equal(vane_event_bus_next_seq(f->bus), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_events_come_in_order_from_the_loop_and_not_from_publish),
        TEST(test_only_what_matches_is_heard),
        TEST(test_slow_subscriber_loses_the_oldest_and_is_told_the_exact_gap),
        TEST(test_strict_subscriber_ends_with_one_error),
        TEST(test_strict_beside_lossy_both_overflow),
        TEST(test_busy_subscriber_gets_the_same_event_again_after_resume),
        TEST(test_resume_before_the_callback_returns_busy_counts),
        TEST(test_busy_strict_subscriber_is_told_its_end),
        TEST(test_unsubscribing_in_the_callback_is_the_last_call),
        TEST(test_unsubscribing_and_busy_leaks_nothing),
        TEST(test_publishing_in_the_callback_queues),
        TEST(test_flushing_in_the_callback_does_not_call_it_again),
        TEST(test_a_publishing_loop_lets_others_run),
        TEST(test_replay_is_followed_by_live_events_without_loss_or_double),
        TEST(test_excepted_topics_do_not_come),
        TEST(test_publishing_during_replay_comes_after_it),
        TEST(test_replay_from_the_oldest_kept_loses_nothing),
        TEST(test_replay_from_before_the_oldest_kept_tells_the_gap),
        TEST(test_publishing_when_told_of_a_loss_is_heard_at_once),
        TEST(test_strict_replay_from_before_the_oldest_kept_ends),
        TEST(test_replay_of_busy_subscriber_goes_on_where_it_was),
        TEST(test_long_queue_keeps_what_the_history_forgets_meanwhile),
        TEST(test_replay_from_the_future_is_refused),
        TEST(test_options_of_a_shorter_struct_are_taken),
        TEST(test_kept_events_are_found_by_id),
        TEST(test_events_have_increasing_seq_id_and_times),
        TEST(test_events_render_as_json_once),
        TEST(test_a_malformed_topic_is_refused_and_takes_no_seq),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
