/* Services: offers and watches in any order, withdrawal, revocation, callbacks that change it all.
 */
#include <errno.h>

#include "engine/services.h"
#include "tests/unit/engine_fixture.h"

#define SERVICES (&vane_services_table)

static const int table_one, table_two;
static int provider_one, provider_two;

struct watcher {
    struct vane_self *self;
    struct vane_service_watch *watch;
    const void *table;
    void *provider;
    unsigned calls, ends;
    bool unwatches;              /* in its next callback */
    const void *offers_in_place; /* when what it used has gone */
    struct vane_service *service;
};

static void on_changed(void *user, const void *table, void *provider)
{
    struct watcher *watcher = user;

    watcher->calls++;
    watcher->ends += table == NULL;
    watcher->table = table;
    watcher->provider = provider;
    if (watcher->unwatches)
        assert_int_equal(SERVICES->unwatch(watcher->self, watcher->watch), 0);
    if (watcher->offers_in_place && !table && !watcher->service)
        assert_int_equal(SERVICES->offer(watcher->self, "store", 1, watcher->offers_in_place,
                                         &provider_two, &watcher->service),
                         0);
}

static int start(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);

    fixture_start(fixture);
    assert_int_equal(vane_service_registry_new(&fixture->engine.services), 0);
    *state = fixture;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fixture = *state;

    fixture_revoke(&fixture->beta); /* the watchers, which lay on the test's stack */
    fixture_revoke(&fixture->alpha);
    vane_service_registry_free(fixture->engine.services);
    fixture_stop(fixture);
    g_free(fixture);
    return 0;
}

static struct vane_service *offer(struct vane_self *self, uint32_t version, const void *table)
{
    struct vane_service *service = NULL;

    assert_int_equal(SERVICES->offer(self, "store", version, table, &provider_one, &service), 0);
    return service;
}

static void watch(struct watcher *watcher, struct vane_self *self, uint32_t version)
{
    watcher->self = self;
    assert_int_equal(SERVICES->watch(self, "store", version, on_changed, watcher, &watcher->watch),
                     0);
}

static void test_a_watcher_hears_of_coming_and_going(void **state)
{
    struct fixture *fixture = *state;
    struct watcher watcher = {0};
    struct vane_service *service;

    watch(&watcher, &fixture->beta, 1);
    assert_int_equal(watcher.calls, 0);

    service = offer(&fixture->alpha, 1, &table_one);
    assert_ptr_equal(watcher.table, &table_one);
    assert_ptr_equal(watcher.provider, &provider_one);

    assert_int_equal(SERVICES->withdraw(&fixture->alpha, service), 0);
    assert_null(watcher.table);
    assert_int_equal(watcher.calls, 2);
}

static void test_a_late_watcher_is_told_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct watcher watcher = {0};

    offer(&fixture->alpha, 1, &table_one);
    watch(&watcher, &fixture->beta, 1);
    assert_ptr_equal(watcher.table, &table_one);
    assert_int_equal(watcher.calls, 1);
}

static void test_versions_are_different_services(void **state)
{
    struct fixture *fixture = *state;
    struct watcher one = {0}, two = {0};

    watch(&one, &fixture->beta, 1);
    watch(&two, &fixture->beta, 2);
    offer(&fixture->alpha, 2, &table_two);
    assert_int_equal(one.calls, 0);
    assert_ptr_equal(two.table, &table_two);
}

static void test_a_taken_name_is_refused_with_its_holder(void **state)
{
    struct fixture *fixture = *state;
    struct vane_service *service = NULL;

    offer(&fixture->alpha, 1, &table_one);
    assert_int_equal(SERVICES->offer(&fixture->beta, "store", 1, &table_two, NULL, &service),
                     -EEXIST);
    assert_null(service);
    assert_true(logged(fixture, "plugin alpha offers it"));
}

static void test_an_unwatched_watch_is_silent(void **state)
{
    struct fixture *fixture = *state;
    struct watcher watcher = {0};

    watch(&watcher, &fixture->beta, 1);
    assert_int_equal(SERVICES->unwatch(&fixture->alpha, watcher.watch), -EPERM);
    assert_int_equal(SERVICES->unwatch(&fixture->beta, watcher.watch), 0);
    assert_int_equal(SERVICES->unwatch(&fixture->beta, NULL), 0);
    offer(&fixture->alpha, 1, &table_one);
    assert_int_equal(watcher.calls, 0);
}

