/* URLs, headers and bodies of webhooks. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>
#include <sodium.h>

#include "lib/array.h"
#include "lib/json/scanner.h"
#include "plugins/webhook/body.h"
#include "plugins/webhook/headers.h"
#include "plugins/webhook/url.h"

static void assert_url(const char *text, const char *url, const char *origin, const char *socket)
{
    struct vane_url parsed;
    const char *why = NULL;

    if (vane_url_parse(text, &parsed, &why) < 0)
        fail_msg("%s: %s", text, why);
    assert_string_equal(parsed.url, url);
    assert_string_equal(parsed.origin, origin);
    if (socket)
        assert_string_equal(parsed.socket, socket);
    else
        assert_null(parsed.socket);
    vane_url_clear(&parsed);
}

static void test_urls_and_their_origins(void **state)
{
    assert_url("https://hooks.example/a/secret?token=x", "https://hooks.example/a/secret?token=x",
               "https://hooks.example:443", NULL);
    assert_url("http://[::1]:8080/x", "http://[::1]:8080/x", "http://[::1]:8080", NULL);
    assert_url("unix:/run/app.sock", "http://localhost/", "unix:/run/app.sock", "/run/app.sock");
    assert_url("unix:/run/app.sock:/hooks?a=1", "http://localhost/hooks?a=1", "unix:/run/app.sock",
               "/run/app.sock");
}

static void test_addresses_in_odd_notation_are_put_right(void **state)
{
    assert_url("http://0x7f.1/", "http://127.0.0.1/", "http://127.0.0.1:80", NULL);
    assert_url("http://2130706433/", "http://127.0.0.1/", "http://127.0.0.1:80", NULL);
}

static void test_bad_urls_are_refused_with_the_reason(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {{"", "no URL"},
               {"hooks.example", "no URL"},
               {"ftp://hooks.example/", "only http"},
               {"file:///etc/passwd", "only http"},
               {"gopher://x/", "only http"},
               {"https://user:pass@hooks.example/", "user name"},
               {"https://user@hooks.example/", "user name"},
               {"https://hooks.example/#part", "fragment"},
               {"https://hooks.example/a b", "blanks"},
               {"https://hooks.example/\r\nX: y", "blanks"},
               {"https://h\xc3\xb6oks.example/", "blanks"},
               {"https://[fe80::1%25eth0]/", ""},
               {"https://hooks.example:99999/", "no URL"},
               {"http:/%CCcc/", "letters that no host has"},
               {"unix:relative.sock", "not absolute"},
               {"unix:/run/a.sock:hooks", "no path"}};

    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        struct vane_url url;
        const char *why = NULL;

        if (vane_url_parse(bad[i].text, &url, &why) != -EINVAL)
            fail_msg("%s is taken", bad[i].text);
        if (!strstr(why, bad[i].words))
            fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].text, why, bad[i].words);
        assert_null(url.url);
        assert_null(url.origin);
    }
}

static void test_headers_are_split_and_checked(void **state)
{
    static const char *const bad[] = {"X-Env",           ": x",     "X Y: z", "Webhook-Id: 1",
                                      "content-type: x", "HOST: x", "X-A: ",  "X-A: 1 |",
                                      "X-A: a\nX-B: c"};
    static const char good[] = "X-Env: prod |  Accept:text/a; q=0.5",
                      lines[] = "\nX-A: 1|2\r\n \nX-B:3";
    g_autoptr(GPtrArray) headers = vane_headers_new();
    const char *why = NULL;

    assert_int_equal(vane_headers_parse(good, strlen(good), '|', headers, &why), 0);
    assert_int_equal(vane_headers_parse(lines, strlen(lines), '\n', headers, &why), 0);
    assert_int_equal(headers->len, 4);
    assert_string_equal(headers->pdata[0], "X-Env: prod");
    assert_string_equal(headers->pdata[1], "Accept: text/a; q=0.5");
    assert_string_equal(headers->pdata[2], "X-A: 1|2");
    assert_string_equal(headers->pdata[3], "X-B: 3");
    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        why = NULL;
        assert_int_equal(vane_headers_parse(bad[i], strlen(bad[i]), '|', headers, &why), -EINVAL);
        assert_non_null(why);
    }
}

static const char event[] =
    "{\"seq\":7,\"epoch\":\"00112233445566ff\",\"id\":\"00112233445566ff-7\","
    "\"time\":\"2026-01-31T12:00:00.000000001Z\",\"monotonic_ns\":1,\"topic\":\"link.state\","
    "\"cause\":\"00112233445566ff-5\",\"payload\":{\"interface_name\":\"eth0\",\"mtu\":1500}}";

static void assert_body(enum vane_webhook_format format, const char *expected)
{
    const struct vane_webhook_sender sender = {.source = "/netvane/host", .node_id = 4000000000};
    size_t length = 0;
    g_autofree char *body = vane_webhook_body(format, event, strlen(event), &sender, &length);

    assert_non_null(body);
    assert_int_equal(length, strlen(body));
    assert_int_equal(vane_json_scan(body, length, NULL, NULL), 0);
    assert_string_equal(body, expected);
}

static void test_bodies_are_what_each_format_has(void **state)
{
    assert_body(VANE_WEBHOOK_STANDARD, "{\"id\":\"00112233445566ff-7\",\"type\":\"link.state\","
                                       "\"timestamp\":\"2026-01-31T12:00:00.000000001Z\","
                                       "\"cause\":\"00112233445566ff-5\","
                                       "\"data\":{\"interface_name\":\"eth0\",\"mtu\":1500}}");
    assert_body(VANE_WEBHOOK_PILOT,
                "{\"event_id\":\"00112233445566ff-7\",\"event\":\"link.state\","
                "\"node_id\":4000000000,\"timestamp\":\"2026-01-31T12:00:00.000000001Z\","
                "\"data\":{\"interface_name\":\"eth0\",\"mtu\":1500}}");
    assert_body(VANE_WEBHOOK_CLOUDEVENTS,
                "{\"specversion\":\"1.0\",\"id\":\"00112233445566ff-7\","
                "\"source\":\"/netvane/host\",\"type\":\"org.netvane.link.state\","
                "\"time\":\"2026-01-31T12:00:00.000000001Z\",\"subject\":\"eth0\","
                "\"datacontenttype\":\"application/json\",\"seq\":7,"
                "\"cause\":\"00112233445566ff-5\","
                "\"data\":{\"interface_name\":\"eth0\",\"mtu\":1500}}");
}

static void test_batches_are_arrays_of_the_same_bodies(void **state)
{
    const struct vane_webhook_sender sender = {.source = "/netvane/host"};
    const struct vane_webhook_text events[] = {{"00112233445566ff-7", event, strlen(event)},
                                               {"00112233445566ff-7", event, strlen(event)}};
    const struct vane_webhook_text nonsense = {"x", "{}", 2};

    for (int format = VANE_WEBHOOK_STANDARD; format <= VANE_WEBHOOK_CLOUDEVENTS; format++) {
        size_t length;
        g_autofree char *body = vane_webhook_body((enum vane_webhook_format)format, event,
                                                  strlen(event), &sender, &length);
        g_autofree char *expected = g_strdup_printf("[%s,%s]", body, body);
        g_autofree char *batch =
            vane_webhook_batch((enum vane_webhook_format)format, events, 2, &sender, &length);

        assert_true(vane_webhook_has_batches((enum vane_webhook_format)format));
        assert_string_equal(batch, expected);
        assert_int_equal(length, strlen(expected));
        assert_null(
            vane_webhook_batch((enum vane_webhook_format)format, &nonsense, 1, &sender, &length));
    }
    assert_false(vane_webhook_has_batches(VANE_WEBHOOK_PILOT));
}

/* printf 'a\0b\0' | sha256sum, and so on. */
static void test_ids_of_batches_tell_their_events(void **state)
{
    const struct vane_webhook_text two[] = {{"a", "", 0}, {"b", "", 0}}, one[] = {{"ab", "", 0}};
    g_autofree char *first = vane_webhook_batch_id(two, 2);
    g_autofree char *second = vane_webhook_batch_id(one, 1);

    assert_string_equal(first, "batch-8fb20ef63ced4145fc2e983ffe597d1d");
    assert_string_equal(second, "batch-969caaeb3626c0d5695eefa6aea53305");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls_and_their_origins),
        cmocka_unit_test(test_addresses_in_odd_notation_are_put_right),
        cmocka_unit_test(test_bad_urls_are_refused_with_the_reason),
        cmocka_unit_test(test_headers_are_split_and_checked),
        cmocka_unit_test(test_bodies_are_what_each_format_has),
        cmocka_unit_test(test_batches_are_arrays_of_the_same_bodies),
        cmocka_unit_test(test_ids_of_batches_tell_their_events),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
