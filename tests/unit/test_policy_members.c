/* Members of a network: who is let in, who goes, who waits; and what rules do with them. */
#include "tests/unit/policy-fixture.h"

#define SECOND INT64_C(1000000000)
#define T0     (INT64_C(1700000000) * SECOND)

/* A network of machines a, b, c ..., whose ids are 1, 2, 3 ... */
struct network {
    struct doings doings;
    struct vane_policy_members *members;
    GString *told;
};

static const char *key_of(char name)
{
    static char key[VANE_NKEY_LENGTH + 1];

    memset(key, 'A', VANE_NKEY_LENGTH);
    key[VANE_NKEY_LENGTH - 1] = name;
    key[VANE_NKEY_LENGTH] = '\0';
    return key;
}

static struct vane_policy_peer *peer(struct network *network, char name)
{
    return vane_policy_members_find(network->members, key_of(name));
}

static void note_change(void *user, const struct vane_policy_peer *peer, enum vane_policy_turn turn,
                        const struct vane_policy_because *because)
{
    static const char signs[] = {'+', '-', '~', '!', 'x', 'r', 't', 'u'};

    g_string_append_printf(user, "%c%s ", signs[turn], peer->name);
}

static void act(void *user, const struct vane_policy_rule *rule,
                const struct vane_policy_action *action)
{
    struct doings *doings = user;

    note_act(user, rule, action);
    if (vane_policy_verb_is_of_members(action->verb))
        g_string_append_printf(doings->failures, "%d ",
                               vane_policy_act_on_members(doings->state, rule, action));
}

static void set_policy(struct network *network, const char *text)
{
    const struct vane_policy_hands hands = {act, note_tagged, note_failed, &network->doings};
    struct vane_policy *policy = read_good(text);

    network->doings = (struct doings){.acts = g_string_new(NULL), .failures = g_string_new(NULL)};
    network->doings.state = vane_policy_state_new(policy, &hands);
    vane_policy_unref(policy);
    vane_policy_state_set_members(network->doings.state, network->members);
}

static void begin_network(struct network *network, const char *rules)
{
    g_autofree char *text = g_strdup_printf("{'version':1,%s}", rules);

    network->members = vane_policy_members_new();
    network->told = g_string_new(NULL);
    network->members->changed = note_change;
    network->members->user = network->told;
    set_policy(network, text);
}

static void end_network(struct network *network)
{
    end_policy(&network->doings);
    vane_policy_members_free(network->members);
    g_string_free(network->told, TRUE);
}

static struct vane_policy_peer *hear(struct network *network, char name, const char *tag)
{
    const char text[] = {name, '\0'};
    const struct vane_policy_sight sight = {.nkey = key_of(name),
                                            .name = text,
                                            .id = (uint32_t)(name - 'a' + 1),
                                            .tags = &tag,
                                            .tag_count = tag != NULL,
                                            .heard_ns = T0 + name * SECOND};

    return vane_policy_members_see(network->members, &sight);
}

/* Joined at T0 + `at` seconds. */
static void join(struct network *network, char name, const char *tag, int64_t at)
{
    const struct vane_policy_because because = {.now_ns = T0 + at * SECOND};

    vane_policy_members_admit(network->members, hear(network, name, tag), &because);
}

static void assert_told(struct network *network, const char *expected)
{
    assert_string_equal(network->told->str, expected);
    g_string_truncate(network->told, 0);
}

/* "abc": those who are members. */
static void assert_members(struct network *network, const char *expected)
{
    g_autoptr(GPtrArray) peers = vane_policy_members_sorted(network->members);
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < peers->len; i++)
        if (vane_policy_is_member(peers->pdata[i]))
            g_string_append(names, ((struct vane_policy_peer *)peers->pdata[i])->name);
    assert_string_equal(names->str, expected);
    assert_int_equal(network->members->count, names->len);
}

