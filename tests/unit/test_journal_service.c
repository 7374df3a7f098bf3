/*
 * The journal service before a host that does nothing by itself: events and jobs move when the test
 * says so.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "plugins/journal/journal.h"

#define EPOCH "00000000000000aa"

/* ---- the host ---- */

static struct {
    uint64_t next_seq;
    void (*body)(void *user);
    void (*finished)(void *user);
    void *user;
    unsigned timers; /* started */
    GString *log;
    GPtrArray *topics; /* published by the plugin */
} host_state;

struct vane_event {
    uint64_t seq;
    char id[40];
    char json[64];
};

static int (*deliver)(void *user, const struct vane_event *event);
static void *deliver_user;
static bool subscribed;

static int fake_position(struct vane_self *self, uint64_t *next_seq, const char **epoch)
{
    *next_seq = host_state.next_seq;
    if (epoch)
        *epoch = EPOCH;
    return 0;
}

static int fake_subscribe(struct vane_self *self, const char *patterns,
                          const struct vane_subscribe *options,
                          int (*callback)(void *user, const struct vane_event *event), void *user,
                          struct vane_subscription **subscription)
{
    deliver = callback;
    deliver_user = user;
    subscribed = true;
    *subscription = (struct vane_subscription *)&subscribed;
    return 0;
}

static int fake_unsubscribe(struct vane_self *self, struct vane_subscription *subscription)
{
    subscribed = false;
    return 0;
}

static int fake_match(const char *patterns, const char *topic)
{
    return strchr(patterns, '?') ? -EINVAL
                                 : strcmp(patterns, ">") == 0 || strcmp(patterns, topic) == 0;
}

static int fake_publish(struct vane_self *self, const char *topic,
                        const struct vane_fields *payload, const struct vane_event *cause,
                        const struct vane_event **event)
{
    g_ptr_array_add(host_state.topics, g_strdup(topic));
    return 0;
}

static const struct vane_event *fake_ref(const struct vane_event *event)
{
    return event;
}

static void fake_unref(const struct vane_event *event)
{
    g_free((void *)(uintptr_t)event);
}

static uint64_t fake_seq(const struct vane_event *event)
{
    return event->seq;
}

static const char *fake_id(const struct vane_event *event)
{
    return event->id;
}

static const char *fake_topic(const struct vane_event *event)
{
    return "link.state";
}

static const char *fake_cause(const struct vane_event *event)
{
    return NULL;
}

static int64_t fake_time(const struct vane_event *event)
{
    return (int64_t)event->seq * 1000;
}

static const struct vane_payload *fake_payload(const struct vane_event *event)
{
    return NULL;
}

static int fake_json(const struct vane_event *event, const char **text, size_t *length)
{
    *text = event->json;
    *length = strlen(event->json);
    return 0;
}

static int fake_get_string(const struct vane_payload *payload, const char *name, const char **value)
{
    return -ENOENT;
}

static int fake_work(struct vane_self *self, void (*body)(void *user), void (*finished)(void *user),
                     void *user)
{
    assert_null(host_state.body); /* never two at once */
    host_state.body = body;
    host_state.finished = finished;
    host_state.user = user;
    return 0;
}

static int fake_timer_start(struct vane_self *self, uint64_t delay_ms, uint64_t repeat_ms,
                            void (*callback)(void *user), void *user, struct vane_timer **timer)
{
    host_state.timers++;
    *timer = (struct vane_timer *)&host_state;
    return 0;
}

static int fake_timer_stop(struct vane_self *self, struct vane_timer *timer)
{
    return 0;
}

static int fake_done(struct vane_self *self, int result)
{
    return 0;
}

static int fake_withdraw(struct vane_self *self, struct vane_service *service)
{
    return 0;
}

static int fake_print(struct vane_self *self, uint32_t level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_string_append_vprintf(host_state.log, format, arguments);
    va_end(arguments);
    g_string_append_c(host_state.log, '\n');
    return 0;
}

