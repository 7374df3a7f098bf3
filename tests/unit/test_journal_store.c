/* The journal's file: what is written comes back, in order, and only what was asked for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>

#include "lib/array.h"
#include "lib/sql/sql.h"
#include "plugins/journal/store-read.h"

#define FIRST     "00000000000000aa"
#define SECOND    "00000000000000bb"
#define SECOND_NS INT64_C(1000000000)

struct file {
    char *directory;
    struct vane_store store;
    uint64_t seq;
    int64_t time_ns;
    const char *epoch;
};

/* As the bus does: a list of patterns, of which the tests need names and "x.>". */
static int match(const char *patterns, const char *topic)
{
    size_t length = strlen(patterns);

    if (length > 0 && patterns[length - 1] == '>')
        return strncmp(patterns, topic, length - 1) == 0;
    return strcmp(patterns, topic) == 0;
}

static int setup(void **state)
{
    struct file *file = g_new0(struct file, 1);

    file->directory = g_dir_make_tmp("netvane-journal-XXXXXX", NULL);
    file->store.path = g_build_filename(file->directory, "events.sqlite", NULL);
    file->epoch = FIRST;
    file->time_ns = 1000 * SECOND_NS;
    assert_int_equal(vane_store_open(&file->store), 0);
    *state = file;
    return 0;
}

static int teardown(void **state)
{
    struct file *file = *state;
    GDir *files = g_dir_open(file->directory, 0, NULL);
    const char *name;

    vane_store_close(&file->store, true);
    while ((name = g_dir_read_name(files))) {
        g_autofree char *path = g_build_filename(file->directory, name, NULL);

        unlink(path);
    }
    g_dir_close(files);
    rmdir(file->directory);
    vane_store_clear(&file->store);
    g_free(file->directory);
    g_free(file);
    return 0;
}

/* One event a second later than the one before. Returns its seq. */
static uint64_t add(struct file *file, const char *topic, const char *interface, const char *cause)
{
    g_autofree char *json = NULL;
    struct vane_store_entry entry = {
        .seq = ++file->seq,
        .time_ns = file->time_ns += SECOND_NS,
        .id = "",
        .topic = topic,
        .cause = cause,
        .interface_name = interface,
    };

    json = g_strdup_printf("{\"seq\":%" G_GUINT64_FORMAT ",\"topic\":\"%s\"}", entry.seq, topic);
    entry.json = json;
    entry.json_length = strlen(json);
    assert_int_equal(vane_store_write(&file->store, file->epoch, &entry, 1, entry.seq, false), 0);
    return entry.seq;
}

static void begin_epoch(struct file *file, const char *epoch)
{
    file->epoch = epoch;
    file->seq = 0;
}

static struct vane_store_query everything(void)
{
    return (struct vane_store_query){.limit = UINT64_MAX, .page = 3, .match = match};
}

/* The seqs that a query gives, as "1 2 3". */
static char *ask(struct file *file, struct vane_store_query query)
{
    GString *seqs = g_string_new(NULL);
    bool finished = false;

    while (!finished) {
        struct vane_store_page page;

        vane_store_page_init(&page);
        assert_int_equal(vane_store_query_step(&file->store, &query, &page, &finished), 0);
        assert_true(page.records->len <= query.page);
        for (guint i = 0; i < page.records->len; i++)
            g_string_append_printf(seqs, "%s%" G_GUINT64_FORMAT, seqs->len > 0 ? " " : "",
                                   g_array_index(page.records, struct vane_journal_record, i).seq);
        vane_store_page_clear(&page);
    }
    vane_store_query_clear(&query);
    return g_string_free(seqs, FALSE);
}

#define assert_asked(file, query, expected)                                                        \
    do {                                                                                           \
        g_autofree char *given = ask(file, query);                                                 \
        assert_string_equal(given, expected);                                                      \
    } while (0)

/* ---- queries ---- */

static void test_all_events_come_in_order_page_by_page(void **state)
{
    struct file *file = *state;
    struct vane_store_query query = everything();

    for (int i = 0; i < 8; i++)
        add(file, "link.state", NULL, NULL);
    assert_asked(file, query, "1 2 3 4 5 6 7 8");
    query.backward = true;
    assert_asked(file, query, "8 7 6 5 4 3 2 1");
    query.limit = 4;
    assert_asked(file, query, "8 7 6 5");
}

