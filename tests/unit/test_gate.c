/* The gate: defaults, the gatekeeper and its failures, and what is told of denials. */
#include <errno.h>

#include "engine/gate.h"
#include "tests/unit/engine_fixture.h"

struct gate_fixture {
    struct fixture base;
    struct vane_subscription *subscription;
    GPtrArray *denials;      /* JSON */
    uint32_t answer;         /* of the gatekeeper */
    int error;               /* its result */
    unsigned asked;          /* how often it was */
    bool asks_itself;        /* it asks the gate while it decides */
    bool resigns;            /* it gives up its office while it decides */
    struct vane_verdict got; /* the verdict as it came in */
    char *asker;
};

static int on_denied(void *user, const struct vane_event *event)
{
    const char *json = NULL;
    size_t length;

    assert_int_equal(vane_event_json(event, &json, &length), 0);
    g_ptr_array_add(user, g_strdup(json));
    return 0;
}

static int start(void **state)
{
    struct gate_fixture *fixture = g_new0(struct gate_fixture, 1);
    struct vane_engine *engine = &fixture->base.engine;

    fixture_start(&fixture->base);
    fixture->denials = g_ptr_array_new_with_free_func(g_free);
    assert_int_equal(vane_event_bus_new(&engine->loop, 16, &engine->bus), 0);
    assert_int_equal(vane_event_bus_subscribe(engine->bus, NULL, "policy.denied", NULL, on_denied,
                                              fixture->denials, &fixture->subscription),
                     0);
    assert_int_equal(vane_gatekeeper_new(engine, &engine->gate), 0);
    *state = fixture;
    return 0;
}

static int stop(void **state)
{
    struct gate_fixture *fixture = *state;

    fixture_revoke(&fixture->base.alpha);
    fixture_revoke(&fixture->base.beta);
    vane_gatekeeper_free(fixture->base.engine.gate);
    vane_subscription_free(fixture->subscription);
    vane_event_bus_free(fixture->base.engine.bus);
    fixture_stop(&fixture->base);
    g_ptr_array_free(fixture->denials, TRUE);
    g_free(fixture->asker);
    g_free(fixture);
    return 0;
}

static struct vane_gate_request request(uint32_t origin, uint32_t access)
{
    return (struct vane_gate_request){.size = sizeof(struct vane_gate_request),
                                      .origin = origin,
                                      .access = access,
                                      .action = "vcan.create"};
}

/* beta asks. */
static int ask(struct gate_fixture *fixture, struct vane_gate_request asked,
               struct vane_verdict *verdict)
{
    memset(verdict, 0, sizeof(*verdict));
    verdict->size = sizeof(*verdict);
    return vane_gate_table.check(&fixture->base.beta, &asked, verdict);
}

static int decide(void *user, const char *asker, const struct vane_gate_request *asked,
                  struct vane_verdict *verdict)
{
    struct gate_fixture *fixture = user;

    fixture->asked++;
    fixture->got = *verdict;
    g_free(fixture->asker);
    fixture->asker = g_strdup(asker);
    if (fixture->asks_itself)
        assert_int_equal(vane_gate_table.check(&fixture->base.alpha, asked, NULL), 1);
    if (fixture->resigns)
        assert_int_equal(vane_gate_table.keep(&fixture->base.alpha, NULL, NULL), 0);
    verdict->allowed = fixture->answer;
    memset(verdict->reason, 'r', sizeof(verdict->reason)); /* without an end */
    g_strlcpy(verdict->rule, "night", sizeof(verdict->rule));
    return fixture->error;
}

/* alpha is the gatekeeper. */
static void keep(struct gate_fixture *fixture)
{
    assert_int_equal(vane_gate_table.keep(&fixture->base.alpha, decide, fixture), 0);
}

