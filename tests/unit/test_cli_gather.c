/* One question to many machines: when it is over, and who was silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "cli/cluster/gather.h"

static gpointer names[] = {(gpointer) "UC", (gpointer) "UA", (gpointer) "UB"};
static const GPtrArray three_names = {names, G_N_ELEMENTS(names)};
static const GPtrArray *const three = &three_names;

static struct vane_gather *gather_of(const GPtrArray *expected, bool only_expected)
{
    const struct vane_gather_plan plan = {expected, only_expected, 5000, 500};

    return vane_gather_new(&plan, 1000);
}

static void assert_silent(const struct vane_gather *gather, const char *expected)
{
    g_autoptr(GPtrArray) silent = vane_gather_silent(gather);
    g_autofree char *joined = NULL;

    g_ptr_array_add(silent, NULL);
    joined = g_strjoinv(" ", (char **)silent->pdata);
    assert_string_equal(joined, expected);
}

static void test_it_is_over_when_all_have_answered(void **state)
{
    struct vane_gather *gather = gather_of(three, false);

    assert_int_equal(vane_gather_wait(gather, 1000), 5000);
    assert_int_equal(vane_gather_take(gather, "UA", true, 1010), VANE_GATHER_FIRST);
    assert_int_equal(vane_gather_take(gather, "UB", false, 1020), VANE_GATHER_FIRST);
    /* The stall time is for who does not know whom to wait for. */
    assert_int_equal(vane_gather_wait(gather, 4000), 2000);
    assert_silent(gather, "UC");
    assert_int_equal(vane_gather_take(gather, "UC", true, 4010), VANE_GATHER_FIRST);
    assert_int_equal(vane_gather_wait(gather, 4010), 0);
    assert_silent(gather, "");
    vane_gather_free(gather);
}

static void test_the_deadline_ends_it_and_the_silent_are_named(void **state)
{
    struct vane_gather *gather = gather_of(three, false);

    vane_gather_take(gather, "UB", true, 1010);
    assert_int_equal(vane_gather_wait(gather, 5999), 1);
    assert_int_equal(vane_gather_wait(gather, 6000), 0);
    assert_int_equal(vane_gather_wait(gather, 9000), 0);
    assert_silent(gather, "UA UC");
    vane_gather_free(gather);
}

static void test_with_nobody_known_it_ends_a_stall_time_after_the_last_answer(void **state)
{
    struct vane_gather *gather = gather_of(NULL, false);

    assert_int_equal(vane_gather_wait(gather, 3000), 3000);
    vane_gather_take(gather, "UA", true, 3000);
    assert_int_equal(vane_gather_wait(gather, 3000), 500);
    vane_gather_take(gather, "UB", true, 3400);
    assert_int_equal(vane_gather_wait(gather, 3400), 500);
    assert_int_equal(vane_gather_wait(gather, 3900), 0);
    /* Never beyond the deadline. */
    vane_gather_take(gather, "UC", true, 5900);
    assert_int_equal(vane_gather_wait(gather, 5900), 100);
    assert_silent(gather, "");
    vane_gather_free(gather);
}

static void test_nobody_answers(void **state)
{
    struct vane_gather *gather = gather_of(NULL, false);

    assert_int_equal(vane_gather_wait(gather, 1500), 4500);
    assert_int_equal(vane_gather_wait(gather, 6000), 0);
    vane_gather_free(gather);
}

static void test_a_machine_that_answers_twice_counts_once(void **state)
{
    struct vane_gather *gather = gather_of(three, false);

    assert_int_equal(vane_gather_take(gather, "UA", true, 1010), VANE_GATHER_FIRST);
    assert_int_equal(vane_gather_take(gather, "UA", true, 1020), VANE_GATHER_AGAIN);
    assert_int_equal(vane_gather_take(gather, "UA", false, 1030), VANE_GATHER_AGAIN);
    assert_silent(gather, "UB UC");
    vane_gather_free(gather);
}

/* Whoever speaks first in another's name does not have the last word. */
static void test_a_proven_answer_takes_the_place_of_an_unproven_one(void **state)
{
    struct vane_gather *gather = gather_of(three, false);

    assert_int_equal(vane_gather_take(gather, "UA", false, 1010), VANE_GATHER_FIRST);
    assert_int_equal(vane_gather_take(gather, "UA", true, 1020), VANE_GATHER_BETTER);
    assert_int_equal(vane_gather_take(gather, "UA", true, 1030), VANE_GATHER_AGAIN);
    assert_silent(gather, "UB UC");
    vane_gather_free(gather);
}

static void test_who_was_not_asked_is_not_heard(void **state)
{
    struct vane_gather *gather = gather_of(three, true);

    assert_int_equal(vane_gather_take(gather, "UX", true, 1010), VANE_GATHER_UNASKED);
    vane_gather_free(gather);

    /* All were asked: one that is new is welcome, but nobody has waited for it. */
    gather = gather_of(three, false);
    assert_int_equal(vane_gather_take(gather, "UX", true, 1010), VANE_GATHER_FIRST);
    assert_silent(gather, "UA UB UC");
    vane_gather_free(gather);
}

/* Some say that they are there, and are waited for; a stall time is for those who do not say so. */
static void test_who_says_that_it_is_there_is_waited_for(void **state)
{
    struct vane_gather *gather = gather_of(NULL, false);

    vane_gather_take(gather, "UB", true, 1010);
    vane_gather_expect(gather, "UA", 1020);
    vane_gather_expect(gather, "UB", 1020);
    assert_int_equal(vane_gather_wait(gather, 3000), 3000);
    assert_silent(gather, "UA");
    assert_int_equal(vane_gather_take(gather, "UA", true, 3000), VANE_GATHER_FIRST);
    assert_int_equal(vane_gather_wait(gather, 3000), 500);
    assert_silent(gather, "");
    vane_gather_complete(gather); /* somebody has told that there are no others */
    assert_int_equal(vane_gather_wait(gather, 3000), 0);
    vane_gather_hold(gather, true);
    assert_int_equal(vane_gather_wait(gather, 3000), 3000);
    assert_int_equal(vane_gather_wait(gather, 6000), 0);
    vane_gather_free(gather);
}

/* The server says that nobody listens: then there is nothing to wait for. */
static void test_who_is_absent_is_silent_at_once(void **state)
{
    struct vane_gather *gather = gather_of(three, true);

    vane_gather_take(gather, "UA", true, 1010);
    vane_gather_absent(gather, "UB");
    vane_gather_absent(gather, "UB");
    vane_gather_absent(gather, "UA");
    assert_int_equal(vane_gather_wait(gather, 1020), 4980);
    vane_gather_absent(gather, "UC");
    assert_int_equal(vane_gather_wait(gather, 1020), 0);
    assert_silent(gather, "UB UC");
    vane_gather_free(gather);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_over_when_all_have_answered),
        cmocka_unit_test(test_the_deadline_ends_it_and_the_silent_are_named),
        cmocka_unit_test(test_with_nobody_known_it_ends_a_stall_time_after_the_last_answer),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_a_machine_that_answers_twice_counts_once),
        cmocka_unit_test(test_a_proven_answer_takes_the_place_of_an_unproven_one),
        cmocka_unit_test(test_who_was_not_asked_is_not_heard),
        cmocka_unit_test(test_who_says_that_it_is_there_is_waited_for),
        cmocka_unit_test(test_who_is_absent_is_silent_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
