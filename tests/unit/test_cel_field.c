/* Fields of events and questions as values of expressions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/array.h"
#include "lib/cel/field.h"

static const char *const words[] = {"up", "running"};

static struct vane_cel_value value_of(const char *name, struct vane_cel_scratch *scratch)
{
    const struct vane_field fields[] = {
        vane_string("text", "eth0"),
        vane_string("missing", NULL),
        vane_int64("negative", -1),
        vane_uint64("small", 7),
        vane_uint64("large", UINT64_MAX),
        vane_double("real", 0.5),
        vane_bool("truth", 1),
        {.name = "flags", .type = VANE_STRINGS, .count = 2, .value.strings = words},
        {.name = "tree", .type = VANE_JSON, .count = 13, .value.string = "{\"a\":[1,\"b\"]}"},
        {.name = "later", .type = 99},
    };

    for (size_t i = 0; i < ELEMENTS(fields); i++)
        if (strcmp(fields[i].name, name) == 0)
            return vane_cel_field(&fields[i], scratch);
    return (struct vane_cel_value){0};
}

static struct vane_cel_value look_up(void *data, size_t slot, struct vane_cel_scratch *scratch)
{
    return value_of(vane_cel_program_name(data, slot), scratch);
}

static void assert_holds(const char *text)
{
    const struct vane_cel_environment environment = {.flags = VANE_CEL_UNKNOWN_NAMES |
                                                              VANE_CEL_CONDITION};
    struct vane_cel_error error = {0};
    struct vane_cel_program *program = vane_cel_compile(text, strlen(text), &environment, &error);
    struct vane_cel_scratch *scratch = vane_cel_scratch_new();
    const struct vane_cel_input input = {.lookup = look_up, .data = program};
    struct vane_cel_value value;

    if (!program)
        fail_msg("%s: %s", text, error.message);
    value = vane_cel_evaluate(program, &input, scratch);
    if (value.kind != VANE_CEL_BOOL || !value.truth)
        fail_msg("%s does not hold", text);
    vane_cel_program_free(program);
    vane_cel_scratch_free(scratch);
}

static void test_each_type_is_what_expressions_expect(void **state)
{
    assert_holds("text == 'eth0'");
    assert_holds("negative + small == 6");
    assert_holds("large == 18446744073709551615u && type(large) == uint");
    assert_holds("type(small) == int && real == 0.5 && truth");
    assert_holds("flags == ['up', 'running'] && 'up' in flags");
    assert_holds("tree.a[0] == 1 && tree.a[1] == 'b'");
}

static void test_what_has_no_value_is_absent(void **state)
{
    assert_holds("!has(missing) && !has(later) && has(text)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_type_is_what_expressions_expect),
        cmocka_unit_test(test_what_has_no_value_is_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
