/* What machines answered, as CBus prints it, and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cluster/answers.h"
#include "lib/json/writer.h"

#define FIRST  "UAILZJS66U24VALTH2D6OWVD5JTS3IDFMKOICJSOX7CHNAF3AXFVWIFX"
#define SECOND "UBQUIKYGFC7CH5XMF52P2NN4ESI4XTXGAKT3WTG3XGU3352DMHGZQAX7"

static struct vane_answer *answer(const char *nkey, const char *signature, const char *value)
{
    struct vane_answer *made = g_new0(struct vane_answer, 1);

    made->nkey = g_strdup(nkey);
    made->signature = g_strdup(signature);
    made->value = g_strdup(value);
    return made;
}

static struct vane_answer *failure(const char *nkey, const char *error, const char *code)
{
    struct vane_answer *made = answer(nkey, NULL, NULL);

    made->error = g_strdup(error);
    made->error_code = g_strdup(code);
    return made;
}

static void assert_text(GPtrArray *answers, const char *expected)
{
    g_autoptr(GString) out = g_string_new(NULL);

    vane_answers_sort(answers);
    vane_answers_text(out, answers, VANE_JSON_ASCII);
    assert_string_equal(out->str, expected);
}

/* The two texts of CBus's README. */
static void test_text_is_that_of_cbus(void **state)
{
    g_autoptr(GPtrArray) methods = vane_answers_new(), properties = vane_answers_new();

    vane_answers_put(methods, answer(SECOND, NULL, "[\"default.target\"]"));
    vane_answers_put(methods, answer(FIRST, NULL, "[\"default.target\"]"));
    assert_text(methods, "NKey: " FIRST "\n\n[\"default.target\"]\n"
                         "\n"
                         "NKey: " SECOND "\n\n[\"default.target\"]\n");
    vane_answers_put(properties, answer(FIRST, "s", "\"active\""));
    assert_text(properties, "NKey: " FIRST "\nSignature: s\n\n\"active\"\n");
}

static void test_errors_names_and_doubts_are_shown(void **state)
{
    g_autoptr(GPtrArray) answers = vane_answers_new();
    struct vane_answer *doubtful = answer(FIRST, "s", "\"active\"");

    doubtful->unproven = g_strdup("the reply is not signed");
    vane_answers_put(answers, doubtful);
    vane_answers_put(answers, failure(SECOND, "no such unit", "404"));
    assert_text(answers, "NKey: " FIRST "\nSignature: s\nUnverified: the reply is not signed\n\n"
                         "\"active\"\n"
                         "\n"
                         "NKey: " SECOND "\n\nError: no such unit (404)\n");
    assert_true(vane_answers_have_error(answers));
}

static void test_nothing_that_came_can_steer_a_terminal(void **state)
{
    g_autoptr(GPtrArray) answers = vane_answers_new();
    struct vane_answer *hostile = answer(FIRST, "\x1b[2J", "\"\xc2\x9b\"");

    vane_answers_put(answers, hostile);
    vane_answers_put(answers, failure(SECOND, "a\nNKey: forged\x1b]0;x", NULL));
    assert_text(answers, "NKey: " FIRST "\nSignature: \\x1b[2J\n\n\"\\u009b\"\n"
                         "\n"
                         "NKey: " SECOND "\n\nError: a\\nNKey: forged\\x1b]0;x\n");
}

static void test_a_later_answer_of_a_machine_takes_the_place_of_its_first(void **state)
{
    g_autoptr(GPtrArray) answers = vane_answers_new();

    vane_answers_put(answers, failure(FIRST, "forged", NULL));
    vane_answers_put(answers, answer(FIRST, NULL, "[]"));
    assert_text(answers, "NKey: " FIRST "\n\n[]\n");
    assert_false(vane_answers_have_error(answers));
}

static void test_json_has_the_members_of_cbus(void **state)
{
    g_autoptr(GPtrArray) answers = vane_answers_new();
    g_autoptr(GPtrArray) silent = g_ptr_array_new();
    g_autoptr(GString) out = g_string_new(NULL);
    const struct vane_question question = {.destination = "org.freedesktop.systemd1",
                                           .path = "/org/freedesktop/systemd1",
                                           .silent = silent};

    g_ptr_array_add(silent, (gpointer) "web3");
    vane_answers_put(answers, answer(FIRST, "s", "\"active\""));
    vane_answers_put(answers, failure(SECOND, "denied", "403"));
    vane_answers_json(out, &question, answers, 0);
    assert_string_equal(
        out->str,
        "{\"destination\":\"org.freedesktop.systemd1\",\"path\":\"/org/freedesktop/systemd1\","
        "\"responses\":["
        "{\"nkey\":\"" FIRST "\",\"verified\":true,\"error\":null,\"signature\":\"s\","
        "\"value\":\"active\"},"
        "{\"nkey\":\"" SECOND "\",\"verified\":true,\"error\":\"denied\",\"error_code\":\"403\","
        "\"value\":null}],"
        "\"silent\":[\"web3\"]}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_that_of_cbus),
        cmocka_unit_test(test_errors_names_and_doubts_are_shown),
        cmocka_unit_test(test_nothing_that_came_can_steer_a_terminal),
        cmocka_unit_test(test_a_later_answer_of_a_machine_takes_the_place_of_its_first),
        cmocka_unit_test(test_json_has_the_members_of_cbus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
