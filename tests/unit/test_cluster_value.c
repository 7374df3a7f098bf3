/*
 * Values of D-Bus as JSON and back. The messages are sd-bus's own, made by its own appending and
 * checked by its own reading.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>

#include "lib/array.h"
#include "lib/json/scanner.h"
#include "lib/nats/signature.h"
#include "plugins/cluster/value.h"

static sd_bus *bus;
static int sockets[2];

/* Messages want a bus that was started; nobody is at the other end. */
static int start_bus(void **state)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    assert_true(sd_bus_new(&bus) >= 0);
    assert_true(sd_bus_set_fd(bus, sockets[0], sockets[0]) >= 0);
    assert_true(sd_bus_start(bus) >= 0);
    return 0;
}

static int stop_bus(void **state)
{
    sd_bus_close_unref(bus);
    close(sockets[1]);
    return 0;
}

static sd_bus_message *new_message(void)
{
    sd_bus_message *message = NULL;

    assert_true(sd_bus_message_new_method_call(bus, &message, "a.b", "/", "a.b", "C") >= 0);
    return message;
}

static void seal(sd_bus_message *message)
{
    assert_true(sd_bus_message_seal(message, 1, 0) >= 0);
    assert_true(sd_bus_message_rewind(message, true) >= 0);
}

static char *written(sd_bus_message *message, bool variants, int *result)
{
    const struct vane_value_style style = {.variant_signatures = variants};
    struct vane_json json = {0};
    char *text;

    vane_json_array_begin(&json);
    *result = vane_value_write(&json, message, &style);
    while (json.depth > 0)
        vane_json_array_end(&json);
    text = vane_json_steal(&json, NULL);
    return text;
}

static void assert_written(sd_bus_message *message, bool variants, const char *expected)
{
    int r;

    assert_true(sd_bus_message_rewind(message, true) >= 0);
    g_autofree char *text = written(message, variants, &r);
    assert_true(r >= 0);
    assert_string_equal(text, expected);
    assert_int_equal(
        vane_json_scan(text, strlen(text),
                       &(struct vane_json_limits){
                           .size = 1 << 20, .depth = 64, .members = 100, .uint64 = true},
                       NULL),
        0);
}

static int append(sd_bus_message *message, const char *signature, const char *const *names,
                  const char *json, char error[VANE_VALUE_ERROR_SIZE])
{
    return vane_value_append(message, signature, names, vane_json_root(json, strlen(json)), error);
}

static void test_every_basic_type_keeps_its_extremes(void **state)
{
    sd_bus_message *message = new_message();

    assert_true(sd_bus_message_append(message, "ybnnqiiuxxtdsog", UINT8_MAX, 1, INT16_MIN,
                                      INT16_MAX, UINT16_MAX, INT32_MIN, INT32_MAX, UINT32_MAX,
                                      INT64_MIN, INT64_MAX, UINT64_MAX, 0.1, "\xc3\xa9\"\n", "/a/b",
                                      "a{sv}") >= 0);
    seal(message);
    assert_written(message, false,
                   "[255,true,-32768,32767,65535,-2147483648,2147483647,4294967295,"
                   "-9223372036854775808,9223372036854775807,18446744073709551615,0.1,"
                   "\"\xc3\xa9\\\"\\n\",\"/a/b\",\"a{sv}\"]");
    sd_bus_message_unref(message);
}

static void test_containers_nest(void **state)
{
    sd_bus_message *message = new_message();

    assert_true(sd_bus_message_append(message, "a{sv}aa(is)a{ua{ob}}(y(dx))v", 2, "one", "s",
                                      "eins", "list", "ai", 2, 1, 2, 2, 1, 7, "seven", 0, 1, 5u, 1,
                                      "/x", 0, 9, 0.5, INT64_C(-3), "v", "u", 3u) >= 0);
    seal(message);
    assert_written(message, false,
                   "[{\"one\":\"eins\",\"list\":[1,2]},[[[7,\"seven\"]],[]],"
                   "{\"5\":{\"/x\":false}},[9,[0.5,-3]],3]");
    assert_written(message, true,
                   "[{\"one\":{\"signature\":\"s\",\"value\":\"eins\"},"
                   "\"list\":{\"signature\":\"ai\",\"value\":[1,2]}},[[[7,\"seven\"]],[]],"
                   "{\"5\":{\"/x\":false}},[9,[0.5,-3]],"
                   "{\"signature\":\"v\",\"value\":{\"signature\":\"u\",\"value\":3}}]");
    sd_bus_message_unref(message);
}

static void test_bytes_are_base64_and_doubles_that_json_has_no_number_for_are_words(void **state)
{
    sd_bus_message *message = new_message();

    assert_true(sd_bus_message_append(message, "ayayaayddd", 4, 0, 255, 16, 32, 0, 1, 1, 65, NAN,
                                      INFINITY, -INFINITY) >= 0);
    seal(message);
    /* printf '\0\377\020 ' | base64 */
    assert_written(message, false,
                   "[\"AP8QIA==\",\"\",[\"QQ==\"],\"NaN\",\"Infinity\",\"-Infinity\"]");
    sd_bus_message_unref(message);
}

