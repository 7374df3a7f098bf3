/* Documents: every mistake is found in one reading, each with its rule and place. */
#include "tests/unit/policy-fixture.h"

#include <time.h>

/* Reads a document that must be refused; its problems as lines. */
static char *refused(const char *text)
{
    g_autofree char *json = quoted(text);
    struct vane_policy_problems problems;
    struct vane_policy *policy = NULL;
    GString *lines = g_string_new(NULL);

    assert_int_equal(vane_policy_read(json, strlen(json), &policy, &problems, NULL), -EINVAL);
    assert_null(policy);
    for (guint i = 0; i < problems.list->len; i++) {
        g_autofree char *line = vane_policy_problem_line(problems.list->pdata[i], "f");

        g_string_append_printf(lines, "%s\n", line);
    }
    vane_policy_problems_clear(&problems);
    return g_string_free(lines, FALSE);
}

static void assert_refused(const char *text, const char *expected)
{
    g_autofree char *lines = refused(text);

    if (!strstr(lines, expected))
        fail_msg("expected \"%s\" in: %s", expected, lines);
}

#define RULE(members) "{'version':1,'rules':[{" members "}]}"
#define ACTION(text)  RULE("'name':'a','on':'script.run','actions':[" text "]")

static void test_the_document_of_the_specification_is_read(void **state)
{
    struct vane_policy *policy = read_good(
        "{'version':1,'default_verdict':'deny','fail_closed':false,'config':{'cycle':'30s'},"
        "'rules':[{'name':'a','on':'connect','match':'port == 22','actions':[{'type':'allow'}]}]}");

    assert_int_equal(policy->default_verdict, VANE_POLICY_DEFAULT_DENY);
    assert_false(policy->fail_closed);
    assert_int_equal(policy->cycle_ms, 30000);
    assert_int_equal(policy->rules->len, 1);
    vane_policy_unref(policy);
    policy = read_good("{'version':1,'rules':[]}");
    assert_true(policy->fail_closed);
    vane_policy_unref(policy);
}

static void test_mistakes_have_line_and_column(void **state)
{
    assert_refused("{'version':1,\n 'rules':[\n  {'name':'a','on':'script.run',\n"
                   "   'match':'scrip == 1','actions':[]}]}",
                   "f:4:13: rule a: match, at 1:1: unknown name \"scrip\"");
    assert_refused("{'version':1,\n'rules':[}", "f:2:10: ");
    assert_refused("{'version':1,'rules':[{'name':'\\u00e9','on':'script.run',"
                   "'match':'\\u0020 \\n x','actions':[]}]}",
                   "match, at 2:2: unknown name");
}

static void test_all_mistakes_are_told_at_once(void **state)
{
    g_autofree char *lines =
        refused("{'version':2,'default_verdict':'maybe','fail_closed':1,'config':{'cycle':'10ms'},"
                "'extra':0,'rules':[{'name':'a','on':'link.stat','actions':[]},"
                "{'name':'b','on':'script.run','match':'1 +','actions':[{'type':'alow'}]},"
                "{'on':'script.run','match':'state == 3','actions':[{'type':'run'}]}]}");

    assert_non_null(strstr(lines, "\"version\" must be 1"));
    assert_non_null(strstr(lines, "\"default_verdict\" must be"));
    assert_non_null(strstr(lines, "\"fail_closed\" must be"));
    assert_non_null(strstr(lines, "\"cycle\" must be at least 1s"));
    assert_non_null(strstr(lines, "\"extra\" is no member"));
    assert_non_null(strstr(lines, "rule a: nothing is called \"link.stat\"; did you mean "
                                  "\"link.state\"?"));
    assert_non_null(strstr(lines, "rule b: match, at 1:4"));
    assert_non_null(strstr(lines, "no action \"alow\"; did you mean \"allow\"?"));
    assert_non_null(strstr(lines, "rule #3: \"name\" is missing"));
    assert_non_null(strstr(lines, "rule #3: match"));
    assert_non_null(strstr(lines, "needs the parameter \"path\""));
}

