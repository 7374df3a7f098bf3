/* The language beyond what the conformance cases ask: names, positions, our own functions. */
#include "cel-fixture.h"

static void test_names_have_slots(void **state)
{
    expect("port == 443 && name == 'eth0'", "true");
    expect("link.mtu + 1", "1501");
    expect("tags[1]", "\"home\"");
    expect("any * 2.0", "3.0");
}

static void test_unknown_name_is_told_with_place_and_those_known(void **state)
{
    expect_error("port > 1 &&\n  nam == 'x'", "2:3 unknown name \"nam\": did you mean \"name\"? "
                                              "(known: port, name, tags, link.mtu, ssid, any)");
    expect_error("tags.exist(t, t == 'x')", "1:1 unknown function \"exist\"");
    expect_error("startsWith(name, 'e')", "1:1 startsWith() is called as x.startsWith()");
    expect_error("'é' + x", "1:7 unknown name");
    expect_error("link.mtuu > 3", "1:1 unknown name \"link.mtuu\": did you mean \"link.mtu\"?");
}

static void test_absent_name_fails_unless_asked_with_has(void **state)
{
    expect("has(ssid)", "false");
    expect("has(ssid) && ssid == 'home'", "false");
    expect_error("ssid == 'home'", "ssid is absent");
    expect("ssid == 'home' || port == 443", "true");
    expect_error("has(port)", "port is always there");
}

static void test_own_functions(void **state)
{
    expect("has_tag(tags, 'lan') && !has_tag(tags, 'la')", "true");
    expect("since(timestamp(999999990)) == duration('10s')", "true");
    expect("since('2001-09-09T01:46:40Z')", "\"0s\"");
    expect("cidr('10.0.0.0/8').contains('10.255.0.1')", "true");
    expect("cidr('10.0.0.0/8').contains('11.0.0.1')", "false");
    expect("cidr('fd00::/8').contains('fd12::1')", "true");
    expect("cidr('10.0.0.0/8').contains('::ffff:10.1.2.3')", "true");
    expect("cidr('10.0.0.0/8').contains('10.1.0.0/16')", "true");
    expect("cidr('10.0.0.0/8').contains('0.0.0.0/0')", "false");
    expect("cidr('0.0.0.0/0').contains('fd00::1')", "false");
    expect_error("cidr('10.0.0.0/33')", "not a network");
    expect_error("cidr('10.0.0.0/8').contains(name)", "not an address: eth0");
}

static void test_glob(void **state)
{
    expect("glob(name, 'eth*')", "true");
    expect("glob(name, 'eth?') && glob(name, '*') && glob('', '*') && glob('', '')", "true");
    expect("glob(name, 'eth') || glob(name, '?') || glob('', '?')", "false");
    expect("glob('a[b', 'a[b') && glob('a-c', 'a[!a-z]c') && glob('a*c', r'a\\*c')", "true");
    expect("glob('axc', r'a\\*c')", "false");
    expect("glob('abcbc', 'a*bc')", "true");
    expect("glob('äöü', '?ö?') && glob('ö', '[ä-ü]')", "true");
}

static void test_doubles_as_texts(void **state)
{
    expect("string(1.0 / 0.0) == 'Infinity' && string(-1.0 / 0.0) == '-Infinity'", "true");
    expect("double('Infinity') == 1.0 / 0.0 && double('-inf') < 0.0", "true");
    expect("string(double('NaN')) == 'NaN' && string(-0.0) == '-0'", "true");
    expect_error("double('1e400') > 0.0", "no double: 1e400");
}

static void test_regular_expressions(void **state)
{
    expect("name.matches('^(eth|wlan)[0-9]+$')", "true");
    expect("'xeth0'.matches(r'\\beth\\d')", "false");
    expect("matches(name, '(?i)ETH')", "true");
    expect_error("name.matches('(')", "1:14 no regular expression: ( is not closed");
    expect_error("name.matches(r'(a)\\1')", "references to groups");
    expect("name.matches(name + '|(')||true", "true");
}

static const struct {
    const char *text, *complaint;
} mistakes[] = {
    {"port == 'x'", "1:1 int is compared with string"},
    {"name > 5", "1:1 string is compared with int"},
    {"port + 1", "1:1 a condition is true or false, this is of type int"},
    {"port && true", "1:1 this is of type int where true or false is wanted"},
    {"name.startsWith(5)", "1:17 startsWith() takes no int here"},
    {"tags.all(t, 1)", "1:13 this is of type int"},
    {"port in 5", "1:9 \"in\" wants a list or a map, not int"},
    {"name + port == name", "1:1 string and int do not go together"},
    {"port.x == 1", "1:1 a value of type int has no members"},
};

static void test_condition_that_can_only_fail_is_refused(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        struct vane_cel_error error = {0};
        struct vane_cel_program *program =
            cel_compile(mistakes[i].text, VANE_CEL_CONDITION, &error);
        g_autofree char *told = NULL;

        assert_null(program);
        told = g_strdup_printf("%zu:%zu %s", error.line, error.column, error.message);
        if (!g_str_has_prefix(told, mistakes[i].complaint))
            fail_msg("%s: %s", mistakes[i].text, told);
        vane_cel_error_clear(&error);
    }
}

static void test_condition_of_unknown_type_is_taken(void **state)
{
    struct vane_cel_program *program = cel_compile(
        "any == 'x' || port == 1.5 || tags.exists(t, t == 1)", VANE_CEL_CONDITION, NULL);

    assert_non_null(program);
    assert_int_equal(vane_cel_program_kind(program), VANE_CEL_BOOL);
    vane_cel_program_free(program);
}

static void test_undeclared_names_get_slots_when_allowed(void **state)
{
    struct vane_cel_program *program =
        cel_compile("later == 1 && port == 443", VANE_CEL_UNKNOWN_NAMES, NULL);

    assert_non_null(program);
    assert_int_equal(vane_cel_program_slots(program), 7);
    assert_string_equal(vane_cel_program_name(program, 6), "later");
    assert_null(vane_cel_program_name(program, 1));
    assert_null(vane_cel_program_name(program, 7));
    vane_cel_program_free(program);
}

static struct vane_cel_value look_up(void *data, size_t slot, struct vane_cel_scratch *scratch)
{
    ++*(int *)data;
    return slot == 0 ? vane_cel_int(443) : (struct vane_cel_value){0};
}

static void test_names_are_asked_for_only_when_needed(void **state)
{
    struct vane_cel_program *program = cel_compile("port == 80 && name == 'x'", 0, NULL);
    struct vane_cel_scratch *scratch = vane_cel_scratch_new();
    int asked = 0;
    struct vane_cel_input input = {.lookup = look_up, .data = &asked};
    struct vane_cel_value value = vane_cel_evaluate(program, &input, scratch);

    assert_int_equal(value.kind, VANE_CEL_BOOL);
    assert_false(value.truth);
    assert_int_equal(asked, 1);
    vane_cel_program_free(program);
    vane_cel_scratch_free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_have_slots),
        cmocka_unit_test(test_unknown_name_is_told_with_place_and_those_known),
        cmocka_unit_test(test_absent_name_fails_unless_asked_with_has),
        cmocka_unit_test(test_own_functions),
        cmocka_unit_test(test_glob),
        cmocka_unit_test(test_doubles_as_texts),
        cmocka_unit_test(test_regular_expressions),
        cmocka_unit_test(test_condition_that_can_only_fail_is_refused),
        cmocka_unit_test(test_condition_of_unknown_type_is_taken),
        cmocka_unit_test(test_undeclared_names_get_slots_when_allowed),
        cmocka_unit_test(test_names_are_asked_for_only_when_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