static void test_without_a_keeper_only_changes_from_elsewhere_are_denied(void **state)
{
    struct vane_verdict verdict;

    assert_int_equal(ask(*state, request(VANE_ORIGIN_LOCAL, VANE_ACCESS_READ), &verdict), 1);
    assert_int_equal(ask(*state, request(VANE_ORIGIN_LOCAL, VANE_ACCESS_CHANGE), &verdict), 1);
    assert_int_equal(ask(*state, request(VANE_ORIGIN_REMOTE, VANE_ACCESS_READ), &verdict), 1);
    assert_int_equal(ask(*state, request(VANE_ORIGIN_REMOTE, VANE_ACCESS_GRANTED), &verdict), 1);
    assert_string_equal(verdict.rule, "no-gatekeeper");
    assert_int_equal(ask(*state, request(VANE_ORIGIN_REMOTE, VANE_ACCESS_CHANGE), &verdict), 0);
    assert_int_equal(verdict.allowed, 0);
    assert_string_equal(verdict.rule, "no-gatekeeper");
    assert_true(verdict.reason[0]);
}

static void test_a_denial_is_published_with_its_facts(void **state)
{
    struct gate_fixture *fixture = *state;
    const struct vane_field facts[] = {vane_string("interface_name", "vcan0"),
                                       vane_string("asker", "forged"), vane_int64("uid", 1000)};
    const struct vane_fields list = VANE_FIELDS(facts);
    struct vane_gate_request asked = request(VANE_ORIGIN_REMOTE, VANE_ACCESS_CHANGE);
    struct vane_verdict verdict;
    const char *json;

    asked.facts = &list;
    ask(fixture, asked, &verdict);
    wait_for(&fixture->base, fixture->denials->len == 1);

    json = g_ptr_array_index(fixture->denials, 0);
    assert_non_null(strstr(json, "\"action\":\"vcan.create\""));
    assert_non_null(strstr(json, "\"asker\":\"beta\""));
    assert_non_null(strstr(json, "\"rule\":\"no-gatekeeper\""));
    assert_non_null(strstr(json, "\"origin\":\"remote\""));
    assert_non_null(strstr(json, "\"interface_name\":\"vcan0\""));
    assert_non_null(strstr(json, "\"uid\":1000"));
    assert_null(strstr(json, "forged"));
}

static uint64_t told_and_suppressed(const struct gate_fixture *fixture)
{
    uint64_t sum = fixture->denials->len;

    for (guint i = 0; i < fixture->denials->len; i++)
        sum += g_ascii_strtoull(
            strstr(g_ptr_array_index(fixture->denials, i), "\"suppressed\":") + 13, NULL, 10);
    return sum;
}

/* Whoever may ask must not be able to fill the history with what was denied to it. */
static void test_a_flood_of_denials_is_told_in_part_and_the_next_says_how_many(void **state)
{
    struct gate_fixture *fixture = *state;
    struct vane_gate_request asked = request(VANE_ORIGIN_REMOTE, VANE_ACCESS_CHANGE);
    struct vane_verdict verdict;
    uint64_t denied = 0;

    for (; denied < 1000; denied++)
        assert_int_equal(ask(fixture, asked, &verdict), 0);
    wait_for(&fixture->base, fixture->denials->len >= 1);
    assert_true(fixture->denials->len <= 64); /* of two seconds, at most */

    asked.action = "script.run"; /* another action has a share of its own */
    assert_int_equal(ask(fixture, asked, &verdict), 0);
    denied++;
    wait_for(&fixture->base, strstr(g_ptr_array_index(fixture->denials, fixture->denials->len - 1),
                                    "script.run") != NULL);
    asked.action = "vcan.create";
    wait_for(&fixture->base,
             (denied++, ask(fixture, asked, &verdict) == 0) && told_and_suppressed(fixture) > 1000);
    assert_true(told_and_suppressed(fixture) <= denied);
}