static void cycle(struct network *network)
{
    (void)ask_policy(&network->doings, "{'topic':'cycle','payload':{}}");
}

#define ON_CYCLE(match, action)                                                                    \
    "'rules':[{'name':'r','on':'cycle','match':'" match "','actions':[" action "]}]"

/* ---- coming and going ---- */

static void test_members_are_counted_and_told_once(void **state)
{
    struct network network;
    const struct vane_policy_because later = {.now_ns = T0 + 9 * SECOND};

    begin_network(&network, "'rules':[]");
    join(&network, 'a', NULL, 0);
    join(&network, 'b', NULL, 1);
    join(&network, 'b', NULL, 2);
    assert_told(&network, "+a +b ");
    assert_members(&network, "ab");
    assert_true(vane_policy_members_go(network.members, peer(&network, 'a')));
    assert_members(&network, "b");
    vane_policy_members_forget(network.members, peer(&network, 'a'), true, &later);
    assert_told(&network, "-a ");
    assert_null(peer(&network, 'a'));
    end_network(&network);
}

static void test_who_finds_no_place_waits(void **state)
{
    struct network network;

    begin_network(&network, "'config':{'max_peers':2},'rules':[]");
    for (char name = 'a'; name < 'd'; name++)
        join(&network, name, NULL, name);
    assert_told(&network, "+a +b ~c ");
    assert_members(&network, "ab");
    assert_int_equal(peer(&network, 'c')->standing, VANE_POLICY_WAITING);
    end_network(&network);
}

static void test_an_eviction_lasts_until_it_joins_anew_or_for_its_time(void **state)
{
    const struct vane_policy_because now = {.rule = "r", .now_ns = T0};
    const struct vane_policy_because later = {.now_ns = T0 + 10 * SECOND};
    struct network network;

    begin_network(&network, "'rules':[]");
    join(&network, 'a', NULL, 0);
    join(&network, 'b', NULL, 0);
    vane_policy_members_evict(network.members, peer(&network, 'a'), 0, &now);
    vane_policy_members_evict(network.members, peer(&network, 'b'), T0 + 20 * SECOND, &now);
    assert_members(&network, "");
    assert_told(&network, "+a +b xa xb ");
    for (char name = 'a'; name < 'c'; name++) {
        assert_false(vane_policy_members_go(network.members, peer(&network, name)));
        vane_policy_members_forget(network.members, peer(&network, name), false, &later);
    }
    assert_null(peer(&network, 'a')); /* it will join as any other */
    assert_int_equal(peer(&network, 'b')->standing, VANE_POLICY_EVICTED);
    assert_int_equal(vane_policy_members_next_end(network.members), T0 + 20 * SECOND);
    hear(&network, 'b', NULL);
    assert_members(&network, "");
    vane_policy_members_pardon(network.members, peer(&network, 'b'), &later);
    assert_int_equal(peer(&network, 'b')->standing, VANE_POLICY_NEW);
    assert_told(&network, "rb ");
    end_network(&network);
}

static void test_an_id_that_two_have_is_nobodys(void **state)
{
    const struct vane_policy_because now = {.now_ns = T0};
    struct vane_policy_sight twin = {.name = "z", .id = 1};
    struct network network;

    begin_network(&network, "'rules':[]");
    join(&network, 'a', NULL, 0);
    assert_ptr_equal(vane_policy_members_find_id(network.members, 1), peer(&network, 'a'));
    twin.nkey = key_of('z');
    (void)vane_policy_members_see(network.members, &twin);
    assert_null(vane_policy_members_find_id(network.members, 1));
    vane_policy_members_forget(network.members, peer(&network, 'z'), false, &now);
    assert_ptr_equal(vane_policy_members_find_id(network.members, 1), peer(&network, 'a'));
    end_network(&network);
}

