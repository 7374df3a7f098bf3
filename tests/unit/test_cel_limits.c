/* Expressions built to explode: refused or ended, never more than they may cost. */
#include "cel-fixture.h"

static char *repeated(const char *before, const char *part, const char *after, unsigned times)
{
    GString *text = g_string_new(before);

    for (unsigned i = 0; i < times; i++)
        g_string_append(text, part);
    g_string_append(text, after);
    return g_string_free(text, FALSE);
}

static void test_deep_nesting_is_refused(void **state)
{
    static const char *const parts[][3] = {
        {"", "(", "1"},     {"", "[", "1"},       {"", "{1:", "1"},         {"", "!", "true"},
        {"", "- ", "1"},    {"port", ".a", ""},   {"tags", "[0]", ""},      {"1", "+1", ""},
        {"", "size(", "1"}, {"", "true?1:", "1"}, {"", "tags.all(t,", "1"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *text = repeated(parts[i][0], parts[i][1], parts[i][2], 10000);
        g_autofree char *result = NULL;

        if (strlen(text) > VANE_CEL_LENGTH_MAX)
            text[VANE_CEL_LENGTH_MAX] = '\0';
        result = cel_eval(text, 0);
        if (!strstr(result, "more than 250 parts within each other"))
            fail_msg("%.20s...: %.200s", text, result);
    }
}

static void test_long_chains_are_no_nesting(void **state)
{
    g_autofree char *text = repeated("false", "||port==1", "||true", 5000);
    g_autofree char *list = repeated("size([", "1,", "1])", 5000);

    expect(text, "true");
    expect(list, "5001");
}

static void test_too_long_is_refused(void **state)
{
    g_autofree char *text = repeated("", "a ", "", 40000);

    expect_error(text, "at most 65536 bytes");
}

static void test_cost_limit_ends_loops(void **state)
{
    const char *bombs[] = {
        "[1,2,3,4,5,6,7,8,9,0].all(a, [1,2,3,4,5,6,7,8,9,0].all(b, [1,2,3,4,5,6,7,8,9,0].all(c,"
        "[1,2,3,4,5,6,7,8,9,0].all(d, [1,2,3,4,5,6,7,8,9,0].all(e, [1,2,3,4,5,6,7,8,9,0].all(f,"
        "[1,2,3,4,5,6,7,8,9,0].all(g, true)))))))",
        "cel.bind(a, name + name + name + name, cel.bind(b, a+a+a+a+a+a+a+a+a+a, cel.bind(c,"
        "b+b+b+b+b+b+b+b+b+b+b+b, cel.bind(d, c+c+c+c+c+c+c+c+c+c, cel.bind(e, d+d+d+d+d+d+d+d+d,"
        "cel.bind(f, e+e+e+e+e+e+e+e+e+e, cel.bind(g, f+f+f+f+f+f+f+f+f, cel.bind(h,"
        "g+g+g+g+g+g+g, size(h+h+h)))))))))",
        "cel.bind(a, [name,name,name,name,name,name,name,name], cel.bind(b, [a,a,a,a,a,a,a,a,a],"
        "cel.bind(c, [b,b,b,b,b,b,b,b,b], cel.bind(d, [c,c,c,c,c,c,c,c,c], cel.bind(e,"
        "[d,d,d,d,d,d,d], cel.bind(f, [e,e,e,e,e,e,e], cel.bind(g, [f,f,f,f,f], g == g)))))))",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bombs); i++)
        expect_error(bombs[i], "exceeds its cost limit");
}

/* Either would look at some thousand million characters. */
static void test_patterns_of_glob_cost_what_they_take(void **state)
{
    g_autofree char *text = g_strnfill(30000, 'a');
    g_autofree char *deep = g_strdup_printf("glob('%s', '*%.15000sb')", text, text);
    g_autofree char *open = g_strnfill(30000, '[');
    g_autofree char *unclosed = g_strdup_printf("glob('%s', '%s')", open, open);

    expect_error(deep, "exceeds its cost limit");
    expect_error(unclosed, "exceeds its cost limit");
}

static void test_time_zones_are_read_once_and_cost_what_they_take(void **state)
{
    g_autofree char *hundred = repeated("size([", "1,", "1].map(x, ", 99);
    g_autofree char *same = g_strconcat(hundred, "timestamp(x).getHours('Europe/Berlin')))", NULL);
    g_autofree char *changing = g_strconcat(
        hundred, "timestamp(x).getHours('Europe/Berlin') + timestamp(x).getHours('Asia/Tokyo')))",
        NULL);

    expect(same, "100");
    expect_error(changing, "exceeds its cost limit");
}

static void test_cost_limit_is_the_callers(void **state)
{
    g_autofree char *little = cel_eval("tags.all(t, t != 'x')", 5);
    g_autofree char *enough = cel_eval("tags.all(t, t != 'x')", 100);

    assert_string_equal(little, "! the evaluation exceeds its cost limit");
    assert_string_equal(enough, "true");
}

static void test_expressions_of_matches_are_bounded(void **state)
{
    expect_error("name.matches('((x{100}){100}){100}')", "too large");
    expect_error("name.matches('x{1001}')", "at most 1000 times");
    expect("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')", "false");
}

/* Sixteen times the same list, and so on: small in memory, 16^10 numbers as JSON. */
static void test_what_would_explode_as_json_is_known_before(void **state)
{
    struct vane_cel_value all = vane_cel_int(1), text = vane_cel_string("eight by", 8);
    struct vane_cel_value rows[10][16];

    assert_true(vane_cel_json_fits(text, 16));
    assert_false(vane_cel_json_fits(text, 15));
    for (size_t depth = 0; depth < G_N_ELEMENTS(rows); depth++) {
        for (size_t i = 0; i < 16; i++)
            rows[depth][i] = all;
        all = (struct vane_cel_value){.kind = VANE_CEL_LIST, .len = 16, .elements = rows[depth]};
        assert_int_equal(vane_cel_json_fits(all, 1 << 20), depth < 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deep_nesting_is_refused),
        cmocka_unit_test(test_long_chains_are_no_nesting),
        cmocka_unit_test(test_too_long_is_refused),
        cmocka_unit_test(test_cost_limit_ends_loops),
        cmocka_unit_test(test_patterns_of_glob_cost_what_they_take),
        cmocka_unit_test(test_time_zones_are_read_once_and_cost_what_they_take),
        cmocka_unit_test(test_cost_limit_is_the_callers),
        cmocka_unit_test(test_expressions_of_matches_are_bounded),
        cmocka_unit_test(test_what_would_explode_as_json_is_known_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
