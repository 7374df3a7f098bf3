/* Which part of an expression decided. */
#include "cel-fixture.h"

static void expect_reason(const char *text, const char *part, const char *value)
{
    struct vane_cel_program *program = cel_compile(text, 0, NULL);
    struct vane_cel_scratch *scratch = vane_cel_scratch_new();
    struct vane_cel_input input = {.slots = cel_values};
    struct vane_cel_reason reason;
    g_autofree char *found = NULL;

    cel_fill();
    assert_non_null(program);
    vane_cel_explain(program, &input, scratch, &reason);
    found = g_strndup(text + reason.offset, reason.length);
    assert_string_equal(found, part);
    if (reason.value.kind == VANE_CEL_ERROR)
        assert_string_equal(reason.value.problem->message, value);
    else
        assert_string_equal(reason.value.truth ? "true" : "false", value);
    vane_cel_program_free(program);
    vane_cel_scratch_free(scratch);
}

static void test_false_operand_of_and(void **state)
{
    expect_reason("port == 443 && name == 'wlan0' && true", "name == 'wlan0'", "false");
    expect_reason("(port == 1 || port == 443) && (true && link.mtu < 100)", "link.mtu < 100",
                  "false");
}

static void test_true_operand_of_or(void **state)
{
    expect_reason("port == 1 || name.startsWith('eth')", "name.startsWith('eth')", "true");
}

static void test_all_operands_decide_together(void **state)
{
    expect_reason("port == 443 && name == 'eth0'", "port == 443 && name == 'eth0'", "true");
}

static void test_branch_that_was_taken(void **state)
{
    expect_reason("port > 1 ? name == 'x' : true", "name == 'x'", "false");
}

static void test_part_that_failed(void **state)
{
    expect_reason("port == 443 && ssid == 'x'", "ssid", "ssid is absent");
    expect_reason("tags.all(t, 1 / (port - 443) == 1)", "1 / (port - 443)", "division by zero");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_false_operand_of_and),
        cmocka_unit_test(test_true_operand_of_or),
        cmocka_unit_test(test_all_operands_decide_together),
        cmocka_unit_test(test_branch_that_was_taken),
        cmocka_unit_test(test_part_that_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