static const struct vane_bus bus = {
    .publish = fake_publish,
    .subscribe = fake_subscribe,
    .unsubscribe = fake_unsubscribe,
    .match = fake_match,
    .position = fake_position,
    .event_ref = fake_ref,
    .event_unref = fake_unref,
    .event_seq = fake_seq,
    .event_id = fake_id,
    .event_topic = fake_topic,
    .event_cause = fake_cause,
    .event_time = fake_time,
    .event_payload = fake_payload,
    .event_json = fake_json,
    .get_string = fake_get_string,
};
static const struct vane_loop loop = {
    .work = fake_work,
    .timer_start = fake_timer_start,
    .timer_stop = fake_timer_stop,
    .done = fake_done,
};
static const struct vane_log fake_log = {.print = fake_print};
static const struct vane_services services = {.withdraw = fake_withdraw};
static const struct vane_host host = {
    .log = &fake_log, .loop = &loop, .bus = &bus, .services = &services};

/* The plugin's own file is not linked in. */
void vane_journal_closed(void *user)
{
}

/* ---- the fixture ---- */

struct journal {
    struct vane_journal_plugin plugin;
    char *directory;
};

static bool run_job(void)
{
    void (*body)(void *) = host_state.body, (*finished)(void *) = host_state.finished;

    if (!body)
        return false;
    host_state.body = NULL;
    body(host_state.user);
    finished(host_state.user);
    return true;
}

static void run_jobs(void)
{
    while (run_job())
        ;
}

static int setup(void **state)
{
    struct journal *self = g_new0(struct journal, 1);
    struct vane_journal_plugin *journal = &self->plugin;

    host_state.next_seq = 1;
    host_state.body = NULL;
    host_state.timers = 0;
    host_state.log = g_string_new(NULL);
    host_state.topics = g_ptr_array_new_with_free_func(g_free);
    self->directory = g_dir_make_tmp("netvane-journal-XXXXXX", NULL);
    journal->host = &host;
    journal->store.path = g_build_filename(self->directory, "events.sqlite", NULL);
    journal->pending.release = (void (*)(const void *))fake_unref;
    journal->write.batch = g_array_new(FALSE, FALSE, sizeof(struct vane_pending_event));
    journal->write.entries = g_array_new(FALSE, FALSE, sizeof(struct vane_store_entry));
    journal->options.include = g_strdup(">");
    journal->options.everything = true;
    journal->options.commit_ms = 200;
    journal->options.limits =
        (struct vane_store_limits){.age_ns = INT64_MAX, .events = 100000, .size = 1u << 30};
    assert_int_equal(vane_journal_intake_start(journal), 0);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    struct journal *self = *state;
    struct vane_journal_plugin *journal = &self->plugin;
    GDir *files;
    const char *name;

    if (!journal->closing)
        vane_journal_close(journal);
    run_jobs();
    assert_true(journal->closed);
    assert_int_equal(journal->readings.length, 0);
    vane_pending_clear(&journal->pending);
    vane_journal_write_release(journal);
    vane_store_close(&journal->store, false);
    vane_store_clear(&journal->store);
    vane_journal_options_clear(&journal->options);
    files = g_dir_open(self->directory, 0, NULL);
    while ((name = g_dir_read_name(files))) {
        g_autofree char *path = g_build_filename(self->directory, name, NULL);

        unlink(path);
        rmdir(path);
    }
    g_dir_close(files);
    rmdir(self->directory);
    g_free(self->directory);
    g_string_free(host_state.log, TRUE);
    g_ptr_array_unref(host_state.topics);
    g_free(self);
    return 0;
}

static struct vane_event *event_new(void)
{
    struct vane_event *event = g_new0(struct vane_event, 1);

    event->seq = host_state.next_seq++;
    g_snprintf(event->id, sizeof(event->id), EPOCH "-%" G_GUINT64_FORMAT, event->seq);
    g_snprintf(event->json, sizeof(event->json), "{\"seq\":%" G_GUINT64_FORMAT "}", event->seq);
    return event;
}

static void publish(unsigned count)
{
    while (count-- > 0)
        deliver(deliver_user, event_new());
}

/* ---- a consumer ---- */