static void test_when_the_provider_dies_others_are_told_and_it_is_not(void **state)
{
    struct fixture *fixture = *state;
    struct watcher own = {0}, other = {0};

    watch(&own, &fixture->alpha, 1);
    offer(&fixture->alpha, 1, &table_one);
    watch(&other, &fixture->beta, 1);

    fixture_revoke(&fixture->alpha);
    assert_int_equal(other.ends, 1);
    assert_int_equal(own.calls, 1);
}

static void test_callbacks_may_unwatch(void **state)
{
    struct fixture *fixture = *state;
    struct watcher first = {.unwatches = true}, second = {0};
    struct vane_service *service;

    watch(&first, &fixture->beta, 1);
    watch(&second, &fixture->beta, 1);
    service = offer(&fixture->alpha, 1, &table_one);
    SERVICES->withdraw(&fixture->alpha, service);
    assert_int_equal(first.calls, 1);
    assert_int_equal(second.calls, 2);
}

static void test_a_watch_may_end_within_its_first_callback(void **state)
{
    struct fixture *fixture = *state;
    struct watcher watcher = {.unwatches = true};

    offer(&fixture->alpha, 1, &table_one);
    watch(&watcher, &fixture->beta, 1);
    assert_int_equal(watcher.calls, 1);
}

static void test_a_successor_comes_only_after_the_end_was_told(void **state)
{
    struct fixture *fixture = *state;
    struct watcher heir = {.offers_in_place = &table_two}, bystander = {0};
    struct vane_service *service;

    watch(&heir, &fixture->beta, 1);
    watch(&bystander, &fixture->beta, 1);
    service = offer(&fixture->alpha, 1, &table_one);

    assert_int_equal(SERVICES->withdraw(&fixture->alpha, service), 0);
    assert_int_equal(bystander.calls, 3);
    assert_int_equal(bystander.ends, 1);
    assert_ptr_equal(bystander.table, &table_two);
}

struct pendulum {
    struct vane_self *self;
    struct vane_service *service;
    int error;
};

static void offer_or_withdraw(void *user, const void *table, void *provider)
{
    struct pendulum *pendulum = user;
    struct vane_service *service = pendulum->service;
    int r;

    if (table && service) {
        pendulum->service = NULL;
        SERVICES->withdraw(pendulum->self, service);
    } else if (!table) {
        r = SERVICES->offer(pendulum->self, "store", 1, &table_one, NULL, &pendulum->service);
        pendulum->error = pendulum->error ? pendulum->error : r;
    }
}

static void test_plugins_that_swing_do_not_use_up_the_stack(void **state)
{
    struct fixture *fixture = *state;
    struct pendulum pendulum = {.self = &fixture->beta};
    struct vane_service_watch *watcher = NULL;
    struct vane_service *service = offer(&fixture->alpha, 1, &table_one);

    assert_int_equal(
        SERVICES->watch(&fixture->beta, "store", 1, offer_or_withdraw, &pendulum, &watcher), 0);
    SERVICES->withdraw(&fixture->alpha, service);
    assert_int_equal(pendulum.error, -ELOOP);
}

static void test_nonsense_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct vane_service *service = NULL;
    struct vane_service_watch *watcher = NULL;

    assert_int_equal(SERVICES->offer(&fixture->alpha, "", 1, &table_one, NULL, &service), -EINVAL);
    assert_int_equal(SERVICES->offer(&fixture->alpha, "A b", 1, &table_one, NULL, &service),
                     -EINVAL);
    assert_int_equal(SERVICES->offer(&fixture->alpha, "store", 1, NULL, NULL, &service), -EINVAL);
    assert_int_equal(SERVICES->watch(&fixture->alpha, "store", 1, NULL, NULL, &watcher), -EINVAL);
    service = offer(&fixture->alpha, 1, &table_one);
    assert_int_equal(SERVICES->withdraw(&fixture->beta, service), -EPERM);
    assert_int_equal(SERVICES->withdraw(&fixture->alpha, NULL), 0);
}

#define services_test(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        services_test(test_a_watcher_hears_of_coming_and_going),
        services_test(test_a_late_watcher_is_told_at_once),
        services_test(test_versions_are_different_services),
        services_test(test_a_taken_name_is_refused_with_its_holder),
        services_test(test_an_unwatched_watch_is_silent),
        services_test(test_when_the_provider_dies_others_are_told_and_it_is_not),
        services_test(test_callbacks_may_unwatch),
        services_test(test_a_watch_may_end_within_its_first_callback),
        services_test(test_a_successor_comes_only_after_the_end_was_told),
        services_test(test_plugins_that_swing_do_not_use_up_the_stack),
        services_test(test_nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
