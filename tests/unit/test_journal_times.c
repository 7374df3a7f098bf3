/* Points in time as people write them, and the queue between the bus and the writer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "plugins/journal/journal.h"

#define NOW (INT64_C(1800000000) * 1000000000)

static int64_t parse(const char *text)
{
    int64_t time_ns = -1;
    int r = vane_journal_parse_time(text, NOW, &time_ns);

    return r < 0 ? r : time_ns;
}

static void test_spans_count_back_from_now(void **state)
{
    assert_int_equal(parse("now"), NOW);
    assert_int_equal(parse("1h"), NOW - INT64_C(3600) * 1000000000);
    assert_int_equal(parse("500ms"), NOW - 500000000);
    assert_int_equal(parse("100000d"), 1);
}

static void test_dates_are_local_unless_they_have_a_zone(void **state)
{
    setenv("TZ", "UTC-2", 1); /* two hours east */
    tzset();
    assert_int_equal(parse("@1700000000"), INT64_C(1700000000) * 1000000000);
    assert_int_equal(parse("2023-11-14T22:13:20Z"), INT64_C(1700000000) * 1000000000);
    assert_int_equal(parse("2023-11-14T22:13:20.5Z"), INT64_C(1700000000) * 1000000000 + 500000000);
    assert_int_equal(parse("2023-11-15T00:13:20"), INT64_C(1700000000) * 1000000000);
    assert_int_equal(parse("2023-11-15"), (INT64_C(1700000000) - 800) * 1000000000);
}

static void test_what_is_no_time_is_refused(void **state)
{
    static const char *const wrong[] = {"",         "yesterday-ish", "@",     "@-1",
                                        "@1x",      "2023-13-01",    "12:00", "1h ago",
                                        "infinity", "1900-01-01"};

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_int_equal(parse(wrong[i]), -EINVAL);
}

static void test_times_come_out_as_rfc_3339(void **state)
{
    g_autofree char *text = vane_journal_format_time(INT64_C(1700000000000000042));

    assert_string_equal(text, "2023-11-14T22:13:20.000000042Z");
}

/* ---- the queue ---- */

static unsigned released;

static void release(const void *event)
{
    released++;
}

static void push(struct vane_pending *pending, uint64_t first, uint64_t last, size_t bytes)
{
    for (uint64_t seq = first; seq <= last; seq++)
        vane_pending_push(pending, NULL, seq, bytes);
}

static void test_full_queue_loses_the_oldest_and_remembers_which(void **state)
{
    struct vane_pending pending = {.release = release, .events_max = 100};
    g_autoptr(GArray) batch = g_array_new(FALSE, FALSE, sizeof(struct vane_pending_event));

    released = 0;
    push(&pending, 1, 130, 10);
    assert_int_equal(pending.count, 100);
    assert_int_equal(released, 30);
    assert_int_equal(pending.lost_first, 1);
    assert_int_equal(pending.lost_last, 30);
    assert_int_equal(pending.lost_count, 30);
    vane_pending_take(&pending, 40, 1000, batch);
    assert_int_equal(batch->len, 40);
    assert_int_equal(g_array_index(batch, struct vane_pending_event, 0).seq, 31);
    vane_pending_clear(&pending);
}

static void test_queue_is_bounded_in_bytes_too(void **state)
{
    struct vane_pending pending = {.release = release, .bytes_max = 1000};

    push(&pending, 1, 20, 100);
    assert_int_equal(pending.count, 10);
    assert_int_equal(pending.bytes, 1000);
    push(&pending, 21, 21, 5000); /* alone larger than the bound: it stays, alone */
    assert_int_equal(pending.count, 1);
    assert_int_equal(pending.lost_count, 20);
    vane_pending_clear(&pending);
}

static void test_batch_is_bounded_in_bytes_but_never_empty(void **state)
{
    struct vane_pending pending = {.release = release};
    g_autoptr(GArray) batch = g_array_new(FALSE, FALSE, sizeof(struct vane_pending_event));

    push(&pending, 1, 3, 600);
    vane_pending_take(&pending, 10, 1000, batch);
    assert_int_equal(batch->len, 1);
    g_array_set_size(batch, 0);
    vane_pending_take(&pending, 10, 100, batch);
    assert_int_equal(batch->len, 1);
    vane_pending_clear(&pending);
}

static void test_empty_queue_holds_no_memory(void **state)
{
    struct vane_pending pending = {.release = release};
    g_autoptr(GArray) batch = g_array_new(FALSE, FALSE, sizeof(struct vane_pending_event));

    push(&pending, 1, 5000, 1);
    vane_pending_take(&pending, 5000, 1 << 20, batch);
    assert_null(pending.ring);
    push(&pending, 5001, 5001, 1);
    assert_int_equal(pending.pushed, 5001);
    vane_pending_clear(&pending);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans_count_back_from_now),
        cmocka_unit_test(test_dates_are_local_unless_they_have_a_zone),
        cmocka_unit_test(test_what_is_no_time_is_refused),
        cmocka_unit_test(test_times_come_out_as_rfc_3339),
        cmocka_unit_test(test_full_queue_loses_the_oldest_and_remembers_which),
        cmocka_unit_test(test_queue_is_bounded_in_bytes_too),
        cmocka_unit_test(test_batch_is_bounded_in_bytes_but_never_empty),
        cmocka_unit_test(test_empty_queue_holds_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
