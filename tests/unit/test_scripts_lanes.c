/* Queues per interface: order, parallelism, coalescing, bounds, quiet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "plugins/scripts/lanes.h"

struct vane_job {
    int kind, number;
};

static int released; /* the number of the job that was released last */

static void release(struct vane_job *job)
{
    released = job->number;
    g_free(job);
}

static gboolean supersedes(const struct vane_job *newer, const struct vane_job *older)
{
    return newer->kind == older->kind;
}

static struct vane_job *job(int kind, int number)
{
    struct vane_job *new = g_new0(struct vane_job, 1);

    new->kind = kind;
    new->number = number;
    return new;
}

static int setup(void **state)
{
    static struct vane_lanes lanes;

    lanes = (struct vane_lanes){
        .parallel = 8, .limit = 100, .release = release, .supersedes = supersedes};
    vane_lanes_init(&lanes);
    released = 0;
    *state = &lanes;
    return 0;
}

static int teardown(void **state)
{
    vane_lanes_clear(*state);
    return 0;
}

/* Ends the lane's running job. */
static void end(struct vane_lanes *lanes, struct vane_lane *lane)
{
    g_free(lane->running);
    vane_lanes_end(lanes, lane);
}

static int start(struct vane_lanes *lanes, struct vane_lane **lane)
{
    struct vane_job *started = vane_lanes_start(lanes, lane);

    return started ? started->number : 0;
}

static void test_jobs_of_one_interface_run_in_order_one_at_a_time(void **state)
{
    struct vane_lanes *lanes = *state;
    struct vane_lane *lane, *none;

    vane_lanes_push(lanes, 2, "eth0", job(1, 1));
    vane_lanes_push(lanes, 2, "eth0", job(2, 2));

    assert_int_equal(start(lanes, &lane), 1);
    assert_int_equal(start(lanes, &none), 0);
    end(lanes, lane);
    assert_int_equal(start(lanes, &lane), 2);
    end(lanes, lane);
    assert_int_equal(start(lanes, &none), 0);
    assert_int_equal(g_hash_table_size(lanes->by_index), 0);
}

static void test_slow_interface_delays_no_other(void **state)
{
    struct vane_lanes *lanes = *state;
    struct vane_lane *slow, *other;

    vane_lanes_push(lanes, 2, "slow", job(1, 1));
    vane_lanes_push(lanes, 2, "slow", job(1, 2));
    vane_lanes_push(lanes, 3, "other", job(1, 3));
    vane_lanes_push(lanes, 3, "other", job(1, 4));
    assert_int_equal(start(lanes, &slow), 1);

    assert_int_equal(start(lanes, &other), 3);
    end(lanes, other);
    assert_int_equal(start(lanes, &other), 4);
    end(lanes, other);
    end(lanes, slow);
}

static void test_no_more_than_max_parallel_run(void **state)
{
    struct vane_lanes *lanes = *state;
    struct vane_lane *first, *second, *third;

    lanes->parallel = 2;
    for (unsigned i = 1; i <= 3; i++)
        vane_lanes_push(lanes, i, "x", job(1, (int)i));

    assert_int_equal(start(lanes, &first), 1);
    assert_int_equal(start(lanes, &second), 2);
    assert_int_equal(start(lanes, &third), 0);
    end(lanes, second);
    assert_int_equal(start(lanes, &third), 3);
    end(lanes, first);
    end(lanes, third);
}

static void test_coalescing_drops_what_waits_but_not_what_runs(void **state)
{
    struct vane_lanes *lanes = *state;
    struct vane_lane *lane;

    lanes->coalesce = TRUE;
    vane_lanes_push(lanes, 2, "eth0", job(1, 1));
    assert_int_equal(start(lanes, &lane), 1);
    vane_lanes_push(lanes, 2, "eth0", job(1, 2));
    vane_lanes_push(lanes, 2, "eth0", job(7, 3));

    vane_lanes_push(lanes, 2, "eth0", job(1, 4));

    assert_int_equal(released, 2);
    assert_int_equal(lane->superseded, 1);
    end(lanes, lane);
    assert_int_equal(start(lanes, &lane), 3);
    end(lanes, lane);
    assert_int_equal(start(lanes, &lane), 4);
    end(lanes, lane);
}

