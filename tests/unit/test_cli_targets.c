/* Which machines are meant, and whose signals. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cluster/roster.h"
#include "cli/cluster/watch-pattern.h"
#include "lib/array.h"
#include "lib/cleanup.h"

#define FIRST  "UAILZJS66U24VALTH2D6OWVD5JTS3IDFMKOICJSOX7CHNAF3AXFVWIFX"
#define SECOND "UBQUIKYGFC7CH5XMF52P2NN4ESI4XTXGAKT3WTG3XGU3352DMHGZQAX7"
#define THIRD  "UAMLBE4LIDYXH6FO5LW6CPLEBZJ23I2OT3TPZYIJPQY5HJ46X3BU7UJK"

/* As machines answer "$SRV.PING.netvane". */
static const char *const pongs[] = {
    "{\"type\":\"io.nats.micro.v1.ping_response\",\"name\":\"netvane\",\"id\":\"" FIRST
    "\",\"metadata\":{\"node\":\"web1\",\"tags\":\"role=edge,site=a\"}}",
    "{\"id\":\"not one\",\"metadata\":{\"node\":\"web9\"}}",
    "{\"id\":\"" SECOND "\",\"metadata\":{\"node\":\"web2\",\"tags\":\"role=edge\"}}",
    "{\"id\":\"" SECOND "\",\"metadata\":{\"node\":\"once more\"}}",
    "[]",
};

static GPtrArray *roster(void)
{
    GPtrArray *made = vane_roster_new();

    for (size_t i = 0; i < ELEMENTS(pongs); i++)
        vane_roster_add_pong(made, vane_json_root(pongs[i], strlen(pongs[i])));
    return made;
}

static GPtrArray *list_of(const char *words)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);

    for (char **part = parts; *part; part++)
        g_ptr_array_add(list, g_strdup(*part));
    return list;
}

/* The chosen NKeys with blanks, or the sentence that refuses. */
static char *choose(const char *nodes, const char *nkeys, GPtrArray *known)
{
    _cleanup_(vane_targets_clear) struct vane_targets targets = {0};
    g_autoptr(GPtrArray) node_list = list_of(nodes), nkey_list = list_of(nkeys);
    char *why = NULL;

    if (vane_targets_choose(&targets, node_list, nkey_list, known, &why) < 0)
        return why;
    if (targets.all)
        return g_strdup("(whoever there is)");
    g_ptr_array_add(targets.nkeys, NULL);
    return g_strjoinv(" ", (char **)targets.nkeys->pdata);
}

static void assert_chosen(const char *nodes, const char *nkeys, GPtrArray *known,
                          const char *expected)
{
    g_autofree char *chosen = choose(nodes, nkeys, known);

    if (!strstr(chosen, expected) || (*expected == 'U' && strlen(chosen) != strlen(expected)))
        fail_msg("%s %s: %s", nodes, nkeys, chosen);
}

static void test_machines_are_meant_by_name_key_and_tag(void **state)
{
    assert_chosen("web1", "", roster(), FIRST);
    assert_chosen("WEB2", "", roster(), SECOND);
    assert_chosen(SECOND, "", roster(), SECOND);
    assert_chosen("role=edge", "", roster(), FIRST " " SECOND);
    assert_chosen("web2 role=edge web2", FIRST, roster(), FIRST " " SECOND);
    assert_chosen("", THIRD, roster(), THIRD);
}

static void test_without_a_choice_all_are_meant(void **state)
{
    assert_chosen("", "", roster(), "(whoever there is)");
    assert_chosen("", "", vane_roster_new(), "(whoever there is)");
}

static void test_who_is_not_there_is_named(void **state)
{
    assert_chosen("web1 web9", "", roster(),
                  "NKey or tag \"web9\"; there are web1, web2, role=edge");
    assert_chosen("UAILZJS66U24VALTH2D6OWVD5JTS3IDFMKOICJSOX7CHNAF3AXFVWIFY", "", roster(),
                  "is no NKey: it is mistyped");
    assert_chosen("web1", "", vane_roster_new(), "NKey or tag \"web1\"");
    assert_chosen(THIRD, "", vane_roster_new(), THIRD);
}

static void test_who_answers_is_known_by_its_name(void **state)
{
    _cleanup_(vane_targets_clear) struct vane_targets targets = {.roster = roster()};
    g_autofree char *first = vane_targets_title(&targets, FIRST);
    g_autofree char *third = vane_targets_title(&targets, THIRD);

    assert_string_equal(vane_targets_name(&targets, SECOND), "web2");
    assert_string_equal(first, "web1 (" FIRST ")");
    assert_string_equal(third, THIRD);
}

