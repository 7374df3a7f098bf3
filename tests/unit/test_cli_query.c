/* The words behind "get" and "invoke", and how the operator connects. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cluster/query.h"
#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/text/line.h"

#define NKEY "UBQUIKYGFC7CH5XMF52P2NN4ESI4XTXGAKT3WTG3XGU3352DMHGZQAX7"

static int read_query(struct vane_query *query, enum vane_call_kind kind, const char *typed,
                      char **why)
{
    struct vane_line line;
    int r;

    assert_int_equal(vane_line_split(typed, &line, NULL), 0);
    r = vane_query_read(query, kind, line.words, why);
    vane_line_clear(&line);
    return r;
}

static void test_a_property_is_asked_for(void **state)
{
    _cleanup_(vane_query_clear) struct vane_query query;
    g_autofree char *why = NULL;

    assert_int_equal(
        read_query(&query, VANE_CALL_PROPERTY,
                   "org.freedesktop.systemd1 /org/freedesktop/systemd1 Version --nodes web1,role=a "
                   "--nodes=web2 --nkeys " NKEY " --timeout 500ms -J --creds /c --server nats://a",
                   &why),
        0);
    assert_string_equal(query.call.destination, "org.freedesktop.systemd1");
    assert_string_equal(query.call.path, "/org/freedesktop/systemd1");
    assert_string_equal(query.call.member, "Version");
    assert_null(query.call.interface);
    assert_int_equal(query.asking.nodes->len, 3);
    assert_string_equal(g_ptr_array_index(query.asking.nodes, 1), "role=a");
    assert_string_equal(g_ptr_array_index(query.asking.nkeys, 0), NKEY);
    assert_int_equal(query.asking.timeout_ms, 500);
    assert_true(query.asking.json);
    assert_string_equal(query.asking.settings.credentials_file, "/c");
    assert_string_equal(query.asking.settings.servers, "nats://a");
}

static void test_a_method_has_arguments_and_maybe_an_interface(void **state)
{
    _cleanup_(vane_query_clear) struct vane_query query;
    g_autofree char *why = NULL;

    assert_int_equal(
        read_query(&query, VANE_CALL_METHOD, "a.b / x.y.Move ii -J -5 7 --timeout=2s", &why), 0);
    assert_string_equal(query.call.interface, "x.y");
    assert_string_equal(query.call.member, "Move");
    assert_string_equal(query.arguments, "[-5,7]");
    assert_int_equal(query.asking.timeout_ms, 2000);
}

static void test_behind_two_dashes_everything_is_an_argument(void **state)
{
    _cleanup_(vane_query_clear) struct vane_query query;
    g_autofree char *why = NULL;

    assert_int_equal(read_query(&query, VANE_CALL_METHOD, "a.b / Say -- ss --json -J", &why), 0);
    assert_string_equal(query.arguments, "[\"--json\",\"-J\"]");
    assert_false(query.asking.json);
}

static void test_what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *typed, *why;
    } cases[] = {
        {"", "incomplete command"},
        {"a.b /", "incomplete command"},
        {"ab / P", "\"ab\" is no name of D-Bus"},
        {"a.b x P", "\"x\" is no path of D-Bus"},
        {"a.b / 1P", "\"1P\" is no property of D-Bus"},
        {"a.b / x.P", "\"x.P\" is no property of D-Bus"},
        {"a.b / P more", "\"more\" is too much"},
        {"a.b / P --timeout never", "\"never\" is no timeout"},
        {"a.b / P --timeout 0", "\"0\" is no timeout"},
        {"a.b / P --nkeys X", "\"X\" is no NKey"},
        {"a.b / P --nodes a,,b", "nothing between two commas"},
        {"a.b / P --nonsense", "\"--nonsense\" is no option"},
        {"a.b / P --nodes", "\"--nodes\" is no option, or its value is missing"},
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        _cleanup_(vane_query_clear) struct vane_query query;
        g_autofree char *why = NULL;

        assert_int_equal(read_query(&query, VANE_CALL_PROPERTY, cases[i].typed, &why), -EINVAL);
        if (!strstr(why, cases[i].why))
            fail_msg("%s: %s", cases[i].typed, why);
    }
}

/* ---- how the operator connects ---- */

static void test_a_context_of_the_nats_program_is_read(void **state)
{
    _cleanup_(vane_settings_clear) struct vane_settings settings = {0};
    g_autofree char *why = NULL;

    /* As `nats context save` writes it: every member is there. */
    assert_int_equal(
        vane_settings_parse_context(
            "c.json",
            "{\"description\":\"ours\",\"url\":\"nats://a:4222,nats://b\",\"token\":\"\","
            "\"user\":\"\",\"password\":\"\",\"creds\":\"~/x.creds\",\"nkey\":\"\",\"cert\":\"\","
            "\"key\":\"\",\"ca\":\"/ca.pem\",\"nsc\":\"\",\"jetstream_domain\":\"\","
            "\"inbox_prefix\":\"_INBOX_me\",\"tls_first\":false}",
            "/srv/me", &settings, &why),
        0);
    assert_string_equal(settings.servers, "nats://a:4222,nats://b");
    assert_string_equal(settings.credentials_file, "/srv/me/x.creds");
    assert_string_equal(settings.ca_file, "/ca.pem");
    assert_string_equal(settings.inbox_prefix, "_INBOX_me");
    assert_null(settings.user);
    assert_null(settings.nkey_file);
}

static void test_what_is_no_context_is_refused_by_its_path(void **state)
{
    static const char *const texts[] = {"", "[]", "{", "{\"nsc\":\"nsc://o/a/u\"}"};

    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        _cleanup_(vane_settings_clear) struct vane_settings settings = {0};
        g_autofree char *why = NULL;

        assert_int_equal(vane_settings_parse_context("/c.json", texts[i], "/h", &settings, &why),
                         -EINVAL);
        assert_true(g_str_has_prefix(why, "/c.json "));
    }
}

static void test_one_account_is_not_mixed_with_another(void **state)
{
    _cleanup_(vane_settings_clear) struct vane_settings typed = {.nkey_file = g_strdup("/n")};
    _cleanup_(vane_settings_clear) struct vane_settings context = {
        .servers = g_strdup("nats://a"), .user = g_strdup("u"), .password = g_strdup("p")};

    vane_settings_complete(&typed, &context);
    assert_string_equal(typed.servers, "nats://a");
    assert_null(typed.user);
    assert_null(typed.password);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_property_is_asked_for),
        cmocka_unit_test(test_a_method_has_arguments_and_maybe_an_interface),
        cmocka_unit_test(test_behind_two_dashes_everything_is_an_argument),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_a_context_of_the_nats_program_is_read),
        cmocka_unit_test(test_what_is_no_context_is_refused_by_its_path),
        cmocka_unit_test(test_one_account_is_not_mixed_with_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