static void test_conditions_are_joined(void **state)
{
    struct file *file = *state;
    struct vane_store_query query = everything();

    add(file, "link.state", "eth0", NULL);
    add(file, "link.state", "eth1", NULL);
    add(file, "address.added", "eth0", NULL);
    add(file, "link.added", "eth0", NULL);
    query.interface_name = g_strdup("eth0");
    assert_asked(file, query, "1 3 4");
    query.interface_name = NULL;
    query.topics = g_strdup("link.>");
    assert_asked(file, query, "1 2 4");
    query.interface_name = g_strdup("eth0");
    query.topics = g_strdup("link.>");
    assert_asked(file, query, "1 4");
    query.interface_name = NULL;
    query.topics = g_strdup("nothing.>");
    assert_asked(file, query, "");
}

static void test_time_bounds_hold_also_when_the_clock_was_set_back(void **state)
{
    struct file *file = *state;
    struct vane_store_query query = everything();

    for (int i = 0; i < 4; i++) /* 1001 to 1004 s */
        add(file, "link.state", NULL, NULL);
    query.since_ns = 1002 * SECOND_NS;
    query.until_ns = 1004 * SECOND_NS;
    assert_asked(file, query, "2 3");
    file->time_ns = 1000 * SECOND_NS; /* 1001 and 1002 s once more */
    for (int i = 0; i < 2; i++)
        add(file, "link.state", NULL, NULL);
    assert_asked(file, query, "2 3 6");
    query.after_row = 4;
    assert_asked(file, query, "6");
    query.after_row = 0;
    query.until_ns = 0;
    assert_asked(file, query, "2 3 4 6");
}

static void test_seqs_are_those_of_one_epoch(void **state)
{
    struct file *file = *state;
    struct vane_store_query query = everything();

    for (int i = 0; i < 4; i++)
        add(file, "link.state", NULL, NULL);
    begin_epoch(file, SECOND);
    for (int i = 0; i < 3; i++)
        add(file, "link.state", NULL, NULL);
    assert_asked(file, query, "1 2 3 4 1 2 3");
    memcpy(query.epoch, SECOND, sizeof(SECOND));
    query.after_seq = 1;
    assert_asked(file, query, "2 3");
    query.before_seq = 3;
    assert_asked(file, query, "2");
    memcpy(query.epoch, "00000000000000cc", sizeof(SECOND));
    assert_asked(file, query, "");
}

static void test_rare_topic_is_found_among_many_events(void **state)
{
    struct file *file = *state;
    struct vane_store_query query = everything();

    add(file, "rare.one", NULL, NULL);
    for (int i = 0; i < 20000; i++) {
        struct vane_store_entry entries[1] = {{.seq = ++file->seq,
                                               .time_ns = ++file->time_ns,
                                               .id = "",
                                               .topic = "link.state",
                                               .json = "{}",
                                               .json_length = 2}};
        if (i == 0)
            assert_int_equal(vane_sql_run(file->store.db, "PRAGMA synchronous=OFF"), 0);
        assert_int_equal(vane_store_write(&file->store, file->epoch, entries, 1, file->seq, false),
                         0);
    }
    add(file, "rare.two", NULL, NULL);
    query.topics = g_strdup("rare.>");
    assert_asked(file, query, "1 20002");
    query.topics = g_strdup("rare.>");
    query.backward = true;
    assert_asked(file, query, "20002 1");
}

static void test_event_that_comes_twice_is_kept_once(void **state)
{
    struct file *file = *state;

    add(file, "link.state", NULL, NULL);
    file->seq--;
    add(file, "link.state", NULL, NULL);
    assert_asked(file, everything(), "1");
    assert_int_equal(file->store.events, 1);
}