struct consumer {
    struct vane_journal_plugin *journal;
    struct vane_journal_reading *reading;
    unsigned records, pages, ends;
    int answer, error;
    bool cancel, resume;
};

static int on_page(void *user, const struct vane_journal_page *page)
{
    struct consumer *consumer = user;

    for (uint32_t i = 0; i < page->count; i++)
        assert_int_equal(vane_journal_record_at(page, i)->seq, ++consumer->records);
    consumer->pages++;
    if (consumer->cancel)
        vane_journal_table.cancel(consumer->journal, consumer->reading);
    if (consumer->resume)
        vane_journal_table.resume(consumer->journal, consumer->reading);
    return consumer->answer;
}

static void on_ended(void *user, int error)
{
    struct consumer *consumer = user;

    consumer->ends++;
    consumer->error = error;
}

static const struct vane_journal_reader reader = {
    .size = sizeof(reader), .page = on_page, .ended = on_ended};

static void ask(struct consumer *consumer, struct vane_journal_plugin *journal)
{
    const struct vane_journal_query query = {.size = sizeof(query), .page = 4};

    consumer->journal = journal;
    assert_int_equal(
        vane_journal_table.query(journal, &query, &reader, consumer, &consumer->reading), 0);
}

/* ---- reading ---- */

static void test_query_sees_what_was_published_though_not_delivered_yet(void **state)
{
    struct journal *self = *state;
    struct consumer consumer = {0};
    struct vane_event *late;

    publish(5);
    late = event_new(); /* published, and still in the bus's queue */
    ask(&consumer, &self->plugin);
    run_jobs();
    assert_int_equal(consumer.ends, 0);
    deliver(deliver_user, late);
    run_jobs();
    assert_int_equal(consumer.records, 6);
    assert_int_equal(consumer.ends, 1);
    assert_int_equal(consumer.error, 0);
}

static void test_busy_reader_gets_no_more_until_it_resumes(void **state)
{
    struct journal *self = *state;
    struct consumer consumer = {.answer = VANE_BUSY};

    publish(8);
    ask(&consumer, &self->plugin);
    run_jobs();
    assert_int_equal(consumer.pages, 1);
    assert_int_equal(consumer.ends, 0);
    vane_journal_table.resume(&self->plugin, consumer.reading);
    run_jobs();
    assert_int_equal(consumer.records, 8);
    assert_int_equal(consumer.ends, 0); /* busy with the last page, too */
    vane_journal_table.resume(&self->plugin, consumer.reading);
    run_jobs();
    assert_int_equal(consumer.pages, 2);
    assert_int_equal(consumer.ends, 1);
}

static void test_resume_within_the_page_is_not_lost(void **state)
{
    struct journal *self = *state;
    struct consumer consumer = {.answer = VANE_BUSY, .resume = true};

    publish(8);
    ask(&consumer, &self->plugin);
    run_jobs();
    assert_int_equal(consumer.records, 8);
    assert_int_equal(consumer.ends, 1);
}

static void test_reader_that_fails_hears_its_own_error(void **state)
{
    struct journal *self = *state;
    struct consumer consumer = {.answer = -EPIPE};

    publish(8);
    ask(&consumer, &self->plugin);
    run_jobs();
    assert_int_equal(consumer.pages, 1);
    assert_int_equal(consumer.ends, 1);
    assert_int_equal(consumer.error, -EPIPE);
}

static void test_cancelled_reading_calls_no_more(void **state)
{
    struct journal *self = *state;
    struct consumer within = {.cancel = true}, at_once = {0}, in_a_step = {0};

    publish(8);
    ask(&within, &self->plugin);
    run_jobs();
    assert_int_equal(within.pages, 1);
    assert_int_equal(within.ends, 0);
    ask(&at_once, &self->plugin);
    vane_journal_table.cancel(&self->plugin, at_once.reading);
    run_jobs();
    assert_int_equal(at_once.pages + at_once.ends, 0);
    ask(&in_a_step, &self->plugin);
    assert_non_null(host_state.body);
    vane_journal_table.cancel(&self->plugin, in_a_step.reading);
    run_jobs();
    assert_int_equal(in_a_step.pages + in_a_step.ends, 0);
}

