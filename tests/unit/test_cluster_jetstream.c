/* What JetStream answers, as the servers say it; and which subjects cover which. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "plugins/cluster/jetstream.h"

static struct vane_jetstream_answer parse(const char *text)
{
    struct vane_jetstream_answer answer;

    assert_int_equal(vane_jetstream_parse(text, strlen(text), &answer), 0);
    return answer;
}

static void test_a_stored_message_names_its_stream(void **state)
{
    struct vane_jetstream_answer answer = parse("{\"stream\":\"EVENTS\", \"seq\":17}");

    assert_string_equal(answer.stream, "EVENTS");
    assert_false(answer.duplicate);
    assert_null(answer.why);
    vane_jetstream_clear(&answer);
    answer = parse("{\"stream\":\"EVENTS\",\"domain\":\"hub\",\"seq\":18446744073709551615,"
                   "\"duplicate\":true}");
    assert_true(answer.duplicate);
    vane_jetstream_clear(&answer);
}

static void test_an_error_is_one_whatever_stands_beside_it(void **state)
{
    struct vane_jetstream_answer answer =
        parse("{\"error\":{\"code\":503,\"err_code\":10077,\"description\":\"maximum messages "
              "exceeded\"},\"stream\":\"EVENTS\",\"seq\":0}");

    assert_int_equal(answer.code, 503);
    assert_int_equal(answer.number, 10077);
    assert_string_equal(answer.why, "maximum messages exceeded");
    vane_jetstream_clear(&answer);
    answer = parse("{\"error\":{\"code\":500,\"description\":\"a\\u001b[2Jb\\nc\"}}");
    assert_null(strpbrk(answer.why, "\033\n"));
    vane_jetstream_clear(&answer);
}

static void test_a_long_reason_is_cut_between_letters(void **state)
{
    g_autofree char *snow = g_strnfill(3 * 400, 'x');
    g_autofree char *text = NULL;
    struct vane_jetstream_answer answer;

    for (int i = 0; i < 400; i++)
        memcpy(snow + 3 * i, "\xe2\x98\x83", 3);
    text = g_strdup_printf("{\"error\":{\"code\":500,\"description\":\"%s\"}}", snow);
    answer = parse(text);
    assert_int_equal(strlen(answer.why), 510); /* 170 of three bytes; one more would be over 512 */
    assert_true(g_str_has_prefix(snow, answer.why));
    vane_jetstream_clear(&answer);
}

static void test_the_state_of_a_stream_tells_its_subjects(void **state)
{
    struct vane_jetstream_answer answer = parse(
        "{\"type\":\"io.nats.jetstream.api.v1.stream_info_response\",\"total\":0,\"offset\":0,"
        "\"limit\":0,\"config\":{\"name\":\"EVENTS\",\"subjects\":[\"a.*\",\"b.>\"],\"retention\":"
        "\"limits\",\"max_consumers\":-1},\"created\":\"2024-05-01T00:00:00Z\",\"state\":"
        "{\"messages\":0,\"bytes\":0}}");

    assert_string_equal(answer.stream, "EVENTS");
    assert_string_equal(answer.subjects[0], "a.*");
    assert_string_equal(answer.subjects[1], "b.>");
    assert_null(answer.subjects[2]);
    vane_jetstream_clear(&answer);
}

static void test_other_things_are_no_answers(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "\"+ACK\"",
        "{\"stream\":1}",
        "{\"seq\":1}",
        "{\"stream\":\"EVENTS\",\"duplicate\":1}",
        "{\"error\":1}",
        "{\"error\":{}}",
        "{\"error\":{\"code\":0}}",
        "{\"error\":{\"code\":503,\"err_code\":\"x\"}}",
        "{\"error\":{\"code\":503,\"description\":1}}",
        "{\"config\":{}}",
        "{\"config\":{\"name\":\"EVENTS\",\"subjects\":[1]}}",
        "{\"stream\":\"EVENTS\"} x",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct vane_jetstream_answer answer;

        assert_int_equal(vane_jetstream_parse(texts[i], strlen(texts[i]), &answer), -EINVAL);
    }
}

static bool covers(const char *subject, const char *pattern)
{
    char *const subjects[] = {(char *)"x.y", (char *)subject, NULL};

    return vane_jetstream_covers(subjects, pattern);
}

static void test_a_subject_covers_what_it_matches_and_no_more(void **state)
{
    assert_true(covers(">", "a.b.>"));
    assert_true(covers("a.>", "a.b.>"));
    assert_true(covers("a.b.>", "a.b.>"));
    assert_true(covers("a.*.c", "a.b.c"));
    assert_true(covers("a.*.c", "a.*.c"));
    assert_true(covers("a.*.>", "a.b.c.>"));
    assert_true(covers("a.b", "a.b"));
    assert_false(covers("a.b.c", "a.b.>"));
    assert_false(covers("a.*", "a.>"));
    assert_false(covers("a.b.>", "a.b"));
    assert_false(covers("a.>", "a"));
    assert_false(covers("a.b", "a.*"));
    assert_false(covers("a.b", "a.bc"));
    assert_false(covers("a.b.c", "a.b"));
    assert_false(covers("a", "a.b"));
    assert_false(covers("", "a"));
    assert_false(vane_jetstream_covers(NULL, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stored_message_names_its_stream),
        cmocka_unit_test(test_an_error_is_one_whatever_stands_beside_it),
        cmocka_unit_test(test_a_long_reason_is_cut_between_letters),
        cmocka_unit_test(test_the_state_of_a_stream_tells_its_subjects),
        cmocka_unit_test(test_other_things_are_no_answers),
        cmocka_unit_test(test_a_subject_covers_what_it_matches_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