static void test_without_coalescing_every_job_runs(void **state)
{
    struct vane_lanes *lanes = *state;
    struct vane_lane *lane;

    vane_lanes_push(lanes, 2, "eth0", job(1, 1));
    vane_lanes_push(lanes, 2, "eth0", job(1, 2));

    assert_int_equal(start(lanes, &lane), 1);
    end(lanes, lane);
    assert_int_equal(start(lanes, &lane), 2);
    end(lanes, lane);
    assert_int_equal(released, 0);
}

static void test_full_queue_loses_the_oldest_and_counts(void **state)
{
    struct vane_lanes *lanes = *state;
    struct vane_lane *lane;

    lanes->limit = 2;
    vane_lanes_push(lanes, 2, "eth0", job(1, 1));
    vane_lanes_push(lanes, 2, "eth0", job(1, 2));
    lane = vane_lanes_push(lanes, 2, "eth0", job(1, 3));

    assert_int_equal(released, 1);
    assert_int_equal(lane->dropped, 1);
    assert_true(lane->overflowing);
    assert_int_equal(start(lanes, &lane), 2);
    end(lanes, lane);
    assert_int_equal(start(lanes, &lane), 3);
    assert_false(lane->overflowing);
    end(lanes, lane);
}

static void test_held_lane_waits_until_it_is_let_go(void **state)
{
    struct vane_lanes *lanes = *state;
    struct vane_lane *lane = vane_lanes_push(lanes, 2, "eth0", job(1, 1)), *started;

    vane_lanes_hold(lanes, lane);
    assert_int_equal(start(lanes, &started), 0);
    vane_lanes_push(lanes, 2, "eth0", job(1, 2));
    assert_int_equal(start(lanes, &started), 0);

    vane_lanes_let_go(lanes, lane);
    assert_int_equal(start(lanes, &started), 1);
    end(lanes, started);
    assert_int_equal(start(lanes, &started), 2);
    end(lanes, started);
}

static void test_dropping_what_waits_leaves_what_runs(void **state)
{
    struct vane_lanes *lanes = *state;
    struct vane_lane *lane;

    vane_lanes_push(lanes, 2, "eth0", job(1, 1));
    vane_lanes_push(lanes, 2, "eth0", job(1, 2));
    vane_lanes_push(lanes, 3, "eth1", job(1, 3));
    assert_int_equal(start(lanes, &lane), 1);

    vane_lanes_drop_waiting(lanes);

    assert_int_equal(lanes->running, 1);
    assert_int_equal(g_hash_table_size(lanes->by_index), 1);
    end(lanes, lane);
    assert_int_equal(g_hash_table_size(lanes->by_index), 0);
}

static void test_renamed_interface_keeps_its_queue(void **state)
{
    struct vane_lanes *lanes = *state;
    struct vane_lane *lane = vane_lanes_push(lanes, 2, "eth0", job(1, 1));

    assert_ptr_equal(vane_lanes_push(lanes, 2, "lan0", job(1, 2)), lane);
    assert_string_equal(lane->name, "lan0");
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_jobs_of_one_interface_run_in_order_one_at_a_time),
        STORY(test_slow_interface_delays_no_other),
        STORY(test_no_more_than_max_parallel_run),
        STORY(test_coalescing_drops_what_waits_but_not_what_runs),
        STORY(test_without_coalescing_every_job_runs),
        STORY(test_full_queue_loses_the_oldest_and_counts),
        STORY(test_held_lane_waits_until_it_is_let_go),
        STORY(test_dropping_what_waits_leaves_what_runs),
        STORY(test_renamed_interface_keeps_its_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
