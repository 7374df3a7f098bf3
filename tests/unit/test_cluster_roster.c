/* The roster: who is here, who has left, who is silent; and what an announcement may be. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugins/cluster/roster.h"

#define A "UBQUIKYGFC7CH5XMF52P2NN4ESI4XTXGAKT3WTG3XGU3352DMHGZQAX7"
#define B "UAILZJS66U24VALTH2D6OWVD5JTS3IDFMKOICJSOX7CHNAF3AXFVWIFX"

static GString *told;
static char named[VANE_NKEY_LENGTH + 1];

static void on_joined(void *user, const struct vane_node *node)
{
    g_string_append_printf(told, "+%s ", node->presence.name);
}

static void on_left(void *user, const struct vane_node *node)
{
    g_string_append_printf(told, "-%s(%s) ", node->presence.name,
                           vane_node_state_word(node->state));
}

static void on_changed(void *user, const struct vane_node *node)
{
    g_string_append_printf(told, "~%s ", node->presence.name);
}

static void on_crowded(void *user, bool is_crowded)
{
    g_string_append(told, is_crowded ? "crowded " : "roomy ");
}

static bool on_named(void *user, const char *nkey)
{
    return strcmp(nkey, named) == 0;
}

static int begin(void **state)
{
    struct vane_roster *roster = g_new0(struct vane_roster, 1);

    vane_roster_init(roster);
    roster->joined = on_joined;
    roster->left = on_left;
    roster->changed = on_changed;
    roster->crowded = on_crowded;
    roster->named = on_named;
    named[0] = '\0';
    told = g_string_new(NULL);
    *state = roster;
    return 0;
}

static int end(void **state)
{
    vane_roster_clear(*state);
    g_free(*state);
    g_string_free(told, TRUE);
    return 0;
}

static struct vane_presence presence(const char *name, bool leaving)
{
    g_autofree char *text = g_strdup_printf(
        "{\"name\": \"%s\", \"version\": \"1\", \"tags\": [\"edge\"], \"networks\": [{\"id\": 7, "
        "\"tags\": [\"core\"]}], \"interval_ms\": 1000, \"leaving\": %s}",
        name, leaving ? "true" : "false");
    struct vane_presence read;

    assert_int_equal(vane_presence_parse(text, strlen(text), &read), 0);
    return read;
}

static int hear(struct vane_roster *roster, const char *nkey, bool leaving, int64_t signed_ms,
                int64_t now_ms)
{
    struct vane_presence said = presence(strcmp(nkey, A) == 0 ? "a" : "b", leaving);

    return vane_roster_hear(roster, nkey, &said, signed_ms, now_ms);
}

static void test_coming_and_going_are_told_once(void **state)
{
    struct vane_roster *roster = *state;

    assert_int_equal(hear(roster, A, false, 1, 100), 0);
    assert_int_equal(hear(roster, A, false, 2, 200), 0);
    assert_int_equal(hear(roster, B, false, 1, 200), 0);
    assert_int_equal(hear(roster, A, true, 3, 300), 0);
    assert_int_equal(hear(roster, A, false, 4, 400), 0);
    assert_string_equal(told->str, "+a +b -a(left) +a ");
}

static int hear_tags(struct vane_roster *roster, const char *tags, int64_t signed_ms)
{
    g_autofree char *text = g_strdup_printf(
        "{\"name\": \"a\", \"version\": \"1\", \"tags\": [\"edge\"], \"networks\": [{\"id\": 7, "
        "\"tags\": %s}], \"interval_ms\": 1000, \"leaving\": false}",
        tags);
    struct vane_presence read;

    assert_int_equal(vane_presence_parse(text, strlen(text), &read), 0);
    return vane_roster_hear(roster, A, &read, signed_ms, signed_ms);
}

static void test_other_tags_in_a_network_are_a_change_and_the_same_are_none(void **state)
{
    struct vane_roster *roster = *state;

    assert_int_equal(hear_tags(roster, "[]", 1), 0);
    assert_int_equal(hear_tags(roster, "[]", 2), 0);
    assert_int_equal(hear_tags(roster, "[\"core\"]", 3), 0);
    assert_int_equal(hear_tags(roster, "[\"core\"]", 4), 0);
    assert_int_equal(hear_tags(roster, "[\"core\", \"new\"]", 5), 0);
    assert_int_equal(hear(roster, A, true, 6, 6), 0);
    assert_string_equal(told->str, "+a ~a ~a -a(left) ");
}

/* An old announcement, sent again by somebody, brings nobody back. */
static void test_what_is_older_is_not_heard(void **state)
{
    struct vane_roster *roster = *state;

    assert_int_equal(hear(roster, A, false, 5, 100), 0);
    assert_int_equal(hear(roster, A, true, 6, 100), 0);
    assert_int_equal(hear(roster, A, false, 5, 100), -ESTALE);
    assert_int_equal(hear(roster, A, false, 6, 100), -ESTALE);
    assert_string_equal(told->str, "+a -a(left) ");
}

