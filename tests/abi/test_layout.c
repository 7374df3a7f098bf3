/*
 * The present headers still contain a frozen API: every struct is at least as large, and every
 * member has its name, type, offset and size. Built once for each frozen version.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netvane/plugin.h>

#include "layout.h"

/* What plugins ask before they use a member that came after the minor they need. */
static void test_members_beyond_the_hosts_table_are_not_there(void **state)
{
    const struct vane_gate old = {.size = offsetof(struct vane_gate, keep)};
    const struct vane_gate present = {.size = sizeof(present)};
    const struct vane_gate *host = &old;

    (void)state;
    assert_true(VANE_HAS(host, check));
    assert_false(VANE_HAS(host, keep));
    host = &present;
    assert_true(VANE_HAS(host, keep));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_member_is_where_and_what_it_was),
        cmocka_unit_test(test_members_beyond_the_hosts_table_are_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
