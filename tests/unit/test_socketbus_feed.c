/* The queue that clients with the same subscription share: places, losses, batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "plugins/socketbus/feed.h"

#define LINES 4u
#define BYTES 100000u

static struct vane_feed *feed;
static struct vane_reader reader, other;

static int setup(void **state)
{
    struct vane_stream_request request = {.patterns = g_strdup(">")};
    struct vane_filter filter;

    vane_filter_init(&filter, &request, true);
    feed = vane_feed_new(&filter);
    vane_reader_join(&reader, feed, 0, NULL);
    vane_reader_join(&other, feed, 0, NULL);
    return 0;
}

static int teardown(void **state)
{
    vane_reader_leave(&reader);
    vane_reader_leave(&other);
    vane_feed_free(feed);
    return vane_lines_memory() == 0 ? 0 : -1;
}

static void push_up_to(uint64_t first, uint64_t last)
{
    for (; first <= last; first++) {
        g_autofree char *json = g_strdup_printf("{\"seq\":%" G_GUINT64_FORMAT "}", first);
        struct vane_line *line = vane_line_of_text(json, strlen(json), "a.b", first);

        vane_feed_push(feed, line, LINES, BYTES);
        vane_line_unref(line);
    }
}

static void assert_next(struct vane_reader *from, uint64_t seq)
{
    uint64_t lost_from, lost_to;
    struct vane_line *line = vane_reader_peek(from, &lost_from, &lost_to);

    assert_int_equal(lost_from, 0);
    assert_non_null(line);
    assert_int_equal(line->seq, seq);
}

static void assert_lost(struct vane_reader *from, uint64_t first, uint64_t last)
{
    uint64_t lost_from, lost_to;

    (void)vane_reader_peek(from, &lost_from, &lost_to);
    assert_int_equal(lost_from, first);
    assert_int_equal(lost_to, last);
    vane_reader_admit(from, lost_to);
}

static void assert_all_read(struct vane_reader *from)
{
    uint64_t lost_from, lost_to;

    assert_null(vane_reader_peek(from, &lost_from, &lost_to));
    assert_int_equal(lost_from, 0);
}

static void read_all(struct vane_reader *from)
{
    uint64_t lost_from, lost_to;
    struct vane_batch batch;

    while (vane_reader_peek(from, &lost_from, &lost_to)) {
        vane_reader_batch(from, 4096, &batch);
        vane_reader_advance(from, &batch);
    }
}

static void test_slow_reader_loses_the_oldest_and_is_told_which(void **state)
{
    push_up_to(1, 2);
    read_all(&other);
    push_up_to(3, 10);
    assert_int_equal(vane_reader_dropped(&reader), 6);
    assert_int_equal(vane_reader_waiting(&reader), 4);
    assert_lost(&reader, 1, 6);
    assert_next(&reader, 7);
    assert_lost(&other, 3, 6);
    read_all(&reader);
    push_up_to(11, 12);
    assert_next(&reader, 11);
}

static void test_a_reader_of_nothing_but_losses_hears_of_them_with_the_next_event(void **state)
{
    push_up_to(1, 4);
    vane_feed_forget(feed, 4);
    assert_all_read(&reader);
    push_up_to(9, 9);
    assert_lost(&reader, 1, 8);
    assert_next(&reader, 9);
}

static void test_events_up_to_the_floor_are_passed_over(void **state)
{
    vane_reader_leave(&reader);
    vane_reader_join(&reader, feed, 2, NULL);
    push_up_to(1, 3);
    assert_next(&reader, 3);
}

static void test_bytes_bound_the_queue_but_never_the_newest_line(void **state)
{
    g_autofree char *text = g_strnfill(BYTES * 2, 'x');
    struct vane_line *line = vane_line_of_text(text, BYTES * 2, "a.b", 5);

    push_up_to(1, 3);
    vane_feed_push(feed, line, LINES, BYTES);
    vane_line_unref(line);
    assert_lost(&reader, 1, 4);
    assert_next(&reader, 5);
    read_all(&reader);
}

static void test_readers_at_one_place_get_the_same_bytes(void **state)
{
    struct vane_batch mine, theirs;

    push_up_to(1, 3);
    assert_next(&reader, 1);
    assert_next(&other, 1);
    vane_reader_batch(&reader, 4096, &mine);
    vane_reader_batch(&other, 4096, &theirs);
    assert_ptr_equal(mine.text, theirs.text);
    assert_int_equal(mine.lines, 3);
    assert_memory_equal(mine.text, "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n", mine.length);
}

static void test_a_batch_keeps_to_its_size(void **state)
{
    struct vane_batch batch;

    push_up_to(1, 3);
    vane_reader_batch(&reader, 25, &batch);
    assert_int_equal(batch.lines, 2);
    vane_reader_batch(&reader, 1, &batch);
    assert_int_equal(batch.lines, 1);
}

static void test_what_all_have_read_is_given_up(void **state)
{
    push_up_to(1, 3);
    read_all(&reader);
    vane_feed_trim(feed);
    assert_int_equal(feed->next - feed->first, 3);
    read_all(&other);
    vane_feed_trim(feed);
    assert_int_equal(feed->next - feed->first, 0);
    assert_int_equal(feed->bytes, 0);
}

static void test_losses_of_the_host_are_told_in_their_place(void **state)
{
    struct vane_line *loss = vane_line_of_loss(2, 5);

    push_up_to(1, 1);
    vane_feed_push(feed, loss, LINES, BYTES);
    vane_line_unref(loss);
    push_up_to(6, 6);
    assert_next(&reader, 1);
    struct vane_batch batch;
    vane_reader_batch(&reader, 4096, &batch);
    assert_int_equal(batch.lines, 1);
    vane_reader_advance(&reader, &batch);
    assert_lost(&reader, 2, 5);
    assert_next(&reader, 6);
}

static void test_a_retired_reader_gets_the_rest_and_no_more(void **state)
{
    struct vane_reader retired;

    push_up_to(1, 2);
    vane_reader_retire(&reader, &retired);
    push_up_to(3, 3);
    assert_next(&retired, 1);
    read_all(&retired);
    assert_all_read(&retired);
    vane_reader_leave(&retired);
}

static void test_a_retired_reader_that_lost_its_rest_is_told(void **state)
{
    struct vane_reader retired;

    push_up_to(1, 3);
    vane_reader_retire(&reader, &retired);
    push_up_to(4, 12);
    assert_lost(&retired, 1, 3);
    assert_all_read(&retired);
    assert_int_equal(vane_reader_dropped(&retired), 3);
    vane_reader_leave(&retired);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_slow_reader_loses_the_oldest_and_is_told_which, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_a_reader_of_nothing_but_losses_hears_of_them_with_the_next_event, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events_up_to_the_floor_are_passed_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_bytes_bound_the_queue_but_never_the_newest_line, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_readers_at_one_place_get_the_same_bytes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_batch_keeps_to_its_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_all_have_read_is_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_losses_of_the_host_are_told_in_their_place, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_retired_reader_gets_the_rest_and_no_more, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_retired_reader_that_lost_its_rest_is_told, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