static void test_two_readers_and_the_writer_take_turns(void **state)
{
    struct journal *self = *state;
    struct consumer first = {0}, second = {0};

    publish(2000);
    run_jobs();
    ask(&first, &self->plugin);
    ask(&second, &self->plugin);
    while (first.records < 100)
        assert_true(run_job());
    assert_in_range(second.records, 92, 108);
    publish(1500);
    for (int i = 0; i < 4; i++)
        run_job();
    assert_in_range(self->plugin.written, 3000, 3500);
    run_jobs();
    assert_int_equal(first.records, 2000);
    assert_int_equal(second.records, 2000);
}

static void test_shutdown_ends_readings_and_writes_what_is_there(void **state)
{
    struct journal *self = *state;
    struct consumer waiting = {0}, stepping = {0};

    publish(8);
    ask(&stepping, &self->plugin);
    run_job();
    ask(&waiting, &self->plugin);
    publish(3);
    vane_journal_close(&self->plugin);
    assert_int_equal(stepping.error, -ESHUTDOWN);
    assert_int_equal(waiting.error, -ESHUTDOWN);
    run_jobs();
    assert_int_equal(stepping.ends + waiting.ends, 2);
    assert_int_equal(self->plugin.written, 11);
    assert_false(subscribed);
}

static void test_shutdown_waits_for_events_that_are_on_their_way(void **state)
{
    struct journal *self = *state;
    struct vane_event *late;

    publish(2);
    late = event_new();
    vane_journal_close(&self->plugin);
    run_jobs();
    assert_false(self->plugin.closed);
    deliver(deliver_user, late);
    run_jobs();
    assert_true(self->plugin.closed);
    assert_int_equal(self->plugin.written, 3);
}

static void test_bad_questions_are_refused(void **state)
{
    struct journal *self = *state;
    struct consumer consumer = {0};
    struct vane_journal_query query = {.size = sizeof(query), .topics = "?"};

    assert_int_equal(vane_journal_table.query(&self->plugin, &query, &reader, &consumer, NULL),
                     -EINVAL);
    query = (struct vane_journal_query){.size = sizeof(query), .after_seq = 3};
    assert_int_equal(vane_journal_table.query(&self->plugin, &query, &reader, &consumer, NULL),
                     -EINVAL);
    query = (struct vane_journal_query){.size = sizeof(query), .epoch = "xyz"};
    assert_int_equal(vane_journal_table.query(&self->plugin, &query, &reader, &consumer, NULL),
                     -EINVAL);
    query = (struct vane_journal_query){.size = sizeof(query), .id = EPOCH "-x"};
    assert_int_equal(vane_journal_table.query(&self->plugin, &query, &reader, &consumer, NULL),
                     -EINVAL);
    assert_int_equal(vane_journal_table.story(&self->plugin, EPOCH, 0, &reader, &consumer, NULL),
                     -EINVAL);
    assert_int_equal(consumer.ends, 0);
}

static struct vane_journal_position found_position;
static int found_error = 1;

static void on_found(void *user, int error, const struct vane_journal_position *position)
{
    found_error = error;
    if (position)
        found_position = *position;
}

static void test_position_counts_events_that_are_not_on_the_disk_yet(void **state)
{
    struct journal *self = *state;

    publish(5);
    assert_int_equal(vane_journal_table.position(&self->plugin, EPOCH "-4", on_found, NULL, NULL),
                     0);
    run_jobs();
    assert_int_equal(found_error, 0);
    assert_int_equal(found_position.flags, VANE_JOURNAL_KNOWN_EVENT | VANE_JOURNAL_KNOWN_EPOCH);
    assert_int_equal(found_position.row, 4);
    assert_int_equal(found_position.newest_seq, 5);
}

/* ---- trouble ---- */

/* A directory where the file should be. */
static void put_obstacle(struct journal *self)
{
    assert_int_equal(g_mkdir(self->plugin.store.path, 0700), 0);
}

