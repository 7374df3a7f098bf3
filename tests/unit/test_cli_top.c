/* What "top" shows of the cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/top-model.h"
#include "lib/array.h"

static void test_who_is_here_is_counted_and_who_has_gone_is_named(void **state)
{
    static const struct {
        const char *rows, *shown, *line;
    } cases[] = {
        {"[{\"name\":\"web1\",\"state\":\"here\"},{\"name\":\"web2\",\"state\":\"silent\"},"
         "{\"name\":\"db1\",\"state\":\"left\"},{\"name\":\"web3\",\"state\":\"silent\"},"
         "{\"name\":\"db2\",\"state\":\"here\"}]",
         "{}", "2 here   silent: web2, web3   left: db1"},
        {"[{\"name\":\"web1\",\"state\":\"here\"}]",
         "{\"nkey\":\"U\",\"connected\":true,\"nodes_here\":1}", "1 here"},
        {"[{\"name\":\"web1\",\"state\":\"here\"}]",
         "{\"nkey\":\"U\",\"problem\":\"no server listens there\",\"key_also_of\":\"copy\"}",
         "no connection: no server listens there   this machine's key is also of copy   1 here"},
        {"[]", "{\"nkey\":\"U\",\"problem\":\"lost\"}", "no connection: lost   0 here"},
        {"[]", "{\"problem\":\"no servers are named (Servers=)\"}", NULL},
        {"{}", "{}", NULL},
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        g_autofree char *line =
            vane_top_cluster_line(vane_json_root(cases[i].rows, strlen(cases[i].rows)),
                                  vane_json_root(cases[i].shown, strlen(cases[i].shown)));

        if (g_strcmp0(line, cases[i].line) != 0)
            fail_msg("%s: %s", cases[i].rows, line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_here_is_counted_and_who_has_gone_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