static void test_record_is_what_was_written_to_the_byte(void **state)
{
    struct file *file = *state;
    struct vane_store_query query = everything();
    const char *json = "{\"seq\":7,\"text\":\"\xc3\xa4 \\u0000 \\\"\"}";
    struct vane_store_entry entry = {.seq = 7,
                                     .time_ns = 123456789,
                                     .id = "",
                                     .topic = "acme.done",
                                     .cause = FIRST "-3",
                                     .interface_name = "eth0",
                                     .json = json,
                                     .json_length = strlen(json)};
    struct vane_store_page page;
    const struct vane_journal_record *record;
    bool finished;

    assert_int_equal(vane_store_write(&file->store, SECOND, &entry, 1, 7, false), 0);
    vane_store_page_init(&page);
    assert_int_equal(vane_store_query_step(&file->store, &query, &page, &finished), 0);
    assert_int_equal(page.records->len, 1);
    record = &g_array_index(page.records, struct vane_journal_record, 0);
    assert_int_equal(record->row, 1);
    assert_int_equal(record->time_ns, 123456789);
    assert_string_equal(record->epoch, SECOND);
    assert_string_equal(record->id, SECOND "-7");
    assert_string_equal(record->cause, FIRST "-3");
    assert_string_equal(record->topic, "acme.done");
    assert_string_equal(record->interface_name, "eth0");
    assert_string_equal(record->json, json);
    assert_int_equal(record->json_length, strlen(json));
    vane_store_page_clear(&page);
}

/* ---- stories ---- */

static char *tell(struct file *file, const char *epoch, uint64_t seq)
{
    struct vane_store_story story = {.seq = seq, .page = 2};
    GString *text = g_string_new(NULL);
    bool finished = false;

    memcpy(story.epoch, epoch, sizeof(story.epoch));
    while (!finished) {
        struct vane_store_page page;

        vane_store_page_init(&page);
        assert_int_equal(vane_store_story_step(&file->store, &story, &page, &finished), 0);
        for (guint i = 0; i < page.records->len; i++) {
            const struct vane_journal_record *record =
                &g_array_index(page.records, struct vane_journal_record, i);

            g_string_append_printf(text, "%s%" G_GUINT64_FORMAT ":%d", text->len > 0 ? " " : "",
                                   record->seq, record->depth);
        }
        vane_store_page_clear(&page);
    }
    vane_store_story_clear(&story);
    return g_string_free(text, FALSE);
}

#define assert_story(file, epoch, seq, expected)                                                   \
    do {                                                                                           \
        g_autofree char *told = tell(file, epoch, seq);                                            \
        assert_string_equal(told, expected);                                                       \
    } while (0)

static void test_story_has_causes_the_event_and_effects(void **state)
{
    struct file *file = *state;

    add(file, "a.root", NULL, NULL);
    add(file, "a.child", NULL, FIRST "-1");
    add(file, "a.other", NULL, NULL);
    add(file, "a.child", NULL, FIRST "-1");
    add(file, "a.grandchild", NULL, FIRST "-2");
    begin_epoch(file, SECOND);
    add(file, "a.late", NULL, FIRST "-5");
    assert_story(file, FIRST, 1, "1:0 2:1 4:1 5:2 1:3");
    assert_story(file, FIRST, 2, "1:-1 2:0 5:1 1:2");
    assert_story(file, SECOND, 1, "1:-3 2:-2 5:-1 1:0");
    assert_story(file, FIRST, 3, "3:0");
}

static void test_causes_in_a_circle_end(void **state)
{
    struct file *file = *state;

    add(file, "a.one", NULL, FIRST "-2");
    add(file, "a.two", NULL, FIRST "-1");
    assert_story(file, FIRST, 1, "1:0 2:-1");
}

static void test_story_of_an_unknown_event_is_an_error(void **state)
{
    struct file *file = *state;
    struct vane_store_story story = {.epoch = FIRST, .seq = 9, .page = 2};
    struct vane_store_page page;
    bool finished;

    vane_store_page_init(&page);
    assert_int_equal(vane_store_story_step(&file->store, &story, &page, &finished), -ENOENT);
    vane_store_page_clear(&page);
    vane_store_story_clear(&story);
}

/* ---- positions ---- */

static struct vane_journal_position locate(struct file *file, const char *epoch, uint64_t seq)
{
    struct vane_journal_position position = {0};

    assert_int_equal(vane_store_position(&file->store, epoch, seq, &position), 0);
    return position;
}

