/* Which directories events call for, and which triggers replace others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "plugins/scripts/states.h"
#include "plugins/scripts/triggers.h"

/* The $STATE of all triggers, joined with blanks. */
static char *states_of(GPtrArray *triggers)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < triggers->len; i++) {
        const struct vane_trigger *trigger = g_ptr_array_index(triggers, i);

        g_string_append_printf(text, "%s%s", i ? " " : "", trigger->state);
    }
    g_ptr_array_unref(triggers);
    return g_string_free(text, FALSE);
}

static void assert_triggers(const struct vane_trigger_facts *facts, const char *expected)
{
    g_autofree char *states = states_of(vane_triggers_of(facts));

    assert_string_equal(states, expected);
}

static void test_all_sixteen_states_of_networkctl_are_known(void **state)
{
    unsigned administrative = 0, operational = 0;

    while (vane_state_at(VANE_STATE_ADMINISTRATIVE, administrative))
        administrative++;
    while (vane_state_at(VANE_STATE_OPERATIONAL, operational))
        operational++;

    assert_int_equal(administrative, 7);
    assert_int_equal(operational, 9);
    assert_non_null(vane_state_lookup(VANE_STATE_OPERATIONAL, "degraded-carrier"));
    assert_non_null(vane_state_lookup(VANE_STATE_ADMINISTRATIVE, "initialized"));
}

static void test_state_from_the_bus_never_becomes_a_path(void **state)
{
    char word[] = "routable";
    const char *found = vane_state_lookup(VANE_STATE_OPERATIONAL, word);

    assert_non_null(found);
    assert_ptr_not_equal(found, word);
    assert_null(vane_state_lookup(VANE_STATE_OPERATIONAL, "../../tmp/evil"));
    assert_null(vane_state_lookup(VANE_STATE_OPERATIONAL, "routable/../x"));
    assert_null(vane_state_lookup(VANE_STATE_OPERATIONAL, "configured"));
    assert_null(vane_state_lookup(VANE_STATE_OPERATIONAL, ""));
}

static void test_topic_directories_hold_tokens_only(void **state)
{
    assert_true(vane_topic_is_directory("link.renamed"));
    assert_true(vane_topic_is_directory("acme.up_2"));
    assert_false(vane_topic_is_directory(""));
    assert_false(vane_topic_is_directory(".."));
    assert_false(vane_topic_is_directory("a..b"));
    assert_false(vane_topic_is_directory(".a"));
    assert_false(vane_topic_is_directory("a."));
    assert_false(vane_topic_is_directory("a/b"));
    assert_false(vane_topic_is_directory("Link.added"));
    assert_false(vane_topic_is_directory("routable"));
    assert_false(vane_topic_is_directory("ip-added"));
    assert_false(vane_topic_is_directory("routeable"));
    assert_false(vane_topic_is_directory("script.started"));
}

static void assert_objection(const char *word, const char *expected)
{
    g_autofree char *objection = vane_directory_objection(word);

    if (g_strcmp0(objection, expected) != 0)
        fail_msg("%s: %s", word, objection);
}

static void test_directory_that_nothing_runs_says_why(void **state)
{
    assert_objection("routable", NULL);
    assert_objection("ip-removed", NULL);
    assert_objection("acme.done", NULL);
    assert_objection("routeable", "not a state; did you mean routable?");
    assert_objection("ip-add", "not a state; did you mean ip-added?");
    assert_objection("not a state", "neither a state nor a topic");
    assert_objection("script.started", "events of scripts run no scripts");
}

static void test_administrative_scripts_run_before_operational_ones(void **state)
{
    assert_triggers(&(struct vane_trigger_facts){.topic = "link.state",
                                                 .administrative = "configured",
                                                 .operational = "routable",
                                                 .administrative_changed = true,
                                                 .operational_changed = true},
                    "configured routable link.state");
}

static void test_only_the_state_that_changed_runs_scripts(void **state)
{
    assert_triggers(&(struct vane_trigger_facts){.topic = "link.state",
                                                 .administrative = "configured",
                                                 .operational = "no-carrier",
                                                 .operational_changed = true},
                    "no-carrier link.state");
    assert_triggers(&(struct vane_trigger_facts){.topic = "link.mtu",
                                                 .administrative = "configured",
                                                 .operational = "no-carrier"},
                    "link.mtu");
}

static void test_new_link_waits_for_the_word_of_networkd(void **state)
{
    assert_triggers(&(struct vane_trigger_facts){.topic = "link.added", .operational = "off"},
                    "link.added");
}

static void test_new_link_has_its_states_at_once_without_networkd(void **state)
{
    assert_triggers(&(struct vane_trigger_facts){.topic = "link.added",
                                                 .administrative = "unmanaged",
                                                 .operational = "off"},
                    "unmanaged off link.added");
}

