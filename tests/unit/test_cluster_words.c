/* The words of a command that comes over NATS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "lib/array.h"
#include "plugins/cluster/command-words.h"

static void test_words_are_texts_in_an_array(void **state)
{
    static const char text[] = " [\"show\", \"a b\", \"\\u00e9\"] ";
    g_auto(GStrv) words = vane_command_words_parse(text, strlen(text));
    g_autofree char *joined = g_strjoinv("|", words);

    assert_string_equal(joined, "show|a b|\xc3\xa9");
}

static void test_everything_else_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "[]", "{}", "\"show\"", "[1]", "[null]", "[[\"show\"]]", "[\"show\"", "[\"a\\u0000b\"]",
    };

    for (size_t i = 0; i < ELEMENTS(texts); i++)
        assert_null(vane_command_words_parse(texts[i], strlen(texts[i])));
}

static void test_there_is_a_bound(void **state)
{
    g_autoptr(GString) text = g_string_new("[\"a\"");
    g_auto(GStrv) words = NULL;

    for (unsigned i = 1; i < VANE_COMMAND_WORDS_MAX; i++)
        g_string_append(text, ",\"a\"");
    g_string_append_c(text, ']');
    words = vane_command_words_parse(text->str, text->len);
    assert_int_equal(g_strv_length(words), VANE_COMMAND_WORDS_MAX);
    g_string_truncate(text, text->len - 1);
    g_string_append(text, ",\"a\"]");
    assert_null(vane_command_words_parse(text->str, text->len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_texts_in_an_array),
        cmocka_unit_test(test_everything_else_is_refused),
        cmocka_unit_test(test_there_is_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