static void test_position_leads_a_reader_across_epochs(void **state)
{
    struct file *file = *state;
    struct vane_store_query query = everything();
    struct vane_journal_position position;

    for (int i = 0; i < 4; i++)
        add(file, "link.state", NULL, NULL);
    begin_epoch(file, SECOND);
    add(file, "link.state", NULL, NULL);
    position = locate(file, FIRST, 2);
    assert_int_equal(position.flags, VANE_JOURNAL_KNOWN_EVENT | VANE_JOURNAL_KNOWN_EPOCH);
    assert_int_equal(position.newest_seq, 4);
    query.after_row = position.row;
    assert_asked(file, query, "3 4 1");
    query.after_row = locate(file, SECOND, 0).row;
    assert_asked(file, query, "1");
    assert_int_equal(locate(file, "00000000000000cc", 1).flags, 0);
}

static void test_position_of_what_is_gone_is_where_to_go_on(void **state)
{
    struct file *file = *state;
    struct vane_store_query query = everything();
    struct vane_journal_position position;
    uint64_t removed;

    for (int i = 0; i < 4; i++)
        add(file, "link.state", NULL, NULL);
    begin_epoch(file, SECOND);
    add(file, "link.state", NULL, NULL);
    assert_int_equal(vane_store_prune(&file->store, 1003 * SECOND_NS, &removed), 0);
    assert_int_equal(removed, 2);
    position = locate(file, FIRST, 1);
    assert_int_equal(position.flags, VANE_JOURNAL_KNOWN_EPOCH);
    assert_int_equal(position.oldest_seq, 3);
    query.after_row = position.row;
    assert_asked(file, query, "3 4 1");
    assert_int_equal(vane_store_prune(&file->store, 1005 * SECOND_NS, &removed), 0);
    query.after_row = locate(file, FIRST, 1).row;
    assert_asked(file, query, "1");
}

static void test_end_of_an_epoch_is_known(void **state)
{
    struct file *file = *state;

    add(file, "link.state", NULL, NULL);
    assert_int_equal(vane_store_write(&file->store, FIRST, NULL, 0, 9, true), 0);
    assert_true(locate(file, FIRST, 1).flags & VANE_JOURNAL_ENDED_CLEAN);
    assert_int_equal(locate(file, FIRST, 1).newest_seq, 9);
}

/* ---- limits ---- */

static void test_rows_are_never_used_again(void **state)
{
    struct file *file = *state;
    uint64_t removed;

    add(file, "link.state", NULL, NULL);
    add(file, "link.state", NULL, NULL);
    assert_int_equal(vane_store_prune(&file->store, INT64_MAX, &removed), 0);
    vane_store_close(&file->store, true);
    assert_int_equal(vane_store_open(&file->store), 0);
    add(file, "link.state", NULL, NULL);
    assert_int_equal(locate(file, FIRST, 3).row, 3);
}

static void test_limits_of_age_and_number_take_the_oldest(void **state)
{
    struct file *file = *state;
    struct vane_store_limits limits = {
        .age_ns = 5 * SECOND_NS, .events = 100, .size = UINT64_C(1) << 30};
    bool more;

    for (int i = 0; i < 10; i++) /* 1001 to 1010 s */
        add(file, "link.state", NULL, NULL);
    assert_int_equal(vane_store_retain(&file->store, &limits, 1010 * SECOND_NS, &more), 0);
    assert_asked(file, everything(), "5 6 7 8 9 10");
    limits.age_ns = INT64_MAX;
    limits.events = 2;
    assert_int_equal(vane_store_retain(&file->store, &limits, 1010 * SECOND_NS, &more), 0);
    assert_asked(file, everything(), "9 10");
    assert_int_equal(file->store.events, 2);
}

/* ---- versions and damage ---- */

static const char later_step[] = "ALTER TABLE event ADD COLUMN note TEXT NOT NULL DEFAULT 'none'";

static void test_older_file_is_migrated_with_what_it_holds(void **state)
{
    struct file *file = *state;
    const char *steps[] = {vane_store_schema.steps[0], later_step};
    const struct vane_sql_schema later = {vane_store_schema.application_id, ELEMENTS(steps), steps};
    int64_t number;

    add(file, "link.state", NULL, NULL);
    assert_int_equal(vane_sql_migrate(file->store.db, &later), 0);
    assert_int_equal(vane_sql_number(file->store.db, "PRAGMA user_version", 0, 0, &number), 0);
    assert_int_equal(number, 2);
    assert_int_equal(vane_sql_number(file->store.db, "SELECT count(*) FROM event WHERE note='none'",
                                     0, 0, &number),
                     0);
    assert_int_equal(number, 1);
    assert_int_equal(vane_sql_migrate(file->store.db, &later), 0);
    assert_int_equal(vane_sql_migrate(file->store.db, &vane_store_schema), -EPROTO);
}