static void test_what_has_happened_cannot_be_denied(void **state)
{
    assert_refused(RULE("'name':'a','on':'link.added','actions':[{'type':'deny'}]"),
                   "has happened");
    assert_refused(RULE("'name':'a','on':'cycle','actions':[{'type':'allow'}]"), "has happened");
    vane_policy_unref(read_good(RULE("'name':'a','on':'dial','actions':[{'type':'deny'}]")));
    vane_policy_unref(read_good(RULE("'name':'a','on':'join','actions':[{'type':'deny'}]")));
    vane_policy_unref(read_good(RULE("'name':'a','on':'acme.open','actions':[{'type':'deny'}]")));
}

static void test_names_and_their_types_come_from_the_topic(void **state)
{
    assert_refused(RULE("'name':'a','on':'link.state','match':'script == \\'x\\'','actions':[]"),
                   "unknown name \"script\"");
    assert_refused("{\"version\":1,\"rules\":[{\"name\":\"a\",\"on\":\"link.mtu\","
                   "\"match\":\"mtu == carrier && mtu + true > 1\",\"actions\":[]}]}",
                   "match, at 1:");
    assert_refused(RULE("'name':'a','on':'acme.x','match':'level > 3','actions':[]"),
                   "unknown name \"level\"");
    vane_policy_unref(read_good("{'version':1,'optional':['level'],'rules':[{'name':'a',"
                                "'on':'acme.x','match':'has(level) && level > 3','actions':[]}]}"));
    vane_policy_unref(
        read_good(RULE("'name':'a','on':'*.started','match':'has(pid) && pid > 1','actions':[]")));
}

static void test_parameters_are_checked(void **state)
{
    assert_refused(ACTION("{'type':'rate_limit','params':{'count':0,'per':'1min'}}"),
                   "\"count\" must be a whole number from 1");
    assert_refused(ACTION("{'type':'rate_limit','params':{'count':1,'per':'soon'}}"),
                   "\"per\" must be a span of time");
    assert_refused(ACTION("{'type':'rate_limit','params':{'count':5000,'per':'1s','key':'x'}}"),
                   "\"count\" is at most 1000");
    assert_refused(ACTION("{'type':'run','params':{'path':'x'}}"), "must be an absolute path");
    assert_refused(ACTION("{'type':'link','params':{'change':'mtu'}}"), "needs the parameter");
    assert_refused(ACTION("{'type':'link','params':{'change':'sideways'}}"),
                   "must be one of up, down, mtu");
    assert_refused(ACTION("{'type':'publish','params':{'topic':'link.added'}}"),
                   "first token of your own");
    assert_refused(ACTION("{'type':'publish','params':{'topic':'script.finished'}}"),
                   "first token of your own");
    assert_refused(ACTION("{'type':'log','params':{'massage':'x'}}"), "did you mean \"message\"?");
    assert_refused(ACTION("{'type':'log','params':{'message':{'cel':'1 +'}}}"), "message, at 1:4");
    assert_refused(ACTION("{'type':'set','params':{'name':'A b','value':1}}"), "must be a name");
    assert_refused(ACTION("{'type':'allow'},{'type':'deny'}"), "one verdict");
    assert_refused(ACTION("{'type':'tag','params':{'add':'x'}}"), "\"add\" must be a list");
}

static void test_actions_on_members_are_read_and_remarked_upon_where_there_are_none(void **state)
{
    static const char *const document =
        "','actions':["
        "{'type':'evict','params':{'reason':'old','for':'1h'}},"
        "{'type':'evict_where','params':{'match':'network_id > 0'}},"
        "{'type':'prune','params':{'count':3,'by':'age'}},"
        "{'type':'fill','params':{'target':3}},"
        "{'type':'prune_trust','params':{'percent':10,'min':100,'by':'random'}},"
        "{'type':'fill_trust','params':{'target':100,'by':'score','score':'members'}}]}]}";
    static const struct {
        const char *on;
        guint remarks;
    } cases[] = {{"cycle", 0}, {"connect", 0}, {"link.state", 6}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strconcat("{'version':1,'rules':[{'name':'a','on':'", cases[i].on, document, NULL);
        g_autofree char *json = quoted(text);
        struct vane_policy_problems problems, remarks;
        struct vane_policy *policy = NULL;

        assert_int_equal(vane_policy_read(json, strlen(json), &policy, &problems, &remarks), 0);
        assert_int_equal(remarks.list->len, cases[i].remarks);
        vane_policy_problems_clear(&problems);
        vane_policy_problems_clear(&remarks);
        vane_policy_unref(policy);
    }
}

