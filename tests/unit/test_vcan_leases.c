/* Leases in other network namespaces: what holds one, what ends it, and how many there may be. The
 * host is a stand-in that keeps deletions until the test says how they went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "plugins/vcan/vcan.h"

#define USER  1000
#define QUOTA 3

static struct vane_vcan vcan;
static struct vane_vcan_client client;
static GQueue deletions; /* the entry of each */
static vane_link_done deleted;
static int last_netns_fd;

void vane_vcan_settle(struct vane_vcan *unused)
{
    (void)unused;
}

static int change(struct vane_self *self, uint32_t index, const struct vane_link_change *what,
                  vane_link_done done, void *user)
{
    assert_int_equal(what->what, VANE_LINK_DELETE);
    last_netns_fd = what->netns_fd;
    deleted = done;
    g_queue_push_tail(&deletions, user);
    return 0;
}

static int publish(struct vane_self *self, const char *topic, const struct vane_fields *payload,
                   const struct vane_event *cause, const struct vane_event **event)
{
    return 0;
}

static int now(uint64_t *nanoseconds)
{
    *nanoseconds = 1;
    return 0;
}

static const struct vane_loop loop = {.size = sizeof(loop), .now = now};
static const struct vane_links links = {.size = sizeof(links), .change = change};
static const struct vane_bus bus = {.size = sizeof(bus), .publish = publish};
static const struct vane_host host = {
    .size = sizeof(host), .loop = &loop, .links = &links, .bus = &bus};

static int begin(void **state)
{
    struct vane_can_rule everybody = {.uid = -1, .gid = -1, .quota = QUOTA};

    vcan = (struct vane_vcan){
        .host = &host,
        .owned = g_hash_table_new(NULL, NULL),
        .foreign = g_hash_table_new(vane_vcan_spot_hash, vane_vcan_spot_equal),
        .held = g_hash_table_new(NULL, NULL),
        .creating = g_hash_table_new(NULL, NULL),
        .options.rules = vane_can_rules_new(),
    };
    vane_can_rules_add(vcan.options.rules, &everybody);
    client = (struct vane_vcan_client){.vcan = &vcan, .form = VANE_VCAN_NVC1};
    client.place = vane_vcan_place_new(STDIN_FILENO);
    client.output = g_byte_array_new();
    client.working = true; /* nothing is read after an answer */
    return client.place ? 0 : -1;
}

static int end(void **state)
{
    vane_vcan_place_unref(client.place);
    g_byte_array_unref(client.output);
    g_hash_table_unref(vcan.owned);
    g_hash_table_unref(vcan.foreign);
    g_hash_table_unref(vcan.held);
    g_hash_table_unref(vcan.creating);
    g_array_unref(vcan.options.rules);
    return 0;
}

static struct vane_vcan_job *new_job(void)
{
    struct vane_vcan_job *job = g_new0(struct vane_vcan_job, 1);
    struct vane_mark mark;

    job->vcan = &vcan;
    job->client = &client;
    job->person.uid = USER;
    job->place = g_rc_box_acquire(client.place);
    job->request.operation = VANE_WIRE_CREATE;
    job->request.present = 1u << VANE_WIRE_LEASE;
    vane_vcan_mark(job, &mark);
    vane_mark_write(&mark, job->alias);
    return job;
}

/* False: it was refused. */
static bool lease(uint32_t index)
{
    struct vane_vcan_job *job = new_job();

    if (!vane_vcan_hold(job))
        return false;
    assert_non_null(vane_vcan_own(job, "vcan0", index));
    vane_vcan_job_free(job);
    return true;
}

static void finish_deletions(int result)
{
    struct vane_vcan_owned *owned;

    while ((owned = g_queue_pop_head(&deletions)))
        deleted(owned, result, NULL);
}

static void leave(int result)
{
    vane_vcan_client_leaves(&client);
    finish_deletions(result);
    assert_int_equal(client.leases.length, 0);
    assert_int_equal(g_hash_table_size(vcan.foreign), 0);
    assert_int_equal(vane_vcan_tally(vcan.held, USER, 0), 0);
}

static unsigned open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void test_what_is_deleted_holds_nothing(void **state)
{
    unsigned before = open_descriptors();

    for (uint32_t index = 1; index < 500; index++) {
        assert_true(lease(index));
        vane_vcan_disown(&vcan, client.place, index);
    }
    assert_int_equal(open_descriptors(), before);
    leave(0);
}

static void test_leases_are_bounded_and_renewed_within_the_bound(void **state)
{
    for (uint32_t index = 1; index <= QUOTA; index++)
        assert_true(lease(index));
    assert_false(lease(QUOTA + 1));
    assert_int_equal(vane_vcan_tally(vcan.held, USER, 0), QUOTA);
    vane_vcan_disown(&vcan, client.place, 1);
    assert_true(lease(QUOTA + 1));
    assert_int_equal(g_hash_table_size(vcan.foreign), QUOTA);
    leave(0);
}

static void test_what_is_refused_later_gives_its_room_back(void **state)
{
    struct vane_vcan_job *job = new_job();

    assert_true(vane_vcan_hold(job));
    assert_true(vane_vcan_hold(job));
    assert_int_equal(vane_vcan_tally(vcan.held, USER, 0), 1);
    vane_vcan_job_free(job);
    assert_int_equal(vane_vcan_tally(vcan.held, USER, 0), 0);
}

/* Our own namespace has an interface at the same index. */
static void test_no_lease_needs_a_descriptor_or_ends_elsewhere(void **state)
{
    struct rlimit limit, low;
    struct vane_vcan_job *own = new_job();

    vane_vcan_place_unref(g_steal_pointer(&own->place));
    own->client = NULL;
    assert_non_null(vane_vcan_own(own, "vcan7", 7));
    vane_vcan_job_free(own);
    getrlimit(RLIMIT_NOFILE, &limit);
    low = (struct rlimit){.rlim_cur = 3, .rlim_max = limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &low);
    assert_int_equal(dup(STDIN_FILENO), -1);
    assert_true(lease(7));
    vane_vcan_client_leaves(&client);
    assert_int_equal(last_netns_fd, client.place->fd);
    setrlimit(RLIMIT_NOFILE, &limit);
    finish_deletions(0);
    assert_int_equal(g_hash_table_size(vcan.foreign), 0);
    assert_int_equal(g_hash_table_size(vcan.owned), 1);
    vane_vcan_disown(&vcan, NULL, 7);
}

static void test_a_renewal_outlives_a_deletion_that_came_too_late(void **state)
{
    assert_true(lease(5));
    vane_vcan_expire(vane_vcan_owned_at(&vcan, client.place, 5), "time");
    assert_true(lease(5)); /* its answer comes before that of the deletion */
    finish_deletions(-ESTALE);
    assert_non_null(vane_vcan_owned_at(&vcan, client.place, 5));
    leave(0);
}

static void test_a_renewal_that_saved_nothing_is_forgotten(void **state)
{
    assert_true(lease(5));
    vane_vcan_expire(vane_vcan_owned_at(&vcan, client.place, 5), "time");
    assert_true(lease(5));
    finish_deletions(0);
    leave(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_deleted_holds_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_leases_are_bounded_and_renewed_within_the_bound, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_what_is_refused_later_gives_its_room_back, begin, end),
        cmocka_unit_test_setup_teardown(test_no_lease_needs_a_descriptor_or_ends_elsewhere, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_renewal_outlives_a_deletion_that_came_too_late,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_a_renewal_that_saved_nothing_is_forgotten, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
