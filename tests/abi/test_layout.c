/*
 * The present headers still contain a frozen API: every struct is at least as large, and every
 * member has its name, type, offset and size. Built once for each frozen version.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include <netvane/plugin.h>

static unsigned wrong;

static void want(int right, const char *what)
{
    if (right)
        return;
    wrong++;
    fprintf(stderr, "no longer as in API " FROZEN_VERSION ": %s\n", what);
}

#define SIZE_OF(name, member) sizeof(((struct name *)0)->member)
#define STRUCT(name, size)    want(sizeof(struct name) >= (size), "size of struct " #name);
#define UNION(name, member, offset, size)                                                          \
    want(offsetof(struct name, member) == (offset) && SIZE_OF(name, member) == (size),             \
         "place of " #name "." #member);
#define MEMBER(name, member, offset, size, ...)                                                    \
    UNION(name, member, offset, size)                                                              \
    want(__builtin_types_compatible_p(__typeof__(((struct name *)0)->member),                      \
                                      __typeof__(__VA_ARGS__)),                                    \
         "type of " #name "." #member);
#define CONSTANT(name, value) want((name) == (value), "value of " #name);

static void test_every_member_is_where_and_what_it_was(void **state)
{
    (void)state;
    wrong = 0;

#include FROZEN_LAYOUT

    assert_int_equal(wrong, 0);
}

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
