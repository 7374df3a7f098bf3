/* What a frozen layout.inc says, checked against the headers that were included before this one. */
#ifndef NETVANE_TESTS_ABI_LAYOUT_H
#define NETVANE_TESTS_ABI_LAYOUT_H

#include <stdio.h>

static unsigned wrong;

static void want(int right, const char *what)
{
    if (right)
        return;
    wrong++;
    fprintf(stderr, "no longer as in version " FROZEN_VERSION ": %s\n", what);
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

#endif