static void test_other_tags_have_a_refused_machine_asked_again(void **state)
{
    const struct vane_policy_because now = {.rule = "r", .now_ns = T0};
    struct network network;
    struct vane_policy_peer *a;

    begin_network(&network, "'rules':[]");
    a = hear(&network, 'a', "edge");
    a->asked = true;
    vane_policy_members_refuse(network.members, a, &now);
    hear(&network, 'a', "edge");
    assert_true(a->asked);
    hear(&network, 'a', "core");
    assert_false(a->asked);
    end_network(&network);
}

static void test_a_full_list_forgets_evictions_of_who_is_away_first(void **state)
{
    const struct vane_policy_because now = {.now_ns = T0};
    struct network network;
    struct vane_policy_sight sight = {.name = "n"};

    begin_network(&network, "'rules':[]");
    join(&network, 'a', NULL, 0);
    vane_policy_members_evict(network.members, peer(&network, 'a'), T0 + SECOND, &now);
    (void)vane_policy_members_go(network.members, peer(&network, 'a'));
    for (unsigned i = 0; i < VANE_POLICY_MEMBERS_MAX; i++) {
        g_autofree char *key = g_strdup_printf("%056u", i);

        sight.nkey = key;
        sight.id = i + 100;
        assert_non_null(vane_policy_members_see(network.members, &sight));
    }
    assert_null(peer(&network, 'a'));
    assert_told(&network, "+a xa ra ");
    sight.nkey = key_of('q');
    assert_null(vane_policy_members_see(network.members, &sight));
    end_network(&network);
}

/* ---- rules ---- */

static void test_join_is_denied_by_a_rule_and_by_one_that_cannot_be_evaluated(void **state)
{
    static const char *const lab = "{'topic':'join','payload':{'peer_tags':['lab']}}";
    static const char *const edge = "{'topic':'join','payload':{'peer_tags':['edge']}}";
    struct network network;

    begin_network(&network, "'default_verdict':'deny','rules':[{'name':'lab','on':'join','match':"
                            "'has_tag(peer_tags, \\\"lab\\\")','actions':[{'type':'deny','params':"
                            "{'reason':'not here'}}]}]");
    assert_int_equal(ask_policy(&network.doings, lab).verdict, VANE_POLICY_DENIED);
    assert_string_equal(ask_policy(&network.doings, lab).reason, "not here");
    assert_int_equal(ask_policy(&network.doings, edge).verdict, VANE_POLICY_NONE);
    assert_int_equal(ask_policy(&network.doings, "{'topic':'join','payload':{}}").verdict,
                     VANE_POLICY_DENIED);
    end_network(&network);
}

static void test_evict_puts_out_the_peer_that_it_is_about(void **state)
{
    struct network network;

    begin_network(&network, "'rules':[{'name':'scan','on':'connect','match':'port == 23',"
                            "'actions':[{'type':'evict','params':{'for':'1h','reason':'scans'}},"
                            "{'type':'deny'}]}]");
    join(&network, 'a', NULL, 0);
    join(&network, 'b', NULL, 0);
    assert_int_equal(
        ask_policy(&network.doings, "{'action':'connect','facts':{'port':23,'peer_id':2}}").verdict,
        VANE_POLICY_DENIED);
    assert_members(&network, "a");
    assert_string_equal(peer(&network, 'b')->rule, "scan");
    assert_string_equal(peer(&network, 'b')->reason, "scans");
    assert_int_equal(peer(&network, 'b')->until_ns - peer(&network, 'b')->since_ns, 3600 * SECOND);
    (void)ask_policy(&network.doings, "{'action':'connect','facts':{'port':23,'peer_id':77}}");
    assert_string_equal(network.doings.failures->str, "0 -3 "); /* -ESRCH */
    end_network(&network);
}