static void test_migration_that_fails_leaves_the_old_version(void **state)
{
    struct file *file = *state;
    const char *steps[] = {vane_store_schema.steps[0], later_step, "ALTER TABLE nothing ADD x"};
    const struct vane_sql_schema broken = {vane_store_schema.application_id, ELEMENTS(steps),
                                           steps};
    int64_t number;

    add(file, "link.state", NULL, NULL);
    assert_int_not_equal(vane_sql_migrate(file->store.db, &broken), 0);
    assert_int_equal(vane_sql_number(file->store.db, "PRAGMA user_version", 0, 0, &number), 0);
    assert_int_equal(number, 1);
    assert_asked(file, everything(), "1");
}

static void test_file_of_another_program_is_set_aside(void **state)
{
    struct file *file = *state;
    sqlite3 *other;

    vane_store_close(&file->store, true);
    unlink(file->store.path);
    assert_int_equal(sqlite3_open(file->store.path, &other), SQLITE_OK);
    assert_int_equal(vane_sql_run(other, "CREATE TABLE song(name)"), 0);
    sqlite3_close(other);
    assert_int_equal(vane_store_open(&file->store), 0);
    assert_true(file->store.set_aside[0] != '\0');
    assert_int_equal(access(file->store.set_aside, F_OK), 0);
    add(file, "link.state", NULL, NULL);
    assert_asked(file, everything(), "1");
}

static void test_changed_record_is_counted_and_left_out(void **state)
{
    struct file *file = *state;

    for (int i = 0; i < 3; i++)
        add(file, "link.state", NULL, NULL);
    assert_int_equal(
        vane_sql_run(file->store.db, "UPDATE event SET json=replace(json, 's', 'S') WHERE seq=2"),
        0);
    assert_asked(file, everything(), "1 3");
    assert_int_equal(file->store.damaged, 1);
}

static void test_batch_that_fails_leaves_nothing(void **state)
{
    struct file *file = *state;
    struct vane_store_entry entries[] = {
        {.seq = 1, .id = "", .topic = "a.b", .json = "{}", .json_length = 2},
        {.seq = 2, .id = "", .topic = "a.c", .json = "{}", .json_length = 2},
    };

    assert_int_equal(vane_sql_run(file->store.db,
                                  "CREATE TEMP TRIGGER refuse BEFORE INSERT ON event WHEN NEW.seq=2"
                                  " BEGIN SELECT RAISE(ABORT, 'no'); END"),
                     0);
    assert_int_not_equal(vane_store_write(&file->store, FIRST, entries, 2, 2, false), 0);
    assert_asked(file, everything(), "");
    assert_int_equal(file->store.events, 0);
    assert_int_equal(vane_sql_run(file->store.db, "DROP TRIGGER refuse"), 0);
    assert_int_equal(vane_store_write(&file->store, FIRST, entries, 2, 2, false), 0);
    assert_asked(file, everything(), "1 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_all_events_come_in_order_page_by_page),
        TEST(test_conditions_are_joined),
        TEST(test_time_bounds_hold_also_when_the_clock_was_set_back),
        TEST(test_seqs_are_those_of_one_epoch),
        TEST(test_rare_topic_is_found_among_many_events),
        TEST(test_event_that_comes_twice_is_kept_once),
        TEST(test_record_is_what_was_written_to_the_byte),
        TEST(test_story_has_causes_the_event_and_effects),
        TEST(test_causes_in_a_circle_end),
        TEST(test_story_of_an_unknown_event_is_an_error),
        TEST(test_position_leads_a_reader_across_epochs),
        TEST(test_position_of_what_is_gone_is_where_to_go_on),
        TEST(test_end_of_an_epoch_is_known),
        TEST(test_rows_are_never_used_again),
        TEST(test_limits_of_age_and_number_take_the_oldest),
        TEST(test_older_file_is_migrated_with_what_it_holds),
        TEST(test_migration_that_fails_leaves_the_old_version),
        TEST(test_file_of_another_program_is_set_aside),
        TEST(test_changed_record_is_counted_and_left_out),
        TEST(test_batch_that_fails_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