static void test_unknown_state_of_a_newer_networkd_is_no_error(void **state)
{
    assert_triggers(&(struct vane_trigger_facts){.topic = "link.state",
                                                 .administrative = "hibernating",
                                                 .operational = "routable",
                                                 .administrative_changed = true,
                                                 .operational_changed = true},
                    "routable link.state");
}

static void test_removed_link_lingers_once_with_and_without_networkd(void **state)
{
    struct vane_trigger_facts removed = {
        .topic = "link.removed", .administrative = "unmanaged", .operational = "off"};

    assert_triggers(&removed, "linger link.removed");
    removed.from_networkd = true;
    assert_triggers(&removed, "link.removed");
    assert_triggers(&(struct vane_trigger_facts){.topic = "link.state",
                                                 .administrative = "linger",
                                                 .operational = "off",
                                                 .from_networkd = true,
                                                 .administrative_changed = true},
                    "linger link.state");
}

static void test_address_events_run_ip_scripts_without_prefix_length(void **state)
{
    const struct vane_trigger_facts facts = {.topic = "address.added", .address = "2001:db8::1/64"};
    g_autoptr(GPtrArray) triggers = vane_triggers_of(&facts);
    const struct vane_trigger *first = g_ptr_array_index(triggers, 0);

    assert_int_equal(triggers->len, 2);
    assert_string_equal(first->state, "ip-added");
    assert_string_equal(first->address, "2001:db8::1");
    assert_triggers(
        &(struct vane_trigger_facts){.topic = "address.removed", .address = "192.0.2.1/24"},
        "ip-removed address.removed");
}

static void test_events_of_scripts_run_no_scripts(void **state)
{
    assert_triggers(&(struct vane_trigger_facts){.topic = "script.finished"}, "");
    assert_triggers(&(struct vane_trigger_facts){.topic = "engine.loss"}, "engine.loss");
}

static void test_start_runs_both_states_again(void **state)
{
    g_autofree char *states = states_of(vane_triggers_of_start("configured", "routable"));
    g_autofree char *unknown = states_of(vane_triggers_of_start(NULL, "routable"));

    assert_string_equal(states, "configured routable");
    assert_string_equal(unknown, "routable");
}

static void test_newer_state_supersedes_the_same_kind_only(void **state)
{
    const struct vane_trigger carrier = {.kind = VANE_TRIGGER_OPERATIONAL,
                                         .state = (char[]){"carrier"}};
    const struct vane_trigger off = {.kind = VANE_TRIGGER_OPERATIONAL, .state = (char[]){"off"}};
    const struct vane_trigger linger = {.kind = VANE_TRIGGER_ADMINISTRATIVE,
                                        .state = (char[]){"linger"}};
    const struct vane_trigger one = {.kind = VANE_TRIGGER_ADDRESS,
                                     .state = (char[]){"ip-added"},
                                     .address = (char[]){"192.0.2.1"}};
    const struct vane_trigger two = {.kind = VANE_TRIGGER_ADDRESS,
                                     .state = (char[]){"ip-added"},
                                     .address = (char[]){"192.0.2.2"}};
    const struct vane_trigger one_gone = {.kind = VANE_TRIGGER_ADDRESS,
                                          .state = (char[]){"ip-removed"},
                                          .address = (char[]){"192.0.2.1"}};
    const struct vane_trigger route = {.kind = VANE_TRIGGER_EVENT,
                                       .state = (char[]){"route.added"}};

    assert_true(vane_trigger_supersedes(&off, &carrier));
    assert_false(vane_trigger_supersedes(&linger, &carrier));
    assert_false(vane_trigger_supersedes(&two, &one));
    assert_true(vane_trigger_supersedes(&one_gone, &one));
    assert_false(vane_trigger_supersedes(&route, &route));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_sixteen_states_of_networkctl_are_known),
        cmocka_unit_test(test_state_from_the_bus_never_becomes_a_path),
        cmocka_unit_test(test_topic_directories_hold_tokens_only),
        cmocka_unit_test(test_directory_that_nothing_runs_says_why),
        cmocka_unit_test(test_administrative_scripts_run_before_operational_ones),
        cmocka_unit_test(test_only_the_state_that_changed_runs_scripts),
        cmocka_unit_test(test_new_link_waits_for_the_word_of_networkd),
        cmocka_unit_test(test_new_link_has_its_states_at_once_without_networkd),
        cmocka_unit_test(test_unknown_state_of_a_newer_networkd_is_no_error),
        cmocka_unit_test(test_removed_link_lingers_once_with_and_without_networkd),
        cmocka_unit_test(test_address_events_run_ip_scripts_without_prefix_length),
        cmocka_unit_test(test_events_of_scripts_run_no_scripts),
        cmocka_unit_test(test_start_runs_both_states_again),
        cmocka_unit_test(test_newer_state_supersedes_the_same_kind_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
