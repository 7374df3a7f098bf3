/* What rules do: their order, verdicts, defaults, failing closed, tags, facts, limits. */
#include "tests/unit/policy-fixture.h"

#define RUN "{'action':'script.run','facts':{'script':'/x','interface_name':'docker0'}}"
#define ALLOW_X                                                                                    \
    "{'name':'x','on':'script.run','match':'script == \\\"/x\\\"','actions':[{'type':'allow'}]}"

static char *rules(const char *head, const char *list)
{
    return g_strdup_printf("{'version':1,%s'rules':[%s]}", head, list);
}

static void start(struct doings *doings, const char *head, const char *list)
{
    g_autofree char *text = rules(head, list);

    begin_policy(doings, text);
}

static void assert_verdict(struct doings *doings, const char *question,
                           enum vane_policy_verdict verdict, const char *rule)
{
    struct vane_policy_outcome outcome = ask_policy(doings, question);

    assert_int_equal(outcome.verdict, verdict);
    if (rule)
        assert_string_equal(outcome.rule->name, rule);
    else
        assert_null(outcome.rule);
}

static void test_the_first_rule_with_a_verdict_decides_and_those_before_it_act(void **state)
{
    struct doings doings;

    start(&doings, "",
          "{'name':'one','on':'script.*','actions':[{'type':'log'}]},"
          "{'name':'two','on':'script.run','match':'false','actions':[{'type':'allow'}]},"
          "{'name':'three','on':'script.run','actions':[{'type':'deny'},{'type':'log'}]},"
          "{'name':'four','on':'script.run','actions':[{'type':'allow'},{'type':'log'}]}");
    assert_verdict(&doings, RUN, VANE_POLICY_DENIED, "three");
    assert_string_equal(doings.acts->str, "one:log three:log ");
    end_policy(&doings);
}

static void test_what_nobody_decides_is_left_to_the_default(void **state)
{
    struct doings doings;

    start(&doings, "", "");
    assert_verdict(&doings, RUN, VANE_POLICY_NONE, NULL);
    end_policy(&doings);
    start(&doings, "'default_verdict':'deny',", "");
    assert_verdict(&doings, RUN, VANE_POLICY_DENIED, NULL);
    end_policy(&doings);
    start(&doings, "'default_verdict':'allow',", "");
    assert_verdict(&doings, RUN, VANE_POLICY_ALLOWED, NULL);
    end_policy(&doings);
}

static const char *const broken =
    "{'name':'bad','on':'script.run','match':'interface_index > 3','actions':[{'type':'log'}]},"
    "{'name':'ok','on':'script.run','actions':[{'type':'allow'}]}";

static void test_a_match_that_cannot_be_evaluated_denies(void **state)
{
    struct doings doings;

    start(&doings, "", broken);
    assert_verdict(&doings, RUN, VANE_POLICY_DENIED, "bad");
    assert_non_null(strstr(doings.failures->str, "bad: interface_index is absent"));
    end_policy(&doings);
    start(&doings, "'fail_closed':false,", broken);
    assert_verdict(&doings, RUN, VANE_POLICY_ALLOWED, "ok");
    assert_int_equal(
        vane_policy_state_statistics(doings.state,
                                     vane_policy_rule_at(vane_policy_state_policy(doings.state), 0))
            ->errors,
        1);
    end_policy(&doings);
}

static void test_tags_are_seen_by_the_next_rule_and_the_next_question(void **state)
{
    struct doings doings;

    start(&doings, "",
          "{'name':'in','on':'wifi.connected','actions':[{'type':'tag','params':"
          "{'add':[{'cel':'essid'}]}}]},"
          "{'name':'same','on':'wifi.connected','match':'has_tag(local_tags, \\\"lab\\\")',"
          "'actions':[{'type':'log','params':{'message':{'cel':'local_tags[0]'}}}]},"
          "{'name':'gate','on':'script.run','match':'!has_tag(local_tags, \\\"lab\\\")',"
          "'actions':[{'type':'deny'}]}");
    assert_verdict(&doings, RUN, VANE_POLICY_DENIED, "gate");
    (void)ask_policy(&doings, "{'topic':'wifi.connected','payload':{'essid':'lab'}}");
    assert_string_equal(doings.acts->str, "same:log (lab) ");
    (void)ask_policy(&doings, "{'topic':'wifi.connected','payload':{'essid':'lab'}}");
    assert_int_equal(doings.tagged, 1);
    assert_verdict(&doings, RUN, VANE_POLICY_NONE, NULL);
    end_policy(&doings);
}