static void test_facts_that_no_event_can_hold_do_not_hide_the_denial(void **state)
{
    struct gate_fixture *fixture = *state;
    g_autofree char *huge = g_strnfill(1 << 20, 'x');
    const struct vane_field too_big[] = {vane_string("document", huge), vane_int64("uid", 7)};
    const struct vane_field malformed[] = {vane_json("document", "{", 1)};
    const char *const holed[] = {"a", NULL};
    const struct vane_field nowhere[] = {vane_strings("list", holed, 2),
                                         vane_strings("none", NULL, 1)};
    const struct vane_fields first = VANE_FIELDS(too_big), second = VANE_FIELDS(malformed);
    const struct vane_fields third = VANE_FIELDS(nowhere);
    struct vane_gate_request asked = request(VANE_ORIGIN_REMOTE, VANE_ACCESS_CHANGE);
    struct vane_verdict verdict;

    asked.facts = &first;
    ask(fixture, asked, &verdict);
    asked.facts = &second;
    ask(fixture, asked, &verdict);
    asked.facts = &third;
    ask(fixture, asked, &verdict);

    wait_for(&fixture->base, fixture->denials->len == 3);
    assert_null(strstr(g_ptr_array_index(fixture->denials, 0), "document"));
    assert_non_null(strstr(g_ptr_array_index(fixture->denials, 0), "\"uid\":7"));
    assert_null(strstr(g_ptr_array_index(fixture->denials, 1), "document"));
}

static void test_the_keeper_decides_over_the_default(void **state)
{
    struct gate_fixture *fixture = *state;
    struct vane_verdict verdict;

    keep(fixture);
    assert_int_equal(ask(fixture, request(VANE_ORIGIN_LOCAL, VANE_ACCESS_CHANGE), &verdict), 0);
    assert_string_equal(fixture->asker, "beta");
    assert_int_equal(fixture->got.allowed, 1);
    assert_string_equal(fixture->got.rule, "default");
    assert_string_equal(verdict.rule, "night");
    assert_int_equal(strlen(verdict.reason), sizeof(verdict.reason) - 1);

    fixture->answer = 7;
    assert_int_equal(ask(fixture, request(VANE_ORIGIN_REMOTE, VANE_ACCESS_CHANGE), &verdict), 1);
    assert_int_equal(verdict.allowed, 1);
    turn(&fixture->base);
    assert_int_equal(fixture->denials->len, 1);
}

static void test_a_keeper_that_fails_denies_only_what_comes_from_elsewhere(void **state)
{
    struct gate_fixture *fixture = *state;
    struct vane_verdict verdict;

    keep(fixture);
    fixture->error = -EIO;
    assert_int_equal(ask(fixture, request(VANE_ORIGIN_LOCAL, VANE_ACCESS_CHANGE), &verdict), 1);
    assert_string_equal(verdict.rule, "default");
    assert_int_equal(ask(fixture, request(VANE_ORIGIN_REMOTE, VANE_ACCESS_READ), &verdict), 0);
    assert_string_equal(verdict.rule, "error");
    assert_true(logged(&fixture->base, "the gatekeeper alpha failed"));
    assert_int_equal(vane_gate_counted(fixture->base.engine.gate).errors, 2);
    assert_int_equal(vane_gate_counted(fixture->base.engine.gate).allowed, 1);
    assert_int_equal(vane_gate_counted(fixture->base.engine.gate).denied, 1);
}

static void test_there_is_one_keeper_until_it_resigns(void **state)
{
    struct gate_fixture *fixture = *state;

    keep(fixture);
    assert_int_equal(vane_gate_table.keep(&fixture->base.beta, decide, fixture), -EEXIST);
    assert_true(logged(&fixture->base, "plugin alpha is it"));
    assert_int_equal(vane_gate_table.keep(&fixture->base.beta, NULL, NULL), 0);
    assert_string_equal(vane_gate_keeper(fixture->base.engine.gate), "alpha");

    assert_int_equal(vane_gate_table.keep(&fixture->base.alpha, NULL, NULL), 0);
    assert_null(vane_gate_keeper(fixture->base.engine.gate));
    assert_int_equal(vane_gate_table.keep(&fixture->base.beta, decide, fixture), 0);
}