static void test_failure_is_said_once_and_events_wait(void **state)
{
    struct journal *self = *state;
    struct vane_journal_plugin *journal = &self->plugin;
    struct vane_journal_state now = {.size = sizeof(now)};

    put_obstacle(self);
    publish(1500);
    run_jobs();
    for (int i = 0; i < 5; i++) { /* the retry timer fires */
        journal->retry_timer = NULL;
        vane_journal_kick(journal);
        run_jobs();
    }
    vane_journal_table.state(journal, &now);
    assert_int_equal(now.working, 0);
    assert_int_equal(now.pending, 1500);
    assert_int_equal(now.written_seq, 0);
    assert_int_equal(host_state.topics->len, 1);
    assert_string_equal(g_ptr_array_index(host_state.topics, 0), "journal.failed");
    assert_non_null(strstr(host_state.log->str, "cannot write"));
    assert_null(strstr(strstr(host_state.log->str, "cannot write") + 1, "cannot write"));
}

static void test_everything_is_written_when_it_works_again(void **state)
{
    struct journal *self = *state;
    struct vane_journal_plugin *journal = &self->plugin;
    struct consumer consumer = {0};

    put_obstacle(self);
    publish(1500);
    run_jobs();
    rmdir(journal->store.path);
    journal->retry_timer = NULL;
    vane_journal_kick(journal);
    run_jobs();
    assert_non_null(strstr(host_state.log->str, "works again"));
    ask(&consumer, journal);
    run_jobs();
    assert_int_equal(consumer.records, 1500);
}

static void test_query_is_answered_with_an_error_while_there_is_no_file(void **state)
{
    struct journal *self = *state;
    struct consumer consumer = {0};

    put_obstacle(self);
    publish(10);
    ask(&consumer, &self->plugin);
    run_jobs();
    assert_int_equal(consumer.ends, 1);
    assert_true(consumer.error < 0);
}

static void test_loss_is_told_exactly_once(void **state)
{
    struct journal *self = *state;
    struct vane_journal_plugin *journal = &self->plugin;

    journal->pending.events_max = 100;
    put_obstacle(self);
    vane_journal_kick(journal);
    run_jobs();
    publish(250); /* 100 wait */
    rmdir(journal->store.path);
    journal->retry_timer = NULL;
    vane_journal_kick(journal);
    run_jobs();
    assert_non_null(strstr(host_state.log->str, "150 events between 1 and 150 are lost"));
    assert_int_equal(host_state.topics->len, 3);
    assert_string_equal(g_ptr_array_index(host_state.topics, 2), "journal.loss");
    publish(50);
    vane_journal_flush(journal);
    run_jobs();
    assert_int_equal(vane_journal_waiting(journal), 0);
    assert_int_equal(host_state.topics->len, 3);
}

static void test_timer_runs_only_while_something_waits(void **state)
{
    struct journal *self = *state;
    struct vane_journal_plugin *journal = &self->plugin;

    vane_journal_kick(journal);
    run_jobs();
    assert_int_equal(host_state.timers, 0);
    publish(3);
    assert_int_equal(host_state.timers, 1);
    journal->commit_timer = NULL;
    vane_journal_flush(journal); /* it fires */
    run_jobs();
    assert_int_equal(host_state.timers, 1);
    assert_int_equal(vane_journal_waiting(journal), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_query_sees_what_was_published_though_not_delivered_yet),
        TEST(test_busy_reader_gets_no_more_until_it_resumes),
        TEST(test_resume_within_the_page_is_not_lost),
        TEST(test_reader_that_fails_hears_its_own_error),
        TEST(test_cancelled_reading_calls_no_more),
        TEST(test_two_readers_and_the_writer_take_turns),
        TEST(test_shutdown_ends_readings_and_writes_what_is_there),
        TEST(test_shutdown_waits_for_events_that_are_on_their_way),
        TEST(test_bad_questions_are_refused),
        TEST(test_position_counts_events_that_are_not_on_the_disk_yet),
        TEST(test_failure_is_said_once_and_events_wait),
        TEST(test_everything_is_written_when_it_works_again),
        TEST(test_query_is_answered_with_an_error_while_there_is_no_file),
        TEST(test_loss_is_told_exactly_once),
        TEST(test_timer_runs_only_while_something_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
