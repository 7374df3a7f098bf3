/* Arguments of a method in the two notations that people may type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "cli/cluster/arguments.h"
#include "lib/array.h"
#include "lib/text/line.h"

struct example {
    const char *typed, *json; /* or a part of the sentence that refuses it */
};

static char *convert(const char *typed, char **why)
{
    struct vane_line line;
    char *json;

    assert_int_equal(vane_line_split(typed, &line, NULL), 0);
    json = vane_arguments_json(line.words, why);
    vane_line_clear(&line);
    return json;
}

static void assert_converted(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_autofree char *why = NULL, *json = convert(examples[i].typed, &why);

        if (!json)
            fail_msg("%s: %s", examples[i].typed, why);
        assert_string_equal(json, examples[i].json);
    }
}

static void assert_refused(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_autofree char *why = NULL, *json = convert(examples[i].typed, &why);

        if (json || !strstr(why, examples[i].json))
            fail_msg("%s: %s", examples[i].typed, json ? json : why);
    }
}

static void test_each_word_is_a_json_value(void **state)
{
    static const struct example examples[] = {
        {"", "[]"},
        {"'\"nginx.service\"' '\"replace\"'", "[\"nginx.service\",\"replace\"]"},
        {"1 -2.5 true null '[1, 2]' '{\"a\": 1}'", "[1,-2.5,true,null,[1, 2],{\"a\": 1}]"},
        {"18446744073709551615", "[18446744073709551615]"},
    };

    assert_converted(examples, ELEMENTS(examples));
}

/* The examples of busctl(1), "PARAMETER FORMATTING", among them. */
static void test_the_notation_of_busctl_is_understood(void **state)
{
    static const struct example examples[] = {
        {"s jawoll", "[\"jawoll\"]"},
        {"ss nginx.service replace", "[\"nginx.service\",\"replace\"]"},
        {"as 3 hello world foobar", "[[\"hello\",\"world\",\"foobar\"]]"},
        {"a{sv} 3 One s Eins Two u 2 Yes b true",
         "[{\"One\":{\"signature\":\"s\",\"value\":\"Eins\"},"
         "\"Two\":{\"signature\":\"u\",\"value\":2},"
         "\"Yes\":{\"signature\":\"b\",\"value\":true}}]"},
        {"a(si) 2 a -1 b 2", "[[[\"a\",-1],[\"b\",2]]]"},
        {"a{ub} 1 7 no", "[{\"7\":false}]"},
        {"ay 2 0 255", "[[0,255]]"},
        {"aas 2 1 a 0", "[[[\"a\"],[]]]"},
        {"v v s x", "[{\"signature\":\"v\",\"value\":{\"signature\":\"s\",\"value\":\"x\"}}]"},
        {"xt -9223372036854775808 18446744073709551615",
         "[-9223372036854775808,18446744073709551615]"},
        {"dddd 1.5 1e3 nan -inf", "[1.5,1000.0,\"NaN\",\"-Infinity\"]"},
        {"ogs /a a{sv} 'two words\"'", "[\"/a\",\"a{sv}\",\"two words\\\"\"]"},
        {"bb yes 0", "[true,false]"},
    };

    assert_converted(examples, ELEMENTS(examples));
}

static void test_what_does_not_fit_is_named(void **state)
{
    static const struct example examples[] = {
        {"hello", "argument 1: \"hello\" is not JSON"},
        {"1 hello", "argument 2: \"hello\" is not JSON"},
        {"ss one", "argument 2 is missing: the signature has \"s\" there"},
        {"a(si)s 1 a", "argument 3 is missing: the signature has \"i\""},
        {"s one two", "argument 2: \"two\" is more than"},
        {"y 256", "argument 1: \"256\" is no value of type y"},
        {"n -32769", "no value of type n"},
        {"u -1", "no value of type u"},
        {"t 18446744073709551616", "no value of type t"},
        {"b maybe", "no value of type b"},
        {"d 1.5x", "no value of type d"},
        {"o a/b", "no value of type o"},
        {"g {", "no value of type g"},
        {"h 0", "descriptor"},
        {"as 2 one", "\"2\" is not the number of elements that follow"},
        {"as 4294967296 one", "not the number of elements"},
        {"as -1", "not the number of elements"},
        {"v ss x", "\"ss\" is not the signature of one type"},
        {"a{sv} 2 a b 1 a b 0", "a key that this object has already"},
        {"'[1,'", "is not JSON"},
    };

    assert_refused(examples, ELEMENTS(examples));
}

/* A thousand variants in each other are no reason to fall over. */
static void test_deep_nesting_is_refused(void **state)
{
    char *words[1002];
    g_autofree char *why = NULL;

    for (size_t i = 0; i < 1000; i++)
        words[i] = (char *)"v";
    words[1000] = (char *)"s";
    words[1001] = NULL;
    assert_null(vane_arguments_json(words, &why));
    assert_non_null(why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_word_is_a_json_value),
        cmocka_unit_test(test_the_notation_of_busctl_is_understood),
        cmocka_unit_test(test_what_does_not_fit_is_named),
        cmocka_unit_test(test_deep_nesting_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
