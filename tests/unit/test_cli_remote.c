/* One command on several machines: one table, one after the other, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cluster/answers.h"
#include "cli/cluster/remote-output.h"
#include "lib/cleanup.h"

#define FIRST  "UAILZJS66U24VALTH2D6OWVD5JTS3IDFMKOICJSOX7CHNAF3AXFVWIFX"
#define SECOND "UBQUIKYGFC7CH5XMF52P2NN4ESI4XTXGAKT3WTG3XGU3352DMHGZQAX7"

#define COLUMNS                                                                                    \
    "\"columns\":[{\"title\":\"Name\",\"member\":\"name\"},{\"title\":\"MTU\",\"member\":\"mtu\"}"

static void add(GPtrArray *answers, const char *nkey, const char *name, const char *value,
                const char *error)
{
    struct vane_answer *answer = g_new0(struct vane_answer, 1);

    answer->nkey = g_strdup(nkey);
    answer->name = g_strdup(name);
    answer->value = g_strdup(value);
    answer->error = g_strdup(error);
    g_ptr_array_add(answers, answer);
}

static void test_tables_become_one_with_a_column_of_machines(void **state)
{
    _cleanup_(vane_rendering_clear) struct vane_rendering rendering;
    g_autoptr(GPtrArray) answers = vane_answers_new();

    add(answers, FIRST, "web1",
        "{\"command\":\"show interfaces\"," COLUMNS "],\"result\":["
        "{\"name\":\"lo\",\"mtu\":65536},{\"name\":\"eth0\",\"mtu\":1500}]}",
        NULL);
    add(answers, SECOND, "web2",
        "{\"command\":\"show interfaces\"," COLUMNS
        ",{\"title\":\"New\",\"member\":\"new\"}],\"result\":[{\"name\":\"lo\",\"new\":\"x\"}]}",
        NULL);
    add(answers, "U3", "web3", NULL, "denied");
    vane_remote_render(&rendering, answers);
    assert_string_equal(rendering.head->str, "Node   Name   MTU     New\n"
                                             "----   ----   -----   ---\n");
    assert_string_equal(rendering.body->str, "web1   lo     65536\n"
                                             "web1   eth0   1500\n"
                                             "web2   lo             x\n");
    assert_int_equal(rendering.rows, 3);
}

static void test_what_is_no_table_stands_under_its_machine(void **state)
{
    _cleanup_(vane_rendering_clear) struct vane_rendering rendering;
    g_autoptr(GPtrArray) answers = vane_answers_new();

    add(answers, FIRST, "web1", "{\"columns\":[],\"result\":{\"version\":\"1.0.0\"}}", NULL);
    add(answers, SECOND, NULL, "{\"columns\":[],\"result\":{\"message\":\"reloaded\"}}", NULL);
    vane_remote_render(&rendering, answers);
    assert_string_equal(rendering.head->str, "");
    assert_string_equal(rendering.body->str, "web1:\nVersion: 1.0.0\n\n" SECOND ":\nreloaded\n");
}

static void test_json_has_the_results_by_machine(void **state)
{
    _cleanup_(vane_rendering_clear) struct vane_rendering rendering;
    g_autoptr(GPtrArray) answers = vane_answers_new(), silent = g_ptr_array_new();

    add(answers, FIRST, "web1", "{\"command\":\"x\",\"columns\":[],\"result\":[1,2]}", NULL);
    add(answers, SECOND, "web2", NULL, "denied");
    vane_remote_render_json(&rendering, answers, silent, 0);
    assert_string_equal(
        rendering.body->str,
        "{\"responses\":["
        "{\"nkey\":\"" FIRST "\",\"name\":\"web1\",\"verified\":true,\"error\":null,"
        "\"value\":[1,2]},"
        "{\"nkey\":\"" SECOND "\",\"name\":\"web2\",\"verified\":true,\"error\":\"denied\","
        "\"value\":null}],\"silent\":[]}\n");
}

static void test_machines_of_one_name_are_told_apart(void **state)
{
    g_autoptr(GPtrArray) answers = vane_answers_new();
    g_autofree char *first = NULL, *third = NULL;

    add(answers, FIRST, "web", "{}", NULL);
    add(answers, SECOND, "web", "{}", NULL);
    add(answers, "U3", "db", "{}", NULL);
    first = vane_remote_title(answers, 0);
    third = vane_remote_title(answers, 2);
    assert_string_equal(first, "web (" FIRST ")");
    assert_string_equal(third, "db");
}

/* What a machine sends is not to be trusted to have a form. */
static void test_answers_of_no_form_do_no_harm(void **state)
{
    static const char *const values[] = {"[]", "1", "{\"columns\":1,\"result\":[1]}",
                                         "{\"columns\":[{}],\"result\":[1,{\"a\":[]}]}"};

    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        _cleanup_(vane_rendering_clear) struct vane_rendering rendering;
        g_autoptr(GPtrArray) answers = vane_answers_new();

        add(answers, FIRST, "\x1b[2J", values[i], NULL);
        vane_remote_render(&rendering, answers);
        assert_null(strchr(rendering.body->str, '\x1b'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_become_one_with_a_column_of_machines),
        cmocka_unit_test(test_what_is_no_table_stands_under_its_machine),
        cmocka_unit_test(test_json_has_the_results_by_machine),
        cmocka_unit_test(test_machines_of_one_name_are_told_apart),
        cmocka_unit_test(test_answers_of_no_form_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