static void test_a_descriptor_is_refused_both_ways(void **state)
{
    sd_bus_message *message = new_message(), *other = new_message();
    char error[VANE_VALUE_ERROR_SIZE];
    int r;

    assert_true(sd_bus_message_append(message, "sv", "before", "h", sockets[1]) >= 0);
    seal(message);
    g_free(written(message, false, &r));
    assert_int_equal(r, -EOPNOTSUPP);
    assert_int_equal(append(other, "sh", (const char *[]){"name", "fd"}, "[\"x\",3]", error),
                     -EINVAL);
    assert_string_equal(error,
                        "argument 2 (fd): a file descriptor cannot come from another machine");
    sd_bus_message_unref(message);
    sd_bus_message_unref(other);
}

/* What is appended is written again as it was, which tests both against sd-bus between them. */
static void test_what_comes_in_as_json_goes_out_as_the_same(void **state)
{
    static const char *const cases[][2] = {
        {"", "[]"},
        {"ybnqiuxt", "[255,false,-32768,65535,-2147483648,4294967295,-9223372036854775808,"
                     "18446744073709551615]"},
        {"ddd", "[0.1,\"NaN\",\"-Infinity\"]"},
        {"ayaay", "[\"AP8QIA==\",[\"\",\"QQ==\"]]"},
        {"a{sv}", "[{\"a\":{\"signature\":\"t\",\"value\":18446744073709551615},"
                  "\"b\":{\"signature\":\"a(so)\",\"value\":[[\"x\",\"/\"]]}}]"},
        {"a{sa{ib}}", "[{\"k\":{\"-5\":true,\"7\":false}}]"},
        {"a{yd}a{ts}", "[{\"0\":1.5},{\"18446744073709551615\":\"max\"}]"},
        {"(s(as(b)))", "[[\"a\",[[\"b\",\"c\"],[true]]]]"},
        {"v", "[{\"signature\":\"v\",\"value\":{\"signature\":\"ay\",\"value\":\"QQ==\"}}]"},
        {"aiaaias", "[[],[],[]]"},
        {"sog", "[\"\\u0001\xf0\x9f\x98\x80\",\"/a_1/b\",\"a{s(iv)}\"]"},
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        char error[VANE_VALUE_ERROR_SIZE] = "";
        sd_bus_message *message = new_message();

        if (append(message, cases[i][0], NULL, cases[i][1], error) < 0)
            fail_msg("%s: %s", cases[i][0], error);
        seal(message);
        assert_string_equal(sd_bus_message_get_signature(message, true), cases[i][0]);
        assert_written(message, true, cases[i][1]);
        sd_bus_message_unref(message);
    }
}

static void test_other_ways_to_write_a_value_are_understood(void **state)
{
    sd_bus_message *message = new_message();
    char error[VANE_VALUE_ERROR_SIZE];
    const char *text;
    const void *bytes;
    uint64_t number;
    size_t length;
    int truth;

    assert_int_equal(append(message, "tayvvd", NULL,
                            "[\"18446744073709551615\", [0,255], \"plain\", true, 3]", error),
                     0);
    seal(message);
    assert_true(sd_bus_message_read(message, "t", &number) > 0);
    assert_true(number == UINT64_MAX);
    assert_true(sd_bus_message_read_array(message, 'y', &bytes, &length) > 0);
    assert_int_equal(length, 2);
    assert_memory_equal(bytes, "\0\377", 2);
    assert_true(sd_bus_message_read(message, "vv", "s", &text, "b", &truth) > 0);
    assert_string_equal(text, "plain");
    assert_true(truth);
    assert_true(sd_bus_message_read(message, "d", &(double){0}) > 0);
    sd_bus_message_unref(message);
}

