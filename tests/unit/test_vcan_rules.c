/* Who may create and change which names, and the marks on what was made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "plugins/vcan/mark.h"
#include "plugins/vcan/rules.h"

static const struct vane_can_person root = {.uid = 0};
static const struct vane_can_person somebody = {.uid = 1000, .gid = 1000};
static const uint32_t robots[] = {50, 77};
static const struct vane_can_person robot = {
    .uid = 1001, .gid = 1001, .groups = robots, .group_count = 2};

static char **words(const char *text)
{
    return g_strsplit(text, " ", -1);
}

static int make_rules(void **state)
{
    const struct vane_can_rule everybody = {.uid = -1,
                                            .gid = -1,
                                            .create = words("vcan* vxcan*"),
                                            .change = words("can* vcan* vxcan*"),
                                            .quota = 4};
    const struct vane_can_rule group = {
        .uid = -1, .gid = 77, .create = words("arm[0-9]"), .quota = 9};
    const struct vane_can_rule both = {
        .uid = 1000, .gid = 77, .create = words("never"), .quota = 99};
    GArray *rules = vane_can_rules_new();

    vane_can_rules_add(rules, &everybody);
    vane_can_rules_add(rules, &group);
    vane_can_rules_add(rules, &both);
    *state = rules;
    return 0;
}

static int free_rules(void **state)
{
    g_array_unref(*state);
    return 0;
}

static void test_everybody_creates_virtual_and_changes_can_names(void **state)
{
    assert_true(vane_can_rules_allow(*state, &somebody, true, "vcan0"));
    assert_true(vane_can_rules_allow(*state, &somebody, true, "vxcan12"));
    assert_false(vane_can_rules_allow(*state, &somebody, true, "can0"));
    assert_true(vane_can_rules_allow(*state, &somebody, false, "can0"));
    assert_false(vane_can_rules_allow(*state, &somebody, false, "eth0"));
    assert_false(vane_can_rules_allow(*state, &somebody, false, ""));
}

static void test_names_that_differ_in_case_are_different(void **state)
{
    assert_false(vane_can_rules_allow(*state, &somebody, true, "VCAN0"));
    assert_false(vane_can_rules_allow(*state, &somebody, true, "Vcan0"));
}

static void test_a_section_adds_for_its_group_only(void **state)
{
    assert_true(vane_can_rules_allow(*state, &robot, true, "arm3"));
    assert_true(vane_can_rules_allow(*state, &robot, true, "vcan0"));
    assert_false(vane_can_rules_allow(*state, &robot, true, "arm33"));
    assert_false(vane_can_rules_allow(*state, &robot, false, "arm3"));
    assert_false(vane_can_rules_allow(*state, &somebody, true, "arm3"));
}

static void test_user_and_group_must_both_hold(void **state)
{
    assert_false(vane_can_rules_allow(*state, &somebody, true, "never"));
    assert_false(vane_can_rules_allow(*state, &robot, true, "never"));
}

static void test_the_largest_quota_holds_and_root_has_none(void **state)
{
    assert_int_equal(vane_can_rules_quota(*state, &somebody), 4);
    assert_int_equal(vane_can_rules_quota(*state, &robot), 9);
    assert_int_equal(vane_can_rules_quota(*state, &root), UINT32_MAX);
    assert_true(vane_can_rules_allow(*state, &root, true, "any name"));
}

/* ---- marks ---- */

static void test_a_mark_is_read_as_it_was_written(void **state)
{
    struct vane_mark mark = {.uid = UINT32_MAX, .lease = VANE_LEASE_UNTIL, .until = UINT64_MAX};
    struct vane_mark again;
    char text[VANE_MARK_SIZE];

    memset(mark.socket, 's', sizeof(mark.socket) - 1);
    vane_mark_write(&mark, text);
    assert_true(vane_mark_read(text, &again));
    assert_int_equal(again.uid, UINT32_MAX);
    assert_int_equal(again.lease, VANE_LEASE_UNTIL);
    assert_true(again.until == UINT64_MAX);
    assert_string_equal(again.socket, mark.socket);
    assert_true(vane_mark_read("netvane-vcan uid=7 lease=connection socket=unix:/x", &again));
    assert_int_equal(again.uid, 7);
    assert_int_equal(again.lease, VANE_LEASE_CONNECTION);
    assert_string_equal(again.socket, "unix:/x");
    mark = (struct vane_mark){.uid = 7, .lease = VANE_LEASE_CONNECTION, .peer = true};
    vane_mark_write(&mark, text);
    assert_true(vane_mark_read(text, &again));
    assert_true(again.peer);
    assert_int_equal(again.lease, VANE_LEASE_NONE); /* it is the first end's */
}

static void test_what_is_no_mark_is_somebody_elses(void **state)
{
    static const char *const others[] = {"",
                                         "left motor",
                                         "netvane-vcan uid=",
                                         "netvane-vcan uid=-1 lease=none socket=",
                                         "netvane-vcan uid=4294967296 lease=none socket=",
                                         "netvane-vcan uid=1 lease=ever socket=",
                                         "netvane-vcan uid=1 lease=until:x socket=",
                                         "netvane-vcan uid=1 lease=none",
                                         "netvane-vcan uid=1"};
    struct vane_mark mark;

    assert_false(vane_mark_read(NULL, &mark));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(vane_mark_read(others[i], &mark));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everybody_creates_virtual_and_changes_can_names),
        cmocka_unit_test(test_names_that_differ_in_case_are_different),
        cmocka_unit_test(test_a_section_adds_for_its_group_only),
        cmocka_unit_test(test_user_and_group_must_both_hold),
        cmocka_unit_test(test_the_largest_quota_holds_and_root_has_none),
        cmocka_unit_test(test_a_mark_is_read_as_it_was_written),
        cmocka_unit_test(test_what_is_no_mark_is_somebody_elses),
    };

    return cmocka_run_group_tests(tests, make_rules, free_rules);
}