static void test_evict_where_looks_at_each_member_with_its_own_facts(void **state)
{
    struct network network;

    begin_network(&network,
                  ON_CYCLE("members > 2",
                           "{'type':'evict_where','params':{'match':'has_tag(peer_tags, "
                           "\\\"old\\\") || peer_name == \\\"c\\\" && peer_age_s > 10'}}"));
    join(&network, 'a', "old", 0);
    join(&network, 'b', "new", 0);
    cycle(&network); /* members > 2 does not hold */
    assert_members(&network, "ab");
    join(&network, 'c', "new", 0);
    cycle(&network);
    assert_members(&network, "b");
    assert_told(&network, "+a +b +c xa xc ");
    end_network(&network);
}

static void test_what_cannot_be_evaluated_for_a_member_leaves_it(void **state)
{
    struct network network;

    begin_network(&network, ON_CYCLE("true", "{'type':'evict_where','params':{'match':"
                                             "'peer_tags[0] == \\\"x\\\"'}}"));
    join(&network, 'a', NULL, 0);
    join(&network, 'b', "x", 0);
    cycle(&network);
    assert_members(&network, "a");
    assert_non_null(strstr(network.doings.failures->str, "r: "));
    end_network(&network);
}

static void assert_pruned(const char *params, const char *left)
{
    g_autofree char *rules =
        g_strdup_printf(ON_CYCLE("true", "{'type':'prune','params':{%s}}"), params);
    struct network network;

    begin_network(&network, rules);
    join(&network, 'a', "3", 30);
    join(&network, 'b', "1", 10);
    join(&network, 'c', "2", 20);
    join(&network, 'd', "4", 40);
    cycle(&network);
    assert_members(&network, left);
    end_network(&network);
}

static void test_prune_takes_who_is_first_in_the_order(void **state)
{
    assert_pruned("'count':1", "acd"); /* by age: b has been in for the longest time */
    assert_pruned("'count':9", "");
    assert_pruned("'target':3", "acd");
    assert_pruned("'target':9", "abcd");
    assert_pruned("'percent':50", "ad");
    assert_pruned("'percent':1", "acd");
    assert_pruned("'percent':100,'min':3", "acd");
    assert_pruned("'count':2,'by':'newest'", "bc");
    assert_pruned("'count':2,'by':'activity'", "cd"); /* heard in the order of the alphabet */
    assert_pruned("'count':1,'by':'score','score':'int(peer_tags[0])'", "acd");
    assert_pruned("'count':1,'by':'score','score':'-int(peer_tags[0])'", "abc");
    assert_pruned("'count':1,'by':'score','score':'peer_tags[1]'", "abcd"); /* none has one */
}

static void test_random_pruning_takes_as_many_as_it_says(void **state)
{
    struct network network;

    begin_network(&network,
                  ON_CYCLE("true", "{'type':'prune','params':{'target':3,'by':'random'}}"));
    for (char name = 'a'; name < 'k'; name++)
        join(&network, name, NULL, name);
    cycle(&network);
    assert_int_equal(network.members->count, 3);
    end_network(&network);
}

static void test_fill_lets_in_who_has_waited_longest_and_no_more_than_there_may_be(void **state)
{
    struct network network;

    begin_network(&network, "'config':{'max_peers':2},'rules':[{'name':'r','on':'cycle','actions':["
                            "{'type':'fill','params':{'target':5}}]}]");
    for (char name = 'a'; name < 'e'; name++)
        join(&network, name, NULL, name);
    cycle(&network);
    assert_members(&network, "ab");
    (void)vane_policy_members_go(network.members, peer(&network, 'a'));
    cycle(&network);
    assert_members(&network, "bc");
    end_network(&network);
}

static void test_fill_takes_neither_who_was_evicted_nor_who_was_refused(void **state)
{
    const struct vane_policy_because now = {.now_ns = T0};
    struct network network;

    begin_network(&network, ON_CYCLE("true", "{'type':'fill','params':{'count':9}}"));
    join(&network, 'a', NULL, 0);
    join(&network, 'b', NULL, 0);
    join(&network, 'c', NULL, 0);
    vane_policy_members_evict(network.members, peer(&network, 'a'), 0, &now);
    vane_policy_members_refuse(network.members, peer(&network, 'b'), &now);
    vane_policy_members_put_off(network.members, peer(&network, 'c'), &now);
    cycle(&network);
    assert_members(&network, "c");
    end_network(&network);
}

