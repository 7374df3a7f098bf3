/* Headers of endpoints: which are refused, and which are as good as a password. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/array.h"
#include "plugins/webhook/headers.h"

static int parse(const char *text, char separator, GPtrArray *headers)
{
    const char *why = NULL;
    int r = vane_headers_parse(text, strlen(text), separator, headers, &why);

    assert_true(r == 0 || why);
    return r;
}

static void test_several_are_told_apart_and_trimmed(void **state)
{
    g_autoptr(GPtrArray) headers = vane_headers_new();

    assert_int_equal(parse("X-Env: prod |X-Site:4 ", '|', headers), 0);
    assert_int_equal(parse("\nX-File:  a: b\r\n\n", '\n', headers), 0);
    assert_int_equal(headers->len, 3);
    assert_string_equal(headers->pdata[0], "X-Env: prod");
    assert_string_equal(headers->pdata[1], "X-Site: 4");
    assert_string_equal(headers->pdata[2], "X-File: a: b");
}

static void test_nothing_can_be_smuggled_in(void **state)
{
    static const char *const bad[] = {
        "X-A: b\r\nX-B: c", "X-A: b\nX-B: c", "X-A: b\rc",  "X A: b", ": b", "X-A", "X-A:",
        "X-A: b\tc",        "X-\xc3\xa4: b",  "X-A : \x7f", ""};
    static const char *const ours[] = {
        "Host: other",   "content-length: 0",      "Transfer-Encoding: chunked",
        "WEBHOOK-ID: 1", "webhook-signature: v1,", "Content-Type: text/plain"};
    g_autoptr(GPtrArray) headers = vane_headers_new();

    for (size_t i = 0; i < ELEMENTS(bad); i++)
        if (parse(bad[i], '|', headers) != -EINVAL)
            fail_msg("\"%s\" is taken", bad[i]);
    for (size_t i = 0; i < ELEMENTS(ours); i++)
        if (parse(ours[i], '|', headers) != -EINVAL)
            fail_msg("\"%s\" is taken", ours[i]);
    assert_int_equal(headers->len, 0);
}

static void test_credentials_are_told_by_name_and_scheme(void **state)
{
    static const char *const credentials[] = {"Authorization: x",
                                              "PROXY-AUTHORIZATION: x",
                                              "Cookie: a=b",
                                              "X-Api-Key: x",
                                              "apikey: x",
                                              "X-Auth-Token: x",
                                              "X-Hub-Secret: x",
                                              "X-Password: x",
                                              "X-Webhook_Token: x",
                                              "DD-API-KEY: x",
                                              "X-Auth: x",
                                              "Session: x",
                                              "Private-Token: x",
                                              "X-Who: Bearer abc",
                                              "X-Who: basic dXNlcjpwdw==",
                                              "Ocp-Apim-Subscription-Key: x"};
    static const char *const open[] = {
        "X-Env: prod",        "X-Author: me",     "X-Site: 4",      "X-Keyboard: de",
        "Accept: a/b",        "X-Compass: north", "X-Note: bearer", "X-Note: Basics of x",
        "User-Agent: mine/1", "X-Tenant: blue"};

    for (size_t i = 0; i < ELEMENTS(credentials); i++)
        if (!vane_header_is_credential(credentials[i]))
            fail_msg("\"%s\" is taken for no credential", credentials[i]);
    for (size_t i = 0; i < ELEMENTS(open); i++)
        if (vane_header_is_credential(open[i]))
            fail_msg("\"%s\" is taken for a credential", open[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several_are_told_apart_and_trimmed),
        cmocka_unit_test(test_nothing_can_be_smuggled_in),
        cmocka_unit_test(test_credentials_are_told_by_name_and_scheme),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