static void test_three_missed_announcements_are_silence(void **state)
{
    struct vane_roster *roster = *state;

    assert_int_equal(hear(roster, A, false, 1, 10000), 0);
    vane_roster_check(roster, 13000);
    assert_string_equal(told->str, "+a ");
    vane_roster_check(roster, 13001);
    vane_roster_check(roster, 14000);
    assert_string_equal(told->str, "+a -a(silent) ");
    assert_int_equal(hear(roster, A, true, 2, 15000), 0); /* says goodbye after all */
    assert_int_equal(hear(roster, A, false, 3, 16000), 0);
    assert_string_equal(told->str, "+a -a(silent) +a ");
}

static void test_our_own_deafness_is_nobodys_silence(void **state)
{
    struct vane_roster *roster = *state;

    assert_int_equal(hear(roster, A, false, 1, 10000), 0);
    vane_roster_listen_anew(roster, 50000);
    vane_roster_check(roster, 50001);
    assert_string_equal(told->str, "+a ");
}

static void test_members_of_a_network_have_its_tags(void **state)
{
    struct vane_roster *roster = *state;
    g_autoptr(GPtrArray) nodes = NULL;

    assert_int_equal(hear(roster, B, false, 1, 1), 0);
    assert_int_equal(hear(roster, A, false, 1, 1), 0);
    nodes = vane_roster_sorted(roster);
    assert_int_equal(nodes->len, 2);
    assert_string_equal(((struct vane_node *)nodes->pdata[0])->nkey, A);
    assert_string_equal(vane_node_in(nodes->pdata[0], 7)->tags[0], "core");
    assert_null(vane_node_in(nodes->pdata[0], 8));
}

static void make_nkey(unsigned number, char nkey[VANE_NKEY_LENGTH + 1])
{
    uint8_t key[32] = {(uint8_t)number, (uint8_t)(number >> 8)};

    vane_nkey_format(key, nkey);
}

/* Each heard a millisecond after the one before, and nothing of them told. */
/* As fast as they come: many within one millisecond. */
static void fill(struct vane_roster *roster)
{
    char nkey[VANE_NKEY_LENGTH + 1];

    for (unsigned i = 0; i < VANE_ROSTER_MAX; i++) {
        make_nkey(i, nkey);
        assert_int_equal(hear(roster, nkey, false, 1, 1 + i / 100), 0);
    }
    g_string_truncate(told, 0);
}

static bool knows(const struct vane_roster *roster, unsigned number)
{
    char nkey[VANE_NKEY_LENGTH + 1];

    make_nkey(number, nkey);
    return g_hash_table_contains(roster->nodes, nkey);
}

static void test_a_full_roster_forgets_who_is_gone_before_who_is_here(void **state)
{
    struct vane_roster *roster = *state;
    char nkey[VANE_NKEY_LENGTH + 1];

    fill(roster);
    make_nkey(7, nkey);
    assert_int_equal(hear(roster, nkey, true, 2, 5000), 0);
    assert_int_equal(hear(roster, A, false, 1, 5001), 0);
    assert_int_equal(g_hash_table_size(roster->nodes), VANE_ROSTER_MAX);
    assert_false(knows(roster, 7));
    assert_string_equal(told->str, "-b(left) +a ");
}

/* Whoever may announce himself makes as many keys as he likes: a machine is not kept out by them.
 */