static void test_trust_is_filled_and_pruned_and_ends_with_membership(void **state)
{
    const struct vane_policy_because now = {.now_ns = T0};
    struct network network;

    begin_network(&network,
                  "'rules':[{'name':'f','on':'cycle','match':'trusted_count < 2','actions':"
                  "[{'type':'fill_trust','params':{'target':3}}]},"
                  "{'name':'p','on':'cycle','match':'trusted_count > 2','actions':"
                  "[{'type':'prune_trust','params':{'count':1}}]}]");
    for (char name = 'a'; name < 'e'; name++)
        join(&network, name, NULL, name);
    g_string_truncate(network.told, 0);
    cycle(&network); /* three are trusted by the first rule, which the second one sees */
    assert_told(&network, "ta tb tc ua ");
    assert_int_equal(network.members->trusted, 2);
    vane_policy_members_evict(network.members, peer(&network, 'b'), 0, &now);
    assert_int_equal(network.members->trusted, 1);
    assert_members(&network, "acd");
    end_network(&network);
}

static void test_rules_about_one_peer_are_known(void **state)
{
    static const struct {
        const char *rule;
        bool of_peer;
    } cases[] = {
        {"'match':'members > 3','actions':[{'type':'prune','params':{'count':1}}]", false},
        {"'match':'peer_age_s > 3','actions':[{'type':'log'}]", true},
        {"'actions':[{'type':'evict'}]", true},
        {"'actions':[{'type':'tag','params':{'add':['x']}}]", false},
        {"'actions':[{'type':'tag','params':{'add':['x'],'target':'peer'}}]", true},
        {"'actions':[{'type':'log','params':{'message':{'cel':'peer_name'}}}]", true},
        {"'actions':[{'type':'evict_where','params':{'match':'peer_age_s > 3'}}]", false},
        {"'actions':[{'type':'fill','params':{'count':1,'by':'score','score':'peer_age_s'}}]",
         false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strdup_printf("{'version':1,'rules':[{'name':'r','on':'cycle',%s}]}", cases[i].rule);
        struct vane_policy *policy = read_good(text);

        if (vane_policy_rule_at(policy, 0)->of_peer != cases[i].of_peer)
            fail_msg("%s", cases[i].rule);
        vane_policy_unref(policy);
    }
}

static void test_tags_of_rules_stay_with_the_key_and_are_told_apart(void **state)
{
    struct network network;

    begin_network(
        &network,
        "'rules':[{'name':'t','on':'connect','match':'port == 1','actions':[{'type':'tag',"
        "'params':{'add':['ops'],'target':'peer'}}]},"
        "{'name':'g','on':'connect','match':'port == 2 && has_tag(peer_tags, \\\"ops\\\") && "
        "!has_tag(peer_given_tags, \\\"ops\\\")','actions':[{'type':'deny'}]},"
        "{'name':'h','on':'connect','match':'port == 2 && has_tag(peer_given_tags, "
        "\\\"ops\\\")','actions':[{'type':'allow'}]}]");
    join(&network, 'a', NULL, 0);
    join(&network, 'b', "ops", 0); /* says so itself */
    (void)ask_policy(&network.doings, "{'action':'connect','facts':{'port':1,'peer_id':1}}");
    assert_int_equal(
        ask_policy(&network.doings, "{'action':'connect','facts':{'port':2,'peer_id':1}}").verdict,
        VANE_POLICY_ALLOWED);
    assert_int_equal(
        ask_policy(&network.doings, "{'action':'connect','facts':{'port':2,'peer_id':2}}").verdict,
        VANE_POLICY_DENIED);
    end_network(&network);
}

/* ---- what is kept ---- */

static void test_members_survive_writing_and_reading(void **state)
{
    const struct vane_policy_because now = {.rule = "r", .reason = "old", .now_ns = T0 + SECOND};
    struct vane_policy_members *again = vane_policy_members_new();
    g_autofree char *text = NULL, *second = NULL;
    struct network network;
    size_t length, second_length;

    begin_network(&network, "'rules':[]");
    for (char name = 'a'; name < 'e'; name++)
        join(&network, name, "t", 0);
    vane_policy_members_trust(network.members, peer(&network, 'a'), true, &now);
    g_ptr_array_add(peer(&network, 'a')->tags, g_strdup("ops"));
    vane_policy_members_evict(network.members, peer(&network, 'b'), T0 + 9 * SECOND, &now);
    vane_policy_members_put_off(network.members, peer(&network, 'c'), &now);
    vane_policy_members_refuse(network.members, peer(&network, 'd'), &now);
    text = vane_policy_members_format(network.members, &length);
    assert_int_equal(vane_policy_members_parse(again, text, length), 0);
    assert_int_equal(g_hash_table_size(again->peers), 3);
    assert_int_equal(again->count, 0); /* until they are heard of */
    assert_true(vane_policy_members_find(again, key_of('a'))->trusted);
    assert_int_equal(vane_policy_members_find(again, key_of('b'))->until_ns, T0 + 9 * SECOND);
    assert_string_equal(vane_policy_members_find(again, key_of('b'))->reason, "old");
    second = vane_policy_members_format(again, &second_length);
    assert_string_equal(text, second);
    vane_policy_members_free(again);
    end_network(&network);
}

static void test_a_damaged_file_gives_nobody(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{\"version\":1}",
        "{\"version\":2,\"peers\":[]}",
        "{\"version\":1,\"peers\":[{}]}",
        "{\"version\":1,\"peers\":[{\"nkey\":\"short\",\"name\":\"\",\"id\":1}]}",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct vane_policy_members *members = vane_policy_members_new();

        assert_int_equal(vane_policy_members_parse(members, bad[i], strlen(bad[i])), -EINVAL);
        assert_int_equal(g_hash_table_size(members->peers), 0);
        vane_policy_members_free(members);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_counted_and_told_once),
        cmocka_unit_test(test_who_finds_no_place_waits),
        cmocka_unit_test(test_an_eviction_lasts_until_it_joins_anew_or_for_its_time),
        cmocka_unit_test(test_an_id_that_two_have_is_nobodys),
        cmocka_unit_test(test_other_tags_have_a_refused_machine_asked_again),
        cmocka_unit_test(test_a_full_list_forgets_evictions_of_who_is_away_first),
        cmocka_unit_test(test_join_is_denied_by_a_rule_and_by_one_that_cannot_be_evaluated),
        cmocka_unit_test(test_evict_puts_out_the_peer_that_it_is_about),
        cmocka_unit_test(test_evict_where_looks_at_each_member_with_its_own_facts),
        cmocka_unit_test(test_what_cannot_be_evaluated_for_a_member_leaves_it),
        cmocka_unit_test(test_prune_takes_who_is_first_in_the_order),
        cmocka_unit_test(test_random_pruning_takes_as_many_as_it_says),
        cmocka_unit_test(test_fill_lets_in_who_has_waited_longest_and_no_more_than_there_may_be),
        cmocka_unit_test(test_fill_takes_neither_who_was_evicted_nor_who_was_refused),
        cmocka_unit_test(test_trust_is_filled_and_pruned_and_ends_with_membership),
        cmocka_unit_test(test_rules_about_one_peer_are_known),
        cmocka_unit_test(test_tags_of_rules_stay_with_the_key_and_are_told_apart),
        cmocka_unit_test(test_members_survive_writing_and_reading),
        cmocka_unit_test(test_a_damaged_file_gives_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