static void test_when_the_keeper_is_revoked_the_defaults_are_back(void **state)
{
    struct gate_fixture *fixture = *state;
    struct vane_verdict verdict;

    keep(fixture);
    fixture_revoke(&fixture->base.alpha);
    assert_int_equal(ask(fixture, request(VANE_ORIGIN_LOCAL, VANE_ACCESS_CHANGE), &verdict), 1);
    assert_string_equal(verdict.rule, "no-gatekeeper");
    assert_int_equal(fixture->asked, 0);
}

static void test_what_the_keeper_asks_while_it_decides_gets_the_default(void **state)
{
    struct gate_fixture *fixture = *state;
    struct vane_verdict verdict;

    keep(fixture);
    fixture->asks_itself = true;
    ask(fixture, request(VANE_ORIGIN_LOCAL, VANE_ACCESS_READ), &verdict);
    assert_int_equal(fixture->asked, 1);
}

static void test_a_keeper_may_resign_while_it_decides(void **state)
{
    struct gate_fixture *fixture = *state;
    struct vane_verdict verdict;

    keep(fixture);
    fixture->resigns = true;
    fixture->error = -EIO;
    assert_int_equal(ask(fixture, request(VANE_ORIGIN_LOCAL, VANE_ACCESS_READ), &verdict), 1);
    assert_string_equal(verdict.rule, "no-gatekeeper");
}

static void test_malformed_requests_are_errors(void **state)
{
    struct vane_gate_request asked = request(VANE_ORIGIN_LOCAL, VANE_ACCESS_READ);
    struct vane_verdict verdict;

    asked.action = NULL;
    assert_int_equal(ask(*state, asked, &verdict), -EINVAL);
    asked.action = "";
    assert_int_equal(ask(*state, asked, &verdict), -EINVAL);
    asked.action = "a..b";
    assert_int_equal(ask(*state, asked, &verdict), -EINVAL);
    asked.action = "Run It";
    assert_int_equal(ask(*state, asked, &verdict), -EINVAL);
    assert_int_equal(ask(*state, request(2, VANE_ACCESS_READ), &verdict), -EINVAL);
    assert_int_equal(ask(*state, request(VANE_ORIGIN_LOCAL, 3), &verdict), -EINVAL);
    asked = request(VANE_ORIGIN_LOCAL, VANE_ACCESS_READ);
    asked.size = 8;
    assert_int_equal(ask(*state, asked, &verdict), -EINVAL);
}

static void test_a_verdict_is_filled_as_far_as_the_caller_knows_it(void **state)
{
    struct gate_fixture *fixture = *state;
    struct vane_gate_request asked = request(VANE_ORIGIN_LOCAL, VANE_ACCESS_READ);
    struct vane_verdict verdict;

    memset(&verdict, 0x55, sizeof(verdict));
    verdict.size = offsetof(struct vane_verdict, reason);
    assert_int_equal(vane_gate_table.check(&fixture->base.beta, &asked, &verdict), 1);
    assert_string_equal(verdict.rule, "no-gatekeeper");
    assert_int_equal(verdict.reason[0], 0x55);
    verdict.size = 4;
    assert_int_equal(vane_gate_table.check(&fixture->base.beta, &asked, &verdict), -EINVAL);
}

#define gate_test(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        gate_test(test_without_a_keeper_only_changes_from_elsewhere_are_denied),
        gate_test(test_a_denial_is_published_with_its_facts),
        gate_test(test_a_flood_of_denials_is_told_in_part_and_the_next_says_how_many),
        gate_test(test_facts_that_no_event_can_hold_do_not_hide_the_denial),
        gate_test(test_the_keeper_decides_over_the_default),
        gate_test(test_a_keeper_that_fails_denies_only_what_comes_from_elsewhere),
        gate_test(test_there_is_one_keeper_until_it_resigns),
        gate_test(test_when_the_keeper_is_revoked_the_defaults_are_back),
        gate_test(test_what_the_keeper_asks_while_it_decides_gets_the_default),
        gate_test(test_a_keeper_may_resign_while_it_decides),
        gate_test(test_malformed_requests_are_errors),
        gate_test(test_a_verdict_is_filled_as_far_as_the_caller_knows_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