static void test_a_roster_full_of_those_here_forgets_who_was_heard_longest_ago(void **state)
{
    struct vane_roster *roster = *state;

    fill(roster);
    assert_int_equal(hear(roster, A, false, 1, 5000), 0);
    assert_int_equal(hear(roster, B, false, 1, 5001), 0);
    assert_false(knows(roster, 0));
    assert_false(knows(roster, 1));
    assert_true(knows(roster, 2));
    assert_int_equal(g_hash_table_size(roster->nodes), VANE_ROSTER_MAX);
    assert_string_equal(told->str, "crowded -b(silent) +a -b(silent) +b ");
    g_string_truncate(told, 0);
    vane_roster_check(roster, 5001); /* nearly all have become silent */
    assert_non_null(strstr(told->str, "roomy "));
}

static void test_whom_the_operator_names_is_never_forgotten(void **state)
{
    struct vane_roster *roster = *state;

    make_nkey(0, named);
    fill(roster);
    assert_int_equal(hear(roster, A, false, 1, 5000), 0);
    assert_true(knows(roster, 0));
    assert_false(knows(roster, 1));
}

static void test_the_goodbye_of_a_stranger_takes_nobodys_place(void **state)
{
    struct vane_roster *roster = *state;

    fill(roster);
    assert_int_equal(hear(roster, A, true, 1, 5000), -ENOBUFS);
    assert_true(knows(roster, 0));
    assert_string_equal(told->str, "");
}

static void test_announcements_survive_writing_and_reading(void **state)
{
    struct vane_presence said = presence("a \\\" b", false), again;
    size_t length;
    g_autofree char *text = vane_presence_format(&said, &length);

    assert_int_equal(vane_presence_parse(text, length, &again), 0);
    assert_string_equal(again.name, "a \" b");
    assert_string_equal(again.tags[0], "edge");
    assert_int_equal(again.interval_ms, 1000);
    vane_presence_clear(&said);
    vane_presence_clear(&again);
}

static void test_other_things_are_no_announcements(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"name\": \"a\\u001b[2J\", \"version\": \"1\", \"interval_ms\": 1}",
        "{\"name\": \"a\", \"version\": \"1\", \"interval_ms\": 0}",
        "{\"name\": \"a\", \"version\": \"1\", \"interval_ms\": 600001}",
        "{\"name\": \"a\", \"version\": \"1\", \"interval_ms\": 1, \"tags\": {}}",
        "{\"name\": \"a\", \"version\": \"1\", \"interval_ms\": 1, \"tags\": [1]}",
        "{\"name\": \"a\", \"version\": \"1\", \"interval_ms\": 1, \"tags\": [\"\\u0007\"]}",
        "{\"name\": \"a\", \"version\": \"1\", \"interval_ms\": 1, \"networks\": [7]}",
        "{\"name\": \"a\", \"version\": \"1\", \"interval_ms\": 1, \"networks\": [{\"id\": "
        "65536}]}",
        "{\"name\": \"a\", \"version\": \"1\", \"interval_ms\": 1, \"leaving\": 1}",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct vane_presence read;

        assert_int_equal(vane_presence_parse(texts[i], strlen(texts[i]), &read), -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_coming_and_going_are_told_once, begin, end),
        cmocka_unit_test_setup_teardown(
            test_other_tags_in_a_network_are_a_change_and_the_same_are_none, begin, end),
        cmocka_unit_test_setup_teardown(test_what_is_older_is_not_heard, begin, end),
        cmocka_unit_test_setup_teardown(test_three_missed_announcements_are_silence, begin, end),
        cmocka_unit_test_setup_teardown(test_our_own_deafness_is_nobodys_silence, begin, end),
        cmocka_unit_test_setup_teardown(test_members_of_a_network_have_its_tags, begin, end),
        cmocka_unit_test_setup_teardown(test_a_full_roster_forgets_who_is_gone_before_who_is_here,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            test_a_roster_full_of_those_here_forgets_who_was_heard_longest_ago, begin, end),
        cmocka_unit_test_setup_teardown(test_whom_the_operator_names_is_never_forgotten, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_the_goodbye_of_a_stranger_takes_nobodys_place, begin,
                                        end),
        cmocka_unit_test(test_announcements_survive_writing_and_reading),
        cmocka_unit_test(test_other_things_are_no_announcements),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