/* What one machine knows of all of them. */
static void test_machines_that_have_gone_are_known_for_a_day(void **state)
{
    static const char *const rows[] = {
        "{\"nkey\":\"" FIRST "\",\"name\":\"web1\",\"state\":\"here\",\"tags\":[\"role=new\"]}",
        "{\"nkey\":\"" THIRD "\",\"name\":\"db1\",\"state\":\"left\",\"tags\":[],"
        "\"since\":\"2026-01-31T12:00:00Z\"}",
        "{\"nkey\":\"" THIRD "\",\"name\":\"db1\",\"state\":\"here\",\"tags\":[]}",
    };
    const int64_t noon = 1769860800; /* of that day */
    _cleanup_(vane_targets_clear) struct vane_targets targets = {.roster = roster()};
    struct vane_json_view left = vane_json_root(rows[1], strlen(rows[1]));
    struct vane_json_view here = vane_json_root(rows[2], strlen(rows[2]));

    assert_non_null(
        vane_roster_add_row(targets.roster, vane_json_root(rows[0], strlen(rows[0])), noon));
    assert_int_equal(targets.roster->len, 2);
    assert_string_equal(
        ((const struct vane_machine *)g_ptr_array_index(targets.roster, 0))->tags[0], "role=new");
    assert_null(vane_roster_add_row(targets.roster, left, noon + 86401));
    assert_non_null(vane_roster_add_row(targets.roster, left, noon + 86400));
    assert_int_equal(vane_targets_state(&targets, THIRD), VANE_MACHINE_LEFT);
    assert_int_equal(vane_targets_state(&targets, FIRST), VANE_MACHINE_HERE);
    /* another has not noticed yet */
    assert_non_null(vane_roster_add_row(targets.roster, here, noon));
    assert_int_equal(vane_targets_state(&targets, THIRD), VANE_MACHINE_LEFT);
    assert_null(vane_roster_add_row(targets.roster, vane_json_root("[]", 2), noon));
}

static void test_signals_of_objects_are_subjects(void **state)
{
    static const struct {
        const char *nkey, *pattern, *subject;
    } cases[] = {
        {NULL, NULL, "dbus.signals.*.>"},
        {NULL, ">", "dbus.signals.*.>"},
        {FIRST, NULL, "dbus.signals." FIRST ".>"},
        {NULL, "/org/a/*", "dbus.signals.*.*.org.a.*"},
        {FIRST, "org.a.>", "dbus.signals." FIRST ".*.org.a.>"},
        {NULL, "/", "dbus.signals.*.*"},
        {NULL, "/unit/nscd_2eservice", "dbus.signals.*.*.unit.nscd_2eservice"},
        {NULL, "", NULL},
        {NULL, "//", NULL},
        {NULL, "a..b", NULL},
        {NULL, ">.a", NULL},
        {NULL, "a.b>", NULL},
        {NULL, "a b", NULL},
        {NULL, "a\r\nPUB x", NULL},
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        g_autofree char *subject = vane_watch_subject(cases[i].nkey, cases[i].pattern);

        if (g_strcmp0(subject, cases[i].subject) != 0)
            fail_msg("%s: %s", cases[i].pattern, subject);
    }
}

static void test_events_of_machines_are_subjects(void **state)
{
    g_autofree char *all = vane_watch_events_subject(NULL, NULL);
    g_autofree char *links = vane_watch_events_subject(FIRST, "link.*");
    char nkey[VANE_NKEY_LENGTH + 1];

    assert_string_equal(all, "netvane.*.event.*.>");
    assert_string_equal(links, "netvane.*.event." FIRST ".link.*");
    assert_null(vane_watch_events_subject(NULL, ""));
    assert_null(vane_watch_events_subject(NULL, "link/a"));
    assert_true(vane_watch_event_nkey("netvane.default.event." FIRST ".link.state", nkey));
    assert_string_equal(nkey, FIRST);
    assert_false(vane_watch_event_nkey("netvane.default.event.x.link.state", nkey));
    assert_false(vane_watch_event_nkey("netvane.default.event." FIRST, nkey));
}

static bool is_new(const char *row)
{
    return vane_roster_row_is_new(vane_json_root(row, strlen(row)), FIRST);
}

/* Its question is answered within a second; agents of before do not say it. */
static void test_whoever_has_come_a_moment_ago_says_so(void **state)
{
    assert_true(is_new("{\"nkey\":\"" FIRST "\",\"listening_ms\":0}"));
    assert_true(is_new("{\"nkey\":\"" FIRST "\",\"listening_ms\":1000}"));
    assert_false(is_new("{\"nkey\":\"" FIRST "\",\"listening_ms\":2000}"));
    assert_false(is_new("{\"nkey\":\"" FIRST "\"}"));
    assert_false(is_new("{\"nkey\":\"" FIRST "\",\"listening_ms\":\"soon\"}"));
    assert_false(is_new("{\"nkey\":\"" SECOND "\",\"listening_ms\":0}"));
    assert_false(is_new("[]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whoever_has_come_a_moment_ago_says_so),
        cmocka_unit_test(test_machines_are_meant_by_name_key_and_tag),
        cmocka_unit_test(test_without_a_choice_all_are_meant),
        cmocka_unit_test(test_who_answers_is_known_by_its_name),
        cmocka_unit_test(test_who_is_not_there_is_named),
        cmocka_unit_test(test_machines_that_have_gone_are_known_for_a_day),
        cmocka_unit_test(test_events_of_machines_are_subjects),
        cmocka_unit_test(test_signals_of_objects_are_subjects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
