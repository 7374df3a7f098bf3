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
    assert_chosen("web1 web9", "", roster(), "NKey or tag \"web9\" says that it is there");
    assert_chosen("web1", "", vane_roster_new(), "NKey or tag \"web1\" says that it is there");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machines_are_meant_by_name_key_and_tag),
        cmocka_unit_test(test_without_a_choice_all_are_meant),
        cmocka_unit_test(test_who_answers_is_known_by_its_name),
        cmocka_unit_test(test_who_is_not_there_is_named),
        cmocka_unit_test(test_signals_of_objects_are_subjects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