static void test_facts_that_rules_set_are_read_by_others(void **state)
{
    struct doings doings;

    start(&doings, "",
          "{'name':'set','on':'link.mtu','actions':[{'type':'set','params':"
          "{'name':'mtu','value':{'cel':'mtu'}}}]},"
          "{'name':'big','on':'script.run','match':'has(facts.mtu) && facts.mtu > 1500',"
          "'actions':[{'type':'deny'}]}");
    assert_verdict(&doings, RUN, VANE_POLICY_NONE, NULL);
    (void)ask_policy(&doings, "{'topic':'link.mtu','payload':{'mtu':9000}}");
    assert_verdict(&doings, RUN, VANE_POLICY_DENIED, "big");
    (void)ask_policy(&doings, "{'topic':'link.mtu','payload':{'mtu':1400}}");
    assert_verdict(&doings, RUN, VANE_POLICY_NONE, NULL);
    end_policy(&doings);
}

static void test_a_limit_is_exact_and_kept_over_a_swap(void **state)
{
    static const char *const limited =
        "{'name':'l','on':'script.run','actions':[{'type':'rate_limit','params':"
        "{'count':3,'per':'1h','key':{'cel':'interface_name'}}}]}";
    g_autofree char *text = rules("", limited);
    struct vane_policy *again = read_good(text);
    struct doings doings;

    start(&doings, "", limited);
    for (int i = 0; i < 3; i++)
        assert_verdict(&doings, RUN, VANE_POLICY_NONE, NULL);
    assert_verdict(&doings, RUN, VANE_POLICY_DENIED, "l");
    vane_policy_state_swap(doings.state, again);
    vane_policy_unref(again);
    assert_verdict(&doings, RUN, VANE_POLICY_DENIED, "l");
    assert_verdict(&doings, "{'action':'script.run','facts':{'interface_name':'eth0'}}",
                   VANE_POLICY_NONE, NULL);
    assert_verdict(&doings, "{'action':'script.run','facts':{}}", VANE_POLICY_DENIED, "l");
    end_policy(&doings);
}

static void test_all_rules_together_may_cost_so_much(void **state)
{
    static const char *const digits = "[0,1,2,3,4,5,6,7,8,9]";
    g_autofree char *loop =
        g_strdup_printf("%s.all(a, %s.all(b, %s.all(c, %s.all(d, a + b + c + d >= 0))))", digits,
                        digits, digits, digits);
    g_autoptr(GString) list = g_string_new(NULL);
    struct doings doings;

    for (int i = 0; i < 20; i++)
        g_string_append_printf(
            list, "%s{'name':'r%d','on':'script.run','match':'%s','actions':[{'type':'log'}]}",
            i ? "," : "", i, loop);
    start(&doings, "", list->str);
    assert_int_equal(ask_policy(&doings, RUN).verdict, VANE_POLICY_DENIED);
    assert_non_null(strstr(doings.acts->str, "r1:log"));
    assert_non_null(strstr(doings.failures->str, "exceeds its cost limit"));
    end_policy(&doings);
}

