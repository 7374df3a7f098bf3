/* The request lines of the event sockets, and the globs in them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <glib.h>

#include "plugins/socketbus/glob.h"
#include "plugins/socketbus/request.h"

static struct vane_stream_request request;
static struct vane_request_error refusal;

static int parse(const char *line)
{
    memset(&refusal, 0, sizeof(refusal));
    return vane_request_parse(line, strlen(line), &request, &refusal);
}

static void assert_refused(const char *line, int error, const char *member, const char *words)
{
    assert_int_equal(parse(line), error);
    assert_string_equal(refusal.member, member);
    if (!strstr(refusal.message, words))
        fail_msg("\"%s\" does not say \"%s\"", refusal.message, words);
}

static void test_every_member_is_read(void **state)
{
    assert_int_equal(parse("{\"subscribe\":[\"link.>\",\"address.*\"],"
                           "\"where\":{\"interface_name\":\"eth*\",\"interface_index\":3},"
                           "\"since\":17,\"snapshot\":true,\"format\":\"cloudevents\","
                           "\"strict\":true}"),
                     0);
    assert_string_equal(request.patterns, "link.> address.*");
    assert_int_equal(request.where_count, 2);
    assert_string_equal(request.where[0].member, "interface_name");
    assert_string_equal(request.where[0].glob, "eth*");
    assert_string_equal(request.where[1].glob, "3");
    assert_int_equal(request.since.kind, VANE_SINCE_SEQ);
    assert_int_equal(request.since.seq, 17);
    assert_int_equal(request.format, VANE_FORMAT_CLOUDEVENTS);
    assert_true(request.snapshot);
    assert_true(request.strict);
    vane_request_clear(&request);
}

static void test_an_empty_request_is_everything_from_now_on(void **state)
{
    assert_int_equal(parse("{}"), 0);
    assert_string_equal(request.patterns, ">");
    assert_int_equal(request.since.kind, VANE_SINCE_NOW);
    assert_int_equal(request.format, VANE_FORMAT_NATIVE);
    assert_false(request.snapshot);
    vane_request_clear(&request);
}

static void test_an_empty_subscription_is_no_event(void **state)
{
    assert_int_equal(parse("{\"subscribe\":[]}"), 0);
    assert_string_equal(request.patterns, "");
    vane_request_clear(&request);
}

static void test_bad_requests_name_the_member(void **state)
{
    assert_refused("", -EBADMSG, "", "not JSON");
    assert_refused("{", -EBADMSG, "", "not JSON");
    assert_refused("7", -EBADMSG, "", "object");
    assert_refused("{\"a\":1,\"a\":2}", -EBADMSG, "", "not JSON");
    assert_refused("{\"subscribe\":[\"Link.>\"]}", -EINVAL, "subscribe", "Link.>");
    assert_refused("{\"subscribe\":[\">.a\"]}", -EINVAL, "subscribe", "pattern");
    assert_refused("{\"subscribe\":[\"a b\"]}", -EINVAL, "subscribe", "pattern");
    assert_refused("{\"subscribe\":[\"\"]}", -EINVAL, "subscribe", "pattern");
    assert_refused("{\"where\":{\"a b\":\"x\"}}", -EINVAL, "where", "a b");
    assert_refused("{\"where\":{\"a\":null}}", -EINVAL, "where.a", "glob");
    assert_refused("{\"since\":-1}", -EINVAL, "since", "seq");
    assert_refused("{\"since\":1.5}", -EINVAL, "since", "seq");
    assert_refused("{\"since\":\"\"}", -EINVAL, "since", "seq");
    assert_refused("{\"format\":\"Native\"}", -EINVAL, "format", "halox");
    assert_refused("{\"snapshot\":\"true\"}", -EINVAL, "snapshot", "true or false");
    assert_refused("{\"strict\":1}", -EINVAL, "strict", "true or false");
    assert_refused("{\"subscribed\":[]}", -EINVAL, "subscribed", "\"subscribe\"");
}

static void test_too_much_of_anything_is_refused(void **state)
{
    g_autofree char *long_glob = g_strnfill(1025, 'a');
    g_autofree char *line = g_strdup_printf("{\"where\":{\"a\":\"%s\"}}", long_glob);
    g_autofree char *deep = g_strnfill(100, '[');
    g_autoptr(GString) many = g_string_new("{\"subscribe\":[\"a\"");

    for (int i = 0; i < 64; i++)
        g_string_append(many, ",\"a\"");
    g_string_append(many, "]}");
    assert_refused(many->str, -EINVAL, "subscribe", "64");
    assert_refused(line, -EINVAL, "where.a", "1024");
    assert_refused(deep, -EBADMSG, "", "not JSON");
}

static void test_since_is_a_seq_an_id_or_a_span(void **state)
{
    struct vane_since since;

    assert_int_equal(vane_since_parse("0", &since), 0);
    assert_int_equal(since.kind, VANE_SINCE_SEQ);
    assert_int_equal(vane_since_parse("42", &since), 0);
    assert_int_equal(since.seq, 42);
    assert_int_equal(vane_since_parse("00ff00ff00ff00ff-9", &since), 0);
    assert_int_equal(since.kind, VANE_SINCE_ID);
    assert_string_equal(since.epoch, "00ff00ff00ff00ff");
    assert_int_equal(since.seq, 9);
    assert_int_equal(vane_since_parse("5m", &since), 0);
    assert_int_equal(since.kind, VANE_SINCE_SPAN);
    assert_int_equal(since.usec, 300000000);
    assert_int_equal(vane_since_parse("infinity", &since), -EINVAL);
    assert_int_equal(vane_since_parse("00ff00ff00ff00fg-9", &since), -EINVAL);
    assert_int_equal(vane_since_parse("00ff00ff00ff00ff-", &since), -EINVAL);
    assert_int_equal(vane_since_parse("18446744073709551616", &since), -EINVAL);
}

static void test_globs_match_as_in_a_shell(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"eth*", "eth0", true},
        {"eth*", "eth", true},
        {"eth*", "veth0", false},
        {"*", "", true},
        {"", "", true},
        {"", "a", false},
        {"e?h", "eth", true},
        {"e?h", "eh", false},
        {"?", "\xc3\xa4", true},
        {"??", "\xc3\xa4", false},
        {"[a-c]x", "bx", true},
        {"[!a-c]x", "bx", false},
        {"[]x]", "]", true},
        {"[a", "[a", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"*a*b*c", "xxaybzc", true},
        {"*a*b*c", "xxaybz", false},
        {"a*a*a*a*b", "aaaaaaaaaaa", false},
        {"**", "x", true},
        {"*.1", "10.0.0.1", true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (vane_glob_match(cases[i].pattern, cases[i].text) != cases[i].matches)
            fail_msg("\"%s\" and \"%s\"", cases[i].pattern, cases[i].text);
}

static void test_globs_take_no_more_than_the_product_of_the_lengths(void **state)
{
    g_autofree char *text = g_strnfill(60000, 'a');
    g_autoptr(GString) pattern = g_string_new(NULL);
    clock_t start = clock();

    for (int i = 0; i < 500; i++)
        g_string_append(pattern, "*a");
    g_string_append(pattern, "b");
    assert_false(vane_glob_match(pattern->str, text));
    assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_member_is_read),
        cmocka_unit_test(test_an_empty_request_is_everything_from_now_on),
        cmocka_unit_test(test_an_empty_subscription_is_no_event),
        cmocka_unit_test(test_bad_requests_name_the_member),
        cmocka_unit_test(test_too_much_of_anything_is_refused),
        cmocka_unit_test(test_since_is_a_seq_an_id_or_a_span),
        cmocka_unit_test(test_globs_match_as_in_a_shell),
        cmocka_unit_test(test_globs_take_no_more_than_the_product_of_the_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
