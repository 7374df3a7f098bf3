/* The present netvane-can.h still contains a frozen one. Built once for each frozen version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/netvane-can.h"

#include "tests/abi/layout.h"

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_member_is_where_and_what_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