static void test_an_error_names_the_argument_and_the_place_within(void **state)
{
    static const char *const names[] = {"unit", "mode"};
    static const struct {
        const char *signature, *json, *error;
    } cases[] = {
        {"ss", "[\"a\"]", "argument 2 (mode): is missing (type \"s\")"},
        {"ss", "[\"a\",\"b\",\"c\"]", "argument 3: is one too many"},
        {"ss", "{}", "the arguments are not a JSON array"},
        {"sy", "[\"a\",256]", "argument 2 (mode): 256 is not within 0 to 255 (type \"y\")"},
        {"sy", "[\"a\",-1]", "argument 2 (mode): -1 is not within 0 to 255 (type \"y\")"},
        {"sn", "[\"a\",32768]",
         "argument 2 (mode): 32768 is not within -32768 to 32767 (type \"n\")"},
        {"si", "[\"a\",1.5]", "argument 2 (mode): \"1.5\" is not a whole number (type \"i\")"},
        {"st", "[\"a\",1e3]", "argument 2 (mode): \"1e3\" is not a whole number (type \"t\")"},
        {"sb", "[\"a\",1]", "argument 2 (mode): a number does not fit the type \"b\""},
        {"ss", "[\"a\",1]", "argument 2 (mode): a number does not fit the type \"s\""},
        {"ss", "[\"a\",null]", "argument 2 (mode): null does not fit the type \"s\""},
        {"so", "[\"a\",\"x\"]", "argument 2 (mode): \"x\" is no object path (type \"o\")"},
        {"sg", "[\"a\",\"a\"]", "argument 2 (mode): \"a\" is no signature (type \"g\")"},
        {"say", "[\"a\",\"QQ\"]", "argument 2 (mode): is not base64 with padding (type \"ay\")"},
        {"sai", "[\"a\",[1,2,\"x\"]]",
         "argument 2 (mode)[2]: \"x\" is not a whole number (type \"i\")"},
        {"sa{sa(ib)}", "[\"a\",{\"k\":[[1,true],[2,3]]}]",
         "argument 2 (mode)[\"k\"][1][1]: a number does not fit the type \"b\""},
        {"sa{us}", "[\"a\",{\"-1\":\"x\"}]",
         "argument 2 (mode)[\"-1\"]: -1 is not within 0 to 4294967295 (type \"u\")"},
        {"s(ii)", "[\"a\",[1]]", "argument 2 (mode)[1]: is missing (type \"i\")"},
        {"sv", "[\"a\",5]",
         "argument 2 (mode): a number does not say its type; write {\"signature\": \"...\", "
         "\"value\": ...}"},
        {"sv", "[\"a\",{\"signature\":\"ii\",\"value\":1}]",
         "argument 2 (mode): \"ii\" is not the signature of one type"},
        {"sd", "[\"a\",\"x\"]", "argument 2 (mode): \"x\" is not a number (type \"d\")"},
        {"sas", "[\"a\",{}]", "argument 2 (mode): an object does not fit the type \"as\""},
        {"sa{ss}", "[\"a\",[]]", "argument 2 (mode): an array does not fit the type \"a{ss}\""},
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        char error[VANE_VALUE_ERROR_SIZE] = "";
        sd_bus_message *message = new_message();

        assert_true(append(message, cases[i].signature, names, cases[i].json, error) < 0);
        assert_string_equal(error, cases[i].error);
        sd_bus_message_unref(message);
    }
}

static void test_output_has_a_limit(void **state)
{
    const struct vane_value_style style = {.limit = 64};
    sd_bus_message *message = new_message();
    struct vane_json json = {0};

    for (int i = 0; i < 100; i++)
        assert_true(sd_bus_message_append(message, "s", "0123456789") >= 0);
    seal(message);
    vane_json_array_begin(&json);
    assert_int_equal(vane_value_write(&json, message, &style), -E2BIG);
    assert_true(json.length < 128);
    vane_json_clear(&json);
    sd_bus_message_unref(message);
}

/* sd-bus is the judge of what is a signature. */
static void test_signatures_are_those_of_the_specification(void **state)
{
    static const char *const good[] = {"", "s", "a{sv}", "(ii)", "a(a{s(iv)}ay)", "vvv", "aaaaai"};
    static const char *const bad[] = {"a",  "()", "{sv}", "a{vs}",   "a{s}", "a{sss}",
                                      "(i", "i)", "z",    "a{(i)s}", "s s",  "r",
                                      "e",  "(",  "a{si", "a{sv}}"};
    g_autofree char *deep = g_strnfill(33, 'a'), *deepest = g_strdup_printf("%si", deep);

    for (size_t i = 0; i < ELEMENTS(good); i++) {
        sd_bus_message *message = new_message();

        assert_true(vane_signature_valid(good[i]));
        assert_true(sd_bus_message_append_basic(message, 'g', good[i]) >= 0);
        sd_bus_message_unref(message);
    }
    for (size_t i = 0; i < ELEMENTS(bad); i++)
        assert_false(vane_signature_valid(bad[i]));
    assert_false(vane_signature_valid(deepest));
    assert_true(vane_signature_valid(deepest + 1));
    assert_true(vane_signature_single("a{sv}"));
    assert_false(vane_signature_single("ss"));
    assert_false(vane_signature_single(""));
    assert_int_equal(vane_signature_count("sa{sv}(ii)"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_basic_type_keeps_its_extremes),
        cmocka_unit_test(test_containers_nest),
        cmocka_unit_test(test_bytes_are_base64_and_doubles_that_json_has_no_number_for_are_words),
        cmocka_unit_test(test_a_descriptor_is_refused_both_ways),
        cmocka_unit_test(test_what_comes_in_as_json_goes_out_as_the_same),
        cmocka_unit_test(test_other_ways_to_write_a_value_are_understood),
        cmocka_unit_test(test_an_error_names_the_argument_and_the_place_within),
        cmocka_unit_test(test_output_has_a_limit),
        cmocka_unit_test(test_signatures_are_those_of_the_specification),
    };

    return cmocka_run_group_tests(tests, start_bus, stop_bus);
}