#define ON_CYCLE(action) RULE("'name':'a','on':'cycle','actions':[" action "]")

static void test_parameters_of_actions_on_members_are_checked(void **state)
{
    assert_refused(ON_CYCLE("{'type':'evict_where'}"), "needs the parameter \"match\"");
    assert_refused(ON_CYCLE("{'type':'evict_where','params':{'match':'peer_age'}}"),
                   "unknown name \"peer_age\"");
    assert_refused(ON_CYCLE("{'type':'evict','params':{'untill':1}}"), "is no member of");
    assert_refused(ON_CYCLE("{'type':'prune'}"),
                   "needs one of the parameters \"count\", \"target\" and \"percent\"");
    assert_refused(ON_CYCLE("{'type':'fill'}"),
                   "needs one of the parameters \"count\" and \"target\"");
    assert_refused(ON_CYCLE("{'type':'fill','params':{'count':1,'target':2}}"), "needs one of");
    assert_refused(ON_CYCLE("{'type':'fill','params':{'percent':1}}"), "is no member of");
    assert_refused(ON_CYCLE("{'type':'prune','params':{'percent':101}}"), "from 1 to 100");
    assert_refused(ON_CYCLE("{'type':'prune','params':{'count':1,'by':'size'}}"),
                   "must be one of age, newest, activity, random, score");
    assert_refused(ON_CYCLE("{'type':'prune','params':{'count':1,'by':'score'}}"),
                   "\"score\" goes with");
    assert_refused(ON_CYCLE("{'type':'prune','params':{'count':1,'score':'1'}}"),
                   "\"score\" goes with");
    assert_refused(ON_CYCLE("{'type':'prune','params':{'count':1,'by':'score','score':'topic'}}"),
                   "must be an expression that gives a number");
    assert_refused("{'version':1,'config':{'max_peers':0},'rules':[]}", "\"max_peers\" must be");
}

static void test_ten_thousand_mistakes_are_told_quickly(void **state)
{
    g_autoptr(GString) json = g_string_new("{\"version\":1,\"rules\":[");
    struct vane_policy_problems problems;
    struct vane_policy *policy = NULL;
    clock_t start = clock();

    for (int i = 0; i < 10000; i++)
        g_string_append_printf(json,
                               "%s\n{\"name\":\"r%d\",\"on\":\"link.state\",\"match\":"
                               "\"mtu > 1 && nope\",\"actions\":[]}",
                               i ? "," : "", i);
    g_string_append(json, "]}");
    assert_int_equal(vane_policy_read(json->str, json->len, &policy, &problems, NULL), -EINVAL);
    assert_int_equal(problems.list->len, 10000);
    assert_int_equal(((struct vane_policy_problem *)problems.list->pdata[9999])->line, 10001);
    vane_policy_problems_clear(&problems);
    assert_true(clock() - start < 30 * CLOCKS_PER_SEC);
}

static void test_expressions_nested_too_deep_are_refused(void **state)
{
    g_autofree char *open = g_strnfill(10000, '('), *close = g_strnfill(10000, ')');
    g_autofree char *json =
        g_strdup_printf("{'version':1,'rules':[{'name':'a','on':'script.run','match':'%s1%s == 1',"
                        "'actions':[]}]}",
                        open, close);
    g_autofree char *nested = g_strnfill(100000, '[');

    assert_refused(json, "rule a: match, at 1:");
    assert_refused(nested, "this is not JSON as a policy has it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_document_of_the_specification_is_read),
        cmocka_unit_test(test_mistakes_have_line_and_column),
        cmocka_unit_test(test_all_mistakes_are_told_at_once),
        cmocka_unit_test(test_what_has_happened_cannot_be_denied),
        cmocka_unit_test(test_names_and_their_types_come_from_the_topic),
        cmocka_unit_test(test_parameters_are_checked),
        cmocka_unit_test(test_actions_on_members_are_read_and_remarked_upon_where_there_are_none),
        cmocka_unit_test(test_parameters_of_actions_on_members_are_checked),
        cmocka_unit_test(test_ten_thousand_mistakes_are_told_quickly),
        cmocka_unit_test(test_expressions_nested_too_deep_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