static void test_an_event_has_all_its_rules_act(void **state)
{
    struct doings doings;

    start(&doings, "",
          "{'name':'a','on':'link.*','match':'mtu > 1','actions':[{'type':'log'}]},"
          "{'name':'b','on':'link.added','match':'essid == \\\"x\\\"','actions':[{'type':'log'}]},"
          "{'name':'c','on':'>','actions':[{'type':'webhook'}]}");
    assert_verdict(&doings, "{'topic':'link.added','payload':{'mtu':1500}}", VANE_POLICY_NONE,
                   NULL);
    assert_string_equal(doings.acts->str, "a:log c:webhook ");
    assert_true(vane_policy_state_concerns(doings.state, "acme.x", false));
    assert_false(vane_policy_state_concerns(doings.state, "cycle", false));
    end_policy(&doings);
}

static void test_explaining_names_the_part_that_decided(void **state)
{
    g_autofree char *question = quoted(RUN), *why = NULL;
    struct vane_policy_example example;
    struct vane_policy_outcome outcome;
    struct vane_json json = {0};
    struct doings doings;

    start(&doings, "",
          "{'name':'a','on':'script.run','match':'script == \\\"/x\\\" && interface_name == "
          "\\\"eth0\\\"','actions':[{'type':'deny'}]}," ALLOW_X);
    assert_int_equal(vane_policy_example_read(question, strlen(question), &example, &why), 0);
    vane_policy_state_explain(doings.state, &example.occurrence, &json, &outcome);
    assert_non_null(strstr(vane_json_text(&json, NULL),
                           "\"result\":\"not matched\",\"actions\":\"deny\",\"because\":"
                           "\"interface_name == \\\"eth0\\\"\",\"value\":false,"
                           "\"with\":\"interface_name=\\\"docker0\\\"\""));
    assert_int_equal(outcome.verdict, VANE_POLICY_ALLOWED);
    assert_string_equal(outcome.rule->name, "x");
    assert_int_equal(vane_policy_state_statistics(doings.state, outcome.rule)->hits, 0);
    vane_policy_example_clear(&example);
    vane_json_clear(&json);
    end_policy(&doings);
}

static void test_explaining_an_error_tells_what_all_names_were(void **state)
{
    g_autofree char *question = quoted(RUN), *why = NULL;
    struct vane_policy_example example;
    struct vane_policy_outcome outcome;
    struct vane_json json = {0};
    struct doings doings;

    start(&doings, "'optional':['level'],",
          "{'name':'a','on':'script.run','match':'script == \\\"/x\\\" && script != \\\"\\\" && "
          "level > 3','actions':[{'type':'deny'}]}");
    assert_int_equal(vane_policy_example_read(question, strlen(question), &example, &why), 0);
    vane_policy_state_explain(doings.state, &example.occurrence, &json, &outcome);
    assert_non_null(strstr(vane_json_text(&json, NULL),
                           "\"because\":\"level\",\"value\":\"level is absent\","
                           "\"with\":\"script=\\\"/x\\\", level is absent\""));
    vane_policy_example_clear(&example);
    vane_json_clear(&json);
    end_policy(&doings);
}

static void test_a_fact_of_another_type_is_as_if_absent(void **state)
{
    struct doings doings;

    start(&doings, "", ALLOW_X);
    assert_verdict(&doings, "{'action':'script.run','facts':{'script':7}}", VANE_POLICY_DENIED,
                   "x");
    end_policy(&doings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_rule_with_a_verdict_decides_and_those_before_it_act),
        cmocka_unit_test(test_what_nobody_decides_is_left_to_the_default),
        cmocka_unit_test(test_a_match_that_cannot_be_evaluated_denies),
        cmocka_unit_test(test_tags_are_seen_by_the_next_rule_and_the_next_question),
        cmocka_unit_test(test_facts_that_rules_set_are_read_by_others),
        cmocka_unit_test(test_a_limit_is_exact_and_kept_over_a_swap),
        cmocka_unit_test(test_all_rules_together_may_cost_so_much),
        cmocka_unit_test(test_an_event_has_all_its_rules_act),
        cmocka_unit_test(test_explaining_names_the_part_that_decided),
        cmocka_unit_test(test_explaining_an_error_tells_what_all_names_were),
        cmocka_unit_test(test_a_fact_of_another_type_is_as_if_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
